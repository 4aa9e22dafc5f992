import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("complaints", "0009_minute"),
    ]

    operations = [
        migrations.CreateModel(
            name="QualityCheck",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("at", models.DateTimeField(verbose_name="时间")),
                ("faults", models.JSONField(blank=True, default=list, verbose_name="问题")),
                ("note", models.TextField(blank=True, verbose_name="说明")),
                (
                    "by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="抽检人",
                    ),
                ),
                (
                    "order",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="quality_check",
                        to="complaints.order",
                        verbose_name="工单",
                    ),
                ),
            ],
            options={
                "verbose_name": "质量抽检",
                "verbose_name_plural": "质量抽检",
                "db_table": "complaint_quality_check",
                "ordering": ["-at", "-pk"],
            },
        ),
    ]
