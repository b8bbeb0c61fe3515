"""What operators' commands do as the owner of the tables, where the application role may not."""

from typing import Any

from . import roles


def find_tenant_id(cursor: Any, slug: str) -> int | None:
    """Return the tenant that has a slug, suspended or not; None when none has.

    cursor: of the owner, in a transaction with row security on. The owner sees no tenant before
    one is open, so the lookup role answers.
    """
    cursor.execute("SELECT set_config('role', %s, true)", [roles.LOOKUP])
    cursor.execute("SELECT id FROM tenants_tenant WHERE slug = %s", [slug])
    row = cursor.fetchone()
    cursor.execute("SELECT set_config('role', 'none', true)")
    return None if row is None else int(row[0])
