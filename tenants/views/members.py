"""Settings: who belongs to the tenant, and as what."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from common.errors import Blocker, Changed
from common.forms import MOST_BLOCKERS, with_links
from common.web import Request
from portfolio import queries as portfolio

from .. import actions, queries
from ..access import needs
from ..forms import InviteForm, MemberForm, VersionForm, member_values
from ..models import Function, Membership
from ..rules import Permission, Role, initials, roles_text, welcome_words
from .saving import Done, attempt, save

HERE = {"nav_current": "settings", "settings_current": "members"}


def _row(member: Membership) -> dict[str, object]:
    """Return a member as the list prints them."""
    return {
        "member": member,
        "initials": initials(member.person.name),
        "roles": roles_text(member.roles),
        "functions": ", ".join(str(Function(f).label) for f in member.functions),
        "mail": welcome_words(waits=member.welcome_due_at is not None, tries=member.welcome_tries),
    }


@require_safe
@needs(Permission.MANAGE_MEMBERS)
def members(request: Request, slug: str) -> HttpResponse:
    """List members, and below them those who were removed."""
    found = queries.list_members()
    return render(
        request,
        "tenants/members.html",
        {
            **HERE,
            "rows": [_row(member) for member in found],
            "removed": [_row(member) for member in queries.list_removed_members()],
            "waiting": sum(member.last_seen_at is None for member in found),
            "admins": sum(Role.ADMIN.value in member.roles for member in found),
            "me": request.member.id,
        },
    )


@require_http_methods(["GET", "HEAD", "POST"])
@needs(Permission.MANAGE_MEMBERS)
def invite(request: Request, slug: str) -> HttpResponse:
    """Let somebody in: the form, and its answer."""
    form = InviteForm(request.POST or None, people=queries.list_people_without_member())

    def act(**values: Any) -> Done:
        member = actions.invite_member(by=request.member, now=request.now, **values)
        words = f"{member.person.name} is a member. A mail says how to get in."
        return Done(words, reverse("members", args=[slug]))

    return save(request, form, act, template="tenants/invite.html", context=HERE)


@require_http_methods(["GET", "HEAD", "POST"])
@needs(Permission.MANAGE_MEMBERS)
def member(request: Request, slug: str, key: UUID) -> HttpResponse:
    """Show one member with their roles, and change them."""
    found = queries.get_member(key)
    to_name = _to_name(found, slug)

    def act(**values: Any) -> Done:
        actions.change_member(member_id=found.id, by=request.member, **values)
        return Done(f"Saved: {found.person.name}.", reverse("members", args=[slug]))

    return save(
        request,
        MemberForm(request.POST or None, initial=member_values(found)),
        act,
        template="tenants/member.html",
        context={
            **HERE,
            **_row(found),
            "own": found.id == request.member.id,
            "to_name": to_name[:MOST_BLOCKERS],
            "more_to_name": max(len(to_name) - MOST_BLOCKERS, 0),
        },
        now=lambda: member_values(queries.get_member(key)),
    )


@require_POST
@needs(Permission.MANAGE_MEMBERS)
def remove(request: Request, slug: str, key: UUID) -> HttpResponse:
    """Take the tenant from a member."""
    found = queries.get_member(key)

    def act() -> Done:
        actions.remove_member(
            member_id=found.id, version=_version(request), by=request.member, now=request.now
        )
        words = f"{found.person.name} was removed and can no longer come in."
        return Done(with_links(words, _to_name(found, slug)), reverse("members", args=[slug]))

    return attempt(request, act, back=reverse("members", args=[slug]))


def _to_name(member: Membership, slug: str) -> list[Blocker]:
    """Return the pilots that want somebody else once a member is removed, each with its page."""
    return [
        Blocker(
            f"Name another {party.get_part_display().lower()} of {party.pilot.code}"
            f" {party.pilot.name}",
            reverse("party_set", args=[slug, party.pilot.code]) + f"?part={party.part}",
        )
        for party in portfolio.list_answered_for(member.person)
    ]


@require_POST
@needs(Permission.MANAGE_MEMBERS)
def restore(request: Request, slug: str, key: UUID) -> HttpResponse:
    """Bring a removed member back."""
    found = queries.get_member(key)

    def act() -> Done:
        actions.restore_member(
            member_id=found.id, version=_version(request), by=request.member, now=request.now
        )
        return Done(f"{found.person.name} is a member again.", reverse("members", args=[slug]))

    return attempt(request, act, back=reverse("members", args=[slug]))


def _version(request: Request) -> int:
    """Return the version that a button sends; without one nobody knows what the admin saw."""
    form = VersionForm(request.POST)
    if not form.is_valid():
        raise Changed
    version: int = form.cleaned_data["version"]
    return version


@require_POST
@needs(Permission.MANAGE_MEMBERS)
def send_link(request: Request, slug: str, key: UUID) -> HttpResponse:
    """Mail a member once more how to get in."""
    found = queries.get_member(key)

    def act() -> Done:
        actions.send_welcome_again(member=found, by=request.member, now=request.now)
        return Done(f"A mail to {found.user.email} is on its way.", reverse("members", args=[slug]))

    return attempt(request, act, back=reverse("members", args=[slug]))
