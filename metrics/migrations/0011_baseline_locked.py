"""A locked baseline stays as it is, and so does the target it was locked with."""

from django.db import migrations

FORWARD = """
CREATE FUNCTION metrics_baseline_locked_fixed() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    may_move constant text[] := '{superseded_by_id,superseded_at,superseded_reason,version}';
BEGIN
    IF TG_OP = 'DELETE' OR OLD.superseded_at IS NOT NULL
        OR to_jsonb(OLD) - may_move <> to_jsonb(NEW) - may_move
    THEN
        RAISE EXCEPTION 'baseline % is locked', OLD.id
            USING ERRCODE = '23514', CONSTRAINT = 'metrics_baseline_locked_fixed',
                TABLE = 'metrics_baseline';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER metrics_baseline_locked_fixed
    BEFORE UPDATE OR DELETE ON metrics_baseline
    FOR EACH ROW WHEN (OLD.locked_at IS NOT NULL)
    EXECUTE FUNCTION metrics_baseline_locked_fixed();
CREATE TRIGGER metrics_baseline_no_truncate
    BEFORE TRUNCATE ON metrics_baseline
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE FUNCTION metrics_pilotmetric_baseline_held() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF EXISTS (SELECT FROM metrics_baseline b
               WHERE b.tenant_id = OLD.tenant_id AND b.target_row_id = OLD.id
                 AND b.locked_at IS NOT NULL AND b.superseded_at IS NULL)
    THEN
        RAISE EXCEPTION 'the baseline of % is locked', OLD.id
            USING ERRCODE = '23514', CONSTRAINT = 'metrics_pilotmetric_baseline_held',
                TABLE = 'metrics_pilotmetric';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER metrics_pilotmetric_baseline_held
    BEFORE UPDATE OF pilot_id, metric_id, role, comparison, target, agreed_by_id, agreed_at,
        retired_at ON metrics_pilotmetric
    FOR EACH ROW WHEN (
        (OLD.pilot_id, OLD.metric_id, OLD.role, OLD.comparison, OLD.target, OLD.agreed_by_id,
            OLD.agreed_at, OLD.retired_at)
        IS DISTINCT FROM (NEW.pilot_id, NEW.metric_id, NEW.role, NEW.comparison, NEW.target,
            NEW.agreed_by_id, NEW.agreed_at, NEW.retired_at))
    EXECUTE FUNCTION metrics_pilotmetric_baseline_held();
"""
BACKWARD = """
DROP TRIGGER metrics_pilotmetric_baseline_held ON metrics_pilotmetric;
DROP FUNCTION metrics_pilotmetric_baseline_held();
DROP TRIGGER metrics_baseline_no_truncate ON metrics_baseline;
DROP TRIGGER metrics_baseline_locked_fixed ON metrics_baseline;
DROP FUNCTION metrics_baseline_locked_fixed();
"""


class Migration(migrations.Migration):
    dependencies = [("metrics", "0010_baseline")]

    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
