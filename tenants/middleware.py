"""Opens the tenant of the address for a member; anybody else finds nothing there."""

import re
from collections.abc import Callable

from django.conf import settings
from django.db import transaction
from django.http import Http404, HttpResponse

from common.web import Request

from . import actions, queries
from .access import PERSONA

PREFIX = re.compile(r"^/t/([A-Za-z0-9_-]+)(?:/|$)")


class OpenTenant:
    """Runs views below `/t/<slug>/` inside the tenant, in one transaction.

    Sets `request.tenant` and `request.member`. A server error rolls the transaction back.
    """

    def __init__(self, get_response: Callable[[Request], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: Request) -> HttpResponse:
        request.tenant = request.member = None
        match = PREFIX.match(request.path_info)
        if match is None or not request.user.is_authenticated:
            return self.get_response(request)
        with queries.open_membership(user_id=request.user.pk, slug=match[1]) as member:
            if member is None or _strays(request, member):
                raise_outside = True
            else:
                raise_outside = False
                request.member, request.tenant = member, member.tenant
                if request.method in ("GET", "HEAD"):  # what changes rows takes its own locks first
                    actions.note_seen(by=member, now=request.now)
                response = self.get_response(request)
                if response.status_code >= 500:
                    transaction.set_rollback(True)
        if raise_outside:
            raise Http404("no such tenant for this person")
        return response


def _strays(request: Request, member: queries.Member) -> bool:
    """Tell whether a session entered with one click is about to leave the demo."""
    return PERSONA in request.session and not (settings.DEMO_MODE and member.tenant.is_demo)
