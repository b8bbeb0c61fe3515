"""Every state of a gate, everything that is done with it, and everybody who might: written by hand.

In each state stands one pilot with all six of its gates, of which every criterion is met but where
nothing was done with it yet. Each cell is one request of one person, and what came of it is undone
before the next. The gate of ownership is asked every cell, and each of the others all that moves a
gate on: there, whom a row refuses in every state is asked in one of them, another one at each gate.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import connection
from django.test import Client, TestCase

from common.tenancy.context import tenant
from gates import actions, queries
from gates.actions.templates import add_criterion
from gates.models import Advice, Adviser, Evidence, Gate, GateDecision, Production
from gates.rules.criteria import Asked
from gates.rules.states import Code, State
from portfolio.models import Part, Pilot, PilotParty
from tenants.models import Membership
from tenants.rules import Role
from tests.conftest import Cast, _member, signed_in
from tests.gates.plant import bring, name, whole_pilot
from tests.gates.walker import begun
from tests.plant import Plant

GATE = Code.OWNERSHIP
# What every gate asks here besides what it asks anyway: two of the six ask for no evidence.
OURS = Asked("own_1", "The works council has agreed", "Minutes of its meeting.", valid_days=365)
WORDS = {
    State.NOT_STARTED: "new",
    State.IN_PROGRESS: "begun",
    State.SUBMITTED: "asked",
    State.CHANGES: "back",
    State.PASSED: "passed",
    State.WAIVED: "waived",
    State.REOPENED: "reopened",
}

# A state's word: it was done, and the gate stands so. in: the pilot is in production. 200: read.
# 403: not this person's. 404: not there for this person. 422: refused in words. refused: in words,
# on the page it came from. sign-in: sent to the page for that. All but the first two change nothing.
TABLE = {
    "read the gate": """
                            new      begun    asked    back     passed   waived   reopened
        executive           200      200      200      200      200      200      200
        its sponsor         200      200      200      200      200      200      200
        another sponsor     200      200      200      200      200      200      200
        its lead            200      200      200      200      200      200      200
        its lead, all roles 200      200      200      200      200      200      200
        led it before       200      200      200      200      200      200      200
        another lead        200      200      200      200      200      200      200
        its decider         200      200      200      200      200      200      200
        another reviewer    200      200      200      200      200      200      200
        its operator        200      200      200      200      200      200      200
        its deputy          200      200      200      200      200      200      200
        a decision owner    200      200      200      200      200      200      200
        an operator         200      200      200      200      200      200      200
        a reader            200      200      200      200      200      200      200
        its adviser         200      200      200      200      200      200      200
        an admin            200      200      200      200      200      200      200
        removed             404      404      404      404      404      404      404
        other tenant        404      404      404      404      404      404      404
        nobody              sign-in  sign-in  sign-in  sign-in  sign-in  sign-in  sign-in
    """,
    "name who decides": """
                            new      begun    asked    back     passed   waived   reopened
        executive           403      403      403      403      403      403      403
        its sponsor         403      403      403      403      403      403      403
        another sponsor     403      403      403      403      403      403      403
        its lead            begun    begun    asked    back     passed   waived   reopened
        its lead, all roles begun    begun    asked    back     passed   waived   reopened
        led it before       403      403      403      403      403      403      403
        another lead        403      403      403      403      403      403      403
        its decider         403      403      403      403      403      403      403
        another reviewer    403      403      403      403      403      403      403
        its operator        403      403      403      403      403      403      403
        its deputy          403      403      403      403      403      403      403
        a decision owner    403      403      403      403      403      403      403
        an operator         403      403      403      403      403      403      403
        a reader            403      403      403      403      403      403      403
        its adviser         403      403      403      403      403      403      403
        an admin            begun    begun    asked    back     passed   waived   reopened
        removed             404      404      404      404      404      404      404
        other tenant        404      404      404      404      404      404      404
        nobody              sign-in  sign-in  sign-in  sign-in  sign-in  sign-in  sign-in
    """,
    "bring evidence": """
                            new      begun    asked    back     passed   waived   reopened
        executive           403      403      403      403      403      403      403
        its sponsor         403      403      403      403      403      403      403
        another sponsor     403      403      403      403      403      403      403
        its lead            begun    begun    asked    back     passed   waived   reopened
        its lead, all roles begun    begun    asked    back     passed   waived   reopened
        led it before       403      403      403      403      403      403      403
        another lead        403      403      403      403      403      403      403
        its decider         403      403      403      403      403      403      403
        another reviewer    403      403      403      403      403      403      403
        its operator        403      403      403      403      403      403      403
        its deputy          403      403      403      403      403      403      403
        a decision owner    403      403      403      403      403      403      403
        an operator         403      403      403      403      403      403      403
        a reader            403      403      403      403      403      403      403
        its adviser         403      403      403      403      403      403      403
        an admin            403      403      403      403      403      403      403
        removed             404      404      404      404      404      404      404
        other tenant        404      404      404      404      404      404      404
        nobody              sign-in  sign-in  sign-in  sign-in  sign-in  sign-in  sign-in
    """,
    "take evidence back": """
                            new      begun    asked    back     passed   waived   reopened
        executive           403      403      403      403      403      403      403
        its sponsor         403      403      403      403      403      403      403
        another sponsor     403      403      403      403      403      403      403
        its lead            404      begun    asked    back     reopened waived   reopened
        its lead, all roles 404      begun    asked    back     reopened waived   reopened
        led it before       404      403      403      403      403      403      403
        another lead        404      403      403      403      403      403      403
        its decider         403      403      403      403      403      403      403
        another reviewer    403      403      403      403      403      403      403
        its operator        403      403      403      403      403      403      403
        its deputy          403      403      403      403      403      403      403
        a decision owner    403      403      403      403      403      403      403
        an operator         403      403      403      403      403      403      403
        a reader            403      403      403      403      403      403      403
        its adviser         403      403      403      403      403      403      403
        an admin            403      403      403      403      403      403      403
        removed             404      404      404      404      404      404      404
        other tenant        404      404      404      404      404      404      404
        nobody              sign-in  sign-in  sign-in  sign-in  sign-in  sign-in  sign-in
    """,
    "submit": """
                            new      begun    asked    back     passed   waived   reopened
        executive           403      403      403      403      403      403      403
        its sponsor         403      403      403      403      403      403      403
        another sponsor     403      403      403      403      403      403      403
        its lead            422      asked    422      asked    422      422      asked
        its lead, all roles 422      asked    422      asked    422      422      asked
        led it before       403      403      403      403      403      403      403
        another lead        403      403      403      403      403      403      403
        its decider         403      403      403      403      403      403      403
        another reviewer    403      403      403      403      403      403      403
        its operator        403      403      403      403      403      403      403
        its deputy          403      403      403      403      403      403      403
        a decision owner    403      403      403      403      403      403      403
        an operator         403      403      403      403      403      403      403
        a reader            403      403      403      403      403      403      403
        its adviser         403      403      403      403      403      403      403
        an admin            403      403      403      403      403      403      403
        removed             404      404      404      404      404      404      404
        other tenant        404      404      404      404      404      404      404
        nobody              sign-in  sign-in  sign-in  sign-in  sign-in  sign-in  sign-in
    """,
    "pass": """
                            new      begun    asked    back     passed   waived   reopened
        executive           403      403      403      403      403      403      403
        its sponsor         403      403      403      403      403      403      403
        another sponsor     403      403      403      403      403      403      403
        its lead            403      403      403      403      403      403      403
        its lead, all roles 403      403      403      403      403      403      403
        led it before       403      403      403      403      403      403      403
        another lead        403      403      403      403      403      403      403
        its decider         422      422      passed   422      422      422      422
        another reviewer    422      422      422      422      422      422      422
        its operator        403      403      403      403      403      403      403
        its deputy          403      403      403      403      403      403      403
        a decision owner    403      403      403      403      403      403      403
        an operator         403      403      403      403      403      403      403
        a reader            403      403      403      403      403      403      403
        its adviser         403      403      403      403      403      403      403
        an admin            403      403      403      403      403      403      403
        removed             404      404      404      404      404      404      404
        other tenant        404      404      404      404      404      404      404
        nobody              sign-in  sign-in  sign-in  sign-in  sign-in  sign-in  sign-in
    """,
    "send back": """
                            new      begun    asked    back     passed   waived   reopened
        executive           403      403      403      403      403      403      403
        its sponsor         403      403      403      403      403      403      403
        another sponsor     403      403      403      403      403      403      403
        its lead            403      403      403      403      403      403      403
        its lead, all roles 403      403      403      403      403      403      403
        led it before       403      403      403      403      403      403      403
        another lead        403      403      403      403      403      403      403
        its decider         422      422      back     422      422      422      422
        another reviewer    422      422      422      422      422      422      422
        its operator        403      403      403      403      403      403      403
        its deputy          403      403      403      403      403      403      403
        a decision owner    403      403      403      403      403      403      403
        an operator         403      403      403      403      403      403      403
        a reader            403      403      403      403      403      403      403
        its adviser         403      403      403      403      403      403      403
        an admin            403      403      403      403      403      403      403
        removed             404      404      404      404      404      404      404
        other tenant        404      404      404      404      404      404      404
        nobody              sign-in  sign-in  sign-in  sign-in  sign-in  sign-in  sign-in
    """,
    "waive": """
                            new      begun    asked    back     passed   waived   reopened
        executive           waived   waived   waived   waived   422      422      waived
        its sponsor         403      403      403      403      403      403      403
        another sponsor     403      403      403      403      403      403      403
        its lead            403      403      403      403      403      403      403
        its lead, all roles 403      403      403      403      403      403      403
        led it before       403      403      403      403      403      403      403
        another lead        403      403      403      403      403      403      403
        its decider         403      403      403      403      403      403      403
        another reviewer    403      403      403      403      403      403      403
        its operator        403      403      403      403      403      403      403
        its deputy          403      403      403      403      403      403      403
        a decision owner    403      403      403      403      403      403      403
        an operator         403      403      403      403      403      403      403
        a reader            403      403      403      403      403      403      403
        its adviser         403      403      403      403      403      403      403
        an admin            403      403      403      403      403      403      403
        removed             404      404      404      404      404      404      404
        other tenant        404      404      404      404      404      404      404
        nobody              sign-in  sign-in  sign-in  sign-in  sign-in  sign-in  sign-in
    """,
    "name an adviser": """
                            new      begun    asked    back     passed   waived   reopened
        executive           403      403      403      403      403      403      403
        its sponsor         403      403      403      403      403      403      403
        another sponsor     403      403      403      403      403      403      403
        its lead            new      begun    asked    back     passed   waived   reopened
        its lead, all roles new      begun    asked    back     passed   waived   reopened
        led it before       422      422      422      422      422      422      422
        another lead        403      403      403      403      403      403      403
        its decider         422      begun    asked    back     passed   waived   reopened
        another reviewer    422      422      422      422      422      422      422
        its operator        403      403      403      403      403      403      403
        its deputy          403      403      403      403      403      403      403
        a decision owner    403      403      403      403      403      403      403
        an operator         403      403      403      403      403      403      403
        a reader            403      403      403      403      403      403      403
        its adviser         403      403      403      403      403      403      403
        an admin            new      begun    asked    back     passed   waived   reopened
        removed             404      404      404      404      404      404      404
        other tenant        404      404      404      404      404      404      404
        nobody              sign-in  sign-in  sign-in  sign-in  sign-in  sign-in  sign-in
    """,
    "take an adviser off": """
                            new      begun    asked    back     passed   waived   reopened
        executive           403      403      403      403      403      403      403
        its sponsor         403      403      403      403      403      403      403
        another sponsor     403      403      403      403      403      403      403
        its lead            new      begun    asked    back     passed   waived   reopened
        its lead, all roles new      begun    asked    back     passed   waived   reopened
        led it before       refused  refused  refused  refused  refused  refused  refused
        another lead        403      403      403      403      403      403      403
        its decider         refused  begun    asked    back     passed   waived   reopened
        another reviewer    refused  refused  refused  refused  refused  refused  refused
        its operator        403      403      403      403      403      403      403
        its deputy          403      403      403      403      403      403      403
        a decision owner    403      403      403      403      403      403      403
        an operator         403      403      403      403      403      403      403
        a reader            403      403      403      403      403      403      403
        its adviser         403      403      403      403      403      403      403
        an admin            new      begun    asked    back     passed   waived   reopened
        removed             404      404      404      404      404      404      404
        other tenant        404      404      404      404      404      404      404
        nobody              sign-in  sign-in  sign-in  sign-in  sign-in  sign-in  sign-in
    """,
    "advise": """
                            new      begun    asked    back     passed   waived   reopened
        executive           422      422      422      422      422      422      422
        its sponsor         422      422      422      422      422      422      422
        another sponsor     422      422      422      422      422      422      422
        its lead            403      403      403      403      403      403      403
        its lead, all roles 403      403      403      403      403      403      403
        led it before       403      403      403      403      403      403      403
        another lead        422      422      422      422      422      422      422
        its decider         422      422      422      422      422      422      422
        another reviewer    422      422      422      422      422      422      422
        its operator        422      422      422      422      422      422      422
        its deputy          422      422      422      422      422      422      422
        a decision owner    422      422      422      422      422      422      422
        an operator         422      422      422      422      422      422      422
        a reader            422      422      422      422      422      422      422
        its adviser         422      422      asked    422      422      422      422
        an admin            422      422      422      422      422      422      422
        removed             404      404      404      404      404      404      404
        other tenant        404      404      404      404      404      404      404
        nobody              sign-in  sign-in  sign-in  sign-in  sign-in  sign-in  sign-in
    """,
    "put into production": """
                            new      begun    asked    back     passed   waived   reopened
        executive           refused  refused  refused  refused  in       in       refused
        its sponsor         refused  refused  refused  refused  in       in       refused
        another sponsor     403      403      403      403      403      403      403
        its lead            refused  refused  refused  refused  in       in       refused
        its lead, all roles refused  refused  refused  refused  in       in       refused
        led it before       refused  refused  refused  refused  in       in       refused
        another lead        403      403      403      403      403      403      403
        its decider         403      403      403      403      403      403      403
        another reviewer    403      403      403      403      403      403      403
        its operator        403      403      403      403      403      403      403
        its deputy          403      403      403      403      403      403      403
        a decision owner    403      403      403      403      403      403      403
        an operator         403      403      403      403      403      403      403
        a reader            403      403      403      403      403      403      403
        its adviser         403      403      403      403      403      403      403
        an admin            403      403      403      403      403      403      403
        removed             404      404      404      404      404      404      404
        other tenant        404      404      404      404      404      404      404
        nobody              sign-in  sign-in  sign-in  sign-in  sign-in  sign-in  sign-in
    """,
}


MOVES = (
    "name who decides",
    "bring evidence",
    "take evidence back",
    "submit",
    "pass",
    "send back",
    "waive",
)
REFUSED = {"403", "404", "sign-in"}
ASKED = [(action, code) for action in TABLE for code in (Code if action in MOVES else [GATE])]


@dataclass(frozen=True)
class Stood:
    """A pilot with its gates in a state. at: each as its page sends it; kept: what a refusal leaves."""

    pilot: Pilot
    at: dict[Code, At]
    adviser: UUID
    kept: list[Any]


@dataclass(frozen=True)
class At:
    """How one gate stands. piece: its evidence that nobody took back."""

    step: int
    version: int
    piece: UUID


@dataclass(frozen=True)
class Stage:
    """A pilot for each state, and everybody who might do something with its gates."""

    plant: Plant
    pilots: dict[str, Stood]
    people: dict[str, Membership | None]
    clients: dict[str, Client]


@pytest.fixture(scope="module")
def stage(shared: Cast, django_db_blocker: Any) -> Stage:
    with django_db_blocker.unblock(), tenant(shared.acme):
        plant = Plant(shared)
        for code in Code:
            given = {"asked": OURS, "reason": "R", "by": shared.admin, "now": plant.now}
            add_criterion(code=code, version=1, **given)
        pilots = {one: whole_pilot(plant, f"Orders {WORDS[one]}") for one in State}
        people = cast_of(plant, list(pilots.values()))
        for one, pilot in pilots.items():
            ask_to_advise(plant, pilot, people["its adviser"])
            for code in Code:
                bring_to(plant, pilot, code, one)
        stood = {WORDS[one]: stand(plant, pilot, one) for one, pilot in pilots.items()}
    with django_db_blocker.unblock():
        return Stage(plant, stood, people, {who: client_of(one) for who, one in people.items()})


def cast_of(plant: Plant, pilots: list[Pilot]) -> dict[str, Membership | None]:
    """Return everybody of the table; members who are in no other test are made."""
    cast = plant.cast
    before = _member("led-before", Role.LEAD)
    before.roles = [Role.LEAD, Role.EXECUTIVE, Role.REVIEWER]
    before.save(update_fields=["roles"])
    gone = _member("gone", Role.EXECUTIVE)
    Membership.objects.filter(pk=gone.pk).update(removed_at=plant.now)
    for pilot in pilots:
        PilotParty.objects.create(
            pilot=pilot, person_id=before.person_id, part=Part.LEAD, ended_at=plant.now
        )
    return {
        "executive": cast.coo,
        "its sponsor": cast.sponsor,
        "another sponsor": _member("other-sponsor", Role.SPONSOR),
        "its lead": cast.lead,
        "its lead, all roles": cast.lead,
        "led it before": before,
        "another lead": _member("other-lead", Role.LEAD),
        "its decider": cast.reviewer,
        "another reviewer": _member("other-reviewer", Role.REVIEWER),
        "its operator": cast.operator,
        "its deputy": cast.owner,
        "a decision owner": _member("other-owner", Role.OWNER),
        "an operator": _member("other-operator", Role.OPERATOR),
        "a reader": cast.reader,
        "its adviser": _member("adviser", Role.READER),
        "an admin": cast.admin,
        "removed": gone,
        "other tenant": cast.stranger,
        "nobody": None,
    }


def ask_to_advise(plant: Plant, pilot: Pilot, adviser: Membership | None) -> None:
    assert adviser is not None
    given = {"adviser": adviser, "by": plant.cast.lead, "now": plant.now}
    actions.name_adviser(pilot=pilot, code=GATE, **given)


def bring_to(plant: Plant, pilot: Pilot, code: Code, state: State) -> None:
    """Bring a gate into a state the way people do."""
    cast, way = plant.cast, WAYS[state]
    steps: dict[str, Callable[..., Any]] = {
        "submit": lambda **at: actions.submit_gate(by=cast.lead, **at),
        "pass": lambda **at: actions.pass_gate(by=cast.reviewer, **at),
        "send back": lambda **at: actions.send_back(by=cast.reviewer, reason="Whose hours?", **at),
        "waive": lambda **at: actions.waive_gate(
            by=cast.coo, reason="R", until=plant.today + timedelta(days=60), **at
        ),
    }
    if state is not State.NOT_STARTED:
        name(plant, pilot, code)
        bring(plant, pilot, code)
        bring_ours(plant, pilot, code)
    for number, verb in enumerate(way, 1):
        steps[verb](pilot=pilot, code=code, step=number, now=plant.now)
    if state is State.REOPENED:
        (piece,) = Evidence.objects.filter(
            gate__pilot=pilot, gate__code=code, criterion__code="own_1"
        )
        given = {"reason": "Of line 2.", "by": cast.lead, "now": plant.now}
        actions.withdraw_evidence(pilot=pilot, code=code, key=piece.pk, **given)
        bring_ours(plant, pilot, code)


# What is done with a gate, one after the other, until it stands so.
WAYS: dict[State, tuple[str, ...]] = {
    State.NOT_STARTED: (),
    State.IN_PROGRESS: (),
    State.SUBMITTED: ("submit",),
    State.CHANGES: ("submit", "send back"),
    State.PASSED: ("submit", "pass"),
    State.WAIVED: ("submit", "waive"),
    State.REOPENED: ("submit", "pass"),
}


def bring_ours(plant: Plant, pilot: Pilot, code: Code) -> None:
    given = {"kind": "note", "title": "Minutes", "text": "Agreed.", "captured_on": plant.today}
    who = {"by": plant.cast.lead, "now": plant.now}
    actions.add_evidence(pilot=pilot, code=code, criterion="own_1", **given, **who)


def stand(plant: Plant, pilot: Pilot, state: State) -> Stood:
    """Return how a pilot's gates stand, as their pages would send it along."""
    six = queries.list_seen(pilot, now=plant.now)
    assert {seen.state for seen in six} == {state}
    adviser = Adviser.objects.get(gate__pilot=pilot).pk
    return Stood(pilot, {seen.code: at(seen) for seen in six}, adviser, everything(pilot))


