"""Nothing of an archived pilot's change plan changes, and what stands there has a name."""

from django.db import migrations, models

from common.tenancy.operations import Guard

IN_USE = """
CREATE FUNCTION portfolio_planitem_in_use() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    archived timestamptz;
BEGIN
    -- Nobody archives the pilot meanwhile; one that is not there is portfolio_planitem_pilot_fk.
    SELECT p.archived_at INTO archived FROM portfolio_pilot p
    WHERE p.tenant_id = NEW.tenant_id AND p.id = NEW.pilot_id FOR NO KEY UPDATE;
    IF archived IS NOT NULL THEN
        RAISE EXCEPTION 'pilot % is archived, and its change plan stays as it is', NEW.pilot_id
            USING ERRCODE = '23514', CONSTRAINT = 'portfolio_planitem_in_use',
                TABLE = 'portfolio_planitem';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER portfolio_planitem_in_use BEFORE INSERT OR UPDATE ON portfolio_planitem
    FOR EACH ROW EXECUTE FUNCTION portfolio_planitem_in_use();
"""


class Migration(migrations.Migration):
    dependencies = [("portfolio", "0004_load")]
    operations = [
        migrations.RemoveConstraint("planitem", "portfolio_planitem_title"),
        migrations.AddConstraint(
            "planitem",
            models.CheckConstraint(
                condition=models.Q(("title__regex", "\\S")), name="portfolio_planitem_title"
            ),
        ),
        Guard("portfolio_planitem_in_use", IN_USE),
    ]
