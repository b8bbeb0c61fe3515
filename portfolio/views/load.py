"""The pages of other programmes, and of the load that a pilot's start adds to at its site."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from common.web import Request
from tenants.access import needs, require
from tenants.rules import Permission, can
from tenants.views.saving import Done, press, save

from .. import queries
from ..actions import load as actions
from ..forms import load as forms
from ..models import LoadDecision, Pilot, Programme
from ..queries import load
from ..rules import load as rules
from ..rules.load import Word
from . import archived

edits = require_http_methods(["GET", "HEAD", "POST"])
FORM = "portfolio/edit_programme.html"
KINDS = {kind.value: words for kind, words in forms.KINDS}


@require_safe
@needs(Permission.BROWSE)
def programme_list(request: Request, slug: str) -> HttpResponse:
    """Show the other programmes of every site."""
    rows = load.list_programmes()
    kept = [(kind(one), one) for one in rows if one.archived_at is None]
    context = {
        **_frame(slug),
        "finding": ngettext(
            "%(n)s other programme is written down.",
            "%(n)s other programmes are written down.",
            len(kept),
        )
        % {"n": len(kept)}
        if kept
        else _("No other programme is written down."),
        "rows": kept,
        "gone": [one for one in rows if one.archived_at is not None],
        "may": bool(can(request.member.actor, Permission.MANAGE_PEOPLE)),
        "most": rules.MOST_BESIDE,
    }
    return render(request, "portfolio/programmes.html", context)


def kind(row: Programme) -> str:
    """Return what a programme is about, in a word."""
    return _(KINDS[row.kind])


@edits
@needs(Permission.MANAGE_PEOPLE)
def programme_new(request: Request, slug: str) -> HttpResponse:
    """Write down another programme at a site."""
    home = reverse("programme_list", args=[slug])

    def act(**values: Any) -> Done:
        made = actions.add_programme(by=request.member, **values)
        return Done(f"{made.name} is added.", home)

    form = forms.NewProgrammeForm(request.POST or None, sites=queries.list_sites())
    context = {
        **_frame(slug),
        "title": _("Add a programme"),
        "submit": _("Add it"),
        "cancel_url": home,
    }
    return save(request, form, act, template=FORM, context=context)


@edits
@needs(Permission.MANAGE_PEOPLE)
def programme_edit(request: Request, slug: str, key: UUID) -> HttpResponse:
    """Change a programme; archive it below."""
    row = load.get_programme(key)
    home = reverse("programme_list", args=[slug])

    def act(**values: Any) -> Done:
        actions.change_programme(programme=row, by=request.member, **values)
        return Done("Saved.", home)

    form = forms.ProgrammeForm(
        request.POST or None, sites=queries.list_sites(), initial=forms.programme_values(row)
    )
    context = {
        **_frame(slug),
        "title": _("Change %(name)s") % {"name": row.name},
        "submit": _("Save"),
        "row": row,
        "cancel_url": home,
    }
    return save(
        request,
        form,
        act,
        template=FORM,
        context=context,
        now=lambda: forms.programme_values(load.get_programme(key)),
    )


@require_POST
@needs(Permission.MANAGE_PEOPLE)
def programme_archive(request: Request, slug: str, key: UUID) -> HttpResponse:
    """Put a programme aside."""

    def act(row: Programme, version: int) -> str:
        actions.archive_programme(
            programme=row, version=version, by=request.member, now=request.now
        )
        return f"{row.name} is archived."

    return _press(request, key, act)


@require_POST
@needs(Permission.MANAGE_PEOPLE)
def programme_restore(request: Request, slug: str, key: UUID) -> HttpResponse:
    """Bring a programme back."""

    def act(row: Programme, version: int) -> str:
        actions.restore_programme(programme=row, version=version, by=request.member)
        return f"{row.name} is back."

    return _press(request, key, act)


def _press(request: Request, key: UUID, act: Callable[[Programme, int], str]) -> HttpResponse:
    """Do with a programme what a button asks for, to the version beside which it stood."""
    row = load.get_programme(key)
    home = reverse("programme_list", args=[request.tenant.slug])
    return press(request, lambda version: act(row, version), home=home)


def _frame(slug: str) -> dict[str, Any]:
    crumbs = [
        {"url": reverse("board", args=[slug]), "label": "Portfolio"},
        {"url": reverse("programme_list", args=[slug]), "label": "Other programmes"},
    ]
    return {"nav_current": "portfolio", "crumbs": crumbs, "list_crumbs": crumbs[:1]}


@require_safe
@needs(Permission.BROWSE)
def load_show(request: Request, slug: str, code: str) -> HttpResponse:
    """Show what else runs at a pilot's site in its twelve weeks, by role, and what was decided."""
    pilot = queries.get_pilot(code)
    parts = queries.parts_of(request.member.person_id, pilot)
    beside = load.list_beside(pilot)
    decisions = load.list_load_decisions(pilot)
    may = bool(can(request.member.actor, Permission.DECIDE_PILOT, parts))
    quiet = pilot.archived_at is not None or load.is_over(pilot)
    context = {
        **_around(request, pilot),
        **archived.around(request, pilot),
        "finding": finding(len(beside), pilot.site.name),
        "beside": [(one, _kind_of(one)) for one in beside],
        "roles": rules.by_role(one.roles for one in beside),
        "decisions": [(word(one), one) for one in decisions],
        "asks": not quiet and asks(beside, decisions),
        "may": may and not quiet and (decisions or len(beside) > rules.MOST_BESIDE),
        "most": rules.MOST_BESIDE,
    }
    return render(request, "portfolio/load.html", context)


