"""Loading the demo through the product's own doors, and taking it away again."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from django.db.models import QuerySet

from common import files
from common.errors import Refused
from common.tenancy.context import tenant
from common.tenancy.erase import erase_demo_tenant
from metrics.actions import readouts, recompute
from metrics.models import Measurement, Metric, Source
from metrics.queries import verdicts as metric_verdicts
from portfolio.models import Pilot
from tenants import actions as tenants
from tenants import queries as tenant_queries
from tenants.models import Tenant

from .. import wire as sending
from ..rules import TENANTS, TenantPlan, is_missing
from ..table import Figure, read_figures
from . import around, figures, gates, phases, story, verdicts
from .run import Load, Loaded


def load(*, now: datetime, raw: Path | None = None) -> list[Loaded]:
    """Load both demo tenants as of a moment; what is there already stays as it is.

    raw: folder of the public files, to be sent row by row instead of the table's weekly figures.
    Each tenant is one transaction: a demo is whole or not there. Raises Refused when the product
    refuses a part of the story. Audit: every action's own lines, by `system:demo`.
    """
    table = tuple(read_figures())
    return [_load_tenant(plan, now, raw, table) for plan in TENANTS]


def reset() -> list[str]:
    """Delete both demo tenants with all they hold, as the owner; return their slugs.

    Sign-ins stay: a user may belong to other tenants too.
    """
    found = {slug: tenant_id for slug, tenant_id, is_demo in _tenants() if is_demo}
    slugs = [plan.slug for plan in TENANTS if plan.slug in found]
    for slug in slugs:
        erase_demo_tenant(found[slug])
        with tenant(found[slug]):
            files.drop_all()
    return slugs


def is_wanted() -> bool:
    """Say whether nobody else is here and a part of the demo is missing."""
    return is_missing({slug: _has_pilots(tenant_id) for slug, tenant_id, _ in _tenants()})


def _has_pilots(tenant_id: int) -> bool:
    with tenant(tenant_id):
        return bool(Pilot.objects.exists())


def _tenants() -> list[tuple[str, int, bool]]:
    """Return slug, id and demo mark of every tenant, each read inside itself."""
    found = []
    for tenant_id in tenant_queries.list_tenant_ids():
        with tenant(tenant_id):
            row = Tenant.objects.get(pk=tenant_id)
            found.append((row.slug, tenant_id, row.is_demo))
    return found


def _load_tenant(
    plan: TenantPlan, now: datetime, raw: Path | None, table: tuple[Figure, ...]
) -> Loaded:
    tenant_id, is_demo = {slug: (found, demo) for slug, found, demo in _tenants()}.get(
        plan.slug, (None, True)
    )
    if not is_demo:
        raise Refused(f"A company at {plan.slug} is no demo; the demo leaves it alone.")
    load = Load(plan, now, raw, table, Loaded(plan.slug, is_new=tenant_id is None))
    if tenant_id is None:
        tenant_id = tenants.create_tenant(
            slug=plan.slug,
            name=plan.name,
            currency=plan.currency,
            zone=plan.zone,
            locale=plan.locale,
            is_demo=True,
        )
    with tenant(tenant_id):
        cast = None
        if not Pilot.objects.exists():
            cast = story.add_story(load)
        elif raw is None and _is_raw(plan):
            return load.loaded
        elif raw is not None and _holds_weeks(plan):
            raise Refused(
                f"{plan.name} holds weekly figures. Raw rows beside them would count twice:"
                " load them with --reset.",
                code="weekly_figures",
            )
        for pilot in plan.pilots:
            start_date = Pilot.objects.get(code=pilot.code).start_date
            for metric in pilot.metrics:
                weeks = pilot.weeks_moved(start_date)
                figures.send(load, pilot, metric, weeks, replayed=cast is not None)
        while (done := recompute.recompute()) and (done.marks or done.aside):
            pass
        if cast is not None:
            verdicts.lock_baselines(load, cast)
            for baseline in metric_verdicts.list_due_baselines(load.now):
                readouts.read_out(baseline=baseline, now=load.now)
            gates.tell(load, cast)
            verdicts.decide_pilots(load, cast)
            around.add_around(load, cast)
            if not gates.is_to_come(load):
                phases.close_phases(load, cast)
    return load.loaded


def _is_raw(plan: TenantPlan) -> bool:
    """Say whether the tenant's demo was loaded from raw rows: it has rows, and no week's."""
    return bool(_own_rows(plan).exists()) and not _holds_weeks(plan)


def _holds_weeks(plan: TenantPlan) -> bool:
    """Say whether a weekly figure stands in the demo's own metrics, whoever added others."""
    return bool(_own_rows(plan).filter(external_id__startswith=sending.WEEK_PREFIX).exists())


def _own_rows(plan: TenantPlan) -> QuerySet[Measurement]:
    """Return what the demo's own metrics got from its own sources, by whomever it was sent."""
    metrics = [metric for _, metric in plan.series()]
    return Measurement.objects.filter(
        metric_id__in=Metric.objects.filter(code__in={m.code for m in metrics}).values("id"),
        source_id__in=Source.objects.filter(code__in={m.dataset for m in metrics}).values("id"),
    )
