"""The gates of pilots under `/api/v1/`, and entering production."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import date, datetime
from typing import Annotated, ClassVar
from uuid import UUID

from django.http import Http404, HttpResponse
from msgspec import Meta, Struct, convert
from rest_framework.request import Request

from common import paging
from common.openapi import IDEMPOTENCY_KEY, described
from common.paging import ArchivedQuery
from portfolio import queries as portfolio
from portfolio.models import Pilot
from tenants.api import TenantView
from tenants.rules import Permission

from . import actions, queries
from .models import Advice, Evidence, GateDecision
from .queries import Seen
from .queries.advice import Heard, Voice, map_heard
from .rules.states import KINDS, Code


class GateShape(Struct):
    """How one gate of a pilot stands."""

    gate: Annotated[
        str,
        Meta(
            description="data, accuracy, failure, integration, cost, ownership", examples=["data"]
        ),
    ]
    state: Annotated[
        str,
        Meta(
            description="not_started, in_progress, submitted, changes_requested, passed, waived,"
            " reopened"
        ),
    ]
    until: Annotated[
        date | None, Meta(description="Last day on which a pass or a waiver holds; null: no end.")
    ]
    ended: Annotated[
        bool,
        Meta(
            description="Whether the last day of a pass or a waiver is over: it holds no more, also"
            " before it is reopened."
        ),
    ]


class PilotGates(Struct):
    """The six gates of a pilot, in their order."""

    pilot: Annotated[str, Meta(description="Code of the pilot.", examples=["P-01"])]
    in_production_since: date | None
    gates: list[GateShape]


class GateList(Struct):
    """A page of pilots with their gates, by code."""

    tenant: str
    pilots: list[PilotGates]
    next_cursor: str | None


class ProductionAnswer(Struct):
    """A pilot that is in production."""

    tenant: str
    pilot: PilotGates


class CriterionShape(Struct):
    """One criterion of a gate, and how it stands today."""

    code: Annotated[str, Meta(examples=["production_data"])]
    text: str
    why: str
    check: Annotated[
        str,
        Meta(
            description="What meets it. evidence: a file, link or note; number; fact: what the"
            " product knows.",
            examples=["evidence"],
        ),
    ]
    side: Annotated[
        str | None, Meta(description="Of a number, where it must lie: lt, le, ge, gt the limit.")
    ]
    limit: Annotated[float | None, Meta(description="Of a number, in the unit.")]
    unit: str
    mandatory: bool
    met: bool
    words: Annotated[str, Meta(description="What stands there, or what is missing, in English.")]
    until: Annotated[date | None, Meta(description="Last day on which it is met; null: no end.")]
    evidence: Annotated[
        int, Meta(description="Pieces that nobody took back, expired ones too; 0 of a fact.")
    ]


class AdviceShape(Struct):
    """What somebody advised on a gate that was submitted. It opens and closes nothing."""

    by: str
    stance: Annotated[str, Meta(description="for, against, remark", examples=["for"])]
    reason: str
    at: datetime


class GivenAdviceShape(AdviceShape):
    """One piece of advice. None is ever changed: the newest of a person on a submission stands."""

    step: Annotated[int, Meta(description="Number of the submission that it is about.")]


class AdviserShape(Struct):
    """Somebody who is asked to advise on a gate, or advised on its last submission."""

    name: str
    asked: Annotated[bool, Meta(description="False for one who is asked no more.")]
    left: Annotated[bool, Meta(description="Whether they are no member of the company any more.")]
    advice: Annotated[
        AdviceShape | None,
        Meta(description="What stands of theirs on the last submission; null: nothing yet."),
    ]


class GateDetail(GateShape):
    """How one gate of a pilot stands, and what it asks."""

    decider: Annotated[str | None, Meta(description="Who decides it; null: nobody is named yet.")]
    due_date: Annotated[date | None, Meta(description="By when it is to be decided.")]
    reason: Annotated[str, Meta(description="Of its last step; empty where that has none.")]
    lets_through: Annotated[
        bool, Meta(description="Whether it lets the pilot into production today.")
    ]
    lapsed: Annotated[
        str,
        Meta(
            description="Why a pass or a waiver holds no more, also before it is reopened; or empty."
        ),
    ]
    criteria: list[CriterionShape]
    advisers: list[AdviserShape]


class PilotGatesAnswer(Struct):
    """The six gates of one pilot, in their order."""

    tenant: str
    pilot: Annotated[str, Meta(description="Code of the pilot.", examples=["P-01"])]
    in_production_since: date | None
    gates: list[GateDetail]


class FileShape(Struct):
    """A file as it was brought. It is handed out on pages only."""

    name: str
    type: str
    size: Annotated[int, Meta(description="Bytes.")]
    sha256: str


class TakenBackShape(Struct):
    """Who took a piece of evidence back, when and why."""

    by: str
    at: datetime
    reason: str


class GateEvidenceShape(Struct):
    """One piece of evidence of a gate."""

    id: UUID
    criterion: Annotated[str, Meta(description="Code of what it answers.")]
    kind: Annotated[str, Meta(description="file, link, note, number", examples=["note"])]
    title: str
    text: str
    url: str
    value: Annotated[float | None, Meta(description="Of a number, in the criterion's unit.")]
    file: FileShape | None
    captured_on: Annotated[date, Meta(description="The day that it tells of.")]
    expires_on: Annotated[
        date | None, Meta(description="Last day on which it counts; null: no end.")
    ]
    by: str
    at: datetime
    withdrawn: Annotated[TakenBackShape | None, Meta(description="Null where nobody took it back.")]


class StoodShape(Struct):
    """One criterion as it stood when a step was taken."""

    code: str
    text: str
    mandatory: bool
    met: bool
    words: str
    refers: Annotated[str, Meta(description="What that rested on, such as ids of evidence.")]
    until: date | None


class StepShape(Struct):
    """One step of a gate. None is ever changed."""

    number: int
    verb: Annotated[
        str, Meta(description="submit, pass, send_back, waive, reopen", examples=["submit"])
    ]
    state: Annotated[str, Meta(description="Where it led.", examples=["submitted"])]
    by: Annotated[str | None, Meta(description="Null where the product reopened it.")]
    at: datetime
    reason: str
    until: Annotated[date | None, Meta(description="As of the gate.")]
    criteria: list[StoodShape]
    advice: Annotated[
        list[AdviceShape],
        Meta(description="What stood when somebody passed it, sent it back or waived it."),
    ]


class GateAnswer(Struct):
    """One gate of a pilot, with its evidence, its steps and all advice, newest first."""

    tenant: str
    pilot: Annotated[str, Meta(description="Code of the pilot.", examples=["P-01"])]
    gate: GateDetail
    evidence: list[GateEvidenceShape]
    steps: list[StepShape]
    advice: list[GivenAdviceShape]


class Gates(TenantView):
    """How the gates of every pilot stand."""

    needs: ClassVar[dict[str, Permission]] = {"GET": Permission.BROWSE}

    @described(summary="List gates", tag="Gates", query=ArchivedQuery, answer=GateList)
    def get(self, request: Request) -> HttpResponse:
        """By the pilot's code; of pilots in work only, unless `archived` is true."""
        sent = self.query(ArchivedQuery)
        rows, following = paging.page_by_code(self, sent, portfolio.page_pilots)
        states, entered = queries.map_states(), queries.map_production()
        return self.answer(
            GateList(
                tenant=self.client.tenant.slug,
                pilots=[
                    _shape(one.code, states.get(one.pk, {}), entered.get(one.pk), self.now)
                    for one in rows
                ],
                next_cursor=following,
            )
        )


