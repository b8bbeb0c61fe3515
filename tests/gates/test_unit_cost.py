"""The formula of the cost at full volume: the worked example of docs/rules/unit-cost.md, and borders."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal as D

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gates.rules import unit_cost as rules
from gates.rules.unit_cost import Basis, Counted, UnitCost

EXAMPLE = UnitCost(
    items_per_day=D(40_000),
    counted=Counted.TOGETHER,
    sites=3,
    days_per_year=250,
    calls_per_item=D("1.5"),
    cost_per_call=D("0.02"),
    overhead=D(180_000),
    labour_minutes=D("0.2"),
    hourly_rate=D(36),
    errors_before=D(10),
    errors_after=D(25),
)


def test_the_example_is_what_was_worked_out_by_hand() -> None:
    one, two, three = rules.cases(EXAMPLE)

    assert (EXAMPLE.volume, EXAMPLE.per_item) == (D(10_000_000), D("0.03"))
    assert (EXAMPLE.labour, EXAMPLE.errors) == (D(1_200_000), D(-150_000))
    assert [case.inference for case in (one, two, three)] == [300_000, 600_000, 900_000]
    assert [case.cost for case in (one, two, three)] == [480_000, 780_000, 1_080_000]
    assert [case.net for case in (one, two, three)] == [570_000, 270_000, -30_000]
    assert [case.net_per_item for case in (one, two, three)] == [
        D("0.057"),
        D("0.027"),
        D("-0.003"),
    ]
    assert [case.margin for case in (one, two, three)] == [D("0.075"), D("0.045"), D("0.015")]
    assert [case.break_even for case in (one, two, three)] == [2_400_000, 4_000_000, 12_000_000]
    assert [case.pays for case in (one, two, three)] == [True, True, False]


def test_the_break_even_of_a_day_is_the_years_over_its_working_days() -> None:
    days = [rules.per_day(case.break_even or D(0), 250) for case in rules.cases(EXAMPLE)]

    assert days == [9_600, 16_000, 48_000]
    assert rules.per_day(D(251), 250) == 2


def test_the_same_number_at_each_of_three_plants_is_three_times_the_volume() -> None:
    each = replace(EXAMPLE, counted=Counted.EACH)

    assert each.volume == 30_000_000
    assert rules.case(each, 3).net == 270_000


@pytest.mark.parametrize(
    ("daily", "net", "pays"),
    [(47_999, D("-3.75"), False), (48_000, D(0), False), (48_001, D("3.75"), True)],
)
def test_at_break_even_nothing_is_left_and_that_does_not_pay(
    daily: int, net: D, pays: bool
) -> None:
    case = rules.case(replace(EXAMPLE, items_per_day=D(daily)), 3)

    assert (case.net, case.pays) == (net, pays)


def test_without_volume_the_overhead_is_lost_and_nothing_is_said_of_an_item() -> None:
    case = rules.case(replace(EXAMPLE, items_per_day=D(0)), 1)

    assert (case.net, case.net_per_item, case.pays) == (D(-180_000), None, False)
    assert case.break_even == 2_400_000


def test_what_saves_nothing_never_breaks_even() -> None:
    nothing = replace(EXAMPLE, labour_minutes=D(0), errors_before=D(0), errors_after=D(0))

    cases = rules.cases(nothing)

    assert [case.break_even for case in cases] == [None, None, None]
    assert cases[0].net == -480_000


@pytest.mark.parametrize(("call", "even"), [("0.07", None), ("0.069999", D(120_000_000_000))])
def test_an_item_that_costs_what_it_saves_never_breaks_even(call: str, even: D | None) -> None:
    # 0.12 of labour, 0.015 of errors: an item may cost up to 0.105, which is 1.5 calls at 0.07.
    assert rules.case(replace(EXAMPLE, cost_per_call=D(call)), 1).break_even == even


def test_a_call_that_costs_nothing_costs_nothing_three_times() -> None:
    free = replace(EXAMPLE, cost_per_call=D(0))

    assert {case.net for case in rules.cases(free)} == {D(870_000)}


def test_without_overhead_the_first_item_pays() -> None:
    case = rules.case(replace(EXAMPLE, overhead=D(0)), 1)

    assert (case.break_even, case.pays) == (D(0), True)


def test_a_third_of_an_hour_leaves_exactly_nothing_where_it_costs_as_much() -> None:
    # An item saves 3.333...; three of them make 10, which the overhead takes.
    given = replace(
        EXAMPLE,
        items_per_day=D(3),
        days_per_year=1,
        labour_minutes=D(20),
        hourly_rate=D(10),
        errors_before=D(0),
        errors_after=D(0),
        cost_per_call=D(0),
        overhead=D(10),
    )

    case = rules.case(given, 1)

    assert (case.net, case.pays, case.break_even) == (D(0), False, D(3))


AMOUNTS = st.decimals(min_value=0, max_value=10**6, places=2)


@given(AMOUNTS, AMOUNTS, AMOUNTS, AMOUNTS, st.integers(1, 9))
def test_from_the_break_even_volume_on_it_loses_nothing_and_below_it_does(
    call: D, overhead: D, minutes: D, rate: D, factor: int
) -> None:
    priced = replace(
        EXAMPLE,
        cost_per_call=call,
        overhead=overhead,
        labour_minutes=minutes,
        hourly_rate=rate,
        days_per_year=1,
    )
    even = rules.case(priced, factor).break_even

    if even is None:
        assert rules.case(replace(priced, items_per_day=D(10**9)), factor).net <= 0
        return
    assert rules.case(replace(priced, items_per_day=even), factor).net >= 0
    if even > 0:
        assert rules.case(replace(priced, items_per_day=even - 1), factor).net < 0


@pytest.mark.parametrize(
    ("bases", "found"),
    [
        ("measured", "measured"),
        ("measured estimated", "estimated"),
        ("assumed measured estimated", "assumed"),
    ],
)
def test_a_result_is_known_no_better_than_the_worst_of_its_figures(bases: str, found: str) -> None:
    assert rules.weakest(Basis(one) for one in bases.split()) == found


@pytest.mark.parametrize(
    ("factor", "reason", "refused"),
    [(2, "", False), (3, "", True), (3, " ", True), (3, "R", False)],
)
def test_what_does_not_pay_is_signed_with_a_reason_only(
    factor: int, reason: str, refused: bool
) -> None:
    assert bool(rules.signature_refusal(rules.case(EXAMPLE, factor), reason=reason)) is refused
