"""The permission on a view."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec, cast
from urllib.parse import urlsplit, urlunsplit

from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse

from common.web import Request

from .rules import Parts, Permission, can

P = ParamSpec("P")
View = Callable[Concatenate[Request, P], HttpResponse]


def needs(permission: Permission) -> Callable[[View[P]], View[P]]:
    """Let only members with the permission reach the view.

    Anonymous people are sent to sign in, htmx by a header so that no sign-in page is swapped into a
    part of the page (the session may have ended while it was open); a member without the permission gets a 403 that says who
    may. Where a pilot decides, the view asks again with the member's parts in it.
    """

    def wrap(view: View[P]) -> View[P]:
        @wraps(view)
        def guarded(request: Request, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
            if request.member is None:
                return _sign_in(request)
            decision = can(request.member.actor, permission)
            if not decision:
                raise PermissionDenied(decision.reason)
            return view(request, *args, **kwargs)

        guarded.permission = permission  # type: ignore[attr-defined]  # read by the URL x role test
        return cast("View[P]", guarded)

    return wrap


def _sign_in(request: Request) -> HttpResponse:
    if not request.htmx:
        return redirect_to_login(request.get_full_path())
    page = urlsplit(request.htmx.current_url_abs_path or "/")
    back = redirect_to_login(urlunsplit(("", "", page.path, page.query, "")))
    return HttpResponse(status=401, headers={"HX-Redirect": back["Location"]})


def require(request: Request, permission: Permission, parts: Parts) -> None:
    """Ask again where a pilot decides: 403 with words unless the member may with these parts."""
    decision = can(request.member.actor, permission, parts)
    if not decision:
        raise PermissionDenied(decision.reason)