def _kind_of(one: load.Beside) -> str:
    return _("Pilot") if one.code else _(KINDS[one.kind])


def word(decision: LoadDecision) -> str:
    """Return what was decided, in words."""
    return {
        Word.GO: _("It goes ahead"),
        Word.WAIT: _("It waits"),
    }[Word(decision.word)]


def finding(beside: int, site: str) -> str:
    """Return the sentence that the page begins with."""
    if not beside:
        return _("Nothing else is known to run at %(site)s meanwhile.") % {"site": site}
    return ngettext(
        "%(n)s other thing runs at %(site)s meanwhile.",
        "%(n)s other things run at %(site)s meanwhile.",
        beside,
    ) % {"n": beside, "site": site}


def asks(beside: Sequence[load.Beside], decisions: Sequence[LoadDecision]) -> bool:
    """Say whether somebody has to decide. decisions: newest first."""
    decided = decisions[0].things if decisions else None
    return rules.asks(beside=[one.key for one in beside], decided=decided)


def of_pilot(pilot: Pilot, *, slug: str, over: bool) -> dict[str, Any]:
    """Return what a pilot's page prints of the load at its site, in two queries.

    over: whether it was graduated or stopped; then nobody is asked.
    """
    beside = load.list_beside(pilot)
    decisions = load.list_load_decisions(pilot)
    quiet = over or pilot.archived_at is not None
    return {
        "load_words": finding(len(beside), pilot.site.name),
        "load_decided": told(decisions[0]) if decisions else "",
        "load_asks": not quiet and asks(beside, decisions),
        "load_url": reverse("load", args=[slug, pilot.code]),
    }


def told(decision: LoadDecision) -> str:
    """Return what was decided and beside how much, in words."""
    return _("%(word)s, decided beside %(n)s") % {"word": word(decision), "n": decision.beside}


@edits
@needs(Permission.DECIDE_PILOT)
def load_decide(request: Request, slug: str, code: str) -> HttpResponse:
    """Decide whether a pilot that stacks on much else goes ahead."""
    pilot = queries.get_pilot(code)
    parts = queries.parts_of(request.member.person_id, pilot)
    require(request, Permission.DECIDE_PILOT, parts)
    if closed := archived.instead_of_form(request, pilot):
        return closed
    home = reverse("load", args=[slug, code])

    def act(**values: Any) -> Done:
        values["word"] = Word(values["word"])
        actions.decide_load(pilot=pilot, by=request.member, now=request.now, **values)
        return Done(_("It is decided."), home)

    def current() -> dict[str, Any]:
        return {
            "version": len(load.list_load_decisions(pilot)) + 1,
            "seen": load.seen_of(load.list_beside(pilot)),
        }

    context = {
        **_around(request, pilot),
        "title": _("Decide about the load"),
        "lead": finding(len(load.list_beside(pilot)), pilot.site.name),
        "submit": _("Decide"),
        "cancel_url": home,
    }
    form = forms.LoadForm(request.POST or None, initial=current())
    return save(request, form, act, template=FORM, context=context, now=current)


def _around(request: Request, pilot: Pilot) -> dict[str, Any]:
    """Return what the frame of a pilot's load prints."""
    slug = request.tenant.slug
    crumbs = [
        {"url": reverse("board", args=[slug]), "label": "Portfolio"},
        {"url": reverse("pilot", args=[slug, pilot.code]), "label": pilot.name},
        {"url": reverse("load", args=[slug, pilot.code]), "label": "Load"},
    ]
    return {
        "nav_current": "portfolio",
        "pilot": pilot,
        "crumbs": crumbs,
        "list_crumbs": crumbs[:2],
    }
