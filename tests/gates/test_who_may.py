"""Every state of a gate, everything that is done with it, and everybody who might: written by hand.

One pilot stands in each state at its gate of ownership, of which every criterion is met but where
nothing was done with it yet; its other five gates are waived. Each cell is one request of one
person, and what came of it is undone before the next.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.test import Client, TestCase

from common.tenancy.context import tenant
from gates import actions, queries
from gates.models import Advice, Adviser, Evidence, Gate, GateDecision, Production
from gates.rules.states import Code, State
from portfolio.models import Part, Pilot, PilotParty
from tenants.models import Membership
from tenants.rules import Role
from tests.conftest import Cast, _member, signed_in
from tests.gates.plant import bring, name, passed, submitted, whole_pilot
from tests.plant import Plant

GATE = Code.OWNERSHIP
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


@dataclass(frozen=True)
class Stood:
    """A pilot with its gate in a state. kept: all that a refusal leaves as it is."""

    pilot: Pilot
    step: int
    version: int
    piece: UUID
    adviser: UUID
    kept: list[Any]


@dataclass(frozen=True)
class Stage:
    """A pilot for each state, and everybody who might do something with its gate."""

    plant: Plant
    pilots: dict[str, Stood]
    people: dict[str, Membership | None]


@pytest.fixture(scope="module")
def stage(shared: Cast, django_db_blocker: Any) -> Stage:
    with django_db_blocker.unblock(), tenant(shared.acme):
        plant = Plant(shared)
        pilots = {one: whole_pilot(plant, f"Orders {WORDS[one]}") for one in State}
        people = cast_of(plant, list(pilots.values()))
        for one, pilot in pilots.items():
            waive_others(plant, pilot)
            ask_to_advise(plant, pilot, people["its adviser"])
            bring_to(plant, pilot, one)
        stood = {WORDS[one]: stand(plant, pilot, one) for one, pilot in pilots.items()}
        return Stage(plant, stood, people)


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


def waive_others(plant: Plant, pilot: Pilot) -> None:
    for code in Code:
        if code is not GATE:
            waive(plant, pilot, code)


def waive(plant: Plant, pilot: Pilot, code: Code) -> None:
    until = plant.today + timedelta(days=60)
    given = {"reason": "Only this gate is tried.", "until": until, "by": plant.cast.coo}
    step = queries.get_seen(pilot, code, now=plant.now).step
    actions.waive_gate(pilot=pilot, code=code, step=step, now=plant.now, **given)


def bring_to(plant: Plant, pilot: Pilot, state: State) -> None:
    """Bring a gate into a state the way people do."""
    if state is State.IN_PROGRESS:
        name(plant, pilot, GATE)
        bring(plant, pilot, GATE)
    if state in {State.SUBMITTED, State.CHANGES, State.WAIVED}:
        submitted(plant, pilot, GATE)
    if state is State.CHANGES:
        given = {"reason": "Whose hours?", "by": plant.cast.reviewer, "now": plant.now}
        actions.send_back(pilot=pilot, code=GATE, step=2, **given)
    if state is State.WAIVED:
        waive(plant, pilot, GATE)
    if state in {State.PASSED, State.REOPENED}:
        passed(plant, pilot, GATE)
    if state is State.REOPENED:
        reader = plant.cast.reader.person_id
        PilotParty.objects.filter(pilot=pilot, part=Part.DEPUTY_OPERATOR).update(person_id=reader)
        actions.reopen_due(pilot=pilot, now=plant.now)


def stand(plant: Plant, pilot: Pilot, state: State) -> Stood:
    """Return how a gate stands, as its page would send it along."""
    seen = queries.get_seen(pilot, GATE, now=plant.now)
    assert seen.state is state
    return Stood(
        pilot=pilot,
        step=seen.step,
        version=seen.gate.version if seen.gate else 1,
        piece=seen.evidence[0].pk if seen.evidence else uuid4(),
        adviser=Adviser.objects.get(gate__pilot=pilot).pk,
        kept=everything(pilot),
    )


def client_of(member: Membership | None) -> Client:
    return signed_in(member) if member else Client()


def ask(stage: Stage, client: Client, action: str, stood: Stood) -> Any:
    """Send the request of one action for a pilot, from the page as it stands."""
    home = f"/t/acme/pilots/{stood.pilot.code}/"
    gate = f"{home}gates/{GATE}/"
    if action == "read the gate":
        return client.get(gate)
    if action == "put into production":
        return client.post(f"{home}production/")
    day, step = stage.plant.today, {"version": stood.step}
    reviewer, reader = stage.people["another reviewer"], stage.people["a reader"]
    assert reviewer is not None
    assert reader is not None
    path, answers = {
        "name who decides": (
            "decider/",
            {"version": stood.version, "decider": str(reviewer.pk), "due_date": ""},
        ),
        "bring evidence": (
            "criteria/retraining/",
            {"kind": "note", "title": "Anew", "text": "It is.", "captured_on": day.isoformat()},
        ),
        "take evidence back": (f"evidence/{stood.piece}/withdraw/", {"reason": "Of line 2."}),
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


def outcome(stage: Stage, client: Client, action: str, stood: Stood) -> str:
    """Return in a word of the table what a request came to; a refusal that changed something fails."""
    answer = ask(stage, client, action, stood)
    with tenant(stage.plant.cast.acme):
        if everything(stood.pilot) != stood.kept:
            assert answer.status_code == 302
            seen = queries.get_seen(stood.pilot, GATE, now=stage.plant.now)
            return "in" if action == "put into production" else WORDS[seen.state]
    if answer.status_code == 302:
        return "sign-in" if "/accounts/" in answer["Location"] else "refused"
    return str(answer.status_code)


def cell(stage: Stage, client: Client, who: str, action: str, stood: Stood) -> str:
    """Return what came of one request, and undo it."""
    atomics = TestCase._enter_atomics()
    try:
        if who == "its lead, all roles":
            with tenant(stage.plant.cast.acme):
                lead = Membership.objects.filter(pk=stage.plant.cast.lead.pk)
                lead.update(roles=[role.value for role in Role])
        return outcome(stage, client, action, stood)
    finally:
        TestCase._rollback_atomics(atomics)


def written(action: str) -> tuple[list[str], dict[str, list[str]]]:
    """Return the states of a table and its rows by who."""
    head, *rows = [line for line in TABLE[action].splitlines() if line.strip()]
    width = len("        its lead, all roles ")
    return head.split(), {row[:width].strip(): row[width:].split() for row in rows}


@pytest.mark.slow
@pytest.mark.parametrize("action", TABLE)
def test_what_somebody_does_with_a_gate_comes_to_what_the_table_says(
    stage: Stage, cast: Cast, action: str
) -> None:
    states, table = written(action)
    clients = {who: client_of(member) for who, member in stage.people.items()}

    found = {
        who: [cell(stage, clients[who], who, action, stage.pilots[state]) for state in states]
        for who in clients
    }

    assert found == table
