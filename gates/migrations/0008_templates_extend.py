"""A gate begins with a template that asks at least what the product brings, as it brings it."""

from django.db import migrations

from common.tenancy.operations import Guard

EXTENDS = """
CREATE FUNCTION gates_gate_template_extends() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    -- The first version is what the product brings; a company adds to it and takes nothing away.
    IF NOT EXISTS (SELECT FROM gates_template f
            WHERE f.tenant_id = NEW.tenant_id AND f.gate = NEW.code AND f.number = 1)
        OR EXISTS (
            SELECT FROM gates_template f
            JOIN gates_criterion c ON c.tenant_id = f.tenant_id AND c.template_id = f.id
            LEFT JOIN gates_criterion n ON n.tenant_id = NEW.tenant_id
              AND n.template_id = NEW.template_id AND n.code = c.code
            WHERE f.tenant_id = NEW.tenant_id AND f.gate = NEW.code AND f.number = 1
              AND (n.text, n.why, n.check_kind, n.side, n.limit, n.unit, n.fact, n.mandatory,
                    n.valid_days)
                IS DISTINCT FROM (c.text, c.why, c.check_kind, c.side, c.limit, c.unit, c.fact,
                    c.mandatory, c.valid_days))
    THEN
        RAISE EXCEPTION 'gate % asks less than the product does', NEW.id
            USING ERRCODE = '23514', CONSTRAINT = 'gates_gate_template_extends',
                TABLE = 'gates_gate';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER gates_gate_template_extends AFTER INSERT ON gates_gate
    FOR EACH ROW EXECUTE FUNCTION gates_gate_template_extends();
"""


class Migration(migrations.Migration):
    dependencies = [("gates", "0007_what_gates_lack")]
    operations = [Guard("gates_gate_template_extends", EXTENDS)]
