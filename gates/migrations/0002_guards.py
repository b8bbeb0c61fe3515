"""What is asked and decided stays; a step of a gate follows the one before; production needs six."""

from django.db import migrations

# The state before a step is that of the step before; without one it is in progress.
STEP = """
CREATE FUNCTION gates_gatedecision_follows() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    aim gates_gate;
    last gates_gatedecision;
    was text;
    today date;
    lead boolean;
BEGIN
    -- One step at a time: who comes second finds the first.
    SELECT g.* INTO aim FROM gates_gate g
    WHERE g.tenant_id = NEW.tenant_id AND g.id = NEW.gate_id FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        RETURN NEW;  -- gates_gatedecision_gate_fk
    END IF;
    SELECT d.* INTO last FROM gates_gatedecision d
    WHERE d.tenant_id = NEW.tenant_id AND d.gate_id = NEW.gate_id ORDER BY d.number DESC LIMIT 1;
    was := COALESCE(last.state, 'in_progress');
    -- A number that is there already is refused by gates_gatedecision_number_once.
    IF NEW.number > COALESCE(last.number, 0) + 1 OR NOT (CASE NEW.verb
        WHEN 'submit' THEN was IN ('in_progress', 'changes_requested', 'reopened')
        WHEN 'pass' THEN was = 'submitted'
        WHEN 'send_back' THEN was = 'submitted'
        WHEN 'waive' THEN was NOT IN ('passed', 'waived')
        ELSE was IN ('passed', 'waived') END)
    THEN
        RAISE EXCEPTION 'gate % is %, which % does not follow', NEW.gate_id, was, NEW.verb
            USING ERRCODE = '23514', CONSTRAINT = 'gates_gatedecision_in_order',
                TABLE = 'gates_gatedecision';
    END IF;
    IF NEW.verb IN ('pass', 'send_back') AND NEW.member_id IS DISTINCT FROM aim.decider_id THEN
        RAISE EXCEPTION 'gate % has another decider', NEW.gate_id
            USING ERRCODE = '23514', CONSTRAINT = 'gates_gatedecision_by_decider',
                TABLE = 'gates_gatedecision';
    END IF;
    SELECT EXISTS (SELECT FROM portfolio_pilotparty p
        JOIN tenants_membership m ON m.tenant_id = NEW.tenant_id AND m.person_id = p.person_id
        WHERE p.tenant_id = NEW.tenant_id AND p.pilot_id = aim.pilot_id AND p.part = 'lead'
          AND p.ended_at IS NULL AND m.id = NEW.member_id) INTO lead;
    IF NEW.verb IN ('pass', 'waive') AND lead THEN
        RAISE EXCEPTION 'the lead of a pilot passes none of its gates'
            USING ERRCODE = '23514', CONSTRAINT = 'gates_gatedecision_not_by_lead',
                TABLE = 'gates_gatedecision';
    END IF;
    SELECT (NEW.at AT TIME ZONE s.zone)::date INTO today FROM portfolio_pilot p
    JOIN portfolio_site s ON s.tenant_id = NEW.tenant_id AND s.id = p.site_id
    WHERE p.tenant_id = NEW.tenant_id AND p.id = aim.pilot_id;
    -- Each mandatory criterion is told as met, with evidence that is there where it asks for some, and
    -- the pass holds no longer than what it rests on.
    IF NEW.verb = 'pass' AND (EXISTS (
            SELECT FROM gates_criterion c
            LEFT JOIN jsonb_array_elements(NEW.facts) f ON f ->> 'code' = c.code
            WHERE c.tenant_id = NEW.tenant_id AND c.template_id = aim.template_id AND c.mandatory
              AND (COALESCE((f ->> 'met')::boolean, false) IS FALSE
                OR c.check_kind <> 'fact' AND NOT EXISTS (
                    SELECT FROM gates_evidence e
                    WHERE e.tenant_id = NEW.tenant_id AND e.gate_id = aim.id
                      AND e.criterion_id = c.id AND e.withdrawn_at IS NULL
                      AND COALESCE(e.expires_on >= today, true))))
        OR NEW.until IS DISTINCT FROM (
            SELECT min((f ->> 'until')::date) FROM jsonb_array_elements(NEW.facts) f
            WHERE (f ->> 'mandatory')::boolean))
    THEN
        RAISE EXCEPTION 'gate % is passed with a criterion that is not met', NEW.gate_id
            USING ERRCODE = '23514', CONSTRAINT = 'gates_gatedecision_met',
                TABLE = 'gates_gatedecision';
    END IF;
    IF NEW.verb = 'waive' AND NOT NEW.until BETWEEN today + 1 AND today + 366 THEN
        RAISE EXCEPTION 'gate % is waived until no day of the year to come', NEW.gate_id
            USING ERRCODE = '23514', CONSTRAINT = 'gates_gatedecision_waived_for',
                TABLE = 'gates_gatedecision';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER gates_gatedecision_follows BEFORE INSERT ON gates_gatedecision
    FOR EACH ROW EXECUTE FUNCTION gates_gatedecision_follows();
"""
PRODUCTION = """
CREATE FUNCTION gates_production_needs_six() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    closed text;
BEGIN
    -- None of them is reopened meanwhile.
    PERFORM FROM gates_gate g
    WHERE g.tenant_id = NEW.tenant_id AND g.pilot_id = NEW.pilot_id ORDER BY g.id FOR NO KEY UPDATE;
    SELECT string_agg(w.code, ' ' ORDER BY w.n) INTO closed
    FROM unnest(ARRAY['data', 'accuracy', 'failure', 'integration', 'cost', 'ownership'])
        WITH ORDINALITY AS w(code, n)
    LEFT JOIN gates_gate g
      ON g.tenant_id = NEW.tenant_id AND g.pilot_id = NEW.pilot_id AND g.code = w.code
    LEFT JOIN LATERAL (
        SELECT d.state, d.until FROM gates_gatedecision d
        WHERE d.tenant_id = NEW.tenant_id AND d.gate_id = g.id ORDER BY d.number DESC LIMIT 1
    ) d ON true
    WHERE COALESCE(d.state IN ('passed', 'waived'), false) IS FALSE
       OR COALESCE(d.until < NEW.entered_on, false);
    IF closed IS NOT NULL THEN
        RAISE EXCEPTION 'gates neither passed nor waived: %', closed
            USING ERRCODE = '23514', CONSTRAINT = 'gates_production_needs_six',
                TABLE = 'gates_production';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER gates_production_needs_six BEFORE INSERT ON gates_production
    FOR EACH ROW EXECUTE FUNCTION gates_production_needs_six();
"""
EVIDENCE = """
CREATE FUNCTION gates_evidence_fixed() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF OLD.withdrawn_at IS NOT NULL
        OR (to_jsonb(NEW) - ARRAY['withdrawn_at', 'withdrawn_by_id', 'withdrawn_reason'])
            <> (to_jsonb(OLD) - ARRAY['withdrawn_at', 'withdrawn_by_id', 'withdrawn_reason'])
    THEN
        RAISE EXCEPTION 'evidence % is withdrawn once, and never changed', OLD.id
            USING ERRCODE = '23514', CONSTRAINT = 'gates_evidence_fixed', TABLE = 'gates_evidence';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER gates_evidence_fixed BEFORE UPDATE ON gates_evidence
    FOR EACH ROW EXECUTE FUNCTION gates_evidence_fixed();
CREATE TRIGGER gates_evidence_kept BEFORE DELETE ON gates_evidence
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER gates_evidence_no_truncate BEFORE TRUNCATE ON gates_evidence
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
"""
ADDED_ONLY = ("gates_template", "gates_criterion", "gates_gatedecision", "gates_production")
FUNCTIONS = {
    "gates_evidence": ("gates_evidence_fixed",),
    "gates_gatedecision": ("gates_gatedecision_follows",),
    "gates_production": ("gates_production_needs_six",),
}


def create(apps, schema_editor):
    for table in ADDED_ONLY:
        schema_editor.execute(
            f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE ON {table}"
            " FOR EACH ROW EXECUTE FUNCTION refuse_change()"
        )
        schema_editor.execute(
            f"CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table}"
            " FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
        )
    for text in (STEP, PRODUCTION, EVIDENCE):
        schema_editor.execute(text, params=None)


def drop(apps, schema_editor):
    for table in ADDED_ONLY:
        for name in ("append_only", "no_truncate"):
            schema_editor.execute(f"DROP TRIGGER {table}_{name} ON {table}")
    for name in ("kept", "no_truncate"):
        schema_editor.execute(f"DROP TRIGGER gates_evidence_{name} ON gates_evidence")
    for table, functions in FUNCTIONS.items():
        for function in functions:
            schema_editor.execute(f"DROP TRIGGER {function} ON {table}")
            schema_editor.execute(f"DROP FUNCTION {function}()")


class Migration(migrations.Migration):
    dependencies = [("gates", "0001_initial"), ("metrics", "0036_gathered_once")]
    operations = [migrations.RunPython(create, drop)]
