"""What is asked and decided stays; a step of a gate follows the one before; production needs six."""

from django.db import migrations

from common.tenancy.operations import Guard, Kept

# A gate stays the pilot's, and asks what it asked.
GATE = """
CREATE FUNCTION gates_gate_fixed() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF (NEW.tenant_id, NEW.id, NEW.pilot_id, NEW.code, NEW.template_id)
        IS DISTINCT FROM (OLD.tenant_id, OLD.id, OLD.pilot_id, OLD.code, OLD.template_id)
    THEN
        RAISE EXCEPTION 'gate % stays the pilot''s, and asks what it asked', OLD.id
            USING ERRCODE = '23514', CONSTRAINT = 'gates_gate_fixed', TABLE = 'gates_gate';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER gates_gate_fixed BEFORE UPDATE ON gates_gate
    FOR EACH ROW EXECUTE FUNCTION gates_gate_fixed();
"""
OF_TEMPLATE = """
CREATE FUNCTION gates_gate_of_template() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM gates_template t
        WHERE t.tenant_id = NEW.tenant_id AND t.id = NEW.template_id AND t.gate = NEW.code)
    THEN
        RAISE EXCEPTION 'gate % asks what another one asks', NEW.id
            USING ERRCODE = '23514', CONSTRAINT = 'gates_gate_of_template', TABLE = 'gates_gate';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER gates_gate_of_template AFTER INSERT ON gates_gate
    FOR EACH ROW EXECUTE FUNCTION gates_gate_of_template();
"""
# What a template asks stays from the first gate on that asks it.
CRITERION = """
CREATE FUNCTION gates_criterion_before_gates() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF EXISTS (SELECT FROM gates_gate g
        WHERE g.tenant_id = NEW.tenant_id AND g.template_id = NEW.template_id)
    THEN
        RAISE EXCEPTION 'template % is asked already', NEW.template_id
            USING ERRCODE = '23514', CONSTRAINT = 'gates_criterion_before_gates',
                TABLE = 'gates_criterion';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER gates_criterion_before_gates AFTER INSERT ON gates_criterion
    FOR EACH ROW EXECUTE FUNCTION gates_criterion_before_gates();
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
"""
ANSWERS = """
CREATE FUNCTION gates_evidence_answers() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    asked gates_criterion;
    today date;
    broken text;
BEGIN
    SELECT c.* INTO asked FROM gates_gate g JOIN gates_criterion c
      ON c.tenant_id = NEW.tenant_id AND c.template_id = g.template_id
    WHERE g.tenant_id = NEW.tenant_id AND g.id = NEW.gate_id AND c.id = NEW.criterion_id;
    SELECT (NEW.at AT TIME ZONE s.zone)::date INTO today FROM gates_gate g
    JOIN portfolio_pilot p ON p.tenant_id = NEW.tenant_id AND p.id = g.pilot_id
    JOIN portfolio_site s ON s.tenant_id = NEW.tenant_id AND s.id = p.site_id
    WHERE g.tenant_id = NEW.tenant_id AND g.id = NEW.gate_id;
    broken := CASE
        WHEN asked.id IS NULL OR asked.check_kind = 'fact'
            OR (asked.check_kind = 'number') <> (NEW.kind = 'number') THEN 'gates_evidence_asked'
        WHEN NEW.captured_on > today THEN 'gates_evidence_captured'
        WHEN COALESCE(NEW.expires_on, 'infinity') > NEW.captured_on + asked.valid_days::integer
            THEN 'gates_evidence_valid'
        END;
    IF broken IS NOT NULL THEN
        RAISE EXCEPTION 'evidence % does not answer criterion %', NEW.id, NEW.criterion_id
            USING ERRCODE = '23514', CONSTRAINT = broken, TABLE = 'gates_evidence';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER gates_evidence_answers AFTER INSERT ON gates_evidence
    FOR EACH ROW EXECUTE FUNCTION gates_evidence_answers();
"""
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
# The facts of a pass are what its writer tells; the database looks at the evidence itself.
RESTS = """
CREATE FUNCTION gates_gatedecision_rests() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    aim gates_gate;
    today date;
    met boolean;
    ends date;
BEGIN
    IF NEW.verb NOT IN ('pass', 'waive') THEN
        RETURN NULL;
    END IF;
    IF NEW.at > now() + interval '1 day' THEN
        RAISE EXCEPTION 'gate % is decided on a day to come', NEW.gate_id
            USING ERRCODE = '23514', CONSTRAINT = 'gates_gatedecision_by_now',
                TABLE = 'gates_gatedecision';
    END IF;
    IF NOT EXISTS (SELECT FROM tenants_membership m
        WHERE m.tenant_id = NEW.tenant_id AND m.id = NEW.member_id AND m.removed_at IS NULL
          AND CASE NEW.verb WHEN 'pass' THEN 'reviewer' ELSE 'executive' END = ANY (m.roles))
    THEN
        RAISE EXCEPTION 'gate % is decided by somebody without the role', NEW.gate_id
            USING ERRCODE = '23514', CONSTRAINT = 'gates_gatedecision_by_role',
                TABLE = 'gates_gatedecision';
    END IF;
    IF NEW.verb = 'waive' THEN
        RETURN NULL;
    END IF;
    SELECT g.* INTO aim FROM gates_gate g
    WHERE g.tenant_id = NEW.tenant_id AND g.id = NEW.gate_id;
    SELECT (NEW.at AT TIME ZONE s.zone)::date INTO today FROM portfolio_pilot p
    JOIN portfolio_site s ON s.tenant_id = NEW.tenant_id AND s.id = p.site_id
    WHERE p.tenant_id = NEW.tenant_id AND p.id = aim.pilot_id;
    -- A document holds until the last of its pieces ends; of numbers the newest counts alone.
    -- No criterion at all leaves both without a value.
    SELECT bool_and(COALESCE(CASE c.check_kind
            WHEN 'fact' THEN true
            WHEN 'evidence' THEN e.last >= today
            ELSE n.last >= today AND n.value <> 'NaN' AND CASE c.side
                WHEN 'lt' THEN n.value < c.limit WHEN 'le' THEN n.value <= c.limit
                WHEN 'ge' THEN n.value >= c.limit ELSE n.value > c.limit END
            END, false)),
        min(CASE c.check_kind WHEN 'fact' THEN 'infinity' WHEN 'evidence' THEN e.last
            ELSE n.last END)
    INTO met, ends
    FROM gates_criterion c
    CROSS JOIN LATERAL (SELECT max(COALESCE(p.expires_on, 'infinity')) AS last
        FROM gates_evidence p WHERE p.tenant_id = NEW.tenant_id AND p.gate_id = aim.id
          AND p.criterion_id = c.id AND p.withdrawn_at IS NULL) e
    LEFT JOIN LATERAL (SELECT p.value, COALESCE(p.expires_on, 'infinity') AS last
        FROM gates_evidence p WHERE p.tenant_id = NEW.tenant_id AND p.gate_id = aim.id
          AND p.criterion_id = c.id AND p.withdrawn_at IS NULL
        ORDER BY p.captured_on DESC, p.at DESC, p.id DESC LIMIT 1) n ON true
    WHERE c.tenant_id = NEW.tenant_id AND c.template_id = aim.template_id AND c.mandatory;
    IF met IS NOT TRUE OR COALESCE(NEW.until, 'infinity') > ends THEN
        RAISE EXCEPTION 'gate % is passed on what does not carry it', NEW.gate_id
            USING ERRCODE = '23514', CONSTRAINT = 'gates_gatedecision_rests',
                TABLE = 'gates_gatedecision';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER gates_gatedecision_rests AFTER INSERT ON gates_gatedecision
    FOR EACH ROW EXECUTE FUNCTION gates_gatedecision_rests();
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
# A pass or a waiver that has ended by the database's clock counts on no earlier day either.
TODAY = """
CREATE FUNCTION gates_production_today() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    zone text;
    archived timestamptz;
    broken text;
