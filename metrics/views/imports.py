"""Pages on which people import a file of measurements."""

from __future__ import annotations

import zlib
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.utils.translation import get_language
from django.views.decorators.http import require_http_methods, require_safe

from common import formats, sheets
from common.errors import Refused
from common.web import Request
from tenants.access import needs
from tenants.rules import Permission

from ..actions import imports as actions
from ..forms.imports import ColumnsForm, UploadForm
from ..models import ImportFile
from ..queries import imports as queries
from ..rules import cells
from ..rules.items import Rejection, Repeat

SHOWN = 50
MOST_DECIMALS = 9


@require_http_methods(["GET", "HEAD", "POST"])
@needs(Permission.SYNC_MEASUREMENTS)
def imports(request: Request, slug: str) -> HttpResponse:
    """Take a file, and list the member's files of the last day."""
    form = UploadForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        sent = form.cleaned_data["file"]
        try:
            file = actions.keep_file(
                name=sent.name, content=sent.read(), by=request.member, now=request.now
            )
            return redirect("import_file", slug, file.pk)
        except Refused as refused:
            form.add_error("file", str(refused))
    context = {
        "form": form,
        "files": queries.list_files(request.member.id, request.now),
        "leads_metrics": queries.leads_judged(request.member.person_id),
    }
    return render(request, "metrics/imports.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@needs(Permission.SYNC_MEASUREMENTS)
def import_file(request: Request, slug: str, key: UUID) -> HttpResponse:
    """Show what a file would do, or did; take the columns, the import itself, or its end."""
    file = queries.find_file(key, request.member.id, request.now)
    if file is None:
        return _gone(request)
    try:
        if request.method == "POST":
            return _act(request, slug, file)
        if file.done_at is not None:
            return render(request, "metrics/import_done.html", {"file": file})
        return _preview(request, file, None)
    except sheets.Unreadable as unreadable:
        return _unreadable(request, slug, file, unreadable)


def _unreadable(
    request: Request, slug: str, file: ImportFile, unreadable: sheets.Unreadable
) -> HttpResponse:
    """Say why a kept file is no table: the version that took it read otherwise."""
    messages.error(request, f"{file.name}: {unreadable}")
    return redirect("imports", slug)


def _gone(request: Request) -> HttpResponse:
    """Say that a file is not kept: its day is over, it was dropped, or it is nobody's or another's."""
    return render(request, "metrics/import_gone.html", status=404)


def _act(request: Request, slug: str, file: ImportFile) -> HttpResponse:
    if request.POST.get("do") == "drop":
        return _drop(request, slug, file)
    if file.done_at is not None:
        return HttpResponseRedirect(request.path)
    form = _columns(request, _table(file))
    if not form.is_valid():
        return _preview(request, file, form)
    if request.POST.get("do") == "import":
        return _import(request, slug, file, form.choices())
    actions.choose(file=file, choices=form.choices())
    return HttpResponseRedirect(request.path)


def _import(
    request: Request, slug: str, file: ImportFile, choices: actions.Choices
) -> HttpResponse:
    """Import a file as it was shown; show it anew where the answers sent are not those it has."""
    if choices != actions.choices_of(file):
        actions.choose(file=file, choices=choices)
        messages.error(request, actions.NOT_SHOWN)
        return HttpResponseRedirect(request.path)
    shown = request.POST.get("shown", "")
    try:
        actions.import_file(file=file, shown=shown, by=request.member, now=request.now)
    except Refused as refused:
        messages.error(request, str(refused))
        if refused.code != "not_shown":
            return redirect("imports", slug)
    return HttpResponseRedirect(request.path)


def _drop(request: Request, slug: str, file: ImportFile) -> HttpResponse:
    try:
        actions.drop_file(file=file)
    except Refused as refused:
        messages.error(request, str(refused))
        return HttpResponseRedirect(request.path)
    messages.success(request, f"{file.name} was dropped; nothing was imported.")
    return redirect("imports", slug)


def _preview(request: Request, file: ImportFile, form: ColumnsForm | None) -> HttpResponse:
    """Show the first rows as they are read, what would happen, and what would be refused."""
    table = _table(file)
    choices = actions.choices_of(file)
    missing = _missing(choices)
    report = None
    if not missing and form is None:
        report = actions.try_file(file=file, table=table, by=request.member, now=request.now)
    context = {
        "file": file,
        "table": table,
        "missing": missing,
        "unread": cells.unread(table.header, choices.columns),
        "report": report,
        "shown": actions.digest(file) if report else "",
        "refused": [_refused(line, table, choices) for line in report.refused[:SHOWN]]
        if report
        else [],
        "repeated": [_repeat(line) for line in report.repeated[:SHOWN]] if report else [],
        "first": _first(report) if report else [],
        "form": form or _columns(request, table, choices),
    }
    return render(request, "metrics/import_file.html", context, status=422 if form else 200)


def _first(report: actions.Report) -> list[dict[str, Any]]:
    """Return the first rows with the reason of each that is left out."""
    reasons = {line.index: line for line in report.refused}
    repeats = {line.index: _repeat(line) for line in report.repeated}
    return [
        {
            "number": one.number,
            "row": one.row,
            "when": _when(one.row.event_at) if one.row else "",
            "figures": [_figure(getattr(one.row, name)) for name in cells.NUMBERS]
            if one.row
            else [],
            "refusal": reasons.get(one.number),
            "repeat": repeats.get(one.number, ""),
        }
        for one in report.first
    ]


def _repeat(line: Repeat) -> str:
    if line.same:
        return f"Row {line.index} repeats row {line.of}."
    return f"Row {line.index} is an older revision of row {line.of}."


def _refused(line: Rejection, table: sheets.Table, choices: actions.Choices) -> Rejection:
    """Return a refused row with its field named as in the header of the file.

    A file without revisions has the fault in its identifier.
    """
    where = {"revision": choices.columns.get("external_id")} | choices.columns
    place = where.get(line.field)
    if place is not None and place < len(table.header):
        column = table.header[place] or f"column {place + 1}"
    else:  # chosen for the whole file, or not said at all
        column = cells.FIELDS.get(line.field, "")
    return replace(line, field=column)


def _when(at: datetime) -> str:
    """Write an instant in the offset it was read in, not in the server's; to the minute."""
    hours = at.strftime("%z")  # seconds of an offset are older than any plant
    return f"{formats.day(at.date(), get_language())}, {at:%H:%M} (UTC{hours[:3]}:{hours[3:5]})"


def _figure(value: float | None) -> str:
    """Write a figure with the decimals it has; empty when there is none."""
    if value is None:
        return ""
    decimals = max(-int(Decimal(repr(value)).normalize().as_tuple().exponent), 0)
    return formats.number(value, min(decimals, MOST_DECIMALS), get_language())


def _columns(
    request: Request, table: sheets.Table, choices: actions.Choices | None = None
) -> ColumnsForm:
    return ColumnsForm(
        request.POST if choices is None else None,
        initial=ColumnsForm.initial_of(choices) if choices else None,
        header=table.header,
        metrics=queries.list_metric_choices(request.member.person_id),
        sources=queries.list_source_choices(),
    )


def _missing(choices: actions.Choices) -> list[str]:
    """Return what has to be said before rows can be read, in words."""
    found = []
    if "event_at" not in choices.columns:
        found.append("Say which column holds the date or time.")
    if not {"value", "numerator"} & set(choices.columns):
        found.append("Say which column holds the value, or the numerator and the denominator.")
    if "metric" not in choices.columns and not choices.metric:
        found.append("Choose the metric, or the column that names it.")
    if "source" not in choices.columns and not choices.source:
        found.append("Choose the source, or the column that names it.")
    return found


def _table(file: ImportFile) -> sheets.Table:
    return sheets.read_table(bytes(file.content))


@require_safe
@needs(Permission.SYNC_MEASUREMENTS)
def import_refused(request: Request, slug: str, key: UUID) -> HttpResponse:
    """Send the refused rows with their reasons as CSV."""
    file = queries.find_file(key, request.member.id, request.now)
    if file is None:
        return _gone(request)
    if file.refused is not None:
        text = zlib.decompress(bytes(file.refused)).decode()
    else:
        try:
            table = _table(file)
        except sheets.Unreadable as unreadable:
            return _unreadable(request, slug, file, unreadable)
        report = actions.try_file(file=file, table=table, by=request.member, now=request.now)
        text = actions.write_refused(table, report.refused)
    response = HttpResponse(text, content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="refused-{file.pk}.csv"'
    response["X-Content-Type-Options"] = "nosniff"
    return response