def at(seen: queries.Seen) -> At:
    pieces = [
        one.pk
        for one in seen.evidence
        if one.withdrawn_at is None and seen.asked[one.criterion_id].code == "own_1"
    ]
    return At(seen.step, seen.gate.version if seen.gate else 1, pieces[0] if pieces else uuid4())


def client_of(member: Membership | None) -> Client:
    return signed_in(member) if member else Client()


def ask(stage: Stage, who: str, action: str, stood: Stood, code: Code) -> Any:
    """Send the request of one action for a gate, from the page as it stands."""
    client, found = stage.clients[who], stood.at[code]
    home = f"/t/acme/pilots/{stood.pilot.code}/"
    gate = f"{home}gates/{code}/"
    if action == "read the gate":
        return client.get(gate)
    if action == "put into production":
        return client.post(f"{home}production/")
    day, step = stage.plant.today, {"version": found.step}
    reviewer, reader = stage.people["another reviewer"], stage.people["a reader"]
    assert reviewer is not None
    assert reader is not None
    path, answers = {
        "name who decides": (
            "decider/",
            {"version": found.version, "decider": str(reviewer.pk), "due_date": ""},
        ),
        "bring evidence": (
            "criteria/own_1/",
            {"kind": "note", "title": "Anew", "text": "It is.", "captured_on": day.isoformat()},
        ),
        "take evidence back": (f"evidence/{found.piece}/withdraw/", {"reason": "Of line 2."}),
        "submit": ("submit/", step),
        "pass": ("pass/", step),
        "send back": ("send-back/", {**step, "reason": "Whose hours?"}),
        "name an adviser": ("advisers/new/", {"adviser": str(reader.pk)}),
        "take an adviser off": (f"advisers/{stood.adviser}/remove/", {}),
        "advise": ("advice/", {**step, "stance": "against", "reason": "Whose hours?"}),
        "waive": (
            "waive/",
            {
                **step,
                "reason": "It stands still.",
                "until": (day + timedelta(days=30)).isoformat(),
            },
        ),
    }[action]
    if action in {"pass", "waive"}:
        answers = begun(client, f"{gate}{path}") | answers
    return client.post(f"{gate}{path}", answers)


