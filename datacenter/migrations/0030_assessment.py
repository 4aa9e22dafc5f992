"""Assessment: rules, months with their scores and places, corrections, objections, points; walls, and what is frozen."""

import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models

# Whose a row is stands in it. Where all counties stand, every county may see; what they were scored by, it may not.
_OWN = "scope_allows(county_id, company_id, NULL)"
_RULES = {
    "assessment_score": _OWN,
    "assessment_standing": f"({_OWN} OR (kind = 'county' AND current_setting('app.scope', true) = 'county'))",
    "assessment_correction": _OWN,
    "objection": _OWN,
    "point_entry": _OWN,
}
WALLS = "\n".join(
    f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY;\n"
    f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY;\n"
    f"CREATE POLICY scope ON {table} USING ({rule}) WITH CHECK ({rule});"
    for table, rule in _RULES.items()
)
APPEND_ONLY = "\n".join(
    f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE ON {table}"
    " FOR EACH ROW EXECUTE FUNCTION refuse_rewrite();"
    for table in ("assessment_correction", "point_entry")
)
# A published month, and every row of it, stays as it is: not even the owner's code changes it by mistake.
# Asked once a statement, over the rows that it changed: a month is tens of thousands.
FROZEN = """
CREATE FUNCTION refuse_frozen_month() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT 1 FROM (SELECT DISTINCT month_id FROM changed) c
               JOIN assessment_month m ON m.id = c.month_id WHERE m.state = 'published') THEN
        RAISE EXCEPTION '% of a published month is frozen', TG_TABLE_NAME USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN NULL;
END
$$;
"""
FROZEN += "\n".join(
    f"CREATE TRIGGER {table}_frozen_{name} AFTER {event} ON {table} REFERENCING {which} TABLE AS changed"
    " FOR EACH STATEMENT EXECUTE FUNCTION refuse_frozen_month();"
    for table in ("assessment_score", "assessment_standing")
    for name, event, which in (
        ("added", "INSERT", "NEW"),
        ("taken", "DELETE", "OLD"),
        ("from", "UPDATE", "OLD"),
        ("to", "UPDATE", "NEW"),
    )
)
FROZEN += """
CREATE FUNCTION refuse_unfreezing() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'a published month is frozen' USING ERRCODE = 'insufficient_privilege';
END
$$;
CREATE TRIGGER assessment_month_frozen BEFORE UPDATE OR DELETE ON assessment_month
    FOR EACH ROW WHEN (OLD.state = 'published') EXECUTE FUNCTION refuse_unfreezing();
"""


