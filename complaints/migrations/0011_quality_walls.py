"""A quality check belongs where its order belongs, and stays as it was written."""

from django.db import migrations

_OWN = "EXISTS (SELECT 1 FROM complaint_order o WHERE o.id = order_id)"
WALLS = f"""
ALTER TABLE complaint_quality_check ENABLE ROW LEVEL SECURITY;
ALTER TABLE complaint_quality_check FORCE ROW LEVEL SECURITY;
CREATE POLICY scope ON complaint_quality_check USING ({_OWN}) WITH CHECK ({_OWN});
CREATE TRIGGER complaint_quality_check_append_only BEFORE UPDATE OR DELETE ON complaint_quality_check
FOR EACH ROW EXECUTE FUNCTION refuse_rewrite();
"""


class Migration(migrations.Migration):
    dependencies = [("complaints", "0010_quality")]
    operations = [migrations.RunSQL(WALLS, migrations.RunSQL.noop)]
