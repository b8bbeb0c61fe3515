"""What every page shows around its content: who, where, and where to go."""

from __future__ import annotations

from functools import cached_property
from typing import Any

from django.http import HttpRequest
from django.urls import reverse, reverse_lazy

from . import queries, rules
from .access import NAV, PERSONA, SETTINGS, list_entries
from .models import User

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
        """Return key, name, initials, roles in words and own links; None outside a tenant."""
        if self._member is None:
            return None
        return {
            "key": str(self._member.id),
            "name": self._member.name,
            "initials": rules.initials(self._member.name),
            "roles_text": rules.roles_text(self._member.actor.roles),
            "links": [self._waiting, self._mail, *([] if self._persona else [PASSWORD])],
        }

    @property
    def _waiting(self) -> dict[str, str]:
        """Return the way to what waits for the member and their function."""
        return {"url": f"{self.home_url}waiting/", "icon": "clock", "label": "Waiting"}

    @property
    def _mail(self) -> dict[str, str]:
        return {"url": f"{self.home_url}preferences/", "icon": "mail", "label": "Mail"}

    @cached_property
    def nav(self) -> list[dict[str, str]]:
        """Return the main entries this member may open."""
        return list_entries(self._member, NAV) if self._member else []

    @cached_property
    def settings(self) -> list[dict[str, str]]:
        """Return the settings pages this member may open."""
        return list_entries(self._member, SETTINGS) if self._member else []

    @cached_property
    def unread(self) -> int:
        """Return how many lines of the inbox are unread."""
        return queries.count_unread(member_id=self._member.id) if self._member else 0

    @property
    def tenants(self) -> list[dict[str, str]]:
        """Return slug and name of each tenant to change to, by name."""
        return self._member.tenants if self._member else []


def context(request: HttpRequest) -> dict[str, Any]:
    """Return `shell` for base.html."""
    return {"shell": Shell(request)}
