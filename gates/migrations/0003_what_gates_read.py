"""What the gates read of a pilot: brought in order, signed by Finance, and kept."""

from django.db import migrations

from common.tenancy.operations import Guard, Kept

# Readings, drills and snapshots are only added, and taken back once.
TAKEN_BACK = """
CREATE FUNCTION gates_taken_back_once() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF OLD.withdrawn_at IS NOT NULL
        OR (to_jsonb(NEW) - ARRAY['withdrawn_at', 'withdrawn_by_id', 'withdrawn_reason'])
            <> (to_jsonb(OLD) - ARRAY['withdrawn_at', 'withdrawn_by_id', 'withdrawn_reason'])
    THEN
        RAISE EXCEPTION '% % is taken back once, and never changed', TG_TABLE_NAME, OLD.id
            USING ERRCODE = '23514', CONSTRAINT = TG_TABLE_NAME || '_fixed', TABLE = TG_TABLE_NAME;
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER gates_accuracyreading_fixed BEFORE UPDATE ON gates_accuracyreading
    FOR EACH ROW EXECUTE FUNCTION gates_taken_back_once();
CREATE TRIGGER gates_drill_fixed BEFORE UPDATE ON gates_drill
    FOR EACH ROW EXECUTE FUNCTION gates_taken_back_once();
CREATE TRIGGER gates_datasnapshot_fixed BEFORE UPDATE ON gates_datasnapshot
    FOR EACH ROW EXECUTE FUNCTION gates_taken_back_once();
"""
READING = """
CREATE FUNCTION gates_accuracyreading_by_today() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    -- What counts from a day to come would count for longer than a reading does.
    IF NEW.at > now() + interval '1 day' OR NOT EXISTS (
        SELECT FROM portfolio_pilot p JOIN portfolio_site s
          ON s.tenant_id = p.tenant_id AND s.id = p.site_id
        WHERE p.tenant_id = NEW.tenant_id AND p.id = NEW.pilot_id
          AND NEW.last_day <= (NEW.at AT TIME ZONE s.zone)::date)
    THEN
        RAISE EXCEPTION 'reading % is of a day to come', NEW.id
            USING ERRCODE = '23514', CONSTRAINT = 'gates_accuracyreading_by_today',
                TABLE = 'gates_accuracyreading';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER gates_accuracyreading_by_today AFTER INSERT ON gates_accuracyreading
    FOR EACH ROW EXECUTE FUNCTION gates_accuracyreading_by_today();
"""
COUNT = """
CREATE FUNCTION gates_errorcount_fits() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    most bigint;
BEGIN
    -- Whoever adds another count to the same reading waits.
    SELECT r.decisions INTO most FROM gates_accuracyreading r
    WHERE r.tenant_id = NEW.tenant_id AND r.id = NEW.reading_id FOR NO KEY UPDATE;
    IF most < (SELECT sum(c.errors) FROM gates_errorcount c
        WHERE c.tenant_id = NEW.tenant_id AND c.reading_id = NEW.reading_id)
    THEN
        RAISE EXCEPTION 'reading % has more errors than decisions', NEW.reading_id
            USING ERRCODE = '23514', CONSTRAINT = 'gates_errorcount_fits',
                TABLE = 'gates_errorcount';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER gates_errorcount_fits AFTER INSERT ON gates_errorcount
    FOR EACH ROW EXECUTE FUNCTION gates_errorcount_fits();
"""
DRILL = """
CREATE FUNCTION gates_drill_by_today() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    -- What counts from a day to come would count for longer than a drill does.
    IF NEW.at > now() + interval '1 day' OR NOT EXISTS (
        SELECT FROM gates_failuremode m
        JOIN portfolio_pilot p ON p.tenant_id = m.tenant_id AND p.id = m.pilot_id
        JOIN portfolio_site s ON s.tenant_id = p.tenant_id AND s.id = p.site_id
        WHERE m.tenant_id = NEW.tenant_id AND m.id = NEW.mode_id
          AND NEW.ran_on <= (NEW.at AT TIME ZONE s.zone)::date)
    THEN
        RAISE EXCEPTION 'drill % is of a day to come', NEW.id
            USING ERRCODE = '23514', CONSTRAINT = 'gates_drill_by_today', TABLE = 'gates_drill';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER gates_drill_by_today AFTER INSERT ON gates_drill
    FOR EACH ROW EXECUTE FUNCTION gates_drill_by_today();
"""
SNAPSHOT = """
CREATE FUNCTION gates_datasnapshot_by_today() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    -- What counts from a day to come would count for longer than a snapshot does.
    IF NEW.at > now() + interval '1 day' OR NOT EXISTS (
        SELECT FROM portfolio_pilot p JOIN portfolio_site s
          ON s.tenant_id = p.tenant_id AND s.id = p.site_id
        WHERE p.tenant_id = NEW.tenant_id AND p.id = NEW.pilot_id
          AND NEW.taken_on <= (NEW.at AT TIME ZONE s.zone)::date)
    THEN
        RAISE EXCEPTION 'snapshot % is of a day to come', NEW.id
            USING ERRCODE = '23514', CONSTRAINT = 'gates_datasnapshot_by_today',
                TABLE = 'gates_datasnapshot';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER gates_datasnapshot_by_today AFTER INSERT ON gates_datasnapshot
    FOR EACH ROW EXECUTE FUNCTION gates_datasnapshot_by_today();
"""
# The rows of a pilot's cost wait for each other on the pilot.
COST = """
CREATE FUNCTION gates_costmodel_follows() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    archived timestamptz;
    last integer;
    broken text;
BEGIN
    SELECT p.archived_at INTO archived FROM portfolio_pilot p
    WHERE p.tenant_id = NEW.tenant_id AND p.id = NEW.pilot_id FOR NO KEY UPDATE;
    SELECT COALESCE(max(m.number), 0) INTO last FROM gates_costmodel m
    WHERE m.tenant_id = NEW.tenant_id AND m.pilot_id = NEW.pilot_id AND m.id <> NEW.id;
    broken := CASE
        WHEN archived IS NOT NULL THEN 'gates_costmodel_in_use'
        WHEN NEW.number <> last + 1 THEN 'gates_costmodel_in_order'
        END;
    IF broken IS NOT NULL THEN
        RAISE EXCEPTION 'version % of the cost of pilot % does not follow', NEW.number, NEW.pilot_id
            USING ERRCODE = '23514', CONSTRAINT = broken, TABLE = 'gates_costmodel';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER gates_costmodel_follows AFTER INSERT ON gates_costmodel
    FOR EACH ROW EXECUTE FUNCTION gates_costmodel_follows();
"""
# What is left at three times the unit cost is that of gates/rules/unit_cost.py, in sixtieths.
SIGNATURE = """
CREATE FUNCTION gates_costsignature_may() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    signed gates_costmodel;
    archived timestamptz;
    pays boolean;
    broken text;
BEGIN
    SELECT m.* INTO signed FROM gates_costmodel m
    WHERE m.tenant_id = NEW.tenant_id AND m.id = NEW.cost_model_id;
    SELECT p.archived_at INTO archived FROM portfolio_pilot p
    WHERE p.tenant_id = NEW.tenant_id AND p.id = signed.pilot_id FOR NO KEY UPDATE;
    pays := signed.items_per_day * CASE signed.counted WHEN 'each' THEN signed.sites ELSE 1 END
        * signed.days_per_year * (signed.labour_minutes * signed.hourly_rate
            + (signed.errors_before - signed.errors_after) * 0.06
            - signed.calls_per_item * signed.cost_per_call * 3 * 60)
        - signed.overhead * 60 > 0;
    broken := CASE
        WHEN archived IS NOT NULL THEN 'gates_costsignature_in_use'
        WHEN NOT EXISTS (SELECT FROM tenants_membership m
            WHERE m.tenant_id = NEW.tenant_id AND m.id = NEW.member_id AND m.removed_at IS NULL
              AND 'reviewer' = ANY (m.roles) AND 'finance' = ANY (m.functions))
            THEN 'gates_costsignature_by_finance'
        WHEN EXISTS (SELECT FROM portfolio_pilotparty p
            JOIN tenants_membership m ON m.tenant_id = NEW.tenant_id AND m.person_id = p.person_id
            WHERE p.tenant_id = NEW.tenant_id AND p.pilot_id = signed.pilot_id AND p.part = 'lead'
              AND p.ended_at IS NULL AND m.id = NEW.member_id) THEN 'gates_costsignature_not_by_lead'
        WHEN signed.member_id = NEW.member_id THEN 'gates_costsignature_not_by_author'
        WHEN EXISTS (SELECT FROM gates_costmodel m
            WHERE m.tenant_id = NEW.tenant_id AND m.pilot_id = signed.pilot_id
              AND m.number > signed.number) THEN 'gates_costsignature_newest'
        WHEN NEW.reason = '' AND pays IS NOT TRUE THEN 'gates_costsignature_accepted'
        END;
    IF broken IS NOT NULL THEN
        RAISE EXCEPTION 'cost % is not signed by %', NEW.cost_model_id, NEW.member_id
            USING ERRCODE = '23514', CONSTRAINT = broken, TABLE = 'gates_costsignature';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER gates_costsignature_may AFTER INSERT ON gates_costsignature
    FOR EACH ROW EXECUTE FUNCTION gates_costsignature_may();
"""


class Migration(migrations.Migration):
    replaces = [
        ("gates", "0005_failure_modes"),
        ("gates", "0006_data_snapshots"),
        ("gates", "0007_unit_cost"),
        ("gates", "0008_files"),
    ]
    dependencies = [("gates", "0002_steps")]
    operations = [
        Guard("gates_taken_back_once", TAKEN_BACK),
        Guard("gates_accuracyreading_by_today", READING),
        Guard("gates_errorcount_fits", COUNT),
        Guard("gates_drill_by_today", DRILL),
        Guard("gates_datasnapshot_by_today", SNAPSHOT),
        Guard("gates_costmodel_follows", COST),
        Guard("gates_costsignature_may", SIGNATURE),
        Kept("gates_accuracyreading", "gates_drill", "gates_datasnapshot", append_only=False),
        Kept("gates_errorcount", "gates_costmodel", "gates_costsignature"),
    ]
