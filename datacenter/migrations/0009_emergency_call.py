"""Emergency calls and what was done about each, with their walls; the record of a call is append-only."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

# Whose a call is stands in the call, whose a step is in its call (see 0003_walls).
WALLS = """
ALTER TABLE emergency_call ENABLE ROW LEVEL SECURITY;
ALTER TABLE emergency_call FORCE ROW LEVEL SECURITY;
CREATE POLICY scope ON emergency_call
    USING (scope_allows(county_id, company_id, vehicle_id))
    WITH CHECK (scope_allows(county_id, company_id, vehicle_id));
ALTER TABLE emergency_event ENABLE ROW LEVEL SECURITY;
ALTER TABLE emergency_event FORCE ROW LEVEL SECURITY;
CREATE POLICY scope ON emergency_event
    USING (current_setting('app.scope', true) = 'city' OR call_id IN (SELECT id FROM emergency_call))
    WITH CHECK (current_setting('app.scope', true) = 'city' OR call_id IN (SELECT id FROM emergency_call));
CREATE TRIGGER emergency_event_append_only BEFORE UPDATE OR DELETE ON emergency_event
    FOR EACH ROW EXECUTE FUNCTION refuse_rewrite();
"""


class Migration(migrations.Migration):
    dependencies = [("datacenter", "0008_safety_codes")]

    operations = [
        migrations.CreateModel(
            name="EmergencyCall",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("plate", models.CharField(max_length=16, verbose_name="车牌号")),
                ("phone", models.CharField(blank=True, max_length=20, verbose_name="终端号")),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("ringing", "待接警"),
                            ("acknowledged", "已接警"),
                            ("handed_over", "已移交公安"),
                            ("closed", "已结束"),
                        ],
                        default="ringing",
                        max_length=12,
                        verbose_name="状态",
                    ),
                ),
                ("bit_on", models.BooleanField(default=True, verbose_name="按钮仍在报警")),
                ("device_time", models.DateTimeField(verbose_name="报警时间（终端）")),
                ("last_pressed_at", models.DateTimeField(verbose_name="最近一次按下（终端时间）")),
                ("raised_at", models.DateTimeField(verbose_name="收到时间")),
                ("last_seen_at", models.DateTimeField(verbose_name="最近一次上报")),
                ("reports", models.PositiveIntegerField(default=1, verbose_name="上报次数")),
                ("presses", models.PositiveIntegerField(default=1, verbose_name="按下次数")),
                ("latitude_e6", models.IntegerField(null=True, verbose_name="纬度")),
                ("longitude_e6", models.IntegerField(null=True, verbose_name="经度")),
                ("speed_dkmh", models.IntegerField(null=True, verbose_name="速度（0.1 km/h）")),
                ("acknowledged_at", models.DateTimeField(null=True, verbose_name="接警时间")),
                ("closed_at", models.DateTimeField(null=True, verbose_name="结束时间")),
                (
                    "outcome",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("real", "真实警情"),
                            ("mistaken", "误触误报"),
                            ("test", "设备测试"),
                            ("fault", "设备故障"),
                        ],
                        max_length=12,
                        verbose_name="结论",
                    ),
                ),
                (
                    "acknowledged_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="接警人",
                    ),
                ),
                (
                    "company",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="datacenter.company",
                        verbose_name="所属企业",
                    ),
                ),
                (
                    "county",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="datacenter.county",
                        verbose_name="所属县区",
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
                "verbose_name": "紧急报警",
                "verbose_name_plural": "紧急报警",
                "db_table": "emergency_call",
                "indexes": [
                    models.Index(fields=["-raised_at", "-id"], name="emergency_call_newest"),
                    models.Index(fields=["vehicle", "-raised_at"], name="emergency_call_by_vehicle"),
                    models.Index(
                        condition=models.Q(("bit_on", True)), fields=["vehicle"], name="emergency_call_bit_on"
                    ),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("closed_at", None)), fields=("vehicle",), name="emergency_call_one_open"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("closed_at__isnull", False), ("state", "closed")),
                            models.Q(models.Q(("state", "closed"), _negated=True), ("closed_at", None)),
                            _connector="OR",
                        ),
                        name="emergency_call_closed_says_when",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="EmergencyEvent",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "verb",
                    models.CharField(
                        choices=[
                            ("raise", "报警"),
                            ("press", "再次按下"),
                            ("acknowledge", "接警"),
                            ("note", "记录"),
                            ("request", "下发指令"),
                            ("hand_over", "移交公安"),
                            ("close", "结束"),
                        ],
                        max_length=12,
                        verbose_name="动作",
                    ),
                ),
                ("at", models.DateTimeField(verbose_name="时间")),
                ("note", models.CharField(blank=True, max_length=1000, verbose_name="说明")),
                ("detail", models.JSONField(default=dict, verbose_name="要素")),
                (
                    "by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="经办人",
                    ),
                ),
                (
                    "call",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="events",
                        to="datacenter.emergencycall",
                        verbose_name="紧急报警",
                    ),
                ),
                (
                    "command",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="datacenter.command",
                        verbose_name="指令",
                    ),
                ),
            ],
            options={
                "verbose_name": "处置记录",
                "verbose_name_plural": "处置记录",
                "db_table": "emergency_event",
                "ordering": ["at", "id"],
                "indexes": [
                    models.Index(fields=["call", "at"], name="emergency_event_of_call"),
                ],
            },
        ),
        migrations.RunSQL(WALLS, migrations.RunSQL.noop),
    ]
