"""The Celery task class: a message carries its tenant, and the work runs inside it."""

from collections.abc import Callable
from typing import Any

from celery import Task, current_app, shared_task

from .context import NoTenantContext, TenantSwitchRefused, current_tenant_id, tenant

HEADER = "w12_tenant"


class TenantTask(Task):  # type: ignore[type-arg]  # the base is generic in its stubs only
    """Refuses to be sent or run without a tenant, unless declared `platform=True`.

    platform: the task works for no tenant (it lists tenants and sends one task for each).
    atomic: False for tasks that call the outside; they open `tenant()` around each database step.
    """

    abstract = True
    platform = False
    atomic = True

    def apply_async(
        self,
        args: Any = None,
        kwargs: Any = None,
        *rest: Any,
        tenant_id: int | None = None,
        headers: dict[str, Any] | None = None,
        **options: Any,
    ) -> Any:
        """Send the task with the tenant of this unit of work, or the one given outside of one.

        A retry outside of one keeps the tenant of its message.
        """
        headers = dict(headers or {})
        _refuse_switch(tenant_id)
        found = current_tenant_id() or tenant_id or headers.get(HEADER)
        if found is None and not self.platform:
            raise NoTenantContext(f"{self.name} needs a tenant")
        if found is not None:
            headers[HEADER] = found
        return super().apply_async(args, kwargs, *rest, headers=headers, **options)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        if self.platform:
            return super().__call__(*args, **kwargs)
        tenant_id = self.tenant_of_message()
        if not self.atomic:
            return super().__call__(*args, **kwargs)
        with tenant(tenant_id):
            return super().__call__(*args, **kwargs)

    def tenant_of_message(self) -> int:
        """Return the tenant of the message in work; raises NoTenantContext when it has none."""
        found = getattr(self.request, HEADER, None) or (self.request.headers or {}).get(HEADER)
        if not found:
            raise NoTenantContext(f"{self.name} came without a tenant")
        return int(found)


def task(
    name: str, *, platform: bool = False, atomic: bool = True, **options: Any
) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Register a function as a task under a name; platform and atomic as in TenantTask.

    options: Celery's own, such as those of a retry.
    """
    register: Any = shared_task(name=name, platform=platform, atomic=atomic, **options)
    return register  # type: ignore[no-any-return]  # a Task is called like its function


def send_for_tenant(name: str, tenant_id: int, **ids: Any) -> None:
    """Send a task by name for one tenant. Raises OperationalError when the broker is away.

    Raises TenantSwitchRefused inside another tenant.
    """
    _refuse_switch(tenant_id)
    current_app.send_task(name, kwargs=ids, headers={HEADER: tenant_id})


def _refuse_switch(tenant_id: int | None) -> None:
    """Let nobody inside one tenant make work for another."""
    if tenant_id is not None and current_tenant_id() not in {None, tenant_id}:
        raise TenantSwitchRefused(f"inside tenant {current_tenant_id()}, sent for {tenant_id}")
