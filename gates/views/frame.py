"""What every page of a pilot's gates begins with: who may, the way back, the frame."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.urls import reverse
from django.views.decorators.http import require_http_methods

from common.web import Request
from portfolio import queries as portfolio
from portfolio.models import Pilot
from portfolio.views import archived
from tenants.access import require
from tenants.rules import Permission

from ..queries import strips
from ..rules.states import Code

edits = require_http_methods(["GET", "HEAD", "POST"])


def own_pilot(request: Request, code: str, permission: Permission) -> Pilot:
    """Return a pilot for which the person may do something; 403 with words otherwise."""
    pilot = portfolio.get_pilot(code)
    require(request, permission, portfolio.parts_of(request.member.person_id, pilot))
    return pilot


def address(slug: str, code: str, gate: Code) -> str:
    return reverse("gate", args=[slug, code, gate.value])


def around(request: Request, pilot: Pilot, gate: Code | None = None) -> Mapping[str, Any]:
    """Return what the frame of every page of a pilot's gates prints."""
    slug = request.tenant.slug
    crumbs = [
        {"url": reverse("board", args=[slug]), "label": "Portfolio"},
        {"url": reverse("pilot", args=[slug, pilot.code]), "label": pilot.name},
        {"url": reverse("gate_list", args=[slug, pilot.code]), "label": "Gates"},
    ]
    if gate is not None:
        crumbs.append({"url": address(slug, pilot.code, gate), "label": strips.name(gate)})
    return {
        "nav_current": "portfolio",
        "pilot": pilot,
        "crumbs": crumbs,
        "list_crumbs": crumbs[:2],
        "gate_crumbs": crumbs[:3],
        **archived.around(request, pilot),
    }


def below(request: Request, pilot: Pilot, page: str, label: str) -> dict[str, Any]:
    """Return the frame of a form below one of a pilot's pages; page: the name of its address."""
    home = reverse(page, args=[request.tenant.slug, pilot.code])
    frame = around(request, pilot)
    crumbs = [*frame["crumbs"], {"url": home, "label": label}]
    return {**frame, "crumbs": crumbs, "cancel_url": home}
