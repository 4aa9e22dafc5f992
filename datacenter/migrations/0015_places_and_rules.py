"""Roads, crossings, approved routes, hours of areas, exemptions from rules, and the rule that an alarm's code is."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

# Whose a row is stands in its vehicle (see 0003_walls).
_RULE = "(current_setting('app.scope', true) = 'city' OR vehicle_id IN (SELECT id FROM vehicle))"
WALLS = "\n".join(
    f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY;\n"
    f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY;\n"
    f"CREATE POLICY scope ON {table} USING ({_RULE}) WITH CHECK ({_RULE});"
    for table in ("area_vehicles", "exemption")
)


class Migration(migrations.Migration):
    dependencies = [
        ("datacenter", "0014_case_walls"),
    ]

    operations = [
        migrations.CreateModel(
            name="Crossing",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=80, verbose_name="名称")),
                ("boundary", models.JSONField(help_text="GeoJSON Polygon，WGS-84", verbose_name="范围")),
                ("active", models.BooleanField(default=True, verbose_name="启用")),
                ("source", models.CharField(max_length=200, verbose_name="依据")),
                ("changed_at", models.DateTimeField(auto_now=True, verbose_name="修改时间")),
            ],
            options={
                "verbose_name": "斑马线",
                "verbose_name_plural": "斑马线",
                "db_table": "crossing",
                "ordering": ["name"],
            },
        ),
        migrations.CreateModel(
            name="Exemption",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("detector", models.CharField(max_length=40, verbose_name="规则代码")),
                ("valid_from", models.DateTimeField(verbose_name="有效期起")),
                ("valid_until", models.DateTimeField(blank=True, null=True, verbose_name="有效期止")),
                ("source", models.CharField(max_length=200, verbose_name="依据")),
            ],
            options={
                "verbose_name": "规则豁免",
                "verbose_name_plural": "规则豁免",
                "db_table": "exemption",
                "ordering": ["detector", "-valid_from"],
            },
        ),
        migrations.CreateModel(
            name="RoadSection",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=80, verbose_name="名称")),
                ("route", models.CharField(blank=True, max_length=20, verbose_name="路线编号")),
                (
                    "road_class",
                    models.CharField(
                        choices=[
                            ("motorway", "高速公路"),
                            ("first", "一级公路"),
                            ("second", "二级公路"),
                            ("third", "三级公路"),
                            ("fourth", "四级公路"),
                            ("urban", "城市道路"),
                        ],
                        max_length=12,
                        verbose_name="技术等级",
                    ),
                ),
                (
                    "line",
                    models.JSONField(help_text="GeoJSON LineString 或 MultiLineString，WGS-84", verbose_name="中心线"),
                ),
                ("width_m", models.PositiveSmallIntegerField(help_text="双向全宽", verbose_name="路幅宽 m")),
                ("limit_kmh", models.PositiveSmallIntegerField(verbose_name="限速 km/h")),
                (
                    "kind_limits",
                    models.JSONField(
                        blank=True, default=dict, help_text='例如 {"hazmat": 60}，其余按限速', verbose_name="分车型限速"
                    ),
                ),
                ("active", models.BooleanField(default=True, verbose_name="启用")),
                ("valid_from", models.DateTimeField(blank=True, null=True, verbose_name="有效期起")),
                ("valid_until", models.DateTimeField(blank=True, null=True, verbose_name="有效期止")),
                ("source", models.CharField(max_length=200, verbose_name="依据")),
                ("source_verified", models.BooleanField(default=False, verbose_name="依据已核实")),
                ("changed_at", models.DateTimeField(auto_now=True, verbose_name="修改时间")),
            ],
            options={
                "verbose_name": "路段",
                "verbose_name_plural": "路段",
                "db_table": "road_section",
                "ordering": ["route", "name"],
            },
        ),
        migrations.AddField(
            model_name="area",
            name="daily_from",
            field=models.TimeField(
                blank=True, help_text="与每日止都不填为全天；止早于起为跨夜", null=True, verbose_name="每日起"
            ),
        ),
        migrations.AddField(
            model_name="area",
            name="daily_until",
            field=models.TimeField(blank=True, null=True, verbose_name="每日止"),
        ),
        migrations.AddField(
            model_name="area",
            name="vehicles",
            field=models.ManyToManyField(
                blank=True, related_name="+", to="datacenter.vehicle", verbose_name="适用车辆"
            ),
        ),
        migrations.AddField(
            model_name="safetyeventcode",
            name="detector",
            field=models.CharField(
                blank=True,
                default="",
                help_text="报警按此规则成为疑似违规；不填则只记录报警",
                max_length=40,
                verbose_name="对应规则",
            ),
        ),
        migrations.AlterField(
            model_name="area",
            name="kind",
            field=models.CharField(
                choices=[("forbidden", "禁行区域"), ("speed", "限速区域"), ("corridor", "核准路线")],
                max_length=12,
                verbose_name="类型",
            ),
        ),
        migrations.AddConstraint(
            model_name="area",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("daily_from__isnull", True), ("daily_until__isnull", True)),
                    models.Q(
                        ("daily_from__isnull", False),
                        ("daily_until__isnull", False),
                        models.Q(("daily_from", models.F("daily_until")), _negated=True),
                    ),
                    _connector="OR",
                ),
                name="area_hours_both",
            ),
        ),
        migrations.AddField(
            model_name="exemption",
            name="by",
            field=models.ForeignKey(
                editable=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
                verbose_name="登记人",
            ),
        ),
        migrations.AddField(
            model_name="exemption",
            name="vehicle",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="+",
                to="datacenter.vehicle",
                verbose_name="车辆",
            ),
        ),
        migrations.AddConstraint(
            model_name="roadsection",
            constraint=models.CheckConstraint(
                condition=models.Q(("width_m__gt", 0), ("limit_kmh__gt", 0)), name="road_section_sizes"
            ),
        ),
        migrations.AddConstraint(
            model_name="exemption",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("valid_until__isnull", True), ("valid_until__gt", models.F("valid_from")), _connector="OR"
                ),
                name="exemption_times_in_order",
            ),
        ),
        migrations.RunSQL(WALLS, migrations.RunSQL.noop),
    ]
