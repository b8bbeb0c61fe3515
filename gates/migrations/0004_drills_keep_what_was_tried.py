"""A drill keeps what it tried: a way to fail that was changed since is not tried."""

from django.db import migrations, models

from common.tenancy.operations import Guard

# Those that are there tried what is written down now, as far as anybody can tell.
FILL = """
ALTER TABLE gates_drill DISABLE TRIGGER gates_drill_fixed;
UPDATE gates_drill d SET noticed = m.noticed, threshold = m.threshold, fallback = m.fallback
FROM gates_failuremode m WHERE m.tenant_id = d.tenant_id AND m.id = d.mode_id;
ALTER TABLE gates_drill ENABLE TRIGGER gates_drill_fixed;
"""
WRITTEN = """
CREATE FUNCTION gates_drill_as_written() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF EXISTS (SELECT FROM gates_failuremode m
        WHERE m.tenant_id = NEW.tenant_id AND m.id = NEW.mode_id
          AND (m.noticed, m.threshold, m.fallback)
            IS DISTINCT FROM (NEW.noticed, NEW.threshold, NEW.fallback))
    THEN
        RAISE EXCEPTION 'drill % tried what is not written down', NEW.id
            USING ERRCODE = '23514', CONSTRAINT = 'gates_drill_as_written', TABLE = 'gates_drill';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER gates_drill_as_written AFTER INSERT ON gates_drill
    FOR EACH ROW EXECUTE FUNCTION gates_drill_as_written();
"""


class Migration(migrations.Migration):
    dependencies = [("gates", "0003_what_gates_read")]
    operations = [
        migrations.AddField("drill", "noticed", models.CharField(blank=True, max_length=300)),
        migrations.AddField("drill", "threshold", models.CharField(blank=True, max_length=200)),
        migrations.AddField("drill", "fallback", models.CharField(blank=True, max_length=500)),
        migrations.RunSQL(FILL, migrations.RunSQL.noop),
        Guard("gates_drill_as_written", WRITTEN),
    ]
