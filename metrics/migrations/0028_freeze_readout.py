"""The database gathers what a read-out rests on, and alone writes read-outs; what is kept stays."""

from django.db import migrations

from common.tenancy import roles

# The weeks of a metric as `frozen.read` takes them: day, value, denominator, how fully reported
# (against what is usual from the baseline on), and the wording, 0 where it changed within the week.
FIGURES = """
CREATE FUNCTION read_out_figures(p_tenant bigint, p_metric bigint, p_first date, p_end date)
RETURNS TABLE (week date, figure jsonb)
LANGUAGE sql STABLE SET search_path = pg_catalog, public, pg_temp SET extra_float_digits = 1 AS $$
    WITH known AS (
        SELECT s.week, s.value, s.denominator, s.days_reported FROM metrics_snapshot s
        WHERE s.tenant_id = p_tenant AND s.metric_id = p_metric
          AND s.week >= p_first AND s.week < p_end
    ), usual AS (
        SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY k.days_reported::float8) AS days
        FROM known k
    )
    SELECT k.week, jsonb_build_array(k.week, k.value, k.denominator,
        CASE WHEN u.days > 0 THEN least(1, k.days_reported / u.days) ELSE 1 END,
        CASE WHEN w.first = w.last THEN w.first ELSE 0 END)
    FROM known k CROSS JOIN usual u CROSS JOIN LATERAL (
        SELECT max(d.number) FILTER (WHERE d.number = 1 OR d.valid_from <= k.week) AS first,
            max(d.number) FILTER (WHERE d.number = 1 OR d.valid_from <= k.week + 6) AS last
        FROM metrics_metricdefinition d WHERE d.tenant_id = p_tenant AND d.metric_id = p_metric
    ) w
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
        SELECT b.*, t.pilot_id, t.metric_id, m.kind, m.direction, s.zone,
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
            (a.weeks -> 0 ->> 0)::date AS first
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
    SELECT (p.measured + 28 + p.maturity_days)::timestamp AT TIME ZONE p.zone, p.measured + 28,
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
                    SELECT jsonb_agg(jsonb_build_array(s.week, s.value) ORDER BY s.week)
                    FROM metrics_metric m JOIN metrics_snapshot s
                      ON s.tenant_id = p_tenant AND s.metric_id = m.id
                    WHERE m.tenant_id = p_tenant AND m.code = g.kept ->> 0
                      AND s.week >= p.measured AND s.week < p.measured + 28
                      AND s.value IS NOT NULL), '[]')) ORDER BY g.kept ->> 0)
                FROM guard g), '[]')
        )::text
    FROM plan p
$$;
"""
# What has something new to read out: its time has come, no figure that counts is still to be
# computed anew, and the newest version has other inputs. One statement, so one moment.
DUE = """
CREATE FUNCTION read_outs_due(p_now timestamptz, p_baseline uuid)
RETURNS TABLE (baseline_id uuid, week integer, inputs text)
LANGUAGE sql STABLE SET search_path = pg_catalog, public, pg_temp AS $$
    WITH ctx AS (SELECT NULLIF(current_setting('app.tenant_id', true), '')::bigint AS id)
    SELECT b.id, w.week, i.inputs
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
    SELECT i.*, sha256(convert_to(i.inputs, 'UTF8')) AS digest
    INTO given FROM read_out_inputs(ctx, p_baseline, p_week) i;
    IF given.digest <> p_digest THEN
        RETURN NULL;
    END IF;
    SELECT r.* INTO newest FROM metrics_readout r
    WHERE r.tenant_id = ctx AND r.baseline_id = p_baseline AND r.week = p_week
    ORDER BY r.number DESC LIMIT 1;
    IF newest.digest = given.digest THEN
        RETURN NULL;
    END IF;
    -- The newest that stands, be it of a baseline that was replaced: a replacement changes no word
    -- without somebody's note either.
    SELECT r.* INTO stands FROM metrics_baseline b
    JOIN metrics_baseline o ON o.tenant_id = ctx AND o.target_row_id = b.target_row_id
    JOIN metrics_readout r ON r.tenant_id = ctx AND r.baseline_id = o.id AND r.week = p_week
    WHERE b.tenant_id = ctx AND b.id = p_baseline
      AND (NOT r.waits OR EXISTS (
        SELECT FROM metrics_acknowledgement a
        WHERE a.tenant_id = ctx AND a.read_out_id = r.id))
    ORDER BY o.number DESC, r.number DESC LIMIT 1;
    INSERT INTO metrics_readout (tenant_id, baseline_id, week, number, due_at, as_of, inputs,
        digest, engine, word, sign, waits, result)
    VALUES (ctx, p_baseline, p_week, COALESCE(newest.number, 0) + 1, given.due_at, p_as_of,
        given.inputs, given.digest, p_result ->> 'engine', p_result ->> 'word',
        (p_result ->> 'sign')::smallint,
        stands.id IS NOT NULL AND (stands.word, stands.sign)
            IS DISTINCT FROM (p_result ->> 'word', (p_result ->> 'sign')::smallint),
        p_result)
    RETURNING id INTO made;
    RETURN made;
END $$;
"""
NAME = "freeze_readout(uuid, integer, timestamptz, bytea, jsonb)"
PLAIN = (
    ("read_out_figures(bigint, bigint, date, date)", FIGURES),
    ("read_out_inputs(bigint, uuid, integer)", INPUTS),
    ("read_outs_due(timestamptz, uuid)", DUE),
)
TABLES = ("metrics_readout", "metrics_acknowledgement", "metrics_pilotoutcome")


def create(apps, schema_editor):
    execute, q = schema_editor.execute, schema_editor.quote_name
    for table in TABLES:
        execute(
            f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE ON {table}"
            " FOR EACH ROW EXECUTE FUNCTION refuse_change()"
        )
        execute(
            f"CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table}"
            " FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
        )
    with roles.acting_as(schema_editor, roles.RECOMPUTE):
        for name, text in (*PLAIN, (NAME, FREEZE)):
            execute(text, params=None)
            execute(f"REVOKE ALL ON FUNCTION {name} FROM PUBLIC")
            execute(f"GRANT EXECUTE ON FUNCTION {name} TO {q(roles.app())}")


def drop(apps, schema_editor):
    with roles.acting_as(schema_editor, roles.RECOMPUTE):
        for name in (NAME, *(name for name, _ in reversed(PLAIN))):
            schema_editor.execute(f"DROP FUNCTION {name}")
    for table in TABLES:
        for name in ("append_only", "no_truncate"):
            schema_editor.execute(f"DROP TRIGGER {table}_{name} ON {table}")


class Migration(migrations.Migration):
    dependencies = [("metrics", "0027_read_outs"), ("portfolio", "0004_read_outs")]
    operations = [migrations.RunPython(create, drop)]
