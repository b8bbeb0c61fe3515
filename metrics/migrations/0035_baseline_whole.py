"""A baseline is locked once week 2 is over, planned, and with no figure still to be added.

A week in which a metric was worded anew says nothing of how a vendor's commitment is worded.
"""

from importlib import import_module

from django.db import migrations

from common.tenancy import roles

COUNTED = """
CREATE OR REPLACE FUNCTION metrics_baseline_as_counted() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    aim metrics_pilotmetric;
    last date;
    ends timestamptz;
    counted record;
BEGIN
    SELECT t.* INTO aim FROM metrics_pilotmetric t
    WHERE t.tenant_id = NEW.tenant_id AND t.id = NEW.target_row_id;
    IF NOT FOUND THEN
        RETURN NULL;  -- metrics_baseline_target_fk
    END IF;
    IF aim.role <> 'primary' OR aim.agreed_at IS NULL OR aim.retired_at IS NOT NULL
        OR (NEW.side, NEW.target) IS DISTINCT FROM (aim.comparison, aim.target)
    THEN
        RAISE EXCEPTION 'baseline % is locked with another target than was agreed', NEW.id
            USING ERRCODE = '23514', CONSTRAINT = 'metrics_baseline_as_agreed',
                TABLE = 'metrics_baseline';
    END IF;
    -- Week 1 begins on the first Monday from the start on; week 2 is the last of a baseline, and over
    -- once it is on the slower of two clocks.
    SELECT w.monday, greatest((w.monday + 7)::timestamp AT TIME ZONE s.zone,
        (w.monday + 7)::timestamp AT TIME ZONE m.zone) INTO last, ends
    FROM portfolio_pilot p
    JOIN portfolio_site s ON s.tenant_id = p.tenant_id AND s.id = p.site_id
    JOIN metrics_metric m ON m.tenant_id = p.tenant_id AND m.id = aim.metric_id
    CROSS JOIN LATERAL (SELECT date_trunc('week', p.start_date + 6)::date + 7 AS monday) w
    WHERE p.tenant_id = NEW.tenant_id AND p.id = aim.pilot_id;
    IF NEW.locked_at < ends THEN
        RAISE EXCEPTION 'baseline % is locked before week 2 is over', NEW.id
            USING ERRCODE = '23514', CONSTRAINT = 'metrics_baseline_not_early',
                TABLE = 'metrics_baseline';
    END IF;
    SELECT c.* INTO counted FROM baseline_weeks(NEW.tenant_id, aim.metric_id, last,
        NEW.comparison_id IS NOT NULL) c;
    -- Sums of floats differ in their last digits by the order of adding.
    IF (NEW.level, NEW.weeks, NEW.definition)
            IS DISTINCT FROM (counted.level, counted.weeks, counted.definition)
        OR abs(NEW.value - counted.value) > 1e-9 * (
            SELECT sum(abs((w ->> 3)::float8 * (w ->> 2)::float8)) / sum((w ->> 2)::float8)
            FROM jsonb_array_elements(NEW.weeks) w)
        OR NEW.plan IS NULL
        OR EXISTS (SELECT FROM metrics_mark k WHERE k.tenant_id = NEW.tenant_id
                   AND k.metric_id IN (aim.metric_id, NEW.comparison_id)
                   AND k.week BETWEEN last - 7 * 103 AND last)
    THEN
        RAISE EXCEPTION 'baseline % is locked with other weeks than were counted', NEW.id
            USING ERRCODE = '23514', CONSTRAINT = 'metrics_baseline_as_counted',
                TABLE = 'metrics_baseline';
    END IF;
    RETURN NULL;
END $$;
"""
FIRST = import_module("metrics.migrations.0034_baseline_counted")
OLD_COUNTED = FIRST.TRIGGER.split("-- After the checks")[0].replace(
    "CREATE FUNCTION", "CREATE OR REPLACE FUNCTION"
)
OLD_INPUTS = import_module("metrics.migrations.0031_freeze_commitment").INPUTS.replace(
    "CREATE FUNCTION", "CREATE OR REPLACE FUNCTION"
)
INPUTS = OLD_INPUTS.replace("WHERE l.usable\n", "WHERE l.usable AND l.wording <> 0\n")


def create(apps, schema_editor):
    schema_editor.execute(COUNTED, params=None)
    with roles.acting_as(schema_editor, roles.RECOMPUTE):
        schema_editor.execute(INPUTS, params=None)


def restore(apps, schema_editor):
    with roles.acting_as(schema_editor, roles.RECOMPUTE):
        schema_editor.execute(OLD_INPUTS, params=None)
    schema_editor.execute(OLD_COUNTED, params=None)


class Migration(migrations.Migration):
    dependencies = [("metrics", "0034_baseline_counted")]
    operations = [migrations.RunPython(create, restore)]
