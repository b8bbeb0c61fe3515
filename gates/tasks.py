"""Celery entry points of the gates."""

from typing import Any

from django.utils import timezone

from common.tenancy.tasks import send_for_tenant, task
from tenants.queries import list_tenant_ids

from . import actions


@task("gates.sweep", platform=True)
def sweep(**unknown: Any) -> None:
    """Send a look at what every tenant's gates rest on."""
    for tenant_id in list_tenant_ids():
        send_for_tenant("gates.reopen_due", tenant_id)


@task("gates.reopen_due")
def reopen_due(**unknown: Any) -> None:
    """Reopen the tenant's gates whose pass or waiver holds no more."""
    actions.reopen_due(now=timezone.now())


@task("gates.sweep_files", platform=True)
def sweep_files(**unknown: Any) -> None:
    """Send a look at the storage for every tenant."""
    for tenant_id in list_tenant_ids():
        send_for_tenant("gates.check_files", tenant_id)


@task("gates.check_files")
def check_files(**unknown: Any) -> None:
    """Reopen the tenant's gates that rest on a file which the storage has no more."""
    actions.check_files(now=timezone.now())
