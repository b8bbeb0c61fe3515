"""The database judges commitments itself from the weekly figures; what it found stays."""

from django.db import migrations

from common.tenancy import roles
from common.tenancy.operations import Functions, Guard, Kept

# One row: the terms, the last four whole weeks up to the due day, what those that count add up to
# (as `metrics.rules.baselines.pool` does) and what follows. The formula is in
# docs/rules/commitments.md. Value and target are compared with twelve digits, so that no rounding
# of the machine decides. A week in which the metric was worded anew says nothing of how it is
# worded.
INPUTS = """
CREATE FUNCTION commitment_inputs(p_tenant bigint, p_commitment uuid)
RETURNS TABLE (due_at timestamptz, metric_id bigint, first date, inputs text, value float8,
    word text)
LANGUAGE sql STABLE SET search_path = pg_catalog, public, pg_temp SET extra_float_digits = 1 AS $$
    WITH terms AS (
        SELECT c.*, to_char(c.target, '9.99999999999EEEE')::float8 AS wanted,
            t.metric_id, m.code AS metric, m.kind, m.unit, p.code AS pilot,
            date_trunc('week', c.due_date + 1)::date - 28 AS first,
            greatest((c.due_date + 1 + b.days)::timestamp AT TIME ZONE s.zone,
                (c.due_date + 1 + b.days)::timestamp AT TIME ZONE m.zone) AS due_at
        FROM metrics_vendorcommitment c
        JOIN metrics_pilotmetric t ON t.tenant_id = p_tenant AND t.id = c.target_row_id
        JOIN metrics_metric m ON m.tenant_id = p_tenant AND m.id = t.metric_id
        JOIN portfolio_pilot p ON p.tenant_id = p_tenant AND p.id = t.pilot_id
        JOIN portfolio_site s ON s.tenant_id = p_tenant AND s.id = p.site_id
        CROSS JOIN LATERAL (SELECT COALESCE(max(l.maturity_days), 7)::integer AS days
            FROM metrics_baseline l
            WHERE l.tenant_id = p_tenant AND l.target_row_id = t.id
              AND l.locked_at IS NOT NULL AND l.superseded_at IS NULL) b
        WHERE c.tenant_id = p_tenant AND c.id = p_commitment
    ), figure AS (
        -- How fully a week is usually reported is told by half a year.
        SELECT f.week, (f.figure ->> 1)::float8 AS value, (f.figure ->> 2)::float8 AS denominator,
            (f.figure ->> 3)::float8 AS reported, (f.figure ->> 4)::integer AS wording
        FROM terms t
        CROSS JOIN LATERAL read_out_figures(p_tenant, t.metric_id, t.first - 154, t.first + 28) f
    ), known AS (
        SELECT t.first + 7 * n AS week, f.value, f.denominator, f.wording,
            COALESCE(f.value IS NOT NULL AND f.denominator > 0 AND f.reported >= 0.8, false)
                AS usable
        FROM terms t CROSS JOIN generate_series(0, 3) n
        LEFT JOIN figure f ON f.week = t.first + 7 * n
    ), weeks AS (
        SELECT k.*, k.usable AND k.wording = (SELECT l.wording FROM known l WHERE l.usable AND l.wording <> 0
            ORDER BY l.week DESC LIMIT 1) AS counts
        FROM known k
    ), pooled AS (
        SELECT CASE WHEN count(*) >= 3 THEN to_char(sum(w.value * w.denominator ORDER BY w.week)
            / sum(w.denominator ORDER BY w.week), '9.99999999999EEEE')::float8 END AS value
        FROM weeks w WHERE w.counts
    )
    SELECT t.due_at, t.metric_id, t.first,
        jsonb_build_object(
            'format', 1,
            'pilot', t.pilot,
            'vendor', t.vendor_id,
            'metric', t.metric,
            'kind', t.kind,
            'unit', t.unit,
            'comparison', t.comparison,
            'target', t.target,
            'due_date', t.due_date,
            'remedy', t.remedy,
            'source', t.source,
            'weeks', (SELECT jsonb_agg(jsonb_build_array(w.week, w.value, w.denominator, w.wording,
                w.counts) ORDER BY w.week) FROM weeks w)
        )::text,
        p.value,
        CASE WHEN p.value IS NULL THEN 'unknown'
            WHEN t.comparison = 'lt' AND p.value < t.wanted
              OR t.comparison = 'le' AND p.value <= t.wanted
              OR t.comparison = 'gt' AND p.value > t.wanted
              OR t.comparison = 'ge' AND p.value >= t.wanted THEN 'met'
            ELSE 'missed' END
    FROM terms t CROSS JOIN pooled p
$$;
"""
# What has something new to find: its figures are complete, none that counts is still to be computed
# anew, and the newest version has other inputs. A commitment that was waived is judged no more.
DUE = """
CREATE FUNCTION commitments_due(p_now timestamptz, p_commitment uuid)
RETURNS TABLE (commitment_id uuid, due_at timestamptz, inputs text, value float8, word text,
    number integer)
LANGUAGE sql STABLE SET search_path = pg_catalog, public, pg_temp AS $$
    WITH ctx AS (SELECT NULLIF(current_setting('app.tenant_id', true), '')::bigint AS id)
    SELECT c.id, i.due_at, i.inputs, i.value, i.word, COALESCE(newest.number, 0) + 1
    FROM ctx
    JOIN metrics_vendorcommitment c ON c.tenant_id = ctx.id
    JOIN metrics_pilotmetric t ON t.tenant_id = ctx.id AND t.id = c.target_row_id
    JOIN portfolio_pilot p ON p.tenant_id = ctx.id AND p.id = t.pilot_id
    LEFT JOIN LATERAL (
        SELECT f.number, f.digest FROM metrics_commitmentfinding f
        WHERE f.tenant_id = ctx.id AND f.commitment_id = c.id ORDER BY f.number DESC LIMIT 1
    ) newest ON true
    CROSS JOIN LATERAL commitment_inputs(ctx.id, c.id) i
    WHERE (p_commitment IS NULL OR c.id = p_commitment) AND p.archived_at IS NULL
      -- None is due before its day; asked first, because it costs nothing.
      AND c.due_date <= p_now + interval '1 day'
      AND i.due_at <= p_now
      AND newest.digest IS DISTINCT FROM sha256(convert_to(i.inputs, 'UTF8'))
      AND NOT EXISTS (
        SELECT FROM metrics_commitmentdecision d
        WHERE d.tenant_id = ctx.id AND d.commitment_id = c.id AND d.word = 'waived')
      AND NOT EXISTS (
        SELECT FROM metrics_mark k
        WHERE k.tenant_id = ctx.id AND k.metric_id = i.metric_id
          AND k.week >= i.first AND k.week < i.first + 28)
    ORDER BY c.id
$$;
"""
# The application says which one and when; all else the database gathers and computes here.
FREEZE = """
CREATE FUNCTION freeze_commitment(p_commitment uuid, p_as_of timestamptz)
RETURNS uuid
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    ctx bigint := NULLIF(current_setting('app.tenant_id', true), '')::bigint;
    made uuid;
BEGIN
    IF ctx IS NULL THEN
        RAISE EXCEPTION 'finding outside a tenant' USING ERRCODE = '42501';
    END IF;
    -- One at a time for a tenant: versions have no gaps, and nobody changes the terms meanwhile.
    PERFORM pg_advisory_xact_lock(hashtextextended('commitments', ctx));
    INSERT INTO metrics_commitmentfinding (tenant_id, commitment_id, number, due_at, as_of, inputs,
        digest, value, word)
    SELECT ctx, d.commitment_id, d.number, d.due_at, p_as_of, d.inputs,
        sha256(convert_to(d.inputs, 'UTF8')), d.value, d.word
    FROM commitments_due(p_as_of, p_commitment) d
    WHERE d.commitment_id = p_commitment
    RETURNING id INTO made;
    RETURN made;
END $$;
"""
# What was judged once keeps its terms.
HELD = """
CREATE FUNCTION metrics_vendorcommitment_held() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF EXISTS (SELECT FROM metrics_commitmentfinding f
               WHERE f.tenant_id = OLD.tenant_id AND f.commitment_id = OLD.id)
      OR EXISTS (SELECT FROM metrics_commitmentdecision d
                 WHERE d.tenant_id = OLD.tenant_id AND d.commitment_id = OLD.id)
    THEN
        RAISE EXCEPTION 'the commitment % is judged', OLD.id
            USING ERRCODE = '23514', CONSTRAINT = 'metrics_vendorcommitment_held',
                TABLE = 'metrics_vendorcommitment';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER metrics_vendorcommitment_held BEFORE UPDATE ON metrics_vendorcommitment
    FOR EACH ROW EXECUTE FUNCTION metrics_vendorcommitment_held();
"""


class Migration(migrations.Migration):
    replaces = [
        ("metrics", "0037_grain"),
        ("metrics", "0038_daily_grain"),
        ("metrics", "0039_days_with_figures"),
        ("metrics", "0040_feeds"),
        ("metrics", "0041_feed_turns_kept"),
        ("metrics", "0042_pilot_sources"),
        ("metrics", "0043_timestamp_rules"),
    ]
    dependencies = [("metrics", "0004_read_outs")]
    operations = [
        Guard("metrics_vendorcommitment_held", HELD),
        Kept("metrics_commitmentfinding", "metrics_commitmentdecision"),
        Kept("metrics_vendorcommitment", append_only=False),
        Functions(
            roles.RECOMPUTE,
            {
                "commitment_inputs(bigint, uuid)": INPUTS,
                "commitments_due(timestamptz, uuid)": DUE,
                "freeze_commitment(uuid, timestamptz)": FREEZE,
            },
        ),
    ]
