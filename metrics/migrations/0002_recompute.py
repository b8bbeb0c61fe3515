"""The list of tenants with marks, and the append-only revisions."""

from django.db import migrations

from common.tenancy import roles

MARKED = """
CREATE FUNCTION list_marked_tenants(p_limit integer)
RETURNS TABLE (tenant_id bigint, oldest_at timestamptz, marks bigint)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT m.tenant_id, min(m.made_at), count(*)
    FROM public.metrics_mark m
    GROUP BY m.tenant_id ORDER BY min(m.made_at), m.tenant_id LIMIT p_limit
$$;
"""

APPEND_ONLY = """
CREATE TRIGGER metrics_measurementrevision_append_only
    BEFORE UPDATE OR DELETE ON metrics_measurementrevision
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER metrics_measurementrevision_no_truncate
    BEFORE TRUNCATE ON metrics_measurementrevision
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
-- Index-only reads of a metric-week need a fresh visibility map.
ALTER TABLE metrics_measurement SET (
    autovacuum_vacuum_insert_scale_factor = 0.02, autovacuum_vacuum_insert_threshold = 5000);
ALTER TABLE metrics_mark SET (
    autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 2000);
"""

NAME = "list_marked_tenants(integer)"


def create(apps, schema_editor):
    execute, q = schema_editor.execute, schema_editor.quote_name
    execute(MARKED)
    execute(APPEND_ONLY)
    # The rights come before the new owner: after it this role may not change them any more.
    execute(f"REVOKE ALL ON FUNCTION {NAME} FROM PUBLIC")
    execute(f"GRANT EXECUTE ON FUNCTION {NAME} TO {q(roles.app())}")
    execute(f"ALTER FUNCTION {NAME} OWNER TO {q(roles.LOOKUP)}")


def drop(apps, schema_editor):
    with roles.acting_as(schema_editor, roles.LOOKUP):
        schema_editor.execute(f"DROP FUNCTION {NAME}")
    for name in ("append_only", "no_truncate"):
        schema_editor.execute(
            f"DROP TRIGGER metrics_measurementrevision_{name} ON metrics_measurementrevision"
        )


class Migration(migrations.Migration):
    dependencies = [("metrics", "0001_initial"), ("audit", "0001_initial")]
    operations = [migrations.RunPython(create, drop)]
