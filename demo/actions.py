"""Loading the demo through the product's own doors, and taking it away again."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from django.db.models import QuerySet

from common.errors import Refused
from common.tenancy.context import tenant
from common.tenancy.erase import erase_demo_tenant
from metrics import wire
from metrics.actions import (
    baselines,
    coverage,
    definitions,
    outcomes,
    plans,
    readouts,
    recompute,
    sync,
    targets,
)
from metrics.models import Measurement, Metric, PilotMetric, Source
from metrics.queries import verdicts
from metrics.rules.baselines import lock_day
from metrics.rules.items import MAX_ITEMS, Rejection
from metrics.rules.kinds import KINDS
from portfolio import actions as portfolio
from portfolio.actions import PartyDraft
from portfolio.models import Part, Pilot, Site, Vendor
from tenants import actions as tenants
from tenants import queries as tenant_queries
from tenants.models import Membership, Person, Tenant, User
from tenants.queries import System
from tenants.rules import Role

from . import wire as sending
from .rules import TENANTS, WEEK, MetricPlan, PilotPlan, TenantPlan, is_missing, shift, today_at
from .table import Dataset, Figure, datasets, read_figures

BY = System("demo")
SPAN = timedelta(weeks=52)
# Silence that the board calls stale: a weekly figure is 7 to 14 days old when the next one comes.
STALE_AFTER_HOURS = 15 * 24
ACCEPTED = "A replay of public data: it shows what so short or so unsteady a history can say."


@dataclass(slots=True)
class Loaded:
    """What one tenant's load did.

    refused: how many items were refused, by metric and code; example: the words for one of them.
    """

    tenant: str
    is_new: bool
    created: int = 0
    unchanged: int = 0
    refused: Counter[tuple[str, str]] = field(default_factory=Counter)
    example: dict[tuple[str, str], str] = field(default_factory=dict)

    def add(self, metric: str, outcome: sync.Outcome) -> None:
        """Count a batch's outcome."""
        self.created += outcome.created
        self.unchanged += outcome.unchanged
        for rejection in outcome.rejected:
            self.refused[metric, rejection.code] += 1
            self.example.setdefault((metric, rejection.code), rejection.detail)


@dataclass(frozen=True, slots=True)
class _Load:
    """What every step of one tenant's load needs."""

    plan: TenantPlan
    now: datetime
    raw: Path | None
    figures: tuple[Figure, ...]
    loaded: Loaded


def load(*, now: datetime, raw: Path | None = None) -> list[Loaded]:
    """Load both demo tenants as of a moment; what is there already stays as it is.

    raw: folder of the public files, to be sent row by row instead of the table's weekly figures.
    Each tenant is one transaction: a demo is whole or not there. Raises Refused when the product
    refuses a part of the story. Audit: every action's own lines, by `system:demo`.
    """
    figures = tuple(read_figures())
    return [_load_tenant(plan, now, raw, figures) for plan in TENANTS]


def reset() -> list[str]:
    """Delete both demo tenants with all they hold, as the owner; return their slugs.

    Sign-ins stay: a user may belong to other tenants too.
    """
    found = {slug: tenant_id for slug, tenant_id, is_demo in _tenants() if is_demo}
    slugs = [plan.slug for plan in TENANTS if plan.slug in found]
    for slug in slugs:
        erase_demo_tenant(found[slug])
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
    plan: TenantPlan, now: datetime, raw: Path | None, figures: tuple[Figure, ...]
) -> Loaded:
    tenant_id, is_demo = {slug: (found, demo) for slug, found, demo in _tenants()}.get(
        plan.slug, (None, True)
    )
    if not is_demo:
        raise Refused(f"A company at {plan.slug} is no demo; the demo leaves it alone.")
    load = _Load(plan, now, raw, figures, Loaded(plan.slug, is_new=tenant_id is None))
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
            cast = _add_story(load)
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
                _send(load, pilot, metric, pilot.weeks_moved(start_date))
        while (done := recompute.recompute()) and (done.marks or done.aside):
            pass
        if cast is not None:
            _lock_baselines(load, cast)
            for baseline in verdicts.list_due_baselines(load.now):
                readouts.read_out(baseline=baseline, now=load.now)
            _stop_pilots(load, cast)
    return load.loaded


