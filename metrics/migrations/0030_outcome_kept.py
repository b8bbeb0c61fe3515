"""Decisions about pilots are only ever added."""

from django.db import migrations

TABLE = "metrics_pilotoutcome"


def create(apps, schema_editor):
    schema_editor.execute(
        f"CREATE TRIGGER {TABLE}_append_only BEFORE UPDATE OR DELETE ON {TABLE}"
        " FOR EACH ROW EXECUTE FUNCTION refuse_change()"
    )
    schema_editor.execute(
        f"CREATE TRIGGER {TABLE}_no_truncate BEFORE TRUNCATE ON {TABLE}"
        " FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
    )


def drop(apps, schema_editor):
    for name in ("append_only", "no_truncate"):
        schema_editor.execute(f"DROP TRIGGER {TABLE}_{name} ON {TABLE}")


class Migration(migrations.Migration):
    dependencies = [("metrics", "0029_pilot_outcome")]
    operations = [migrations.RunPython(create, drop)]
