"""A company adds to what its gates ask; what the product asks stays, and begun gates keep theirs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from audit.models import AuditEvent
from common.errors import Changed, Refused
from common.writing import constraint_of
from gates import actions, queries
from gates.actions import templates
from gates.actions.gates import newest_template, write_criteria
from gates.models import Gate, Template
from gates.queries.templates import get_asks
from gates.rules.criteria import Asked, Check, Side
from gates.rules.first import FIRST
from gates.rules.states import Code, State
from portfolio.models import Pilot
from tests.gates.plant import bring, made, name, pilot, plant
from tests.plant import Plant

__all__ = ["made", "pilot", "plant"]  # fixtures

pytestmark = pytest.mark.usefixtures("acme")

OURS = Asked(
    code="", text="The works council has agreed", why="Minutes of its meeting.", valid_days=365
)
FEWER = Asked("", "Stops a week", "", Check.NUMBER, Side.LE, 2.0, "stops", valid_days=90)


def add(plant: Plant, asked: Asked = OURS, version: int = 1, **values: Any) -> Template:
    given = {"code": Code.DATA, "reason": "Agreed in May.", "by": plant.cast.admin, **values}
    return templates.add_criterion(asked=asked, version=version, now=plant.now, **given)


def change(
    plant: Plant, criterion: str = "own_1", asked: Asked = OURS, version: int = 2
) -> Template:
    given = {"code": Code.DATA, "reason": "Clearer.", "by": plant.cast.admin, "now": plant.now}
    return templates.reword_criterion(criterion=criterion, asked=asked, version=version, **given)


def retire(plant: Plant, criterion: str = "own_1", version: int = 2) -> Template:
    given = {"code": Code.DATA, "reason": "Done.", "by": plant.cast.admin, "now": plant.now}
    return templates.retire_criterion(criterion=criterion, version=version, **given)


def codes() -> list[str]:
    return [one.code for one in get_asks(Code.DATA).asked]


def texts() -> list[str]:
    return [one.text for one in get_asks(Code.DATA).asked]


BUILT_IN = [one.code for one in FIRST[Code.DATA]]


def test_what_a_company_adds_stands_behind_what_the_product_asks(plant: Plant) -> None:
    add(plant)
    add(plant, FEWER, version=2)

    assert codes() == [*BUILT_IN, "own_1", "own_2"]
    assert get_asks(Code.DATA).asked[-1] == replace(FEWER, code="own_2")
    assert get_asks(Code.COST).number == 1


def test_each_change_is_a_version_with_who_and_why_and_a_line_of_the_trail(plant: Plant) -> None:
    add(plant)
    change(plant, asked=replace(OURS, text="The works council agreed in writing"))
    retire(plant, version=3)

    found = get_asks(Code.DATA).versions
    assert [(one.number, one.reason) for one in found] == [
        (4, "Done."),
        (3, "Clearer."),
        (2, "Agreed in May."),
        (1, ""),
    ]
    assert [one.member == plant.cast.admin for one in found] == [True, True, True, False]
    assert AuditEvent.objects.filter(action="GATE_TEMPLATE_WRITTEN").count() == 3


def test_a_code_is_never_used_again(plant: Plant) -> None:
    add(plant)
    retire(plant)
    add(plant, FEWER, version=3)

    assert codes() == [*BUILT_IN, "own_2"]


def test_the_same_words_as_before_write_no_version(plant: Plant) -> None:
    add(plant)

    assert change(plant).number == 2


def test_a_gate_that_began_keeps_what_it_asks_and_the_next_one_asks_the_newest(
    plant: Plant, pilot: Pilot
) -> None:
    name(plant, pilot)
    add(plant)
    other = plant.pilot("Other", lead=plant.cast.lead)
    name(plant, other)

    began = queries.get_seen(pilot, Code.DATA, now=plant.now)
    begins = queries.get_seen(other, Code.DATA, now=plant.now)
    assert "own_1" not in {one.code for one in began.asked.values()}
    assert "own_1" in {one.code for one in begins.asked.values()}


def test_a_gate_does_not_pass_without_what_the_company_added(plant: Plant, pilot: Pilot) -> None:
    add(plant)
    name(plant, pilot)
    bring(plant, pilot)
    step = {"pilot": pilot, "code": Code.DATA, "step": 1, "now": plant.now}

    with pytest.raises(Refused, match="works council has agreed: No evidence yet"):
        actions.submit_gate(by=plant.cast.lead, **step)
    own = {"kind": "note", "title": "Minutes", "text": "Agreed.", "by": plant.cast.lead}
    actions.add_evidence(
        **{"pilot": pilot, "code": Code.DATA, "now": plant.now, **own},
        criterion="own_1",
        captured_on=plant.today,
    )
    actions.submit_gate(by=plant.cast.lead, **step)

    assert queries.get_seen(pilot, Code.DATA, now=plant.now).state is State.SUBMITTED


@pytest.mark.parametrize("criterion", BUILT_IN)
@pytest.mark.parametrize("verb", [change, retire])
def test_what_the_product_asks_is_neither_reworded_nor_retired(
    plant: Plant, verb: Callable[..., Template], criterion: str
) -> None:
    with pytest.raises(Refused, match="What the product asks stays") as refused:
        verb(plant, criterion, version=1)

    assert refused.value.code == "built_in"
    assert get_asks(Code.DATA).number == 1


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        (replace(OURS, text=" "), "Say what is asked"),
        (replace(OURS, text=FIRST[Code.DATA][0].text.upper()), "asks this already"),
        (replace(OURS, check=Check.FACT, fact="operator_named"), "the product knows"),
        (replace(FEWER, side=None), "Give the number's limit"),
        (replace(FEWER, limit=None), "Give the number's limit"),
        (replace(FEWER, limit=float("nan")), "Give the limit as a number"),
        (replace(OURS, valid_days=0), "1 to 3,650 days"),
    ],
)
def test_what_nobody_can_answer_is_not_asked(plant: Plant, asked: Asked, words: str) -> None:
    with pytest.raises(Refused, match=words):
        add(plant, asked)


def test_a_gate_asks_thirty_things_at_most(plant: Plant) -> None:
    for version in range(1, 31 - len(BUILT_IN)):
        add(plant, replace(OURS, text=f"Thing {version}"), version=version)

    with pytest.raises(Refused, match="30 things at most"):
        add(plant, version=get_asks(Code.DATA).number)


def test_who_saw_an_older_version_writes_nothing(plant: Plant) -> None:
    add(plant)

    with pytest.raises(Changed, match=r"By now version 2 is there: “Agreed in May\.”"):
        add(plant, FEWER)
    assert codes() == [*BUILT_IN, "own_1"]


def test_what_is_retired_is_not_reworded(plant: Plant) -> None:
    add(plant)
    retire(plant)

    with pytest.raises(Refused, match="does not ask that any more"):
        change(plant, version=3)


def weaker(plant: Plant, pilot: Pilot, asked: list[Asked], number: int = 2) -> str:
    """Begin a gate on a forged template; return which constraint refuses it."""
    newest_template(Code.COST, plant.now)
    forged = Template.objects.create(
        gate="cost", number=number, reason="R", member_id=plant.cast.admin.pk, at=plant.now
    )
    write_criteria(forged, asked)
    with pytest.raises(IntegrityError) as found, transaction.atomic():
        Gate.objects.create(pilot=pilot, code="cost", template=forged)
    return constraint_of(found.value)


COST = list(FIRST[Code.COST])


@pytest.mark.parametrize(
    "asked",
    [
        [],
        COST[1:],
        [replace(COST[0], mandatory=False), *COST[1:]],
        [replace(COST[0], fact="operator_named"), *COST[1:]],
        [Asked(COST[0].code, COST[0].text, COST[0].why), *COST[1:]],
        [replace(COST[0], text="It is worked out somehow"), *COST[1:]],
    ],
)
def test_the_database_begins_no_gate_that_asks_less_than_the_product(
    plant: Plant, pilot: Pilot, asked: list[Asked]
) -> None:
    assert weaker(plant, pilot, asked) == "gates_gate_template_extends"


def test_the_database_begins_no_gate_before_what_the_product_brings_is_there(
    plant: Plant, pilot: Pilot
) -> None:
    forged = Template.objects.create(
        gate="cost", number=2, reason="R", member_id=plant.cast.admin.pk, at=plant.now
    )
    write_criteria(forged, COST)

    with pytest.raises(IntegrityError) as found, transaction.atomic():
        Gate.objects.create(pilot=pilot, code="cost", template=forged)

    assert constraint_of(found.value) == "gates_gate_template_extends"
