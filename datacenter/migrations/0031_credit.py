"""Credit: rules, grades, lists, repair, and certificates that anybody with the code may check."""

import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models

# A vehicle's row belongs to whoever the vehicle belonged to; its key is the vehicle's id.
_OWN = "scope_allows(county_id, company_id, CASE WHEN kind = 'vehicle' THEN subject::bigint END)"
# The public page holds no more than a code, and that opens one certificate.
_BY_CODE = "(current_setting('app.scope', true) = 'certificate' AND code = current_setting('app.scope_id', true))"
_RULES = {
    "credit_grade": _OWN,
    "credit_listing": _OWN,
    "credit_repair": _OWN,
    "credit_certificate": f"({_OWN} OR {_BY_CODE})",
}
WALLS = "\n".join(
    f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY;\n"
    f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY;\n"
    f"CREATE POLICY scope ON {table} USING ({rule}) WITH CHECK ({_OWN});"
    for table, rule in _RULES.items()
)
NUMBERS = "CREATE SEQUENCE credit_certificate_number;"
APPEND_ONLY = (
    "CREATE TRIGGER credit_grade_append_only BEFORE UPDATE OR DELETE ON credit_grade"
    " FOR EACH ROW EXECUTE FUNCTION refuse_rewrite();"
)


