"""One thing of each kind in a tenant, and the addresses that name them."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import cast
from uuid import UUID

from common.tenancy.context import tenant
from gates import actions as gates
from gates.actions import errors, failures, retraining, snapshots, templates
from gates.rules.criteria import Asked
from gates.rules.states import Code
from metrics import wire
from metrics.actions import (
    baselines,
    commitments,
    definitions,
    fields,
    imports,
    plans,
    readouts,
    recompute,
    sources,
    sync,
    targets,
    timestamps,
    values,
)
from metrics.models import Metric, PilotMetric, ReadOut, Source
from metrics.rules.values import What
from portfolio import actions as portfolio
from portfolio.actions import candidates, load, plan, requirements
from portfolio.models import Part, Pilot
from portfolio.rules.plan import Kind
from portfolio.rules.register import Draft
from tenants import actions as tenants
from tenants.models import Membership, Notification, Person
from tenants.queries import Member, System
from tenants.rules import Role, Scope
from tests.conftest import NOW, Cast

BY = System("test")
PLACEHOLDER = re.compile(r"<(?:(\w+):)?(\w+)>")


@dataclass(frozen=True)
class Things:
    """Codes and keys of one tenant's things."""

    site: str
    vendor: str
    source: str
    pilot: str
    metric: str
    target: UUID
    party: UUID
    person: UUID
    member: UUID
    token: UUID
    baseline: UUID
    read_out: UUID
    commitment: UUID
    evidence: UUID
    adviser: UUID
    criterion: str
    error_class: UUID
    reading: UUID
    failure_mode: UUID
    drill: UUID
    trigger: UUID
    firing: UUID
    snapshot: UUID
    budget_line: UUID
    plan_item: UUID
    programme: UUID
    candidate: UUID
    requirement: int
    pilot_source: UUID
    field: UUID
    variant: UUID
    need: UUID
    mapped: UUID


def make(tenant_id: int, name: str, *, lead: Membership, sponsor: Membership) -> Things:
    """Make one of each: the lead leads the pilot, the sponsor sponsors it.

    name: part of every code, so that codes of two tenants differ.
    """
    with tenant(tenant_id):
        site = portfolio.add_site(name=f"Site {name}", zone="Europe/Berlin", by=BY)
        vendor = portfolio.add_vendor(name=f"Vendor {name}", by=BY)
        source = definitions.add_source(name=f"Source {name}", kind="erp", by=BY)
        pilot = portfolio.add_pilot(
            name=name,
            code=f"P-{name}",
            site=site,
            vendor=vendor,
            start_date=date(2026, 9, 7),
            by=BY,
            now=NOW,
            parties=[
                portfolio.PartyDraft(part=Part.LEAD, person=Person.objects.get(pk=lead.person_id)),
                portfolio.PartyDraft(
                    part=Part.SPONSOR, person=Person.objects.get(pk=sponsor.person_id)
                ),
            ],
        )
        metric = definitions.add_metric(
            name=f"Metric {name}",
            kind="mean",
            unit="days",
            direction="down",
            numerator="days",
            by=lead,
            now=NOW,
        )
        target = targets.add_target(
            pilot=pilot, metric=metric, role="primary", comparison="lt", target=3.0, by=BY
        )
        # Who is named as sponsor may lead it too, or be no sponsor by role, and agrees no target then.
        agrees = sponsor != lead and Role.SPONSOR.value in sponsor.roles
        pays = sponsor if agrees else _join(f"{name}-executive", Role.EXECUTIVE)
        read_out = _read_out(target, source=source.code, lead=lead, pays=pays)
        commitment = _commitment(target, lead=lead)
        error_class, reading = _reading(pilot, lead=lead)
        failure_mode, drill = _drill(pilot, lead=lead)
        trigger, firing = _firing(pilot, metric, lead=lead)

        timestamps.write_rule(
            metric=metric,
            source=source,
            version=timestamps.NONE_YET,
            transaction_type="Receipt",
            event_field="Received",
            entry_field="Posted",
            without="",
            limit_hours=24,
            by=BY,
        )
        person = tenants.add_person(name=f"Person {name}", actor=BY.audit_name)
        member = _join(name)
        now = datetime.now(UTC)
        token, _ = tenants.create_token(
            name=f"Token {name}",
            scopes=[Scope.METRICS_READ],
            expires_at=now + timedelta(days=9),
            by=lead,
            now=now,
        )
        return Things(
            site=site.code,
            vendor=vendor.code,
            source=source.code,
            pilot=pilot.code,
            metric=metric.code,
            target=target.pk,
            party=pilot.parties.get(part=Part.LEAD).pk,
            person=person.pk,
            member=member.pk,
            token=token.pk,
            baseline=read_out.baseline_id,
            read_out=read_out.pk,
            commitment=commitment,
            evidence=_evidence(pilot, lead=lead),
            adviser=gates.name_adviser(
                pilot=pilot, code=Code.DATA, adviser=member, by=lead, now=NOW
            ).pk,
            criterion=_criterion(by=lead),
            error_class=error_class,
            reading=reading,
            failure_mode=failure_mode,
            drill=drill,
            trigger=trigger,
            firing=firing,
            snapshot=_snapshot(pilot, lead=lead),
            plan_item=_plan_item(pilot, lead=lead),
            programme=_programme(pilot, lead=lead),
            candidate=_candidate(pilot, lead=lead),
            budget_line=portfolio.add_budget_line(
                pilot=pilot, phase_class="run", title="Licences", planned_money=Decimal(9), by=lead
            ).pk,
            requirement=_requirement(pilot, lead=lead),
            pilot_source=_pilot_source(pilot),
            **_field(pilot, source, name, lead=lead),
            mapped=values.map_value(
                said=values.Said(source, What.LOCATION, "PL01", site=site), by=BY
            ).pk,
        )


