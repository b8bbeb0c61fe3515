"""People, places, sources, pilots and metrics of the story."""

from __future__ import annotations

from datetime import datetime, time
from decimal import Decimal

from metrics.actions import definitions, targets, timestamps
from metrics.models import Source
from portfolio import actions as portfolio
from portfolio.actions import PartyDraft, budget
from portfolio.models import Part, Pilot
from tenants import actions as tenants
from tenants.models import User
from tenants.rules import Role

from ..rules import WEEK, MetricPlan, PilotPlan, TenantPlan, shift, today_at
from ..table import Dataset, datasets
from .run import BY, Cast, Load

# Silence that the board calls stale: a weekly figure is 7 to 14 days old when the next one comes.
STALE_AFTER_HOURS = 15 * 24
ENTERED_WITHIN_HOURS = 24
# Assumed hours a week of operators and their deputies.
HOURS = 4


def add_story(load: Load) -> Cast:
    """Add people, places, sources, pilots and metrics to an empty tenant; return who plays."""
    cast = _add_cast(load.plan)
    for code in sorted({metric.dataset for _, metric in load.plan.series()}):
        _add_source(datasets()[code])
    for pilot in load.plan.pilots:
        _add_pilot(load, cast, pilot)
    return cast


def _add_cast(plan: TenantPlan) -> Cast:
    cast = Cast({}, {}, {}, {})
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


def _add_pilot(load: Load, cast: Cast, plan: PilotPlan) -> None:
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
            PartyDraft(part=Part.OPERATOR, person=cast.people[plan.operator], hours_per_week=HOURS),
            PartyDraft(
                part=Part.DEPUTY_OPERATOR, person=cast.people[plan.deputy], hours_per_week=HOURS
            ),
        ],
        by=BY,
        now=load.now,
    )
    for metric in plan.metrics:
        _add_metric(load, cast, plan, pilot, metric)
    _add_budget(load, cast, plan, pilot)


def _add_budget(load: Load, cast: Cast, plan: PilotPlan, pilot: Pilot) -> None:
    """Keep what the pilot is assumed to cost, confirmed by its sponsor where it is funded."""
    lead, sponsor = cast.members[plan.lead], cast.members[plan.sponsor]
    for line in plan.budget_lines:
        made = budget.add_budget_line(
            pilot=pilot,
            phase_class=line.phase_class,
            title=line.title,
            planned_money=Decimal(line.planned),
            actual_money=Decimal(line.actual),
            by=lead,
        )
        if plan.funded:
            budget.fund_budget_line(line=made, version=made.version, by=sponsor, now=load.now)


def _add_source(dataset: Dataset) -> None:
    definitions.add_source(
        code=dataset.code,
        name=f"{dataset.title} (public data)",
        kind=Source.Kind.OTHER,
        stale_after_hours=STALE_AFTER_HOURS,
        interval=Source.Interval.WEEK,
        by=BY,
    )


def _add_metric(load: Load, cast: Cast, plan: PilotPlan, pilot: Pilot, metric: MetricPlan) -> None:
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
    timestamps.write_rule(
        metric=row,
        source=Source.objects.get(code=metric.dataset),
        version=timestamps.NONE_YET,
        transaction_type=metric.transaction,
        event_field=metric.happened,
        entry_field=metric.entered,
        without="Left out",
        limit_hours=ENTERED_WITHIN_HOURS,
        by=lead,
    )
