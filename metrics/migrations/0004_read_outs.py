"""The database gathers what a read-out rests on, and alone writes read-outs; what is kept stays."""

from django.db import migrations

from common.tenancy import roles
from common.tenancy.operations import Functions, Kept

# The locked days and the measured ones as `frozen.read` takes them. Asked are the weekdays that the
# locked days have, so what counts as a gap was known at the lock; such a day without a figure is
# one.
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
# One row: the format of docs/methods/frozen.md. The first version of a baseline keeps plan and
# guards for all its later ones, so nobody moves the weeks or eases a guard afterwards.
INPUTS = """
CREATE FUNCTION read_out_inputs(p_tenant bigint, p_baseline uuid, p_week integer)
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
            date_trunc('week', (a.weeks -> 0 ->> 0)::date)::date AS first,
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
            'grain', p.grain,
            'level', p.level,
            'logarithm', p.log_scale,
            'season_swing', p.season_swing,
            'matters', p.matters,
            'target', jsonb_build_array(p.target, CASE p.direction WHEN 'up'
                THEN 'higher_is_better' ELSE 'lower_is_better' END, p.side IN ('lt', 'gt')),
            'figures', CASE WHEN p.grain = 'day' THEN (
                SELECT jsonb_agg(f.figure ORDER BY f.day)
                FROM read_out_days(p_tenant, p.metric_id, p.weeks, p.definition, p.worded,
                    p.measured) f)
              ELSE COALESCE((
                SELECT jsonb_agg(jsonb_build_array(w -> 0, w -> 3, w -> 2, 1, p.definition)
                    ORDER BY n)
                FROM jsonb_array_elements(p.weeks) WITH ORDINALITY AS e(w, n)), '[]')
              || COALESCE((
                SELECT jsonb_agg(f.figure ORDER BY f.week)
                FROM read_out_figures(p_tenant, p.metric_id, p.first, p.measured + 28) f
                WHERE f.week >= p.measured), '[]') END,
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
# What has something new to read out: its time has come, no figure that counts is still to be
# computed anew, and the newest version has other inputs. One statement, so one moment. It runs with
# the rights that `freeze_readout` calls it with: a plan is made for one role, and for two in turn
# it would be made anew at each call. Both roles are held by the same policies.
DUE = """
CREATE FUNCTION read_outs_due(p_now timestamptz, p_baseline uuid)
RETURNS TABLE (baseline_id uuid, week integer, due_at timestamptz, inputs text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    WITH ctx AS (SELECT NULLIF(current_setting('app.tenant_id', true), '')::bigint AS id)
    SELECT b.id, w.week, i.due_at, i.inputs
    FROM ctx
    JOIN metrics_baseline b ON b.tenant_id = ctx.id
    JOIN metrics_pilotmetric t ON t.tenant_id = ctx.id AND t.id = b.target_row_id
    JOIN portfolio_pilot p ON p.tenant_id = ctx.id AND p.id = t.pilot_id
    CROSS JOIN (VALUES (12), (16), (24)) AS w(week)
    LEFT JOIN LATERAL (
        SELECT r.digest FROM metrics_readout r
        WHERE r.tenant_id = ctx.id AND r.baseline_id = b.id AND r.week = w.week
        ORDER BY r.number DESC LIMIT 1
    ) newest ON true
    LEFT JOIN LATERAL (
        SELECT o.word FROM metrics_pilotoutcome o
        WHERE o.tenant_id = ctx.id AND o.pilot_id = p.id ORDER BY o.number DESC LIMIT 1
    ) decided ON true
    CROSS JOIN LATERAL read_out_inputs(ctx.id, b.id, w.week) i
    WHERE b.locked_at IS NOT NULL AND b.superseded_at IS NULL AND p.archived_at IS NULL
      AND (p_baseline IS NULL OR b.id = p_baseline)
      -- No pilot is due before so many weeks; asked first, because it costs nothing.
      AND p.start_date + 7 * w.week <= p_now + interval '1 day'
      AND i.due_at <= p_now
      AND newest.digest IS DISTINCT FROM sha256(convert_to(i.inputs, 'UTF8'))
      -- A stopped pilot is looked at no more; what was read out of it is still corrected.
      AND (w.week = 12 OR newest.digest IS NOT NULL OR decided.word IS DISTINCT FROM 'stop')
      AND NOT EXISTS (
        SELECT FROM metrics_mark k
        WHERE k.tenant_id = ctx.id AND k.week >= (b.weeks -> 0 ->> 0)::date
          AND k.week < i.measured_until
          AND (k.metric_id IN (t.metric_id, b.comparison_id) OR k.metric_id IN (
            SELECT g.metric_id FROM metrics_pilotmetric g
            WHERE g.tenant_id = ctx.id AND g.pilot_id = p.id AND g.role = 'guard')))
    ORDER BY b.id, w.week
$$;
"""
# The application says what the inputs gave; which inputs, the database gathers here once more.
FREEZE = """
CREATE FUNCTION freeze_readout(p_baseline uuid, p_week integer, p_as_of timestamptz,
    p_digest bytea, p_result jsonb)
RETURNS uuid
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    ctx bigint := NULLIF(current_setting('app.tenant_id', true), '')::bigint;
    given record;
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
    SELECT d.due_at, d.inputs INTO given FROM read_outs_due(p_as_of, p_baseline) d
    WHERE d.week = p_week;
    IF given.inputs IS NULL
        OR sha256(convert_to(given.inputs, 'UTF8')) IS DISTINCT FROM p_digest
    THEN
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
    VALUES (ctx, p_baseline, p_week, COALESCE(newest.number, 0) + 1, given.due_at, p_as_of,
        given.inputs, p_digest, p_result ->> 'engine', p_result ->> 'word',
        (p_result ->> 'sign')::smallint,
        stands.id IS NOT NULL AND (stands.word, stands.sign, stands.result -> 'target',
                stands.result -> 'guards_missed', stands.result -> 'guards_unknown',
                stands.result -> 'guards_open')
            IS DISTINCT FROM (p_result ->> 'word', (p_result ->> 'sign')::smallint,
                p_result -> 'target', p_result -> 'guards_missed', p_result -> 'guards_unknown',
                p_result -> 'guards_open'),
        p_result)
    RETURNING id INTO made;
    RETURN made;
END $$;
"""


class Migration(migrations.Migration):
    replaces = [
        ("metrics", "0027_read_outs"),
        ("metrics", "0028_freeze_readout"),
        ("metrics", "0029_guard_held"),
        ("metrics", "0030_vendor_commitments"),
        ("metrics", "0031_freeze_commitment"),
        ("metrics", "0032_outcome_read"),
        ("metrics", "0033_readout_bound"),
        ("metrics", "0034_baseline_counted"),
        ("metrics", "0035_baseline_whole"),
        ("metrics", "0036_gathered_once"),
    ]
    dependencies = [("metrics", "0003_baselines")]
    operations = [
        Kept("metrics_readout", "metrics_acknowledgement", "metrics_pilotoutcome"),
        Functions(
            roles.RECOMPUTE,
            {
                "read_out_days(bigint, bigint, jsonb, integer, date, date)": DAYS,
                "read_out_inputs(bigint, uuid, integer)": INPUTS,
                "read_outs_due(timestamptz, uuid)": DUE,
                "freeze_readout(uuid, integer, timestamptz, bytea, jsonb)": FREEZE,
            },
        ),
    ]
