"""A line of a budget stays the pilot's, and who pays confirms its money."""

from django.db import migrations

from common.tenancy.operations import Guard

# A line stays the pilot's; who pays confirms its money, and other money is confirmed anew.
LINE = """
CREATE FUNCTION portfolio_budgetline_confirmed() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    anew boolean := TG_OP = 'INSERT';
    broken text;
BEGIN
    IF TG_OP = 'UPDATE' THEN
        anew := (NEW.funded_at, NEW.funded_by_id) IS DISTINCT FROM (OLD.funded_at, OLD.funded_by_id);
        broken := CASE
            WHEN (NEW.tenant_id, NEW.id, NEW.pilot_id)
                IS DISTINCT FROM (OLD.tenant_id, OLD.id, OLD.pilot_id)
                THEN 'portfolio_budgetline_fixed'
            WHEN NEW.funded_at IS NOT NULL AND NOT anew AND (NEW.planned_money, NEW.phase_class)
                IS DISTINCT FROM (OLD.planned_money, OLD.phase_class)
                THEN 'portfolio_budgetline_anew'
            END;
    END IF;
    IF broken IS NULL AND anew AND NEW.funded_at IS NOT NULL THEN
        broken := CASE
            WHEN NOT EXISTS (SELECT FROM tenants_membership m
                WHERE m.tenant_id = NEW.tenant_id AND m.id = NEW.funded_by_id
                  AND m.removed_at IS NULL AND ('executive' = ANY (m.roles)
                    OR 'sponsor' = ANY (m.roles) AND EXISTS (SELECT FROM portfolio_pilotparty p
                        WHERE p.tenant_id = NEW.tenant_id AND p.pilot_id = NEW.pilot_id
                          AND p.part = 'sponsor' AND p.ended_at IS NULL
                          AND p.person_id = m.person_id)))
                THEN 'portfolio_budgetline_by_who_pays'
            WHEN EXISTS (SELECT FROM portfolio_pilotparty p
                JOIN tenants_membership m
                  ON m.tenant_id = NEW.tenant_id AND m.person_id = p.person_id
                WHERE p.tenant_id = NEW.tenant_id AND p.pilot_id = NEW.pilot_id
                  AND p.part = 'lead' AND p.ended_at IS NULL AND m.id = NEW.funded_by_id)
                THEN 'portfolio_budgetline_not_by_lead'
            END;
    END IF;
    IF broken IS NOT NULL THEN
        RAISE EXCEPTION 'budget line % is not confirmed so', NEW.id
            USING ERRCODE = '23514', CONSTRAINT = broken, TABLE = 'portfolio_budgetline';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER portfolio_budgetline_confirmed AFTER INSERT OR UPDATE ON portfolio_budgetline
    FOR EACH ROW EXECUTE FUNCTION portfolio_budgetline_confirmed();
"""


class Migration(migrations.Migration):
    replaces = [
        ("portfolio", "0002_few_rows"),
        ("portfolio", "0003_code_alike"),
        ("portfolio", "0004_read_outs"),
        ("portfolio", "0005_weekly_review"),
        ("portfolio", "0006_brief_mail"),
        ("portfolio", "0007_budget"),
        ("portfolio", "0008_engagement"),
    ]
    dependencies = [("portfolio", "0001_initial")]
    operations = [
        Guard("portfolio_budgetline_confirmed", LINE),
    ]
