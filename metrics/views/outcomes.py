"""The page on which somebody decides about a pilot."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.http import HttpResponse
from django.urls import reverse

from common.web import Request
from portfolio.views import archived
from tenants.access import needs
from tenants.rules import Permission
from tenants.views.saving import Done, save

from ..actions import outcomes
from ..forms.outcomes import OutcomeForm
from ..models import PilotMetric, ReadOut
from ..queries import sentences, verdicts
from .editing import PILOTS, edits, own_pilot, pilot_crumbs

DONE = {
    "graduate": "{} is graduated.",
    "extend": "{} is extended and read out anew after week {}.",
    "stop": "{} is stopped. What it showed stays here.",
}


@dataclass(frozen=True, slots=True)
class Shown:
    """One read-out as the decision sees it. left: the pilot is no longer judged by its metric."""

    read_out: ReadOut
    told: sentences.Told
    url: str
    left: bool


@edits
@needs(Permission.DECIDE_PILOT)
def pilot_decide(request: Request, slug: str, code: str) -> HttpResponse:
    """Graduate, extend or stop a pilot, with what was read out beside it."""
    pilot = own_pilot(request, code, Permission.DECIDE_PILOT)
    if closed := archived.instead_of_form(request, pilot):
        return closed
    earlier = verdicts.list_outcomes(pilot)
    evidence = verdicts.list_evidence(pilot)
    home = reverse("pilot", args=[slug, code])

    def act(**values: Any) -> Done:
        found = outcomes.decide_pilot(pilot=pilot, by=request.member, now=request.now, **values)
        return Done(DONE[found.word].format(pilot.name, found.until_week), home)

    context = {
        **PILOTS,
        "crumbs": pilot_crumbs(slug, pilot),
        "pilot": pilot,
        "evidence": [_shown(one, slug, code) for one in evidence],
        "waiting": [_shown(one, slug, code) for one in verdicts.list_waiting(pilot)],
        "earlier": earlier,
        "cancel_url": home,
    }
    form = OutcomeForm(
        request.POST or None,
        initial={"version": len(earlier) + 1, "seen": verdicts.seen(evidence)},
        looks=verdicts.map_later_looks(pilot),
    )
    return save(
        request,
        form,
        act,
        template="metrics/decide.html",
        context=context,
        now=lambda: {
            "version": len(verdicts.list_outcomes(pilot)) + 1,
            "seen": verdicts.seen(verdicts.list_evidence(pilot)),
        },
    )


def _shown(found: ReadOut, slug: str, code: str) -> Shown:
    row = found.baseline.target_row
    address = reverse("read_out", args=[slug, code, row.pk, found.week])
    left = row.retired_at is not None or row.role != PilotMetric.Role.PRIMARY
    return Shown(found, sentences.tell(found.result, row.metric), address, left)
