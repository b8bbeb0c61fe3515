"""The page of what a pilot's decision needs to know, and where that stands."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from common import formats
from common.web import Request
from portfolio import queries as portfolio
from portfolio import rules as path
from portfolio.models import Pilot
from portfolio.views import archived
from tenants.access import needs
from tenants.rules import Permission, can
from tenants.views.saving import Done, attempt, save

from .. import queries
from ..actions import sources as actions
from ..forms import sources as forms
from ..models import PilotSource, Source
from ..queries import sources as reads
from ..queries.sources import NeededRow, SourceMap
from ..queries.values import SHOWN_DAYS, count_by_source
from .editing import PILOTS, edits, own_pilot, pilot_crumbs

FORM = "metrics/edit_pilot_source.html"


@dataclass(frozen=True, slots=True)
class Line:
    """A source of the list as the page prints it.

    unmapped: how many figures of the system were refused lately for what nobody mapped, to
    whichever pilot they belong.
    """

    needed: NeededRow
    url: str
    stale: bool
    unmapped: int

    @property
    def row(self) -> PilotSource:
        return self.needed.row

    @property
    def state(self) -> tuple[str, str, str]:
        """Return word, tone and glyph."""
        if self.needed.handoff:
            return _("By hand"), "worse", "person"
        if not self.needed.connected:
            return _("Not connected"), "gap", "dash"
        return _("Connected"), "goodline", "check"

    @property
    def age(self) -> str:
        """Return what is wrong with its age; empty where nothing is."""
        if not self.stale:
            return ""
        if self.needed.last_day is None:
            return _("nobody knows how old")
        return _("older than %(days)s days") % {"days": self.row.limit_days}


@require_safe
@needs(Permission.BROWSE)
def pilot_source_list(request: Request, slug: str, code: str) -> HttpResponse:
    """Show the sources that a pilot's decision needs, what it sees of them, and its blind spots."""
    pilot = portfolio.get_pilot(code)
    found = reads.read_map(pilot)
    day = path.local_day(request.now, pilot.site.zone)
    parts = portfolio.parts_of(request.member.person_id, pilot)
    may = bool(can(request.member.actor, Permission.EDIT_PILOT, parts))
    unmapped = count_by_source(path.local_day(request.now, request.tenant.zone))
    lines = [
        Line(
            one,
            reverse("pilot_source_edit", args=[slug, code, one.row.pk]),
            one.stale(day),
            unmapped.get(one.row.source_id, 0),
        )
        for one in found.rows
    ]
    context = {
        **_around(slug, pilot),
        **archived.around(request, pilot),
        "title": finding(pilot, found, day),
        "lines": lines,
        "days": SHOWN_DAYS,
        "blind": blind_spots(found.rows, day),
        "ended": found.ended,
        "may": may and pilot.archived_at is None,
        "new_url": reverse("pilot_source_new", args=[slug, code]),
    }
    return render(request, "metrics/pilot_sources.html", context)


@edits
@needs(Permission.EDIT_PILOT)
def pilot_source_new(request: Request, slug: str, code: str) -> HttpResponse:
    """Put a source on the list."""
    pilot = own_pilot(request, code, Permission.EDIT_PILOT)
    if closed := archived.instead_of_form(request, pilot):
        return closed

    def act(**values: Any) -> Done:
        row = actions.add_pilot_source(pilot=pilot, by=request.member, now=request.now, **values)
        return Done(f"{row.name} is on the list.", _listed(slug, code))

    title = "Add a source that the decision needs"
    context = {**_below(slug, pilot), "title": title, "submit": "Add the source"}
    form = forms.NewPilotSourceForm(request.POST or None, sources=queries.list_sources())
    return save(request, form, act, template=FORM, context=context)