def _read_out(target: PilotMetric, *, source: str, lead: Membership, pays: Membership) -> ReadOut:
    """Lock a baseline of five weeks and read it out after week 12."""
    items = [
        {
            "metric": target.metric.code,
            "event_at": f"{date(2026, 8, 17) + timedelta(weeks=week)}",
            "source": source,
            "external_id": str(week),
            "value": 3 + week % 2,
        }
        for week in range(5)
    ]
    sync.record_measurements(
        wire.decode_json(json.dumps({"measurements": items}).encode()),
        actor=BY.audit_name,
        channel="api",
        now=NOW,
        default_zone="Europe/Berlin",
    )
    recompute.recompute()
    targets.agree_target(row=target, version=target.version, by=pays, now=NOW)
    draft = baselines.draft_baseline(row=target, by=lead, now=NOW, matters=0.5)
    plans.plan_baseline(baseline_id=draft.pk, now=NOW)
    draft = baselines.accept_plan(
        baseline=draft, version=draft.version, by=lead, now=NOW, reason="Known."
    )
    locked = baselines.lock_baseline(baseline=draft, version=draft.version, by=lead, now=NOW)
    readouts.read_out(baseline=locked, now=NOW + timedelta(weeks=3))
    found: ReadOut = ReadOut.objects.get(baseline=draft)
    return found


def _commitment(target: PilotMetric, *, lead: Membership) -> UUID:
    """Write down what the vendor committed to and judge it; return its key."""
    made = commitments.add_commitment(
        row=target,
        comparison="le",
        target=3.0,
        due_date=date(2026, 9, 20),
        remedy="Half back",
        source="Clause 7",
        by=lead,
        now=NOW,
    )
    commitments.judge_due(now=NOW)
    return made.pk


