"""Celery entry points of metrics."""

from typing import Any

from celery import shared_task

from common.tenancy.tasks import send_for_tenant

from . import queries
from .actions import recompute as recompute_actions


@shared_task(name="metrics.recompute")
def recompute(**unknown: Any) -> None:
    """Bring the tenant's snapshots up to date."""
    recompute_actions.recompute()


@shared_task(name="metrics.sweep_marks", platform=True)
def sweep_marks(**unknown: Any) -> None:
    """Send a recompute for every tenant with marks, oldest first: the guarantee behind wake-ups."""
    for tenant_id in queries.list_marked_tenants():
        send_for_tenant("metrics.recompute", tenant_id)
