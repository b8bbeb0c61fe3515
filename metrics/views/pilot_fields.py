"""The page of the fields that a pilot's decision needs, and of the conflicts about them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from common.web import Request
from portfolio import queries as portfolio
from portfolio.models import Pilot
from portfolio.views import archived
from tenants.access import needs
from tenants.rules import Permission, can
from tenants.views.saving import Done, attempt, save

from ..actions import fields as actions
from ..forms import fields as forms
from ..queries import fields as reads
from ..queries.fields import Need
from .editing import PILOTS, edits, own_pilot, pilot_crumbs
from .fields import Place, state_of

FORM = "metrics/edit_need.html"


@require_safe
@needs(Permission.BROWSE)
def need_list(request: Request, slug: str, code: str) -> HttpResponse:
    """Show the fields that a pilot's decision needs, and what is meant by them elsewhere."""
    pilot = portfolio.get_pilot(code)
    found = reads.read_needs(pilot)
    parts = portfolio.parts_of(request.member.person_id, pilot)
    may = bool(can(request.member.actor, Permission.EDIT_PILOT, parts))
    context = {
        **_around(slug, pilot),
        **archived.around(request, pilot),
        "title": finding(pilot, found),
        "lines": [
            {
                "need": one.row,
                "field": one.field,
                "state": state_of(one.field),
                "places": [Place(told) for told in one.field.dissenting],
            }
            for one in found
        ],
        "ended": reads.list_ended_needs(pilot),
        "may": may and pilot.archived_at is None,
        "may_define": bool(can(request.member.actor, Permission.DEFINE_METRIC)),
        "new_url": reverse("need_new", args=[slug, code]),
    }
    return render(request, "metrics/pilot_fields.html", context)


def finding(pilot: Pilot, found: Sequence[Need]) -> str:
    """Return the sentence that the page begins with."""
    if not found:
        return _("Nobody listed yet which fields %(pilot)s needs.") % {"pilot": pilot.name}
    names = {
        "pilot": pilot.name,
        "n": len(found),
        "open": sum(bool(one.field.open) for one in found),
    }
    if names["open"]:
        return (
            ngettext(
                "%(open)s of the %(n)s field that %(pilot)s needs has an open conflict.",
                "%(open)s of the %(n)s fields that %(pilot)s needs have an open conflict.",
                len(found),
            )
            % names
        )
    return (
        ngettext(
            "The %(n)s field that %(pilot)s needs has no open conflict.",
            "The %(n)s fields that %(pilot)s needs have no open conflict.",
            len(found),
        )
        % names
    )


@edits
@needs(Permission.EDIT_PILOT)
def need_new(request: Request, slug: str, code: str) -> HttpResponse:
    """Put a field on the list."""
    pilot = own_pilot(request, code, Permission.EDIT_PILOT)
    if closed := archived.instead_of_form(request, pilot):
        return closed

    def act(**values: Any) -> Done:
        row = actions.add_need(pilot=pilot, by=request.member, **values)
        return Done(f"{row.field.name} is on the list.", _listed(slug, code))

    title = "Add a field that the decision needs"
    context = {**_below(slug, pilot), "title": title, "submit": "Add the field"}
    form = forms.NewNeedForm(request.POST or None, offered=reads.list_offered(pilot))
    return save(request, form, act, template=FORM, context=context)


@edits
@needs(Permission.EDIT_PILOT)
def need_edit(request: Request, slug: str, code: str, key: UUID) -> HttpResponse:
    """Say anew what a field is needed for; take it off the list below."""
    pilot = own_pilot(request, code, Permission.EDIT_PILOT)
    if closed := archived.instead_of_form(request, pilot):
        return closed
    row = reads.get_need(pilot, key)

    def act(**values: Any) -> Done:
        actions.change_need(row=row, by=request.member, **values)
        return Done("Saved.", _listed(slug, code))

    context = {**_below(slug, pilot), "title": row.field.name, "submit": "Save", "row": row}
    form = forms.NeedForm(request.POST or None, initial=forms.need_values(row))
    return save(
        request,
        form,
        act,
        template=FORM,
        context=context,
        now=lambda: forms.need_values(reads.get_need(pilot, key)),
    )


@require_POST
@needs(Permission.EDIT_PILOT)
def need_end(request: Request, slug: str, code: str, key: UUID) -> HttpResponse:
    """Take a field off the list."""
    pilot = own_pilot(request, code, Permission.EDIT_PILOT)
    row = reads.get_need(pilot, key)

    def act() -> Done:
        actions.end_need(row=row, by=request.member, now=request.now)
        return Done(f"{row.field.name} is off the list.", _listed(slug, code))

    return attempt(request, act, back=_listed(slug, code))


@require_POST
@needs(Permission.EDIT_PILOT)
def need_restore(request: Request, slug: str, code: str, key: UUID) -> HttpResponse:
    """Put a field on the list again."""
    pilot = own_pilot(request, code, Permission.EDIT_PILOT)
    row = reads.get_need(pilot, key)

    def act() -> Done:
        actions.restore_need(row=row, by=request.member)
        return Done(f"{row.field.name} is on the list again.", _listed(slug, code))

    return attempt(request, act, back=_listed(slug, code))


def _listed(slug: str, code: str) -> str:
    return reverse("need_list", args=[slug, code])


def _around(slug: str, pilot: Pilot) -> dict[str, Any]:
    return {**PILOTS, "pilot": pilot, "crumbs": pilot_crumbs(slug, pilot)}


def _below(slug: str, pilot: Pilot) -> dict[str, Any]:
    listed = _listed(slug, pilot.code)
    around = _around(slug, pilot)
    around["crumbs"] = [*around["crumbs"], {"url": listed, "label": "Fields"}]
    return {**around, "cancel_url": listed}
