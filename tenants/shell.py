"""What every page shows around its content: who, where, and where to go."""

from __future__ import annotations

from functools import cached_property
from typing import Any

from django.http import HttpRequest
from django.urls import reverse, reverse_lazy

from . import queries
from .accounts import PERSONA
from .models import User
from .rules import ROLE_WORDS, Permission, can

# key, label, address below the tenant's, icon, permission.
Entry = tuple[str, str, str, str, Permission]
NAV: tuple[Entry, ...] = (
    ("portfolio", "Portfolio", "", "grid", Permission.BROWSE),
    ("metrics", "Metrics", "metrics/", "metric", Permission.BROWSE),
    ("import", "Import", "import/", "upload", Permission.SYNC_MEASUREMENTS),
    ("settings", "Settings", "settings/", "gear", Permission.READ_HEALTH),
)
SETTINGS: tuple[Entry, ...] = (
    ("sites", "Sites", "settings/sites/", "site", Permission.MANAGE_SITES),
    ("vendors", "Vendors", "settings/vendors/", "vendor", Permission.MANAGE_PEOPLE),
    ("people", "People", "settings/people/", "person", Permission.MANAGE_PEOPLE),
    ("members", "Members", "settings/members/", "lock", Permission.MANAGE_MEMBERS),
    ("sources", "Sources", "settings/sources/", "link", Permission.DEFINE_METRIC),
    ("tokens", "API tokens", "settings/tokens/", "key", Permission.MANAGE_TOKENS),
    ("health", "Health", "settings/health/", "pulse", Permission.READ_HEALTH),
)


PASSWORD = {"url": reverse_lazy("account_change_password"), "icon": "key", "label": "Password"}


class Shell:
    """The `shell` of base.html. The one query it needs is made when the bar is printed."""

    def __init__(self, request: HttpRequest) -> None:
        user = getattr(request, "user", None)
        self._user: User | None = user if user is not None and user.is_authenticated else None
        self._member: queries.Member | None = getattr(request, "member", None)
        self.tenant: queries.TenantInfo | None = getattr(request, "tenant", None)
        self._persona = PERSONA in getattr(request, "session", ())
        self.theme = self._user.theme if self._user else ""
        self.shortcuts = self._user.shortcuts if self._user else True
        self.demo = bool(self.tenant and self.tenant.is_demo)
        self.sign_out_url = reverse("account_logout")
        self.preferences_url = reverse("preferences") if self._user else ""
        self.home_url = f"/t/{self.tenant.slug}/" if self.tenant else ""
        self.inbox_url = f"{self.home_url}inbox/" if self.tenant else ""

    @cached_property
    def member(self) -> dict[str, Any] | None:
        """Return name, initials, roles in words and own links; None outside a tenant."""
        if self._member is None:
            return None
        return {
            "name": self._member.name,
            "initials": initials(self._member.name),
            "roles_text": roles_text(self._member.actor.roles),
            "links": [] if self._persona else [PASSWORD],
        }

    @cached_property
    def nav(self) -> list[dict[str, str]]:
        """Return the main entries this member may open."""
        return self._entries(NAV)

    @cached_property
    def settings(self) -> list[dict[str, str]]:
        """Return the settings pages this member may open."""
        return self._entries(SETTINGS)

    @cached_property
    def _frame(self) -> queries.Frame:
        if self._member is None or self._user is None:
            return queries.Frame(unread=0, tenants=[])
        return queries.find_frame(member=self._member, user_id=self._user.pk)

    @property
    def unread(self) -> int:
        """Return how many lines of the inbox are unread."""
        return self._frame.unread

    @property
    def tenants(self) -> list[dict[str, str]]:
        """Return slug and name of each tenant to change to, by name."""
        return self._frame.tenants

    def _entries(self, entries: tuple[Entry, ...]) -> list[dict[str, str]]:
        if self._member is None:
            return []
        return [
            {"key": key, "label": label, "url": f"{self.home_url}{path}", "icon": icon}
            for key, label, path, icon, permission in entries
            if can(self._member.actor, permission)
        ]


def initials(name: str) -> str:
    """Return the first letters of the first and last word: "Elena Marsh" is EM."""
    words = name.split()
    ends = words[:1] + words[1:][-1:]
    return "".join(word[0] for word in ends).upper()


def roles_text(roles: Any) -> str:
    """Return roles in words, in the order of the permission table."""
    return ", ".join(name for role, (name, _) in ROLE_WORDS.items() if role in roles)


def context(request: HttpRequest) -> dict[str, Any]:
    """Return `shell` for base.html."""
    return {"shell": Shell(request)}
