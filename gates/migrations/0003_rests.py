"""A gate stays the pilot's, what it asks stays, and a step rests on what is there."""

from django.db import migrations, models

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
# The facts of a pass are what its writer tells; the database looks at the evidence itself.
STEP = """
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
# A pass or a waiver that has ended by the database's clock counts on no earlier day either.
PRODUCTION = """
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
FUNCTIONS = {
    "gates_gate_fixed": "gates_gate",
    "gates_gate_of_template": "gates_gate",
    "gates_criterion_before_gates": "gates_criterion",
    "gates_evidence_answers": "gates_evidence",
    "gates_gatedecision_rests": "gates_gatedecision",
    "gates_production_today": "gates_production",
}


def create(apps, schema_editor):
    for text in (GATE, CRITERION, EVIDENCE, STEP, PRODUCTION):
        schema_editor.execute(text, params=None)


def drop(apps, schema_editor):
    for function, table in FUNCTIONS.items():
        schema_editor.execute(f"DROP TRIGGER {function} ON {table}")
        schema_editor.execute(f"DROP FUNCTION {function}()")


class Migration(migrations.Migration):
    dependencies = [("gates", "0002_guards")]
    operations = [
        migrations.AddConstraint(
            model_name="gatedecision",
            constraint=models.CheckConstraint(
                condition=models.Q(("number__gte", 1)), name="gates_gatedecision_number"
            ),
        ),
        migrations.RunPython(create, drop),
    ]
