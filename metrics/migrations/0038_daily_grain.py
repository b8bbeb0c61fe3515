"""A baseline may be made of days: the database figures them, counts them at the lock, reads them out.

What a period of any length is worth is said once, by `period_figures`; `week_figures` asks it for
weeks. It becomes part of the statement that calls it, as before, and the length a constant there.
"""

from importlib import import_module

from django.db import migrations

from common.tenancy import roles

PERIOD_FIGURES = """
CREATE FUNCTION period_figures(p_tenant bigint, p_metrics bigint[], p_starts date[],
    p_days integer)
RETURNS TABLE (metric_id bigint, starts date, is_empty boolean, n bigint,
    numerator double precision, denominator double precision, value double precision,
    low double precision, high double precision, p50 double precision, p95 double precision,
    days_reported integer, digest bigint)
-- No SET and no SECURITY DEFINER: so it becomes part of the statement that calls it.
-- p_days: of each period, 1 to 7.
LANGUAGE sql STABLE AS $$
    WITH due AS MATERIALIZED (
        -- What a kind means is decided here, once a period and not once a row.
        SELECT t.metric_id, t.starts, m.kind, m.exposure,
            m.kind = 'median' AS plain, m.kind IN ('mean', 'median') AS ranked,
            timezone(m.zone, t.starts::timestamp) AS starts_at,
            timezone(m.zone, (t.starts + p_days)::timestamp) AS ends_at,
            ARRAY[timezone(m.zone, t.starts::timestamp), timezone(m.zone, (t.starts + 1)::timestamp),
                timezone(m.zone, (t.starts + 2)::timestamp),
                timezone(m.zone, (t.starts + 3)::timestamp),
                timezone(m.zone, (t.starts + 4)::timestamp),
                timezone(m.zone, (t.starts + 5)::timestamp),
                timezone(m.zone, (t.starts + 6)::timestamp)] AS days
        FROM unnest(p_metrics, p_starts) AS t(metric_id, starts)
        JOIN metrics_metric m ON m.tenant_id = p_tenant AND m.id = t.metric_id
    ), summed AS (
        SELECT d.metric_id, d.starts, d.kind, d.exposure, s.*, c.mask AS covered,
            COALESCE(q.p50, s.even_p50) AS p50, COALESCE(q.p95, s.even_p95) AS p95
        FROM due d
        CROSS JOIN LATERAL (
            SELECT count(*) AS n, sum(x.numerator) AS numerator,
                sum(x.denominator) AS denominator,
                min(CASE WHEN d.plain THEN x.numerator
                    ELSE x.numerator / NULLIF(x.denominator, 0) END) AS low,
                max(CASE WHEN d.plain THEN x.numerator
                    ELSE x.numerator / NULLIF(x.denominator, 0) END) AS high,
                COALESCE(bit_or(1 << (width_bucket(x.event_at, d.days) - 1)), 0) AS mask,
                -- With equal weights these are the usual median and percentile, in the same pass.
                min(x.denominator) = max(x.denominator) AS even,
                min(x.denominator) = 0 AND max(x.denominator) > 0 AS mixed,
                percentile_cont(0.5) WITHIN GROUP (ORDER BY CASE WHEN d.plain
                    THEN x.numerator ELSE x.numerator / NULLIF(x.denominator, 0) END)
                    FILTER (WHERE d.ranked) AS even_p50,
                percentile_disc(0.95) WITHIN GROUP (ORDER BY CASE WHEN d.plain
                    THEN x.numerator ELSE x.numerator / NULLIF(x.denominator, 0) END)
                    FILTER (WHERE d.ranked) AS even_p95,
                COALESCE(sum(timestamptz_hash_extended(x.event_at, hashfloat8extended(
                    x.numerator, hashfloat8extended(x.denominator, 12)))), 0) AS hashed
            FROM metrics_measurement x
            WHERE x.tenant_id = p_tenant AND x.metric_id = d.metric_id
              AND x.event_at >= d.starts_at AND x.event_at < d.ends_at
        ) s
        CROSS JOIN LATERAL (
            SELECT COALESCE(bit_or(1 << g.day), 0) AS mask
            FROM metrics_coverage v
            CROSS JOIN LATERAL generate_series(greatest(v.from_date, d.starts) - d.starts,
                least(v.through_date, d.starts + (p_days - 1)) - d.starts) AS g(day)
            WHERE v.tenant_id = p_tenant AND v.metric_id = d.metric_id
              AND v.from_date < d.starts + p_days AND v.through_date >= d.starts
        ) c
        LEFT JOIN LATERAL (
            -- Weights differ: quantiles by running weight.
            SELECT (min(w.v) FILTER (WHERE w.running >= w.total * 0.5)
                  + min(w.v) FILTER (WHERE w.running > w.total * 0.5)) / 2 AS p50,
                min(w.v) FILTER (WHERE w.running >= w.total * 0.95) AS p95
            FROM (
                SELECT y.v, sum(y.weight) OVER (ORDER BY y.v) AS running,
                    sum(y.weight) OVER () AS total
                FROM (
                    SELECT CASE WHEN d.plain THEN x.numerator
                        ELSE x.numerator / x.denominator END AS v, x.denominator AS weight
                    FROM metrics_measurement x
                    WHERE x.tenant_id = p_tenant AND x.metric_id = d.metric_id
                      AND x.event_at >= d.starts_at AND x.event_at < d.ends_at
                      AND x.denominator > 0
                      AND NOT s.even AND d.ranked
                ) y
            ) w
        ) q ON NOT s.even
    ), valued AS (
        SELECT u.metric_id, u.starts, u.n, u.kind, u.low, u.high, u.p50, u.p95,
            bit_count((u.mask | u.covered)::bit(7)) AS days_reported,
            CASE WHEN u.kind = 'median' THEN NULL
                ELSE COALESCE(u.numerator, 0) END AS numerator,
            -- Events with and without an exposure cannot be divided by either: no value.
            CASE WHEN u.kind = 'rate' AND u.mixed THEN 0
                WHEN u.kind <> 'rate' OR u.denominator > 0 THEN COALESCE(u.denominator, 0)
                ELSE (CASE
                    -- An event makes its own day known, never the silent ones beside it.
                    WHEN u.mask | u.covered = (1 << p_days) - 1 THEN p_days
                    WHEN u.mask & ~u.covered = 0 THEN bit_count(u.covered::bit(7))
                    ELSE 0 END) / (CASE WHEN u.exposure = 'week' THEN 7.0 ELSE 1 END)
            END AS denominator,
            ((u.hashed + u.covered) % 9223372036854775807)::bigint AS digest
        FROM summed u
    )
    SELECT v.metric_id, v.starts, v.n = 0 AND NOT (v.kind = 'rate' AND v.days_reported > 0),
        v.n, v.numerator, v.denominator,
        CASE WHEN v.kind = 'median' THEN v.p50 ELSE v.numerator / NULLIF(v.denominator, 0) END,
        v.low, v.high, v.p50, v.p95, v.days_reported, v.digest
    FROM valued v
$$;
"""
WEEK_FIGURES = """
CREATE OR REPLACE FUNCTION week_figures(p_tenant bigint, p_metrics bigint[], p_weeks date[])
RETURNS TABLE (metric_id bigint, week date, is_empty boolean, n bigint,
    numerator double precision, denominator double precision, value double precision,
    low double precision, high double precision, p50 double precision, p95 double precision,
    days_reported integer, digest bigint)
LANGUAGE sql STABLE AS $$
    SELECT f.metric_id, f.starts, f.is_empty, f.n, f.numerator, f.denominator, f.value,
        f.low, f.high, f.p50, f.p95, f.days_reported, f.digest
    FROM period_figures(p_tenant, p_metrics, p_weeks, 7) f
$$;
"""
# Every day of a span, silent ones too; wording: the number of the one in force on it.
DAY_FIGURES = """
CREATE FUNCTION day_figures(p_tenant bigint, p_metric bigint, p_first date, p_end date)
RETURNS TABLE (day date, numerator float8, denominator float8, value float8, reported integer,
    wording integer)
LANGUAGE sql STABLE SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT f.starts, f.numerator, f.denominator, f.value, f.days_reported, w.number
    FROM (
        SELECT array_agg(p_metric) AS metrics, array_agg(p_first + n) AS days
        FROM generate_series(0, p_end - p_first - 1) n
    ) a
    CROSS JOIN LATERAL period_figures(p_tenant, a.metrics, a.days, 1) f
    CROSS JOIN LATERAL (
        SELECT max(d.number) AS number FROM metrics_metricdefinition d
        WHERE d.tenant_id = p_tenant AND d.metric_id = p_metric
          AND (d.number = 1 OR d.valid_from <= f.starts)
    ) w
$$;
"""
# What docs/methods/baseline.md says of the days of a baseline; none where weeks are enough.
BASELINE_DAYS = """
CREATE FUNCTION baseline_days(p_tenant bigint, p_metric bigint, p_last date)
RETURNS TABLE (level text, weeks jsonb, value float8, definition integer)
LANGUAGE sql STABLE SET search_path = pg_catalog, public, pg_temp SET extra_float_digits = 1 AS $$
    WITH wording AS (
        SELECT max(d.number) AS number FROM metrics_metricdefinition d
        WHERE d.tenant_id = p_tenant AND d.metric_id = p_metric
          AND (d.number = 1 OR d.valid_from <= p_last + 6)
    ), known AS MATERIALIZED (
        SELECT f.*, extract(isodow FROM f.day) AS weekday
        FROM day_figures(p_tenant, p_metric, p_last - 21, p_last + 7) f
    ), since AS (
        SELECT (p_last + 7 - date_trunc('week', min(k.day))::date) / 7 AS weeks
        FROM known k WHERE k.reported > 0
    ), worked AS (
        -- A weekday is worked on that was reported in at least half of the weeks.
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
# The locked days and the measured ones as `frozen.read` takes them. Asked are the weekdays that the
# locked days have, so what counts as a gap was known at the lock; such a day without a figure is one.
DAYS = """
CREATE FUNCTION read_out_days(p_tenant bigint, p_metric bigint, p_kept jsonb, p_definition integer,
    p_through date, p_measured date)
