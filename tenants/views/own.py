"""A member's own preferences in this company: what comes by mail."""

from __future__ import annotations

from django.http import HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from common.web import Request

from .. import actions, queries
from ..access import needs
from ..forms import OwnMailForm
from ..rules import Permission
from .saving import Done, save


@require_http_methods(["GET", "HEAD", "POST"])
@needs(Permission.READ_BRIEF)
def own_mail(request: Request, slug: str) -> HttpResponse:
    """Show what the member gets by mail, and change it."""
    found = queries.get_member(request.member.id)

    def act(**wanted: bool) -> Done:
        actions.set_own_mail(by=request.member, **wanted)
        return Done(_chosen(**wanted), reverse("own_mail", args=[slug]))

    return save(
        request,
        OwnMailForm(
            request.POST or None,
            initial={
                "monthly_brief": found.monthly_brief,
                "daily_digest": found.daily_digest,
            },
        ),
        act,
        template="tenants/own_mail.html",
        context={"email": found.user.email},
    )


def _chosen(*, monthly_brief: bool, daily_digest: bool) -> str:
    brief = "The brief comes by mail" if monthly_brief else "The brief no longer comes by mail"
    return f"{brief}; what is new {'does' if daily_digest else 'does not'}."
