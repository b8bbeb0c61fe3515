"""The pages on which advisers of a gate are named and advise, and what the gate's page says of them."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from common.web import Request
from portfolio import queries as portfolio
from portfolio.models import Pilot
from portfolio.views import archived
from tenants import queries as tenants
from tenants.access import needs
from tenants.models import Membership
from tenants.rules import Parts, Permission, can
from tenants.views.saving import Done, attempt, save

from .. import actions, forms, queries
from ..models import GateDecision
from ..queries import Seen
from ..queries import advice as heard
from ..queries.advice import Heard, Voice
from ..rules.advice import NOT_ASKED, NOTHING_WAITS, Stance, may_take_off
from ..rules.states import Code, State
from . import words
from .frame import address, around, edits, own_pilot
from .words import Happened

TONES = {
    Stance.FOR: ("goodline", "check"),
    Stance.AGAINST: ("bad", "cross"),
    Stance.REMARK: ("muted", "doc"),
}


@dataclass(frozen=True, slots=True)
class Line:
    """An adviser as pages print one. said: what they advise in words; about: what else is to know.

    key: of who can be asked no more by the person who reads, None for others.
    """

    name: str
    said: str
    tone: str
    glyph: str
    about: str
    reason: str
    at: datetime | None
    key: UUID | None


def said(stance: str) -> str:
    """Return a stance in words."""
    return {
        Stance.FOR: _("For passing it"),
        Stance.AGAINST: _("Against passing it"),
        Stance.REMARK: _("A remark"),
    }[Stance(stance)]


def did(stance: str) -> str:
    """Return what an adviser did, to be said behind their name."""
    return {
        Stance.FOR: _("advised to pass it"),
        Stance.AGAINST: _("advised against passing it"),
        Stance.REMARK: _("remarked on it"),
    }[Stance(stance)]


def lines(found: Heard, led: Collection[UUID], *, off: Collection[UUID]) -> list[Line]:
    """Return who advises on a gate, in order. led: the persons who lead or led its pilot.

    off: keys of the advisers whom the person who reads may take off.
    """
    return [_line(one, led, off) for one in found.voices]


def _line(voice: Voice, led: Collection[UUID], off: Collection[UUID]) -> Line:
    given, adviser = voice.given, voice.adviser
    tone, glyph = TONES[Stance(given.stance)] if given else ("muted", "clock")
    return Line(
        name=voice.member.person.name,
        said=said(given.stance) if given else _("No advice yet"),
        tone=tone,
        glyph=glyph,
        about=_about(voice, led),
        reason=given.reason if given else "",
        at=given.at if given else None,
        key=adviser.pk if adviser and adviser.pk in off else None,
    )


def _about(voice: Voice, led: Collection[UUID]) -> str:
    if voice.left:
        return _("no member any more")
    if voice.member.person_id in led:
        return _("leads or led the pilot, and is asked no more")
    return "" if voice.adviser else _("asked no more")


def kept(step: GateDecision) -> list[Line]:
    """Return the advice that a step kept, under the names of then."""
    return [
        Line(
            name=one["by"],
            said=said(one["stance"]),
            tone=TONES[Stance(one["stance"])][0],
            glyph=TONES[Stance(one["stance"])][1],
            about="",
            reason=one["reason"],
            at=datetime.fromisoformat(one["at"]),
            key=None,
        )
        for one in step.advice
    ]


def history(found: Heard) -> list[Happened]:
    """Return what advisers said of a gate, that which was replaced too."""
    return [
        Happened(one.at, one.member.person.name, did(one.stance), one.reason) for one in found.every
    ]


def may(request: Request, pilot: Pilot, seen: Seen, found: Heard, parts: Parts) -> dict[str, bool]:
    """Return what the person asking may do with a gate's advisers."""
    member = request.member
    live = pilot.archived_at is None
    decider_id = seen.gate.decider_id if seen.gate else None
    names = bool(can(member.actor, Permission.EDIT_PILOT, parts)) or decider_id == member.id
    asked = found.of(member.id) is not None and decider_id != member.id
    may_advise = live and asked and bool(can(member.actor, Permission.ADVISE, parts))
    return {
        "may_name_advisers": live and names,
        "may_advise": may_advise and seen.state is State.SUBMITTED,
    }


def takes_off(request: Request, seen: Seen, found: Heard, *, names: bool) -> set[UUID]:
    """Return the keys of the advisers whom the person asking may ask no more.

    names: whether they name advisers of the gate.
    """
    member, decider_id = request.member, seen.gate.decider_id if seen.gate else None
    named = [one.adviser for one in found.voices if names and one.adviser]
    return {
        one.pk
        for one in named
        if may_take_off(member.actor, member.id, decider_id=decider_id, named_by_id=one.named_by_id)
    }


