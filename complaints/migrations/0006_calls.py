"""Calls of the hotline, their events, extensions. Calls are the city's own desk's."""

import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models

_CITY = "current_setting('app.scope', true) = 'city'"
WALLS = "\n".join(
    f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY;\n"
    f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY;\n"
    f"CREATE POLICY scope ON {table} USING ({_CITY}) WITH CHECK ({_CITY});"
    for table in ("call", "call_event")
)
APPEND_ONLY = (
    "CREATE TRIGGER call_event_append_only BEFORE UPDATE OR DELETE ON call_event"
    " FOR EACH ROW EXECUTE FUNCTION refuse_rewrite();"
)


class Migration(migrations.Migration):
    dependencies = [
        ("complaints", "0005_lost"),
    ]

    operations = [
        migrations.CreateModel(
            name="Call",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("platform_id", models.CharField(max_length=64, unique=True, verbose_name="平台通话编号")),
                (
                    "caller",
                    models.CharField(blank=True, help_text="隐藏号码来电为空", max_length=20, verbose_name="主叫号码"),
                ),
                ("called", models.CharField(blank=True, max_length=20, verbose_name="被叫号码")),
                (
                    "state",
                    models.CharField(
                        choices=[("ringing", "振铃"), ("answered", "通话中"), ("missed", "未接"), ("ended", "已挂机")],
                        default="ringing",
                        max_length=8,
                        verbose_name="状态",
                    ),
                ),
                ("rang_at", models.DateTimeField(verbose_name="来电时间")),
                ("answered_at", models.DateTimeField(blank=True, null=True, verbose_name="接听时间")),
                ("ended_at", models.DateTimeField(blank=True, null=True, verbose_name="挂机时间")),
                ("extension", models.CharField(blank=True, max_length=20, verbose_name="分机号")),
                ("agent_name", models.CharField(blank=True, max_length=40, verbose_name="坐席名称")),
                (
                    "taken_at",
                    models.DateTimeField(
                        blank=True, help_text="空则话务员由分机得出", null=True, verbose_name="人工接管时间"
                    ),
                ),
                (
                    "recording_state",
                    models.CharField(
                        choices=[("none", "无录音"), ("waiting", "待取回"), ("kept", "已存档"), ("refused", "未存档")],
                        default="none",
                        max_length=8,
                        verbose_name="录音",
                    ),
                ),
                ("recording_url", models.CharField(blank=True, max_length=500, verbose_name="录音地址")),
                ("recording_reason", models.CharField(blank=True, max_length=200, verbose_name="未存档原因")),
                ("recording_sha256", models.CharField(blank=True, max_length=64, verbose_name="录音 SHA-256")),
                ("recording_type", models.CharField(blank=True, max_length=40, verbose_name="录音类型")),
                ("recording_path", models.CharField(blank=True, max_length=160, verbose_name="存放位置")),
                (
                    "recording_size_bytes",
                    models.PositiveBigIntegerField(blank=True, null=True, verbose_name="录音大小 字节"),
                ),
                ("recording_s", models.PositiveIntegerField(blank=True, null=True, verbose_name="录音时长 s")),
                ("recording_tries", models.PositiveSmallIntegerField(default=0, verbose_name="取回次数")),
                ("recording_due_at", models.DateTimeField(blank=True, null=True, verbose_name="下次取回")),
                (
                    "operator",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="话务员",
                    ),
                ),
                (
                    "order",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="calls",
                        to="complaints.order",
                        verbose_name="工单",
                    ),
                ),
            ],
            options={
                "verbose_name": "通话",
                "verbose_name_plural": "通话",
                "db_table": "call",
                "ordering": ["-rang_at", "-pk"],
            },
        ),
        migrations.CreateModel(
            name="CallEvent",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("event_id", models.CharField(max_length=64, unique=True, verbose_name="平台事件编号")),
                (
                    "kind",
                    models.CharField(
                        choices=[("ringing", "振铃"), ("answered", "接听"), ("hung_up", "挂机"), ("recording", "录音")],
                        max_length=10,
                        verbose_name="事件",
                    ),
                ),
                ("at", models.DateTimeField(verbose_name="平台时间")),
                ("received_at", models.DateTimeField(default=django.utils.timezone.now, verbose_name="接收时间")),
                ("body", models.JSONField(verbose_name="原文")),
                (
                    "call",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="events",
                        to="complaints.call",
                        verbose_name="通话",
                    ),
                ),
            ],
            options={
                "verbose_name": "通话事件",
                "verbose_name_plural": "通话事件",
                "db_table": "call_event",
                "ordering": ["at", "pk"],
            },
        ),
        migrations.CreateModel(
            name="DeskExtension",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("number", models.CharField(max_length=20, unique=True, verbose_name="分机号")),
                ("in_force", models.BooleanField(default=True, verbose_name="启用")),
                (
                    "operator",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="话务员",
                    ),
                ),
            ],
            options={
                "verbose_name": "坐席分机",
                "verbose_name_plural": "坐席分机",
                "db_table": "call_extension",
                "ordering": ["number"],
            },
        ),
        migrations.AddIndex(
            model_name="call",
            index=models.Index(fields=["-rang_at", "-id"], name="call_by_time"),
        ),
        migrations.AddIndex(
            model_name="call",
            index=models.Index(
                condition=models.Q(("caller", ""), _negated=True), fields=["caller", "-rang_at"], name="call_caller"
            ),
        ),
        migrations.AddIndex(
            model_name="call",
            index=models.Index(condition=models.Q(("order__isnull", False)), fields=["order"], name="call_order"),
        ),
        migrations.AddIndex(
            model_name="call",
            index=models.Index(condition=models.Q(("state", "ringing")), fields=["rang_at"], name="call_ringing"),
        ),
        migrations.AddIndex(
            model_name="call",
            index=models.Index(
                condition=models.Q(("recording_state", "waiting")),
                fields=["recording_due_at"],
                name="call_recording_due",
            ),
        ),
        migrations.RunSQL(WALLS, migrations.RunSQL.noop),
        migrations.RunSQL(APPEND_ONLY, migrations.RunSQL.noop),
    ]
