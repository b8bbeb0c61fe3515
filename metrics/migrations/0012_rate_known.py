"""A week of a rate is divided by days that are known, or has no value.

What is computed and why: docs/rules/weekly-values.md. `week_figures` reads and says what the
figures are; the recompute of 0008 writes them, and the check compares what stands with them.
"""

from importlib import import_module

from django.db import migrations

from common.tenancy import roles

WEEK_FIGURES = """
CREATE OR REPLACE FUNCTION week_figures(p_tenant bigint, p_metrics bigint[], p_weeks date[])
RETURNS TABLE (metric_id bigint, week date, is_empty boolean, n bigint,
    numerator double precision, denominator double precision, value double precision,
    low double precision, high double precision, p50 double precision, p95 double precision,
    days_reported integer, digest bigint)
-- No SET and no SECURITY DEFINER: so it becomes part of the statement that calls it.
LANGUAGE sql STABLE AS $$
    WITH due AS MATERIALIZED (
        -- What a kind means is decided here, once a week and not once a row.
        SELECT t.metric_id, t.week, m.kind, m.exposure,
            m.kind = 'median' AS plain, m.kind IN ('mean', 'median') AS ranked,
            timezone(m.zone, t.week::timestamp) AS starts_at,
            timezone(m.zone, (t.week + 7)::timestamp) AS ends_at,
            ARRAY[timezone(m.zone, t.week::timestamp), timezone(m.zone, (t.week + 1)::timestamp),
                timezone(m.zone, (t.week + 2)::timestamp), timezone(m.zone, (t.week + 3)::timestamp),
                timezone(m.zone, (t.week + 4)::timestamp), timezone(m.zone, (t.week + 5)::timestamp),
                timezone(m.zone, (t.week + 6)::timestamp)] AS days
        FROM unnest(p_metrics, p_weeks) AS t(metric_id, week)
        JOIN metrics_metric m ON m.tenant_id = p_tenant AND m.id = t.metric_id
    ), summed AS (
        SELECT d.metric_id, d.week, d.kind, d.exposure, s.*, c.mask AS covered,
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
            CROSS JOIN LATERAL generate_series(
                greatest(v.from_date, d.week) - d.week, least(v.through_date, d.week + 6) - d.week
            ) AS g(day)
            WHERE v.tenant_id = p_tenant AND v.metric_id = d.metric_id
              AND v.from_date < d.week + 7 AND v.through_date >= d.week
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
        SELECT u.metric_id, u.week, u.n, u.kind, u.low, u.high, u.p50, u.p95,
            bit_count((u.mask | u.covered)::bit(7)) AS days_reported,
            CASE WHEN u.kind = 'median' THEN NULL
                ELSE COALESCE(u.numerator, 0) END AS numerator,
            -- Events with and without an exposure cannot be divided by either: no value.
            CASE WHEN u.kind = 'rate' AND u.mixed THEN 0
                WHEN u.kind <> 'rate' OR u.denominator > 0 THEN COALESCE(u.denominator, 0)
                ELSE (CASE
                    -- An event makes its own day known, never the silent ones beside it.
                    WHEN u.mask | u.covered = 127 THEN 7
                    WHEN u.mask & ~u.covered = 0 THEN bit_count(u.covered::bit(7))
                    ELSE 0 END) / (CASE WHEN u.exposure = 'week' THEN 7.0 ELSE 1 END)
            END AS denominator,
            ((u.hashed + u.covered) % 9223372036854775807)::bigint AS digest
        FROM summed u
    )
    SELECT v.metric_id, v.week, v.n = 0 AND NOT (v.kind = 'rate' AND v.days_reported > 0),
        v.n, v.numerator, v.denominator,
        CASE WHEN v.kind = 'median' THEN v.p50 ELSE v.numerator / NULLIF(v.denominator, 0) END,
        v.low, v.high, v.p50, v.p95, v.days_reported, v.digest
    FROM valued v
$$;
"""
BEFORE = import_module("metrics.migrations.0008_recompute").WEEK_FIGURES


def create(apps, schema_editor):
    with roles.acting_as(schema_editor, roles.RECOMPUTE):
        schema_editor.execute(WEEK_FIGURES, params=None)


def restore(apps, schema_editor):
    with roles.acting_as(schema_editor, roles.RECOMPUTE):
        schema_editor.execute(BEFORE, params=None)


class Migration(migrations.Migration):
    dependencies = [("metrics", "0011_baseline_locked")]
    operations = [migrations.RunPython(create, restore)]
