"""Settings: the systems of record that send measurements."""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from common.web import Request
from tenants.access import needs
from tenants.rules import Permission, can
from tenants.views.saving import Done, attempt, save

from .. import queries
from ..actions import definitions
from ..forms import editing as forms
from ..queries.values import SHOWN_DAYS, count_by_source

HERE = {"nav_current": "settings", "settings_current": "sources"}
FORM = "settings/edit.html"
edits = require_http_methods(["GET", "HEAD", "POST"])


@require_safe
@needs(Permission.BROWSE)
def source_list(request: Request, slug: str) -> HttpResponse:
    """List the sources with what they sent that nobody mapped, and below them the archived ones."""
    today = request.now.astimezone(ZoneInfo(request.tenant.zone)).date()
    unmapped = count_by_source(today)
    return render(
        request,
        "settings/sources.html",
        {
            **HERE,
            "sources": [(one, unmapped.get(one.pk, 0)) for one in queries.list_sources()],
            "days": SHOWN_DAYS,
            "archived": queries.list_sources(archived=True),
            "may": bool(can(request.member.actor, Permission.DEFINE_METRIC)),
        },
    )


@edits
@needs(Permission.DEFINE_METRIC)
def source_new(request: Request, slug: str) -> HttpResponse:
    """Add a source."""
    listed = reverse("source_list", args=[slug])

    def act(**values: Any) -> Done:
        source = definitions.add_source(by=request.member, **values)
        words = f"{source.name} is added. It sends as “{source.code}”."
        return Done(words, listed)

    title = "Add a source"
    context = {**HERE, "title": title, "submit": title, **_crumbs(listed)}
    form = forms.NewSourceForm(request.POST or None)
    return save(request, form, act, template=FORM, context=context)


@edits
@needs(Permission.DEFINE_METRIC)
def source_edit(request: Request, slug: str, code: str) -> HttpResponse:
    """Change a source."""
    source = queries.get_source(code)
    listed = reverse("source_list", args=[slug])

    def act(**values: Any) -> Done:
        definitions.change_source(source=source, by=request.member, **values)
        return Done("Saved.", listed)

    verb = "restore" if source.archived_at else "archive"
    context = {
        **HERE,
        **_crumbs(listed),
        "title": source.name,
        "submit": "Save",
        "code": source.code,
        "archived": source.archived_at is not None,
        "archive_url": reverse(f"source_{verb}", args=[slug, code]),
    }
    form = forms.SourceForm(request.POST or None, initial=forms.source_values(source))
    return save(
        request,
        form,
        act,
        template=FORM,
        context=context,
        now=lambda: forms.source_values(queries.get_source(code)),
    )


@require_POST
@needs(Permission.DEFINE_METRIC)
def source_archive(request: Request, slug: str, code: str) -> HttpResponse:
    """Archive a source that feeds no metric in use."""
    source = queries.get_source(code)

    def act() -> Done:
        definitions.archive_source(source=source, by=request.member, now=request.now)
        return Done(f"{source.name} is archived.", reverse("source_list", args=[slug]))

    return attempt(request, act, back=reverse("source_edit", args=[slug, code]))


@require_POST
@needs(Permission.DEFINE_METRIC)
def source_restore(request: Request, slug: str, code: str) -> HttpResponse:
    """Bring a source back."""
    source = queries.get_source(code)

    def act() -> Done:
        definitions.restore_source(source=source, by=request.member)
        return Done(f"{source.name} is back.", reverse("source_list", args=[slug]))

    return attempt(request, act, back=reverse("source_list", args=[slug]))


def _crumbs(listed: str) -> dict[str, Any]:
    return {"crumbs": [{"url": listed, "label": "Sources"}], "cancel_url": listed}
