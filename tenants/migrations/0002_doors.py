"""The functions that find a tenant before one is open, and composite keys that need both tables."""

from django.db import migrations

from common.tenancy import roles

FUNCTIONS = """
CREATE FUNCTION find_membership(p_user bigint, p_slug text) RETURNS TABLE (
    tenant_id bigint, slug text, tenant_name text, currency text, zone text, locale text,
    is_demo boolean, membership_id uuid, person_id uuid, person_name text, roles text[],
    tenants json
) LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    WITH mine AS MATERIALIZED (
        SELECT t.id AS tenant_id, t.slug::text, t.name::text, t.currency::text, t.zone::text,
               t.locale::text, t.is_demo, m.id, m.person_id, m.roles::text[]
        FROM public.tenants_membership m
        JOIN public.tenants_tenant t ON t.id = m.tenant_id
        WHERE m.user_id = p_user AND m.removed_at IS NULL AND t.suspended_at IS NULL
    )
    SELECT m.tenant_id, m.slug, m.name, m.currency, m.zone, m.locale, m.is_demo,
           m.id, p.id, p.name::text, m.roles,
           (SELECT json_agg(json_build_object('slug', slug, 'name', name) ORDER BY name, slug)
            FROM mine)
    FROM mine m
    JOIN public.tenants_person p ON p.tenant_id = m.tenant_id AND p.id = m.person_id
    WHERE m.slug = p_slug
$$;

CREATE FUNCTION list_memberships(p_user bigint) RETURNS TABLE (slug text, name text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT t.slug::text, t.name::text
    FROM public.tenants_membership m
    JOIN public.tenants_tenant t ON t.id = m.tenant_id
    WHERE m.user_id = p_user AND m.removed_at IS NULL AND t.suspended_at IS NULL
$$;

CREATE FUNCTION find_api_token(p_prefix text) RETURNS TABLE (
    tenant_id bigint, slug text, tenant_name text, currency text, zone text, locale text,
    is_demo boolean, token_id uuid, token_name text, digest bytea, scopes text[], cidrs text[],
    last_used_at timestamptz
) LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT t.id, t.slug::text, t.name::text, t.currency::text, t.zone::text, t.locale::text,
           t.is_demo, a.id, a.name::text, a.digest, a.scopes::text[], a.cidrs::text[],
           a.last_used_at
    FROM public.tenants_apitoken a
    JOIN public.tenants_tenant t ON t.id = a.tenant_id
    WHERE a.prefix = p_prefix AND a.revoked_at IS NULL AND a.expires_at > now()
      AND t.suspended_at IS NULL
$$;
"""

NAMES = (
    "find_membership(bigint, text)",
    "list_memberships(bigint)",
    "find_api_token(text)",
)


def create(apps, schema_editor):
    execute, q = schema_editor.execute, schema_editor.quote_name
    execute(FUNCTIONS)
    for name in NAMES:
        # The rights come before the new owner: after it this role may not change them any more.
        execute(f"REVOKE ALL ON FUNCTION {name} FROM PUBLIC")
        execute(f"GRANT EXECUTE ON FUNCTION {name} TO {q(roles.app())}")
        execute(f"ALTER FUNCTION {name} OWNER TO {q(roles.LOOKUP)}")
    execute(f"GRANT SELECT ON tenants_tenant TO {q(roles.platform())}")


def drop(apps, schema_editor):
    with roles.acting_as(schema_editor, roles.LOOKUP):
        for name in NAMES:
            schema_editor.execute(f"DROP FUNCTION {name}")


class Migration(migrations.Migration):
    dependencies = [("tenants", "0001_initial"), ("audit", "0001_initial")]
    operations = [migrations.RunPython(create, drop)]