BEGIN
    SELECT s.zone, p.archived_at INTO zone, archived FROM portfolio_pilot p
    JOIN portfolio_site s ON s.tenant_id = NEW.tenant_id AND s.id = p.site_id
    WHERE p.tenant_id = NEW.tenant_id AND p.id = NEW.pilot_id;
    broken := CASE
        WHEN archived IS NOT NULL THEN 'gates_production_in_use'
        WHEN NEW.entered_on IS DISTINCT FROM (NEW.at AT TIME ZONE zone)::date
            THEN 'gates_production_day'
        WHEN EXISTS (SELECT FROM gates_gate g CROSS JOIN LATERAL (
                SELECT d.until FROM gates_gatedecision d
                WHERE d.tenant_id = NEW.tenant_id AND d.gate_id = g.id
                ORDER BY d.number DESC LIMIT 1) d
            WHERE g.tenant_id = NEW.tenant_id AND g.pilot_id = NEW.pilot_id
              AND d.until < (now() AT TIME ZONE zone)::date) THEN 'gates_production_holds'
        END;
    IF broken IS NOT NULL THEN
        RAISE EXCEPTION 'pilot % does not enter production on %', NEW.pilot_id, NEW.entered_on
            USING ERRCODE = '23514', CONSTRAINT = broken, TABLE = 'gates_production';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER gates_production_today AFTER INSERT ON gates_production
    FOR EACH ROW EXECUTE FUNCTION gates_production_today();
"""


class Migration(migrations.Migration):
    replaces = [
        ("gates", "0002_guards"),
        ("gates", "0003_rests"),
        ("gates", "0004_error_classes"),
    ]
    dependencies = [("gates", "0001_initial"), ("metrics", "0005_commitments")]
    operations = [
        Guard("gates_gate_fixed", GATE),
        Guard("gates_gate_of_template", OF_TEMPLATE),
        Guard("gates_criterion_before_gates", CRITERION),
        Guard("gates_evidence_fixed", EVIDENCE),
        Guard("gates_evidence_answers", ANSWERS),
        Guard("gates_gatedecision_follows", STEP),
        Guard("gates_gatedecision_rests", RESTS),
        Guard("gates_production_needs_six", PRODUCTION),
        Guard("gates_production_today", TODAY),
        Kept("gates_template", "gates_criterion", "gates_gatedecision", "gates_production"),
        Kept("gates_evidence", append_only=False),
    ]
