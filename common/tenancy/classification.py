"""Every table is a tenant's, global or the platform's; one that is neither stops the start.

Tenant tables say so themselves: they have a `tenant_id`, and their `TenantIsolation` says what the
application role may do. All others, and every exception, are listed here.
"""

READ = "SELECT"
WRITE = "SELECT, INSERT, UPDATE"
ALL = "SELECT, INSERT, UPDATE, DELETE"

GLOBAL_TABLES = {
    "account_emailaddress": ALL,
    "account_emailconfirmation": ALL,
    "auth_group": "",
    "auth_group_permissions": "",
    "auth_permission": "",
    "django_content_type": READ,
    "django_migrations": READ,
    "django_session": ALL,
    "tenants_user": WRITE,
    "tenants_heartbeat": WRITE,
    "tenants_limit": ALL,
}

# Tenant tables that no model's TenantIsolation describes, with the rights of the application role.
SQL_TABLES = {
    "audit_event": "SELECT, INSERT",
    "audit_head": "",
}

# The table of the tenants themselves: its key is the tenant.
TENANT_TABLE = "tenants_tenant"

# Tables with a tenant_id that carry no foreign keys (product.md, "Rules of the data").
WITHOUT_FOREIGN_KEYS = {
    "audit_event",
    "audit_head",
    "metrics_measurement",
    "metrics_measurementrevision",
    "metrics_mark",
}

# Columns of tenant tables that are unique over all tenants: random, or not a tenant's own.
GLOBALLY_UNIQUE = {
    "tenants_tenant.slug",
    "tenants_apitoken.prefix",
}

# Functions that run with their owner's rights, each with what it answers; any other is refused at
# start, and so is one that answers otherwise: its database was made by another version.
DEFINER_FUNCTIONS = {
    "audit_chain": "trigger",
    "find_api_token": (
        "TABLE(tenant_id bigint, slug text, tenant_name text, currency text, zone text,"
        " locale text, is_demo boolean, token_id uuid, token_name text, digest bytea,"
        " scopes text[], cidrs text[], last_used_at timestamp with time zone)"
    ),
    "find_membership": (
        "TABLE(tenant_id bigint, slug text, tenant_name text, currency text, zone text,"
        " locale text, is_demo boolean, membership_id uuid, person_id uuid, person_name text,"
        " roles text[], tenants json, last_seen_at timestamp with time zone)"
    ),
    "list_demo_personas": (
        "TABLE(slug text, tenant_name text, membership_id uuid, user_id bigint,"
        " person_name text, job_title text, roles text[])"
    ),
    "list_memberships": "TABLE(slug text, name text)",
    "list_active_tenants": "TABLE(tenant_id bigint)",
    "list_tenants_with_welcomes": "TABLE(tenant_id bigint)",
    "list_marked_tenants": "TABLE(tenant_id bigint, oldest_at timestamp with time zone, marks bigint)",
    "recompute_tenant": "TABLE(marks bigint, weeks bigint, metrics bigint)",
}

# Triggers that must be there and on: they keep what is only ever added, and what
# a figure means.
TRIGGERS = {
    "audit_event.audit_event_chain",
    "audit_event.audit_event_append_only",
    "audit_event.audit_event_no_truncate",
    "metrics_metric.metrics_metric_measured_fixed",
    "metrics_measurementrevision.metrics_measurementrevision_append_only",
    "metrics_measurementrevision.metrics_measurementrevision_no_truncate",
}

# PostgreSQL 18.0 lacks later security fixes (CVE-2025-12817, CVE-2025-12818).
OLDEST_SERVER = 18_00_01
