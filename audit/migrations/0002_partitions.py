"""Close the partitions of the trail against direct use, as far as a table can be closed.

Policies and statement triggers of the parent do not hold for a partition named directly. So each
partition has row-level security with no policy at all (nobody sees a row), and its own trigger
against TRUNCATE.
"""

from django.db import migrations

PARTITIONS = (
    "SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = 'audit_event'::regclass"
)
CLOSE = """
ALTER TABLE {0} ENABLE ROW LEVEL SECURITY;
REVOKE ALL ON {0} FROM PUBLIC;
CREATE TRIGGER audit_event_no_truncate BEFORE TRUNCATE ON {0}
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
"""
OPEN = """
DROP TRIGGER audit_event_no_truncate ON {0};
ALTER TABLE {0} DISABLE ROW LEVEL SECURITY;
"""


def _each(schema_editor, statements):
    with schema_editor.connection.cursor() as cursor:
        cursor.execute(PARTITIONS)
        for (table,) in cursor.fetchall():
            cursor.execute(statements.format(table))


class Migration(migrations.Migration):
    dependencies = [("audit", "0001_initial")]
    operations = [
        migrations.RunPython(
            lambda apps, schema_editor: _each(schema_editor, CLOSE),
            lambda apps, schema_editor: _each(schema_editor, OPEN),
        )
    ]
