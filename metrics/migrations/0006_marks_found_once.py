"""The recompute finds the marks that are first in line once, whatever the planner expects of them."""

from importlib import import_module

from django.db import migrations

from common.tenancy import roles
from common.tenancy.operations import Replaced

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
    first_in_line bigint[];
BEGIN
    IF ctx IS NULL THEN
        RAISE EXCEPTION 'recompute outside a tenant' USING ERRCODE = '42501';
    END IF;
    -- The lock comes first, as its own statement: the next one then sees all that came before.
    IF NOT pg_try_advisory_xact_lock((1212::bigint << 40) + ctx) THEN
        RETURN;
    END IF;

    -- Found in a statement of its own, each table read once: what the planner believes of marks that
    -- came a moment ago may be anything, and where it expects one, it looks for all anew for each.
    SELECT array_agg(f.id) INTO first_in_line FROM (
        SELECT o.id FROM metrics_mark o
        WHERE o.tenant_id = ctx
          -- A week that took too long alone lets the others go first.
          AND (o.metric_id, o.week) NOT IN (
            SELECT a.metric_id, a.week FROM metrics_mark a
            WHERE a.tenant_id = ctx AND a.aside_until > now())
        ORDER BY o.made_at, o.id LIMIT p_slice
    ) f;

    WITH taken AS (
        DELETE FROM metrics_mark k
        WHERE k.tenant_id = ctx AND k.id = ANY (first_in_line)
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
BEFORE = import_module("metrics.migrations.0002_weekly_values").RECOMPUTE


class Migration(migrations.Migration):
    dependencies = [("metrics", "0005_commitments")]
    operations = [Replaced(roles.RECOMPUTE, before=BEFORE, after=RECOMPUTE)]
