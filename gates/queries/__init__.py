"""Every read of gates: a pilot's six, one with all that stands on its page, and all for the board."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cached_property
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import Exists, OuterRef

from common.tenancy.context import require_tenant_id
from portfolio import rules as path
from portfolio.models import Pilot

from ..models import Criterion, Evidence, Gate, GateDecision, Production, Template
from ..rules import criteria as rules
from ..rules import states
from ..rules.criteria import Asked, Fact, Piece, Standing
from ..rules.first import FIRST
from ..rules.states import Code, GateKind, State, Verb
from . import facts as known

# One row a pilot and gate that something was done with: its last step, and whether evidence is there.
STATES = """
SELECT g.pilot_id, g.code, g.decider_id IS NOT NULL,
    EXISTS (SELECT FROM tenants_membership m WHERE m.tenant_id = g.tenant_id
        AND m.id = g.decider_id AND m.removed_at IS NULL), COALESCE(g.lacks, '[]'), g.looked_at,
    d.state, CASE WHEN d.state = 'passed' AND g.looked_at >= d.at THEN LEAST(d.until, g.ends_on)
        ELSE d.until END, COALESCE(d.reason, ''), COALESCE(d.who, ''),
    EXISTS (SELECT FROM gates_evidence e WHERE e.tenant_id = g.tenant_id AND e.gate_id = g.id),
    site.zone
FROM gates_gate g
JOIN portfolio_pilot p ON p.tenant_id = g.tenant_id AND p.id = g.pilot_id
JOIN portfolio_site site ON site.tenant_id = p.tenant_id AND site.id = p.site_id
LEFT JOIN LATERAL (
    SELECT s.state, s.until, s.at, s.reason,
        (SELECT p.name FROM tenants_membership m
         JOIN tenants_person p ON p.tenant_id = m.tenant_id AND p.id = m.person_id
         WHERE s.reason <> '' AND m.tenant_id = s.tenant_id AND m.id = s.member_id) AS who
    FROM gates_gatedecision s
    WHERE s.tenant_id = g.tenant_id AND s.gate_id = g.id ORDER BY s.number DESC LIMIT 1
) d ON true
WHERE g.tenant_id = %(tenant)s AND (%(pilot)s::uuid IS NULL OR g.pilot_id = %(pilot)s)
"""


@dataclass(frozen=True, slots=True)
class Standpoint:
    """How a gate stands, without what it asks. until: to which day a pass or a waiver holds.

    reason, who: why and by whom it was waived, sent back or reopened; without who by the product.
    lacks: the criteria that were not met at looked_at, None before the product looked. decided_by:
    whether somebody is named to decide it who has not left. zone: of the pilot's site; empty for a
    gate that nothing was done with.
    """

    code: Code
    state: State
    until: date | None = None
    reason: str = ""
    who: str = ""
    lacks: tuple[str, ...] = ()
    looked_at: datetime | None = None
    decided_by: bool = False
    zone: str = ""

    @property
    def kind(self) -> GateKind:
        return states.KINDS[self.code]

    def ended(self, now: datetime) -> bool:
        """Say whether the last day of a pass or of a waiver is over at the pilot's site."""
        if self.until is None or self.state not in {State.PASSED, State.WAIVED}:
            return False
        return self.until < path.local_day(now, self.zone)


