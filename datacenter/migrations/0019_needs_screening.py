"""A detector's findings may wait for the screening desk before they open a case."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("datacenter", "0018_limit_rows")]

    operations = [
        migrations.AddField(
            model_name="detectorsetting",
            name="needs_screening",
            field=models.BooleanField(
                db_default=False,
                default=False,
                help_text="疑似违规经远程排查确认后才立案",
                verbose_name="先排查后立案",
            ),
        ),
    ]
