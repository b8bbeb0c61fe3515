"""Who may be entered with one click where DEMO_MODE is on: members of demo tenants alone."""

from django.db import migrations

from common.tenancy import roles

# A user who is, or was, also a member of a tenant that is no demo is never listed.
FUNCTION = """
CREATE FUNCTION list_demo_personas() RETURNS TABLE (
    slug text, tenant_name text, membership_id uuid, user_id bigint, person_name text,
    job_title text, roles text[]
) LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT t.slug::text, t.name::text, m.id, m.user_id, p.name::text, p.job_title::text,
           m.roles::text[]
    FROM public.tenants_membership m
    JOIN public.tenants_tenant t ON t.id = m.tenant_id
    JOIN public.tenants_person p ON p.tenant_id = m.tenant_id AND p.id = m.person_id
    WHERE t.is_demo AND t.suspended_at IS NULL AND m.removed_at IS NULL
      AND NOT EXISTS (
          SELECT FROM public.tenants_membership o
          JOIN public.tenants_tenant r ON r.id = o.tenant_id
          WHERE o.user_id = m.user_id AND NOT r.is_demo)
$$;
"""


def create(apps, schema_editor):
    execute, q = schema_editor.execute, schema_editor.quote_name
    execute(FUNCTION)
    execute("REVOKE ALL ON FUNCTION list_demo_personas() FROM PUBLIC")
    execute(f"GRANT EXECUTE ON FUNCTION list_demo_personas() TO {q(roles.app())}")
    execute(f"ALTER FUNCTION list_demo_personas() OWNER TO {q(roles.LOOKUP)}")


def drop(apps, schema_editor):
    with roles.acting_as(schema_editor, roles.LOOKUP):
        schema_editor.execute("DROP FUNCTION list_demo_personas()")


class Migration(migrations.Migration):
    dependencies = [("tenants", "0003_active_tenants")]
    operations = [migrations.RunPython(create, drop)]
