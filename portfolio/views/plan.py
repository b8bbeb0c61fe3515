"""The pages of a pilot's change plan: who is affected, worried, trained, and what is promised."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop as _noop
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from common import formats
from common.web import Request
from tenants import queries as tenants
from tenants.access import needs, require
from tenants.models import Person
from tenants.rules import Permission, can
from tenants.views.saving import Done, press, save

from .. import queries
from .. import rules as path
from ..actions import plan as actions
from ..forms import plan as forms
from ..models import Pilot, PlanItem
from ..queries import plan
from ..rules import plan as rules
from ..rules.plan import Fault, Kind
from . import archived

edits = require_http_methods(["GET", "HEAD", "POST"])
FORM = "portfolio/edit_plan.html"
# Heading of each section, what its button adds, and what stands there while it is empty.
SECTIONS: dict[Kind, tuple[str, str, str]] = {
    Kind.PROMISE: (
        _noop("What is promised on figures"),
        _noop("Publish a promise"),
        _noop(
            "Nothing is promised on how the figures of this pilot are used for or against people."
        ),
    ),
    Kind.ROLE: (
        _noop("Who is affected"),
        _noop("Add a role"),
        _noop("No role is named whose work changes."),
    ),
    Kind.TRAINING: (_noop("Training"), _noop("Add training"), _noop("No training is planned.")),
    Kind.CONCERN: (
        _noop("Concerns"),
        _noop("Add a concern"),
        _noop("No concern is written down. Somebody has one."),
    ),
    Kind.MESSAGE: (
        _noop("What is said to whom"),
        _noop("Add a message"),
        _noop("No message is planned."),
    ),
    Kind.PROCESS: (
        _noop("Processes and work instructions"),
        _noop("Add a process"),
        _noop("No process is named that is rebuilt around the pilot."),
    ),
    Kind.FOUNDATION: (
        _noop("Work on the data"),
        _noop("Add work on the data"),
        _noop("No work on the data is planned. A focused scope takes 6 to 10 weeks."),
    ),
}


@dataclass(frozen=True, slots=True)
class Shown:
    """One item ready to print. faults: what is wrong with its dates, in words. late: past its day."""

    row: PlanItem
    faults: tuple[str, ...]
    late: bool


@dataclass(frozen=True, slots=True)
class Section:
    """The items of one kind, and what its button adds."""

    kind: str
    title: str
    add: str
    empty: str
    items: list[Shown]
    more: bool


@require_safe
@needs(Permission.BROWSE)
def plan_list(request: Request, slug: str, code: str) -> HttpResponse:
    """Show what changes around a pilot, and for whom."""
    pilot = queries.get_pilot(code)
    parts = queries.parts_of(request.member.person_id, pilot)
    items = plan.list_items(pilot)
    kept = [one for one in items if one.archived_at is None]
    today = path.local_day(request.now, pilot.site.zone)
    live = pilot.archived_at is None
    context = {
        **_around(request, pilot),
        **archived.around(request, pilot),
        "finding": finding(kept, today),
        "sections": [_section(kind, kept, pilot, today) for kind in Kind],
        "gone": [(heading(one), one) for one in items if one.archived_at is not None],
        "may_edit": live and bool(can(request.member.actor, Permission.EDIT_PILOT, parts)),
    }
    return render(request, "portfolio/plan.html", context)


def _section(kind: Kind, items: Sequence[PlanItem], pilot: Pilot, today: date) -> Section:
    title, add, empty = SECTIONS[kind]
    shown = [
        Shown(one, tuple(faults_of(one, pilot.start_date)), one.line.overdue(today))
        for one in items
        if one.kind == kind
    ]
    more = kind is not Kind.PROMISE or not shown
    return Section(kind.value, _(title), _(add), _(empty), shown, more)


def heading(item: PlanItem) -> str:
    """Return under which heading an item stands."""
    return _(SECTIONS[Kind(item.kind)][0])


def finding(items: Sequence[PlanItem], today: date) -> str:
    """Return the sentence that the page begins with."""
    if not items:
        return _("No change plan is written down.")
    counts = rules.count((one.line for one in items), today=today)
    if counts.overdue:
        return ngettext(
            "%(n)s thing of the change plan is past its day.",
            "%(n)s things of the change plan are past their day.",
            counts.overdue,
        ) % {"n": counts.overdue}
    if counts.concerns:
        return ngettext(
            "%(n)s concern waits for an answer.",
            "%(n)s concerns wait for an answer.",
            counts.concerns,
        ) % {"n": counts.concerns}
    if counts.needed:
        return ngettext(
            "%(done)s of %(needed)s training of a person is done.",
            "%(done)s of %(needed)s trainings of a person are done.",
            counts.needed,
        ) % {"done": counts.done, "needed": counts.needed}
    return _("Nothing of the change plan is past its day.")


def faults_of(item: PlanItem, start_date: date) -> list[str]:
    """Return what is wrong with the dates of work on the data, in sentences; empty when nothing."""
    if item.kind != Kind.FOUNDATION or item.starts_on is None or item.due_on is None:
        return []
    faults = rules.foundation_faults(
        starts_on=item.starts_on, ends_on=item.due_on, start_date=start_date
    )
    days = (item.due_on - item.starts_on).days + 1
    deploy = path.week_starts(start_date=start_date, number=rules.DEPLOY_WEEK)
    said = {
        Fault.SHORT: ngettext(
            "%(title)s: %(days)s day is planned; a focused scope takes 6 to 10 weeks.",
            "%(title)s: %(days)s days are planned; a focused scope takes 6 to 10 weeks.",
            days,
        ),
        Fault.LATE: _("%(title)s starts on %(day)s, after Deploy begins on %(deploy)s."),
    }
    values = {
        "title": item.title,
        "days": days,
        "day": formats.day(item.starts_on),
        "deploy": formats.day(deploy),
    }
    return [said[one] % values for one in faults]


def of_pilot(pilot: Pilot, *, slug: str, today: date, over: bool) -> dict[str, Any]:
    """Return what a pilot's page prints of its change plan, in one query.

    over: whether it was graduated or stopped; then no date of it is warned of.
    """
    kept = [one for one in plan.list_items(pilot) if one.archived_at is None]
    counts = rules.count((one.line for one in kept), today=today)
    quiet = over or pilot.archived_at is not None
    return {
        "plan_finding": finding(kept, today),
        "plan_counts": counts if kept else None,
        "plan_promise": next((one for one in kept if one.kind == Kind.PROMISE), None),
        "plan_faults": []
        if quiet
        else [words for one in kept for words in faults_of(one, pilot.start_date)],
        "plan_url": reverse("plan_list", args=[slug, pilot.code]),
    }


@edits
@needs(Permission.EDIT_PILOT)
def plan_new(request: Request, slug: str, code: str, kind: Kind) -> HttpResponse:
    """Add something of one kind to a pilot's change plan."""
    pilot = _own(request, code)
    if closed := archived.instead_of_form(request, pilot):
        return closed
    home = reverse("plan_list", args=[slug, code])

    def act(**values: Any) -> Done:
        actions.add_item(pilot=pilot, kind=kind, by=request.member, now=request.now, **values)
        return Done(_("It is added."), f"{home}#{kind.value}")

    form = forms.NewPlanItemForm(request.POST or None, kind=kind, people=tenants.list_people())
    context = {
        **_around(request, pilot),
        "title": _(SECTIONS[kind][1]),
        "submit": _("Add it"),
        "cancel_url": home,
    }
    return save(request, form, act, template=FORM, context=context)


