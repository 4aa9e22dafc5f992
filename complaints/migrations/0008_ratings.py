"""Ratings by taxi passengers: stickers, what was said, reasons, figures, sums; with their walls."""

import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models

# The public page holds no more than a code, and that opens one sticker and what was said through it.
_CODE = "current_setting('app.scope', true) = 'rating'"
_BY_CODE = f"({_CODE} AND code = current_setting('app.scope_id', true))"
_THROUGH = f"({_CODE} AND code_id IN (SELECT id FROM rating_code))"
_OWN = "scope_allows(county_id, company_id, vehicle_id)"
_SUM = "scope_allows(county_id, company_id, NULL)"
# table: (who reads, who writes)
_RULES = {
    "rating_code": (f"({_OWN} OR {_BY_CODE})", _OWN),
    "ride_rating": (f"({_OWN} OR {_THROUGH})", f"({_OWN} OR {_THROUGH})"),
    "rating_day": (_SUM, _SUM),
}
WALLS = "\n".join(
    f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY;\n"
    f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY;\n"
    f"CREATE POLICY scope ON {table} USING ({reads}) WITH CHECK ({writes});"
    for table, (reads, writes) in _RULES.items()
)


class Migration(migrations.Migration):
    dependencies = [
        ("complaints", "0007_knowledge"),
        ("taxi", "0004_rank_visits"),
    ]

    operations = [
        migrations.CreateModel(
            name="RatingReason",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("code", models.SlugField(max_length=30, unique=True, verbose_name="代码")),
                ("title", models.CharField(max_length=40, verbose_name="原因")),
                ("position", models.PositiveSmallIntegerField(default=100, verbose_name="顺序")),
                ("in_force", models.BooleanField(default=True, verbose_name="启用")),
                ("source", models.CharField(blank=True, max_length=200, verbose_name="依据")),
                ("source_verified", models.BooleanField(default=False, verbose_name="依据已核实")),
            ],
            options={
                "verbose_name": "不满意原因",
                "verbose_name_plural": "不满意原因",
                "db_table": "rating_reason",
                "ordering": ["position", "pk"],
            },
        ),
        migrations.CreateModel(
            name="RatingCode",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("code", models.CharField(max_length=32, unique=True, verbose_name="评价码")),
                ("plate", models.CharField(max_length=10, verbose_name="车牌号")),
                ("plate_colour", models.PositiveSmallIntegerField(null=True, verbose_name="车牌颜色")),
                ("company_name", models.CharField(blank=True, max_length=80, verbose_name="企业名称")),
                ("issued_at", models.DateTimeField(default=django.utils.timezone.now, verbose_name="制码时间")),
                ("revoked_at", models.DateTimeField(blank=True, null=True, verbose_name="作废时间")),
                (
                    "company",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="datacenter.company",
                        verbose_name="企业",
                    ),
                ),
                (
                    "county",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="datacenter.county",
                        verbose_name="县区",
                    ),
                ),
                (
                    "issued_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="制码人",
                    ),
                ),
                (
                    "vehicle",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="datacenter.vehicle",
                        verbose_name="车辆",
                    ),
                ),
            ],
            options={
                "verbose_name": "评价码",
                "verbose_name_plural": "评价码",
                "db_table": "rating_code",
                "ordering": ["plate", "pk"],
            },
        ),
        migrations.CreateModel(
            name="RatingDay",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("day", models.DateField(verbose_name="日期")),
                (
                    "source",
                    models.CharField(
                        choices=[("screen", "车内评价"), ("sticker", "扫码评价")], max_length=8, verbose_name="来源"
                    ),
                ),
                ("rides", models.PositiveIntegerField(default=0, verbose_name="营运次数")),
                ("satisfied", models.PositiveIntegerField(default=0, verbose_name="满意")),
                ("average", models.PositiveIntegerField(default=0, verbose_name="一般")),
                ("not_satisfied", models.PositiveIntegerField(default=0, verbose_name="不满意")),
                ("complaint", models.PositiveIntegerField(default=0, verbose_name="投诉")),
                (
                    "company",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="datacenter.company",
                        verbose_name="企业",
                    ),
                ),
                (
                    "county",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="datacenter.county",
                        verbose_name="县区",
                    ),
                ),
                (
                    "practitioner",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="datacenter.practitioner",
                        verbose_name="驾驶员",
                    ),
                ),
            ],
            options={
                "verbose_name": "评价日汇总",
                "verbose_name_plural": "评价日汇总",
                "db_table": "rating_day",
            },
        ),
        migrations.CreateModel(
            name="RatingSetting",
            fields=[
                ("code", models.CharField(max_length=30, primary_key=True, serialize=False, verbose_name="代码")),
                ("title", models.CharField(max_length=60, verbose_name="名称")),
                ("value", models.PositiveIntegerField(verbose_name="值")),
                ("unit", models.CharField(blank=True, max_length=10, verbose_name="单位")),
                ("source", models.CharField(max_length=200, verbose_name="依据")),
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
                "verbose_name": "评价参数",
                "verbose_name_plural": "评价参数",
                "db_table": "rating_setting",
                "ordering": ["code"],
            },
        ),
        migrations.CreateModel(
            name="RideRating",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "grade",
                    models.PositiveSmallIntegerField(
                        choices=[(1, "满意"), (2, "一般"), (3, "不满意"), (4, "投诉")], verbose_name="评价"
                    ),
                ),
                ("reasons", models.JSONField(blank=True, default=list, verbose_name="原因")),
                ("words", models.CharField(blank=True, max_length=200, verbose_name="说明")),
                ("at", models.DateTimeField(default=django.utils.timezone.now, verbose_name="评价时间")),
                (
                    "standing",
                    models.CharField(
                        choices=[
                            ("counted", "已核实乘车"),
                            ("no_ride", "无对应乘车"),
                            ("same_ride", "同次乘车已有评价"),
                            ("replaced", "已被后评替代"),
                        ],
                        max_length=10,
                        verbose_name="核实情况",
                    ),
                ),
                ("device", models.CharField(max_length=64, verbose_name="设备摘要")),
                ("address", models.CharField(max_length=64, verbose_name="地址摘要")),
                (
                    "code",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="ratings",
                        to="complaints.ratingcode",
                        verbose_name="评价码",
                    ),
                ),
                (
                    "company",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="datacenter.company",
                        verbose_name="企业",
                    ),
                ),
                (
                    "county",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="datacenter.county",
                        verbose_name="县区",
                    ),
                ),
                (
                    "practitioner",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="datacenter.practitioner",
                        verbose_name="驾驶员",
                    ),
                ),
                (
                    "trip",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="taxi.trip",
                        verbose_name="营运记录",
                    ),
                ),
                (
                    "vehicle",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="datacenter.vehicle",
                        verbose_name="车辆",
                    ),
                ),
            ],
            options={
                "verbose_name": "扫码评价",
                "verbose_name_plural": "扫码评价",
                "db_table": "ride_rating",
                "ordering": ["-at", "-pk"],
            },
        ),
        migrations.AddConstraint(
            model_name="ratingcode",
            constraint=models.UniqueConstraint(
                condition=models.Q(("revoked_at", None)), fields=("vehicle",), name="rating_code_one_in_force"
            ),
        ),
        migrations.AddIndex(
            model_name="ratingday",
            index=models.Index(fields=["day", "county"], name="rating_day_county"),
        ),
        migrations.AddIndex(
            model_name="ratingday",
            index=models.Index(fields=["company", "day"], name="rating_day_company"),
        ),
        migrations.AddIndex(
            model_name="ratingday",
            index=models.Index(fields=["practitioner", "day"], name="rating_day_driver"),
        ),
        migrations.AddConstraint(
            model_name="ratingday",
            constraint=models.UniqueConstraint(
                fields=("day", "source", "county", "company", "practitioner"),
                name="rating_day_once",
                nulls_distinct=False,
            ),
        ),
        migrations.AddIndex(
            model_name="riderating",
            index=models.Index(fields=["-at", "-id"], name="ride_rating_by_time"),
        ),
        migrations.AddIndex(
            model_name="riderating",
            index=models.Index(fields=["vehicle", "-at"], name="ride_rating_vehicle"),
        ),
        migrations.AddIndex(
            model_name="riderating",
            index=models.Index(fields=["device", "-at"], name="ride_rating_device"),
        ),
        migrations.AddIndex(
            model_name="riderating",
            index=models.Index(fields=["address", "-at"], name="ride_rating_address"),
        ),
        migrations.AddIndex(
            model_name="riderating",
            index=models.Index(fields=["practitioner", "-at"], name="ride_rating_driver"),
        ),
        migrations.AddIndex(
            model_name="riderating",
            index=models.Index(fields=["company", "-at"], name="ride_rating_company"),
        ),
        migrations.AddIndex(
            model_name="riderating",
            index=models.Index(
                condition=models.Q(("standing", "no_ride")), fields=["at"], name="ride_rating_unmatched"
            ),
        ),
        migrations.RunSQL(WALLS, migrations.RunSQL.noop),
    ]
