"""The register of what functions require of a pilot: by hand, from a spreadsheet, and as one."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_safe

from common import formats
from common.cells import neutral
from common.errors import Refused
from common.web import Request
from tenants.access import needs, require
from tenants.rules import Permission, can
from tenants.views.saving import Done, attempt, save, show

from .. import actions, queries, rules
from ..actions import requirements as files
from ..forms import engagement as forms
from ..models import Area, Pilot, Requirement
from ..queries import engagement as reads
from ..rules import engagement as path
from ..rules.register import COLUMNS, Draft, Reading
from . import archived
from .engagement import around, register_words

STATES = {
    "open": ("worse", "clock"),
    "met": ("goodline", "check"),
    "accepted": ("gap", "flag"),
    "dropped": ("muted", "dash"),
}
PHASES = {key: name for key, name, _first, _last in rules.PHASES} | {
    "planning": "Planning",
    "after": "After week 12",
    "live": "After go-live",
}
FIRST_ROWS, MOST_FAULTS = 10, 50
edits = require_http_methods(["GET", "HEAD", "POST"])


@dataclass(frozen=True, slots=True)
class Line:
    """One requirement of the list."""

    row: Requirement
    area: str
    phase: str
    late: bool
    tone: str
    glyph: str
    settled: str
    url: str


@require_safe
@needs(Permission.BROWSE)
def requirement_list(request: Request, slug: str, code: str) -> HttpResponse:
    """Show what functions require of a pilot, and how much of it was found late."""
    pilot = queries.get_pilot(code)
    rows = reads.list_requirements(pilot)
    deploy = path.deploy_starts(start_date=pilot.start_date, go_live_date=pilot.go_live_date)
    context = {
        **_around(request, pilot),
        "title": register_words(reads.count_register(pilot)),
        "deploy": deploy,
        "lines": [_line(slug, pilot, row) for row in rows],
        "may": _may(request, pilot),
    }
    return render(request, "portfolio/requirements.html", context)


def _line(slug: str, pilot: Pilot, row: Requirement) -> Line:
    phase = path.found_phase(
        start_date=pilot.start_date, go_live_date=pilot.go_live_date, found_on=row.found_on
    )
    late = path.is_found_late(
        start_date=pilot.start_date, go_live_date=pilot.go_live_date, found_on=row.found_on
    )
    tone, glyph = STATES[row.state]
    settled = ""
    if row.settled_by is not None and row.settled_at is not None:
        day = formats.day(rules.local_day(row.settled_at, pilot.site.zone))
        settled = _("%(name)s, %(day)s") % {"name": row.settled_by.person.name, "day": day}
    return Line(
        row=row,
        area=str(Area(row.area).label),
        phase=_(PHASES[phase]),
        late=late,
        tone=tone,
        glyph=glyph,
        settled=settled,
        url=reverse("requirement_edit", args=[slug, pilot.code, row.number]),
    )


@edits
@needs(Permission.ENGAGE)
def requirement_new(request: Request, slug: str, code: str) -> HttpResponse:
    """Write down what a function requires."""
    pilot = _own(request, code)
    if closed := archived.instead_of_form(request, pilot):
        return closed
    back = reverse("requirement_list", args=[slug, code])

    def act(**values: Any) -> Done:
        made = actions.add_requirement(
            pilot=pilot, draft=Draft(**values), by=request.member, now=request.now
        )
        return Done(_("%(number)s is written down.") % {"number": made}, back)

    today = rules.local_day(request.now, pilot.site.zone)
    form = forms.NewRequirementForm(request.POST or None, initial={"found_on": today})
    context = {
        **_around(request, pilot, below=True),
        "title": _("A requirement"),
        "submit": _("Add it"),
    }
    return save(request, form, act, template="portfolio/edit_function.html", context=context)


@edits
@needs(Permission.ENGAGE)
def requirement_edit(request: Request, slug: str, code: str, number: int) -> HttpResponse:
    """Change a requirement, or say what became of it."""
    pilot = _own(request, code)
    found = reads.get_requirement(pilot, number)
    if closed := archived.instead_of_form(request, pilot):
        return closed
    back = reverse("requirement_list", args=[slug, code])

    def act(version: int, **values: Any) -> Done:
        actions.change_requirement(
            requirement=found,
            draft=Draft(**values),
            version=version,
            by=request.member,
            now=request.now,
        )
        return Done(_("%(number)s is saved.") % {"number": found}, back)

    form = forms.RequirementForm(request.POST or None, initial=forms.requirement_values(found))
    context = {
        **_around(request, pilot, below=True),
        "title": str(found),
        "lead": found.text,
        "submit": _("Save"),
        "note": _("A requirement is never deleted: say that it was dropped, and why."),
    }
    return save(
        request,
        form,
        act,
        template="portfolio/edit_function.html",
        context=context,
        now=lambda: forms.requirement_values(reads.get_requirement(pilot, number)),
    )


@edits
@needs(Permission.ENGAGE)
def requirement_import(request: Request, slug: str, code: str) -> HttpResponse:
    """Take a spreadsheet; name what is wrong with it, or show what it would write."""
    pilot = _own(request, code)
    if closed := archived.instead_of_form(request, pilot):
        return closed
    today = rules.local_day(request.now, pilot.site.zone)
    form = forms.RequirementFileForm(
        request.POST or None, request.FILES or None, initial={"found_on": today}
    )
    context = {**_around(request, pilot, below=True), "columns": _columns()}
    if request.method != "POST" or not form.is_valid():
        return _upload(request, form, context, status=422 if form.errors else 200)
    sent = form.cleaned_data["file"]
    try:
        reading = files.read_file(
            pilot=pilot,
            content=sent.read(),
            found_on=form.cleaned_data["found_on"],
            now=request.now,
        )
        if not reading.faults:
            kept = files.keep_file(
                pilot=pilot, name=sent.name, reading=reading, by=request.member, now=request.now
            )
            return redirect("requirement_file", slug, code, kept.pk)
    except Refused as refused:
        form.refuse(refused)
        return _upload(request, form, context, status=422)
    return _upload(request, form, {**context, **_read(sent.name, reading)}, status=422)


def _upload(request: Request, form: Any, context: dict[str, Any], *, status: int) -> HttpResponse:
    template = "portfolio/requirement_import.html"
    return show(request, form, template=template, context=context, status=status)


def _columns() -> list[dict[str, str]]:
    """Return which columns are read, and what else they may be called."""
    return [
        {"word": word, "others": others.replace(",", ", ")} for word, others in COLUMNS.values()
    ]


def _read(name: str, reading: Reading) -> dict[str, Any]:
    """Return what the page prints of a file that was read, its faults first."""
    rows = {fault.row for fault in reading.faults}
    return {
        "file": name,
        "faulty": len(rows),
        "fine": len(reading.rows),
        "faults": reading.faults[:MOST_FAULTS],
        "more_faults": max(len(reading.faults) - MOST_FAULTS, 0),
        "unread": ", ".join(reading.unread),
        "first": [_first(number, draft) for number, draft in reading.rows[:FIRST_ROWS]],
    }


def _first(number: int, draft: Draft) -> dict[str, Any]:
    return {
        "number": number,
        "draft": draft,
        "area": Area(draft.area).label,
        "state": Requirement.State(draft.state).label,
    }


@edits
@needs(Permission.ENGAGE)
def requirement_file(request: Request, slug: str, code: str, key: UUID) -> HttpResponse:
    """Show what a file would write into the register; write it all, or nothing."""
    pilot = _own(request, code)
    file = reads.find_file(pilot, key, request.member.id, request.now)
    back = reverse("requirement_list", args=[slug, code])
    if file is None:
        return render(request, "portfolio/requirement_gone.html", {"back": back}, status=404)
    if file.done_at is not None:
        messages.info(request, _("This file is taken already."))
        return redirect(back)
    if request.method == "POST":

        def act() -> Done:
            done = actions.take_file(file=file, by=request.member, now=request.now)
            count = done.taken or 0
            words = ngettext(
                "%(count)s requirement is written down.",
                "%(count)s requirements are written down.",
                count,
            )
            return Done(words % {"count": count}, back)

        return attempt(request, act, back=request.path)
    drafts = files.drafts_of(file)
    new = {(one.area, one.alike) for one in files.list_new(pilot, [draft for _n, draft in drafts])}
    context = {
        **_around(request, pilot, below=True),
        "file": file,
        "new": len(new),
        "there": len(drafts) - len(new),
        "rows": [
            {**_first(number, draft), "new": (draft.area, draft.alike) in new}
            for number, draft in drafts
        ],
    }
    return render(request, "portfolio/requirement_file.html", context)


@require_safe
@needs(Permission.BROWSE)
def requirement_export(request: Request, slug: str, code: str) -> HttpResponse:
    """Send the register as a spreadsheet that the import reads back."""
    pilot = queries.get_pilot(code)
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    late = "Found after deploy started"
    writer.writerow(["Number", *(word for word, _o in COLUMNS.values()), "Found in phase", late])
    for row in reads.list_requirements(pilot):
        line = _line(slug, pilot, row)
        writer.writerow(
            [
                str(row),
                line.area,
                neutral(row.text),
                row.found_on.isoformat(),
                "yes" if row.blocking else "no",
                row.get_state_display(),
                neutral(row.evidence),
                neutral(row.url),
                line.phase,
                "yes" if line.late else "no",
            ]
        )
    response = HttpResponse("\ufeff" + out.getvalue(), content_type="text/csv; charset=utf-8")
    name = f"requirements-{pilot.code}.csv"
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def _own(request: Request, code: str) -> Pilot:
    pilot = queries.get_pilot(code)
    require(request, Permission.ENGAGE, queries.parts_of(request.member.person_id, pilot))
    return pilot


def _may(request: Request, pilot: Pilot) -> bool:
    parts = queries.parts_of(request.member.person_id, pilot)
    return bool(can(request.member.actor, Permission.ENGAGE, parts)) and pilot.archived_at is None


def _around(request: Request, pilot: Pilot, *, below: bool = False) -> dict[str, Any]:
    found = around(request, pilot)
    address = reverse("requirement_list", args=[request.tenant.slug, pilot.code])
    if below:
        found["crumbs"] = [*found["crumbs"], {"url": address, "label": _("Requirements")}]
    return {**found, "cancel_url": address}