class Migration(migrations.Migration):
    dependencies = [
        ("datacenter", "0030_assessment"),
    ]

    operations = [
        migrations.CreateModel(
            name="CreditCertificate",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("county", "县区"),
                            ("company", "企业"),
                            ("vehicle", "车辆"),
                            ("practitioner", "从业人员"),
                        ],
                        max_length=12,
                        verbose_name="对象类别",
                    ),
                ),
                ("subject", models.CharField(max_length=20, verbose_name="对象")),
                ("name", models.CharField(max_length=80, verbose_name="名称")),
                ("county_id", models.CharField(max_length=6, null=True, verbose_name="县区")),
                ("company_id", models.BigIntegerField(null=True, verbose_name="企业编号")),
                ("number", models.CharField(max_length=20, unique=True, verbose_name="证明编号")),
                ("code", models.CharField(max_length=16, unique=True, verbose_name="验证码")),
                ("content", models.JSONField(verbose_name="内容")),
                ("issued_at", models.DateTimeField(verbose_name="出具时间")),
                ("valid_until", models.DateField(verbose_name="有效期止")),
                ("revoked_at", models.DateTimeField(blank=True, null=True, verbose_name="撤销时间")),
                ("revoke_note", models.CharField(blank=True, max_length=300, verbose_name="撤销理由")),
                (
                    "issued_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="出具人",
                    ),
                ),
                (
                    "revoked_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="撤销人",
                    ),
                ),
            ],
            options={
                "verbose_name": "信用证明",
                "verbose_name_plural": "信用证明",
                "db_table": "credit_certificate",
                "ordering": ["-issued_at", "-pk"],
            },
        ),
        migrations.CreateModel(
            name="CreditGrade",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("county", "县区"),
                            ("company", "企业"),
                            ("vehicle", "车辆"),
                            ("practitioner", "从业人员"),
                        ],
                        max_length=12,
                        verbose_name="对象类别",
                    ),
                ),
                ("subject", models.CharField(max_length=20, verbose_name="对象")),
                ("name", models.CharField(max_length=80, verbose_name="名称")),
                ("county_id", models.CharField(max_length=6, null=True, verbose_name="县区")),
                ("company_id", models.BigIntegerField(null=True, verbose_name="企业编号")),
                (
                    "grade",
                    models.CharField(
                        choices=[("AAA", "AAA"), ("AA", "AA"), ("A", "A"), ("B", "B")],
                        max_length=3,
                        verbose_name="等级",
                    ),
                ),
                ("score", models.FloatField(verbose_name="得分")),
                ("parts", models.JSONField(default=list, verbose_name="计算过程")),
                ("absent", models.JSONField(default=list, verbose_name="缺少的来源")),
                ("verified", models.BooleanField(default=False, verbose_name="规则已核实")),
                ("assessed_on", models.DateField(verbose_name="评定日期")),
                ("valid_until", models.DateField(verbose_name="有效期止")),
                ("authority", models.CharField(max_length=80, verbose_name="认定机关")),
                ("at", models.DateTimeField(default=django.utils.timezone.now, verbose_name="记入时间")),
                ("repair_note", models.CharField(blank=True, max_length=300, verbose_name="修复说明")),
                (
                    "by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="评定人",
                    ),
                ),
            ],
            options={
                "verbose_name": "信用等级",
                "verbose_name_plural": "信用等级",
                "db_table": "credit_grade",
                "ordering": ["-assessed_on", "-pk"],
            },
        ),
        migrations.CreateModel(
            name="CreditListing",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("county", "县区"),
                            ("company", "企业"),
                            ("vehicle", "车辆"),
                            ("practitioner", "从业人员"),
                        ],
                        max_length=12,
                        verbose_name="对象类别",
                    ),
                ),
                ("subject", models.CharField(max_length=20, verbose_name="对象")),
                ("name", models.CharField(max_length=80, verbose_name="名称")),
                ("county_id", models.CharField(max_length=6, null=True, verbose_name="县区")),
                ("company_id", models.BigIntegerField(null=True, verbose_name="企业编号")),
                (
                    "colour",
                    models.CharField(
                        choices=[("red", "红名单"), ("black", "黑名单")], max_length=6, verbose_name="名单"
                    ),
                ),
                ("cause", models.CharField(max_length=200, verbose_name="列入事由")),
                ("source", models.CharField(max_length=300, verbose_name="依据")),
                ("source_verified", models.BooleanField(default=False, verbose_name="依据已核实")),
                ("authority", models.CharField(max_length=80, verbose_name="认定机关")),
                ("listed_on", models.DateField(verbose_name="列入日期")),
                ("valid_until", models.DateField(verbose_name="有效期止")),
                ("entered_at", models.DateTimeField(default=django.utils.timezone.now, verbose_name="记入时间")),
                ("ended_on", models.DateField(blank=True, null=True, verbose_name="移出日期")),
                (
                    "end",
                    models.CharField(
                        blank=True,
                        choices=[("expired", "到期"), ("repaired", "信用修复"), ("withdrawn", "撤销")],
                        max_length=10,
                        verbose_name="移出方式",
                    ),
                ),
                ("end_note", models.CharField(blank=True, max_length=300, verbose_name="移出理由")),
                (
                    "ended_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="移出人",
                    ),
                ),
                (
                    "entered_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="记入人",
                    ),
                ),
            ],
            options={
                "verbose_name": "红黑名单",
                "verbose_name_plural": "红黑名单",
                "db_table": "credit_listing",
                "ordering": ["-listed_on", "-pk"],
            },
        ),
        migrations.CreateModel(
            name="CreditRepair",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("county", "县区"),
                            ("company", "企业"),
                            ("vehicle", "车辆"),
                            ("practitioner", "从业人员"),
                        ],
                        max_length=12,
                        verbose_name="对象类别",
                    ),
                ),
                ("subject", models.CharField(max_length=20, verbose_name="对象")),
                ("name", models.CharField(max_length=80, verbose_name="名称")),
                ("county_id", models.CharField(max_length=6, null=True, verbose_name="县区")),
                ("company_id", models.BigIntegerField(null=True, verbose_name="企业编号")),
                (
                    "state",
                    models.CharField(
                        choices=[("asked", "待审核"), ("granted", "同意修复"), ("refused", "不予修复")],
                        default="asked",
                        max_length=8,
                        verbose_name="状态",
                    ),
                ),
                ("reason", models.CharField(max_length=1000, verbose_name="整改情况")),
                ("asked_at", models.DateTimeField(default=django.utils.timezone.now, verbose_name="申请时间")),
                ("note", models.CharField(blank=True, max_length=500, verbose_name="审核意见")),
                ("decided_at", models.DateTimeField(blank=True, null=True, verbose_name="审核时间")),
                (
                    "asked_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="申请人",
                    ),
                ),
                (
                    "decided_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="审核人",
                    ),
                ),
                (
                    "grade",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="repairs",
                        to="datacenter.creditgrade",
                        verbose_name="等级",
                    ),
                ),
                (
                    "listing",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="repairs",
                        to="datacenter.creditlisting",
                        verbose_name="名单",
                    ),
                ),
            ],
            options={
                "verbose_name": "信用修复",
                "verbose_name_plural": "信用修复",
                "db_table": "credit_repair",
                "ordering": ["-asked_at", "-pk"],
            },
        ),
        migrations.CreateModel(
            name="CreditRule",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("county", "县区"),
                            ("company", "企业"),
                            ("vehicle", "车辆"),
                            ("practitioner", "从业人员"),
                        ],
                        max_length=12,
                        verbose_name="对象类别",
                    ),
                ),
                ("trade", models.CharField(blank=True, default="", max_length=12, verbose_name="行业或经营类别")),
                (
                    "part",
                    models.CharField(
                        choices=[
                            ("base", "基础分"),
                            ("months", "月度考核折算"),
                            ("deduct", "扣分"),
                            ("grade", "等级下限"),
                            ("valid", "有效期（月）"),
                        ],
                        max_length=8,
                        verbose_name="项目",
                    ),
                ),
                ("code", models.CharField(blank=True, default="", max_length=20, verbose_name="等级或来源")),
                ("value", models.FloatField(verbose_name="值")),
                ("source", models.CharField(max_length=300, verbose_name="依据")),
                ("source_verified", models.BooleanField(default=False, verbose_name="依据已核实")),
                ("changed_at", models.DateTimeField(auto_now=True, verbose_name="修改时间")),
                (
                    "changed_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="修改人",
                    ),
                ),
            ],
            options={
                "verbose_name": "信用等级规则",
                "verbose_name_plural": "信用等级规则",
                "db_table": "credit_rule",
                "ordering": ["kind", "trade", "part", "-value"],
            },
        ),
        migrations.AddIndex(
            model_name="creditcertificate",
            index=models.Index(fields=["kind", "subject"], name="credit_certificate_subject"),
        ),
        migrations.AddIndex(
            model_name="creditgrade",
            index=models.Index(fields=["kind", "subject", "-id"], name="credit_grade_subject"),
        ),
        migrations.AddIndex(
            model_name="creditgrade",
            index=models.Index(fields=["kind", "-assessed_on", "grade"], name="credit_grade_day"),
        ),
        migrations.AddConstraint(
            model_name="creditgrade",
            constraint=models.CheckConstraint(
                condition=models.Q(("valid_until__gte", models.F("assessed_on"))), name="credit_grade_days_in_order"
            ),
        ),
        migrations.AddConstraint(
            model_name="creditlisting",
            constraint=models.UniqueConstraint(
                condition=models.Q(("ended_on__isnull", True)),
                fields=("kind", "subject", "colour"),
                name="credit_listing_once",
            ),
        ),
        migrations.AddConstraint(
            model_name="creditrepair",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("grade__isnull", True), ("listing__isnull", False)),
                    models.Q(("grade__isnull", False), ("listing__isnull", True)),
                    _connector="OR",
                ),
                name="credit_repair_of_one",
            ),
        ),
        migrations.AddConstraint(
            model_name="creditrepair",
            constraint=models.UniqueConstraint(
                condition=models.Q(("state", "asked")), fields=("listing",), name="credit_repair_listing_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="creditrepair",
            constraint=models.UniqueConstraint(
                condition=models.Q(("state", "asked")), fields=("grade",), name="credit_repair_grade_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="creditrule",
            constraint=models.UniqueConstraint(fields=("kind", "trade", "part", "code"), name="credit_rule_once"),
        ),
        migrations.RunSQL(NUMBERS, "DROP SEQUENCE credit_certificate_number;"),
        migrations.RunSQL(WALLS, migrations.RunSQL.noop),
        migrations.RunSQL(APPEND_ONLY, migrations.RunSQL.noop),
    ]
