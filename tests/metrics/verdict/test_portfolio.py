"""Many metrics and their money."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import false_discovery_control

from metrics.rules.verdict.money import Price, Worth, count, total, value_effect
from metrics.rules.verdict.portfolio import (
    Counted,
    Headline,
    adjust,
    claims_holding,
    headline,
    holding,
)
from metrics.rules.verdict.words import Direction, Verdict

PS = st.lists(st.floats(0, 1), min_size=1, max_size=30)
PRICE = Price(value=35, low=25, high=50, units=400)


@pytest.mark.slow
@given(ps=PS)
def test_the_correction_is_that_of_scipy(ps):
    assert adjust(ps) == pytest.approx(list(false_discovery_control(ps)), rel=1e-12)


@pytest.mark.slow
@given(ps=PS, data=st.data())
def test_the_order_of_metrics_does_not_matter(ps, data):
    order = data.draw(st.permutations(range(len(ps))))

    shuffled = adjust([ps[place] for place in order])

    assert [shuffled[order.index(place)] for place in range(len(ps))] == list(adjust(ps))


def test_the_example_of_the_page():
    ps = [0.04, 0.001, 0.30, 0.02]

    assert adjust(ps) == pytest.approx((0.16 / 3, 0.004, 0.30, 0.04))
    assert holding(ps) == (False, True, False, True)


def test_nothing_to_correct_is_nothing():
    assert adjust([]) == ()


@pytest.mark.parametrize("p", [-0.1, 1.1, float("nan")])
def test_what_is_no_p_value_is_refused(p):
    with pytest.raises(ValueError, match="between 0 and 1"):
        adjust([p])


def counted(word, p, due=date(2026, 11, 9)):
    return Counted(due, word, p)


def test_the_headline_counts_what_was_read_out_and_what_holds():
    found = headline(
        [
            counted(Verdict.IMPROVED, 0.001),
            counted(Verdict.IMPROVED, 0.04),
            counted(Verdict.WORSE, 0.002),
            counted(Verdict.NO_CHANGE, 0.60),
            counted(Verdict.NOT_ENOUGH, 0.30),
            counted(Verdict.NOT_ENOUGH, None),
        ]
    )

    assert found == Headline(read_out=6, improved=2, holding=1, worse=1, not_enough=2)


def test_a_change_is_corrected_with_those_of_its_quarter_and_with_no_other():
    pair = [counted(Verdict.IMPROVED, 0.04), counted(Verdict.NO_CHANGE, 0.9)]
    autumn, winter = date(2026, 12, 31), date(2027, 1, 1)

    assert claims_holding(pair) == (False, False)
    assert claims_holding([replace(pair[0], due_date=winter), pair[1]]) == (True, False)
    assert claims_holding([replace(one, due_date=autumn) for one in pair]) == (False, False)
    assert claims_holding([replace(pair[0], due_date=date(2025, 11, 9)), pair[1]]) == (True, False)


def test_the_example_of_a_refused_one():
    claims = [counted(Verdict.IMPROVED, p) for p in (0.001, 0.02, 0.04)]
    found = [*claims, counted(Verdict.NO_CHANGE, 0.30)]
    refused = [replace(claims[0], word=Verdict.NOT_ENOUGH), *found[1:]]

    assert claims_holding(found) == (True, True, False, False)
    assert claims_holding(refused) == (False, False, False, False)


def test_a_read_out_that_claims_nothing_is_counted_and_helps_no_other_to_hold():
    change, alone = counted(Verdict.IMPROVED, 0.04), counted(Verdict.NOT_ENOUGH, None)
    refused = counted(Verdict.NOT_ENOUGH, 0.0001)

    assert claims_holding([change]) == (True,)
    assert claims_holding([change, alone]) == (True, False)
    assert claims_holding([change, refused]) == (False, False)


@given(
    ps=st.lists(st.floats(0, 0.05), max_size=9),
    others=st.lists(
        st.builds(
            counted,
            st.sampled_from([Verdict.NO_CHANGE, Verdict.NOT_ENOUGH]),
            st.none() | st.floats(0, 1),
        ),
        max_size=9,
    ),
)
def test_more_read_outs_without_a_claim_never_let_more_changes_hold(ps, others):
    changes = [counted(Verdict.IMPROVED, p) for p in ps]

    assert sum(claims_holding(changes + others)) <= sum(claims_holding(changes))


def worth(effect, lower, upper, direction=Direction.HIGHER, price=PRICE):
    return value_effect(effect=effect, lower=lower, upper=upper, direction=direction, price=price)


def test_a_gain_of_a_metric_that_should_fall_is_counted_as_one():
    assert worth(-0.03, -0.05, -0.01, Direction.LOWER) == worth(0.03, 0.01, 0.05)


def test_a_loss_takes_the_dearest_price_to_its_lower_end():
    found = worth(-0.03, -0.05, -0.01)

    assert (found.value, found.lower, found.upper) == pytest.approx((-21840, -52000, -5200))


@pytest.mark.slow
@given(
    ends=st.tuples(st.floats(-9, 9), st.floats(-9, 9)),
    prices=st.tuples(st.floats(0, 9), st.floats(0, 9)),
    direction=st.sampled_from(Direction),
)
def test_the_money_of_any_point_of_interval_and_price_lies_within_its_ends(ends, prices, direction):
    lower, upper = sorted(ends)
    low, high = sorted(prices)
    middle, price = (lower + upper) / 2, (low + high) / 2

    found = worth(middle, lower, upper, direction, Price(price, low, high, 1))

    slack = 1e-9
    assert found.lower - slack <= found.value <= found.upper + slack


def test_only_a_claim_of_change_has_money_and_the_total_adds_it_up():
    one = Worth(10.0, 5.0, 20.0)

    counted = [count(verdict, one) for verdict in Verdict]

    assert [found is not None for found in counted] == [
        verdict in {Verdict.IMPROVED, Verdict.WORSE} for verdict in Verdict
    ]
    assert total(counted) == Worth(20.0, 10.0, 40.0)
    assert total([None]) == Worth(0, 0, 0)
