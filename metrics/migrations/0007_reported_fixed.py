"""A reported day is a zero of its metric: what the metric means may not change under it either."""

from django.db import migrations

FUNCTION = """
CREATE OR REPLACE FUNCTION metrics_measured_fixed() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF (OLD.kind, OLD.unit, OLD.direction, OLD.exposure, OLD.zone)
        IS DISTINCT FROM (NEW.kind, NEW.unit, NEW.direction, NEW.exposure, NEW.zone)
       AND (EXISTS (SELECT FROM metrics_measurement x
                    WHERE x.tenant_id = OLD.tenant_id AND x.metric_id = OLD.id){coverage})
    THEN
        RAISE EXCEPTION 'metric % has measurements', OLD.id
            USING ERRCODE = '23514', CONSTRAINT = 'metrics_metric_measured_fixed',
                TABLE = 'metrics_metric';
    END IF;
    RETURN NEW;
END $$;
"""
COVERAGE = """
            OR EXISTS (SELECT FROM metrics_coverage v
                       WHERE v.tenant_id = OLD.tenant_id AND v.metric_id = OLD.id)"""


class Migration(migrations.Migration):
    dependencies = [("metrics", "0006_summary_last_source")]

    operations = [
        migrations.RunSQL(
            FUNCTION.replace("{coverage}", COVERAGE), FUNCTION.replace("{coverage}", "")
        )
    ]
