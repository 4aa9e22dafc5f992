"""Row-level security of shifts and trips: a row is of its county, its company, its vehicle (DESIGN §7)."""

from django.db import migrations

_RULE = "scope_allows(county_id, company_id, vehicle_id)"
WALLED = ("taxi_shift", "taxi_trip")


def _walls(table: str) -> str:
    return f"""
    ALTER TABLE {table} ENABLE ROW LEVEL SECURITY;
    ALTER TABLE {table} FORCE ROW LEVEL SECURITY;
    CREATE POLICY scope ON {table} USING ({_RULE}) WITH CHECK ({_RULE});
    """


def _none(table: str) -> str:
    return f"""
    DROP POLICY scope ON {table};
    ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY;
    ALTER TABLE {table} DISABLE ROW LEVEL SECURITY;
    """


class Migration(migrations.Migration):
    dependencies = [("taxi", "0001_shifts_and_trips"), ("datacenter", "0003_walls")]
    operations = [migrations.RunSQL(_walls(table), _none(table)) for table in WALLED]
