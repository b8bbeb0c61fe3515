"""The pages of what gates ask: what the product brings, and what a company adds."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_safe

from common.web import Request
from tenants.access import needs
from tenants.rules import Permission, can
from tenants.views.saving import Done, save

from ..actions import templates as actions
from ..forms.templates import CriterionForm, RetireForm, criterion_values
from ..models import Template
from ..queries import strips
from ..queries import templates as reads
from ..queries.templates import Asks
from ..rules.criteria import Asked, must_be
from ..rules.states import Code
from ..rules.templates import is_own
from .frame import edits

HERE = {"nav_current": "settings", "settings_current": "gates"}


@dataclass(frozen=True, slots=True)
class Line:
    """One criterion of a template as its page prints it. edit_url, retire_url: empty where not offered."""

    asked: Asked
    must_be: str
    own: bool
    edit_url: str
    retire_url: str


@require_safe
@needs(Permission.BROWSE)
def template_list(request: Request, slug: str) -> HttpResponse:
    """Show what each gate asks, how many of it the company added, and by which version."""
    rows = [
        {
            "name": strips.name(asks.code),
            "asks": _(asks.kind.asks),
            "url": reverse("template", args=[slug, asks.code.value]),
            "count": len(asks.asked),
            "own": asks.own,
            "number": asks.number,
        }
        for asks in reads.list_asks()
    ]
    return render(request, "gates/templates.html", {**HERE, "rows": rows})


@require_safe
@needs(Permission.BROWSE)
def template(request: Request, slug: str, gate: Code) -> HttpResponse:
    """Show what one gate asks from now on, and every version of it."""
    asks = reads.get_asks(gate)
    may = bool(can(request.member.actor, Permission.EDIT_TEMPLATE))
    context = {
        **_around(slug, gate),
        "asks": asks,
        "lines": [_line(one, slug, gate, may=may) for one in asks.asked],
        "versions": [{"row": row, "words": _words(row)} for row in asks.versions],
        "older": _older(reads.count_older(asks)),
        "may": may,
    }
    return render(request, "gates/template.html", context)


def _line(asked: Asked, slug: str, gate: Code, *, may: bool) -> Line:
    own = is_own(asked.code)
    where = [slug, gate.value, asked.code]
    return Line(
        asked=asked,
        must_be=must_be(asked),
        own=own,
        edit_url=reverse("criterion_edit", args=where) if own and may else "",
        retire_url=reverse("criterion_retire", args=where) if own and may else "",
    )


def _words(row: Template) -> str:
    """Return who wrote a version and why."""
    if row.member is None:
        return _("What the product brings.")
    return f"{row.member.person.name}: “{row.reason}”"


def _older(count: int) -> str:
    """Return how many gates keep asking what they began with; empty where none does."""
    if not count:
        return ""
    return ngettext(
        "%(count)s gate began with an older version and keeps it.",
        "%(count)s gates began with an older version and keep it.",
        count,
    ) % {"count": count}


@edits
@needs(Permission.EDIT_TEMPLATE)
def criterion_new(request: Request, slug: str, gate: Code) -> HttpResponse:
    """Add to what a gate asks."""
    form = CriterionForm(request.POST or None, initial={"version": reads.get_asks(gate).number})

    def act(version: int, reason: str, **values: Any) -> None:
        asked = form.asked(values)
        actions.add_criterion(
            code=gate,
            version=version,
            asked=asked,
            reason=reason,
            by=request.member,
            now=request.now,
        )

    words = {
        "title": _("Add to what it asks"),
        "submit": _("Add it"),
        "done": _("It is asked now."),
    }
    return _save(request, slug, gate, form, act, words)


@edits
@needs(Permission.EDIT_TEMPLATE)
def criterion_edit(request: Request, slug: str, gate: Code, own: str) -> HttpResponse:
    """Ask one of the company's own things in another way."""
    asks, found = _own(gate, own)
    initial = {**criterion_values(found), "version": asks.number}
    form = CriterionForm(request.POST or None, initial=initial)

    def act(version: int, reason: str, **values: Any) -> None:
        actions.reword_criterion(
            code=gate,
            criterion=own,
            version=version,
            asked=form.asked(values),
            reason=reason,
            by=request.member,
            now=request.now,
        )

    def now() -> dict[str, Any]:
        asks = reads.get_asks(gate)
        by_now = next((one for one in asks.asked if one.code == own), None)
        return {**(criterion_values(by_now) if by_now else {}), "version": asks.number}

    words = {"title": found.text, "submit": _("Save"), "done": _("It is asked so now.")}
    return _save(request, slug, gate, form, act, words, now=now)


@edits
@needs(Permission.EDIT_TEMPLATE)
def criterion_retire(request: Request, slug: str, gate: Code, own: str) -> HttpResponse:
    """Ask one of the company's own things no more."""
    asks, found = _own(gate, own)
    form = RetireForm(request.POST or None, initial={"version": asks.number})

    def act(version: int, reason: str) -> None:
        actions.retire_criterion(
            code=gate,
            criterion=own,
            version=version,
            reason=reason,
            by=request.member,
            now=request.now,
        )

    title = _("Ask no more: %(text)s") % {"text": found.text}
    words = {"title": title, "submit": _("Ask it no more"), "done": _("It is asked no more.")}
    return _save(request, slug, gate, form, act, words)


def _own(gate: Code, criterion: str) -> tuple[Asks, Asked]:
    """Return what a gate asks and one of the company's own criteria; 404 for any other."""
    asks = reads.get_asks(gate)
    found = next((one for one in asks.asked if one.code == criterion), None)
    if found is None or not is_own(criterion):
        raise Http404("no such criterion of its own")
    return asks, found


def _save(
    request: Request,
    slug: str,
    gate: Code,
    form: RetireForm,
    act: Callable[..., None],
    words: dict[str, str],
    now: Callable[[], dict[str, Any]] | None = None,
) -> HttpResponse:
    home = reverse("template", args=[slug, gate.value])

    def done(**values: Any) -> Done:
        act(**values)
        return Done(words["done"], home)

    frame = _around(slug, gate)
    context = {
        **frame,
        "crumbs": [*frame["crumbs"], {"url": home, "label": strips.name(gate)}],
        "title": words["title"],
        "submit": words["submit"],
        "note": _("Gates that began keep what they ask; those that begin from now on ask this."),
        "cancel_url": home,
    }
    by_now = now or (lambda: {"version": reads.get_asks(gate).number})
    return save(request, form, done, template="gates/edit.html", context=context, now=by_now)


def _around(slug: str, gate: Code) -> dict[str, Any]:
    crumbs = [{"url": reverse("template_list", args=[slug]), "label": _("What gates ask")}]
    return {**HERE, "crumbs": crumbs, "name": strips.name(gate)}
