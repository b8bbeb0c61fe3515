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
from tenants.rules import GRANTS, Permission

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
            context["who"] = _in_words(_who_may(exception.permission, pilot))
    return render(request, "403.html", context, status=403)


def _pilot(request: Request) -> Pilot | None:
    """Return the pilot the address is about, None when it is about something else."""
    match = request.resolver_match
    if match is None or "pilots/<slug:code>/" not in match.route:
        return None
    return queries.find_pilot(match.kwargs["code"])


def _who_may(permission: Permission, pilot: Pilot | None) -> list[str]:
    """Return names of those who may: by role, and by their part in the pilot where it is one."""
    grant = GRANTS[permission]
    if pilot is None:
        return tenants.list_names_with(grant.roles | grant.own)
    own = [role.value for role in grant.own]
    takers = [party.name for party in queries.list_parties(pilot_id=pilot.pk, parts=own)]
    named = [*takers, *tenants.list_names_with(grant.roles)]
    return list(dict.fromkeys(named))


def _in_words(names: list[str]) -> str:
    """Return names as a sentence; empty for none."""
    if not names:
        return ""
    more = len(names) - MOST_NAMES
    said = ", ".join(names[:MOST_NAMES])
    return f"Ask {said} or {more} more." if more > 0 else f"Ask {said}."
