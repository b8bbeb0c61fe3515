"""Names of the database roles.

The three login roles are named by the addresses an installation is given (`DATABASE_URL` and its
sisters); the roles without login are fixed. What each may do: docs/architecture.md, "Roles".
"""

from django.conf import settings

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
