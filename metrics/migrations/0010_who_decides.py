"""Who pays agrees, takes note and decides about a pilot, never who leads it or ever led it."""

from django.db import migrations

from common.tenancy.operations import Guard

# portfolio/0007 keeps who ever led it.
DECIDES = """
CREATE FUNCTION metrics_by_who_pays() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    who uuid;
    aim uuid;
    may boolean;
BEGIN
    CASE TG_TABLE_NAME
    WHEN 'metrics_pilotmetric' THEN
        IF TG_OP = 'UPDATE' AND NEW.agreed_by_id IS NOT DISTINCT FROM OLD.agreed_by_id
            AND NEW.agreed_at IS NOT DISTINCT FROM OLD.agreed_at THEN
            RETURN NULL;
        END IF;
        who := NEW.agreed_by_id;
        aim := NEW.pilot_id;
    WHEN 'metrics_pilotoutcome' THEN
        who := NEW.member_id;
        aim := NEW.pilot_id;
    WHEN 'metrics_commitmentdecision' THEN
        who := NEW.member_id;
        SELECT t.pilot_id INTO aim FROM metrics_vendorcommitment c
        JOIN metrics_pilotmetric t ON t.tenant_id = NEW.tenant_id AND t.id = c.target_row_id
        WHERE c.tenant_id = NEW.tenant_id AND c.id = NEW.commitment_id;
    WHEN 'metrics_acknowledgement' THEN
        who := NEW.member_id;
        SELECT t.pilot_id INTO aim FROM metrics_readout r
        JOIN metrics_baseline b ON b.tenant_id = NEW.tenant_id AND b.id = r.baseline_id
        JOIN metrics_pilotmetric t ON t.tenant_id = NEW.tenant_id AND t.id = b.target_row_id
        WHERE r.tenant_id = NEW.tenant_id AND r.id = NEW.read_out_id;
    END CASE;
    SELECT m.removed_at IS NULL AND ('executive' = ANY (m.roles)
            OR 'sponsor' = ANY (m.roles) AND EXISTS (SELECT FROM portfolio_pilotparty p
                WHERE p.tenant_id = NEW.tenant_id AND p.pilot_id = aim
                  AND p.part = 'sponsor' AND p.ended_at IS NULL AND p.person_id = m.person_id))
        AND NOT EXISTS (SELECT FROM portfolio_pilotparty p
            WHERE p.tenant_id = NEW.tenant_id AND p.pilot_id = aim AND p.part = 'lead'
              AND p.person_id = m.person_id)
    INTO may FROM tenants_membership m
    WHERE m.tenant_id = NEW.tenant_id AND m.id = who;
    -- Nobody: nothing is agreed. A member of another company is refused by the key.
    IF may IS FALSE THEN
        RAISE EXCEPTION 'member % does not decide about pilot %', who, aim
            USING ERRCODE = '23514', CONSTRAINT = TG_TABLE_NAME || '_by_who_pays',
                TABLE = TG_TABLE_NAME;
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER metrics_pilotmetric_by_who_pays AFTER INSERT OR UPDATE ON metrics_pilotmetric
    FOR EACH ROW EXECUTE FUNCTION metrics_by_who_pays();
CREATE TRIGGER metrics_pilotoutcome_by_who_pays AFTER INSERT ON metrics_pilotoutcome
    FOR EACH ROW EXECUTE FUNCTION metrics_by_who_pays();
CREATE TRIGGER metrics_commitmentdecision_by_who_pays AFTER INSERT ON metrics_commitmentdecision
    FOR EACH ROW EXECUTE FUNCTION metrics_by_who_pays();
CREATE TRIGGER metrics_acknowledgement_by_who_pays AFTER INSERT ON metrics_acknowledgement
    FOR EACH ROW EXECUTE FUNCTION metrics_by_who_pays();
"""


class Migration(migrations.Migration):
    dependencies = [("metrics", "0009_values"), ("portfolio", "0008_load_things")]
    operations = [Guard("metrics_by_who_pays", DECIDES)]
