"""Settings: which value of a source stands for which, and what arrived that nobody mapped."""

from __future__ import annotations

from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from common.web import Request
from portfolio import queries as portfolio
from tenants.access import needs
from tenants.rules import Permission, can
from tenants.views.saving import Done, attempt, save

from .. import queries
from ..actions import values as actions
from ..forms import values as forms
from ..models import MappedValue
from ..queries import fields
from ..queries import values as reads
from ..rules import values as rules
from .editing import edits

HERE = {"nav_current": "settings", "settings_current": "values"}
FORM = "settings/edit.html"


@require_safe
@needs(Permission.BROWSE)
def value_list(request: Request, slug: str) -> HttpResponse:
    """List what is mapped, and count what arrived in two weeks that nobody mapped."""
    today = request.now.astimezone(ZoneInfo(request.tenant.zone)).date()
    mapped, unmapped = reads.list_mapped(), reads.list_unmapped(today)
    refused = sum(one.row.times for one in unmapped if one.row.day == today and not one.mended)
    context = {
        **HERE,
        "title": _finding(mapped, refused),
        "mapped": mapped,
        "unmapped": unmapped,
        "ended": reads.list_ended(),
        "days": reads.SHOWN_DAYS,
        "may": bool(can(request.member.actor, Permission.DEFINE_METRIC)),
    }
    return render(request, "metrics/values.html", context)


def _finding(mapped: list[MappedValue], today: int) -> str:
    """Return the sentence that the page begins with."""
    if today:
        return ngettext(
            "%(times)s figure was refused today for what nobody mapped.",
            "%(times)s figures were refused today for what nobody mapped.",
            today,
        ) % {"times": today}
    if not mapped:
        return _("No value is mapped yet.")
    return ngettext("%(n)s value is mapped.", "%(n)s values are mapped.", len(mapped)) % {
        "n": len(mapped)
    }


@require_safe
@needs(Permission.BROWSE)
def value_export(request: Request, slug: str) -> HttpResponse:
    """Send all that is mapped as CSV, as the import reads it; not what names something archived."""
    lines = [
        rules.Line(
            row=number,
            source=row.source.code,
            what=row.field.name if row.field else row.what,
            value=row.value,
            agreed=row.site.code if row.site else row.agreed,
            factor=row.factor,
        )
        for number, row in enumerate(reads.list_mapped())
        if not row.archived
    ]
    response = HttpResponse(rules.write(lines), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = 'attachment; filename="values.csv"'
    response["X-Content-Type-Options"] = "nosniff"
    return response


@edits
@needs(Permission.DEFINE_METRIC)
def value_new(request: Request, slug: str) -> HttpResponse:
    """Map a value; with `source`, `what` and `value` in the address, that one."""

    def act(**values: Any) -> Done:
        row = actions.map_value(said=actions.Said(**values), by=request.member)
        return Done(f"“{row.value}” is mapped.", _listed(slug))

    title = "Map a value"
    context = {**HERE, **_below(slug), "title": title, "submit": title}
    initial = {name: request.GET.get(name, "") for name in ("source", "what", "value")}
    form = forms.NewValueForm(request.POST or None, initial=initial, **_offered())
    return save(request, form, act, template=FORM, context=context)


@edits
@needs(Permission.DEFINE_METRIC)
def value_edit(request: Request, slug: str, key: UUID) -> HttpResponse:
    """Change what a value stands for; map it no more below."""
    row = reads.get_mapped(key)

    def act(version: int, **values: Any) -> Done:
        said = actions.Said(**values)
        actions.change_value(row=row, version=version, said=said, by=request.member)
        return Done("Saved.", _listed(slug))

    verb = "restore" if row.ended_at else "archive"
    context = {
        **HERE,
        **_below(slug),
        "title": row.value,
        "submit": "Save",
        "archived": row.ended_at is not None,
        "archive_url": reverse(f"value_{verb}", args=[slug, key]),
    }
    form = forms.ValueForm(request.POST or None, initial=forms.value_values(row), **_offered(row))
    return save(
        request,
        form,
        act,
        template=FORM,
        context=context,
        now=lambda: forms.value_values(reads.get_mapped(key)),
    )


@require_POST
@needs(Permission.DEFINE_METRIC)
def value_archive(request: Request, slug: str, key: UUID) -> HttpResponse:
    """Map a value no more."""
    row = reads.get_mapped(key)

    def act() -> Done:
        actions.end_value(row=row, by=request.member, now=request.now)
        return Done(f"“{row.value}” is mapped no more.", _listed(slug))

    return attempt(request, act, back=_listed(slug))


@require_POST
@needs(Permission.DEFINE_METRIC)
def value_restore(request: Request, slug: str, key: UUID) -> HttpResponse:
    """Map a value again."""
    row = reads.get_mapped(key)

    def act() -> Done:
        actions.restore_value(row=row, by=request.member)
        return Done(f"“{row.value}” is mapped again.", _listed(slug))

    return attempt(request, act, back=_listed(slug))


@edits
@needs(Permission.DEFINE_METRIC)
def value_import(request: Request, slug: str) -> HttpResponse:
    """Map what a table says, all of it or nothing."""

    def act(**values: Any) -> Done:
        count = actions.import_values(content=values["file"].read(), by=request.member)
        words = ngettext("%(n)s row changed something.", "%(n)s rows changed something.", count)
        return Done(words % {"n": count}, _listed(slug))

    context = {**HERE, **_below(slug), "title": "Import values", "submit": "Import the table"}
    form = forms.ValueFileForm(request.POST or None, request.FILES or None)
    return save(request, form, act, template="metrics/value_import.html", context=context)


def _offered(row: MappedValue | None = None) -> dict[str, Any]:
    """Return what a form offers; what a row names already is among it."""
    offered: dict[str, Any] = {
        "sources": queries.list_sources(),
        "fields": [one.row for one in fields.list_fields()],
        "sites": portfolio.list_sites(),
    }
    if row is not None:
        for name, one in (("sources", row.source), ("fields", row.field), ("sites", row.site)):
            if one is not None and one not in offered[name]:
                offered[name] = [one, *offered[name]]
    return offered


def _listed(slug: str) -> str:
    return reverse("value_list", args=[slug])


def _below(slug: str) -> dict[str, Any]:
    listed = _listed(slug)
    return {"crumbs": [{"url": listed, "label": "Values"}], "cancel_url": listed}
