"""The pages of a pilot's ways to fail and of its drills."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from common.web import Request
from portfolio import queries as portfolio
from portfolio import rules as path
from portfolio.views import archived
from tenants import queries as tenants
from tenants.access import needs
from tenants.rules import Permission, can
from tenants.views.saving import Done, attempt, save

from .. import forms
from ..actions import failures as actions
from ..queries import failures
from ..queries.failures import Line
from ..rules import failures as rules
from ..rules.failures import Word
from .frame import around, below, edits, own_pilot

# Word, tone and icon of what the newest drill shows.
TAGS = {
    Word.HELD: ("Held", "goodline", "check"),
    Word.FAILED: ("Did not hold", "bad", "cross"),
    Word.CHANGED: ("Changed since", "gap", "clock"),
    Word.TOO_OLD: ("Too old", "gap", "clock"),
    Word.NEVER: ("No drill", "muted", "dash"),
}


def _finding(lines: Sequence[Line]) -> str:
    """Return the sentence that the page begins with."""
    if not lines:
        return _("No way to fail is written down yet.")
    ready = sum(not one.lacks and one.word is Word.HELD for one in lines)
    return _("%(ready)s of %(of)s ways to fail have a fallback that held in a drill.") % {
        "ready": ready,
        "of": len(lines),
    }


@require_safe
@needs(Permission.BROWSE)
def failure_list(request: Request, slug: str, code: str) -> HttpResponse:
    """Show how a pilot may fail, what is done then, and every drill."""
    pilot = portfolio.get_pilot(code)
    lines = failures.list_lines(pilot, day=path.local_day(request.now, pilot.site.zone))
    parts = portfolio.parts_of(request.member.person_id, pilot)
    may = bool(can(request.member.actor, Permission.SUBMIT_EVIDENCE, parts))
    open_to = rules.not_thought_of({one.row.kind for one in lines}) if lines else []
    context = {
        **around(request, pilot),
        "finding": _finding(lines),
        "lines": [(one, TAGS[one.word]) for one in lines],
        "open_to": ", ".join(open_to),
        "drills": failures.list_drills(pilot),
        "set_aside": failures.list_archived_modes(pilot),
        "may": may and pilot.archived_at is None,
        "drill_days": rules.DRILL_DAYS,
    }
    return render(request, "gates/failures.html", context)


@edits
@needs(Permission.SUBMIT_EVIDENCE)
def failure_new(request: Request, slug: str, code: str) -> HttpResponse:
    """Write down a way to fail."""
    pilot = own_pilot(request, code, Permission.SUBMIT_EVIDENCE)
    if closed := archived.instead_of_form(request, pilot):
        return closed

    def act(**values: Any) -> Done:
        made = actions.add_failure_mode(pilot=pilot, by=request.member, **values)
        return Done(f"{made.name} is written down.", _home(slug, code))

    form = forms.NewFailureModeForm(request.POST or None, members=tenants.list_members())
    context = {
        **below(request, pilot, "failure_list", _("Ways to fail")),
        "title": "Write down a way to fail",
        "submit": "Write it down",
        "note": "Leave empty what nobody knows yet; the gate says what is missing.",
    }
    return save(request, form, act, template="gates/edit.html", context=context)


@edits
@needs(Permission.SUBMIT_EVIDENCE)
def failure_edit(request: Request, slug: str, code: str, key: UUID) -> HttpResponse:
    """Change a way to fail."""
    row = failures.get_failure_mode(portfolio.get_pilot(code), key)
    pilot = own_pilot(request, code, Permission.SUBMIT_EVIDENCE)
    if closed := archived.instead_of_form(request, pilot):
        return closed

    def act(**values: Any) -> Done:
        actions.change_failure_mode(row=row, by=request.member, **values)
        return Done("Saved.", _home(slug, code))

    form = forms.FailureModeForm(
        request.POST or None,
        members=tenants.list_members(),
        initial=forms.failure_mode_values(row),
    )
    context = {
        **below(request, pilot, "failure_list", _("Ways to fail")),
        "title": row.name,
        "submit": "Save",
        "note": "A gate that was passed on it opens again. Old and new values stay in the trail.",
        "archive_url": ""
        if row.archived_at
        else reverse("failure_archive", args=[slug, code, row.pk]),
        "archive_words": "The gate asks for it no more. Its drills stay, and it can be brought back.",
    }
    return save(
        request,
        form,
        act,
        template="gates/edit.html",
        context=context,
        now=lambda: forms.failure_mode_values(failures.get_failure_mode(pilot, key)),
    )


@require_POST
@needs(Permission.SUBMIT_EVIDENCE)
def failure_archive(request: Request, slug: str, code: str, key: UUID) -> HttpResponse:
    """Put a way to fail aside."""
    row = failures.get_failure_mode(portfolio.get_pilot(code), key)
    own_pilot(request, code, Permission.SUBMIT_EVIDENCE)

    def act() -> Done:
        actions.archive_failure_mode(row=row, by=request.member, now=request.now)
        return Done(f"{row.name} is archived.", _home(slug, code))

    return attempt(request, act, back=_home(slug, code))


@require_POST
@needs(Permission.SUBMIT_EVIDENCE)
def failure_restore(request: Request, slug: str, code: str, key: UUID) -> HttpResponse:
    """Bring a way to fail back."""
    row = failures.get_failure_mode(portfolio.get_pilot(code), key)
    own_pilot(request, code, Permission.SUBMIT_EVIDENCE)

    def act() -> Done:
        actions.restore_failure_mode(row=row, by=request.member)
        return Done(f"{row.name} is back.", _home(slug, code))

    return attempt(request, act, back=_home(slug, code))


@edits
@needs(Permission.SUBMIT_EVIDENCE)
def drill_new(request: Request, slug: str, code: str, key: UUID) -> HttpResponse:
    """Keep what was seen when a way to fail was tried."""
    row = failures.get_failure_mode(portfolio.get_pilot(code), key)
    pilot = own_pilot(request, code, Permission.SUBMIT_EVIDENCE)
    if closed := archived.instead_of_form(request, pilot):
        return closed

    def act(**values: Any) -> Done:
        made = actions.add_drill(row=row, by=request.member, now=request.now, **values)
        words = "held" if made.held else "did not hold"
        return Done(f"The drill is kept: {row.name} {words}.", _home(slug, code))

    context = {
        **below(request, pilot, "failure_list", _("Ways to fail")),
        "title": f"Drill: {row.name}",
        "lead": row.fallback,
        "submit": "Keep it",
        "note": "A drill is never changed: it is taken back, and stays to be seen.",
    }
    form = forms.DrillForm(request.POST or None)
    return save(request, form, act, template="gates/edit.html", context=context)


@edits
@needs(Permission.SUBMIT_EVIDENCE)
def drill_withdraw(request: Request, slug: str, code: str, key: UUID) -> HttpResponse:
    """Take a drill back, with a reason."""
    row = failures.get_drill(portfolio.get_pilot(code), key)
    pilot = own_pilot(request, code, Permission.SUBMIT_EVIDENCE)
    if closed := archived.instead_of_form(request, pilot):
        return closed

    def act(**values: Any) -> Done:
        actions.withdraw_drill(row=row, by=request.member, now=request.now, **values)
        return Done("The drill counts no more.", _home(slug, code))

    context = {
        **below(request, pilot, "failure_list", _("Ways to fail")),
        "title": f"Take back the drill of {row.mode.name}",
        "submit": "Take it back",
        "note": "A gate that was passed on it alone opens again.",
    }
    form = forms.WithdrawForm(request.POST or None)
    return save(request, form, act, template="gates/edit.html", context=context)


def _home(slug: str, code: str) -> str:
    return reverse("failure_list", args=[slug, code])
