"""The permission on a view, the entries a member may open, and how long a session lasts."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from functools import wraps
from typing import Concatenate, ParamSpec, cast
from urllib.parse import urlsplit, urlunsplit

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from common import typed
from common.web import Request

from .queries import Member
from .rules import Parts, Permission, can

P = ParamSpec("P")
View = Callable[Concatenate[Request, P], HttpResponse]


# Set in sessions entered with one click; such a session opens demo tenants only.
PERSONA = "persona"

# key, label, address below the tenant's, icon, permission.
Entry = tuple[str, str, str, str, Permission]
NAV: tuple[Entry, ...] = (
    ("portfolio", "Portfolio", "", "grid", Permission.BROWSE),
    ("metrics", "Metrics", "metrics/", "metric", Permission.BROWSE),
    ("import", "Import", "import/", "upload", Permission.SYNC_MEASUREMENTS),
    ("brief", "Brief", "brief/", "doc", Permission.READ_BRIEF),
    ("settings", "Settings", "settings/", "gear", Permission.READ_HEALTH),
)
SETTINGS: tuple[Entry, ...] = (
    ("sites", "Sites", "settings/sites/", "site", Permission.BROWSE),
    ("vendors", "Vendors", "settings/vendors/", "vendor", Permission.BROWSE),
    ("people", "People", "settings/people/", "person", Permission.BROWSE),
    ("members", "Members", "settings/members/", "lock", Permission.MANAGE_MEMBERS),
    ("sources", "Sources", "settings/sources/", "link", Permission.BROWSE),
    ("fields", "Fields", "settings/fields/", "doc", Permission.BROWSE),
    ("values", "Values", "settings/values/", "link", Permission.BROWSE),
    ("feeds", "Feeds", "settings/feeds/", "sync", Permission.READ_HEALTH),
    ("gates", "Gates", "settings/gates/", "flag", Permission.BROWSE),
    ("tokens", "API tokens", "settings/tokens/", "key", Permission.MANAGE_TOKENS),
    ("health", "Health", "settings/health/", "pulse", Permission.READ_HEALTH),
)


class NotAllowed(PermissionDenied):
    """A member may not do what a permission names; the text says who may."""

    def __init__(self, reason: str, permission: Permission) -> None:
        super().__init__(reason)
        self.permission = permission


def list_entries(member: Member, entries: tuple[Entry, ...]) -> list[dict[str, str]]:
    """Return key, label, url and icon of each entry that a member may open."""
    return [
        {"key": key, "label": label, "url": f"/t/{member.tenant.slug}/{path}", "icon": icon}
        for key, label, path, icon, permission in entries
        if can(member.actor, permission)
    ]


def end_session_in_time(request: HttpRequest) -> None:
    """Give the session an end 12 hours from now that later changes of it do not move."""
    length = timedelta(seconds=settings.SESSION_COOKIE_AGE)
    request.session.set_expiry(timezone.now() + length)


def needs(permission: Permission) -> Callable[[View[P]], View[P]]:
    """Let only members with the permission reach the view.

    Anonymous people are sent to sign in, htmx by a header so that no sign-in page is swapped into a
    part of the page (the session may have ended while it was open). A member without the permission
    gets a 403 that says who may. Where a pilot decides, the view asks again with the member's parts in it.
    """

    def wrap(view: View[P]) -> View[P]:
        @wraps(view)
        def guarded(request: Request, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
            if request.member is None:
                return _sign_in(request)
            decision = can(request.member.actor, permission)
            if not decision:
                raise NotAllowed(decision.reason, permission)
            return view(request, *args, **kwargs)

        guarded.permission = permission  # type: ignore[attr-defined]  # read by the URL x role test
        return cast("View[P]", guarded)

    return wrap


# Said on the sign-in page to whom a write brought there.
NOTHING_DONE = "You are not signed in any more, so nothing was saved."
TYPED_IS_KEPT = (
    "You are not signed in any more, so nothing was saved yet. What you typed is kept in this browser"
    " for an hour: sign in, and it stands in the form again."
)


def _sign_in(request: Request) -> HttpResponse:
    """Send somebody to sign in and back to the page they stand on; what they typed waits there."""
    page = _page_of(request)
    response = redirect_to_login(page)
    if request.method == "POST":
        form_is_there = urlsplit(page).path == request.path
        kept = form_is_there and not request.htmx and typed.keep(request, response)
        messages.warning(request, TYPED_IS_KEPT if kept else NOTHING_DONE)
    if not request.htmx:
        return response
    return HttpResponse(status=401, headers={"HX-Redirect": response["Location"]})


def _page_of(request: Request) -> str:
    """Return the page a person stands on: the address itself, or where a part or a form is."""
    if request.htmx:
        page = urlsplit(request.htmx.current_url_abs_path or "/")
    elif request.method in {"GET", "HEAD"}:
        return request.get_full_path()
    else:
        page = urlsplit(request.headers.get("Referer", ""))
        if page.netloc != request.get_host():
            return "/".join(request.path.split("/")[:3]) + "/"
    return urlunsplit(("", "", page.path, page.query, ""))


def require(request: Request, permission: Permission, parts: Parts) -> None:
    """Ask again where a pilot decides: 403 with words unless the member may with these parts."""
    decision = can(request.member.actor, permission, parts)
    if not decision:
        raise NotAllowed(decision.reason, permission)
