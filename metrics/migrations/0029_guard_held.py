"""An agreed guard stays while a baseline of its pilot is locked: the read-out judges by it too."""

from django.db import migrations

FUNCTION = """
CREATE OR REPLACE FUNCTION metrics_pilotmetric_baseline_held() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF EXISTS (SELECT FROM metrics_baseline b
               WHERE b.tenant_id = OLD.tenant_id AND {}
                 AND b.locked_at IS NOT NULL AND b.superseded_at IS NULL)
    THEN
        RAISE EXCEPTION 'the baseline of % is locked', OLD.id
            USING ERRCODE = '23514', CONSTRAINT = 'metrics_pilotmetric_baseline_held',
                TABLE = 'metrics_pilotmetric';
    END IF;
    RETURN NEW;
END $$;
"""
OWN = "b.target_row_id = OLD.id"
OF_PILOT = """(b.target_row_id = OLD.id
                 OR OLD.role = 'guard' AND OLD.agreed_at IS NOT NULL AND b.target_row_id IN (
                   SELECT p.id FROM metrics_pilotmetric p
                   WHERE p.tenant_id = OLD.tenant_id AND p.pilot_id = OLD.pilot_id))"""


class Migration(migrations.Migration):
    dependencies = [("metrics", "0028_freeze_readout")]

    operations = [migrations.RunSQL(FUNCTION.format(OF_PILOT), FUNCTION.format(OWN))]
