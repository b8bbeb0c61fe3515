"""Every table is a tenant's, global or the platform's; one that is neither stops the start.

Tenant tables say so themselves: they have a `tenant_id`. All others are listed here with the
rights of the application role.
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

# Tables with a tenant_id that carry no foreign keys (product.md, "Rules of the data").
WITHOUT_FOREIGN_KEYS = {
    "audit_event",
    "audit_head",
    "metrics_measurement",
    "metrics_measurementrevision",
    "metrics_mark",
}

# Functions that run with their owner's rights; any other is refused at start.
DEFINER_FUNCTIONS = {
    "audit_chain",
    "find_api_token",
    "find_membership",
    "list_demo_personas",
    "list_memberships",
    "list_active_tenants",
    "list_marked_tenants",
    "recompute_tenant",
}
