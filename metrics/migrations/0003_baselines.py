"""What a baseline is made of, and what stays once it is locked."""

from django.db import migrations

from common.tenancy import roles
from common.tenancy.operations import Functions, Guard

# The weeks of a metric as `frozen.read` takes them: day, value, denominator, how fully reported
# (against what is usual from the baseline on), and the wording, 0 where it changed within the week.
FIGURES = """
CREATE FUNCTION read_out_figures(p_tenant bigint, p_metric bigint, p_first date,
    p_end date)
RETURNS TABLE (week date, figure jsonb)
LANGUAGE sql STABLE SET search_path = pg_catalog, public, pg_temp SET extra_float_digits = 1 AS $$
    WITH known AS (
        SELECT s.week, s.value, s.denominator, s.days_reported FROM metrics_snapshot s
        WHERE s.tenant_id = p_tenant AND s.metric_id = p_metric
          AND s.week >= p_first AND s.week < p_end
    ), usual AS MATERIALIZED (
        SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY k.days_reported::float8) AS days
        FROM known k
    ), wording AS MATERIALIZED (
        SELECT d.number, CASE WHEN d.number = 1 THEN '-infinity' ELSE d.valid_from END AS begins
        FROM metrics_metricdefinition d WHERE d.tenant_id = p_tenant AND d.metric_id = p_metric
    )
    SELECT k.week, jsonb_build_array(k.week, k.value, k.denominator,
        CASE WHEN u.days > 0 THEN least(1, k.days_reported / u.days) ELSE 1 END,
        CASE WHEN w.first = w.last THEN w.first ELSE 0 END)
    FROM known k CROSS JOIN usual u CROSS JOIN LATERAL (
        SELECT max(o.number) FILTER (WHERE o.begins <= k.week) AS first,
            max(o.number) FILTER (WHERE o.begins <= k.week + 6) AS last
        FROM wording o
    ) w
$$;
"""
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
# And of its days; none where weeks are enough.
DAYS = """
CREATE FUNCTION baseline_days(p_tenant bigint, p_metric bigint, p_last date)
RETURNS TABLE (level text, weeks jsonb, value float8, definition integer)
LANGUAGE sql STABLE SET search_path = pg_catalog, public, pg_temp SET extra_float_digits = 1 AS $$
    WITH wording AS (
        SELECT max(d.number) AS number FROM metrics_metricdefinition d
        WHERE d.tenant_id = p_tenant AND d.metric_id = p_metric
          AND (d.number = 1 OR d.valid_from <= p_last + 6)
    ), known AS MATERIALIZED (
        SELECT f.day, f.numerator, f.denominator, f.value, f.wording,
            (f.value IS NOT NULL AND f.denominator > 0)::integer AS reported,
            extract(isodow FROM f.day) AS weekday
        FROM day_figures(p_tenant, p_metric, p_last - 21, p_last + 7) f
    ), since AS (
        SELECT (p_last + 7 - date_trunc('week', min(k.day))::date) / 7 AS weeks
        FROM known k WHERE k.reported > 0
    ), worked AS (
        -- A weekday is worked on that had a figure in at least half of the weeks.
        SELECT k.weekday FROM known k CROSS JOIN since s
        GROUP BY k.weekday, s.weeks HAVING 2 * sum(k.reported) >= s.weeks
    ), usable AS (
        SELECT k.* FROM known k JOIN worked USING (weekday) JOIN wording w ON w.number = k.wording
        WHERE k.value IS NOT NULL AND k.denominator > 0
    )
    SELECT 'C',
        jsonb_agg(jsonb_build_array(u.day, u.numerator, u.denominator, u.value) ORDER BY u.day),
        sum(u.value * u.denominator ORDER BY u.day) / sum(u.denominator ORDER BY u.day),
        (SELECT w.number FROM wording w)
    FROM usable u
    HAVING (SELECT COALESCE(jsonb_array_length(b.weeks), 0) < 8
            FROM baseline_weeks(p_tenant, p_metric, p_last, false) b)
$$;
"""
# A baseline is locked once week 2 is over, planned, with the weeks that were counted and the target
# that was agreed, and with no figure still to be added.
COUNTED = """
CREATE FUNCTION metrics_baseline_as_counted() RETURNS trigger
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
    IF NEW.grain = 'day' THEN
        SELECT c.* INTO counted FROM baseline_days(NEW.tenant_id, aim.metric_id, last) c;
    ELSE
        SELECT c.* INTO counted FROM baseline_weeks(NEW.tenant_id, aim.metric_id, last,
            NEW.comparison_id IS NOT NULL) c;
    END IF;
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
# A locked baseline stays as it is.
LOCKED = """
CREATE FUNCTION metrics_baseline_locked_fixed() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    may_move constant text[] := '{superseded_by_id,superseded_at,superseded_reason,version}';
BEGIN
    IF TG_OP = 'DELETE' OR OLD.superseded_at IS NOT NULL
        OR to_jsonb(OLD) - may_move <> to_jsonb(NEW) - may_move
    THEN
        RAISE EXCEPTION 'baseline % is locked', OLD.id
            USING ERRCODE = '23514', CONSTRAINT = 'metrics_baseline_locked_fixed',
                TABLE = 'metrics_baseline';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER metrics_baseline_locked_fixed
    BEFORE UPDATE OR DELETE ON metrics_baseline
    FOR EACH ROW WHEN (OLD.locked_at IS NOT NULL)
    EXECUTE FUNCTION metrics_baseline_locked_fixed();