class OnePilotsGates(TenantView):
    """The six gates of one pilot."""

    needs: ClassVar[dict[str, Permission]] = {"GET": Permission.BROWSE}

    @described(
        summary="Read the gates of a pilot",
        tag="Gates",
        answer=PilotGatesAnswer,
        path={"code": "The pilot's code."},
    )
    def get(self, request: Request, code: str) -> HttpResponse:
        """With every criterion as it stands today. An archived pilot is read too."""
        pilot = _pilot(code)
        entered = queries.find_production(pilot)
        every = queries.list_seen(pilot, now=self.now)
        heard = map_heard(every)
        body = PilotGatesAnswer(
            tenant=self.client.tenant.slug,
            pilot=pilot.code,
            in_production_since=entered.entered_on if entered else None,
            gates=[_detail(seen, heard.get(seen.code, Heard())) for seen in every],
        )
        return self.answer(body)


class OneGate(TenantView):
    """One gate of one pilot."""

    needs: ClassVar[dict[str, Permission]] = {"GET": Permission.BROWSE}

    @described(
        summary="Read a gate",
        tag="Gates",
        answer=GateAnswer,
        path={"code": "The pilot's code.", "gate": f"One of {', '.join(Code)}."},
    )
    def get(self, request: Request, code: str, gate: str) -> HttpResponse:
        """With all of its evidence, what was taken back too, and each step that was taken."""
        pilot = _pilot(code)
        if gate not in KINDS:
            raise Http404
        seen = queries.get_seen(pilot, Code(gate), now=self.now)
        heard = map_heard([seen]).get(seen.code, Heard())
        body = GateAnswer(
            tenant=self.client.tenant.slug,
            pilot=pilot.code,
            gate=_detail(seen, heard),
            evidence=[_evidence(one, seen) for one in seen.evidence],
            steps=[_step(one) for one in seen.decisions],
            advice=[_given(one) for one in heard.every],
        )
        return self.answer(body)


