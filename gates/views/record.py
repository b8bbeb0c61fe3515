"""One step of a gate on a sheet of paper: what was decided, by whom, and on what."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from common.web import Request
from portfolio import queries as portfolio
from portfolio.models import Part
from tenants.access import needs
from tenants.rules import Permission

from .. import queries
from ..models import Evidence, GateDecision
from ..queries import Seen, strips
from ..rules.states import Code, State, Verb
from . import advice
from .frame import around

DECIDED = {Verb.PASS, Verb.SEND_BACK, Verb.WAIVE}


@dataclass(frozen=True, slots=True)
class Line:
    """One criterion as a step kept it, with the evidence that it rested on."""

    text: str
    mandatory: bool
    met: bool
    words: str
    until: date | None
    pieces: tuple[Evidence, ...]


@require_safe
@needs(Permission.BROWSE)
def gate_record(request: Request, slug: str, code: str, gate: Code) -> HttpResponse:
    """Show what one step of a gate kept, the last or the one asked for, to be printed and signed."""
    pilot = portfolio.get_pilot(code)
    seen = queries.get_seen(pilot, gate, now=request.now)
    step = _chosen(seen, request.GET.get("step", ""))
    state = State(step.state) if step else seen.state
    leads = portfolio.list_parties(pilot_id=pilot.pk, parts=[Part.LEAD])
    context = {
        **around(request, pilot, gate),
        "seen": seen,
        "step": step,
        "state": strips.word(state, step.until if step else None),
        "did": strips.did(step) if step else "",
        "who": _who(step) if step else "",
        "lines": _lines(step.facts if step else seen.record, seen.evidence),
        "advice": advice.kept(step) if step else [],
        "steps": [(one, _who(one), strips.did(one)) for one in seen.decisions],
        "signer": _signer(seen, step),
        "lead": leads[0].name if leads else "",
        "newer": step is not None and step != seen.last,
    }
    return render(request, "gates/record.html", context)


def _chosen(seen: Seen, number: str) -> GateDecision | None:
    """Return the step of a number, the last without one; None before the first. 404 for any other."""
    if not number:
        return seen.last
    found = next((one for one in seen.decisions if str(one.number) == number), None)
    if found is None:
        raise Http404("no such step")
    return found


def _who(step: GateDecision) -> str:
    return step.member.person.name if step.member else _("Week Twelve")


def _signer(seen: Seen, step: GateDecision | None) -> str:
    """Return who signs: who decided, or who is to; empty where nobody is named."""
    if step is not None and step.verb in DECIDED:
        return _who(step)
    decider = seen.gate.decider if seen.gate else None
    return decider.person.name if decider else ""


def _lines(facts: Sequence[Mapping[str, Any]], evidence: Sequence[Evidence]) -> list[Line]:
    """Return the criteria as they were kept; what a criterion refers to names its evidence by key."""
    pieces = {str(one.pk): one for one in evidence}
    return [
        Line(
            text=one["text"],
            mandatory=one["mandatory"],
            met=one["met"],
            words=one["words"],
            until=date.fromisoformat(one["until"]) if one["until"] else None,
            pieces=tuple(pieces[key] for key in one["refers"].split() if key in pieces),
        )
        for one in facts
    ]