CREATE TRIGGER metrics_baseline_no_truncate
    BEFORE TRUNCATE ON metrics_baseline
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
"""
# So does the target it was locked with, and an agreed guard: the read-out judges by it too.
TARGET = """
CREATE FUNCTION metrics_pilotmetric_baseline_held() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF EXISTS (SELECT FROM metrics_baseline b
               WHERE b.tenant_id = OLD.tenant_id AND (b.target_row_id = OLD.id
                 OR OLD.role = 'guard' AND OLD.agreed_at IS NOT NULL AND b.target_row_id IN (
                   SELECT p.id FROM metrics_pilotmetric p
                   WHERE p.tenant_id = OLD.tenant_id AND p.pilot_id = OLD.pilot_id))
                 AND b.locked_at IS NOT NULL AND b.superseded_at IS NULL)
    THEN
        RAISE EXCEPTION 'the baseline of % is locked', OLD.id
            USING ERRCODE = '23514', CONSTRAINT = 'metrics_pilotmetric_baseline_held',
                TABLE = 'metrics_pilotmetric';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER metrics_pilotmetric_baseline_held
    BEFORE UPDATE OF pilot_id, metric_id, role, comparison, target, agreed_by_id, agreed_at,
        retired_at ON metrics_pilotmetric
    FOR EACH ROW WHEN (
        (OLD.pilot_id, OLD.metric_id, OLD.role, OLD.comparison, OLD.target, OLD.agreed_by_id,
            OLD.agreed_at, OLD.retired_at)
        IS DISTINCT FROM (NEW.pilot_id, NEW.metric_id, NEW.role, NEW.comparison, NEW.target,
            NEW.agreed_by_id, NEW.agreed_at, NEW.retired_at))
    EXECUTE FUNCTION metrics_pilotmetric_baseline_held();
"""
# So does the start of its pilot: the measured weeks count from it.
START = """
CREATE FUNCTION portfolio_pilot_start_held() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF EXISTS (SELECT FROM metrics_pilotmetric p
               JOIN metrics_baseline b ON b.tenant_id = p.tenant_id AND b.target_row_id = p.id
               WHERE p.tenant_id = OLD.tenant_id AND p.pilot_id = OLD.id
                 AND b.locked_at IS NOT NULL AND b.superseded_at IS NULL)
    THEN
        RAISE EXCEPTION 'a baseline of pilot % is locked', OLD.id
            USING ERRCODE = '23514', CONSTRAINT = 'portfolio_pilot_start_held',
                TABLE = 'portfolio_pilot';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER portfolio_pilot_start_held
    BEFORE UPDATE OF start_date ON portfolio_pilot
    FOR EACH ROW WHEN (OLD.start_date <> NEW.start_date)
    EXECUTE FUNCTION portfolio_pilot_start_held();
"""
# So does its time zone, which says when a week is over: by another site of the pilot as by another
# zone of its site.
ZONE = """
CREATE FUNCTION portfolio_zone_held() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF TG_TABLE_NAME = 'portfolio_pilot' THEN
        IF (SELECT count(DISTINCT s.zone) FROM portfolio_site s
            WHERE s.tenant_id = OLD.tenant_id AND s.id IN (OLD.site_id, NEW.site_id)) < 2
        THEN
            RETURN NEW;
        END IF;
    ELSE
        -- A lock of a baseline holds its pilot: wait for it, and see what it locked.
        PERFORM FROM portfolio_pilot q WHERE q.tenant_id = OLD.tenant_id AND q.site_id = OLD.id
            ORDER BY q.id FOR NO KEY UPDATE;
    END IF;
    IF EXISTS (SELECT FROM portfolio_pilot q
               JOIN metrics_pilotmetric p ON p.tenant_id = q.tenant_id AND p.pilot_id = q.id
               JOIN metrics_baseline b ON b.tenant_id = p.tenant_id AND b.target_row_id = p.id
               WHERE q.tenant_id = OLD.tenant_id
                 AND CASE TG_TABLE_NAME WHEN 'portfolio_pilot' THEN q.id ELSE q.site_id END = OLD.id
                 AND b.locked_at IS NOT NULL AND b.superseded_at IS NULL)
    THEN
        RAISE EXCEPTION 'a baseline is locked in the zone of % %', TG_TABLE_NAME, OLD.id
            USING ERRCODE = '23514', CONSTRAINT = TG_NAME, TABLE = TG_TABLE_NAME;
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER portfolio_pilot_zone_held
    BEFORE UPDATE OF site_id ON portfolio_pilot
    FOR EACH ROW WHEN (OLD.site_id <> NEW.site_id)
    EXECUTE FUNCTION portfolio_zone_held();
