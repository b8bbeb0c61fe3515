"""Django's PostgreSQL engine with a pool that cleans a connection as it is taken.

One round trip proves that it is alive and that nothing of an earlier request is left on it. Django's
own pool asks twice, before and after each request, the second time in another thread.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import psycopg
from django.db.backends.base.base import NO_DB_ALIAS
from django.db.backends.postgresql import base
from psycopg_pool import ConnectionPool


def clean(connection: psycopg.Connection[Any]) -> None:
    """Leave no tenant and no cursor on a connection; raises psycopg.Error when it is dead."""
    connection.autocommit = True
    connection.execute("SELECT set_config('app.tenant_id', '', false); CLOSE ALL")


class DatabaseWrapper(base.DatabaseWrapper):
    """The engine: `OPTIONS["pool"]` holds the options of the pool, as for Django's."""

    # Django's own, which its types leave out.
    _connection_pools: dict[str, ConnectionPool[Any]]
    _configure_connection: Callable[[psycopg.Connection[Any]], None]

    @property
    def pool(self) -> ConnectionPool[Any] | None:
        """Return this process's pool for the alias; None where none is asked for."""
        options = self.settings_dict["OPTIONS"].get("pool")
        if self.alias == NO_DB_ALIAS or not options:
            return None
        if self.alias not in self._connection_pools:
            pool: ConnectionPool[Any] = ConnectionPool(
                kwargs=self.get_connection_params() | {"autocommit": True},
                open=False,
                configure=self._configure_connection,
                check=clean,
                **options,
            )
            self._connection_pools.setdefault(self.alias, pool)
        return self._connection_pools[self.alias]