@dataclass(frozen=True)
class Seen:
    """One gate of a pilot with everything that stands on its page.

    gate: None before anything was done with it; then it asks what the newest template asks.
    asked: by key of the criterion, in order; without a gate the key is its code.
    """

    code: Code
    day: date
    gate: Gate | None
    asked: Mapping[Any, Asked]
    facts: Mapping[str, Fact]
    evidence: tuple[Evidence, ...] = ()
    decisions: tuple[GateDecision, ...] = field(default=())

    @property
    def kind(self) -> GateKind:
        return states.KINDS[self.code]

    @property
    def last(self) -> GateDecision | None:
        """Return the newest step; None before the first."""
        return self.decisions[0] if self.decisions else None

    @property
    def state(self) -> State:
        if self.last is not None:
            return State(self.last.state)
        begun = self.gate is not None and (self.gate.decider_id is not None or self.evidence)
        return State.IN_PROGRESS if begun else State.NOT_STARTED

    @property
    def step(self) -> int:
        """Return the number of the next step."""
        return self.last.number + 1 if self.last else 1

    @property
    def lets_through(self) -> bool:
        """Say whether it lets the pilot into production; what lapsed does not, also before a job looks."""
        return self.state in {State.PASSED, State.WAIVED} and not self.lapsed

    @cached_property
    def standings(self) -> list[Standing]:
        """Return how each criterion stands, in order."""
        pieces: dict[Any, list[Piece]] = defaultdict(list)
        for one in self.evidence:
            if one.withdrawn_at is None:
                piece = Piece(str(one.pk), one.title, one.value, one.expires_on)
                pieces[one.criterion_id].append(piece)
        return [
            rules.judge(asked, pieces[key], self.facts.get(asked.fact), day=self.day)
            for key, asked in self.asked.items()
        ]

    @property
    def digest(self) -> str:
        """Return what tells how its criteria stand from how somebody saw them."""
        return rules.digest(self.standings)

    @property
    def missing(self) -> list[Standing]:
        """Return the mandatory criteria that are not met."""
        return rules.missing(self.standings)

    @property
    def lapsed(self) -> str:
        """Return in words why a pass or a waiver holds no more; empty while it does, and without."""
        last = self.last
        if last is None or self.state not in {State.PASSED, State.WAIVED}:
            return ""
        ended = last.until is not None and last.until < self.day
        if self.state is State.WAIVED:
            return "The waiver has ended." if ended else ""
        if self.missing:
            return " ".join(f"{one.asked.text}: {one.words}" for one in self.missing)
        if ended:
            return "What it was passed on was to hold no longer."
        then = {one["code"]: one["refers"] for one in last.facts}
        moved = [
            one.asked.text
            for one in self.standings
            if one.asked.fact and one.refers != then.get(one.asked.code)
        ]
        if moved:
            return f"This changed since it was passed: {', '.join(moved)}."
        if back := self.taken_back:
            return f"What it was passed on was taken back: {', '.join(back)}."
        return ""

    @property
    def taken_back(self) -> list[str]:
        """Return the mandatory criteria of which all evidence that it was passed on was taken back.

        What was brought since, nobody who decides has seen.
        """
        if self.last is None or self.state is not State.PASSED:
            return []
        kept = {str(one.pk) for one in self.evidence if one.withdrawn_at is None}
        then = {one["code"]: one["refers"].split() for one in self.last.facts}
        return [
            one.asked.text
            for one in self.standings
            if one.asked.mandatory
            and not one.asked.fact
            and (rested := then.get(one.asked.code))
            and kept.isdisjoint(rested)
        ]

    @property
    def until(self) -> date | None:
        """Return to which day a pass of today would hold; None without an end."""
        return states.earliest(one.until for one in self.standings if one.asked.mandatory)

    @property
    def holds_until(self) -> date | None:
        """Return the last day of the pass or the waiver; None without an end.

        A pass ends with what it rests on now, where that ends sooner than when it was passed.
        """
        until = self.last.until if self.last else None
        return states.earliest([until, self.until]) if self.state is State.PASSED else until

    @property
    def record(self) -> list[dict[str, Any]]:
        """Return every criterion as it stands, as a step keeps it."""
        return [
            {
                "code": one.asked.code,
                "text": one.asked.text,
                "mandatory": one.asked.mandatory,
                "met": one.met,
                "words": one.words,
                "refers": one.refers,
                "until": one.until.isoformat() if one.until else None,
            }
            for one in self.standings
        ]

    @property
    def ended(self) -> bool:
        """Say whether the last day of a pass or of a waiver is over."""
        until = self.holds_until
        settled = self.state in {State.PASSED, State.WAIVED}
        return settled and until is not None and until < self.day

    @property
    def verbs(self) -> frozenset[Verb]:
        """Return what can be done with it now."""
        return states.verbs(self.state)


def list_seen(pilot: Pilot, *, now: datetime) -> list[Seen]:
    """Return the six gates of a pilot with all that stands on their pages, in constant queries.

    Loads decider, and who brought evidence and took steps, with their persons.
    """
    return _see(pilot, tuple(Code), now)


def get_seen(pilot: Pilot, code: Code, *, now: datetime) -> Seen:
    """Return one gate of a pilot with all that stands on its page; what it does not ask is not read."""
    (found,) = _see(pilot, (code,), now)
    return found


def _see(pilot: Pilot, codes: Sequence[Code], now: datetime) -> list[Seen]:
    rows = Gate.objects.filter(pilot=pilot, code__in=codes).select_related("decider__person")
    gates = {row.code: row for row in rows}
    keys = [row.pk for row in gates.values()]
    evidence, decisions = _by_gate(_evidence(keys)), _by_gate(_decisions(keys))
    asked = _asked(gates, codes)
    wanted = {one.fact for criteria in asked.values() for one in criteria.values()}
    facts = known.gather(pilot, now=now, wanted=wanted)
    day = path.local_day(now, pilot.site.zone)
    return [
        Seen(
            code=code,
            day=day,
            gate=gates.get(code),
            asked=asked[code],
            facts=facts,
            evidence=tuple(evidence[gates[code].pk]) if code in gates else (),
            decisions=tuple(decisions[gates[code].pk]) if code in gates else (),
        )
        for code in codes
    ]


