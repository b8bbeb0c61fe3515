"""The settings' front door."""

from __future__ import annotations

from django.http import HttpResponse, HttpResponseRedirect
from django.views.decorators.http import require_safe

from common.web import Request

from ..access import SETTINGS, list_entries, needs
from ..rules import Permission


@require_safe
@needs(Permission.READ_HEALTH)
def settings_home(request: Request, slug: str) -> HttpResponse:
    """Go to the first settings page that this member may open."""
    return HttpResponseRedirect(list_entries(request.member, SETTINGS)[0]["url"])
