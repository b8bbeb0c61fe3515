"""What the pages of an archived pilot say, and who brings it back."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse

from common.web import Request
from portfolio import rules
from portfolio.models import Pilot
from tenants.rules import Permission, can

from .. import queries
from .refused import ask, who_may


def instead_of_form(request: Request, pilot: Pilot) -> HttpResponse | None:
    """Return what stands in place of an archived pilot's form; None for a pilot in work.

    What is sent all the same goes to its action, whose refusal keeps what was typed.
    """
    if pilot.archived_at is None or request.method == "POST":
        return None
    slug = request.tenant.slug
    address = reverse("pilot", args=[slug, pilot.code])
    crumbs = [
        {"url": reverse("board", args=[slug]), "label": "Portfolio"},
        {"url": address, "label": pilot.name},
    ]
    context = {
        "nav_current": "portfolio",
        "pilot": pilot,
        "crumbs": crumbs,
        "back_url": address,
        **around(request, pilot),
    }
    return render(request, "portfolio/closed.html", context)


def around(request: Request, pilot: Pilot) -> dict[str, Any]:
    """Return what the note about an archived pilot prints; empty for a pilot in work."""
    if pilot.archived_at is None:
        return {}
    parts = queries.parts_of(request.member.person_id, pilot)
    may = bool(can(request.member.actor, Permission.ARCHIVE_PILOT, parts))
    return {
        "archived_day": rules.local_day(pilot.archived_at, pilot.site.zone),
        "may_restore": may,
        "whom": "" if may else ask(who_may(Permission.ARCHIVE_PILOT, pilot), "bring it back"),
    }
