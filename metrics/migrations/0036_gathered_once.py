"""What a read-out rests on is gathered once where it was gathered twice, and in a quarter of the time."""

from importlib import import_module

from django.db import migrations

from common.tenancy import roles

# As before; the wordings and what is usual are found once, and not anew for each week.
FIGURES = """
CREATE OR REPLACE FUNCTION read_out_figures(p_tenant bigint, p_metric bigint, p_first date,
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
# As before, and says when each became due, so that who keeps it need not gather it again. It runs with
# the rights that `freeze_readout` calls it with: a plan is made for one role, and for two in turn it would
# be made anew at each call. Both roles are held by the same policies.
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
FREEZE = """
CREATE OR REPLACE FUNCTION freeze_readout(p_baseline uuid, p_week integer, p_as_of timestamptz,
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
FIRST = import_module("metrics.migrations.0028_freeze_readout")
BOUND = import_module("metrics.migrations.0033_readout_bound")
DUE_NAME = "read_outs_due(timestamptz, uuid)"


def create(apps, schema_editor):
    write(schema_editor, (FIGURES, FREEZE), DUE)


def restore(apps, schema_editor):
    figures = FIRST.FIGURES.replace("CREATE FUNCTION", "CREATE OR REPLACE FUNCTION")
    write(schema_editor, (figures, BOUND.FREEZE), FIRST.DUE)


def write(schema_editor, replaced, due):
    """Replace functions; the one that returns other columns than before is made anew."""
    execute, app = schema_editor.execute, schema_editor.quote_name(roles.app())
    with roles.acting_as(schema_editor, roles.RECOMPUTE):
        execute(f"DROP FUNCTION {DUE_NAME}")
        for text in (*replaced, due):
            execute(text, params=None)
        execute(f"REVOKE ALL ON FUNCTION {DUE_NAME} FROM PUBLIC")
        execute(f"GRANT EXECUTE ON FUNCTION {DUE_NAME} TO {app}")


class Migration(migrations.Migration):
    dependencies = [("metrics", "0035_baseline_whole")]
    operations = [migrations.RunPython(create, restore)]
