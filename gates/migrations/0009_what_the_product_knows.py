"""A pass is held against what the database itself knows: who led, who operates, what Finance signed."""

from django.db import migrations

from common.tenancy.operations import Guard

KNOWS = """
CREATE FUNCTION gates_gatedecision_knows() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    aim gates_gate;
    broken text;
BEGIN
    IF NEW.verb NOT IN ('pass', 'waive') THEN
        RETURN NULL;
    END IF;
    SELECT g.* INTO aim FROM gates_gate g
    WHERE g.tenant_id = NEW.tenant_id AND g.id = NEW.gate_id;
    broken := CASE
        -- Handing a pilot over makes nobody impartial who led it since it began.
        WHEN EXISTS (SELECT FROM portfolio_pilotparty p
            JOIN portfolio_pilot o ON o.tenant_id = NEW.tenant_id AND o.id = p.pilot_id
            JOIN tenants_membership m ON m.tenant_id = NEW.tenant_id AND m.person_id = p.person_id
            WHERE p.tenant_id = NEW.tenant_id AND p.pilot_id = aim.pilot_id AND p.part = 'lead'
              AND m.id = NEW.member_id
              AND COALESCE((p.ended_at AT TIME ZONE 'UTC')::date >= o.start_date, true))
            THEN 'gates_gatedecision_never_led'
        WHEN NEW.verb = 'waive' THEN NULL
        WHEN aim.code = 'ownership' AND EXISTS (
            SELECT FROM gates_phase_lacks(NEW.tenant_id, aim.pilot_id) l
            WHERE l.output IN ('operator', 'deputy')) THEN 'gates_gatedecision_operated'
        WHEN aim.code = 'cost' AND NOT EXISTS (
            SELECT FROM gates_costsignature s WHERE s.tenant_id = NEW.tenant_id
              AND s.cost_model_id = (SELECT c.id FROM gates_costmodel c
                WHERE c.tenant_id = NEW.tenant_id AND c.pilot_id = aim.pilot_id
                ORDER BY c.number DESC LIMIT 1)) THEN 'gates_gatedecision_cost_signed'
        END;
    IF broken IS NOT NULL THEN
        RAISE EXCEPTION 'gate % is decided against what is known', NEW.gate_id
            USING ERRCODE = '23514', CONSTRAINT = broken, TABLE = 'gates_gatedecision';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER gates_gatedecision_knows AFTER INSERT ON gates_gatedecision
    FOR EACH ROW EXECUTE FUNCTION gates_gatedecision_knows();
"""


class Migration(migrations.Migration):
    dependencies = [("gates", "0006_phases"), ("gates", "0008_templates_extend")]
    operations = [Guard("gates_gatedecision_knows", KNOWS)]