class EnterProduction(TenantView):
    """Puts a pilot into production."""

    needs: ClassVar[dict[str, Permission]] = {"POST": Permission.ENTER_PRODUCTION}

    @described(
        summary="Put a pilot into production",
        tag="Gates",
        answer=ProductionAnswer,
        problems={
            409: "A gate is neither passed nor waived, or the pilot is archived. `errors` lists"
            " each such gate."
        },
        headers=[IDEMPOTENCY_KEY],
        path={"code": "The pilot's code."},
    )
    def post(self, request: Request, code: str) -> HttpResponse:
        """Refused while any of its six gates is neither passed nor waived; again changes nothing."""
        pilot = _pilot(code)
        found = actions.enter_production(pilot=pilot, by=self.client, now=self.now)
        states = queries.map_states(pilot).get(pilot.pk, {})
        body = ProductionAnswer(
            tenant=self.client.tenant.slug, pilot=_shape(code, states, found.entered_on, self.now)
        )
        return self.answer(body)


def _pilot(code: str) -> Pilot:
    """Return the tenant's pilot of a code, archived or not. Raises a 404."""
    pilot = portfolio.find_pilot(code)
    if pilot is None:
        raise Http404
    return pilot


def _shape(
    code: str,
    states: Mapping[Code, queries.Standpoint],
    entered_on: date | None,
    now: datetime,
) -> PilotGates:
    return PilotGates(
        pilot=code,
        in_production_since=entered_on,
        gates=[
            GateShape(gate=one.code, state=one.state, until=one.until, ended=one.ended(now))
            for one in queries.all_six(states)
        ],
    )


def _detail(seen: Seen, heard: Heard) -> GateDetail:
    last, row = seen.last, seen.gate
    return GateDetail(
        gate=seen.code,
        state=seen.state,
        until=seen.holds_until,
        ended=seen.ended,
        decider=row.decider.person.name if row and row.decider else None,
        due_date=row.due_date if row else None,
        reason=last.reason if last else "",
        lets_through=seen.lets_through,
        lapsed=seen.lapsed,
        criteria=_criteria(seen),
        advisers=[_adviser(one) for one in heard.voices],
    )


def _adviser(found: Voice) -> AdviserShape:
    given = found.given
    name = found.member.person.name
    return AdviserShape(
        name=name,
        asked=found.adviser is not None,
        left=found.left,
        advice=AdviceShape(name, given.stance, given.reason, given.at) if given else None,
    )


def _given(found: Advice) -> GivenAdviceShape:
    """Return a piece of advice as the API shows it. Loaded: who gave it, and on which step."""
    return GivenAdviceShape(
        by=found.member.person.name,
        stance=found.stance,
        reason=found.reason,
        at=found.at,
        step=found.step.number,
    )


def _criteria(seen: Seen) -> list[CriterionShape]:
    """Return what a gate asks, in order, as it stands today."""
    there = Counter(one.criterion_id for one in seen.evidence if one.withdrawn_at is None)
    return [
        CriterionShape(
            code=one.asked.code,
            text=one.asked.text,
            why=one.asked.why,
            check=one.asked.check,
            side=one.asked.side,
            limit=one.asked.limit,
            unit=one.asked.unit,
            mandatory=one.asked.mandatory,
            met=one.met,
            words=one.words,
            until=one.until,
            evidence=there[key],
        )
        for key, one in zip(seen.asked, seen.standings, strict=True)
    ]


def _evidence(found: Evidence, seen: Seen) -> GateEvidenceShape:
    """Return a piece of evidence as the API shows it. Loaded: who brought and who took it back."""
    return GateEvidenceShape(
        id=found.pk,
        criterion=seen.asked[found.criterion_id].code,
        kind=found.kind,
        title=found.title,
        text=found.text,
        url=found.url,
        value=found.value,
        file=_file(found),
        captured_on=found.captured_on,
        expires_on=found.expires_on,
        by=found.member.person.name,
        at=found.at,
        withdrawn=_taken_back(found),
    )


def _file(found: Evidence) -> FileShape | None:
    if found.file_size is None:
        return None
    return FileShape(found.file_name, found.file_type, found.file_size, found.file_digest)


def _taken_back(found: Evidence) -> TakenBackShape | None:
    by, at = found.withdrawn_by, found.withdrawn_at
    return TakenBackShape(by.person.name, at, found.withdrawn_reason) if by and at else None


def _step(found: GateDecision) -> StepShape:
    return StepShape(
        number=found.number,
        verb=found.verb,
        state=found.state,
        by=found.member.person.name if found.member else None,
        at=found.at,
        reason=found.reason,
        until=found.until,
        criteria=convert(found.facts, list[StoodShape]),
        advice=convert(found.advice, list[AdviceShape]),
    )
