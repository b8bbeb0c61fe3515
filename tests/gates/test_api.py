"""Gates over the API and by command: how they stand, and entering production."""

from __future__ import annotations

import msgspec
import pytest
from django.core.management import CommandError, call_command

from common.tenancy.context import tenant
from gates import queries
from gates.api import GateList
from gates.rules.states import Code
from portfolio.models import Pilot
from tests.api import Api
from tests.gates.plant import all_passed, made, passed, pilot, plant
from tests.plant import Plant

__all__ = ["made", "pilot", "plant"]  # fixtures

PRODUCTION = "pilots/P-01/production/"


def test_a_client_reads_how_the_gates_of_each_pilot_stand(plant: Plant, pilot: Pilot) -> None:
    with tenant(plant.cast.acme):
        made = passed(plant, pilot)

    answer = Api(plant.cast.api_reader).get("gates/")

    found = msgspec.json.decode(answer.content, type=GateList)
    (one,) = found.pilots
    assert (found.tenant, one.pilot, one.in_production_since) == ("acme", "P-01", None)
    assert [(gate.gate, gate.state, gate.until) for gate in one.gates] == [
        ("data", "passed", made.until),
        *((code.value, "not_started", None) for code in list(Code)[1:]),
    ]


def test_a_client_is_refused_production_with_a_line_for_each_gate(
    plant: Plant, pilot: Pilot
) -> None:
    with tenant(plant.cast.acme):
        passed(plant, pilot)

    answer = Api(plant.cast.api).post(PRODUCTION, None)

    body = answer.json()
    assert (answer.status_code, body["code"]) == (409, "gates_open")
    assert [one["detail"] for one in body["errors"]] == [
        "Accuracy, by consequence: Not started",
        "Failure handling: Not started",
        "Integration: Not started",
        "Cost: Not started",
        "Ownership: Not started",
    ]
    with tenant(plant.cast.acme):
        assert queries.find_production(pilot) is None


def test_a_client_puts_a_pilot_with_six_gates_into_production_once(
    plant: Plant, pilot: Pilot
) -> None:
    with tenant(plant.cast.acme):
        all_passed(plant, pilot)

    first, again = (Api(plant.cast.api).post(PRODUCTION, None) for _ in range(2))

    assert (first.status_code, again.status_code) == (200, 200)
    assert first.json() == again.json()
    assert first.json()["pilot"]["in_production_since"] is not None


def test_a_token_that_only_reads_puts_nothing_into_production(plant: Plant, pilot: Pilot) -> None:
    assert Api(plant.cast.api_reader).post(PRODUCTION, None).status_code == 403
    assert Api(plant.cast.api).post("pilots/P-99/production/", None).status_code == 404


@pytest.mark.parametrize(
    ("company", "pilot_code", "words"),
    [("nobody", "P-01", "no company"), ("acme", "P-99", "no pilot")],
)
def test_the_command_says_what_it_does_not_find(
    plant: Plant, company: str, pilot_code: str, words: str
) -> None:
    with pytest.raises(CommandError, match=words):
        call_command("enter_production", company, pilot_code)
