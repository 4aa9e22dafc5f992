"""How vehicles are spread over shards stands in the shards' rows, so that it can be changed while positions flow."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("datacenter", "0012_track_quality")]

    operations = [
        migrations.AddField(
            model_name="ingestshard",
            name="layout",
            field=models.BigIntegerField(db_default=0, default=0, verbose_name="布局版本"),
        ),
        migrations.AddField(
            model_name="ingestshard",
            name="shards",
            field=models.PositiveSmallIntegerField(db_default=0, default=0, verbose_name="分片总数"),
        ),
    ]
