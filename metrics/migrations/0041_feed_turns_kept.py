"""When feeds were late stays; sources that send rarely say so.

Sources that were there before may be silent for days: those are no 15-minute feeds.
"""

from django.db import migrations

TABLE = "metrics_feedturn"
TRIGGERS = {
    "append_only": f"BEFORE UPDATE OR DELETE ON {TABLE} FOR EACH ROW",
    "no_truncate": f"BEFORE TRUNCATE ON {TABLE} FOR EACH STATEMENT",
}
RARELY = """
UPDATE metrics_source SET interval = CASE
    WHEN stale_after_hours >= 168 THEN 'week' WHEN stale_after_hours >= 36 THEN 'day'
    WHEN stale_after_hours >= 6 THEN 'hour' ELSE 'continuous' END
"""


def create(apps, schema_editor):
    for name, rest in TRIGGERS.items():
        schema_editor.execute(f"CREATE TRIGGER {TABLE}_{name} {rest} EXECUTE FUNCTION refuse_change()")


def drop(apps, schema_editor):
    for name in TRIGGERS:
        schema_editor.execute(f"DROP TRIGGER {TABLE}_{name} ON {TABLE}")


class Migration(migrations.Migration):
    dependencies = [("metrics", "0040_feeds")]
    operations = [
        migrations.RunPython(create, drop),
        migrations.RunSQL(RARELY, migrations.RunSQL.noop),
    ]