@edits
@needs(Permission.EDIT_PILOT)
def pilot_source_edit(request: Request, slug: str, code: str, key: UUID) -> HttpResponse:
    """Change a source of the list."""
    pilot = own_pilot(request, code, Permission.EDIT_PILOT)
    if closed := archived.instead_of_form(request, pilot):
        return closed
    row = reads.get_pilot_source(pilot, key)

    def act(**values: Any) -> Done:
        actions.change_pilot_source(row=row, by=request.member, now=request.now, **values)
        return Done("Saved.", _listed(slug, code))

    context = {**_below(slug, pilot), "title": row.name, "submit": "Save", "row": row}
    form = forms.PilotSourceForm(
        request.POST or None,
        sources=_offered(row),
        initial=forms.pilot_source_values(row),
    )
    return save(
        request,
        form,
        act,
        template=FORM,
        context=context,
        now=lambda: forms.pilot_source_values(reads.get_pilot_source(pilot, key)),
    )


@require_POST
@needs(Permission.EDIT_PILOT)
def pilot_source_end(request: Request, slug: str, code: str, key: UUID) -> HttpResponse:
    """Take a source off the list."""
    pilot = own_pilot(request, code, Permission.EDIT_PILOT)
    row = reads.get_pilot_source(pilot, key)

    def act() -> Done:
        actions.end_pilot_source(row=row, by=request.member, now=request.now)
        return Done(f"{row.name} is off the list.", _listed(slug, code))

    return attempt(request, act, back=_listed(slug, code))


@require_POST
@needs(Permission.EDIT_PILOT)
def pilot_source_restore(request: Request, slug: str, code: str, key: UUID) -> HttpResponse:
    """Put a source on the list again."""
    pilot = own_pilot(request, code, Permission.EDIT_PILOT)
    row = reads.get_pilot_source(pilot, key)

    def act() -> Done:
        actions.restore_pilot_source(row=row, by=request.member)
        return Done(f"{row.name} is on the list again.", _listed(slug, code))

    return attempt(request, act, back=_listed(slug, code))


def finding(pilot: Pilot, found: SourceMap, day: date) -> str:
    """Return the sentence that the page begins with."""
    seen = found.cover(day)
    if not seen.needed:
        return _("Nobody listed yet what %(pilot)s needs to know.") % {"pilot": pilot.name}
    names = {"pilot": pilot.name, "n": seen.needed, "seen": seen.seen, "percent": seen.percent}
    return (
        ngettext(
            "%(pilot)s sees %(seen)s of the %(n)s source that it needs: %(percent)s %%.",
            "%(pilot)s sees %(seen)s of the %(n)s sources that it needs: %(percent)s %%.",
            seen.needed,
        )
        % names
    )


def blind_spots(rows: Sequence[NeededRow], day: date) -> list[str]:
    """Return in words what the decision does not see, source by source."""
    return [words for one in rows if (words := _blind(one, day))]


def _blind(one: NeededRow, day: date) -> str:
    names = {"name": one.row.name, "gives": one.row.gives}
    if one.handoff:
        return _("%(gives)s: %(name)s is carried by hand.") % names
    if not one.connected:
        return _("%(gives)s: %(name)s is not connected.") % names
    if one.last_day is None:
        return _("%(gives)s: %(name)s has sent nothing yet.") % names
    if one.stale(day):
        since = formats.day(one.last_day)
        return _("%(gives)s: nothing newer than %(day)s from %(name)s.") % {**names, "day": since}
    return ""


def _offered(row: PilotSource) -> list[Source]:
    """Return the sources to choose from, the chosen one too where it is archived."""
    listed = queries.list_sources()
    return listed if row.source is None or row.source in listed else [row.source, *listed]


def _listed(slug: str, code: str) -> str:
    return reverse("pilot_source_list", args=[slug, code])


def _around(slug: str, pilot: Pilot) -> dict[str, Any]:
    return {**PILOTS, "pilot": pilot, "crumbs": pilot_crumbs(slug, pilot)}


def _below(slug: str, pilot: Pilot) -> dict[str, Any]:
    listed = _listed(slug, pilot.code)
    around = _around(slug, pilot)
    around["crumbs"] = [*around["crumbs"], {"url": listed, "label": "Sources"}]
    return {**around, "cancel_url": listed}
