"""The page that says no, with the people who may instead."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse

from common.web import Request
from portfolio.models import Pilot
from tenants import queries as tenants
from tenants.access import NotAllowed
from tenants.rules import GRANTS, Permission, Role

from .. import queries

MOST_NAMES = 5


def not_allowed(request: Request, exception: Exception) -> HttpResponse:
    """Answer 403: in the frame of the member's tenant, with names and a way back."""
    context: dict[str, Any] = {"exception": str(exception)}
    if getattr(request, "member", None) is not None:
        pilot = _pilot(request)
        context["back_url"] = reverse("board", args=[request.tenant.slug])
        context["back"] = "To the portfolio"
        if pilot is not None:
            context["back_url"] = reverse("pilot", args=[request.tenant.slug, pilot.code])
            context["back"] = f"Back to {pilot.name}"
        if isinstance(exception, NotAllowed):
            context["who"] = ask(who_may(exception.permission, pilot))
    return render(request, "403.html", context, status=403)


def _pilot(request: Request) -> Pilot | None:
    """Return the pilot the address is about with its parties, None when it is about another thing."""
    match = request.resolver_match
    if match is None or "pilots/<slug:code>/" not in match.route:
        return None
    return queries.find_pilot(match.kwargs["code"])


def who_may(permission: Permission, pilot: Pilot | None) -> list[str]:
    """Return names of members who may: by role, and by their part in the pilot where it is one.

    As `tenants.rules.can` decides: a part counts for who has the role of it too, and no lead is
    named for what leads never do to their own pilot.
    """
    grant = GRANTS[permission]
    if pilot is None:
        return tenants.list_names_with(grant.roles | grant.own)
    parties = pilot.parties.all()
    own, always = tenants.map_names_with(grant.own), tenants.map_names_with(grant.roles)
    takers = {party.person_id for party in parties if party.part in grant.own}
    leads = {party.person_id for party in parties if party.part == Role.LEAD}
    named = {key: name for key, name in own.items() if key in takers} | always
    return [name for key, name in named.items() if not (grant.never_own and key in leads)]


def ask(names: list[str], to: str = "") -> str:
    """Return names as a sentence, with what they are asked for; empty for none."""
    if not names:
        return ""
    more = len(names) - MOST_NAMES
    said = ", ".join(names[:MOST_NAMES])
    return f"Ask {said}{f' or {more} more' if more > 0 else ''}{to and f' to {to}'}."
