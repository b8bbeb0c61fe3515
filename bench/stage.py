"""What every section works with: the servers, a tenant of usual size, and its copies."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import Any

import psycopg

from . import data


@dataclass
class Stage:
    """One run of the bench.

    folder: throwaway. addresses: of the servers, by the settings' names.
    earlier: what a section leaves for a later one.
    """

    folder: Path
    addresses: dict[str, str]
    quick: bool
    rounds: int
    earlier: dict[str, Any] = field(default_factory=dict)
    _made: dict[str, data.Plant] = field(default_factory=dict)

    @cached_property
    def admin(self) -> psycopg.Connection[Any]:
        """A superuser's connection: set-up and reading of statistics only, never measured."""
        url = self.addresses["DATABASE_ADMIN_URL"]
        return psycopg.connect(url, dbname="weektwelve", autocommit=True)

    @cached_property
    def owner(self) -> psycopg.Connection[Any]:
        """A connection of the role that owns the tables."""
        return psycopg.connect(self.addresses["DATABASE_OWNER_URL"], autocommit=True)

    def plant(self, slug: str, *, pilots: int = 12, weeks: int = 25) -> data.Plant:
        """Return a manufacturer of that size, made on first use."""
        if slug not in self._made:
            self._made[slug] = data.make_plant(
                slug, pilots=pilots, weeks=weeks, password=secrets.token_urlsafe(12)
            )
        return self._made[slug]

    def tenants(self) -> int:
        """Return how many tenants the database holds."""
        row = self.admin.execute("SELECT count(*) FROM tenants_tenant").fetchone()
        return int(row[0]) if row else 0

    def fill_up(self, tenants: int) -> None:
        """Copy a plant nobody measures until there are so many tenants; let the planner know."""
        pattern = self.plant("pattern")
        missing = tenants - self.tenants()
        if missing > 0:
            data.clone(self.admin, pattern.tenant_id, missing)
        self.admin.execute("VACUUM ANALYZE")


def now() -> datetime:
    """Return the time that batches are received at."""
    return datetime.now(UTC)


def recent(hours: int) -> datetime:
    """Return an hour of the recent past."""
    at = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
    return at - timedelta(hours=hours)
