"""The tenant a unit of work belongs to: a context variable, a transaction and its setting in one.

The database's row-level security reads `app.tenant_id`, which is set for one transaction only. The
context variable lets the ORM refuse loudly where the database would silently show no rows.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from django.db import connections, transaction

_current: ContextVar[int | None] = ContextVar("tenant_id", default=None)


class NoTenantContext(RuntimeError):
    """Tenant data was touched outside `tenant()`, or on another connection than it opened."""


class TenantSwitchRefused(RuntimeError):
    """One unit of work tried to enter a second tenant."""


def current_tenant_id() -> int | None:
    """Return the tenant of this unit of work; None outside one."""
    return _current.get()


def require_tenant_id(using: str = "default") -> int:
    """Return the tenant of this unit of work on this connection.

    Raises NoTenantContext outside `tenant()` and in a thread that only inherited the variable.
    """
    tenant_id = _current.get()
    if tenant_id is None:
        raise NoTenantContext("tenant data was used outside a tenant context")
    if getattr(connections[using], "tenant_id", None) != tenant_id:
        raise NoTenantContext("the tenant context belongs to another connection")
    return tenant_id


@contextmanager
def tenant(tenant_id: int, using: str = "default") -> Iterator[None]:
    """Open one tenant for one unit of work: a durable transaction with the tenant set inside it.

    Entering the same tenant again on the same connection changes nothing.
    Raises TenantSwitchRefused for another tenant, NoTenantContext on another connection.
    """
    active = _current.get()
    if active is not None:
        if active != tenant_id:
            raise TenantSwitchRefused(f"inside tenant {active}, asked for {tenant_id}")
        require_tenant_id(using)
        yield
        return
    with found_tenant("SELECT %s::bigint AS tenant_id", [tenant_id], using=using):
        yield


@contextmanager
def found_tenant(
    query: str, params: Sequence[Any], using: str = "default"
) -> Iterator[dict[str, Any] | None]:
    """Open the tenant that a query finds, in the same statement, and give its row.

    query: returns one row with a column `tenant_id`, or none; then None is given and no tenant is
    open. It is text of our own code, never of a client. This saves a round trip a request.
    """
    connection = connections[using]
    if _current.get() is not None:
        raise TenantSwitchRefused("a tenant is open already")
    with transaction.atomic(using=using, durable=True):
        # In a pipeline the start of the transaction travels with the statement.
        with connection.connection.pipeline(), connection.cursor() as cursor:
            cursor.execute(
                "SELECT set_config('app.tenant_id', found.tenant_id::text, true), found.*"  # noqa: S608  # ours
                f" FROM ({query}) AS found",
                params,
            )
            row = cursor.fetchone()
            names = [column.name for column in cursor.description]
        if row is None:
            yield None
            return
        found = dict(zip(names, row, strict=True))
        with _marked(connection, int(found["tenant_id"])):
            yield found


@contextmanager
def _marked(connection: Any, tenant_id: int) -> Iterator[None]:
    """Remember the tenant on the connection and in the context variable, and forget it after."""
    connection.tenant_id = tenant_id
    token = _current.set(tenant_id)
    try:
        yield
    finally:
        _current.reset(token)
        connection.tenant_id = None
        # Only inside a test's own transaction does the setting outlive this block.
        if len(connection.atomic_blocks) > 1 and not connection.needs_rollback:
            with connection.cursor() as cursor:
                cursor.execute("SELECT set_config('app.tenant_id', '', true)")
