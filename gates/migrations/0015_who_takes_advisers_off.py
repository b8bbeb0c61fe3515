"""An adviser is taken off a gate by who decides it, by who named them, or by an admin."""

from django.db import migrations

from common.tenancy.operations import Guard

# Who becomes the decider advises no more, whoever named them to decide.
ENDED_BY = """
CREATE FUNCTION gates_adviser_ended_by() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    -- Without an end, and with nobody who made it, it is gates_adviser_ended_whole.
    IF NEW.ended_by_id IS NOT NULL AND NOT EXISTS (
        SELECT FROM gates_gate g
        JOIN tenants_membership m ON m.tenant_id = NEW.tenant_id AND m.id = NEW.ended_by_id
        WHERE g.tenant_id = NEW.tenant_id AND g.id = NEW.gate_id AND m.removed_at IS NULL
          AND (m.id = g.decider_id OR m.id = NEW.named_by_id OR 'admin' = ANY (m.roles)
            OR NEW.member_id = g.decider_id))
    THEN
        RAISE EXCEPTION 'adviser % is not taken off by member %', NEW.id, NEW.ended_by_id
            USING ERRCODE = '23514', CONSTRAINT = 'gates_adviser_ended_by', TABLE = 'gates_adviser';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER gates_adviser_ended_by AFTER UPDATE ON gates_adviser
    FOR EACH ROW EXECUTE FUNCTION gates_adviser_ended_by();
"""


class Migration(migrations.Migration):
    dependencies = [("gates", "0014_last_days")]
    operations = [Guard("gates_adviser_ended_by", ENDED_BY)]
