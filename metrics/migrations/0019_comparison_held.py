"""A chosen comparison line stays one: chosen in time, and touched by the pilot at no time."""

from django.db import migrations

FORWARD = """
CREATE FUNCTION portfolio_pilot_line_held() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF EXISTS (SELECT FROM metrics_pilotmetric p
               JOIN metrics_baseline b ON b.tenant_id = p.tenant_id AND b.target_row_id = p.id
               WHERE p.tenant_id = OLD.tenant_id AND p.pilot_id = OLD.id
                 AND b.comparison_id IS NOT NULL AND b.locked_at IS NULL)
    THEN
        RAISE EXCEPTION 'a draft of pilot % has a comparison line', OLD.id
            USING ERRCODE = '23514', CONSTRAINT = 'portfolio_pilot_line_held',
                TABLE = 'portfolio_pilot';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER portfolio_pilot_line_held
    BEFORE UPDATE OF start_date ON portfolio_pilot
    FOR EACH ROW WHEN (NEW.start_date < OLD.start_date)
    EXECUTE FUNCTION portfolio_pilot_line_held();

CREATE FUNCTION metrics_pilotmetric_not_compared() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF EXISTS (SELECT FROM metrics_pilotmetric p
               JOIN metrics_baseline b ON b.tenant_id = p.tenant_id AND b.target_row_id = p.id
               WHERE p.tenant_id = NEW.tenant_id AND p.pilot_id = NEW.pilot_id
                 AND b.comparison_id = NEW.metric_id
                 AND b.locked_at IS NOT NULL AND b.superseded_at IS NULL)
    THEN
        RAISE EXCEPTION 'metric % is a comparison line of pilot %', NEW.metric_id, NEW.pilot_id
            USING ERRCODE = '23514', CONSTRAINT = 'metrics_pilotmetric_not_compared',
                TABLE = 'metrics_pilotmetric';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER metrics_pilotmetric_not_compared
    BEFORE INSERT OR UPDATE OF pilot_id, metric_id, retired_at ON metrics_pilotmetric
    FOR EACH ROW WHEN (NEW.retired_at IS NULL)
    EXECUTE FUNCTION metrics_pilotmetric_not_compared();
"""
BACKWARD = """
DROP TRIGGER metrics_pilotmetric_not_compared ON metrics_pilotmetric;
DROP FUNCTION metrics_pilotmetric_not_compared();
DROP TRIGGER portfolio_pilot_line_held ON portfolio_pilot;
DROP FUNCTION portfolio_pilot_line_held();
"""


class Migration(migrations.Migration):
    dependencies = [("metrics", "0018_coverage_withdrawn"), ("portfolio", "0002_few_rows")]

    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
