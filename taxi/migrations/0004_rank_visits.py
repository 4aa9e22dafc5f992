"""Visits of ranks and stations, with their walls: a row is of its county, its company, its vehicle."""

import django.db.models.deletion
from django.db import migrations, models

_RULE = "scope_allows(county_id, company_id, vehicle_id)"
WALLS = f"""
ALTER TABLE taxi_rank_visit ENABLE ROW LEVEL SECURITY;
ALTER TABLE taxi_rank_visit FORCE ROW LEVEL SECURITY;
CREATE POLICY scope ON taxi_rank_visit USING ({_RULE}) WITH CHECK ({_RULE});
"""


class Migration(migrations.Migration):
    dependencies = [
        ("datacenter", "0022_elsewhere"),
        ("taxi", "0003_judging"),
    ]

    operations = [
        migrations.CreateModel(
            name="RankVisit",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("arrived_at", models.DateTimeField(verbose_name="进入时间")),
                ("left_at", models.DateTimeField(verbose_name="离开时间")),
                (
                    "came",
                    models.PositiveSmallIntegerField(
                        choices=[(0, "未知"), (1, "空车"), (2, "重车"), (3, "预约"), (4, "停运")],
                        verbose_name="进入时状态",
                    ),
                ),
                (
                    "went",
                    models.PositiveSmallIntegerField(
                        choices=[(0, "未知"), (1, "空车"), (2, "重车"), (3, "预约"), (4, "停运")],
                        verbose_name="离开时状态",
                    ),
                ),
                ("stood_s", models.PositiveIntegerField(verbose_name="停车时长 s")),
                ("before_m", models.PositiveIntegerField(blank=True, null=True, verbose_name="来程 m")),
                (
                    "before_percent",
                    models.PositiveSmallIntegerField(blank=True, null=True, verbose_name="来程直达程度 %"),
                ),
                ("after_m", models.PositiveIntegerField(blank=True, null=True, verbose_name="去程 m")),
                (
                    "after_percent",
                    models.PositiveSmallIntegerField(blank=True, null=True, verbose_name="去程直达程度 %"),
                ),
                (
                    "area",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="datacenter.area",
                        verbose_name="候客点、场站",
                    ),
                ),
                (
                    "company",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="datacenter.company",
                        verbose_name="企业",
                    ),
                ),
                (
                    "county",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="datacenter.county",
                        verbose_name="属地县区",
                    ),
                ),
                (
                    "vehicle",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="datacenter.vehicle",
                        verbose_name="车辆",
                    ),
                ),
            ],
            options={
                "verbose_name": "候客点进出记录",
                "verbose_name_plural": "候客点进出记录",
                "db_table": "taxi_rank_visit",
                "indexes": [
                    models.Index(fields=["area", "left_at"], name="taxi_rank_visit_area"),
                    models.Index(fields=["vehicle", "left_at"], name="taxi_rank_visit_vehicle"),
                    models.Index(fields=["left_at"], name="taxi_rank_visit_age"),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("left_at__gte", models.F("arrived_at"))),
                        name="taxi_rank_visit_times_in_order",
                    )
                ],
            },
        ),
        migrations.RunSQL(WALLS, migrations.RunSQL.noop),
    ]
