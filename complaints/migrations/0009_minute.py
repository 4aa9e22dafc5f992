"""The minute behind an order, kept as evidence; append-only."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

_WHOSE = "EXISTS (SELECT 1 FROM complaint_order p WHERE p.id = complaint_evidence.order_id)"
WALLS = f"""
ALTER TABLE complaint_evidence ENABLE ROW LEVEL SECURITY;
ALTER TABLE complaint_evidence FORCE ROW LEVEL SECURITY;
CREATE POLICY scope ON complaint_evidence USING ({_WHOSE}) WITH CHECK ({_WHOSE});
CREATE TRIGGER complaint_evidence_append_only BEFORE UPDATE OR DELETE ON complaint_evidence
    FOR EACH ROW EXECUTE FUNCTION refuse_rewrite();
"""


class Migration(migrations.Migration):
    dependencies = [
        ("complaints", "0008_ratings"),
        ("datacenter", "0032_paused_clock"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="OrderEvidence",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("at", models.DateTimeField(verbose_name="取证时间")),
                ("facts", models.JSONField(verbose_name="内容")),
                ("sha256", models.CharField(max_length=64, verbose_name="SHA-256")),
                (
                    "by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="取证人",
                    ),
                ),
                (
                    "finding",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="datacenter.finding",
                        verbose_name="疑似违规",
                    ),
                ),
                (
                    "order",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="evidence",
                        to="complaints.order",
                        verbose_name="工单",
                    ),
                ),
            ],
            options={
                "verbose_name": "投诉取证",
                "verbose_name_plural": "投诉取证",
                "db_table": "complaint_evidence",
                "ordering": ["-at", "-pk"],
            },
        ),
        migrations.RunSQL(WALLS, migrations.RunSQL.noop),
    ]