def _evidence(pilot: Pilot, *, lead: Membership) -> UUID:
    """Bring a file for the gate of data; return the key of its evidence."""
    made = gates.add_evidence(
        pilot=pilot,
        code=Code.DATA,
        criterion="production_data",
        kind="file",
        title="Sources",
        file=gates.Sent("sources.csv", b"source,fault\nERP,dates are of entry\n"),
        captured_on=date(2026, 9, 7),
        by=lead,
        now=NOW,
    )
    return made.pk


def _reading(pilot: Pilot, *, lead: Membership) -> tuple[UUID, UUID]:
    """Write down a class of error and count it; return the keys of class and reading."""
    row = errors.add_error_class(
        pilot=pilot,
        name="Missed",
        consequence="recall",
        cost=Decimal(400),
        cost_basis="assumed",
        tolerated=Decimal("0.01"),
        checked_by="",
        by=lead,
    )
    day = date(2026, 9, 7)
    made = errors.add_reading(
        pilot=pilot,
        dataset="live",
        first_day=day,
        last_day=day,
        decisions=300,
        source="Log",
        errors={row.pk: 1},
        by=lead,
        now=NOW,
    )
    return row.pk, made.pk


def _drill(pilot: Pilot, *, lead: Membership) -> tuple[UUID, UUID]:
    """Write down a way to fail and try it; return the keys of both."""
    row = failures.add_failure_mode(
        pilot=pilot,
        kind="silent",
        name="No answer",
        noticed="",
        threshold="",
        fallback="",
        receiver=lead,
        by=lead,
    )
    made = failures.add_drill(
        row=row, ran_on=date(2026, 9, 7), held=True, seen="S", next_step="", by=lead, now=NOW
    )
    return row.pk, made.pk


def _firing(pilot: Pilot, metric: Metric, *, lead: Membership) -> tuple[UUID, UUID]:
    """Name a figure that calls for training and try it; return the keys of trigger and trial."""
    row = retraining.add_trigger(
        pilot=pilot,
        metric=metric,
        side="gt",
        threshold=3.0,
        weeks=2,
        rest_weeks=4,
        receiver=lead,
        task="T",
        by=lead,
    )
    return row.pk, retraining.try_trigger(row=row, by=lead, now=NOW).pk


def _snapshot(pilot: Pilot, *, lead: Membership) -> UUID:
    """Write down a snapshot of data; return its key."""
    day = date(2026, 9, 7)
    made = snapshots.add_snapshot(
        pilot=pilot,
        source="ERP",
        taken_on=day,
        row_count=1,
        first_day=day,
        last_day=day,
        cycle_weeks=52,
        issues="I",
        lacks="",
        by=lead,
        now=NOW,
    )
    return made.pk


def _requirement(pilot: Pilot, *, lead: Membership) -> int:
    """Write down what security requires; return its number."""
    draft = Draft("security", "Log every call", date(2026, 9, 7))
    made = portfolio.add_requirement(pilot=pilot, draft=draft, by=lead, now=NOW)
    return int(made.number)


def _plan_item(pilot: Pilot, *, lead: Membership) -> UUID:
    """Write a concern into the change plan; return its key."""
    return plan.add_item(pilot=pilot, kind=Kind.CONCERN, title="C", by=lead, now=NOW).pk


def _programme(pilot: Pilot, *, lead: Membership) -> UUID:
    """Write down another programme at the pilot's site; return its key."""
    made = load.add_programme(
        name="ERP",
        kind="erp",
        site=pilot.site,
        roles=["Planners"],
        starts_on=date(2026, 9, 7),
        ends_on=None,
        by=lead,
    )
    return made.pk


def _candidate(pilot: Pilot, *, lead: Membership) -> UUID:
    """Write down a candidate for a pilot at the same site; return its key."""
    return candidates.add_candidate(name="Late orders", site=pilot.site, by=lead).pk


