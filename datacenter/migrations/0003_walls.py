"""Row-level security: the second wall (DESIGN §7). No scope set, no rows; and records that nobody may rewrite."""

from django.db import migrations

ALLOWS = """
CREATE FUNCTION scope_allows(county text, company bigint, vehicle bigint) RETURNS boolean
LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT CASE current_setting('app.scope', true)
        WHEN 'city' THEN true
        WHEN 'county' THEN county = current_setting('app.scope_id', true)
        WHEN 'company' THEN company::text = current_setting('app.scope_id', true)
        WHEN 'vehicle' THEN vehicle::text = current_setting('app.scope_id', true)
        ELSE false
    END
$$;
"""

_CITY = "current_setting('app.scope', true) = 'city'"
# Tables that say themselves whose a row is.
OWNED = {
    # Also the companies of vehicles one may see: a company of one county runs vehicles of another.
    "company": "(scope_allows(county_id, unit_id, NULL) OR unit_id IN (SELECT company_id FROM vehicle))",
    "vehicle": "scope_allows(county_id, company_id, id)",
    "practitioner": "scope_allows(county_id, company_id, NULL)",
    "case_file": "scope_allows(county_id, company_id, vehicle_id)",
    "finding": "scope_allows(county_id, company_id, vehicle_id)",
    "violation": "scope_allows(county_id, company_id, vehicle_id)",
    "unknown_terminal": _CITY,
}
# Tables whose rows belong where another row belongs; the inner table's policy is applied in turn.
BELONGING = {
    "certificate": ("practitioner", "practitioner_id", "id"),
    "permit": ("company", "company_id", "unit_id"),
    "terminal": ("vehicle", "vehicle_id", "id"),
    "driver_binding": ("vehicle", "vehicle_id", "id"),
    "case_event": ("case_file", "case_id", "id"),
    "case_attachment": ("case_event", "event_id", "id"),
    "quarantined_frame": ("vehicle", "vehicle_id", "id"),
    "track_position": ("vehicle", "vehicle_id", "id"),
}
APPEND_ONLY = ("case_event", "case_attachment", "audit_record", "detector_setting_change")


def _policies() -> str:
    statements = []
    rules = dict(OWNED)
    for table, (parent, column, key) in BELONGING.items():
        # "IN" over the visible parents is evaluated once for a query, where EXISTS would be once for a row.
        rules[table] = f"({_CITY} OR {column} IN (SELECT {key} FROM {parent}))"
    for table, rule in rules.items():
        statements.append(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY;")
        statements.append(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY;")
        statements.append(f"CREATE POLICY scope ON {table} USING ({rule}) WITH CHECK ({rule});")
    return "\n".join(statements)


REFUSE = """
CREATE FUNCTION refuse_rewrite() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'insufficient_privilege';
END $$;
""" + "\n".join(
    f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE ON {table} "
    "FOR EACH ROW EXECUTE FUNCTION refuse_rewrite();"
    for table in APPEND_ONLY
)

# The audit record: everybody adds, only the city's administrators read; audit.record inserts without reading back.
AUDIT = f"""
ALTER TABLE audit_record ENABLE ROW LEVEL SECURITY;
ALTER TABLE audit_record FORCE ROW LEVEL SECURITY;
CREATE POLICY reading ON audit_record FOR SELECT USING ({_CITY});
CREATE POLICY adding ON audit_record FOR INSERT WITH CHECK (true);
"""


def set_owner_scope(apps, schema_editor):
    """The owner acts for the whole city: its sessions start with that scope (ingest bypasses the policies)."""
    with schema_editor.connection.cursor() as cursor:
        cursor.execute("ALTER ROLE CURRENT_USER SET app.scope = 'city'")
        cursor.execute("SET app.scope = 'city'")


class Migration(migrations.Migration):
    dependencies = [("datacenter", "0002_track_position")]
    operations = [
        migrations.RunSQL(ALLOWS, "DROP FUNCTION scope_allows(text, bigint, bigint);"),
        migrations.RunSQL(_policies(), migrations.RunSQL.noop),
        migrations.RunSQL(AUDIT, migrations.RunSQL.noop),
        migrations.RunSQL(REFUSE, migrations.RunSQL.noop),
        migrations.RunPython(set_owner_scope, migrations.RunPython.noop),
    ]
