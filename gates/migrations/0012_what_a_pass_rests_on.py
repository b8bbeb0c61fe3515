"""A pass is held against what the database knows: who ever led, who operates, what was tried and signed."""

from importlib import import_module

from django.db import migrations

from common.tenancy.operations import Guard, Reguarded

LED = import_module("gates.migrations.0009_not_by_who_led").LED
STEP = import_module("gates.migrations.0006_phases").STEP
# Neither an end nor a start is asked for any more: another start made an earlier lead forgotten.
LED_EVER = (
    LED.replace(
        """        JOIN portfolio_pilot a ON a.tenant_id = NEW.tenant_id AND a.id = p.pilot_id
""",
        "",
    )
    .replace(" AND (p.ended_at AT TIME ZONE 'UTC')::date >= a.start_date)", ")")
    .replace("led pilot % since it began", "led pilot %")
)
STEP_EVER = STEP.replace(
    """
              AND (p.ended_at IS NULL OR (p.ended_at AT TIME ZONE 'UTC')::date >= aim.start_date)""",
    "",
)
ADVISERS = import_module("gates.migrations.0011_advisers")
LEADS_EVER = ADVISERS.LEADS.replace(
    """
            JOIN portfolio_pilot a ON a.tenant_id = NEW.tenant_id AND a.id = p.pilot_id""",
    "",
).replace(
    """
              AND (p.ended_at IS NULL OR (p.ended_at AT TIME ZONE 'UTC')::date >= a.start_date))""",
    ")",
)
MAY_EVER = ADVISERS.MAY.replace(ADVISERS.LEADS, LEADS_EVER)
ADVICE_EVER = ADVISERS.ADVICE.replace(ADVISERS.LEADS, LEADS_EVER)
# The facts of a pass are what its writer tells; of those below the database knows itself.
KNOWS = """
CREATE FUNCTION gates_gatedecision_knows() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    aim gates_gate;
    site_zone text;
    today date;
    asked text[];
    broken text;
BEGIN
    IF NEW.verb <> 'pass' THEN
        RETURN NULL;
    END IF;
    SELECT g.* INTO aim FROM gates_gate g
    WHERE g.tenant_id = NEW.tenant_id AND g.id = NEW.gate_id;
    -- Nobody hands over, tries a fallback or writes another cost meanwhile.
    SELECT s.zone, (NEW.at AT TIME ZONE s.zone)::date INTO site_zone, today FROM portfolio_pilot p
    JOIN portfolio_site s ON s.tenant_id = NEW.tenant_id AND s.id = p.site_id
    WHERE p.tenant_id = NEW.tenant_id AND p.id = aim.pilot_id FOR NO KEY UPDATE OF p;
    asked := ARRAY(SELECT c.fact FROM gates_criterion c
        WHERE c.tenant_id = NEW.tenant_id AND c.template_id = aim.template_id
          AND c.check_kind = 'fact' AND c.mandatory);
    broken := CASE
        WHEN EXISTS (SELECT FROM gates_phase_lacks(NEW.tenant_id, aim.pilot_id) l
            WHERE l.output || '_named' = ANY (asked)) THEN 'gates_gatedecision_operated'
        WHEN 'cost_signed' = ANY (asked) AND NOT EXISTS (
            SELECT FROM gates_costsignature s
            WHERE s.tenant_id = NEW.tenant_id AND s.cost_model_id = (
                SELECT c.id FROM gates_costmodel c
                WHERE c.tenant_id = NEW.tenant_id AND c.pilot_id = aim.pilot_id
                ORDER BY c.number DESC LIMIT 1)) THEN 'gates_gatedecision_signed'
        WHEN 'modes_ready' = ANY (asked) AND (
            NOT ARRAY['wrong', 'unsure', 'late', 'silent'] <@ ARRAY(
                SELECT m.kind::text FROM gates_failuremode m
                WHERE m.tenant_id = NEW.tenant_id AND m.pilot_id = aim.pilot_id
                  AND m.archived_at IS NULL)
            OR EXISTS (SELECT FROM gates_failuremode m
                LEFT JOIN tenants_membership r ON r.tenant_id = NEW.tenant_id
                  AND r.id = m.receiver_id AND r.removed_at IS NULL
                WHERE m.tenant_id = NEW.tenant_id AND m.pilot_id = aim.pilot_id
                  AND m.archived_at IS NULL
                  AND ('' IN (m.noticed, m.threshold, m.fallback) OR r.id IS NULL)))
            THEN 'gates_gatedecision_ready'
        -- A drill counts for 90 days, an answered trial for 365; no pass holds longer than they do.
        WHEN 'retraining_ready' = ANY (asked) AND NOT EXISTS (
            SELECT FROM gates_retrainingtrigger t
            JOIN tenants_membership r ON r.tenant_id = NEW.tenant_id AND r.id = t.receiver_id
            JOIN gates_triggerfiring f ON f.tenant_id = NEW.tenant_id AND f.trigger_id = t.id
            WHERE t.tenant_id = NEW.tenant_id AND t.pilot_id = aim.pilot_id
              AND t.archived_at IS NULL AND r.removed_at IS NULL
              AND f.trigger_version = t.version AND f.member_id IS NOT NULL
              AND (f.answered_at AT TIME ZONE site_zone)::date + 365
                >= GREATEST(today, COALESCE(NEW.until, 'infinity')))
            THEN 'gates_gatedecision_trained'
        WHEN 'modes_drilled' = ANY (asked) AND EXISTS (
            SELECT FROM gates_failuremode m
            LEFT JOIN LATERAL (SELECT t.* FROM gates_drill t
                WHERE t.tenant_id = NEW.tenant_id AND t.mode_id = m.id AND t.withdrawn_at IS NULL
                ORDER BY t.ran_on DESC, t.at DESC, t.id DESC LIMIT 1) d ON true
            WHERE m.tenant_id = NEW.tenant_id AND m.pilot_id = aim.pilot_id
              AND m.archived_at IS NULL
              AND (d.held AND d.ran_on + 90 >= GREATEST(today, COALESCE(NEW.until, 'infinity'))
                AND (d.noticed, d.threshold, d.fallback) = (m.noticed, m.threshold, m.fallback))
                IS NOT TRUE) THEN 'gates_gatedecision_drilled'
        END;
    IF broken IS NOT NULL THEN
        RAISE EXCEPTION 'gate % is passed against what is known', NEW.gate_id
            USING ERRCODE = '23514', CONSTRAINT = broken, TABLE = 'gates_gatedecision';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER gates_gatedecision_knows AFTER INSERT ON gates_gatedecision
    FOR EACH ROW EXECUTE FUNCTION gates_gatedecision_knows();
"""
# Who brings a drill or takes it back is there; nothing is tried for what is put aside.
DRILL = """
CREATE FUNCTION gates_drill_may() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    mode gates_failuremode;
    archived timestamptz;
    broken text;
BEGIN
    -- Another one that is not there is gates_drill_mode_fk.
    SELECT m.* INTO mode FROM gates_failuremode m
    WHERE m.tenant_id = NEW.tenant_id AND m.id = NEW.mode_id;
    SELECT p.archived_at INTO archived FROM portfolio_pilot p
    WHERE p.tenant_id = NEW.tenant_id AND p.id = mode.pilot_id FOR NO KEY UPDATE;
    broken := CASE
        WHEN archived IS NOT NULL OR TG_OP = 'INSERT' AND mode.archived_at IS NOT NULL
            THEN 'gates_drill_in_use'
        WHEN EXISTS (SELECT FROM tenants_membership m
            WHERE m.tenant_id = NEW.tenant_id AND m.removed_at IS NOT NULL
              AND m.id = COALESCE(NEW.withdrawn_by_id, NEW.member_id)) THEN 'gates_drill_by_member'
        END;
    IF broken IS NOT NULL THEN
        RAISE EXCEPTION 'drill % is not kept so', NEW.id
            USING ERRCODE = '23514', CONSTRAINT = broken, TABLE = 'gates_drill';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER gates_drill_may AFTER INSERT OR UPDATE ON gates_drill
    FOR EACH ROW EXECUTE FUNCTION gates_drill_may();
"""


class Migration(migrations.Migration):
    dependencies = [
        ("gates", "0011_advisers"),
        ("portfolio", "0007_who_ever_led"),
    ]
    operations = [
        Reguarded(before=LED, after=LED_EVER),
        Reguarded(before=STEP, after=STEP_EVER),
        Reguarded(before=ADVISERS.MAY, after=MAY_EVER),
        Reguarded(before=ADVISERS.ADVICE, after=ADVICE_EVER),
        Guard("gates_gatedecision_knows", KNOWS),
        Guard("gates_drill_may", DRILL),
    ]