RETURNS TABLE (day date, figure jsonb)
LANGUAGE sql STABLE SET search_path = pg_catalog, public, pg_temp SET extra_float_digits = 1 AS $$
    WITH kept AS (
        SELECT (k ->> 0)::date AS day, k -> 3 AS value, k -> 2 AS denominator
        FROM jsonb_array_elements(p_kept) k
    ), asked AS (
        SELECT DISTINCT extract(isodow FROM k.day) AS weekday FROM kept k
    ), before AS (
        SELECT (SELECT min(k.day) FROM kept k) + n AS day
        FROM generate_series(0, p_through - (SELECT min(k.day) FROM kept k)) n
    )
    SELECT b.day, jsonb_build_array(b.day, COALESCE(k.value, 'null'), COALESCE(k.denominator, '0'),
        CASE WHEN k.day IS NULL THEN 0 ELSE 1 END, p_definition)
    FROM before b JOIN asked a ON a.weekday = extract(isodow FROM b.day)
    LEFT JOIN kept k ON k.day = b.day
    UNION ALL
    SELECT f.day, jsonb_build_array(f.day, f.value, f.denominator, f.reported, f.wording)
    FROM day_figures(p_tenant, p_metric, p_measured, p_measured + 28) f
    JOIN asked a ON a.weekday = extract(isodow FROM f.day)
