"""The list of tenants for tasks that work for all of them, one at a time."""

from django.db import migrations

from common.tenancy import roles

FUNCTION = """
CREATE FUNCTION list_active_tenants() RETURNS TABLE (tenant_id bigint)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT t.id FROM public.tenants_tenant t WHERE t.suspended_at IS NULL ORDER BY t.id
$$;
"""


def create(apps, schema_editor):
    execute, q = schema_editor.execute, schema_editor.quote_name
    execute(FUNCTION)
    execute("REVOKE ALL ON FUNCTION list_active_tenants() FROM PUBLIC")
    execute(f"GRANT EXECUTE ON FUNCTION list_active_tenants() TO {q(roles.app())}")
    execute(f"ALTER FUNCTION list_active_tenants() OWNER TO {q(roles.LOOKUP)}")


def drop(apps, schema_editor):
    with roles.acting_as(schema_editor, roles.LOOKUP):
        schema_editor.execute("DROP FUNCTION list_active_tenants()")


class Migration(migrations.Migration):
    dependencies = [("tenants", "0002_doors")]
    operations = [migrations.RunPython(create, drop)]
