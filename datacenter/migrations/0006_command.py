"""Orders to vehicles and what terminals report besides positions, with their walls."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

# Whose a row is stands in the row (see 0003_walls).
WALLED = {
    "command": "scope_allows(county_id, company_id, vehicle_id)",
    "command_batch": "scope_allows(county_id, company_id, NULL)",
    "terminal_report": "scope_allows(county_id, company_id, vehicle_id)",
}
WALLS = "\n".join(
    f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY; ALTER TABLE {table} FORCE ROW LEVEL SECURITY;"
    f"CREATE POLICY scope ON {table} USING ({rule}) WITH CHECK ({rule});"
    for table, rule in WALLED.items()
)


class Migration(migrations.Migration):
    dependencies = [
        ("datacenter", "0005_terminal_network"),
    ]

    operations = [
        migrations.CreateModel(
            name="CommandBatch",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("kind", models.CharField(max_length=40, verbose_name="指令")),
                ("summary", models.CharField(max_length=300, verbose_name="内容")),
                ("selection", models.CharField(max_length=300, verbose_name="下发范围")),
                ("count", models.PositiveIntegerField(verbose_name="车辆数")),
                ("created_at", models.DateTimeField(verbose_name="下发时间")),
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
                    "created_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="下发人",
                    ),
                ),
            ],
            options={
                "verbose_name": "批量下发",
                "verbose_name_plural": "批量下发",
                "db_table": "command_batch",
                "ordering": ["-created_at", "-id"],
            },
        ),
        migrations.CreateModel(
            name="Command",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("phone", models.CharField(max_length=20, verbose_name="终端手机号")),
                ("edition", models.CharField(max_length=4, verbose_name="协议版本")),
                ("kind", models.CharField(max_length=40, verbose_name="指令")),
                ("message_id", models.PositiveIntegerField(verbose_name="消息 ID")),
                ("summary", models.CharField(max_length=300, verbose_name="内容")),
                ("body", models.BinaryField(verbose_name="消息体")),
                ("note", models.CharField(blank=True, max_length=300, verbose_name="事由")),
                ("urgent", models.BooleanField(default=False, verbose_name="紧急")),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("queued", "待下发"),
                            ("sent", "已下发"),
                            ("acknowledged", "终端已应答"),
                            ("answered", "已回复"),
                            ("refused", "终端拒绝"),
                            ("timed_out", "应答超时"),
                            ("expired", "过期未下发"),
                            ("cancelled", "已撤销"),
                        ],
                        default="queued",
                        max_length=12,
                        verbose_name="状态",
                    ),
                ),
                ("created_at", models.DateTimeField(verbose_name="创建时间")),
                ("expires_at", models.DateTimeField(verbose_name="失效时间")),
                ("attempts", models.PositiveSmallIntegerField(default=0, verbose_name="下发次数")),
                ("gateway", models.CharField(blank=True, max_length=80, verbose_name="网关")),
                ("serial", models.PositiveIntegerField(null=True, verbose_name="流水号")),
                ("sent_at", models.DateTimeField(null=True, verbose_name="下发时间")),
                ("acknowledged_at", models.DateTimeField(null=True, verbose_name="应答时间")),
                ("result", models.PositiveSmallIntegerField(null=True, verbose_name="应答结果")),
                ("answered_at", models.DateTimeField(null=True, verbose_name="回复时间")),
                ("answer_id", models.PositiveIntegerField(null=True, verbose_name="回复消息 ID")),
                ("answer", models.JSONField(null=True, verbose_name="回复内容")),
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
                    "created_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="下发人",
                    ),
                ),
                (
                    "vehicle",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="commands",
                        to="datacenter.vehicle",
                        verbose_name="车辆",
                    ),
                ),
                (
                    "batch",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="commands",
                        to="datacenter.commandbatch",
                        verbose_name="批量下发",
                    ),
                ),
            ],
            options={
                "verbose_name": "指令",
                "verbose_name_plural": "指令",
                "db_table": "command",
                "ordering": ["-created_at", "-id"],
                "indexes": [
                    models.Index(fields=["vehicle", "-created_at"], name="command_of_vehicle"),
                    models.Index(fields=["batch", "state"], name="command_of_batch"),
                    models.Index(fields=["-created_at", "-id"], name="command_newest"),
                    models.Index(
                        condition=models.Q(("state", "queued")), fields=["-urgent", "id"], name="command_waiting"
                    ),
                    models.Index(condition=models.Q(("state", "sent")), fields=["sent_at"], name="command_under_way"),
                ],
            },
        ),
        migrations.CreateModel(
            name="TerminalReport",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("protocol", models.CharField(max_length=8, verbose_name="协议")),
                ("message_id", models.PositiveIntegerField(verbose_name="消息 ID")),
                ("title", models.CharField(max_length=60, verbose_name="消息名称")),
                ("serial", models.PositiveIntegerField(verbose_name="流水号")),
                ("received_at", models.DateTimeField(verbose_name="接收时间")),
                ("content", models.JSONField(default=dict, verbose_name="内容")),
                ("raw", models.BinaryField(verbose_name="消息体")),
                ("body_hash", models.BigIntegerField(verbose_name="消息体散列")),
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
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="reports",
                        to="datacenter.vehicle",
                        verbose_name="车辆",
                    ),
                ),
            ],
            options={
                "verbose_name": "终端上报",
                "verbose_name_plural": "终端上报",
                "db_table": "terminal_report",
                "indexes": [
                    models.Index(fields=["vehicle", "-received_at"], name="terminal_report_newest"),
                    models.Index(fields=["-received_at", "-id"], name="terminal_report_by_time"),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("vehicle", "message_id", "serial", "body_hash"), name="terminal_report_once"
                    )
                ],
            },
        ),
        migrations.RunSQL(WALLS, migrations.RunSQL.noop),
    ]