def everything(pilot: Pilot) -> list[Any]:
    """Return all that a refusal leaves as it is."""
    gates = Gate.objects.filter(pilot=pilot).order_by("pk")
    return [
        list(gates.values_list("pk", "version", "decider_id")),
        GateDecision.objects.filter(gate__in=gates).count(),
        list(Evidence.objects.filter(gate__in=gates).order_by("pk").values_list("withdrawn_at")),
        Production.objects.filter(pilot=pilot).exists(),
        list(Adviser.objects.filter(gate__in=gates).order_by("pk").values_list("pk", "ended_at")),
        Advice.objects.filter(step__gate__in=gates).count(),
    ]


class Writes:
    """Counts the statements that write to a table of gates; to be given to the connection."""

    WRITE = re.compile(r'\s*(INSERT INTO|UPDATE|DELETE FROM) "?gates_')

    def __init__(self) -> None:
        self.count = 0

    def __call__(self, execute: Callable[..., Any], sql: Any, *rest: Any) -> Any:
        self.count += bool(self.WRITE.match(str(sql)))
        return execute(sql, *rest)


def outcome(stage: Stage, who: str, action: str, stood: Stood, code: Code) -> str:
    """Return in a word of the table what a request came to; a refusal that changed something fails."""
    with connection.execute_wrapper(writes := Writes()):
        answer = ask(stage, who, action, stood, code)
    if writes.count:
        with tenant(stage.plant.cast.acme):
            if everything(stood.pilot) != stood.kept:
                assert answer.status_code == 302
                if action == "put into production":
                    return "in"
                return WORDS[queries.map_states(stood.pilot)[stood.pilot.pk][code].state]
    if answer.status_code == 302:
        return "sign-in" if "/accounts/" in answer["Location"] else "refused"
    return str(answer.status_code)


