"""The functions that find a tenant before one is open, and the counting of sign-in attempts."""

from django.db import migrations

from common.tenancy import roles
from common.tenancy.operations import Functions, Guard

# The door of a member: one company and the names of all of theirs, and when they last came through
# it.
MEMBERSHIP = """
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
MEMBERSHIPS = """
CREATE FUNCTION list_memberships(p_user bigint) RETURNS TABLE (slug text, name text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT t.slug::text, t.name::text
    FROM public.tenants_membership m
    JOIN public.tenants_tenant t ON t.id = m.tenant_id
    WHERE m.user_id = p_user AND m.removed_at IS NULL AND t.suspended_at IS NULL
$$;
"""
TOKEN = """
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
# For tasks that work for all tenants, one at a time.
ACTIVE = """
CREATE FUNCTION list_active_tenants() RETURNS TABLE (tenant_id bigint)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT t.id FROM public.tenants_tenant t WHERE t.suspended_at IS NULL ORDER BY t.id
$$;
"""
# Who may be entered with one click where DEMO_MODE is on. A user who is, or was, also a member of a
# tenant that is no demo is never listed.
PERSONAS = """
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
# For the sweep that mails new members.
WELCOMES = """
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
# A token that was revoked works never again.
REVOKED = """
CREATE FUNCTION tenants_apitoken_revoked_stays() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    RAISE EXCEPTION 'token % is revoked', OLD.prefix
        USING ERRCODE = '23514', CONSTRAINT = 'tenants_apitoken_revoked_stays',
            TABLE = 'tenants_apitoken';
END $$;
CREATE TRIGGER tenants_apitoken_revoked_stays
    BEFORE UPDATE ON tenants_apitoken
    FOR EACH ROW
    WHEN (OLD.revoked_at IS NOT NULL AND NEW.revoked_at IS DISTINCT FROM OLD.revoked_at)
    EXECUTE FUNCTION tenants_apitoken_revoked_stays();
"""
# The table behind Django's database cache, which counts sign-in attempts.
LIMITS = """
CREATE TABLE tenants_limit (
    cache_key varchar(255) PRIMARY KEY,
    value text NOT NULL,
    expires timestamptz NOT NULL
);
CREATE INDEX tenants_limit_expires ON tenants_limit (expires);
"""


def let_platform_read(apps, schema_editor):
    schema_editor.execute(
        f"GRANT SELECT ON tenants_tenant TO {schema_editor.quote_name(roles.platform())}"
    )


class Migration(migrations.Migration):
    replaces = [
        ("tenants", "0002_doors"),
        ("tenants", "0003_active_tenants"),
        ("tenants", "0004_demo_personas"),
        ("tenants", "0005_sign_in_limits"),
        ("tenants", "0006_token_replaced"),
        ("tenants", "0007_welcome_due"),
        ("tenants", "0008_welcome_sweep"),
        ("tenants", "0009_last_seen"),
        ("tenants", "0010_last_seen_door"),
        ("tenants", "0011_fewer_updates"),
        ("tenants", "0012_monthly_brief"),
    ]
    dependencies = [("tenants", "0001_initial"), ("audit", "0001_initial")]
    operations = [
        migrations.RunSQL(LIMITS, "DROP TABLE tenants_limit"),
        Guard("tenants_apitoken_revoked_stays", REVOKED),
        Functions(
            roles.LOOKUP,
            {
                "find_membership(bigint, text)": MEMBERSHIP,
                "list_memberships(bigint)": MEMBERSHIPS,
                "find_api_token(text)": TOKEN,
                "list_active_tenants()": ACTIVE,
                "list_demo_personas()": PERSONAS,
                "list_tenants_with_welcomes(timestamptz, int)": WELCOMES,
            },
        ),
        migrations.RunPython(let_platform_read, migrations.RunPython.noop),
    ]
