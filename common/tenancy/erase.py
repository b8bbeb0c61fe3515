"""Deleting one tenant with all it holds: the owner's right alone, for demo tenants.

No application role can do this: their grants lack DELETE, and append-only tables refuse it by
trigger. The owner of the tables lifts those triggers for the length of one transaction.
"""

from django.db import connections, transaction

_TABLES = """
SELECT format('%I.%I', n.nspname, c.relname), a.attname,
    EXISTS (SELECT FROM pg_trigger t WHERE t.tgrelid = c.oid AND NOT t.tgisinternal)
FROM pg_class c
JOIN pg_namespace n ON n.oid = c.relnamespace
JOIN pg_attribute a ON a.attrelid = c.oid AND NOT a.attisdropped
    AND a.attname = CASE WHEN c.relname = 'tenants_tenant' THEN 'id' ELSE 'tenant_id' END
WHERE n.nspname = 'public' AND c.relkind IN ('r', 'p') AND NOT c.relispartition
ORDER BY 1
"""


def erase_demo_tenant(tenant_id: int) -> None:
    """Delete a demo tenant's rows from every table, as the owner, in one transaction.

    Raises ValueError, with nothing deleted, for a tenant that is not a demo.
    """
    with transaction.atomic(using="owner"), connections["owner"].cursor() as cursor:
        cursor.execute("SET LOCAL row_security = on")
        cursor.execute("SELECT set_config('app.tenant_id', %s, true)", [str(tenant_id)])
        cursor.execute("SELECT is_demo FROM tenants_tenant WHERE id = %s", [tenant_id])
        if cursor.fetchone() != (True,):
            raise ValueError(f"tenant {tenant_id} is not a demo")
        cursor.execute(_TABLES)
        tables = cursor.fetchall()
        guarded = [table for table, _, has_triggers in tables if has_triggers]
        for table in guarded:
            cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        # Rows refer to each other in any order; all references are checked once, at the end.
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")
        for table, column, _ in tables:
            # Both names come quoted from the catalogue.
            cursor.execute(f"DELETE FROM {table} WHERE {column} = %s", [tenant_id])  # noqa: S608
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        for table in guarded:
            cursor.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")
