"""The one function that writes read-outs, and what keeps them as they are."""

from django.db import migrations

from common.tenancy import roles

FREEZE = """
CREATE FUNCTION freeze_readout(p_baseline uuid, p_week integer, p_due timestamptz,
    p_as_of timestamptz, p_inputs text, p_result jsonb)
RETURNS uuid
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    ctx bigint := NULLIF(current_setting('app.tenant_id', true), '')::bigint;
    stands metrics_readout;
    newest metrics_readout;
    hash bytea := sha256(convert_to(p_inputs, 'UTF8'));
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
    SELECT r.* INTO newest FROM metrics_readout r
    WHERE r.tenant_id = ctx AND r.baseline_id = p_baseline AND r.week = p_week
    ORDER BY r.number DESC LIMIT 1;
    IF newest.digest = hash THEN
        RETURN newest.id;
    END IF;
    SELECT r.* INTO stands FROM metrics_readout r
    WHERE r.tenant_id = ctx AND r.baseline_id = p_baseline AND r.week = p_week
      AND (NOT r.waits OR EXISTS (
        SELECT FROM metrics_acknowledgement a
        WHERE a.tenant_id = ctx AND a.read_out_id = r.id))
    ORDER BY r.number DESC LIMIT 1;
    INSERT INTO metrics_readout (tenant_id, baseline_id, week, number, due_at, as_of, inputs,
        digest, engine, word, sign, waits, result)
    VALUES (ctx, p_baseline, p_week, COALESCE(newest.number, 0) + 1, p_due, p_as_of, p_inputs,
        hash, p_result ->> 'engine', p_result ->> 'word', (p_result ->> 'sign')::smallint,
        stands.id IS NOT NULL AND (stands.word, stands.sign)
            IS DISTINCT FROM (p_result ->> 'word', (p_result ->> 'sign')::smallint),
        p_result)
    RETURNING id INTO made;
    RETURN made;
END $$;
"""
NAME = "freeze_readout(uuid, integer, timestamptz, timestamptz, text, jsonb)"
TABLES = ("metrics_readout", "metrics_acknowledgement")


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
        execute(FREEZE, params=None)
        execute(f"REVOKE ALL ON FUNCTION {NAME} FROM PUBLIC")
        execute(f"GRANT EXECUTE ON FUNCTION {NAME} TO {q(roles.app())}")


def drop(apps, schema_editor):
    with roles.acting_as(schema_editor, roles.RECOMPUTE):
        schema_editor.execute(f"DROP FUNCTION {NAME}")
    for table in TABLES:
        for name in ("append_only", "no_truncate"):
            schema_editor.execute(f"DROP TRIGGER {table}_{name} ON {table}")


class Migration(migrations.Migration):
    dependencies = [("metrics", "0027_read_outs")]
    operations = [migrations.RunPython(create, drop)]
