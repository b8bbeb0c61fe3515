"""Pages about the functions that take part in a pilot, and of all pilots at once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_safe

from common import formats
from common.errors import Refused
from common.web import Request
from tenants import queries as tenants
from tenants.access import needs, require
from tenants.models import Membership
from tenants.rules import Permission, can
from tenants.views.saving import Done, save

from .. import actions, queries, rules
from ..actions.engagement import refuse_other_function
from ..forms import engagement as forms
from ..models import Area, Pilot
from ..queries import engagement as reads
from ..queries.around import Around
from ..queries.engagement import Cell, Register, Seat
from ..rules import engagement as path
from ..rules.engagement import Standing, State
from . import archived

# Word, tone and icon of each state; no two share a shape.
LOOKS = {
    State.LATE: ("Late", "bad", "tri"),
    State.OBJECTED: ("Objected", "bad", "cross"),
    State.DUE: ("Due", "worse", "clock"),
    State.NOT_DUE: ("Not due", "muted", "dash"),
    State.ENGAGED: ("Engaged", "goodline", "check"),
    State.NOT_NEEDED: ("Not needed", "muted", "out"),
}


@dataclass(frozen=True, slots=True)
class Look:
    """A state as a chip."""

    word: str
    tone: str
    glyph: str


@dataclass(frozen=True, slots=True)
class Line:
    """One function of a pilot as its page lists it. edit_url: empty where the reader may not."""

    area: str
    look: Look
    who: str
    left: bool
    when: str
    warning: str
    outcome: str
    note: str
    said: str
    team: str
    edit_url: str


@dataclass(frozen=True, slots=True)
class Row:
    """One pilot of the heat map."""

    name: str
    url: str
    week: str
    cells: Sequence[tuple[str, Look, str]]
    late: int
    register: Register
    requirements_url: str


def look(state: State) -> Look:
    """Return how a state is shown."""
    word, tone, glyph = LOOKS[state]
    return Look(_(word), tone, glyph)


@require_safe
@needs(Permission.BROWSE)
def engagement_list(request: Request, slug: str, code: str) -> HttpResponse:
    """Show every function of a pilot: who stands for it, by when, and what it said."""
    pilot = queries.get_pilot(code)
    today = rules.local_day(request.now, pilot.site.zone)
    seats = reads.list_seats(pilot, day=today)
    over = queries.find_ended_at(pilot) is not None
    may = _editable(request, pilot, seats)
    context = {
        **around(request, pilot),
        "title": finding(pilot, seats),
        "unnamed": _unnamed(seats),
        "untimed": _untimed(seats),
        "live": live_words(pilot),
        "over": over,
        "lines": [_line(slug, pilot, seat, may=seat.area in may) for seat in seats],
        "may": bool(may),
        "requirements_url": reverse("requirement_list", args=[slug, code]),
    }
    return render(request, "portfolio/functions.html", context)


def finding(pilot: Pilot, seats: Sequence[Seat]) -> str:
    """Return the sentence that the page of a pilot's functions begins with."""
    states = Counter(seat.standing.state for seat in seats)
    needed = len(seats) - states[State.NOT_NEEDED]
    names = {
        "engaged": states[State.ENGAGED] + states[State.OBJECTED],
        "needed": needed,
        "pilot": pilot.name,
        "late": states[State.LATE],
    }
    if states[State.LATE]:
        words = ngettext(
            "%(engaged)s of %(needed)s functions take part in %(pilot)s, %(late)s is late",
            "%(engaged)s of %(needed)s functions take part in %(pilot)s, %(late)s are late",
            states[State.LATE],
        )
    else:
        words = _("%(engaged)s of %(needed)s functions take part in %(pilot)s")
    return words % names


def _unnamed(seats: Sequence[Seat]) -> str:
    """Return the mandatory functions that nobody stands for, in a sentence; empty for none."""
    named = {seat.area.value for seat in seats if seat.named}
    missing = [str(Area(one).label) for one in path.unnamed(named)]
    if not missing:
        return ""
    return _("Nobody stands for: %(names)s.") % {"names": ", ".join(missing)}


def _untimed(seats: Sequence[Seat]) -> str:
    """Return the reviews whose lead time nobody said, in a sentence; empty for none."""
    missing = [
        str(seat.area.label)
        for seat in seats
        if seat.area.value in path.TIMED
        and seat.standing.start_by is None
        and seat.standing.state in {State.LATE, State.DUE, State.NOT_DUE}
    ]
    if not missing:
        return ""
    return _("Nobody said how long the review takes of: %(names)s.") % {"names": ", ".join(missing)}


