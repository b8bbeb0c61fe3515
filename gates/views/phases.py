"""The pages of a pilot's five phases: what each leaves behind, closing one, taking it back."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_safe

from common.web import Request
from portfolio import queries as portfolio
from portfolio import rules as path
from portfolio.models import Pilot
from portfolio.views import archived
from tenants.access import needs
from tenants.rules import Permission, can
from tenants.views.saving import Done, save

from .. import forms
from ..actions import phases as actions
from ..queries import phases
from ..queries.phases import Standing
from ..rules.phases import Phase
from .frame import around, below, edits, own_pilot


def _finding(standings: Sequence[Standing]) -> str:
    """Return the sentence that the page begins with."""
    closed = [one for one in standings if one.closed]
    by_exception = sum(one.excepted for one in closed)
    if not closed:
        return _("None of the five phases is closed.")
    gone = sum(bool(one.gone) for one in closed)
    if by_exception:
        said = ngettext(
            "%(n)s of 5 phases is closed, by exception.",
            "%(n)s of 5 phases are closed, %(by)s of them by exception.",
            len(closed),
        )
    elif gone:
        said = ngettext(
            "%(n)s of 5 phases is closed.", "%(n)s of 5 phases are closed.", len(closed)
        )
    else:
        said = ngettext(
            "%(n)s of 5 phases is closed with all that it leaves behind.",
            "%(n)s of 5 phases are closed with all that they leave behind.",
            len(closed),
        )
    words = said % {"n": len(closed), "by": by_exception}
    if not gone:
        return words
    lacks = ngettext(
        "%(n)s closed phase lacks something by now.",
        "%(n)s closed phases lack something by now.",
        gone,
    )
    return f"{words} {lacks % {'n': gone}}"


@require_safe
@needs(Permission.BROWSE)
def phase_list(request: Request, slug: str, code: str) -> HttpResponse:
    """Show what each phase of a pilot leaves behind, and which are closed by whom."""
    pilot = portfolio.get_pilot(code)
    parts = portfolio.parts_of(request.member.person_id, pilot)
    live, actor = pilot.archived_at is None, request.member.actor
    standings = phases.list_standings(pilot)
    today = path.local_day(request.now, pilot.site.zone)
    frame = around(request, pilot)
    context = {
        **frame,
        "finding": _finding(standings),
        "rows": [_printed(pilot, one, slug) for one in standings],
        "week": path.week_number(start_date=pilot.start_date, day=today),
        "may_close": live and bool(can(actor, Permission.CLOSE_PHASE, parts)),
        "may_except": live and bool(can(actor, Permission.EXCEPT_PHASE, parts)),
    }
    return render(request, "gates/phases.html", context)


def _printed(pilot: Pilot, one: Standing, slug: str) -> dict[str, Any]:
    first, last = phases.WEEKS[one.phase]
    starts = path.week_starts(start_date=pilot.start_date, number=first)
    ends = path.week_ends(start_date=pilot.start_date, number=last)
    return {
        "phase": one.phase.value,
        "name": one.name,
        "weeks": _("week %(n)s") % {"n": first}
        if first == last
        else _("weeks %(first)s-%(last)s") % {"first": first, "last": last},
        "starts": starts,
        "ends": ends,
        "outputs": [
            (words, met, phases.page_of(output, slug, pilot.code))
            for output, words, met in one.outputs
        ],
        "closed": one.closed,
        "excepted": one.excepted,
        "lacking": bool(one.lacking),
        # What was there when it was closed, and is missing now.
        "gone": phases.listed(one.gone),
        "steps": [(step, phases.listed(step.lacking)) for step in one.steps],
    }


@edits
@needs(Permission.CLOSE_PHASE)
def phase_close(request: Request, slug: str, code: str, phase: Phase) -> HttpResponse:
    """Close a phase whose outputs are there."""

    def act(pilot: Pilot, **values: Any) -> str:
        actions.close_phase(pilot=pilot, phase=phase, **values)
        return _("%(name)s is closed.")

    return _step(
        request,
        code,
        phase,
        act,
        permission=Permission.CLOSE_PHASE,
        form=forms.ClosePhaseForm,
        opens=False,
        title=_("Close %(name)s"),
        submit=_("Close it"),
    )


@edits
@needs(Permission.EXCEPT_PHASE)
def phase_except(request: Request, slug: str, code: str, phase: Phase) -> HttpResponse:
    """Close a phase without all of its outputs, by name and with a reason."""

    def act(pilot: Pilot, **values: Any) -> str:
        actions.except_phase(pilot=pilot, phase=phase, **values)
        return _("%(name)s is closed by exception.")

    return _step(
        request,
        code,
        phase,
        act,
        permission=Permission.EXCEPT_PHASE,
        form=forms.ExceptPhaseForm,
        opens=False,
        title=_("Close %(name)s by exception"),
        submit=_("Close it by exception"),
        note=_("Your name and your reason stand on the board and on the pilot's page."),
    )


@edits
@needs(Permission.CLOSE_PHASE)
def phase_take_back(request: Request, slug: str, code: str, phase: Phase) -> HttpResponse:
    """Open a closed phase again, with a reason."""

    def act(pilot: Pilot, **values: Any) -> str:
        actions.take_back_phase(pilot=pilot, phase=phase, **values)
        return _("%(name)s is open again.")

    return _step(
        request,
        code,
        phase,
        act,
        permission=Permission.CLOSE_PHASE,
        form=forms.PhaseReasonForm,
        opens=True,
        title=_("Open %(name)s again"),
        submit=_("Open it again"),
        note=_("That it was closed stays to be seen."),
    )


def _step(
    request: Request,
    code: str,
    phase: Phase,
    act: Callable[..., str],
    *,
    permission: Permission,
    form: type[forms.ClosePhaseForm],
    opens: bool,
    title: str,
    submit: str,
    note: str = "",
) -> HttpResponse:
    """Show the form of one step of a phase and take it. opens: of a closed one.

    Whoever opens the form when the step is done already is sent to the list.
    """
    pilot = own_pilot(request, code, permission)
    if closed := archived.instead_of_form(request, pilot):
        return closed
    slug = request.tenant.slug
    home = reverse("phase_list", args=[slug, code])
    seen = phases.find_standing(pilot, phase)
    if request.method != "POST" and seen.closed is not opens:
        return HttpResponseRedirect(home)
    name = {"name": seen.name}

    def done(**values: Any) -> Done:
        return Done(act(pilot, by=request.member, now=request.now, **values) % name, home)

    context = {
        **below(request, pilot, "phase_list", _("Phases")),
        "title": title % name,
        "lead": _missing(seen),
        "submit": submit,
        "note": note,
    }

    def by_now() -> dict[str, Any]:
        found = phases.find_standing(pilot, phase)
        context["lead"] = _missing(found)  # the page says what its form keeps
        return _shown(found)

    return save(
        request,
        form(request.POST or None, initial=_shown(seen)),
        done,
        template="gates/edit.html",
        context=context,
        now=by_now,
    )


def _shown(seen: Standing) -> dict[str, Any]:
    """Return what a form of a phase keeps of what its page says."""
    return {"version": seen.next_number, "seen": seen.seen}


def _missing(seen: Standing) -> str:
    if not seen.lacking:
        return _("Everything that it leaves behind is there.")
    return _("Missing now: %(lacking)s.") % {"lacking": phases.listed(seen.lacking)}
