"""What a week's figures are, and the recompute: the one function that writes them.

What is computed and why: docs/rules/weekly-values.md. `week_figures` reads and says what the
figures are; the recompute writes them, and the check compares what stands with them.
"""

from django.db import migrations

from common.tenancy import roles
from common.tenancy.operations import Functions, Guard, Kept

# What a period of any length is worth is said here once: docs/rules/weekly-values.md.
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
                    WHEN p_days > 1 AND u.mask | u.covered = (1 << p_days) - 1 THEN p_days
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
# It becomes part of the statement that calls it, and the length a constant there.
WEEK_FIGURES = """
CREATE FUNCTION week_figures(p_tenant bigint, p_metrics bigint[], p_weeks date[])
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
# The one function that writes weekly figures; it passes by the weeks that are set aside.
RECOMPUTE = """
CREATE FUNCTION recompute_tenant(p_slice integer)
RETURNS TABLE (marks bigint, weeks bigint, metrics bigint)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    ctx bigint := NULLIF(current_setting('app.tenant_id', true), '')::bigint;
    due_metrics bigint[];
    due_weeks date[];
    touched bigint[];
BEGIN
    IF ctx IS NULL THEN
        RAISE EXCEPTION 'recompute outside a tenant' USING ERRCODE = '42501';
    END IF;
    -- The lock comes first, as its own statement: the next one then sees all that came before.
    IF NOT pg_try_advisory_xact_lock((1212::bigint << 40) + ctx) THEN
        RETURN;
    END IF;

    WITH taken AS (
        DELETE FROM metrics_mark k
        WHERE k.tenant_id = ctx AND k.id IN (
            SELECT o.id FROM metrics_mark o WHERE o.tenant_id = ctx
              -- A week that took too long alone lets the others go first.
              AND NOT EXISTS (
                SELECT FROM metrics_mark a WHERE a.tenant_id = ctx AND a.metric_id = o.metric_id
                  AND a.week = o.week AND a.aside_until > now())
            ORDER BY o.made_at, o.id LIMIT p_slice)
        RETURNING k.metric_id, k.week
    ), due AS (
        SELECT DISTINCT t.metric_id, t.week
        FROM taken t JOIN metrics_metric m ON m.tenant_id = ctx AND m.id = t.metric_id
    )
    SELECT (SELECT count(*) FROM taken), count(*), array_agg(d.metric_id), array_agg(d.week),
        array_agg(DISTINCT d.metric_id)
    FROM due d INTO marks, weeks, due_metrics, due_weeks, touched;

    WITH found AS (
        SELECT * FROM week_figures(ctx, due_metrics, due_weeks)
    ), emptied AS (
        DELETE FROM metrics_snapshot s USING found f
        WHERE s.tenant_id = ctx AND s.metric_id = f.metric_id AND s.week = f.week
          AND f.is_empty
    )
    INSERT INTO metrics_snapshot (tenant_id, metric_id, week, n, numerator, denominator,
        value, low, high, p50, p95, days_reported, digest, computed_at)
    SELECT ctx, f.metric_id, f.week, f.n, f.numerator, f.denominator,
        f.value, f.low, f.high, f.p50, f.p95, f.days_reported, f.digest, now()
    FROM found f WHERE NOT f.is_empty
    ON CONFLICT (tenant_id, metric_id, week) DO UPDATE SET
        n = excluded.n, numerator = excluded.numerator, denominator = excluded.denominator,
        value = excluded.value, low = excluded.low, high = excluded.high,
        p50 = excluded.p50, p95 = excluded.p95, days_reported = excluded.days_reported,
        digest = excluded.digest, computed_at = excluded.computed_at;

    INSERT INTO metrics_summary (tenant_id, metric_id, weeks, values, snapshots, last_event_at,
        last_source_id, computed_at)
    -- The newest 25 weeks that have a value, oldest first.
    SELECT ctx, m.id, COALESCE(r.weeks[greatest(cardinality(r.weeks) - 24, 1):], '{}'),
        COALESCE(r.vals[greatest(cardinality(r.vals) - 24, 1):], '{}'), r.total,
        e.event_at, e.source_id, now()
    FROM unnest(touched) AS m(id)
    CROSS JOIN LATERAL (
        SELECT count(*) AS total,
            array_agg(s.week ORDER BY s.week) FILTER (WHERE s.value IS NOT NULL) AS weeks,
            array_agg(s.value ORDER BY s.week) FILTER (WHERE s.value IS NOT NULL) AS vals
        FROM metrics_snapshot s WHERE s.tenant_id = ctx AND s.metric_id = m.id
    ) r
    LEFT JOIN LATERAL (
        SELECT x.event_at, x.source_id FROM metrics_measurement x
        WHERE x.tenant_id = ctx AND x.metric_id = m.id ORDER BY x.event_at DESC LIMIT 1
    ) e ON true
    ON CONFLICT (tenant_id, metric_id) DO UPDATE SET
        weeks = excluded.weeks, values = excluded.values, snapshots = excluded.snapshots,
        last_event_at = excluded.last_event_at, last_source_id = excluded.last_source_id,
        computed_at = excluded.computed_at;

    metrics := COALESCE(cardinality(touched), 0);
    RETURN NEXT;