@edits
@needs(Permission.NAME_ADVISERS)
def adviser_new(request: Request, slug: str, code: str, gate: Code) -> HttpResponse:
    """Ask somebody to advise on a gate."""
    pilot = own_pilot(request, code, Permission.NAME_ADVISERS)
    if closed := archived.instead_of_form(request, pilot):
        return closed

    def act(adviser: Membership) -> Done:
        actions.name_adviser(
            pilot=pilot, code=gate, adviser=adviser, by=request.member, now=request.now
        )
        return Done(f"{adviser.person.name} advises on this gate.", address(slug, code, gate))

    form = forms.AdviserForm(request.POST or None, members=_offered(pilot, gate, request))
    context = {
        **around(request, pilot, gate),
        "title": "Who advises on this gate",
        "submit": "Ask for advice",
        "note": "One person decides; advice blocks nothing.",
        "cancel_url": address(slug, code, gate),
    }
    return save(request, form, act, template="gates/edit.html", context=context)


def _why_not(request: Request, seen: Seen, own: Voice | None) -> str:
    """Say why somebody finds no form to advise on a gate; empty for who does.

    What is sent all the same goes to its action, whose refusal keeps what was typed.
    """
    decides = seen.gate is not None and seen.gate.decider_id == request.member.id
    if own is None or decides:
        return NOT_ASKED
    return "" if seen.state is State.SUBMITTED else NOTHING_WAITS


def _offered(pilot: Pilot, gate: Code, request: Request) -> list[Membership]:
    """Return who may be asked to advise on a gate and is not yet."""
    seen = queries.get_seen(pilot, gate, now=request.now)
    found = heard.map_heard([seen]).get(gate, Heard())
    taken = {one.member.pk for one in found.voices if one.adviser}
    if seen.gate is not None and seen.gate.decider_id is not None:
        taken.add(seen.gate.decider_id)
    own = portfolio.who_led(pilot)
    return [
        one for one in tenants.list_members() if one.pk not in taken and one.person_id not in own
    ]


@require_POST
@needs(Permission.NAME_ADVISERS)
def adviser_remove(request: Request, slug: str, code: str, gate: Code, key: UUID) -> HttpResponse:
    """Ask an adviser of a gate no more."""
    pilot = portfolio.get_pilot(code)
    found = heard.find_named(queries.get_seen(pilot, gate, now=request.now).gate, key)
    if found is None:
        raise Http404("no such adviser")
    pilot = own_pilot(request, code, Permission.NAME_ADVISERS)
    back = address(slug, code, gate)

    def act() -> Done:
        actions.remove_adviser(pilot=pilot, code=gate, key=key, by=request.member, now=request.now)
        return Done(f"{found.member.person.name} is asked no more.", back)

    return attempt(request, act, back=back)


@edits
@needs(Permission.ADVISE)
def gate_advise(request: Request, slug: str, code: str, gate: Code) -> HttpResponse:
    """Advise the one who decides a gate."""
    pilot = own_pilot(request, code, Permission.ADVISE)
    if closed := archived.instead_of_form(request, pilot):
        return closed
    seen = queries.get_seen(pilot, gate, now=request.now)
    own = heard.map_heard([seen]).get(gate, Heard()).of(request.member.id)
    if request.method != "POST" and (why := _why_not(request, seen, own)):
        context = {
            **around(request, pilot, gate),
            "why": why,
            "back_url": address(slug, code, gate),
        }
        return render(request, "gates/no_advice.html", context)

    def act(version: int, **values: Any) -> Done:
        actions.advise(
            pilot=pilot, code=gate, step=version, by=request.member, now=request.now, **values
        )
        return Done("The decider finds your advice on this page.", address(slug, code, gate))

    given = own.given if own else None
    context = {
        **around(request, pilot, gate),
        "title": "Advise on the gate",
        "submit": "Advise",
        "note": "Your advice blocks nothing. It is kept for good, and with the decision.",
        "seen": seen,
        "criteria": words.criteria(seen, slug, code),
        "blocked": words.blocked(seen),
        "cancel_url": address(slug, code, gate),
    }
    form = forms.AdviceForm(
        request.POST or None,
        initial={
            "version": seen.step,
            "stance": given.stance if given else None,
            "reason": given.reason if given else "",
        },
    )
    return save(
        request,
        form,
        act,
        template="gates/step.html",
        context=context,
        now=lambda: {"version": queries.get_seen(pilot, gate, now=request.now).step},
    )
