"""Whose the hotline's rows are, and the running number of orders.

An order is the city's and its county's. A company reads no order, since an order names who complained: it has the rows
of ``complaint_company_request``. Two scopes are nobody's own: ``order`` is the caller who holds a query code and
sees that one order, ``channel`` is the platform that handed orders in and sees its own.
"""

from django.db import migrations

_SCOPE, _ID = "current_setting('app.scope', true)", "current_setting('app.scope_id', true)"
_ORDER = (
    f"({_SCOPE} = 'city' OR ({_SCOPE} = 'county' AND county_id = {_ID})"
    f" OR ({_SCOPE} = 'order' AND receipt = {_ID}) OR ({_SCOPE} = 'channel' AND channel = {_ID}))"
)
_OWN = "EXISTS (SELECT 1 FROM complaint_order o WHERE o.id = order_id)"
_RULES = {
    "complaint_order_event": _OWN,
    "complaint_order_file": f"({_OWN} OR EXISTS (SELECT 1 FROM complaint_company_request r WHERE r.id = request_id))",
    "complaint_call_back": _OWN,
    "complaint_company_request": f"({_SCOPE} IN ('city', 'county', 'company') AND"
    f" (scope_allows(county_id, company_id, NULL) OR {_OWN}))",
}
WALLS = (
    f"DROP POLICY scope ON complaint_order;\n"
    f"CREATE POLICY scope ON complaint_order USING ({_ORDER}) WITH CHECK ({_ORDER});\n"
    + "\n".join(
        f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY;\n"
        f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY;\n"
        f"CREATE POLICY scope ON {table} USING ({rule}) WITH CHECK ({rule});"
        for table, rule in _RULES.items()
    )
)
APPEND_ONLY = "\n".join(
    f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE ON {table}"
    " FOR EACH ROW EXECUTE FUNCTION refuse_rewrite();"
    for table in ("complaint_order_event", "complaint_call_back")
)
NUMBERS = "CREATE SEQUENCE complaint_order_number;"


class Migration(migrations.Migration):
    dependencies = [("complaints", "0003_handling")]
    operations = [
        migrations.RunSQL(WALLS, migrations.RunSQL.noop),
        migrations.RunSQL(APPEND_ONLY, migrations.RunSQL.noop),
        migrations.RunSQL(NUMBERS, "DROP SEQUENCE complaint_order_number;"),
    ]
