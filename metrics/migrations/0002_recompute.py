"""The recompute: the one function that writes snapshots, and the append-only revisions.

What it computes and why it is written so: docs/rules/weekly-values.md.
"""

from django.db import migrations

from common.tenancy import roles

RECOMPUTE = """
CREATE FUNCTION recompute_tenant(p_slice integer)
RETURNS TABLE (marks bigint, weeks bigint, metrics bigint)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    ctx bigint := NULLIF(current_setting('app.tenant_id', true), '')::bigint;
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
            ORDER BY o.made_at, o.id LIMIT p_slice)
        RETURNING k.metric_id, k.week
    ), due AS (
        SELECT DISTINCT t.metric_id, t.week, m.kind, m.exposure, m.zone,
            timezone(m.zone, t.week::timestamp) AS starts_at,
            timezone(m.zone, (t.week + 7)::timestamp) AS ends_at,
            ARRAY(SELECT timezone(m.zone, (t.week + g.day)::timestamp)
                  FROM generate_series(0, 6) AS g(day) ORDER BY g.day) AS days
        FROM taken t JOIN metrics_metric m ON m.tenant_id = ctx AND m.id = t.metric_id
    ), summed AS (
        SELECT d.metric_id, d.week, d.kind, d.exposure, s.*, c.mask AS covered,
            COALESCE(q.p50, s.even_p50) AS p50, COALESCE(q.p95, s.even_p95) AS p95
        FROM due d
        CROSS JOIN LATERAL (
            SELECT count(*) AS n, sum(x.numerator) AS numerator,
                sum(x.denominator) AS denominator,
                min(CASE WHEN d.kind = 'median' THEN x.numerator
                    ELSE x.numerator / NULLIF(x.denominator, 0) END) AS low,
                max(CASE WHEN d.kind = 'median' THEN x.numerator
                    ELSE x.numerator / NULLIF(x.denominator, 0) END) AS high,
                COALESCE(bit_or(1 << (width_bucket(x.event_at, d.days) - 1)), 0) AS mask,
                -- With equal weights these are the usual median and percentile, in the same pass.
                min(x.denominator) = max(x.denominator) AS even,
                percentile_cont(0.5) WITHIN GROUP (ORDER BY CASE WHEN d.kind = 'median'
                    THEN x.numerator ELSE x.numerator / NULLIF(x.denominator, 0) END)
                    FILTER (WHERE d.kind IN ('mean', 'median')) AS even_p50,
                percentile_disc(0.95) WITHIN GROUP (ORDER BY CASE WHEN d.kind = 'median'
                    THEN x.numerator ELSE x.numerator / NULLIF(x.denominator, 0) END)
                    FILTER (WHERE d.kind IN ('mean', 'median')) AS even_p95,
                COALESCE(sum(hash_record_extended(
                    ROW(x.event_at, x.numerator, x.denominator), 12)), 0) AS hashed
            FROM metrics_measurement x
            WHERE x.tenant_id = ctx AND x.metric_id = d.metric_id
              AND x.event_at >= d.starts_at AND x.event_at < d.ends_at
        ) s
        CROSS JOIN LATERAL (
            SELECT COALESCE(bit_or(1 << g.day), 0) AS mask
            FROM metrics_coverage v
            JOIN generate_series(0, 6) AS g(day)
              ON d.week + g.day BETWEEN v.from_date AND v.through_date
            WHERE v.tenant_id = ctx AND v.metric_id = d.metric_id
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
                    SELECT CASE WHEN d.kind = 'median' THEN x.numerator
                        ELSE x.numerator / x.denominator END AS v, x.denominator AS weight
                    FROM metrics_measurement x
                    WHERE x.tenant_id = ctx AND x.metric_id = d.metric_id
                      AND x.event_at >= d.starts_at AND x.event_at < d.ends_at
                      AND x.denominator > 0
                      AND NOT s.even AND d.kind IN ('mean', 'median')
                ) y
            ) w
        ) q ON NOT s.even
    ), valued AS (
        SELECT u.metric_id, u.week, u.n, u.kind, u.low, u.high, u.p50, u.p95,
            bit_count((u.mask | u.covered)::bit(7)) AS days_reported,
            CASE WHEN u.kind = 'median' THEN NULL
                ELSE COALESCE(u.numerator, 0) END AS numerator,
            CASE WHEN u.kind <> 'rate' OR u.denominator > 0 THEN COALESCE(u.denominator, 0)
                WHEN u.exposure = 'week' THEN bit_count((u.mask | u.covered)::bit(7)) / 7.0
                ELSE bit_count((u.mask | u.covered)::bit(7))
            END AS denominator,
            ((u.hashed + u.covered) % 9223372036854775807)::bigint AS digest
        FROM summed u
    ), kept AS (
        INSERT INTO metrics_snapshot (tenant_id, metric_id, week, n, numerator, denominator,
            value, low, high, p50, p95, days_reported, digest, computed_at)
        SELECT ctx, v.metric_id, v.week, v.n, v.numerator, v.denominator,
            CASE WHEN v.kind = 'median' THEN v.p50
                ELSE v.numerator / NULLIF(v.denominator, 0) END,
            v.low, v.high, v.p50, v.p95, v.days_reported, v.digest, now()
        FROM valued v
        WHERE v.n > 0 OR (v.kind = 'rate' AND v.days_reported > 0)
        ON CONFLICT (tenant_id, metric_id, week) DO UPDATE SET
            n = excluded.n, numerator = excluded.numerator, denominator = excluded.denominator,
            value = excluded.value, low = excluded.low, high = excluded.high,
            p50 = excluded.p50, p95 = excluded.p95, days_reported = excluded.days_reported,
            digest = excluded.digest, computed_at = excluded.computed_at
    ), emptied AS (
        DELETE FROM metrics_snapshot s USING valued v
        WHERE s.tenant_id = ctx AND s.metric_id = v.metric_id AND s.week = v.week
          AND v.n = 0 AND NOT (v.kind = 'rate' AND v.days_reported > 0)
    )
    SELECT (SELECT count(*) FROM taken), (SELECT count(*) FROM due),
        (SELECT array_agg(DISTINCT metric_id) FROM due)
    INTO marks, weeks, touched;

    INSERT INTO metrics_summary (tenant_id, metric_id, weeks, values, snapshots, last_event_at,
        last_source_id, computed_at)
    SELECT ctx, m.id, r.weeks, r.vals, c.total, e.event_at, e.source_id, now()
    FROM unnest(touched) AS m(id)
    CROSS JOIN LATERAL (
        SELECT COALESCE(array_agg(l.week ORDER BY l.week), '{}') AS weeks,
            COALESCE(array_agg(l.value ORDER BY l.week), '{}') AS vals
        FROM (SELECT s.week, s.value FROM metrics_snapshot s
              WHERE s.tenant_id = ctx AND s.metric_id = m.id AND s.value IS NOT NULL
              ORDER BY s.week DESC LIMIT 25) l
    ) r
    CROSS JOIN LATERAL (
        SELECT count(*) AS total FROM metrics_snapshot s
        WHERE s.tenant_id = ctx AND s.metric_id = m.id
    ) c
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

MARKED = """
CREATE FUNCTION list_marked_tenants(p_limit integer)
RETURNS TABLE (tenant_id bigint, oldest_at timestamptz, marks bigint)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT m.tenant_id, min(m.made_at), count(*)
    FROM public.metrics_mark m
    GROUP BY m.tenant_id ORDER BY min(m.made_at), m.tenant_id LIMIT p_limit
