"""What happens around `migrate`.

Under FORCE row-level security the owner sees no rows outside a tenant, so a foreign key added by
the owner would be checked against nothing, and a data migration would change nothing. So FORCE is
lifted while migrations run (the application role stays bound all the time) and put back
afterwards, also when a migration failed. Both hooks belong to `tenants`: Django sends these
signals only for apps that have models.
"""

from typing import Any

from django.db import connections

from . import classification, roles

_SECURED = """
SELECT format('%I.%I', n.nspname, c.relname)
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = 'public' AND c.relkind IN ('r', 'p') AND c.relrowsecurity
ORDER BY 1
"""


def lift_force(sender: object, using: str, **kwargs: Any) -> None:
    """Let the owner see all rows while migrations run."""
    if using == "owner":
        _each_secured(using, "ALTER TABLE {} NO FORCE ROW LEVEL SECURITY")


def lock(sender: object, using: str, **kwargs: Any) -> None:
    """Bind the owner again and give the application role its rights on the global tables."""
    if using == "owner":
        force(using)
        _grant_global_tables()


def force(using: str) -> None:
    """Bind the owner to row-level security again."""
    _each_secured(using, "ALTER TABLE {} FORCE ROW LEVEL SECURITY")


def _each_secured(using: str, statement: str) -> None:
    with connections[using].cursor() as cursor:
        cursor.execute(_SECURED)
        for (table,) in cursor.fetchall():
            cursor.execute(statement.format(table))


def _grant_global_tables() -> None:
    connection = connections["owner"]
    q = connection.ops.quote_name
    with connection.cursor() as cursor:
        present = set(connection.introspection.table_names(cursor))
        for table, rights in classification.GLOBAL_TABLES.items():
            if table in present:
                cursor.execute(f"REVOKE ALL ON {q(table)} FROM PUBLIC, {q(roles.app())}")
                if rights:
                    cursor.execute(f"GRANT {rights} ON {q(table)} TO {q(roles.app())}")
