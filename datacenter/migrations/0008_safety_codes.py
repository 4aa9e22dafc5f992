"""What codes of active safety mean, how models of terminals speak, and who changed that."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

APPEND_ONLY = (
    "CREATE TRIGGER safety_table_change_append_only BEFORE UPDATE OR DELETE ON safety_table_change "
    "FOR EACH ROW EXECUTE FUNCTION refuse_rewrite();"
)


class Migration(migrations.Migration):
    dependencies = [("datacenter", "0007_media")]

    operations = [
        migrations.CreateModel(
            name="SafetyEventCode",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "vendor",
                    models.CharField(
                        help_text="厂商或标准的名称，终端型号按它选用", max_length=40, verbose_name="代码表"
                    ),
                ),
                (
                    "item",
                    models.PositiveSmallIntegerField(
                        choices=[
                            (100, "高级驾驶辅助系统报警"),
                            (101, "驾驶员状态监测系统报警"),
                            (102, "胎压监测系统报警"),
                            (103, "盲区监测系统报警"),
                            (112, "激烈驾驶报警"),
                        ],
                        verbose_name="报警类别",
                    ),
                ),
                ("code", models.PositiveSmallIntegerField(help_text="胎压（0x66）为事件位的值", verbose_name="代码")),
                ("title", models.CharField(max_length=60, verbose_name="含义")),
                ("source", models.CharField(max_length=200, verbose_name="依据")),
                ("source_verified", models.BooleanField(default=False, verbose_name="依据已核实")),
            ],
            options={
                "verbose_name": "主动安全事件代码",
                "verbose_name_plural": "主动安全事件代码",
                "db_table": "safety_event_code",
                "ordering": ["vendor", "item", "code"],
                "constraints": [
                    models.UniqueConstraint(fields=("vendor", "item", "code"), name="safety_event_code_once")
                ],
            },
        ),
        migrations.CreateModel(
            name="TerminalProfile",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("maker", models.CharField(max_length=40, verbose_name="制造商")),
                (
                    "model",
                    models.CharField(
                        blank=True, help_text="不填则适用于该制造商的其他型号", max_length=30, verbose_name="型号"
                    ),
                ),
                ("vendor", models.CharField(default="T/JSATL 12-2017", max_length=40, verbose_name="代码表")),
                (
                    "practice",
                    models.CharField(
                        choices=[
                            (
                                "jiangsu",
                                "江苏（T/JSATL 12-2017）",
                            ),
                            (
                                "guangdong",
                                "广东（T/GDRTA 002-2020）",
                            ),
                            ("heilongjiang", "黑龙江"),
                            ("hunan", "湖南"),
                            ("sichuan", "四川"),
                        ],
                        default="jiangsu",
                        help_text="与长度不符时按长度判断",
                        max_length=16,
                        verbose_name="标识格式",
                    ),
                ),
                ("source", models.CharField(max_length=200, verbose_name="依据")),
                ("source_verified", models.BooleanField(default=False, verbose_name="依据已核实")),
            ],
            options={
                "verbose_name": "终端型号协议",
                "verbose_name_plural": "终端型号协议",
                "db_table": "terminal_profile",
                "ordering": ["maker", "model"],
                "constraints": [models.UniqueConstraint(fields=("maker", "model"), name="terminal_profile_once")],
            },
        ),
        migrations.CreateModel(
            name="SafetyTableChange",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("at", models.DateTimeField(verbose_name="时间")),
                ("before", models.JSONField(default=dict, verbose_name="修改前")),
                ("after", models.JSONField(default=dict, verbose_name="修改后")),
                (
                    "by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="修改人",
                    ),
                ),
                (
                    "code",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="changes",
                        to="datacenter.safetyeventcode",
                        verbose_name="代码",
                    ),
                ),
                (
                    "profile",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="changes",
                        to="datacenter.terminalprofile",
                        verbose_name="型号",
                    ),
                ),
            ],
            options={
                "verbose_name": "主动安全设置变更",
                "verbose_name_plural": "主动安全设置变更",
                "db_table": "safety_table_change",
                "ordering": ["-at", "-id"],
            },
        ),
        migrations.AddConstraint(
            model_name="safetytablechange",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("code__isnull", False), ("profile", None)),
                    models.Q(("code", None), ("profile__isnull", False)),
                    _connector="OR",
                ),
                name="safety_table_change_of_one",
            ),
        ),
        migrations.RunSQL(APPEND_ONLY, "DROP TRIGGER safety_table_change_append_only ON safety_table_change;"),
    ]