def live_words(pilot: Pilot) -> str:
    """Return from which day lead times are counted back."""
    live = path.go_live(start_date=pilot.start_date, go_live_date=pilot.go_live_date)
    if pilot.go_live_date is not None:
        return _("Go-live is %(day)s.") % {"day": formats.day(live)}
    words = _("No go-live is set: %(day)s counts, when production begins in week 8.")
    return words % {"day": formats.day(live)}


def _line(slug: str, pilot: Pilot, seat: Seat, *, may: bool) -> Line:
    row, standing = seat.row, seat.standing
    member = row.member if row else None
    said = ""
    if row is not None and row.said_by is not None and row.said_at is not None:
        day = formats.day(rules.local_day(row.said_at, pilot.site.zone))
        said = _("recorded by %(name)s on %(day)s") % {"name": row.said_by.person.name, "day": day}
    address = reverse("engagement_edit", args=[slug, pilot.code, seat.area.value])
    return Line(
        area=str(seat.area.label),
        look=look(standing.state),
        who=member.person.name if member else "",
        left=member is not None and member.removed_at is not None,
        when=when(standing, row.engaged_on if row else None, row.due_week if row else None),
        warning=warning(standing, row.lead_weeks if row else None, row.engaged_on if row else None),
        outcome=row.get_outcome_display() if row and row.outcome else "",
        note=row.note if row else "",
        said=said,
        team=", ".join(seat.team),
        edit_url=address if may else "",
    )


def when(standing: Standing, engaged_on: date | None, due_week: int | None) -> str:
    """Return since when a function takes part, or by when it is to."""
    names = {
        "day": formats.day(engaged_on or standing.due_date),
        "week": due_week or path.PLANNED_BY_WEEK,
        "days": standing.days_late,
    }
    if standing.state is State.NOT_NEEDED:
        return ""
    if engaged_on is None:
        return _("by %(day)s, the end of week %(week)s") % names
    if standing.days_late:
        words = ngettext(
            "since %(day)s, %(days)s day after its week",
            "since %(day)s, %(days)s days after its week",
            standing.days_late,
        )
        return words % names
    return _("since %(day)s") % names


def warning(standing: Standing, lead_weeks: int | None, engaged_on: date | None) -> str:
    """Return what a review's lead time means for its start; empty without one, and once it said."""
    if standing.start_by is None or lead_weeks is None or standing.state is State.NOT_NEEDED:
        return ""
    names = {"weeks": lead_weeks, "day": formats.day(standing.start_by)}
    if standing.starts_late:
        words = ngettext(
            "Its review takes %(weeks)s week: to end before go-live it had to start by %(day)s.",
            "Its review takes %(weeks)s weeks: to end before go-live it had to start by %(day)s.",
            lead_weeks,
        )
        return words % names
    if engaged_on is None:
        words = ngettext(
            "Its review takes %(weeks)s week and starts by %(day)s.",
            "Its review takes %(weeks)s weeks and starts by %(day)s.",
            lead_weeks,
        )
        return words % names
    return ""


def _editable(request: Request, pilot: Pilot, seats: Sequence[Seat]) -> set[Area]:
    """Return the functions that the reader may change: all as lead or admin, else those answered for."""
    actor = request.member.actor
    parts = queries.parts_of(request.member.person_id, pilot)
    if pilot.archived_at is not None or not can(actor, Permission.ENGAGE, parts):
        return set()
    if can(actor, Permission.EDIT_PILOT, parts):
        return set(Area)
    named = {seat.area for seat in seats if seat.row and seat.row.member_id == request.member.id}
    return named | set(reads.areas_of(reads.list_functions_of(request.member.id)))


@require_http_methods(["GET", "HEAD", "POST"])
@needs(Permission.ENGAGE)
def engagement_edit(request: Request, slug: str, code: str, area: Area) -> HttpResponse:
    """Say who stands for a function in a pilot, by when, since when, and what it said."""
    pilot = queries.get_pilot(code)
    require(request, Permission.ENGAGE, queries.parts_of(request.member.person_id, pilot))
    if closed := archived.instead_of_form(request, pilot):
        return closed
    back = reverse("engagement_list", args=[slug, code])

    def act(version: int, **values: Any) -> Done:
        draft = actions.EngagementDraft(**values)
        actions.engage(
            pilot=pilot, area=area, draft=draft, version=version, by=request.member, now=request.now
        )
        return Done(_("%(area)s is saved.") % {"area": area.label}, back)

    found = reads.find_engagement(pilot, area)
    form = forms.EngagementForm(
        request.POST or None,
        members=_members(found.member if found else None),
        initial=_values(pilot, area),
    )
    context = {
        **around(request, pilot),
        "title": str(area.label),
        "lead": _lead(area, pilot),
        "submit": _("Save"),
        "note": _("Every change stays in the audit trail."),
        "cancel_url": back,
        "no_right": _no_right(request, pilot, area),
        "crumbs": [*around(request, pilot)["crumbs"], {"url": back, "label": _("Functions")}],
    }
    return save(
        request,
        form,
        act,
        template="portfolio/edit_function.html",
        context=context,
        now=lambda: _values(pilot, area),
    )