$$;
"""

APPEND_ONLY = """
CREATE TRIGGER metrics_measurementrevision_append_only
    BEFORE UPDATE OR DELETE ON metrics_measurementrevision
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER metrics_measurementrevision_no_truncate
    BEFORE TRUNCATE ON metrics_measurementrevision
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
-- Index-only reads of a metric-week need a fresh visibility map.
ALTER TABLE metrics_measurement SET (
    autovacuum_vacuum_insert_scale_factor = 0.02, autovacuum_vacuum_insert_threshold = 5000);
ALTER TABLE metrics_mark SET (
    autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 2000);
"""

FUNCTIONS = {
    "recompute_tenant(integer)": roles.RECOMPUTE,
    "list_marked_tenants(integer)": roles.LOOKUP,
}


def create(apps, schema_editor):
    execute, q = schema_editor.execute, schema_editor.quote_name
    execute(RECOMPUTE, params=None)
    execute(MARKED)
    execute(APPEND_ONLY)
    for name, role in FUNCTIONS.items():
        # The rights come before the new owner: after it this role may not change them any more.
        execute(f"REVOKE ALL ON FUNCTION {name} FROM PUBLIC")
        execute(f"GRANT EXECUTE ON FUNCTION {name} TO {q(roles.app())}")
        execute(f"ALTER FUNCTION {name} OWNER TO {q(role)}")


def drop(apps, schema_editor):
    for name in FUNCTIONS:
        schema_editor.execute(f"DROP FUNCTION {name}")
    for name in ("append_only", "no_truncate"):
        schema_editor.execute(
            f"DROP TRIGGER metrics_measurementrevision_{name} ON metrics_measurementrevision"
        )


class Migration(migrations.Migration):
    dependencies = [("metrics", "0001_initial"), ("audit", "0001_initial")]
    operations = [migrations.RunPython(create, drop)]