def _stop_pilots(load: _Load, cast: _Cast) -> None:
    """Stop the pilots that their sponsors stopped once they were read out."""
    for plan in load.plan.pilots:
        if plan.stopped:
            outcomes.decide_pilot(
                pilot=Pilot.objects.get(code=plan.code),
                version=1,
                word="stop",
                reason=plan.stopped,
                by=cast.members[plan.sponsor],
                now=load.now,
            )


def _lock_baselines(load: _Load, cast: _Cast) -> None:
    """Lock the baseline of every primary metric, once its history is there."""
    for pilot, metric in load.plan.series():
        if metric.role == PilotMetric.Role.PRIMARY:
            row = PilotMetric.objects.select_related("metric", "pilot__site").get(
                pilot__code=pilot.code, metric__code=metric.code
            )
            lead, sponsor = cast.members[pilot.lead], cast.members[pilot.sponsor]
            _lock_baseline(row, metric, lead=lead, sponsor=sponsor, now=load.now)


def _lock_baseline(
    row: PilotMetric, metric: MetricPlan, *, lead: Membership, sponsor: Membership, now: datetime
) -> None:
    """Lock a primary metric's baseline as of ten o'clock on the Monday after week 2, or of now.

    The change that matters is the one that the page proposes. Raises Refused as the actions do.
    Audit: theirs.
    """
    zone = ZoneInfo(row.pilot.site.zone)
    due = datetime.combine(lock_day(first_monday=row.pilot.start_date), time(10), zone)
    at = min(due, now)
    window = verdicts.baseline_window(row, compared=False, now=at)
    matters = verdicts.propose_matters(row, window)
    assert matters, f"{metric.code} has no figure up to week 2"
    draft = baselines.draft_baseline(
        row=row, by=lead, now=at, matters=matters, season_swing=metric.season
    )
    plans.plan_baseline(baseline_id=draft.pk, now=at)
    draft.refresh_from_db()
    if baselines.is_weak(draft):
        draft = baselines.accept_plan(
            baseline=draft, version=draft.version, by=sponsor, now=at, reason=ACCEPTED
        )
    baselines.lock_baseline(baseline=draft, version=draft.version, by=lead, now=at)


def _send(load: _Load, pilot: PilotPlan, metric: MetricPlan, weeks: int) -> None:
    """Send one metric's figures through the sync path; what is there already is unchanged."""
    if load.raw is None:
        for items in sending.chunks(
            sending.weekly_items(load.figures, pilot=pilot, metric=metric, weeks=weeks), MAX_ITEMS
        ):
            _record(load, metric, items)
        return
    rows = sending.raw_items(
        load.raw,
        pilot=pilot,
        metric=metric,
        weeks=weeks,
        zone=load.plan.site(pilot.site).zone,
    )
    for chunk in sending.chunks(rows, MAX_ITEMS):
        refused = _record(load, metric, [found for found, _ in chunk])
        # A text cell was refused in words; the formula says what such a row then counts as.
        again = [counted for one in refused if (counted := chunk[one.index][1]) is not None]
        if again:
            _record(load, metric, again)
    if KINDS[metric.kind].per_time:
        _report_spans(load, pilot, metric, weeks)


def _report_spans(load: _Load, pilot: PilotPlan, metric: MetricPlan, weeks: int) -> None:
    """Declare the pilot's whole span as reported, a year at a time: weeks without events are 0."""
    first = pilot.first_history_week(metric) + weeks * WEEK
    end = pilot.running_week + weeks * WEEK
    while first < end:
        until = min(first + SPAN, end)
        coverage.report_span(
            source=Source.objects.get(code=metric.dataset),
            metric_code=metric.code,
            from_date=first,
            through_date=until - timedelta(days=1),
            actor=BY.audit_name,
            now=load.now,
        )
        first = until


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


def _record(load: _Load, metric: MetricPlan, items: list[sending.Item]) -> list[Rejection]:
    outcome = sync.record_measurements(
        wire.decode_rows(iter(enumerate(items)), "keep_good"),
        actor=BY.audit_name,
        channel="import",
        now=load.now,
        default_zone=load.plan.zone,
    )
    load.loaded.add(metric.code, outcome)
    return outcome.rejected


@dataclass(frozen=True, slots=True)
class _Cast:
    """The rows that pilots refer to, by the story's own keys."""

    people: dict[str, Person]
    members: dict[str, Membership]
    sites: dict[str, Site]
    vendors: dict[str, Vendor]