def _lead(area: Area, pilot: Pilot) -> str:
    """Return what the form is about, in a sentence or two."""
    answering = path.answering(area.value)
    words = live_words(pilot)
    if answering == area.value:
        return words
    who = _("A review that %(function)s answers for.") % {"function": Area(answering).label}
    return f"{who} {words}"


def _no_right(request: Request, pilot: Pilot, area: Area) -> str:
    """Return why the reader may not save, in words; empty where they may."""
    try:
        refuse_other_function(pilot, area, reads.find_engagement(pilot, area), request.member)
    except Refused as refused:
        return str(refused)
    return ""


def _members(named: Membership | None) -> list[Membership]:
    """Return who may be named: every member, and the one who is named although no member any more."""
    members = tenants.list_members()
    if named is not None and named.pk not in {one.pk for one in members}:
        members.append(named)
    return members


def _values(pilot: Pilot, area: Area) -> dict[str, Any]:
    found = reads.find_engagement(pilot, area)
    usual = reads.find_usual_lead(area) if found is None else None
    return forms.engagement_values(found, usual_lead=usual)


def around(request: Request, pilot: Pilot) -> dict[str, Any]:
    """Return what the pages of a pilot's functions and requirements print around their content."""
    slug = request.tenant.slug
    return {
        "nav_current": "portfolio",
        "pilot": pilot,
        "crumbs": [
            {"url": reverse("board", args=[slug]), "label": "Portfolio"},
            {"url": reverse("pilot", args=[slug, pilot.code]), "label": pilot.name},
        ],
        **archived.around(request, pilot),
    }


def of_pilot(request: Request, pilot: Pilot, *, today: date, over: bool) -> dict[str, Any]:
    """Return what a pilot's page prints of functions and requirements, in three queries."""
    seats = reads.list_seats(pilot, day=today)
    register = reads.count_register(pilot)
    slug = request.tenant.slug
    silent = over or pilot.archived_at is not None
    return {
        "functions": {
            "title": finding(pilot, seats),
            "url": reverse("engagement_list", args=[slug, pilot.code]),
            "late": [str(seat.area.label) for seat in seats if seat.standing.state is State.LATE],
            "unnamed": "" if silent else _unnamed(seats),
            "warnings": []
            if silent
            else [
                f"{seat.area.label}: "
                + warning(
                    seat.standing,
                    seat.row.lead_weeks if seat.row else None,
                    seat.row.engaged_on if seat.row else None,
                )
                for seat in seats
                if seat.standing.starts_late
            ],
            "silent": silent,
        },
        "register": register,
        "register_words": register_words(register),
        "register_url": reverse("requirement_list", args=[slug, pilot.code]),
    }


def register_words(register: Register) -> str:
    """Return how many requirements there are, in a sentence."""
    if not register.total:
        return _("No requirement is written down.")
    names = {
        "total": register.total,
        "open": register.open,
        "blocking": register.blocking,
        "late": register.late,
    }
    total = ngettext("%(total)s requirement", "%(total)s requirements", register.total)
    rest = _("%(open)s open, %(blocking)s of them blocking, %(late)s found after deploy started")
    return f"{total % names}: {rest % names}."


MOST_STARTS = 6


def of_board(
    request: Request, pilots: Sequence[queries.PilotRow], around: Mapping[UUID, Around]
) -> dict[str, Any]:
    """Return what the board prints of functions and requirements.

    pilots: those in use that have not ended. around: what stands around each.
    """
    found = reads.find_early(pilots, around, now=request.now)
    starts = found.starts
    names = [f"{area.label}, {pilot.name}" for pilot, area in starts[:MOST_STARTS]]
    if more := len(starts) - len(names):
        names.append(_("and %(n)s more") % {"n": more})
    return {
        "url": reverse("engagement", args=[request.tenant.slug]),
        "starts": ngettext(
            "%(n)s review starts too late to end before go-live",
            "%(n)s reviews start too late to end before go-live",
            len(starts),
        )
        % {"n": len(starts)}
        if starts
        else "",
        "starts_text": "; ".join(names) + ".",
        "found_late": ngettext(
            "%(n)s requirement found after deploy started",
            "%(n)s requirements found after deploy started",
            found.late,
        )
        % {"n": found.late}
        if found.late
        else "",
    }


