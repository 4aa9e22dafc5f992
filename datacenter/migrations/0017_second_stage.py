"""A driver's stretches at the wheel, and plates that cameras read, with their walls."""

import django.db.models.deletion
from django.db import migrations, models

# Whose a row is stands in its vehicle (see 0003_walls); a plate that is nobody's here is the city's.
_RULE = "(current_setting('app.scope', true) = 'city' OR vehicle_id IN (SELECT id FROM vehicle))"
WALLS = "\n".join(
    f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY;\n"
    f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY;\n"
    f"CREATE POLICY scope ON {table} USING ({_RULE}) WITH CHECK ({_RULE});"
    for table in ("driving_span", "plate_read")
)


class Migration(migrations.Migration):
    dependencies = [
        ("datacenter", "0016_event_code_rules"),
    ]

    operations = [
        migrations.CreateModel(
            name="DrivingSpan",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("started_at", models.DateTimeField(verbose_name="开始")),
                ("ended_at", models.DateTimeField(verbose_name="结束")),
                (
                    "practitioner",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="datacenter.practitioner",
                        verbose_name="驾驶员",
                    ),
                ),
                (
                    "vehicle",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="datacenter.vehicle",
                        verbose_name="车辆",
                    ),
                ),
            ],
            options={
                "verbose_name": "驾驶时段",
                "verbose_name_plural": "驾驶时段",
                "db_table": "driving_span",
                "indexes": [
                    models.Index(fields=["practitioner", "-ended_at"], name="driving_span_driver"),
                    models.Index(fields=["vehicle", "-ended_at"], name="driving_span_vehicle"),
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("vehicle", "practitioner", "started_at"), name="driving_span_once")
                ],
            },
        ),
        migrations.CreateModel(
            name="PlateRead",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("plate", models.CharField(max_length=10, verbose_name="车牌号")),
                ("plate_colour", models.PositiveSmallIntegerField(blank=True, null=True, verbose_name="车牌颜色")),
                ("read_at", models.DateTimeField(verbose_name="识别时间")),
                ("latitude_e6", models.IntegerField(verbose_name="纬度 1e-6°")),
                ("longitude_e6", models.IntegerField(verbose_name="经度 1e-6°")),
                ("place", models.CharField(blank=True, max_length=80, verbose_name="地点")),
                ("source", models.CharField(max_length=40, verbose_name="来源")),
                ("reference", models.CharField(max_length=80, verbose_name="来源编号")),
                (
                    "vehicle",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to="datacenter.vehicle",
                        verbose_name="登记车辆",
                    ),
                ),
            ],
            options={
                "verbose_name": "车牌识别记录",
                "verbose_name_plural": "车牌识别记录",
                "db_table": "plate_read",
                "indexes": [models.Index(fields=["plate", "-read_at"], name="plate_read_plate")],
                "constraints": [models.UniqueConstraint(fields=("source", "reference"), name="plate_read_once")],
            },
        ),
        migrations.RunSQL(WALLS, migrations.RunSQL.noop),
    ]
