"""Names of the database roles.

The three login roles are named by the addresses an installation is given (`DATABASE_URL` and its
sisters); the roles without login are fixed. What each may do: docs/architecture.md, "Roles".
"""

from collections.abc import Iterator
from contextlib import contextmanager

from django.conf import settings
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

LOOKUP = "w12_lookup"
RECOMPUTE = "w12_recompute"
BACKUP = "w12_backup"


def app() -> str:
    """Return the role that web, worker and beat connect as."""
    return str(settings.DATABASES["default"]["USER"])


def owner() -> str:
    """Return the role that owns the tables and runs migrations."""
    return str(settings.DATABASES["owner"]["USER"])


def platform() -> str:
    """Return the role of the platform console."""
    return str(settings.DATABASES["platform"]["USER"])


@contextmanager
def acting_as(schema_editor: BaseDatabaseSchemaEditor, role: str) -> Iterator[None]:
    """Run statements of a migration as a role without login.

    What belongs to such a role can be changed or dropped by nobody else: the owner of the tables
    is a member that inherits nothing. Row-level security binds such a role in any case, and is
    no error to it as it is to the owner.
    """
    schema_editor.execute(f"SET LOCAL ROLE {schema_editor.quote_name(role)}")
    schema_editor.execute("SET LOCAL row_security = on")
    yield
    schema_editor.execute("RESET ROLE")
    schema_editor.execute("RESET row_security")
