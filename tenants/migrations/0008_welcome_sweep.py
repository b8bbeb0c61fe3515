"""Which tenants have a mail to a new member that is due, for the sweep that sends them."""

from django.db import migrations

from common.tenancy import roles

FUNCTION = """
CREATE FUNCTION list_tenants_with_welcomes(p_now timestamptz, p_most_tries int)
RETURNS TABLE (tenant_id bigint)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT DISTINCT m.tenant_id
    FROM public.tenants_membership m
    JOIN public.tenants_tenant t ON t.id = m.tenant_id
    WHERE m.welcome_due_at <= p_now AND m.welcome_tries < p_most_tries AND m.removed_at IS NULL
      AND t.suspended_at IS NULL
    ORDER BY m.tenant_id
$$;
"""
NAME = "list_tenants_with_welcomes(timestamptz, int)"


def create(apps, schema_editor):
    execute, q = schema_editor.execute, schema_editor.quote_name
    execute(FUNCTION)
    execute(f"REVOKE ALL ON FUNCTION {NAME} FROM PUBLIC")
    execute(f"GRANT EXECUTE ON FUNCTION {NAME} TO {q(roles.app())}")
    execute(f"ALTER FUNCTION {NAME} OWNER TO {q(roles.LOOKUP)}")


def drop(apps, schema_editor):
    with roles.acting_as(schema_editor, roles.LOOKUP):
        schema_editor.execute(f"DROP FUNCTION {NAME}")


class Migration(migrations.Migration):
    dependencies = [("tenants", "0007_welcome_due")]
    operations = [migrations.RunPython(create, drop)]
