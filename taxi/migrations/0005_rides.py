"""Rides of taxis, with their walls: a row is of its county, its company, its vehicle; how far a track was read is the
vehicle's.
"""

import django.db.models.deletion
from django.db import migrations, models

_RIDES = "scope_allows(county_id, company_id, vehicle_id)"
_PROGRESS = "(current_setting('app.scope', true) = 'city' OR vehicle_id IN (SELECT id FROM vehicle))"
WALLS = "".join(
    f"""
ALTER TABLE {table} ENABLE ROW LEVEL SECURITY;
ALTER TABLE {table} FORCE ROW LEVEL SECURITY;
CREATE POLICY scope ON {table} USING ({rule}) WITH CHECK ({rule});
"""
    for table, rule in (("taxi_ride", _RIDES), ("taxi_ride_progress", _PROGRESS))
)


class Migration(migrations.Migration):
    dependencies = [
        ("datacenter", "0031_credit"),
        ("taxi", "0004_rank_visits"),
    ]

    operations = [
        migrations.CreateModel(
            name="RideProgress",
            fields=[
                (
                    "vehicle",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="+",
                        serialize=False,
                        to="datacenter.vehicle",
                        verbose_name="车辆",
                    ),
                ),
                ("due_from", models.DateTimeField(blank=True, null=True, verbose_name="待处理自")),
                ("due_until", models.DateTimeField(blank=True, null=True, verbose_name="待处理至")),
                ("read_until", models.DateTimeField(blank=True, null=True, verbose_name="已处理至")),
                ("vacant_at", models.DateTimeField(blank=True, null=True, verbose_name="最近空车时刻")),
            ],
            options={
                "verbose_name": "乘车记录进度",
                "verbose_name_plural": "乘车记录进度",
                "db_table": "taxi_ride_progress",
                "indexes": [
                    models.Index(
                        condition=models.Q(("due_from__isnull", False)), fields=["vehicle"], name="taxi_ride_due"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Ride",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("boarded_at", models.DateTimeField(verbose_name="上车时间")),
                ("alighted_at", models.DateTimeField(verbose_name="下车时间")),
                ("board_cell", models.BigIntegerField(verbose_name="上车网格")),
                ("alight_cell", models.BigIntegerField(verbose_name="下车网格")),
                ("board_latitude_e6", models.IntegerField(verbose_name="上车纬度 1e-6°")),
                ("board_longitude_e6", models.IntegerField(verbose_name="上车经度 1e-6°")),
                ("alight_latitude_e6", models.IntegerField(verbose_name="下车纬度 1e-6°")),
                ("alight_longitude_e6", models.IntegerField(verbose_name="下车经度 1e-6°")),
                ("distance_m", models.PositiveIntegerField(verbose_name="轨迹里程 m")),
                ("fare_jiao", models.PositiveIntegerField(blank=True, null=True, verbose_name="车费 角")),
                ("metered_dkm", models.PositiveIntegerField(blank=True, null=True, verbose_name="计程里程 0.1 km")),
                ("board_gap_s", models.PositiveSmallIntegerField(verbose_name="上车前后定位间隔 s")),
                ("alight_gap_s", models.PositiveSmallIntegerField(verbose_name="下车前后定位间隔 s")),
                (
                    "company",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="datacenter.company",
                        verbose_name="企业",
                    ),
                ),
                (
                    "county",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="datacenter.county",
                        verbose_name="属地县区",
                    ),
                ),
                (
                    "trip",
                    models.ForeignKey(
                        blank=True,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to="taxi.trip",
                        verbose_name="营运记录",
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
                "verbose_name": "乘车记录",
                "verbose_name_plural": "乘车记录",
                "db_table": "taxi_ride",
                "indexes": [
                    models.Index(fields=["board_cell", "boarded_at"], name="taxi_ride_boarded"),
                    models.Index(fields=["alight_cell", "alighted_at"], name="taxi_ride_alighted"),
                    models.Index(fields=["boarded_at"], name="taxi_ride_time"),
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("vehicle", "boarded_at"), name="taxi_ride_once"),
                    models.CheckConstraint(
                        condition=models.Q(("alighted_at__gte", models.F("boarded_at"))),
                        name="taxi_ride_times_in_order",
                    ),
                ],
            },
        ),
        migrations.RunSQL(WALLS, migrations.RunSQL.noop),
    ]
