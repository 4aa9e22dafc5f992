"""Files from terminals and alarms of active safety, with their walls."""

import django.db.models.deletion
from django.db import migrations, models

# Whose a row is stands in the row (see 0003_walls).
WALLS = "\n".join(
    f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY; ALTER TABLE {table} FORCE ROW LEVEL SECURITY;"
    f"CREATE POLICY scope ON {table} USING (scope_allows(county_id, company_id, vehicle_id))"
    f" WITH CHECK (scope_allows(county_id, company_id, vehicle_id));"
    for table in ("safety_alarm", "media_file")
)


class Migration(migrations.Migration):
    dependencies = [("datacenter", "0006_command")]

    operations = [
        migrations.CreateModel(
            name="SafetyAlarm",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("alarm_no", models.CharField(max_length=32, unique=True, verbose_name="报警编号")),
                ("phone", models.CharField(max_length=20, verbose_name="终端手机号")),
                ("terminal_id", models.CharField(blank=True, max_length=30, verbose_name="终端 ID")),
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
                        max_length=16,
                        verbose_name="标识格式",
                    ),
                ),
                ("tag", models.CharField(max_length=80, verbose_name="报警标识号")),
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
                ("event", models.PositiveIntegerField(verbose_name="事件代码")),
                ("vendor", models.CharField(max_length=40, verbose_name="代码表")),
                ("title", models.CharField(max_length=60, verbose_name="含义")),
                ("level", models.PositiveSmallIntegerField(verbose_name="级别")),
                ("flag_state", models.PositiveSmallIntegerField(verbose_name="标志状态")),
                ("counter", models.PositiveBigIntegerField(verbose_name="终端报警序号")),
                ("speed_kmh", models.PositiveSmallIntegerField(verbose_name="车速（km/h）")),
                ("latitude_e6", models.IntegerField(null=True, verbose_name="纬度")),
                ("longitude_e6", models.IntegerField(null=True, verbose_name="经度")),
                ("vehicle_status", models.PositiveIntegerField(verbose_name="车辆状态")),
                ("content", models.JSONField(default=dict, verbose_name="内容")),
                ("device_time", models.DateTimeField(verbose_name="报警时间（终端）")),
                ("received_at", models.DateTimeField(verbose_name="接收时间")),
                ("ended_at", models.DateTimeField(null=True, verbose_name="结束时间（终端）")),
                ("attachments_expected", models.PositiveSmallIntegerField(verbose_name="附件数")),
                ("attachments_received", models.PositiveSmallIntegerField(default=0, verbose_name="已收附件")),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("none", "无附件"),
                            ("requested", "已要求上传"),
                            ("uploading", "上传中"),
                            ("complete", "附件齐全"),
                            ("unreachable", "无法要求上传"),
                        ],
                        default="none",
                        max_length=12,
                        verbose_name="附件状态",
                    ),
                ),
                (
                    "command",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="datacenter.command",
                        verbose_name="上传指令",
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
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="datacenter.vehicle",
                        verbose_name="车辆",
                    ),
                ),
            ],
            options={
                "verbose_name": "主动安全报警",
                "verbose_name_plural": "主动安全报警",
                "db_table": "safety_alarm",
            },
        ),
        migrations.CreateModel(
            name="MediaFile",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("image", "图片"),
                            ("audio", "音频"),
                            ("video", "视频"),
                            ("text", "文本"),
                            ("other", "其他"),
                        ],
                        max_length=8,
                        verbose_name="类型",
                    ),
                ),
                (
                    "source",
                    models.CharField(
                        choices=[
                            ("photo", "终端拍摄上传"),
                            ("attachment", "报警附件"),
                            ("taxi_photo", "出租车图像"),
                            ("taxi_recording", "出租车录音"),
                        ],
                        max_length=16,
                        verbose_name="来源",
                    ),
                ),
                ("channel", models.PositiveIntegerField(null=True, verbose_name="通道")),
                ("event", models.PositiveIntegerField(null=True, verbose_name="触发事件")),
                ("reason", models.CharField(blank=True, max_length=60, verbose_name="事由")),
                ("media_id", models.PositiveBigIntegerField(null=True, verbose_name="终端多媒体 ID")),
                ("name", models.CharField(blank=True, max_length=120, verbose_name="终端文件名")),
                ("device_time", models.DateTimeField(null=True, verbose_name="拍摄时间（终端）")),
                ("received_at", models.DateTimeField(verbose_name="接收时间")),
                ("latitude_e6", models.IntegerField(null=True, verbose_name="纬度")),
                ("longitude_e6", models.IntegerField(null=True, verbose_name="经度")),
                ("sha256", models.CharField(max_length=64, verbose_name="SHA-256")),
                ("size_bytes", models.PositiveBigIntegerField(verbose_name="大小")),
                ("content_type", models.CharField(max_length=60, verbose_name="内容类型")),
                ("path", models.CharField(max_length=160, verbose_name="存放位置")),
                (
                    "command",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="datacenter.command",
                        verbose_name="拍摄指令",
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
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="datacenter.vehicle",
                        verbose_name="车辆",
                    ),
                ),
                (
                    "alarm",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="files",
                        to="datacenter.safetyalarm",
                        verbose_name="主动安全报警",
                    ),
                ),
            ],
            options={
                "verbose_name": "多媒体文件",
                "verbose_name_plural": "多媒体文件",
                "db_table": "media_file",
            },
        ),
        migrations.AddIndex(
            model_name="safetyalarm",
            index=models.Index(fields=["-received_at", "-id"], name="safety_alarm_newest"),
        ),
        migrations.AddIndex(
            model_name="safetyalarm",
            index=models.Index(fields=["vehicle", "-device_time"], name="safety_alarm_of_vehicle"),
        ),
        migrations.AddConstraint(
            model_name="safetyalarm",
            constraint=models.UniqueConstraint(
                fields=("vehicle", "tag", "item", "event", "counter"), name="safety_alarm_once"
            ),
        ),
        migrations.AddIndex(
            model_name="mediafile",
            index=models.Index(fields=["-received_at", "-id"], name="media_file_newest"),
        ),
        migrations.AddIndex(
            model_name="mediafile",
            index=models.Index(fields=["vehicle", "-received_at"], name="media_file_of_vehicle"),
        ),
        migrations.AddIndex(
            model_name="mediafile",
            index=models.Index(
                condition=models.Q(("media_id__isnull", False)),
                fields=["vehicle", "media_id"],
                name="media_file_by_media_id",
            ),
        ),
        migrations.AddConstraint(
            model_name="mediafile",
            constraint=models.UniqueConstraint(
                fields=("vehicle", "sha256", "media_id", "device_time", "name", "alarm"),
                name="media_file_once",
                nulls_distinct=False,
            ),
        ),
        migrations.RunSQL(WALLS, migrations.RunSQL.noop),
    ]
