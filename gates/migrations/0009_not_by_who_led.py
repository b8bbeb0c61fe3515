"""Who led a pilot since it began passes and waives none of its gates, and signs none of its costs."""

from django.db import migrations

from common.tenancy.operations import Guard

# Who leads it now is refused by gates_gatedecision_follows and gates_costsignature_may.
LED = """
CREATE FUNCTION gates_not_by_who_led() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    aim uuid;
BEGIN
    IF TG_TABLE_NAME = 'gates_costsignature' THEN
        SELECT m.pilot_id INTO aim FROM gates_costmodel m
        WHERE m.tenant_id = NEW.tenant_id AND m.id = NEW.cost_model_id;
    ELSIF NEW.verb IN ('pass', 'waive') THEN
        SELECT g.pilot_id INTO aim FROM gates_gate g
        WHERE g.tenant_id = NEW.tenant_id AND g.id = NEW.gate_id;
    END IF;
    IF EXISTS (SELECT FROM portfolio_pilotparty p
        JOIN portfolio_pilot a ON a.tenant_id = NEW.tenant_id AND a.id = p.pilot_id
        JOIN tenants_membership m ON m.tenant_id = NEW.tenant_id AND m.person_id = p.person_id
        WHERE p.tenant_id = NEW.tenant_id AND p.pilot_id = aim AND p.part = 'lead'
          AND m.id = NEW.member_id AND (p.ended_at AT TIME ZONE 'UTC')::date >= a.start_date)
    THEN
        RAISE EXCEPTION 'member % led pilot % since it began', NEW.member_id, aim
            USING ERRCODE = '23514', CONSTRAINT = TG_TABLE_NAME || '_not_by_lead',
                TABLE = TG_TABLE_NAME;
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER gates_gatedecision_not_led AFTER INSERT ON gates_gatedecision
    FOR EACH ROW EXECUTE FUNCTION gates_not_by_who_led();
CREATE TRIGGER gates_costsignature_not_led AFTER INSERT ON gates_costsignature
    FOR EACH ROW EXECUTE FUNCTION gates_not_by_who_led();
"""


class Migration(migrations.Migration):
    dependencies = [("gates", "0008_templates_extend"), ("portfolio", "0003_change_plan")]
    operations = [Guard("gates_not_by_who_led", LED)]