$$;
"""
BOUND = import_module("metrics.migrations.0033_readout_bound")
WHOLE = import_module("metrics.migrations.0035_baseline_whole")
RATE_KNOWN = import_module("metrics.migrations.0012_rate_known")


def edited(text, *edits):
    """Return a body with parts exchanged; each must be there once."""
    for old, new in edits:
        if text.count(old) != 1:
            raise ValueError(f"not once in the body: {old}")
        text = text.replace(old, new)
    return text


INPUTS = edited(
    BOUND.INPUTS,
    (
        "(a.weeks -> 0 ->> 0)::date AS first",
        "date_trunc('week', (a.weeks -> 0 ->> 0)::date)::date AS first",
    ),
    ("'grain', 'week'", "'grain', p.grain"),
    (
        "'figures', COALESCE((",
        """'figures', CASE WHEN p.grain = 'day' THEN (
                SELECT jsonb_agg(f.figure ORDER BY f.day)
                FROM read_out_days(p_tenant, p.metric_id, p.weeks, p.definition, p.worded,
                    p.measured) f)
              ELSE COALESCE((""",
    ),
    (
        """                WHERE f.week >= p.measured), '[]'),
            'comparison'""",
        """                WHERE f.week >= p.measured), '[]') END,
            'comparison'""",
    ),
)
COUNTED = edited(
    WHOLE.COUNTED,
    (
        """    SELECT c.* INTO counted FROM baseline_weeks(NEW.tenant_id, aim.metric_id, last,
        NEW.comparison_id IS NOT NULL) c;
""",
        """    IF NEW.grain = 'day' THEN
        SELECT c.* INTO counted FROM baseline_days(NEW.tenant_id, aim.metric_id, last) c;
    ELSE
        SELECT c.* INTO counted FROM baseline_weeks(NEW.tenant_id, aim.metric_id, last,
            NEW.comparison_id IS NOT NULL) c;
    END IF;
""",
    ),
)
MADE = (
    ("period_figures(bigint, bigint[], date[], integer)", PERIOD_FIGURES),
    ("day_figures(bigint, bigint, date, date)", DAY_FIGURES),
    ("baseline_days(bigint, bigint, date)", BASELINE_DAYS),
    ("read_out_days(bigint, bigint, jsonb, integer, date, date)", DAYS),
)


def create(apps, schema_editor):
    execute, app = schema_editor.execute, schema_editor.quote_name(roles.app())
    with roles.acting_as(schema_editor, roles.RECOMPUTE):
        for name, text in MADE:
            execute(text, params=None)
            execute(f"REVOKE ALL ON FUNCTION {name} FROM PUBLIC")
            execute(f"GRANT EXECUTE ON FUNCTION {name} TO {app}")
        execute(WEEK_FIGURES, params=None)
        execute(INPUTS, params=None)
    execute(COUNTED, params=None)


def restore(apps, schema_editor):
    schema_editor.execute(WHOLE.COUNTED, params=None)
    with roles.acting_as(schema_editor, roles.RECOMPUTE):
        schema_editor.execute(BOUND.INPUTS, params=None)
        schema_editor.execute(RATE_KNOWN.WEEK_FIGURES, params=None)
        for name, _ in reversed(MADE):
            schema_editor.execute(f"DROP FUNCTION {name}")


class Migration(migrations.Migration):
    dependencies = [("metrics", "0037_grain")]
    operations = [migrations.RunPython(create, restore)]
