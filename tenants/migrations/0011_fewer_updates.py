"""The application role changes no company, of a token only its end and use, and revives none."""

from django.db import migrations

from common.tenancy.constraints import TenantIsolation

FORWARD = """
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
BACKWARD = """
DROP TRIGGER tenants_apitoken_revoked_stays ON tenants_apitoken;
DROP FUNCTION tenants_apitoken_revoked_stays();
"""


class Migration(migrations.Migration):
    dependencies = [("tenants", "0010_last_seen_door")]
    operations = [
        migrations.RemoveConstraint(model_name="tenant", name="tenants_tenant_iso"),
        migrations.AddConstraint(
            model_name="tenant",
            constraint=TenantIsolation(
                name="tenants_tenant_iso", column="id", grants="SELECT", lookup=True
            ),
        ),
        migrations.RemoveConstraint(model_name="apitoken", name="tenants_apitoken_iso"),
        migrations.AddConstraint(
            model_name="apitoken",
            constraint=TenantIsolation(
                name="tenants_apitoken_iso",
                grants="SELECT, INSERT, UPDATE (expires_at, last_used_at, replaced_at, revoked_at)",
                lookup=True,
            ),
        ),
        migrations.RunSQL(FORWARD, BACKWARD),
    ]
