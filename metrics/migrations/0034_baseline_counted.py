"""A baseline is locked with the weeks that were counted and the target that was agreed."""

from django.db import migrations

from common.tenancy import roles

# What docs/methods/baseline.md says of the weeks of a baseline, of the metric of a pilot's row.
WEEKS = """
CREATE FUNCTION baseline_weeks(p_tenant bigint, p_metric bigint, p_last date, p_compared boolean)
RETURNS TABLE (level text, weeks jsonb, value float8, definition integer)
LANGUAGE sql STABLE SET search_path = pg_catalog, public, pg_temp SET extra_float_digits = 1 AS $$
    WITH wording AS (
        SELECT max(d.number) AS number FROM metrics_metricdefinition d
        WHERE d.tenant_id = p_tenant AND d.metric_id = p_metric
          AND (d.number = 1 OR d.valid_from <= p_last + 6)
    ), usable AS (
        -- Reported about as fully as is usual, and worded as at the end of week 2.
        SELECT s.week, s.numerator, s.denominator, s.value
        FROM read_out_figures(p_tenant, p_metric, p_last - 7 * 103, p_last + 7) f
        JOIN metrics_snapshot s
          ON s.tenant_id = p_tenant AND s.metric_id = p_metric AND s.week = f.week
        CROSS JOIN wording w
        WHERE s.value IS NOT NULL AND s.denominator > 0
          AND (f.figure ->> 3)::float8 >= 0.8 AND (f.figure ->> 4)::integer = w.number
    ), chosen AS (
        SELECT CASE WHEN p_compared THEN 'A' WHEN count(*) >= 66 THEN 'B' ELSE 'C' END AS level
        FROM usable
    )
    SELECT max(c.level),
        jsonb_agg(jsonb_build_array(u.week, u.numerator, u.denominator, u.value) ORDER BY u.week),
        sum(u.value * u.denominator ORDER BY u.week) / sum(u.denominator ORDER BY u.week),
        (SELECT w.number FROM wording w)
    FROM usable u CROSS JOIN chosen c
    WHERE c.level <> 'C' OR u.week >= p_last - 7 * 13
$$;
"""
NAME = "baseline_weeks(bigint, bigint, date, boolean)"
TRIGGER = """
CREATE FUNCTION metrics_baseline_as_counted() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    aim metrics_pilotmetric;
    starts date;
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
    SELECT p.start_date INTO starts FROM portfolio_pilot p
    WHERE p.tenant_id = NEW.tenant_id AND p.id = aim.pilot_id;
    -- Week 1 begins on the first Monday from the start on; week 2 is the last of a baseline.
    SELECT c.* INTO counted FROM baseline_weeks(NEW.tenant_id, aim.metric_id,
        date_trunc('week', starts + 6)::date + 7, NEW.comparison_id IS NOT NULL) c;
    -- Sums of floats differ in their last digits by the order of adding.
    IF (NEW.level, NEW.weeks, NEW.definition)
            IS DISTINCT FROM (counted.level, counted.weeks, counted.definition)
        OR abs(NEW.value - counted.value) > 1e-9 * abs(counted.value)
    THEN
        RAISE EXCEPTION 'baseline % is locked with other weeks than were counted', NEW.id
            USING ERRCODE = '23514', CONSTRAINT = 'metrics_baseline_as_counted',
                TABLE = 'metrics_baseline';
    END IF;
    RETURN NULL;
END $$;
-- After the checks of a row: half a baseline is refused as that.
CREATE TRIGGER metrics_baseline_as_counted_new
    AFTER INSERT ON metrics_baseline
    FOR EACH ROW WHEN (NEW.locked_at IS NOT NULL)
    EXECUTE FUNCTION metrics_baseline_as_counted();
CREATE TRIGGER metrics_baseline_as_counted
    AFTER UPDATE ON metrics_baseline
    FOR EACH ROW WHEN (NEW.locked_at IS NOT NULL AND OLD.locked_at IS NULL)
    EXECUTE FUNCTION metrics_baseline_as_counted();
"""
NO_TRIGGER = """
DROP TRIGGER metrics_baseline_as_counted ON metrics_baseline;
DROP TRIGGER metrics_baseline_as_counted_new ON metrics_baseline;
DROP FUNCTION metrics_baseline_as_counted();
"""


def create(apps, schema_editor):
    execute, q = schema_editor.execute, schema_editor.quote_name
    with roles.acting_as(schema_editor, roles.RECOMPUTE):
        execute(WEEKS, params=None)
        execute(f"REVOKE ALL ON FUNCTION {NAME} FROM PUBLIC")
        execute(f"GRANT EXECUTE ON FUNCTION {NAME} TO {q(roles.app())}")
    execute(TRIGGER, params=None)


def drop(apps, schema_editor):
    schema_editor.execute(NO_TRIGGER, params=None)
    with roles.acting_as(schema_editor, roles.RECOMPUTE):
        schema_editor.execute(f"DROP FUNCTION {NAME}")


class Migration(migrations.Migration):
    dependencies = [("metrics", "0033_readout_bound")]
    operations = [migrations.RunPython(create, drop)]
