"""Read-outs are bound closer: to when they are due, to guards as they were worded, and to each word."""

from importlib import import_module

from django.db import migrations

from common.tenancy import roles

INPUTS = """
CREATE OR REPLACE FUNCTION read_out_inputs(p_tenant bigint, p_baseline uuid, p_week integer)
RETURNS TABLE (due_at timestamptz, measured_until date, inputs text)
LANGUAGE sql STABLE SET search_path = pg_catalog, public, pg_temp SET extra_float_digits = 1 AS $$
    WITH kept AS (
        SELECT r.inputs::jsonb AS inputs FROM metrics_readout r
        WHERE r.tenant_id = p_tenant AND r.baseline_id = p_baseline
        ORDER BY r.week, r.number LIMIT 1
    ), agreed AS (
        SELECT b.*, t.pilot_id, t.metric_id, m.kind, m.direction, s.zone, m.zone AS metric_zone,
            COALESCE((k.inputs ->> 'start_date')::date, p.start_date) AS starts,
            CASE WHEN k.inputs IS NULL THEN p.go_live_date
                ELSE (k.inputs ->> 'go_live')::date END AS go_live,
            k.inputs -> 'guards' AS guards
        FROM metrics_baseline b
        JOIN metrics_pilotmetric t ON t.tenant_id = p_tenant AND t.id = b.target_row_id
        JOIN metrics_metric m ON m.tenant_id = p_tenant AND m.id = t.metric_id
        JOIN portfolio_pilot p ON p.tenant_id = p_tenant AND p.id = t.pilot_id
        JOIN portfolio_site s ON s.tenant_id = p_tenant AND s.id = p.site_id
        LEFT JOIN kept k ON true
        WHERE b.tenant_id = p_tenant AND b.id = p_baseline AND b.locked_at IS NOT NULL
    ), plan AS (
        -- Week 1 begins on the first Monday from the start on; weeks 9 to 12 are measured, or the
        -- four from the Monday on or after a later go-live; later looks move along.
        SELECT a.*, greatest(date_trunc('week', a.starts + 6)::date + 56,
            date_trunc('week', a.go_live + 6)::date) + (p_week - 12) * 7 AS measured,
            (a.weeks -> 0 ->> 0)::date AS first,
            date_trunc('week', a.starts + 6)::date + 13 AS worded
        FROM agreed a
    ), guard AS (
        SELECT jsonb_build_array(m.code, m.name, t.comparison, t.target,
            t.agreed_at IS NOT NULL) AS kept
        FROM plan p
        JOIN metrics_pilotmetric t ON t.tenant_id = p_tenant AND t.pilot_id = p.pilot_id
        JOIN metrics_metric m ON m.tenant_id = p_tenant AND m.id = t.metric_id
        WHERE p.guards IS NULL AND t.role = 'guard' AND t.retired_at IS NULL
          AND t.target IS NOT NULL
        UNION ALL
        SELECT g - 5 FROM plan p, jsonb_array_elements(p.guards) g
    )
    -- On the slower of the two clocks every measured week is over.
    SELECT greatest((p.measured + 28 + p.maturity_days)::timestamp AT TIME ZONE p.zone,
            (p.measured + 28 + p.maturity_days)::timestamp AT TIME ZONE p.metric_zone),
        p.measured + 28,
        jsonb_build_object(
            'format', 1,
            'start_date', p.starts,
            'go_live', p.go_live,
            'last_week', p_week,
            'maturity_days', p.maturity_days,
            'kind', p.kind,
            'direction', CASE p.direction WHEN 'up' THEN 'higher_is_better'
                ELSE 'lower_is_better' END,
            'grain', 'week',
            'level', p.level,
            'logarithm', p.log_scale,
            'season_swing', p.season_swing,
            'matters', p.matters,
            'target', jsonb_build_array(p.target, CASE p.direction WHEN 'up'
                THEN 'higher_is_better' ELSE 'lower_is_better' END, p.side IN ('lt', 'gt')),
            'figures', COALESCE((
                SELECT jsonb_agg(jsonb_build_array(w -> 0, w -> 3, w -> 2, 1, p.definition)
                    ORDER BY n)
                FROM jsonb_array_elements(p.weeks) WITH ORDINALITY AS e(w, n)), '[]')
              || COALESCE((
                SELECT jsonb_agg(f.figure ORDER BY f.week)
                FROM read_out_figures(p_tenant, p.metric_id, p.first, p.measured + 28) f
                WHERE f.week >= p.measured), '[]'),
            'comparison', COALESCE((
                SELECT jsonb_agg(f.figure ORDER BY f.week)
                FROM read_out_figures(p_tenant, p.comparison_id, p.first, p.measured + 28) f), '[]'),
            'guards', COALESCE((
                SELECT jsonb_agg(g.kept || jsonb_build_array(COALESCE((
                    SELECT jsonb_agg(jsonb_build_array(f.week, f.figure -> 1) ORDER BY f.week)
                    FROM metrics_metric m
                    CROSS JOIN LATERAL read_out_figures(p_tenant, m.id, p.first, p.measured + 28) f
                    -- Reported about as fully as is usual, and worded as it was at the end of week 2.
                    WHERE m.tenant_id = p_tenant AND m.code = g.kept ->> 0
                      AND f.week >= p.measured AND jsonb_typeof(f.figure -> 1) = 'number'
                      AND (f.figure ->> 3)::float8 >= 0.8
                      AND (f.figure ->> 4)::integer = (
                        SELECT max(d.number) FROM metrics_metricdefinition d
                        WHERE d.tenant_id = p_tenant AND d.metric_id = m.id
                          AND (d.number = 1 OR d.valid_from <= p.worded))
                    ), '[]')) ORDER BY g.kept ->> 0)
                FROM guard g), '[]')
        )::text
    FROM plan p
$$;
"""
FREEZE = """
CREATE OR REPLACE FUNCTION freeze_readout(p_baseline uuid, p_week integer, p_as_of timestamptz,
    p_digest bytea, p_result jsonb)
RETURNS uuid
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    ctx bigint := NULLIF(current_setting('app.tenant_id', true), '')::bigint;
    given text;
    stands metrics_readout;
    newest metrics_readout;
    made uuid;
BEGIN
    IF ctx IS NULL THEN
        RAISE EXCEPTION 'read-out outside a tenant' USING ERRCODE = '42501';
    END IF;
    -- One at a time for a tenant, so that versions are counted without gaps.
    PERFORM pg_advisory_xact_lock(hashtextextended('read-outs', ctx));
    IF NOT EXISTS (SELECT FROM metrics_baseline b
                   WHERE b.tenant_id = ctx AND b.id = p_baseline
                     AND b.locked_at IS NOT NULL AND b.superseded_at IS NULL)
    THEN
        RAISE EXCEPTION 'baseline % is not locked', p_baseline
            USING ERRCODE = '23514', CONSTRAINT = 'metrics_readout_of_locked',
                TABLE = 'metrics_readout';
    END IF;
    -- Due, of a pilot in use, with no figure to be computed anew, and not kept already.
    SELECT d.inputs INTO given FROM read_outs_due(p_as_of, p_baseline) d WHERE d.week = p_week;
    IF given IS NULL OR sha256(convert_to(given, 'UTF8')) IS DISTINCT FROM p_digest THEN
        RETURN NULL;
    END IF;
    SELECT r.* INTO newest FROM metrics_readout r
    WHERE r.tenant_id = ctx AND r.baseline_id = p_baseline AND r.week = p_week
    ORDER BY r.number DESC LIMIT 1;
    -- The newest that stands of this metric in this pilot, be it of a baseline that was replaced or
    -- of before the metric was taken out: neither changes what it says without somebody's note.
    SELECT r.* INTO stands FROM metrics_baseline b
    JOIN metrics_pilotmetric t ON t.tenant_id = ctx AND t.id = b.target_row_id
    JOIN metrics_pilotmetric u
      ON u.tenant_id = ctx AND u.pilot_id = t.pilot_id AND u.metric_id = t.metric_id
    JOIN metrics_baseline o ON o.tenant_id = ctx AND o.target_row_id = u.id
    JOIN metrics_readout r ON r.tenant_id = ctx AND r.baseline_id = o.id AND r.week = p_week
    WHERE b.tenant_id = ctx AND b.id = p_baseline
      AND (NOT r.waits OR EXISTS (
        SELECT FROM metrics_acknowledgement a
        WHERE a.tenant_id = ctx AND a.read_out_id = r.id))
    ORDER BY r.id DESC LIMIT 1;
    INSERT INTO metrics_readout (tenant_id, baseline_id, week, number, due_at, as_of, inputs,
        digest, engine, word, sign, waits, result)
    SELECT ctx, p_baseline, p_week, COALESCE(newest.number, 0) + 1, i.due_at, p_as_of, given,
        p_digest, p_result ->> 'engine', p_result ->> 'word',
        (p_result ->> 'sign')::smallint,
        stands.id IS NOT NULL AND (stands.word, stands.sign, stands.result -> 'target',
                stands.result -> 'guards_missed', stands.result -> 'guards_unknown',
                stands.result -> 'guards_open')
            IS DISTINCT FROM (p_result ->> 'word', (p_result ->> 'sign')::smallint,
                p_result -> 'target', p_result -> 'guards_missed', p_result -> 'guards_unknown',
                p_result -> 'guards_open'),
        p_result
    FROM read_out_inputs(ctx, p_baseline, p_week) i
    RETURNING id INTO made;
    RETURN made;
END $$;
"""
NEW = (INPUTS, FREEZE)
FIRST = import_module("metrics.migrations.0028_freeze_readout")
OLD = (FIRST.INPUTS, FIRST.FREEZE)


def create(apps, schema_editor):
    with roles.acting_as(schema_editor, roles.RECOMPUTE):
        for text in NEW:
            schema_editor.execute(text, params=None)


def restore(apps, schema_editor):
    with roles.acting_as(schema_editor, roles.RECOMPUTE):
        for text in OLD:
            schema_editor.execute(
                text.replace("CREATE FUNCTION", "CREATE OR REPLACE FUNCTION"), params=None
            )


class Migration(migrations.Migration):
    dependencies = [("metrics", "0032_outcome_read")]
    operations = [migrations.RunPython(create, restore)]
