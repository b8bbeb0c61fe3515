"""Settings: who belongs to the tenant, and as what."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from common.errors import Refused
from common.web import Request

from .. import actions, queries
from ..access import needs
from ..forms import InviteForm, MemberForm, VersionForm
from ..models import Function, Membership
from ..rules import Permission, Role, initials, roles_text

HERE = {"nav_current": "settings", "settings_current": "members"}


def _row(member: Membership) -> dict[str, object]:
    """Return a member as the list prints them."""
    return {
        "member": member,
        "initials": initials(member.person.name),
        "roles": roles_text(member.roles),
        "functions": ", ".join(str(Function(f).label) for f in member.functions),
    }


@require_GET
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
            "waiting": sum(member.user.last_login is None for member in found),
            "admins": sum(Role.ADMIN.value in member.roles for member in found),
            "me": request.member.id,
        },
    )


@require_http_methods(["GET", "HEAD", "POST"])
@needs(Permission.MANAGE_MEMBERS)
def invite(request: Request, slug: str) -> HttpResponse:
    """Let somebody in: the form, and its answer."""
    people = queries.list_people_without_member()
    form = InviteForm(request.POST or None, people=people)
    if request.method == "POST" and form.is_valid():
        try:
            member = actions.invite_member(by=request.member, **form.cleaned_data)
        except Refused as refused:
            form.add_error(refused.field or None, str(refused))
        else:
            messages.success(
                request, f"{member.person.name} is a member. A mail says how to get in."
            )
            return HttpResponseRedirect(reverse("members", args=[slug]))
    status = 422 if form.errors else 200
    return render(request, "tenants/invite.html", {**HERE, "form": form}, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
@needs(Permission.MANAGE_MEMBERS)
def member(request: Request, slug: str, key: UUID) -> HttpResponse:
    """Show one member with their roles, and change them."""
    found = queries.get_member(key)
    form = MemberForm(request.POST) if request.method == "POST" else MemberForm.of(found)
    if request.method == "POST" and form.is_valid():
        try:
            actions.change_member(member_id=found.id, by=request.member, **form.cleaned_data)
        except Refused as refused:
            form.add_error(refused.field or None, str(refused))
        else:
            messages.success(request, f"Saved: {found.person.name}.")
            return HttpResponseRedirect(reverse("members", args=[slug]))
    status = 422 if form.errors else 200
    return render(
        request,
        "tenants/member.html",
        {**HERE, "form": form, **_row(found), "own": found.id == request.member.id},
        status=status,
    )


@require_POST
@needs(Permission.MANAGE_MEMBERS)
def remove(request: Request, slug: str, key: UUID) -> HttpResponse:
    """Take the tenant from a member."""
    found = queries.get_member(key)
    form = VersionForm(request.POST)
    if form.is_valid():
        try:
            actions.remove_member(
                member_id=found.id, by=request.member, now=request.now, **form.cleaned_data
            )
            messages.success(request, f"{found.person.name} was removed and can no longer come in.")
        except Refused as refused:
            messages.error(request, str(refused))
    return HttpResponseRedirect(reverse("members", args=[slug]))


@require_POST
@needs(Permission.MANAGE_MEMBERS)
def restore(request: Request, slug: str, key: UUID) -> HttpResponse:
    """Bring a removed member back."""
    found = queries.get_member(key)
    form = VersionForm(request.POST)
    if form.is_valid():
        try:
            actions.restore_member(member_id=found.id, by=request.member, **form.cleaned_data)
            messages.success(request, f"{found.person.name} is a member again.")
        except Refused as refused:
            messages.error(request, str(refused))
    return HttpResponseRedirect(reverse("members", args=[slug]))


@require_POST
@needs(Permission.MANAGE_MEMBERS)
def send_link(request: Request, slug: str, key: UUID) -> HttpResponse:
    """Mail a member once more how to get in."""
    found = queries.get_member(key)
    try:
        actions.send_welcome_again(member=found, by=request.member)
        messages.success(request, f"A mail to {found.user.email} is on its way.")
    except Refused as refused:
        messages.error(request, str(refused))
    return HttpResponseRedirect(reverse("members", args=[slug]))
