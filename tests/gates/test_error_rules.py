"""What a reading shows of a rate: exact bounds, their borders, and what errors cost."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest
from scipy import stats

from gates.rules import errors as rules
from gates.rules.errors import Count, Word

DAY = date(2026, 11, 20)


def count(errors: int, decisions: int, *, ago: int = 5) -> Count:
    return Count(errors, decisions, DAY - timedelta(days=ago))


def judged(errors: int, decisions: int, tolerated: str, *, ago: int = 5) -> Word:
    return rules.judge(count(errors, decisions, ago=ago), Decimal(tolerated), day=DAY)


SEEN = [
    (0, 1),
    (1, 1),
    (0, 20),
    (1, 20),
    (19, 20),
    (0, 300),
    (3, 1_204),
    (37, 1_204),
    (600, 1_204),
    (1_203, 1_204),
    (2, 1_000_000),
    (50_000, 1_000_000),
]


@pytest.mark.parametrize(("errors", "decisions"), SEEN)
def test_bounds_are_those_that_scipy_computes(errors: int, decisions: int) -> None:
    found = count(errors, decisions)

    exact = stats.binomtest(errors, decisions).proportion_ci(0.90, method="exact")

    assert found.low == pytest.approx(exact.low, rel=1e-6, abs=1e-12)
    assert found.high == pytest.approx(exact.high, rel=1e-6)


@pytest.mark.parametrize("decisions", [100, 300, 3_000, 100_000])
def test_without_an_error_the_bound_is_about_three_in_as_many(decisions: int) -> None:
    assert rules.highest_rate(0, decisions) == pytest.approx(3 / decisions, rel=0.02)


@pytest.mark.parametrize(
    ("errors", "decisions", "tolerated", "word"),
    [
        (0, 20, "0.01", Word.TOO_FEW),
        (0, 298, "0.01", Word.TOO_FEW),
        (0, 299, "0.01", Word.WITHIN),
        (1, 472, "0.01", Word.TOO_FEW),
        (1, 473, "0.01", Word.WITHIN),
        (3, 1_204, "0.005", Word.TOO_FEW),
        (1, 1_204, "0.005", Word.WITHIN),
        # The tolerated rate itself is tolerated, but not shown; one error more is above it.
        (50, 1_000, "0.05", Word.TOO_FEW),
        (51, 1_000, "0.05", Word.ABOVE),
        (1_000, 1_000, "0.99999999", Word.ABOVE),
        (300, 1_000, "0.0001", Word.ABOVE),
    ],
)
def test_a_class_is_within_what_is_tolerated_when_the_bound_is(
    errors: int, decisions: int, tolerated: str, word: Word
) -> None:
    assert judged(errors, decisions, tolerated) is word


def test_the_tolerated_rate_is_compared_without_rounding() -> None:
    # As floats, 0.29 * 100 is below 29.
    assert judged(29, 100, "0.29") is Word.TOO_FEW
    assert judged(30, 100, "0.29") is Word.ABOVE


@pytest.mark.parametrize("tolerated", ["0.5", "0.05", "0.01", "0.005", "0.001", "0.00001"])
def test_as_many_decisions_as_are_asked_are_enough_and_one_less_is_not(tolerated: str) -> None:
    asked = rules.fewest_decisions(Decimal(tolerated))

    assert judged(0, asked, tolerated) is Word.WITHIN
    assert judged(0, asked - 1, tolerated) is Word.TOO_FEW


@pytest.mark.parametrize(("ago", "word"), [(90, Word.WITHIN), (91, Word.TOO_OLD)])
def test_a_live_reading_counts_for_90_days(ago: int, word: Word) -> None:
    assert judged(0, 3_000, "0.01", ago=ago) is word


def test_an_old_reading_above_what_is_tolerated_is_above_it_first() -> None:
    assert judged(90, 1_000, "0.01", ago=400) is Word.ABOVE


def test_a_class_that_nobody_counted_is_not_read() -> None:
    assert rules.judge(None, Decimal("0.5"), day=DAY) is Word.NOT_READ


def test_the_worked_example_of_the_page_of_rules() -> None:
    missed, held = count(3, 1_204), count(37, 1_204)

    costs = [
        rules.cost_per_thousand(missed, Decimal(12_000)),
        rules.cost_per_thousand(held, Decimal(3)),
    ]

    assert [round(one, 2) for one in costs] == [Decimal("29900.33"), Decimal("92.19")]
    assert round(missed.high, 5) == 0.00643
    assert round(rules.accuracy([missed, held]), 5) == 0.96678


def test_accuracy_is_never_below_nothing() -> None:
    assert rules.accuracy([count(9, 10), count(9, 10)]) == 0