END $$;
"""
# Which tenants have something to compute anew. A week whose time aside is over is due since then,
# not since it was marked.
MARKED = """
CREATE FUNCTION list_marked_tenants(p_limit integer)
RETURNS TABLE (tenant_id bigint, oldest_at timestamptz, marks bigint)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT m.tenant_id, min(greatest(m.made_at, a.until)) AS oldest_at, count(*)
    FROM public.metrics_mark m
    LEFT JOIN (
        SELECT k.tenant_id, k.metric_id, k.week, max(k.aside_until) AS until
        FROM public.metrics_mark k WHERE k.aside_until IS NOT NULL
        GROUP BY k.tenant_id, k.metric_id, k.week
    ) a ON a.tenant_id = m.tenant_id AND a.metric_id = m.metric_id AND a.week = m.week
    WHERE a.until IS NULL OR a.until <= now()
    GROUP BY m.tenant_id ORDER BY 2, m.tenant_id LIMIT p_limit
$$;
"""
# What a metric means may not change under its measurements, whichever code asks; a reported day is
# a zero of its metric.
MEASURED = """
CREATE FUNCTION metrics_measured_fixed() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF (OLD.kind, OLD.unit, OLD.direction, OLD.exposure, OLD.zone)
        IS DISTINCT FROM (NEW.kind, NEW.unit, NEW.direction, NEW.exposure, NEW.zone)
       AND (EXISTS (SELECT FROM metrics_measurement x
                    WHERE x.tenant_id = OLD.tenant_id AND x.metric_id = OLD.id)
            OR EXISTS (SELECT FROM metrics_coverage v
                       WHERE v.tenant_id = OLD.tenant_id AND v.metric_id = OLD.id))
    THEN
        RAISE EXCEPTION 'metric % has measurements', OLD.id
            USING ERRCODE = '23514', CONSTRAINT = 'metrics_metric_measured_fixed',
                TABLE = 'metrics_metric';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER metrics_metric_measured_fixed
    BEFORE UPDATE OF kind, unit, direction, exposure, zone ON metrics_metric
    FOR EACH ROW EXECUTE FUNCTION metrics_measured_fixed();
"""
STORAGE = """
-- Index-only reads of a metric-week need a fresh visibility map.
ALTER TABLE metrics_measurement SET (
    autovacuum_vacuum_insert_scale_factor = 0.02, autovacuum_vacuum_insert_threshold = 5000);
ALTER TABLE metrics_mark SET (
    autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 2000);
"""


class Migration(migrations.Migration):
    replaces = [
        ("metrics", "0002_recompute"),
        ("metrics", "0003_measured_fixed"),
        ("metrics", "0004_money_whole"),
        ("metrics", "0005_import_file"),
        ("metrics", "0006_summary_last_source"),
        ("metrics", "0007_reported_fixed"),
        ("metrics", "0008_recompute"),
        ("metrics", "0009_few_rows"),
        ("metrics", "0010_baseline"),
    ]
    dependencies = [("metrics", "0001_initial"), ("audit", "0001_initial")]
    operations = [
        Guard("metrics_measured_fixed", MEASURED),
        Kept("metrics_measurementrevision", "metrics_feedturn"),
        migrations.RunSQL(STORAGE, migrations.RunSQL.noop),
        Functions(roles.LOOKUP, {"list_marked_tenants(integer)": MARKED}),
        Functions(
            roles.RECOMPUTE,
            {
                "period_figures(bigint, bigint[], date[], integer)": PERIOD_FIGURES,
                "week_figures(bigint, bigint[], date[])": WEEK_FIGURES,
                "day_figures(bigint, bigint, date, date)": DAY_FIGURES,
                "recompute_tenant(integer)": RECOMPUTE,
            },
        ),
    ]
