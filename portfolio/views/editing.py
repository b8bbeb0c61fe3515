"""Pages that start, change, archive and bring back pilots, and name their people."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from common.web import Request
from tenants.access import needs, require
from tenants.rules import Permission, Role, can
from tenants.views.saving import Done, attempt, save

from .. import actions, forms, queries, rules
from ..actions import load as loads
from ..models import Part, Pilot
from ..queries.load import list_ahead, seen_of
from ..rules.load import MOST_BESIDE, by_role
from .archived import instead_of_form
from .candidates import instead_of_start, missing_of, of_address
from .load import finding

HERE = {"nav_current": "portfolio"}
edits = require_http_methods(["GET", "HEAD", "POST"])


@edits
@needs(Permission.CREATE_PILOT)
def pilot_new(request: Request, slug: str) -> HttpResponse:
    """Start a pilot with its people, on one page; a lead needs no other.

    `?candidate=` names a candidate that it is started from.
    """
    candidate = of_address(request)
    if back := instead_of_start(request, candidate):
        return back

    def act(**values: Any) -> Done:
        loads.refuse_unseen_load(
            site=values["site"], start_date=values["start_date"], seen=values.pop("seen")
        )
        hours = values.pop("hours_per_week")
        people = {part: values.pop(f"part_{part.value}") for part in Part}
        pilot = actions.add_pilot(
            by=request.member,
            now=request.now,
            parties=[
                actions.PartyDraft(
                    part=part,
                    person=person,
                    hours_per_week=hours if part is Part.OPERATOR else None,
                )
                for part, person in people.items()
                if person is not None
            ],
            candidate=candidate,
            **values,
        )
        words = f"{pilot.code} {pilot.name} is started. Next: add the metric it shall move."
        return Done(words, reverse("pilot", args=[slug, pilot.code]))

    sites = queries.list_sites()
    first = _first_answers(request, sites)
    if candidate is not None:
        first |= {
            "name": candidate.name,
            "use_case": candidate.use_case,
            "site": candidate.site.code,
        }
    form = forms.NewPilotForm(request.POST or None, initial=first)
    if request.htmx and request.method == "GET" and "site" in request.GET:
        asked = forms.NewPilotForm(initial=request.GET.dict())
        around = {"ahead": partial(ahead_of, asked)}
        return render(request, "portfolio/edit_new_pilot.html#ahead", around)
    context = {
        **HERE,
        "ahead": partial(ahead_of, form),
        "candidate": candidate,
        "missing": missing_of(candidate.arc) if candidate else "",
        "no_site": not sites,
        "may_add_site": bool(can(request.member.actor, Permission.MANAGE_SITES)),
        "may_add_people": bool(can(request.member.actor, Permission.MANAGE_PEOPLE)),
    }
    return save(request, form, act, template="portfolio/edit_new_pilot.html", context=context)


def ahead_of(form: forms.NewPilotForm) -> dict[str, Any] | None:
    """Return what the page of a new pilot says of the load where and when it starts.

    None while the form does not say so, or nothing runs there then.
    """
    if (chosen := form.where_and_when()) is None:
        return None
    site, start = chosen
    beside = list_ahead(site, start)
    if not beside:
        return None
    return {
        "title": finding(len(beside), site.name),
        "asks": len(beside) > MOST_BESIDE,
        "seen": seen_of(beside),
        "things": beside,
        "roles": by_role(one.roles for one in beside),
    }


def _first_answers(request: Request, sites: list[Any]) -> dict[str, Any]:
    """Return what a new pilot most likely is: next Monday, the only site, led by who asks."""
    today = request.now.astimezone(ZoneInfo(request.tenant.zone)).date()
    answers: dict[str, Any] = {
        "code": queries.next_pilot_code(),
        "start_date": today + timedelta(days=7 - today.weekday()),
    }
    if len(sites) == 1:
        answers["site"] = sites[0].code
    if Role.LEAD in request.member.actor.roles:
        answers["part_lead"] = str(request.member.person_id)
    elif Role.SPONSOR in request.member.actor.roles:
        answers["part_sponsor"] = str(request.member.person_id)
    return answers


@edits
@needs(Permission.EDIT_PILOT)
def pilot_edit(request: Request, slug: str, code: str) -> HttpResponse:
    """Change a pilot; archive it below."""
    pilot = _own(request, code, Permission.EDIT_PILOT)
    if closed := instead_of_form(request, pilot):
        return closed

    def act(**values: Any) -> Done:
        actions.change_pilot(pilot=pilot, by=request.member, **values)
        return Done("Saved.", reverse("pilot", args=[slug, code]))

    form = forms.PilotForm(request.POST or None, pilot=pilot, initial=forms.pilot_values(pilot))
    parts = queries.parts_of(request.member.person_id, pilot)
    context = {
        **_around(pilot, slug),
        "may_archive": bool(can(request.member.actor, Permission.ARCHIVE_PILOT, parts)),
    }
    return save(
        request,
        form,
        act,
        template="portfolio/edit_pilot.html",
        context=context,
        now=lambda: _current(code),
    )


@require_POST
@needs(Permission.ARCHIVE_PILOT)
def pilot_archive(request: Request, slug: str, code: str) -> HttpResponse:
    """Take a pilot off the board."""
    pilot = _own(request, code, Permission.ARCHIVE_PILOT)

    def act() -> Done:
        actions.archive_pilot(pilot=pilot, by=request.member, now=request.now)
        words = f"{pilot.name} is archived. Everything of it is kept."
        return Done(words, reverse("pilot_archived", args=[slug]))

    return attempt(request, act, back=reverse("pilot", args=[slug, code]))


@require_POST
@needs(Permission.ARCHIVE_PILOT)
def pilot_restore(request: Request, slug: str, code: str) -> HttpResponse:
    """Bring a pilot back onto the board."""
    pilot = _own(request, code, Permission.ARCHIVE_PILOT)

    def act() -> Done:
        actions.restore_pilot(pilot=pilot, by=request.member)
        return Done(f"{pilot.name} is back on the board.", reverse("pilot", args=[slug, code]))

    return attempt(request, act, back=reverse("pilot_archived", args=[slug]))


@require_safe
@needs(Permission.BROWSE)
def pilot_archived(request: Request, slug: str) -> HttpResponse:
    """List the archived pilots."""
    rows = [
        {"pilot": pilot, "may": _may(request, pilot, Permission.ARCHIVE_PILOT)}
        for pilot in queries.list_archived_pilots()
    ]
    return render(request, "portfolio/archived.html", {**HERE, "rows": rows})


@edits
@needs(Permission.EDIT_PILOT)
def party_set(request: Request, slug: str, code: str) -> HttpResponse:
    """Show who takes part and who did; name somebody."""
    pilot = _own(request, code, Permission.EDIT_PILOT)
    if closed := instead_of_form(request, pilot):
        return closed

    def act(**values: Any) -> Done:
        part = Part(values.pop("part"))
        party = actions.set_party(
            pilot=pilot, part=part, by=request.member, now=request.now, **values
        )
        words = f"{party.person.name} is {part.label.lower()} now."
        return Done(words, reverse("party_set", args=[slug, code]))

    wanted = request.GET.get("part", "")
    initial = {"part": wanted if wanted in Part.values else Part.LEAD}
    history = queries.list_history_of_parties(pilot)
    context = {
        **_around(pilot, slug),
        "today": rules.local_day(request.now, pilot.site.zone),
        "active": [party for party in history if party.ended_at is None],
        "ended": [party for party in history if party.ended_at is not None],
    }
    form = forms.PartyForm(request.POST or None, initial=initial)
    return save(request, form, act, template="portfolio/edit_people.html", context=context)


@require_POST
@needs(Permission.EDIT_PILOT)
def party_end(request: Request, slug: str, code: str, key: UUID) -> HttpResponse:
    """End somebody's part."""
    pilot = _own(request, code, Permission.EDIT_PILOT)
    party = queries.get_party(pilot, key)
    back = reverse("party_set", args=[slug, code])

    def act() -> Done:
        actions.end_party(party=party, by=request.member, now=request.now)
        return Done(f"{party.person.name} is no longer {Part(party.part).label.lower()}.", back)

    return attempt(request, act, back=back)


def _own(request: Request, code: str, permission: Permission) -> Pilot:
    """Return the pilot when this member may, with the part they have in it; else 403."""
    pilot = queries.get_pilot(code)
    require(request, permission, queries.parts_of(request.member.person_id, pilot))
    return pilot


def _may(request: Request, pilot: Pilot, permission: Permission) -> bool:
    if can(request.member.actor, permission):
        parts = queries.parts_of(request.member.person_id, pilot)
        return bool(can(request.member.actor, permission, parts))
    return False


def _current(code: str) -> dict[str, Any]:
    return forms.pilot_values(queries.get_pilot(code))


def _around(pilot: Pilot, slug: str) -> dict[str, Any]:
    """Return what the pages of one pilot say around their form."""
    address = reverse("pilot", args=[slug, pilot.code])
    return {
        **HERE,
        "pilot": pilot,
        "crumbs": [
            {"url": reverse("board", args=[slug]), "label": "Portfolio"},
            {"url": address, "label": pilot.name},
        ],
        "cancel_url": address,
    }