def _pilot_source(pilot: Pilot) -> UUID:
    """Put a source on the list of what the pilot's decision needs; return its key."""
    made = sources.add_pilot_source(
        pilot=pilot,
        name="Dispatch board",
        kind="paper",
        gives="Promised dates",
        source=None,
        by_hand=True,
        maintainer=None,
        updated_on=None,
        limit_days=31,
        faults="",
        by=BY,
        now=NOW,
    )
    return made.pk


def _criterion(*, by: Membership) -> str:
    """Add to what the gate of data asks; return the code."""
    asked = Asked(code="", text="The works council has agreed", why="")
    templates.add_criterion(
        code=Code.DATA, version=1, asked=asked, reason="Agreed.", by=by, now=NOW
    )
    return "own_1"


def _field(pilot: Pilot, source: Source, name: str, *, lead: Membership) -> dict[str, UUID]:
    """Write down a field that means something else in a source; return the keys of what was made."""
    row = fields.add_field(name=f"Field {name}", meaning="M", unit="", owner=lead, by=BY)
    variant = fields.add_variant(
        row=row,
        site=None,
        source=source,
        meaning="N",
        stand="differs",
        factor=None,
        plus=None,
        cannot="Nobody knows how",
        said_by="S",
        by=BY,
    )
    need = fields.add_need(pilot=pilot, field=row, used_for="U", by=BY)
    return {"field": row.pk, "variant": variant.pk, "need": need.pk}


def _join(name: str, role: Role = Role.READER) -> Membership:
    user = tenants.create_user(email=f"{name}@somewhere.example", name=name, password=None)
    person = tenants.add_person(name=name, actor=BY.audit_name)
    return tenants.add_member(user=user, person=person, roles=[role], actor=BY.audit_name)


def own_line(tenant_id: int, member: Membership) -> str:
    """Return the key of a line in the member's inbox."""
    with tenant(tenant_id):
        tenants.notify(member_id=member.pk, topic="t", title="t", path="", dedup_key="matrix")
        return str(Notification.objects.get(member=member, dedup_key="matrix").pk)


def own_file(tenant_id: int, member: Membership) -> str:
    """Return the key of a file that the member is importing."""
    with tenant(tenant_id):
        found = imports.keep_file(
            name="a.csv",
            content=b"metric,event_at,value,source,external_id\nm,2026-09-07,1,erp,1\n",
            by=cast("Member", member),
            now=datetime.now(UTC),
        )
        return str(found.pk)


def own_register(things: Things, tenant_id: int, member: Membership) -> str:
    """Return the key of a file of requirements that the member is importing."""
    with tenant(tenant_id):
        pilot = Pilot.objects.select_related("site").get(code=things.pilot)
        now = datetime.now(UTC)
        content = b"Function,Requirement\nSecurity,Log it\n"
        reading = requirements.read_file(
            pilot=pilot, content=content, found_on=date(2026, 9, 7), now=now
        )
        kept = requirements.keep_file(
            pilot=pilot, name="r.csv", reading=reading, by=member, now=now
        )
        return str(kept.pk)


