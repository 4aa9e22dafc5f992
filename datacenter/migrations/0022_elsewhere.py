"""Vehicles from elsewhere, their positions and leads, with their walls; ranks and stations as areas."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

# Companies have no leads, and what came over the links is the city's alone.
_CITY = "current_setting('app.scope', true) = 'city'"
_COUNTY = "(current_setting('app.scope', true) = 'county' AND county_id = current_setting('app.scope_id', true))"
_RULES = {
    "foreign_vehicle": _CITY,
    "foreign_position": _CITY,
    "elsewhere_lead": f"({_CITY} OR {_COUNTY})",
}
WALLS = "\n".join(
    f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY;\n"
    f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY;\n"
    f"CREATE POLICY scope ON {table} USING ({rule}) WITH CHECK ({rule});"
    for table, rule in _RULES.items()
)


class Migration(migrations.Migration):
    dependencies = [
        ("datacenter", "0021_standards"),
    ]

    operations = [
        migrations.AlterField(
            model_name="area",
            name="kind",
            field=models.CharField(
                choices=[
                    ("forbidden", "禁行区域"),
                    ("speed", "限速区域"),
                    ("corridor", "核准路线"),
                    ("rank", "出租汽车候客点"),
                    ("station", "场站"),
                ],
                max_length=12,
                verbose_name="类型",
            ),
        ),
        migrations.CreateModel(
            name="ForeignVehicle",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("plate", models.CharField(max_length=10, verbose_name="车牌号")),
                ("plate_colour", models.PositiveSmallIntegerField(default=0, verbose_name="车牌颜色")),
                ("first_heard_at", models.DateTimeField(verbose_name="首次接收")),
                ("heard_at", models.DateTimeField(verbose_name="最近接收")),
                ("judged_at", models.DateTimeField(blank=True, null=True, verbose_name="已研判至")),
            ],
            options={
                "verbose_name": "外地车",
                "verbose_name_plural": "外地车",
                "db_table": "foreign_vehicle",
                "indexes": [
                    models.Index(
                        condition=models.Q(
                            ("judged_at__isnull", True), ("heard_at__gt", models.F("judged_at")), _connector="OR"
                        ),
                        fields=["id"],
                        name="foreign_vehicle_waiting",
                    )
                ],
                "constraints": [models.UniqueConstraint(fields=("plate", "plate_colour"), name="foreign_vehicle_once")],
            },
        ),
        migrations.CreateModel(
            name="ForeignPosition",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("device_time", models.DateTimeField(verbose_name="定位时间")),
                ("received_at", models.DateTimeField(verbose_name="接收时间")),
                ("latitude_e6", models.IntegerField(verbose_name="纬度 1e-6°")),
                ("longitude_e6", models.IntegerField(verbose_name="经度 1e-6°")),
                ("speed_dkmh", models.PositiveSmallIntegerField(verbose_name="速度 0.1 km/h")),
                ("loaded", models.BooleanField(blank=True, null=True, verbose_name="载客")),
                ("source", models.CharField(max_length=40, verbose_name="来源")),
                (
                    "foreign_vehicle",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="datacenter.foreignvehicle",
                        verbose_name="外地车",
                    ),
                ),
            ],
            options={
                "verbose_name": "外地车定位",
                "verbose_name_plural": "外地车定位",
                "db_table": "foreign_position",
                "indexes": [models.Index(fields=["device_time"], name="foreign_position_age")],
                "constraints": [
                    models.UniqueConstraint(fields=("foreign_vehicle", "device_time"), name="foreign_position_once")
                ],
            },
        ),
        migrations.CreateModel(
            name="ElsewhereLead",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("plate", models.CharField(max_length=10, verbose_name="车牌号")),
                (
                    "plate_colour",
                    models.PositiveSmallIntegerField(
                        blank=True,
                        choices=[
                            (1, "蓝"),
                            (2, "黄"),
                            (3, "黑"),
                            (4, "白"),
                            (5, "绿"),
                            (9, "其他"),
                            (93, "黄绿"),
                            (94, "渐变绿"),
                        ],
                        null=True,
                        verbose_name="车牌颜色",
                    ),
                ),
                ("boundary_unconfirmed", models.BooleanField(default=False, verbose_name="边界待确认")),
                (
                    "state",
                    models.CharField(
                        choices=[("new", "待核查"), ("confirmed", "已确认"), ("rejected", "已排除")],
                        default="new",
                        max_length=10,
                        verbose_name="状态",
                    ),
                ),
                ("first_day", models.DateField(verbose_name="首个营运日")),
                ("last_day", models.DateField(verbose_name="最近营运日")),
                ("latitude_e6", models.IntegerField(blank=True, null=True, verbose_name="纬度 1e-6°")),
                ("longitude_e6", models.IntegerField(blank=True, null=True, verbose_name="经度 1e-6°")),
                ("measures", models.JSONField(default=dict, verbose_name="实测值")),
                ("limits", models.JSONField(default=dict, verbose_name="判定参数")),
                ("source", models.CharField(max_length=300, verbose_name="依据")),
                ("evidence", models.JSONField(default=dict, verbose_name="证据")),
                ("found_at", models.DateTimeField(verbose_name="发现时间")),
                ("changed_at", models.DateTimeField(verbose_name="更新时间")),
                (
                    "reason",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("resident", "本地居住自用"),
                            ("goods", "货运、配送、工程车辆"),
                            ("licensed", "持有合法手续（跨市包车、接送订单）"),
                            ("wrong_plate", "车牌识别有误"),
                            ("drift", "定位漂移、轨迹失真"),
                            ("other", "其他（请在备注说明）"),
                        ],
                        max_length=12,
                        verbose_name="排除原因",
                    ),
                ),
                ("note", models.CharField(blank=True, max_length=300, verbose_name="备注")),
                ("decided_at", models.DateTimeField(blank=True, null=True, verbose_name="核查时间")),
                (
                    "case",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="datacenter.case",
                        verbose_name="案件",
                    ),
                ),
                (
                    "county",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="datacenter.county",
                        verbose_name="县区",
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
                        verbose_name="核查人",
                    ),
                ),
                (
                    "foreign_vehicle",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="leads",
                        to="datacenter.foreignvehicle",
                        verbose_name="外地车",
                    ),
                ),
            ],
            options={
                "verbose_name": "外地车线索",
                "verbose_name_plural": "外地车线索",
                "db_table": "elsewhere_lead",
                "ordering": ["-found_at", "-pk"],
                "indexes": [
                    models.Index(fields=["-found_at", "-id"], name="elsewhere_lead_found"),
                    models.Index(fields=["county", "-found_at"], name="elsewhere_lead_county"),
                    models.Index(fields=["foreign_vehicle", "-last_day"], name="elsewhere_lead_vehicle"),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("state", "new")), fields=("foreign_vehicle",), name="elsewhere_lead_one_new"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("state", "rejected"), models.Q(("reason", ""), _negated=True)),
                            models.Q(models.Q(("state", "rejected"), _negated=True), ("reason", "")),
                            _connector="OR",
                        ),
                        name="elsewhere_lead_reason",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("last_day__gte", models.F("first_day"))),
                        name="elsewhere_lead_days_in_order",
                    ),
                ],
            },
        ),
        migrations.RunSQL(WALLS, migrations.RunSQL.noop),
    ]
