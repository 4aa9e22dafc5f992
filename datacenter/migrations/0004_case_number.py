"""The running number of cases; gaps are allowed, a number is never given twice."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("datacenter", "0003_walls")]
    operations = [
        migrations.RunSQL("CREATE SEQUENCE case_number;", "DROP SEQUENCE case_number;"),
    ]