# What stands at a placeholder, by the text of the route before it.
VALUES: dict[str, Callable[[Things, int, Membership], str]] = {
    "pilots/": lambda t, _, __: t.pilot,
    "pilots/<slug:code>/metrics/": lambda t, _, __: str(t.target),
    "pilots/<slug:code>/metrics/<uuid:key>/week-": lambda _, __, ___: "12",
    "pilots/<slug:code>/metrics/<uuid:key>/week-<int:week>/": lambda t, _, __: str(t.read_out),
    "pilots/<slug:code>/commitments/": lambda t, _, __: str(t.commitment),
    "pilots/<slug:code>/commitments/<uuid:key>/version-": lambda _, __, ___: "1",
    "pilots/<slug:code>/gates/": lambda _, __, ___: "data",
    "pilots/<slug:code>/gates/<gate:gate>/criteria/": lambda _, __, ___: "production_data",
    "pilots/<slug:code>/gates/<gate:gate>/evidence/": lambda t, _, __: str(t.evidence),
    "pilots/<slug:code>/gates/<gate:gate>/advisers/": lambda t, _, __: str(t.adviser),
    "pilots/<slug:code>/change/new/": lambda _, __, ___: "concern",
    "pilots/<slug:code>/change/": lambda t, _, __: str(t.plan_item),
    "pilots/<slug:code>/phases/": lambda _, __, ___: "audit",
    "settings/gates/": lambda _, __, ___: "data",
    "settings/gates/<gate:gate>/criteria/": lambda t, _, __: t.criterion,
    "pilots/<slug:code>/errors/": lambda t, _, __: str(t.error_class),
    "pilots/<slug:code>/readings/": lambda t, _, __: str(t.reading),
    "pilots/<slug:code>/failures/": lambda t, _, __: str(t.failure_mode),
    "pilots/<slug:code>/snapshots/": lambda t, _, __: str(t.snapshot),
    "pilots/<slug:code>/drills/": lambda t, _, __: str(t.drill),
    "pilots/<slug:code>/retraining/": lambda t, _, __: str(t.trigger),
    "pilots/<slug:code>/firings/": lambda t, _, __: str(t.firing),
    "pilots/<slug:code>/budget/": lambda t, _, __: str(t.budget_line),
    "pilots/<slug:code>/functions/": lambda _, __, ___: "security",
    "pilots/<slug:code>/requirements/": lambda t, _, __: str(t.requirement),
    "pilots/<slug:code>/requirements/import/": own_register,
    "pilots/<slug:code>/sources/": lambda t, _, __: str(t.pilot_source),
    "pilots/<slug:code>/fields/": lambda t, _, __: str(t.need),
    "settings/values/": lambda t, _, __: str(t.mapped),
    "settings/fields/": lambda t, _, __: str(t.field),
    "settings/fields/<uuid:key>/places/": lambda t, _, __: str(t.variant),
    "pilots/<slug:code>/people/": lambda t, _, __: str(t.party),
    "candidates/": lambda t, _, __: str(t.candidate),
    "programmes/": lambda t, _, __: str(t.programme),
    "metrics/<slug:code>/timestamps/": lambda t, _, __: t.source,
    "metrics/": lambda t, _, __: t.metric,
    "feeds/": lambda t, _, __: t.source,
    "baselines/": lambda t, _, __: str(t.baseline),
    "read-outs/": lambda t, _, __: str(t.read_out),
    "settings/sites/": lambda t, _, __: t.site,
    "settings/vendors/": lambda t, _, __: t.vendor,
    "settings/people/": lambda t, _, __: str(t.person),
    "settings/feeds/": lambda t, _, __: t.source,
    "settings/feeds/<slug:source>/": lambda t, _, __: t.metric,
    "settings/sources/": lambda t, _, __: t.source,
    "settings/members/": lambda t, _, __: str(t.member),
    "settings/tokens/": lambda t, _, __: str(t.token),
    "inbox/": lambda _, tenant_id, member: own_line(tenant_id, member),
    "import/": lambda _, tenant_id, member: own_file(tenant_id, member),
}


def fill(route: str, things: Things, tenant_id: int, member: Membership) -> str:
    """Return the address of a route with a thing of the tenant at each placeholder.

    route: without the tenant's or the API's prefix. Raises KeyError for a placeholder nobody
    taught this table.
    """
    found, end = "", 0
    for match in PLACEHOLDER.finditer(route):
        found += route[end : match.start()]
        found += VALUES[route[: match.start()]](things, tenant_id, member)
        end = match.end()
    return found + route[end:]


def cast_things(people: Cast) -> tuple[Things, Things]:
    """Make one of each in both tenants; the strangers are all the same person there."""
    ours = make(people.acme, "ours", lead=people.lead, sponsor=people.sponsor)
    theirs = make(people.borealis, "theirs", lead=people.stranger, sponsor=people.stranger)
    return ours, theirs
