"""The typed request and the answer to htmx."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.contrib import messages
from django.forms import BaseForm
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render

if TYPE_CHECKING:
    from django_htmx.middleware import HtmxDetails


class Request(HttpRequest):
    """A request as views see it. `member` and `tenant` are set below `/t/<slug>/`."""

    now: datetime
    htmx: HtmxDetails
    tenant: Any
    member: Any


def client_address(request: HttpRequest) -> str:
    """Return the address a request came from; the trusted proxy's word where there is one."""
    forwarded = request.headers.get("X-Forwarded-For", "")
    if settings.BEHIND_PROXY and forwarded:
        return forwarded.rsplit(",", 1)[-1].strip()
    return str(request.META.get("REMOTE_ADDR", ""))


def part(
    request: Request,
    template: str,
    context: dict[str, Any],
    *,
    form: BaseForm | None = None,
    back: str,
    done: str = "",
) -> HttpResponse:
    """Answer a write: htmx gets the named part, a plain post is sent back to the page.

    form: its errors make the answer 422 for htmx and messages for a plain post.
    back: address of the page. done: words for success.
    """
    failed = form is not None and not form.is_valid()
    if request.htmx:
        response = render(request, template, context, status=422 if failed else 200)
        response["Vary"] = "HX-Request"
        return response
    if failed and form is not None:
        for errors in form.errors.values():
            messages.error(request, " ".join(str(e) for e in errors))
    elif done:
        messages.success(request, done)
    return HttpResponseRedirect(back)