class Migration(migrations.Migration):
    dependencies = [
        ("datacenter", "0029_chain_anchors"),
    ]

    operations = [
        migrations.CreateModel(
            name="AssessmentMonth",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("first_day", models.DateField(unique=True, verbose_name="月份")),
                (
                    "state",
                    models.CharField(
                        choices=[("draft", "草稿"), ("published", "已公布")],
                        default="draft",
                        max_length=10,
                        verbose_name="状态",
                    ),
                ),
                ("computed_at", models.DateTimeField(null=True, verbose_name="计算时间")),
                ("took_ms", models.PositiveIntegerField(default=0, verbose_name="用时 ms")),
                ("absent", models.JSONField(default=list, verbose_name="缺少的指标")),
                ("published_at", models.DateTimeField(null=True, verbose_name="公布时间")),
                ("rules", models.JSONField(default=list, verbose_name="公布时的规则")),
                ("digest", models.CharField(blank=True, max_length=64, verbose_name="数据摘要 SHA-256")),
                (
                    "published_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="公布人",
                    ),
                ),
            ],
            options={
                "verbose_name": "考核月份",
                "verbose_name_plural": "考核月份",
                "db_table": "assessment_month",
                "ordering": ["-first_day"],
            },
        ),
        migrations.CreateModel(
            name="AssessmentSetting",
            fields=[
                ("code", models.CharField(max_length=30, primary_key=True, serialize=False, verbose_name="代码")),
                ("title", models.CharField(max_length=60, verbose_name="名称")),
                ("value", models.PositiveIntegerField(verbose_name="值")),
                ("unit", models.CharField(blank=True, max_length=10, verbose_name="单位")),
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
                "verbose_name": "考核参数",
                "verbose_name_plural": "考核参数",
                "db_table": "assessment_setting",
                "ordering": ["code"],
            },
        ),
        migrations.CreateModel(
            name="Correction",
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
                ("indicator", models.CharField(max_length=40, verbose_name="指标代码")),
                ("was_numerator", models.FloatField(null=True, verbose_name="原分子")),
                ("was_denominator", models.FloatField(null=True, verbose_name="原分母")),
                ("was_score", models.FloatField(null=True, verbose_name="原得分")),
                ("was_total", models.FloatField(null=True, verbose_name="原总分")),
                ("numerator", models.FloatField(verbose_name="更正分子")),
                ("denominator", models.FloatField(null=True, verbose_name="更正分母")),
                ("score", models.FloatField(null=True, verbose_name="更正得分")),
                ("total", models.FloatField(null=True, verbose_name="更正总分")),
                ("after_publication", models.BooleanField(verbose_name="公布后更正")),
                ("reason", models.CharField(max_length=500, verbose_name="更正理由")),
                ("at", models.DateTimeField(default=django.utils.timezone.now, verbose_name="更正时间")),
                (
                    "by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="更正人",
                    ),
                ),
                (
                    "month",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="corrections",
                        to="datacenter.assessmentmonth",
                        verbose_name="月份",
                    ),
                ),
            ],
            options={
                "verbose_name": "考核更正",
                "verbose_name_plural": "考核更正",
                "db_table": "assessment_correction",
                "ordering": ["-at", "-pk"],
            },
        ),
        migrations.CreateModel(
            name="IndicatorRule",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("indicator", models.CharField(max_length=40, verbose_name="指标代码")),
                ("title", models.CharField(max_length=40, verbose_name="指标")),
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
                (
                    "axis",
                    models.CharField(
                        choices=[
                            ("conduct", "经营行为"),
                            ("service", "服务质量"),
                            ("safety", "安全运营"),
                            ("command", "指挥调度"),
                        ],
                        max_length=8,
                        verbose_name="考评方面",
                    ),
                ),
                ("weight", models.DecimalField(decimal_places=1, max_digits=5, verbose_name="权重")),
                (
                    "formula",
                    models.CharField(
                        choices=[("rate", "按比例"), ("linear", "线性"), ("deduct", "逐项扣分"), ("steps", "分档")],
                        max_length=8,
                        verbose_name="计分方式",
                    ),
                ),
                ("target", models.FloatField(blank=True, null=True, verbose_name="目标值")),
                ("floor", models.FloatField(blank=True, null=True, verbose_name="底线值")),
                ("params", models.JSONField(blank=True, default=dict, verbose_name="参数")),
                ("valid_from", models.DateField(verbose_name="起始月")),
                (
                    "valid_until",
                    models.DateField(blank=True, help_text="自该月起不再适用", null=True, verbose_name="终止月"),
                ),
                ("source", models.CharField(max_length=300, verbose_name="依据")),
                ("source_verified", models.BooleanField(default=False, verbose_name="依据已核实")),
                ("verified_at", models.DateTimeField(blank=True, null=True, verbose_name="核实时间")),
                ("note", models.CharField(blank=True, max_length=300, verbose_name="理由")),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="登记时间")),
                (
                    "created_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="登记人",
                    ),
                ),
                (
                    "replaces",
                    models.OneToOneField(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="replaced_by",
                        to="datacenter.indicatorrule",
                        verbose_name="替代",
                    ),
                ),
                (
                    "verified_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="核实人",
                    ),
                ),
            ],
            options={
                "verbose_name": "指标规则",
                "verbose_name_plural": "指标规则",
                "db_table": "indicator_rule",
                "ordering": ["kind", "axis", "indicator", "-pk"],
            },
        ),
        migrations.CreateModel(
            name="Objection",
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
                ("indicator", models.CharField(max_length=40, verbose_name="指标代码")),
                ("title", models.CharField(max_length=40, verbose_name="指标")),
                (
                    "state",
                    models.CharField(
                        choices=[("open", "待处理"), ("upheld", "成立"), ("rejected", "不成立")],
                        default="open",
                        max_length=10,
                        verbose_name="状态",
                    ),
                ),
                ("reason", models.CharField(max_length=1000, verbose_name="申诉理由")),
                ("asked_at", models.DateTimeField(default=django.utils.timezone.now, verbose_name="申诉时间")),
                ("note", models.CharField(blank=True, max_length=500, verbose_name="处理意见")),
                ("decided_at", models.DateTimeField(blank=True, null=True, verbose_name="处理时间")),
                (
                    "asked_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="申诉人",
                    ),
                ),
                (
                    "correction",
                    models.OneToOneField(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="objection",
                        to="datacenter.correction",
                        verbose_name="更正",
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
                        verbose_name="处理人",
                    ),
                ),
                (
                    "month",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="objections",
                        to="datacenter.assessmentmonth",
                        verbose_name="月份",
                    ),
                ),
            ],
            options={
                "verbose_name": "考核申诉",
                "verbose_name_plural": "考核申诉",
                "db_table": "objection",
                "ordering": ["-asked_at", "-pk"],
            },
        ),
        migrations.CreateModel(
            name="PointRule",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "kind_code",
                    models.CharField(
                        help_text="检测规则代码；奖励为 bonus. 开头", max_length=40, verbose_name="事由代码"
                    ),
                ),
                ("title", models.CharField(max_length=60, verbose_name="事由")),
                (
                    "industry",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("taxi", "出租汽车"),
                            ("bus", "公交车"),
                            ("coach", "客运班线、包车"),
                            ("hazmat", "危险货物运输车"),
                            ("heavy_truck", "重型货车"),
                        ],
                        default="",
                        max_length=12,
                        verbose_name="行业",
                    ),
                ),
                (
                    "axis",
                    models.CharField(
                        choices=[
                            ("conduct", "经营行为"),
                            ("service", "服务质量"),
                            ("safety", "安全运营"),
                            ("command", "指挥调度"),
                        ],
                        default="safety",
                        max_length=8,
                        verbose_name="考评方面",
                    ),
                ),
                ("bonus", models.BooleanField(default=False, verbose_name="奖励")),
                (
                    "points",
                    models.PositiveSmallIntegerField(
                        blank=True, help_text="未见规定时留空，不计分", null=True, verbose_name="分值"
                    ),
                ),
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
                "verbose_name": "计分标准",
                "verbose_name_plural": "计分标准",
                "db_table": "point_rule",
                "ordering": ["bonus", "kind_code", "industry"],
            },
        ),
        migrations.CreateModel(
            name="PointEntry",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("county_id", models.CharField(max_length=6, null=True, verbose_name="县区")),
                ("company_id", models.BigIntegerField(null=True, verbose_name="企业编号")),
                ("title", models.CharField(max_length=60, verbose_name="事由")),
                ("source", models.CharField(max_length=300, verbose_name="依据")),
                ("bonus", models.BooleanField(default=False, verbose_name="奖励")),
                ("effect", models.SmallIntegerField(verbose_name="分值变动")),
                ("at", models.DateTimeField(verbose_name="发生时间")),
                ("cycle_start", models.DateField(verbose_name="计分周期起")),
                ("cycle_end", models.DateField(help_text="不含该日", verbose_name="计分周期止")),
                ("entered_at", models.DateTimeField(default=django.utils.timezone.now, verbose_name="记入时间")),
                ("note", models.CharField(blank=True, max_length=300, verbose_name="说明")),
                (
                    "entered_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="记入人",
                    ),
                ),
                (
                    "practitioner",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="point_entries",
                        to="datacenter.practitioner",
                        verbose_name="从业人员",
                    ),
                ),
                (
                    "reverses",
                    models.OneToOneField(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="reversed_by",
                        to="datacenter.pointentry",
                        verbose_name="冲正",
                    ),
                ),
                (
                    "violation",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="datacenter.violation",
                        verbose_name="违规行为",
                    ),
                ),
                (
                    "rule",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="entries",
                        to="datacenter.pointrule",
                        verbose_name="计分标准",
                    ),
                ),
            ],
            options={
                "verbose_name": "计分记录",
                "verbose_name_plural": "计分记录",
                "db_table": "point_entry",
                "ordering": ["-at", "-pk"],
            },
        ),
        migrations.CreateModel(
            name="Score",
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
                ("indicator", models.CharField(max_length=40, verbose_name="指标代码")),
                ("weight", models.FloatField(verbose_name="权重")),
                ("numerator", models.FloatField(null=True, verbose_name="分子")),
                ("denominator", models.FloatField(null=True, verbose_name="分母")),
                ("value", models.FloatField(null=True, verbose_name="指标值")),
                ("score", models.FloatField(null=True, verbose_name="得分")),
                ("corrected", models.BooleanField(default=False, verbose_name="经更正")),
                (
                    "month",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="scores",
                        to="datacenter.assessmentmonth",
                        verbose_name="月份",
                    ),
                ),
                (
                    "rule",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="datacenter.indicatorrule",
                        verbose_name="规则",
                    ),
                ),
            ],
            options={
                "verbose_name": "考核得分",
                "verbose_name_plural": "考核得分",
                "db_table": "assessment_score",
            },
        ),
        migrations.CreateModel(
            name="Standing",
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
                ("total", models.FloatField(null=True, verbose_name="总分")),
                ("conduct", models.FloatField(null=True, verbose_name="经营行为")),
                ("service", models.FloatField(null=True, verbose_name="服务质量")),
                ("safety", models.FloatField(null=True, verbose_name="安全运营")),
                ("command", models.FloatField(null=True, verbose_name="指挥调度")),
                ("covered", models.FloatField(default=0, verbose_name="覆盖权重")),
                ("rank", models.PositiveIntegerField(null=True, verbose_name="名次")),
                ("place", models.PositiveIntegerField(default=0, verbose_name="顺序")),
                ("ranked", models.PositiveIntegerField(default=0, verbose_name="参加排名")),
                (
                    "month",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="standings",
                        to="datacenter.assessmentmonth",
                        verbose_name="月份",
                    ),
                ),
            ],
            options={
                "verbose_name": "考核排名",
                "verbose_name_plural": "考核排名",
                "db_table": "assessment_standing",
                "ordering": ["place", "pk"],
            },
        ),
        migrations.AddIndex(
            model_name="correction",
            index=models.Index(fields=["month", "kind", "subject"], name="assessment_correction_of"),
        ),
        migrations.AddConstraint(
            model_name="indicatorrule",
            constraint=models.UniqueConstraint(
                condition=models.Q(("valid_until__isnull", True)), fields=("indicator",), name="indicator_rule_one_open"
            ),
        ),
        migrations.AddConstraint(
            model_name="indicatorrule",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("valid_until__isnull", True), ("valid_until__gte", models.F("valid_from")), _connector="OR"
                ),
                name="indicator_rule_months_in_order",
            ),
        ),
        migrations.AddConstraint(
            model_name="indicatorrule",
            constraint=models.CheckConstraint(condition=models.Q(("weight__gte", 0)), name="indicator_rule_weight"),
        ),
        migrations.AddConstraint(
            model_name="objection",
            constraint=models.UniqueConstraint(
                condition=models.Q(("state", "open")),
                fields=("month", "kind", "subject", "indicator"),
                name="objection_one_open",
            ),
        ),
        migrations.AddConstraint(
            model_name="pointrule",
            constraint=models.UniqueConstraint(fields=("kind_code", "industry"), name="point_rule_once"),
        ),
        migrations.AddIndex(
            model_name="pointentry",
            index=models.Index(fields=["practitioner", "-cycle_start"], name="point_entry_cycle"),
        ),
        migrations.AddConstraint(
            model_name="pointentry",
            constraint=models.CheckConstraint(
                condition=models.Q(("cycle_end__gt", models.F("cycle_start"))), name="point_entry_cycle_order"
            ),
        ),
        migrations.AddConstraint(
            model_name="score",
            constraint=models.UniqueConstraint(
                fields=("month", "kind", "subject", "indicator"), name="assessment_score_once"
            ),
        ),
        migrations.AddIndex(
            model_name="standing",
            index=models.Index(fields=["month", "kind", "place"], name="assessment_standing_place"),
        ),
        migrations.AddIndex(
            model_name="standing",
            index=models.Index(fields=["kind", "subject"], name="assessment_standing_subject"),
        ),
        migrations.AddConstraint(
            model_name="standing",
            constraint=models.UniqueConstraint(fields=("month", "kind", "subject"), name="assessment_standing_once"),
        ),
        migrations.RunSQL(WALLS, migrations.RunSQL.noop),
        migrations.RunSQL(APPEND_ONLY, migrations.RunSQL.noop),
        migrations.RunSQL(FROZEN, migrations.RunSQL.noop),
    ]
