"""A pilot keeps its time zone while one of its baselines is locked: it says when a week is over.

By another site of the pilot as by another zone of its site.
"""

from django.db import migrations

FORWARD = """
CREATE FUNCTION portfolio_zone_held() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF TG_TABLE_NAME = 'portfolio_pilot' THEN
        IF (SELECT count(DISTINCT s.zone) FROM portfolio_site s
            WHERE s.tenant_id = OLD.tenant_id AND s.id IN (OLD.site_id, NEW.site_id)) < 2
        THEN
            RETURN NEW;
        END IF;
    ELSE
        -- A lock of a baseline holds its pilot: wait for it, and see what it locked.
        PERFORM FROM portfolio_pilot q WHERE q.tenant_id = OLD.tenant_id AND q.site_id = OLD.id
            ORDER BY q.id FOR NO KEY UPDATE;
    END IF;
    IF EXISTS (SELECT FROM portfolio_pilot q
               JOIN metrics_pilotmetric p ON p.tenant_id = q.tenant_id AND p.pilot_id = q.id
               JOIN metrics_baseline b ON b.tenant_id = p.tenant_id AND b.target_row_id = p.id
               WHERE q.tenant_id = OLD.tenant_id
                 AND CASE TG_TABLE_NAME WHEN 'portfolio_pilot' THEN q.id ELSE q.site_id END = OLD.id
                 AND b.locked_at IS NOT NULL AND b.superseded_at IS NULL)
    THEN
        RAISE EXCEPTION 'a baseline is locked in the zone of % %', TG_TABLE_NAME, OLD.id
            USING ERRCODE = '23514', CONSTRAINT = TG_NAME, TABLE = TG_TABLE_NAME;
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER portfolio_pilot_zone_held
    BEFORE UPDATE OF site_id ON portfolio_pilot
    FOR EACH ROW WHEN (OLD.site_id <> NEW.site_id)
    EXECUTE FUNCTION portfolio_zone_held();
CREATE TRIGGER portfolio_site_zone_held
    BEFORE UPDATE OF zone ON portfolio_site
    FOR EACH ROW WHEN (OLD.zone <> NEW.zone)
    EXECUTE FUNCTION portfolio_zone_held();
"""
BACKWARD = """
DROP TRIGGER portfolio_site_zone_held ON portfolio_site;
DROP TRIGGER portfolio_pilot_zone_held ON portfolio_pilot;
DROP FUNCTION portfolio_zone_held();
"""


class Migration(migrations.Migration):
    dependencies = [("metrics", "0019_comparison_held"), ("portfolio", "0002_few_rows")]

    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
