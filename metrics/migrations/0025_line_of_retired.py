"""The comparison line in the draft of a retired metric holds no start: nobody could take it out.

That of a metric with another role holds it still: the metric may be judged again.
"""

from django.db import migrations

FUNCTION = """
CREATE OR REPLACE FUNCTION portfolio_pilot_line_held() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF EXISTS (SELECT FROM metrics_pilotmetric p
               JOIN metrics_baseline b ON b.tenant_id = p.tenant_id AND b.target_row_id = p.id
               WHERE p.tenant_id = OLD.tenant_id AND p.pilot_id = OLD.id
                 AND b.comparison_id IS NOT NULL AND b.locked_at IS NULL{})
    THEN
        RAISE EXCEPTION 'a draft of pilot % has a comparison line', OLD.id
            USING ERRCODE = '23514', CONSTRAINT = 'portfolio_pilot_line_held',
                TABLE = 'portfolio_pilot';
    END IF;
    RETURN NEW;
END $$;
"""
FORWARD = FUNCTION.format("\n                 AND p.retired_at IS NULL")
BACKWARD = FUNCTION.format("")


class Migration(migrations.Migration):
    dependencies = [("metrics", "0024_first_wording_open")]

    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
