"""The door of a member also says when they last came through it."""

from django.db import migrations

from common.tenancy import roles

NAME = "find_membership(bigint, text)"
AFTER = """
CREATE FUNCTION find_membership(p_user bigint, p_slug text) RETURNS TABLE (
    tenant_id bigint, slug text, tenant_name text, currency text, zone text, locale text,
    is_demo boolean, membership_id uuid, person_id uuid, person_name text, roles text[],
    tenants json, last_seen_at timestamptz
) LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    WITH mine AS MATERIALIZED (
        SELECT t.id AS tenant_id, t.slug::text, t.name::text, t.currency::text, t.zone::text,
               t.locale::text, t.is_demo, m.id, m.person_id, m.roles::text[],
               m.last_seen_at
        FROM public.tenants_membership m
        JOIN public.tenants_tenant t ON t.id = m.tenant_id
        WHERE m.user_id = p_user AND m.removed_at IS NULL AND t.suspended_at IS NULL
    )
    SELECT m.tenant_id, m.slug, m.name, m.currency, m.zone, m.locale, m.is_demo,
           m.id, p.id, p.name::text, m.roles,
           (SELECT json_agg(json_build_object('slug', slug, 'name', name) ORDER BY name, slug)
            FROM mine),
           m.last_seen_at
    FROM mine m
    JOIN public.tenants_person p ON p.tenant_id = m.tenant_id AND p.id = m.person_id
    WHERE m.slug = p_slug
$$;
"""
BEFORE = """
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
"""


def replace(schema_editor, function):
    execute, q = schema_editor.execute, schema_editor.quote_name
    with roles.acting_as(schema_editor, roles.LOOKUP):
        execute(f"DROP FUNCTION {NAME}")
    execute(function)
    execute(f"REVOKE ALL ON FUNCTION {NAME} FROM PUBLIC")
    execute(f"GRANT EXECUTE ON FUNCTION {NAME} TO {q(roles.app())}")
    execute(f"ALTER FUNCTION {NAME} OWNER TO {q(roles.LOOKUP)}")


def forwards(apps, schema_editor):
    replace(schema_editor, AFTER)


def backwards(apps, schema_editor):
    replace(schema_editor, BEFORE)


class Migration(migrations.Migration):
    dependencies = [("tenants", "0009_last_seen")]
    operations = [migrations.RunPython(forwards, backwards)]
