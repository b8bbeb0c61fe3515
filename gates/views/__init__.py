"""The pages of a pilot's gates: all six, one with its evidence, and each step."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.core.files.uploadedfile import UploadedFile
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_POST, require_safe

from common.forms import EditForm
from common.web import Request
from portfolio import queries as portfolio
from portfolio.models import Pilot
from portfolio.views import archived
from tenants import queries as tenants
from tenants.access import needs
from tenants.models import Membership
from tenants.rules import Parts, Permission, Role, can
from tenants.views.saving import Done, attempt, save

from .. import actions, forms, queries
from ..queries import Seen
from ..queries.advice import Heard, map_heard
from ..queries.files import find_content, find_lost
from ..rules.criteria import Check
from ..rules.states import Code, Verb
from . import advice, words
from .frame import address, around, edits, own_pilot


@dataclass(frozen=True, slots=True)
class Step:
    """A page on which somebody takes a step: what may, how it reads, and what it does."""

    verb: Verb
    permission: Permission
    form: type[EditForm]
    act: Callable[..., Any]
    title: str
    submit: str
    note: str
    done: str


STEPS = {
    step.verb: step
    for step in (
        Step(
            Verb.SUBMIT,
            Permission.SUBMIT_EVIDENCE,
            forms.StepForm,
            actions.submit_gate,
            "Ask for a decision",
            "Submit",
            "The decider and the advisers find it in the inbox.",
            "Submitted. The decider finds it in the inbox.",
        ),
        Step(
            Verb.PASS,
            Permission.PASS_GATE,
            forms.SignForm,
            actions.pass_gate,
            "Pass the gate",
            "Pass",
            "Your name and how each criterion stands now are kept for good.",
            "The gate is passed.",
        ),
        Step(
            Verb.SEND_BACK,
            Permission.PASS_GATE,
            forms.SendBackForm,
            actions.send_back,
            "Send it back",
            "Send back",
            "Your name and your reason are kept for good.",
            "The gate is sent back.",
        ),
        Step(
            Verb.WAIVE,
            Permission.WAIVE_GATE,
            forms.WaiveForm,
            actions.waive_gate,
            "Waive the gate",
            "Waive",
            "A waiver is kept for good; it ends by itself.",
            "The gate is waived.",
        ),
    )
}


@require_safe
@needs(Permission.BROWSE)
def gate_list(request: Request, slug: str, code: str) -> HttpResponse:
    """Show the six gates of a pilot on one page that prints, and whether it may go into production."""
    pilot = portfolio.get_pilot(code)
    seen = queries.list_seen(pilot, now=request.now)
    parts = portfolio.parts_of(request.member.person_id, pilot)
    entered = queries.find_production(pilot)
    closed = [one for one in seen if not one.lets_through]
    may_enter = bool(can(request.member.actor, Permission.ENTER_PRODUCTION, parts))
    context = {
        **around(request, pilot),
        "gates": [
            words.shown(one, address(slug, code, one.code), lost=find_lost(one)) for one in seen
        ],
        "finding": words.finding(pilot, seen, entered),
        "entered": entered,
        "closed": [one.kind.name for one in closed],
        "may_enter": may_enter and entered is None and pilot.archived_at is None,
    }
    return render(request, "gates/list.html", context)


@require_safe
@needs(Permission.BROWSE)
def gate(request: Request, slug: str, code: str, gate: Code) -> HttpResponse:
    """Show one gate: what blocks it, where the evidence is, who decides and what was decided."""
    pilot = portfolio.get_pilot(code)
    every = queries.list_seen(pilot, now=request.now)
    seen = _one(every, gate)
    parts = portfolio.parts_of(request.member.person_id, pilot)
    heard = map_heard([seen]).get(gate, Heard())
    may = advice.may(request, pilot, seen, heard, parts)
    off = advice.takes_off(request, seen, heard, names=may["may_name_advisers"])
    lost = find_lost(seen)
    lines = words.criteria(seen, slug, code, lost)
    context = {
        **around(request, pilot),
        "gates": [words.shown(one, address(slug, code, one.code)) for one in every],
        "seen": seen,
        "shown": words.shown(seen, address(slug, code, seen.code)),
        "lapsed": words.lapsed(seen),
        "blocked": words.blocked(seen, lost),
        "criteria": lines,
        "met": words.met(lines),
        "advisers": advice.lines(heard, portfolio.who_led(pilot) if heard.voices else (), off=off),
        "history": words.history(seen, advice.history(heard)),
        **may,
        **_may(request, pilot, seen, parts, lost),
    }
    return render(request, "gates/gate.html", context)


def _may(
    request: Request, pilot: Pilot, seen: Seen, parts: Parts, lost: words.Lost
) -> dict[str, Any]:
    """Return what the person asking may do with a gate, and why not."""
    actor, member = request.member.actor, request.member
    live = pilot.archived_at is None
    decider = seen.gate.decider if seen.gate else None
    decides = decider is not None and decider.pk == member.id
    may_pass = live and decides and bool(can(actor, Permission.PASS_GATE, parts))
    may_bring = live and bool(can(actor, Permission.SUBMIT_EVIDENCE, parts))
    return {
        "decider": decider,
        "decides": decides,
        "may_name": live and bool(can(actor, Permission.EDIT_PILOT, parts)),
        "may_bring": may_bring,
        "may_submit": may_bring and Verb.SUBMIT in seen.verbs,
        "ready": decider is not None
        and decider.removed_at is None
        and not seen.missing
        and lost == [],
        "may_decide": may_pass and Verb.PASS in seen.verbs,
        "may_waive": live
        and bool(can(actor, Permission.WAIVE_GATE, parts))
        and Verb.WAIVE in seen.verbs,
        "why": words.why_not(seen, decides=decides, brings=may_bring, lost=lost),
    }


@edits
@needs(Permission.EDIT_PILOT)
def gate_decider(request: Request, slug: str, code: str, gate: Code) -> HttpResponse:
    """Name the one person who decides a gate."""
    pilot = own_pilot(request, code, Permission.EDIT_PILOT)
    if closed := archived.instead_of_form(request, pilot):
        return closed

    def act(decider: Membership, **values: Any) -> Done:
        actions.name_decider(
            pilot=pilot,
            code=gate,
            decider=decider,
            by=request.member,
            now=request.now,
            **values,
        )
        return Done(f"{decider.person.name} decides this gate.", address(slug, code, gate))

    own = portfolio.who_led(pilot)
    members = [
        one
        for one in tenants.list_members()
        if Role.REVIEWER in one.actor.roles and one.person_id not in own
    ]
    form = forms.DeciderForm(
        request.POST or None, members=members, initial=_decider_values(pilot, gate, request)
    )
    context = {
        **around(request, pilot, gate),
        "title": "Who decides this gate",
        "submit": "Save",
        "note": "Others advise: one gate, one name.",
        "members": members,
        "cancel_url": address(slug, code, gate),
    }
    return save(
        request,
        form,
        act,
        template="gates/edit.html",
        context=context,
        now=lambda: _decider_values(pilot, gate, request),
    )


def _decider_values(pilot: Pilot, gate: Code, request: Request) -> dict[str, Any]:
    found = queries.get_seen(pilot, gate, now=request.now).gate
    return {
        "version": found.version if found else 1,
        "decider": str(found.decider_id) if found and found.decider_id else "",
        "due_date": found.due_date if found else None,
    }


@edits
@needs(Permission.SUBMIT_EVIDENCE)
def evidence_new(
    request: Request, slug: str, code: str, gate: Code, criterion: str
) -> HttpResponse:
    """Bring evidence for one criterion of a gate."""
    pilot = own_pilot(request, code, Permission.SUBMIT_EVIDENCE)
    if closed := archived.instead_of_form(request, pilot):
        return closed
    seen = queries.get_seen(pilot, gate, now=request.now)
    asked = next((one for one in seen.asked.values() if one.code == criterion), None)
    if asked is None or asked.check is Check.FACT:
        raise Http404("no such criterion")

    def act(file: UploadedFile[bytes] | None = None, **values: Any) -> Done:
        made = actions.add_evidence(
            file=actions.Sent(file.name or "", file.read()) if file else None,
            pilot=pilot,
            code=gate,
            criterion=criterion,
            by=request.member,
            now=request.now,
            **values,
        )
        return Done(f"{made.title} is added.", address(slug, code, gate))

    form = forms.EvidenceForm(
        request.POST or None,
        request.FILES or None,
        asked=asked,
        initial={"captured_on": seen.day},
    )
    context = {
        **around(request, pilot, gate),
        "title": asked.text,
        "lead": asked.why,
        "submit": "Add it",
        "note": "Evidence is never changed: it is taken back, and stays to be seen.",
        "cancel_url": address(slug, code, gate),
    }
    return save(request, form, act, template="gates/edit.html", context=context)


@require_safe
@needs(Permission.BROWSE)
def evidence_file(request: Request, slug: str, code: str, gate: Code, key: UUID) -> HttpResponse:
    """Hand out the file of a piece of evidence, to be saved and never shown by the browser."""
    pilot = portfolio.get_pilot(code)
    found = queries.find_evidence(pilot, gate, key)
    if found is None or not found.file_key:
        raise Http404("no such file")
    content = find_content(found)
    if content is None:
        context = {**around(request, pilot, gate), "found": found, "gate_code": gate.value}
        return render(request, "gates/gone.html", context, status=410)
    response = HttpResponse(content, content_type=found.file_type)
    response["Content-Disposition"] = content_disposition_header(True, found.file_name)
    return response


@edits
@needs(Permission.SUBMIT_EVIDENCE)
def evidence_withdraw(
    request: Request, slug: str, code: str, gate: Code, key: UUID
) -> HttpResponse:
    """Take a piece of evidence back, with a reason."""
    found = queries.find_evidence(portfolio.get_pilot(code), gate, key)
    if found is None:
        raise Http404("no such evidence")
    pilot = own_pilot(request, code, Permission.SUBMIT_EVIDENCE)
    if closed := archived.instead_of_form(request, pilot):
        return closed

    def act(**values: Any) -> Done:
        actions.withdraw_evidence(
            pilot=pilot, code=gate, key=key, by=request.member, now=request.now, **values
        )
        return Done(f"{found.title} counts no more.", address(slug, code, gate))

    form = forms.WithdrawForm(request.POST or None)
    context = {
        **around(request, pilot, gate),
        "title": f"Take back: {found.title}",
        "submit": "Take it back",
        "note": "A gate that was passed on it alone opens again.",
        "cancel_url": address(slug, code, gate),
    }
    return save(request, form, act, template="gates/edit.html", context=context)


@edits
@needs(Permission.SUBMIT_EVIDENCE)
def gate_submit(request: Request, slug: str, code: str, gate: Code) -> HttpResponse:
    """Ask the decider to decide."""
    return _step(request, slug, code, gate, STEPS[Verb.SUBMIT])


@edits
@needs(Permission.PASS_GATE)
def gate_pass(request: Request, slug: str, code: str, gate: Code) -> HttpResponse:
    """Pass a gate, as its decider."""
    return _step(request, slug, code, gate, STEPS[Verb.PASS])


@edits
@needs(Permission.PASS_GATE)
def gate_send_back(request: Request, slug: str, code: str, gate: Code) -> HttpResponse:
    """Send a gate back with a reason, as its decider."""
    return _step(request, slug, code, gate, STEPS[Verb.SEND_BACK])


@edits
@needs(Permission.WAIVE_GATE)
def gate_waive(request: Request, slug: str, code: str, gate: Code) -> HttpResponse:
    """Waive a gate with a reason until a day."""
    return _step(request, slug, code, gate, STEPS[Verb.WAIVE])


def _step(request: Request, slug: str, code: str, gate: Code, step: Step) -> HttpResponse:
    pilot = own_pilot(request, code, step.permission)
    if closed := archived.instead_of_form(request, pilot):
        return closed

    def act(version: int, **values: Any) -> Done:
        step.act(pilot=pilot, code=gate, step=version, by=request.member, now=request.now, **values)
        return Done(step.done, address(slug, code, gate))

    context = {
        **around(request, pilot, gate),
        "title": step.title,
        "submit": step.submit,
        "note": step.note,
        "cancel_url": address(slug, code, gate),
    }

    def look() -> dict[str, Any]:
        """Put the gate as it stands on the page; return what the form says was seen there."""
        seen = queries.get_seen(pilot, gate, now=request.now)
        criteria = words.criteria(seen, slug, code)
        context.update(seen=seen, criteria=criteria, blocked=words.blocked(seen))
        return {"version": seen.step, "seen": seen.digest}

    form = step.form(request.POST or None, initial=look())
    return save(
        request,
        form,
        act,
        template="gates/step.html",
        context=context,
        now=look,
    )


@require_POST
@needs(Permission.ENTER_PRODUCTION)
def production(request: Request, slug: str, code: str) -> HttpResponse:
    """Put a pilot into production."""
    pilot = own_pilot(request, code, Permission.ENTER_PRODUCTION)
    back = reverse("gate_list", args=[slug, code])

    def act() -> Done:
        actions.enter_production(pilot=pilot, by=request.member, now=request.now)
        return Done(f"{pilot.name} is in production.", back)

    return attempt(request, act, back=back)


def _one(every: list[Seen], gate: Code) -> Seen:
    return next(one for one in every if one.code is gate)
