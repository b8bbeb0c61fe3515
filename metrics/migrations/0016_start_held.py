"""The start of a pilot stays while one of its baselines is locked: the measured weeks count from it."""

from django.db import migrations

FORWARD = """
CREATE FUNCTION portfolio_pilot_start_held() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF EXISTS (SELECT FROM metrics_pilotmetric p
               JOIN metrics_baseline b ON b.tenant_id = p.tenant_id AND b.target_row_id = p.id
               WHERE p.tenant_id = OLD.tenant_id AND p.pilot_id = OLD.id
                 AND b.locked_at IS NOT NULL AND b.superseded_at IS NULL)
    THEN
        RAISE EXCEPTION 'a baseline of pilot % is locked', OLD.id
            USING ERRCODE = '23514', CONSTRAINT = 'portfolio_pilot_start_held',
                TABLE = 'portfolio_pilot';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER portfolio_pilot_start_held
    BEFORE UPDATE OF start_date ON portfolio_pilot
    FOR EACH ROW WHEN (OLD.start_date <> NEW.start_date)
    EXECUTE FUNCTION portfolio_pilot_start_held();
"""
BACKWARD = """
DROP TRIGGER portfolio_pilot_start_held ON portfolio_pilot;
DROP FUNCTION portfolio_pilot_start_held();
"""


class Migration(migrations.Migration):
    dependencies = [("metrics", "0015_few_baselines"), ("portfolio", "0002_few_rows")]

    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
