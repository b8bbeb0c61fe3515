"""Celery entry points of the gates."""

from typing import Any
from uuid import UUID

from django.utils import timezone

from common.tenancy.tasks import send_for_tenant, task
from tenants.queries import list_tenant_ids

from . import actions, queries
from .actions import reminders, retraining, watch


@task("gates.sweep", platform=True)
def sweep(**unknown: Any) -> None:
    """Send a look at what every tenant's gates rest on."""
    for tenant_id in list_tenant_ids():
        send_for_tenant("gates.reopen_due", tenant_id)


@task("gates.reopen_due")
def reopen_due(**unknown: Any) -> None:
    """Send a job for each of the tenant's pilots with whose gates something was done."""
    actions.send_begun()


@task("gates.reopen_pilot")
def reopen_pilot(pilot_id: str, **unknown: Any) -> None:
    """Reopen one pilot's gates that hold no more, and keep what each lacks, unless it is archived."""
    pilot = queries.find_pilot(UUID(pilot_id))
    if pilot is not None:
        actions.look_at(pilot=pilot, now=timezone.now())


@task("gates.sweep_files", platform=True)
def sweep_files(**unknown: Any) -> None:
    """Send a look at the storage for every tenant."""
    for tenant_id in list_tenant_ids():
        send_for_tenant("gates.check_files", tenant_id)


@task("gates.check_files")
def check_files(**unknown: Any) -> None:
    """Delete what nobody has in the tenant's storage, and send a look at each pilot's files."""
    actions.sweep_files(now=timezone.now())


@task("gates.check_pilot_files")
def check_pilot_files(pilot_id: str, **unknown: Any) -> None:
    """Reopen one pilot's gates that rest on a file which the storage has no more."""
    pilot = queries.find_pilot(UUID(pilot_id))
    if pilot is not None:
        actions.check_files(pilot=pilot, now=timezone.now())


@task("gates.sweep_triggers", platform=True)
def sweep_triggers(**unknown: Any) -> None:
    """Send a look at the figures that call for training to every tenant."""
    for tenant_id in list_tenant_ids():
        send_for_tenant("gates.judge_triggers", tenant_id)


@task("gates.judge_triggers")
def judge_triggers(**unknown: Any) -> None:
    """Fire the tenant's triggers whose last weeks call for it, and tell of weeks without a figure."""
    now = timezone.now()
    retraining.judge_triggers(now=now)
    watch.tell_missed(now=now)


@task("gates.sweep_reminders", platform=True)
def sweep_reminders(**unknown: Any) -> None:
    """Send a look at what ends and what waits too long to every tenant."""
    for tenant_id in list_tenant_ids():
        send_for_tenant("gates.remind", tenant_id)


@task("gates.remind")
def remind(**unknown: Any) -> None:
    """Remind the tenant's leads of evidence that ends, and deciders of gates that wait too long."""
    reminders.remind(now=timezone.now())
