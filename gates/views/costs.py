"""The pages of a pilot's cost at full volume: what it comes to, its versions, Finance's signature."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from common.web import Request
from portfolio import queries as portfolio
from portfolio.models import Pilot
from portfolio.views import archived
from tenants import queries as tenants
from tenants.access import needs
from tenants.rules import Permission, can
from tenants.views.saving import Done, save

from .. import actions, forms
from ..actions.costs import signer_refusal
from ..forms.costs import cost_values
from ..queries import costs
from ..queries.costs import Priced
from ..rules.states import Code
from . import cost_words as words
from .frame import address as gate_address
from .frame import around, own_pilot

edits = require_http_methods(["GET", "HEAD", "POST"])


@require_safe
@needs(Permission.BROWSE)
def cost(request: Request, slug: str, code: str) -> HttpResponse:
    """Show what a pilot costs at full volume at one, two and three times the unit cost.

    `?version=` shows one that was replaced.
    """
    pilot = portfolio.get_pilot(code)
    versions = costs.list_versions(pilot)
    shown = _asked(request, versions)
    current = versions[0] if versions else None
    parts = portfolio.parts_of(request.member.person_id, pilot)
    actor, live = request.member.actor, pilot.archived_at is None
    may_sign = live and bool(can(actor, Permission.SIGN_COST, parts))
    context = {
        **_around(request, pilot),
        "currency": request.tenant.currency,
        "finding": words.finding(pilot, shown, current),
        "shown": shown,
        "current": current,
        "replaced": shown is not None and shown is not current,
        "versions": [words.version(one, slug, code) for one in versions],
        "may_write": live and bool(can(actor, Permission.SUBMIT_EVIDENCE, parts)),
        "may_sign": may_sign
        and current is not None
        and current.signature is None
        and not signer_refusal(tenants.get_member(request.member.id), pilot, current),
        "finance": costs.names(costs.list_finance(pilot)),
    }
    if shown is not None:
        context |= words.told(shown, request.tenant.currency)
    return render(request, "gates/cost.html", context)


def _asked(request: Request, versions: list[Priced]) -> Priced | None:
    """Return the version that an address names, without one the newest; 404 for one that is none."""
    asked = request.GET.get("version")
    if asked is None:
        return versions[0] if versions else None
    found = next((one for one in versions if str(one.number) == asked), None)
    if found is None:
        raise Http404("no such version")
    return found


@edits
@needs(Permission.SUBMIT_EVIDENCE)
def cost_edit(request: Request, slug: str, code: str) -> HttpResponse:
    """Write the first or the next version of a pilot's cost at full volume."""
    pilot = own_pilot(request, code, Permission.SUBMIT_EVIDENCE)
    if closed := archived.instead_of_form(request, pilot):
        return closed
    home = reverse("cost", args=[slug, code])
    earlier = costs.find_current(pilot)

    def act(**values: Any) -> Done:
        made = actions.write_cost(pilot=pilot, by=request.member, now=request.now, **values)
        if earlier is not None and made.pk == earlier.model.pk:
            return Done("Nothing changed, so the version stays.", home)
        return Done(f"Version {made.number} is written. Finance signs it next.", home)

    form = forms.CostForm(
        request.POST or None,
        currency=request.tenant.currency,
        earlier=earlier,
        initial=cost_values(earlier),
    )
    context = {
        **_around(request, pilot),
        "title": "What it costs at full volume",
        "submit": "Write the next version" if earlier else "Write it down",
        "note": "A version is never changed: the next one stands beside it.",
        "cancel_url": home,
    }
    return save(
        request,
        form,
        act,
        template="gates/cost_edit.html",
        context=context,
        now=lambda: cost_values(costs.find_current(pilot)),
    )


@edits
@needs(Permission.SIGN_COST)
def cost_sign(request: Request, slug: str, code: str) -> HttpResponse:
    """Sign the newest version of a pilot's cost, as Finance."""
    pilot = own_pilot(request, code, Permission.SIGN_COST)
    if closed := archived.instead_of_form(request, pilot):
        return closed
    home = reverse("cost", args=[slug, code])
    current = costs.find_current(pilot)
    if current is None:
        messages.error(request, "There is nothing to sign yet.")
        return HttpResponseRedirect(home)
    refusal = signer_refusal(tenants.get_member(request.member.id), pilot, current)
    if request.method != "POST" and (refusal or current.signature is not None):
        messages.error(request, refusal or "This version is signed already.")
        return HttpResponseRedirect(home)

    def act(**values: Any) -> Done:
        actions.sign_cost(pilot=pilot, by=request.member, now=request.now, **values)
        return Done(f"Version {current.number} is signed.", home)

    form = forms.SignCostForm(
        request.POST or None, current=current, initial={"version": current.number}
    )
    context = {
        **_around(request, pilot),
        **words.told(current, request.tenant.currency),
        "title": f"Sign version {current.number} for Finance",
        "submit": "Sign it",
        "note": "Your name and the version as it stands are kept for good.",
        "shown": current,
        "currency": request.tenant.currency,
        "cancel_url": home,
    }
    return save(
        request,
        form,
        act,
        template="gates/cost_sign.html",
        context=context,
        now=lambda: _signed_by_now(pilot),
    )


def _signed_by_now(pilot: Pilot) -> dict[str, Any]:
    current = costs.find_current(pilot)
    return {"version": current.number if current else 0}


def _around(request: Request, pilot: Pilot) -> dict[str, Any]:
    """Return what the frame of these pages prints."""
    slug, frame = request.tenant.slug, dict(around(request, pilot))
    home = {"url": reverse("cost", args=[slug, pilot.code]), "label": "Cost at full volume"}
    return {
        **frame,
        "crumbs": [*frame["list_crumbs"], home],
        "gate_url": gate_address(slug, pilot.code, Code.COST),
    }
