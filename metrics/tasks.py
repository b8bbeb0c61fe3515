"""Celery entry points of metrics."""

from typing import Any
from uuid import UUID

from django.utils import timezone

from common.tenancy.tasks import send_for_tenant, task
from tenants import actions as tenants
from tenants.queries import list_tenant_ids

from . import queries
from .actions import commitments, feeds, imports, plans, readouts
from .actions import recompute as recompute_actions
from .queries import verdicts


@task("metrics.recompute")
def recompute(**unknown: Any) -> None:
    """Bring the tenant's snapshots up to date."""
    recompute_actions.recompute()


@task("metrics.sweep_marks", platform=True)
def sweep_marks(**unknown: Any) -> None:
    """Send a recompute for every tenant with marks, oldest first: the guarantee behind wake-ups."""
    for tenant_id in queries.list_marked_tenants():
        send_for_tenant("metrics.recompute", tenant_id)
    tenants.beat_heart(name="sweep")


@task("metrics.check_snapshots", platform=True)
def check_snapshots(**unknown: Any) -> None:
    """Send a check of every tenant's snapshots against what was received."""
    for tenant_id in list_tenant_ids():
        send_for_tenant("metrics.check_tenant", tenant_id)
        send_for_tenant("metrics.plan_drafts", tenant_id)


@task("metrics.check_tenant")
def check_tenant(**unknown: Any) -> None:
    """Mark weeks of the tenant whose snapshots are missing or wrong; the sweep recomputes them."""
    recompute_actions.mark_missing()
    recompute_actions.mark_differing(now=timezone.now())


@task("metrics.plan_baseline")
def plan_baseline(baseline_id: str, **unknown: Any) -> None:
    """Work out what the plan of one draft can see."""
    plans.plan_baseline(baseline_id=UUID(baseline_id), now=timezone.now())


@task("metrics.plan_drafts")
def plan_drafts(**unknown: Any) -> None:
    """Work out each draft's plan that is missing or of another history: what a wake-up missed."""
    for key in verdicts.list_drafts():
        plans.plan_baseline(baseline_id=key, now=timezone.now())


@task("metrics.sweep_expired", platform=True)
def sweep_expired(**unknown: Any) -> None:
    """End what is kept for a time only: sessions here, uploaded files in a task of each tenant."""
    tenants.drop_expired_sessions(now=timezone.now())
    for tenant_id in list_tenant_ids():
        send_for_tenant("metrics.drop_expired_files", tenant_id)


@task("metrics.drop_expired_files")
def drop_expired_files(**unknown: Any) -> None:
    """Forget the tenant's uploaded files whose day is over."""
    imports.drop_expired_files(now=timezone.now())


@task("metrics.sweep_feeds", platform=True)
def sweep_feeds(**unknown: Any) -> None:
    """Send a look at how late every tenant's figures arrive."""
    for tenant_id in list_tenant_ids():
        send_for_tenant("metrics.judge_feeds", tenant_id)


@task("metrics.judge_feeds")
def judge_feeds(**unknown: Any) -> None:
    """Write down which of the tenant's feeds became late, and which are in time again."""
    feeds.look_at_feeds(now=timezone.now())


@task("metrics.sweep_read_outs", platform=True)
def sweep_read_outs(**unknown: Any) -> None:
    """Send every tenant's read-outs whose time has come, and those that corrections changed.

    Vendors' commitments with them: they are judged by the same weeks.
    """
    for tenant_id in list_tenant_ids():
        send_for_tenant("metrics.read_out", tenant_id)
        send_for_tenant("metrics.judge_commitments", tenant_id)


@task("metrics.check_read_outs", platform=True)
def check_read_outs(**unknown: Any) -> None:
    """Send a check of every tenant's kept read-outs against their inputs."""
    for tenant_id in list_tenant_ids():
        send_for_tenant("metrics.check_kept", tenant_id)


@task("metrics.check_kept")
def check_kept(**unknown: Any) -> None:
    """Compute the tenant's kept read-outs again, and tell of those that differ."""
    readouts.check_kept()


@task("metrics.read_out")
def read_out(**unknown: Any) -> None:
    """Send a job for each of the tenant's metrics that has something to read out."""
    readouts.send_due(now=timezone.now())


@task("metrics.read_out_baseline")
def read_out_baseline(baseline_id: str, **unknown: Any) -> None:
    """Read one metric out, unless its baseline was replaced or its pilot archived meanwhile."""
    baseline = verdicts.find_locked(UUID(baseline_id))
    if baseline is not None:
        readouts.read_out(baseline=baseline, now=timezone.now())


@task("metrics.judge_commitments")
def judge_commitments(**unknown: Any) -> None:
    """Judge the tenant's vendors' commitments whose figures are complete or corrected."""
    commitments.judge_due(now=timezone.now())