def _evidence(keys: Iterable[UUID]) -> list[Evidence]:
    rows = Evidence.objects.filter(gate_id__in=list(keys)).select_related(
        "member__person", "withdrawn_by__person"
    )
    return list(rows.order_by("-captured_on", "-at", "-id"))


def _decisions(keys: Iterable[UUID]) -> list[GateDecision]:
    rows = GateDecision.objects.filter(gate_id__in=list(keys)).select_related("member__person")
    return list(rows.order_by("-number"))


def _by_gate(rows: Iterable[Any]) -> dict[UUID, list[Any]]:
    found: dict[UUID, list[Any]] = defaultdict(list)
    for row in rows:
        found[row.gate_id].append(row)
    return found


def _asked(gates: Mapping[str, Gate], codes: Sequence[Code]) -> dict[Code, dict[Any, Asked]]:
    """Return what some gates ask: of their own template, of the company's newest, or as it comes."""
    newest = map_newest_templates()
    templates = {
        code: gates[code].template_id if code in gates else newest.get(code) for code in codes
    }
    found: dict[Any, dict[Any, Asked]] = defaultdict(dict)
    rows = Criterion.objects.filter(template_id__in=[key for key in templates.values() if key])
    for row in rows.order_by("template_id", "position", "id"):
        found[row.template_id][row.pk] = row.asked
    return {
        code: found[key] if key else {asked.code: asked for asked in FIRST[code]}
        for code, key in templates.items()
    }


def map_newest_templates() -> dict[str, UUID]:
    """Return the key of the newest template of each gate that has one."""
    rows = Template.objects.order_by("gate", "number").values_list("gate", "pk")
    return dict(rows)


def map_states(pilot: Pilot | None = None) -> dict[UUID, dict[Code, Standpoint]]:
    """Return how the gates of one pilot or of all stand, by pilot, in one query.

    A gate that nothing was done with is missing: `all_six` adds it.
    """
    found: dict[UUID, dict[Code, Standpoint]] = defaultdict(dict)
    with connection.cursor() as cursor:
        values = {"tenant": require_tenant_id(), "pilot": pilot.pk if pilot else None}
        cursor.execute(STATES, values)
        for row in cursor.fetchall():
            pilot_id, word, named, decided_by, lacks, at, state, until, *rest = row
            reason, who, evidence, zone = rest
            code = Code(word)
            begun = State.IN_PROGRESS if named or evidence else State.NOT_STARTED
            now = State(state) if state else begun
            found[pilot_id][code] = Standpoint(
                code,
                now,
                until,
                reason,
                who,
                lacks=tuple(json.loads(lacks)),
                looked_at=at,
                decided_by=decided_by,
                zone=zone,
            )
    return found


def all_six(known_states: Mapping[Code, Standpoint]) -> list[Standpoint]:
    """Return six gates in order; those that nothing was done with are not started."""
    return [known_states.get(code, Standpoint(code, State.NOT_STARTED)) for code in Code]


def find_evidence(pilot: Pilot, code: Code, key: UUID) -> Evidence | None:
    """Return one piece of evidence of a pilot's gate; None when there is none."""
    rows = Evidence.objects.filter(pk=key, gate__pilot=pilot, gate__code=code)
    return rows.first()


def find_production(pilot: Pilot) -> Production | None:
    """Return when a pilot entered production, with who put it there; None when it has not."""
    rows = Production.objects.filter(pilot=pilot).select_related("member__person")
    return rows.first()


def map_production() -> dict[UUID, date]:
    """Return since when each pilot in production is there, by pilot."""
    return dict(Production.objects.order_by("id").values_list("pilot_id", "entered_on"))


def find_pilot(key: UUID) -> Pilot | None:
    """Return a pilot in use, with its site; None for one that is archived."""
    rows = Pilot.objects.filter(pk=key, archived_at=None).select_related("site")
    found: Pilot | None = rows.first()
    return found


def list_begun_pilots() -> list[Pilot]:
    """Return the pilots in use with a gate that something was done with, by code, with their site."""
    rows = Pilot.objects.filter(Exists(Gate.objects.filter(pilot=OuterRef("pk"))), archived_at=None)
    return list(rows.select_related("site").order_by("code"))


def list_settled_pilots() -> list[Pilot]:
    """Return the pilots in use with a gate that is passed or waived, by code, with their site."""
    wanted = [
        pilot_id
        for pilot_id, gates in map_states().items()
        if any(one.state in {State.PASSED, State.WAIVED} for one in gates.values())
    ]
    rows = Pilot.objects.filter(pk__in=wanted, archived_at=None).select_related("site")
    return list(rows.order_by("code"))
