"""Codes of T/JSATL 12-2017 that are rules' of ours, in databases that have had them as alarms only."""

from django.db import migrations

DSM = 0x65
RULES = {0x02: "driver.phone", 0x03: "driver.smoking"}


def name_rules(apps, schema_editor):
    """Where nobody has named a rule; twice is once."""
    codes = apps.get_model("datacenter", "SafetyEventCode").objects.filter(vendor="T/JSATL 12-2017", item=DSM)
    for code, rule in RULES.items():
        codes.filter(code=code, detector="").update(detector=rule)


class Migration(migrations.Migration):
    dependencies = [("datacenter", "0015_places_and_rules")]

    operations = [migrations.RunPython(name_rules, migrations.RunPython.noop)]