@edits
@needs(Permission.EDIT_PILOT)
def plan_edit(request: Request, slug: str, code: str, key: UUID) -> HttpResponse:
    """Change something of a pilot's change plan; archive it below."""
    pilot = _own(request, code)
    item = plan.get_item(pilot, key)
    if closed := archived.instead_of_form(request, pilot):
        return closed
    home = reverse("plan_list", args=[slug, code])

    def act(**values: Any) -> Done:
        actions.change_item(item=item, by=request.member, now=request.now, **values)
        return Done(_("Saved."), f"{home}#{item.kind}")

    form = forms.PlanItemForm(
        request.POST or None,
        kind=Kind(item.kind),
        people=_people(item),
        initial=forms.plan_values(item),
    )
    context = {
        **_around(request, pilot),
        "title": _("Change: %(title)s") % {"title": item.title},
        "submit": _("Save"),
        "item": item,
        "cancel_url": home,
    }
    return save(
        request,
        form,
        act,
        template=FORM,
        context=context,
        now=lambda: forms.plan_values(plan.get_item(pilot, key)),
    )


def _people(item: PlanItem) -> list[Person]:
    """Return whom an item may be given to: its owner too, who may be archived by now."""
    people = tenants.list_people()
    if item.owner is not None and item.owner.archived_at is not None:
        people.append(item.owner)
    return people


@require_POST
@needs(Permission.EDIT_PILOT)
def plan_archive(request: Request, slug: str, code: str, key: UUID) -> HttpResponse:
    """Take something out of a pilot's change plan."""

    def act(item: PlanItem, version: int) -> str:
        actions.archive_item(item=item, version=version, by=request.member, now=request.now)
        return _("It is archived.")

    return _press(request, code, key, act)


@require_POST
@needs(Permission.EDIT_PILOT)
def plan_restore(request: Request, slug: str, code: str, key: UUID) -> HttpResponse:
    """Bring something back into a pilot's change plan."""

    def act(item: PlanItem, version: int) -> str:
        actions.restore_item(item=item, version=version, by=request.member)
        return _("It is back.")

    return _press(request, code, key, act)


def _press(
    request: Request, code: str, key: UUID, act: Callable[[PlanItem, int], str]
) -> HttpResponse:
    """Do with an item what a button asks for, to the version beside which the button stood."""
    pilot = _own(request, code)
    item = plan.get_item(pilot, key)
    home = reverse("plan_list", args=[request.tenant.slug, code])
    return press(request, lambda version: act(item, version), home=home)


def _own(request: Request, code: str) -> Pilot:
    """Return the pilot when this member may edit it, with the part they have in it; else 403."""
    pilot = queries.get_pilot(code)
    parts = queries.parts_of(request.member.person_id, pilot)
    require(request, Permission.EDIT_PILOT, parts)
    return pilot


def _around(request: Request, pilot: Pilot) -> dict[str, Any]:
    """Return what the frame of these pages prints."""
    slug = request.tenant.slug
    crumbs = [
        {"url": reverse("board", args=[slug]), "label": "Portfolio"},
        {"url": reverse("pilot", args=[slug, pilot.code]), "label": pilot.name},
        {"url": reverse("plan_list", args=[slug, pilot.code]), "label": "Change plan"},
    ]
    return {
        "nav_current": "portfolio",
        "pilot": pilot,
        "crumbs": crumbs,
        "list_crumbs": crumbs[:2],
    }
