"""Trace: what the database notes of each anchor of the chains, and who looked at one thing found by an index."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models

_CITY = "current_setting('app.scope', true) = 'city'"
WALLS = f"""
ALTER TABLE chain_anchor ENABLE ROW LEVEL SECURITY;
ALTER TABLE chain_anchor FORCE ROW LEVEL SECURITY;
CREATE POLICY scope ON chain_anchor USING ({_CITY}) WITH CHECK ({_CITY});
CREATE TRIGGER chain_anchor_append_only BEFORE UPDATE OR DELETE ON chain_anchor
    FOR EACH ROW EXECUTE FUNCTION refuse_rewrite();
"""


class Migration(migrations.Migration):
    atomic = False  # an index of a large table is built beside its readers and writers
    dependencies = [("datacenter", "0028_case_statistics")]

    operations = [
        migrations.CreateModel(
            name="ChainAnchor",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("serial", models.PositiveIntegerField(unique=True, verbose_name="序号")),
                ("at", models.DateTimeField(verbose_name="锚定时间")),
                ("file", models.CharField(max_length=40, verbose_name="文件")),
                ("sha256", models.CharField(max_length=64, verbose_name="SHA-256")),
                ("cases", models.PositiveBigIntegerField(verbose_name="案件数")),
                ("events", models.PositiveBigIntegerField(verbose_name="办理记录数")),
                ("changed", models.PositiveBigIntegerField(verbose_name="变动案件数")),
                ("root", models.CharField(max_length=64, verbose_name="Merkle 根")),
            ],
            options={
                "verbose_name": "链头锚定",
                "verbose_name_plural": "链头锚定",
                "db_table": "chain_anchor",
                "ordering": ["serial"],
            },
        ),
        migrations.RunSQL(WALLS, migrations.RunSQL.noop),
        AddIndexConcurrently(
            model_name="auditrecord",
            index=models.Index(
                condition=models.Q(("subject", ""), _negated=True), fields=["subject", "-at"], name="audit_subject"
            ),
        ),
    ]
