"""What waits for a reviewer and their function, and how long each function takes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_safe

from common import formats
from common.web import Request
from portfolio import rules as path
from portfolio.models import Area
from portfolio.queries import engagement as portfolio
from portfolio.views.engagement import Look, look
from tenants.access import needs
from tenants.models import Function
from tenants.rules import Permission

from ..models import TriggerFiring
from ..queries import retraining, strips, waiting
from ..queries.waiting import Asked
from ..rules.waiting import Waited, by_function, days_between
from .frame import address

MOST_REQUIREMENTS = 50


@dataclass(frozen=True, slots=True)
class GateLine:
    """A gate that waits for the reader. late: whether its day is over."""

    name: str
    pilot: str
    url: str
    since: str
    due: date | None
    late: bool


@dataclass(frozen=True, slots=True)
class SeatLine:
    """A function that is to take part in a pilot."""

    area: str
    pilot: str
    url: str
    look: Look
    by: date


@require_safe
@needs(Permission.BROWSE)
def waiting_list(request: Request, slug: str) -> HttpResponse:
    """Show what waits for the reader: gates, functions that are due, requirements; and who waits."""
    member = request.member
    functions = portfolio.list_functions_of(member.id)
    areas = portfolio.areas_of(functions)
    asked = waiting.list_asked()
    today = path.local_day(request.now, request.tenant.zone)
    own = [one for one in asked if one.waits and one.decider_id == member.id]
    firings = retraining.list_waiting_firings(member, now=request.now)
    seats, pilots = _seats(request, areas)
    required = portfolio.list_open_requirements(areas, pilots, limit=MOST_REQUIREMENTS + 1)
    context = {
        "nav_current": "portfolio",
        "title": title(len(own), len(firings), len(seats), len(required)),
        "functions": ", ".join(str(Function(one).label) for one in functions),
        "gates": [_gate(slug, one, request, today) for one in own],
        "firings": [(one, _firing(one, request)) for one in firings],
        "seats": seats,
        "required": [
            {
                "row": one,
                "area": Area(one.area).label,
                "url": reverse("requirement_list", args=[slug, one.pilot.code]),
            }
            for one in required[:MOST_REQUIREMENTS]
        ],
        "more": len(required) > MOST_REQUIREMENTS,
        "waited": [_waited(one) for one in by_function(waiting.list_turns(asked), now=request.now)],
    }
    return render(request, "gates/waiting.html", context)


def title(gates: int, firings: int, seats: int, required: int) -> str:
    """Return the sentence that the page begins with."""
    if not gates + firings + seats + required:
        return _("Nothing waits for you")
    words = [
        ngettext("%(n)s gate", "%(n)s gates", gates) % {"n": gates} if gates else "",
        ngettext("%(n)s retraining", "%(n)s retrainings", firings) % {"n": firings}
        if firings
        else "",
        ngettext("%(n)s function", "%(n)s functions", seats) % {"n": seats} if seats else "",
        ngettext("%(n)s requirement", "%(n)s requirements", required)
        % {"n": f"{MOST_REQUIREMENTS}+" if required > MOST_REQUIREMENTS else required}
        if required
        else "",
    ]
    return _("Waiting for you: %(what)s") % {"what": ", ".join(filter(None, words))}


def _seats(request: Request, areas: Sequence[Area]) -> tuple[list[SeatLine], list[Any]]:
    """Return the functions that the reader answers for and that press, and the pilots in use."""
    running = portfolio.list_running()
    cells = portfolio.map_cells(running, now=request.now)
    lines = [
        SeatLine(
            area=str(cell.area.label),
            pilot=pilot.name,
            url=reverse("engagement_list", args=[request.tenant.slug, pilot.code]),
            look=look(cell.standing.state),
            by=cell.standing.last_day,
        )
        for pilot in running
        for cell in cells[pilot.id]
        if (cell.area in areas or cell.member_id == request.member.id)
        and cell.standing.state in portfolio.PRESSING
    ]
    return sorted(lines, key=lambda line: line.by), [pilot.id for pilot in running]


def _firing(one: TriggerFiring, request: Request) -> dict[str, str]:
    """Return what asks the reader for an answer about training, in words."""
    rule = retraining.say_rule(one.trigger)
    return {
        "words": _("Trial: %(rule)s") % {"rule": rule} if one.tried else rule,
        "since": _days(days_between(one.at, request.now)),
    }


def _gate(slug: str, one: Asked, request: Request, today: date) -> GateLine:
    days = days_between(one.since, request.now)
    return GateLine(
        name=strips.name(one.gate),
        pilot=one.pilot,
        url=address(slug, one.pilot_code, one.gate),
        since=_days(days),
        due=one.due_date,
        late=one.due_date is not None and one.due_date < today,
    )


def _days(days: float | None) -> str:
    if days is None:
        return "—"
    if 0 <= days < 1:
        return _("less than a day")
    return _("%(days)s days") % {"days": formats.number(days, 1)}


def _waited(one: Waited) -> dict[str, Any]:
    """Return how long a function takes, in words."""
    known = one.function in Function.values
    return {
        "name": Function(one.function).label if known else _("Who reviews for no function"),
        "decided": one.decided,
        "days": _days(one.days) if one.decided else _("nothing decided yet"),
        "waiting": one.waiting,
        "longest": _days(one.longest),
    }
