"""The portfolio board: every pilot of the tenant on one page."""

from django.http import HttpResponse
from django.shortcuts import render

from common.web import Request
from tenants.access import needs
from tenants.rules import Permission

from .. import queries


@needs(Permission.BROWSE)
def board(request: Request, slug: str) -> HttpResponse:
    """Show every pilot of the tenant on one page."""
    return render(request, "portfolio/board.html", {"pilots": queries.list_pilots()})
