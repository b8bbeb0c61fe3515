"""The page of one pilot."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render

from common.web import Request
from tenants.access import needs
from tenants.rules import Permission

from .. import queries


@needs(Permission.BROWSE)
def pilot(request: Request, slug: str, code: str) -> HttpResponse:
    """Show one pilot: where it is, what it measures and who takes part."""
    return render(request, "portfolio/pilot.html", {"pilot": queries.get_pilot(code)})