@require_safe
@needs(Permission.BROWSE)
def engagement(request: Request, slug: str) -> HttpResponse:
    """Show every function of every pilot in use, what is late first."""
    pilots = reads.list_running()
    cells = reads.map_cells(pilots, now=request.now)
    registers = reads.map_registers(pilots)
    rows = [_row(slug, pilot, cells[pilot.id], registers[pilot.id], request) for pilot in pilots]
    rows.sort(key=lambda row: -row.late)
    total = sum(registers.values(), Register())
    states = reads.count_states(cells)
    context = {
        "nav_current": "portfolio",
        "title": heat_title(states, pilots=len(pilots)),
        "areas": [str(area.label) for area in Area],
        "rows": rows,
        "facts": heat_facts(states, total, rows),
        "late_by_area": _late_by_area(list(cells.values())),
        "legend": [look(state) for state in State],
    }
    return render(request, "portfolio/engagement.html", context)


def heat_title(states: Counter[State], *, pilots: int) -> str:
    """Return the sentence that the heat map begins with."""
    names = {"late": states[State.LATE], "pilots": pilots}
    if not pilots:
        return _("No pilot is in use")
    if not states[State.LATE]:
        return _("No function is late")
    words = ngettext(
        "%(late)s function is late, over %(pilots)s pilots",
        "%(late)s functions are late, over %(pilots)s pilots",
        states[State.LATE],
    )
    return words % names


def heat_facts(
    states: Counter[State], total: Register, rows: Sequence[Row]
) -> list[dict[str, Any]]:
    """Return four figures of the heat map."""
    late, objected = states[State.LATE], states[State.OBJECTED]
    with_late = sum(row.late > 0 for row in rows)
    return [
        {
            "label": _("Late"),
            "figure": late,
            "unit": _("of %(n)s") % {"n": states.total()},
            "text": ngettext("in %(n)s pilot", "in %(n)s pilots", with_late) % {"n": with_late},
            **({"tone": "bad", "icon": "tri"} if late else {}),
        },
        {
            "label": _("Due"),
            "figure": states[State.DUE],
            "unit": "",
            "text": _("within two weeks"),
            **({"tone": "warn", "icon": "clock"} if states[State.DUE] else {}),
        },
        {
            "label": _("Take part"),
            "figure": states[State.ENGAGED] + objected,
            "unit": "",
            "text": ngettext("%(n)s objection", "%(n)s objections", objected) % {"n": objected},
        },
        {
            "label": _("Requirements found after deploy started"),
            "figure": total.late,
            "unit": _("of %(n)s") % {"n": total.total},
            "text": ngettext("%(n)s is open", "%(n)s are open", total.open) % {"n": total.open},
            **({"tone": "warn", "icon": "tri"} if total.late else {}),
        },
    ]


def _row(
    slug: str, pilot: queries.PilotRow, cells: Sequence[Cell], register: Register, request: Request
) -> Row:
    day = rules.local_day(request.now, pilot.zone)
    return Row(
        name=pilot.name,
        url=reverse("engagement_list", args=[slug, pilot.code]),
        week=formats.week(rules.week_number(start_date=pilot.start_date, day=day)),
        cells=[
            (str(cell.area.label), look(cell.standing.state), _cell_words(cell, day))
            for cell in cells
        ],
        late=sum(cell.standing.state is State.LATE for cell in cells),
        register=register,
        requirements_url=reverse("requirement_list", args=[slug, pilot.code]),
    )


def _cell_words(cell: Cell, today: date) -> str:
    """Return what stands beside a cell's word: by when, where that presses or is to come."""
    if cell.standing.state in {State.LATE, State.DUE, State.NOT_DUE}:
        return _("by %(day)s") % {"day": formats.day(cell.standing.last_day, today=today)}
    return _("starts late") if cell.standing.starts_late else ""


def _late_by_area(rows: Sequence[Sequence[Cell]]) -> list[tuple[str, int]]:
    """Return in how many pilots each function is late, in order."""
    counted = Counter(
        cell.area for row in rows for cell in row if cell.standing.state is State.LATE
    )
    return [(str(area.label), counted[area]) for area in Area]
