"""What a metric means may not change under its measurements, whichever code asks."""

from django.db import migrations

FORWARD = """
CREATE FUNCTION metrics_measured_fixed() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF (OLD.kind, OLD.unit, OLD.direction, OLD.exposure, OLD.zone)
        IS DISTINCT FROM (NEW.kind, NEW.unit, NEW.direction, NEW.exposure, NEW.zone)
       AND EXISTS (SELECT FROM metrics_measurement x
                   WHERE x.tenant_id = OLD.tenant_id AND x.metric_id = OLD.id)
    THEN
        RAISE EXCEPTION 'metric % has measurements', OLD.id
            USING ERRCODE = '23514', CONSTRAINT = 'metrics_metric_measured_fixed',
                TABLE = 'metrics_metric';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER metrics_metric_measured_fixed
    BEFORE UPDATE OF kind, unit, direction, exposure, zone ON metrics_metric
    FOR EACH ROW EXECUTE FUNCTION metrics_measured_fixed();
"""
BACKWARD = """
DROP TRIGGER metrics_metric_measured_fixed ON metrics_metric;
DROP FUNCTION metrics_measured_fixed();
"""


class Migration(migrations.Migration):
    dependencies = [("metrics", "0002_recompute")]

    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
