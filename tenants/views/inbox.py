"""The inbox: what happened that a member should know."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from common.web import Request

from .. import actions, queries
from ..access import needs
from ..rules import Permission


@require_safe
@needs(Permission.BROWSE)
def inbox(request: Request, slug: str) -> HttpResponse:
    """List the own inbox, unread first."""
    page = request.GET.get("page", "1")
    number = max(1, int(page[:5])) if page.isascii() and page.isdigit() else 1
    lines, more = queries.list_inbox(member_id=request.member.id, page=number)
    return render(
        request,
        "tenants/inbox.html",
        {
            "nav_current": "inbox",
            "lines": lines,
            "previous_url": f"?page={number - 1}" if number > 1 else "",
            "next_url": f"?page={number + 1}" if more else "",
        },
    )


@require_POST
@needs(Permission.BROWSE)
def read_line(request: Request, slug: str, key: UUID) -> HttpResponse:
    """Mark one line as read; with `open` go to what it is about, else back to the inbox."""
    line = actions.mark_read(notification_id=key, by=request.member, now=request.now)
    if line is None:
        raise Http404
    inside = line.path.startswith(f"/t/{slug}/")
    if "open" in request.POST and inside:
        return HttpResponseRedirect(line.path)
    return HttpResponseRedirect(reverse("inbox", args=[slug]))


@require_POST
@needs(Permission.BROWSE)
def read_all(request: Request, slug: str) -> HttpResponse:
    """Mark the whole own inbox as read."""
    count = actions.mark_all_read(by=request.member, now=request.now)
    if count:
        messages.success(request, "Everything is read.")
    return HttpResponseRedirect(reverse("inbox", args=[slug]))
