"""Row-level security of work orders: a row is of its county, its company, its vehicle (DESIGN §7)."""

from django.db import migrations

_RULE = "scope_allows(county_id, company_id, vehicle_id)"
WALLS = f"""
ALTER TABLE complaint_order ENABLE ROW LEVEL SECURITY;
ALTER TABLE complaint_order FORCE ROW LEVEL SECURITY;
CREATE POLICY scope ON complaint_order USING ({_RULE}) WITH CHECK ({_RULE});
"""


class Migration(migrations.Migration):
    dependencies = [("complaints", "0001_orders"), ("datacenter", "0003_walls")]
    operations = [migrations.RunSQL(WALLS, migrations.RunSQL.noop)]
