"""What holds for cases of one industry and kind: clock, evidence, and whether it applies at all."""

import django.core.validators
from django.db import migrations, models
from django.db.models import Value

import datacenter.cases.models


class Migration(migrations.Migration):
    dependencies = [("datacenter", "0020_screening")]

    operations = [
        migrations.AlterModelOptions(
            name="workflowrule",
            options={"ordering": ["industry", "kind"], "verbose_name": "办案标准", "verbose_name_plural": "办案标准"},
        ),
        migrations.AddField(
            model_name="workflowrule",
            name="kind",
            field=models.CharField(
                blank=True, db_default="", default="", max_length=40, verbose_name="事由（规则代码）"
            ),
        ),
        migrations.AddField(
            model_name="workflowrule",
            name="applies",
            field=models.BooleanField(
                db_default=True, default=True, help_text="不适用的行业不立案，只留疑似违规", verbose_name="适用"
            ),
        ),
        migrations.AddField(
            model_name="workflowrule",
            name="evidence",
            field=models.JSONField(
                blank=True,
                db_default=Value("[]", output_field=models.JSONField()),
                default=list,
                help_text="列表：track 轨迹、photo 照片、clip 视频、alarm 终端报警",
                validators=[datacenter.cases.models.known_evidence],
                verbose_name="取证要求",
            ),
        ),
        migrations.AlterField(
            model_name="workflowrule",
            name="industry",
            field=models.CharField(
                blank=True,
                choices=[
                    ("taxi", "出租汽车"),
                    ("bus", "公交车"),
                    ("coach", "客运班线、包车"),
                    ("hazmat", "危险货物运输车"),
                    ("heavy_truck", "重型货车"),
                ],
                max_length=12,
                verbose_name="行业",
            ),
        ),
        migrations.AlterField(
            model_name="workflowrule",
            name="handle_hours",
            field=models.PositiveIntegerField(
                validators=[django.core.validators.MinValueValidator(1)], verbose_name="办理时限（小时）"
            ),
        ),
        migrations.AddConstraint(
            model_name="workflowrule",
            constraint=models.UniqueConstraint(fields=("industry", "kind"), name="workflow_rule_once"),
        ),
    ]
