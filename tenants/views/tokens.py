"""Settings: the keys of API clients. The text of a token is printed once, in the answer to a POST."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from common.errors import Refused
from common.web import Request

from .. import actions, queries
from ..access import needs
from ..forms import TokenForm
from ..models import ApiToken
from ..rules import SCOPE_WORDS, Permission, Scope
from .saving import show

HERE = {"nav_current": "settings", "settings_current": "tokens"}
SOON = timedelta(days=14)


def _row(token: ApiToken, now: datetime) -> dict[str, Any]:
    """Return a token as the list prints it, with its state in a word and a look."""
    if token.revoked_at is not None:
        state = ("Revoked", "muted", "cross")
    elif token.expires_at <= now:
        state = ("Ended", "muted", "clock")
    elif token.replaced_at is not None:
        state = ("Being replaced", "worse", "sync")
    elif token.expires_at <= now + SOON:
        state = ("Ends soon", "worse", "clock")
    else:
        state = ("Live", "goodline", "check")
    word, tone, glyph = state
    return {
        "token": token,
        "live": token.revoked_at is None and token.expires_at > now,
        "word": word,
        "tone": tone,
        "glyph": glyph,
        "scopes": [SCOPE_WORDS[Scope(scope)] for scope in token.scopes],
    }


@require_safe
@needs(Permission.MANAGE_TOKENS)
def tokens(request: Request, slug: str) -> HttpResponse:
    """List the tokens: live ones first, ended ones below."""
    rows = [_row(token, request.now) for token in queries.list_tokens()]
    live = [row for row in rows if row["live"]]
    return render(
        request,
        "tenants/tokens.html",
        {
            **HERE,
            "live": live,
            "ended": [row for row in rows if not row["live"]],
            "soon": sum(row["word"] == "Ends soon" for row in live),
        },
    )


@require_http_methods(["GET", "HEAD", "POST"])
@needs(Permission.MANAGE_TOKENS)
def token_new(request: Request, slug: str) -> HttpResponse:
    """Create a token: the form, and the answer that shows its text once."""
    form = TokenForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        values = dict(form.cleaned_data)
        expires_at = request.now + timedelta(days=values.pop("days"))
        try:
            token, text = actions.create_token(
                by=queries.get_member(request.member.id),
                now=request.now,
                expires_at=expires_at,
                **values,
            )
        except Refused as refused:
            form.add_error("days" if refused.field == "expires_at" else refused.field, str(refused))
        else:
            return _shown(request, token, text)
    status = 422 if form.errors else 200
    return show(request, form, template="tenants/token_new.html", context=HERE, status=status)


@require_POST
@needs(Permission.MANAGE_TOKENS)
def token_replace(request: Request, slug: str, key: UUID) -> HttpResponse:
    """Create a token's successor and show its text once; the first ends in a week."""
    found = queries.get_token(key)
    try:
        token, text = actions.replace_token(
            token_id=found.id, by=queries.get_member(request.member.id), now=request.now
        )
    except Refused as refused:
        messages.error(request, str(refused))
        return HttpResponseRedirect(reverse("tokens", args=[slug]))
    return _shown(request, token, text, replaced=queries.get_token(key))


@require_POST
@needs(Permission.MANAGE_TOKENS)
def token_revoke(request: Request, slug: str, key: UUID) -> HttpResponse:
    """End a token at once."""
    found = queries.get_token(key)
    actions.revoke_token(
        token_id=found.id, by=queries.get_member(request.member.id), now=request.now
    )
    messages.success(request, f"{found.name} was revoked. It is refused from now on.")
    return HttpResponseRedirect(reverse("tokens", args=[slug]))


def _shown(
    request: Request, token: ApiToken, text: str, replaced: ApiToken | None = None
) -> HttpResponse:
    """Print a token's text in this one answer; nobody may keep it, as any page of a person."""
    return render(
        request,
        "tenants/token_shown.html",
        {**HERE, "token": token, "text": text, "replaced": replaced},
    )
