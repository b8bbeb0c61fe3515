"""Who ever led a pilot confirms none of its money and decides nothing about its load; a lead stays written down."""

from importlib import import_module

from django.db import migrations

from common.tenancy.operations import Guard, Reguarded

LINE = import_module("portfolio.migrations.0002_confirmed_money").LINE
DECIDED = import_module("portfolio.migrations.0004_load").DECIDED
# Neither an end nor a start is asked for any more: another start made an earlier lead forgotten.
LINE_EVER = LINE.replace(
    "AND p.part = 'lead' AND p.ended_at IS NULL AND m.id", "AND p.part = 'lead' AND m.id"
)
DECIDED_EVER = DECIDED.replace(
    """            JOIN portfolio_pilot t ON t.tenant_id = NEW.tenant_id AND t.id = p.pilot_id
""",
    "",
).replace(
    """
              AND (p.ended_at IS NULL OR (p.ended_at AT TIME ZONE 'UTC')::date >= t.start_date)""",
    "",
)
# What the rule is read from is changed by nobody: a lead may end, and stays the lead that it was.
KEPT = """
CREATE FUNCTION portfolio_pilotparty_lead_kept() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF OLD.part = 'lead' AND (NEW.tenant_id, NEW.id, NEW.pilot_id, NEW.person_id, NEW.part)
        IS DISTINCT FROM (OLD.tenant_id, OLD.id, OLD.pilot_id, OLD.person_id, OLD.part)
    THEN
        RAISE EXCEPTION 'lead % stays written down', OLD.id
            USING ERRCODE = '23514', CONSTRAINT = 'portfolio_pilotparty_lead_kept',
                TABLE = 'portfolio_pilotparty';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER portfolio_pilotparty_lead_kept BEFORE UPDATE ON portfolio_pilotparty
    FOR EACH ROW EXECUTE FUNCTION portfolio_pilotparty_lead_kept();
"""


class Migration(migrations.Migration):
    dependencies = [("portfolio", "0006_candidates")]
    operations = [
        Reguarded(before=LINE, after=LINE_EVER),
        Reguarded(before=DECIDED, after=DECIDED_EVER),
        Guard("portfolio_pilotparty_lead_kept", KEPT),
    ]
