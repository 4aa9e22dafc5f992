"""The raw log: frames of one vehicle as they travelled, and the switch that says of which, with their walls."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

_RULE = "(current_setting('app.scope', true) = 'city' OR vehicle_id IN (SELECT id FROM vehicle))"
# Whose a row is stands in its vehicle (see 0003_walls).
WALLS = "\n".join(
    f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY;\n"
    f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY;\n"
    f"CREATE POLICY scope ON {table} USING ({_RULE}) WITH CHECK ({_RULE});"
    for table in ("raw_log_switch", "raw_frame")
)


class Migration(migrations.Migration):
    dependencies = [("datacenter", "0009_emergency_call")]

    operations = [
        migrations.CreateModel(
            name="RawLogSwitch",
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
                ("started_at", models.DateTimeField(verbose_name="开始时间")),
                ("until", models.DateTimeField(db_index=True, verbose_name="截止时间")),
                (
                    "by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="操作人",
                    ),
                ),
            ],
            options={
                "verbose_name": "原始报文记录开关",
                "verbose_name_plural": "原始报文记录开关",
                "db_table": "raw_log_switch",
            },
        ),
        migrations.CreateModel(
            name="RawFrame",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("at", models.DateTimeField(db_index=True, verbose_name="时间")),
                (
                    "direction",
                    models.CharField(choices=[("up", "上行"), ("down", "下行")], max_length=4, verbose_name="方向"),
                ),
                ("protocol", models.CharField(max_length=8, verbose_name="协议")),
                ("message_id", models.PositiveIntegerField(null=True, verbose_name="消息 ID")),
                ("serial", models.PositiveIntegerField(null=True, verbose_name="流水号")),
                ("raw", models.BinaryField(verbose_name="报文")),
                (
                    "vehicle",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="datacenter.vehicle",
                        verbose_name="车辆",
                    ),
                ),
            ],
            options={
                "verbose_name": "原始报文",
                "verbose_name_plural": "原始报文",
                "db_table": "raw_frame",
                "indexes": [models.Index(fields=["vehicle", "-id"], name="raw_frame_newest")],
            },
        ),
        migrations.RunSQL(WALLS, migrations.RunSQL.noop),
    ]