def _add_story(load: _Load) -> _Cast:
    """Add people, places, sources, pilots and metrics to an empty tenant; return who plays."""
    cast = _add_cast(load.plan)
    for code in sorted({metric.dataset for _, metric in load.plan.series()}):
        _add_source(datasets()[code])
    for pilot in load.plan.pilots:
        _add_pilot(load, cast, pilot)
    return cast


def _add_cast(plan: TenantPlan) -> _Cast:
    cast = _Cast({}, {}, {}, {})
    for person in plan.people:
        email = plan.email(person)
        row = tenants.add_person(
            name=person.name,
            email=email,
            job_title=person.name,
            function=person.functions[0] if person.functions else "",
            actor=BY.audit_name,
        )
        cast.people[person.key] = row
        if person.roles:
            cast.members[person.key] = tenants.add_member(
                user=_user(email, person.name),
                person=row,
                roles=[Role(role) for role in person.roles],
                functions=list(person.functions),
                actor=BY.audit_name,
            )
    for site in plan.sites:
        cast.sites[site.code] = portfolio.add_site(
            code=site.code, name=site.name, zone=site.zone, by=BY
        )
    for vendor in plan.vendors:
        cast.vendors[vendor.code] = portfolio.add_vendor(
            code=vendor.code, name=vendor.name, contact="not in source", by=BY
        )
    return cast


def _user(email: str, name: str) -> User:
    """Return the demo's sign-in of an address; no password opens it, only the demo's one click."""
    found = User.objects.filter(email=email).first()
    return found or tenants.create_user(email=email, name=name, password=None)


def _add_pilot(load: _Load, cast: _Cast, plan: PilotPlan) -> None:
    site = cast.sites[plan.site]
    start_date = plan.start_date(today_at(load.now, site.zone))
    sources = {datasets()[metric.dataset].attribution for metric in plan.metrics}
    pilot = portfolio.add_pilot(
        code=plan.code,
        name=plan.name,
        use_case=plan.use_case,
        goal=plan.goal,
        site=site,
        vendor=cast.vendors[plan.vendor],
        start_date=start_date,
        attribution=" ".join(sorted(sources)),
        parties=[
            PartyDraft(part=Part.SPONSOR, person=cast.people[plan.sponsor]),
            PartyDraft(part=Part.LEAD, person=cast.people[plan.lead]),
        ],
        by=BY,
        now=load.now,
    )
    for metric in plan.metrics:
        _add_metric(load, cast, plan, pilot, metric)


def _add_source(dataset: Dataset) -> None:
    definitions.add_source(
        code=dataset.code,
        name=f"{dataset.title} (public data)",
        kind=Source.Kind.OTHER,
        stale_after_hours=STALE_AFTER_HOURS,
        by=BY,
    )


def _add_metric(
    load: _Load, cast: _Cast, plan: PilotPlan, pilot: Pilot, metric: MetricPlan
) -> None:
    """Define a metric in its wordings, give it to the pilot, and let the sponsor agree."""
    weeks = plan.weeks_moved(pilot.start_date)
    lead, sponsor = cast.members[plan.lead], cast.members[plan.sponsor]
    first, *later = metric.wordings
    row = definitions.add_metric(
        code=metric.code,
        name=metric.name,
        kind=metric.kind,
        unit=metric.unit,
        direction=metric.direction,
        exposure=metric.exposure,
        decimals=metric.decimals,
        site=pilot.site,
        numerator=first.numerator,
        denominator=first.denominator,
        attribution=datasets()[metric.dataset].attribution,
        by=lead,
        now=load.now,
    )
    for wording in later:
        definitions.add_definition(
            metric=row,
            numerator=wording.numerator,
            denominator=wording.denominator,
            valid_from=pilot.start_date + (wording.from_week - 1) * WEEK,
            reason=wording.reason,
            by=lead,
        )
    target = targets.add_target(
        pilot=pilot,
        metric=row,
        role=metric.role,
        comparison=metric.comparison,
        target=metric.target,
        by=lead,
    )
    agreed = datetime.combine(plan.first_week + plan.agreed_after, time(10))
    targets.agree_target(
        row=target,
        version=target.version,
        by=sponsor,
        now=shift(agreed, weeks, pilot.site.zone),
    )