def cell(stage: Stage, who: str, action: str, stood: Stood, code: Code) -> str:
    """Return what came of one request, and undo it."""
    atomics = TestCase._enter_atomics()
    try:
        if who == "its lead, all roles":
            with tenant(stage.plant.cast.acme):
                lead = Membership.objects.filter(pk=stage.plant.cast.lead.pk)
                lead.update(roles=[role.value for role in Role])
        return outcome(stage, who, action, stood, code)
    finally:
        stage.clients[who].cookies.pop("messages", None)  # of what is undone
        TestCase._rollback_atomics(atomics)


def written(action: str) -> tuple[list[str], dict[str, list[str]]]:
    """Return the states of a table and its rows by who."""
    head, *rows = [line for line in TABLE[action].splitlines() if line.strip()]
    width = len("        its lead, all roles ")
    return head.split(), {row[:width].strip(): row[width:].split() for row in rows}


def cells_of(action: str, code: Code) -> dict[tuple[str, str], str]:
    """Return what is expected of the cells that are asked of a gate, by who and state."""
    states, rows = written(action)
    turn = list(Code).index(code)
    return {
        (who, state): word
        for number, (who, row) in enumerate(rows.items())
        for place, (state, word) in enumerate(zip(states, row, strict=True))
        if code is GATE or not set(row) <= REFUSED or place == (number + turn) % len(states)
    }


@pytest.mark.slow
@pytest.mark.parametrize(("action", "code"), ASKED)
def test_what_somebody_does_with_a_gate_comes_to_what_the_table_says(
    stage: Stage, cast: Cast, settings: Any, action: str, code: Code
) -> None:
    settings.ROOT_URLCONF = "tests.tenants.plain_refusals"
    expected = cells_of(action, code)

    found = {
        (who, state): cell(stage, who, action, stage.pilots[state], code) for who, state in expected
    }

    assert {who for who, _ in expected} == set(stage.people)
    assert found == expected
