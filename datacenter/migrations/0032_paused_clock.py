from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("datacenter", "0031_credit"),
    ]

    operations = [
        migrations.AddField(
            model_name="dispatch",
            name="paused_amber_s",
            field=models.PositiveIntegerField(blank=True, null=True, verbose_name="距预警 秒"),
        ),
        migrations.AddField(
            model_name="dispatch",
            name="paused_at",
            field=models.DateTimeField(blank=True, null=True, verbose_name="中止计时"),
        ),
        migrations.AddField(
            model_name="dispatch",
            name="paused_clock",
            field=models.CharField(
                blank=True,
                choices=[("calendar", "自然时"), ("working", "工作时")],
                db_default="",
                default="",
                max_length=8,
                verbose_name="剩余按",
            ),
        ),
        migrations.AddField(
            model_name="dispatch",
            name="paused_left_s",
            field=models.PositiveIntegerField(blank=True, null=True, verbose_name="剩余 秒"),
        ),
        migrations.AlterField(
            model_name="caseevent",
            name="verb",
            field=models.CharField(
                choices=[
                    ("collect", "采集"),
                    ("dispatch", "派发"),
                    ("redispatch", "改派"),
                    ("decline", "退件"),
                    ("accept", "签收"),
                    ("handle", "办理"),
                    ("feed_back", "反馈"),
                    ("return", "退回"),
                    ("verify", "核查通过"),
                    ("close", "办结"),
                    ("file", "归档"),
                    ("reopen", "重办"),
                    ("ask_extension", "申请延期"),
                    ("grant_extension", "同意延期"),
                    ("refuse_extension", "不同意延期"),
                    ("pause", "中止计时"),
                    ("resume", "恢复计时"),
                    ("explain", "逾期说明"),
                    ("urge", "催办"),
                    ("supervise", "督办"),
                    ("answer", "督办回复"),
                    ("review", "督办审查"),
                    ("grade", "定级"),
                    ("note", "补充"),
                ],
                max_length=16,
                verbose_name="动作",
            ),
        ),
    ]