CREATE TRIGGER portfolio_site_zone_held
    BEFORE UPDATE OF zone ON portfolio_site
    FOR EACH ROW WHEN (OLD.zone <> NEW.zone)
    EXECUTE FUNCTION portfolio_zone_held();
"""
# A chosen comparison line stays one: chosen in time, and touched by the pilot at no time. That in
# the draft of a retired metric holds no start: nobody could take it out.
LINE = """
CREATE FUNCTION portfolio_pilot_line_held() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF EXISTS (SELECT FROM metrics_pilotmetric p
               JOIN metrics_baseline b ON b.tenant_id = p.tenant_id AND b.target_row_id = p.id
               WHERE p.tenant_id = OLD.tenant_id AND p.pilot_id = OLD.id
                 AND b.comparison_id IS NOT NULL AND b.locked_at IS NULL
                 AND p.retired_at IS NULL)
    THEN
        RAISE EXCEPTION 'a draft of pilot % has a comparison line', OLD.id
            USING ERRCODE = '23514', CONSTRAINT = 'portfolio_pilot_line_held',
                TABLE = 'portfolio_pilot';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER portfolio_pilot_line_held
    BEFORE UPDATE OF start_date ON portfolio_pilot
    FOR EACH ROW WHEN (NEW.start_date < OLD.start_date)
    EXECUTE FUNCTION portfolio_pilot_line_held();
"""
NOT_COMPARED = """
CREATE FUNCTION metrics_pilotmetric_not_compared() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF EXISTS (SELECT FROM metrics_pilotmetric p
               JOIN metrics_baseline b ON b.tenant_id = p.tenant_id AND b.target_row_id = p.id
               WHERE p.tenant_id = NEW.tenant_id AND p.pilot_id = NEW.pilot_id
                 AND b.comparison_id = NEW.metric_id
                 AND b.locked_at IS NOT NULL AND b.superseded_at IS NULL)
    THEN
        RAISE EXCEPTION 'metric % is a comparison line of pilot %', NEW.metric_id, NEW.pilot_id
            USING ERRCODE = '23514', CONSTRAINT = 'metrics_pilotmetric_not_compared',
                TABLE = 'metrics_pilotmetric';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER metrics_pilotmetric_not_compared
    BEFORE INSERT OR UPDATE OF pilot_id, metric_id, retired_at ON metrics_pilotmetric
    FOR EACH ROW WHEN (NEW.retired_at IS NULL)
    EXECUTE FUNCTION metrics_pilotmetric_not_compared();
"""


class Migration(migrations.Migration):
    replaces = [
        ("metrics", "0011_baseline_locked"),
        ("metrics", "0012_rate_known"),
        ("metrics", "0013_rates_due"),
        ("metrics", "0014_unit_says_exposure"),
        ("metrics", "0015_few_baselines"),
        ("metrics", "0016_start_held"),
        ("metrics", "0017_baseline_definition"),
        ("metrics", "0018_coverage_withdrawn"),
        ("metrics", "0019_comparison_held"),
        ("metrics", "0020_zone_held"),
        ("metrics", "0021_code_alike"),
        ("metrics", "0022_mark_aside"),
        ("metrics", "0023_recompute_aside"),
        ("metrics", "0024_first_wording_open"),
        ("metrics", "0025_line_of_retired"),
        ("metrics", "0026_marked_aside"),
    ]
    dependencies = [("metrics", "0002_weekly_values"), ("portfolio", "0001_initial")]
    operations = [
        Functions(
            roles.RECOMPUTE,
            {
                "read_out_figures(bigint, bigint, date, date)": FIGURES,
                "baseline_weeks(bigint, bigint, date, boolean)": WEEKS,
                "baseline_days(bigint, bigint, date)": DAYS,
            },
        ),
        Guard("metrics_baseline_as_counted", COUNTED),
        Guard("metrics_baseline_locked_fixed", LOCKED),
        Guard("metrics_pilotmetric_baseline_held", TARGET),
        Guard("portfolio_pilot_start_held", START),
        Guard("portfolio_zone_held", ZONE),
        Guard("portfolio_pilot_line_held", LINE),
        Guard("metrics_pilotmetric_not_compared", NOT_COMPARED),
    ]
