"""How often the word is wrong when nothing happened, and right when something did: a quick look.

The whole table is printed by `make bench-verdict` and held by tests/prove/test_verdict_rates.py.
That its words are the product's is seen here.
"""

from __future__ import annotations

from collections import Counter
from functools import partial

import pytest

from bench.rates.__main__ import told
from bench.rates.expected import HISTORIES
from bench.rates.series import AFTER, GAP, counts, late_shares, means
from bench.rates.table import Cell, Line, blocks
from bench.rates.words import UNGUARDED, false_share, found_share, rule
from metrics.rules.verdict.decision import STANDARD
from metrics.rules.verdict.readout import Question, read_out
from metrics.rules.verdict.windows import Figure
from metrics.rules.verdict.words import Direction, Level, Reason, Verdict

from .test_windows import PLAN

pytestmark = pytest.mark.slow
RUNS = 150
A, B, C = Level.COMPARISON, Level.HISTORY, Level.BEFORE_AFTER


def figures(values, denominator):
    """Return one series as the product receives it: to week 2, and weeks 9 to 12."""
    before = len(values) - AFTER
    numbers = [*range(3 - before, 3), *range(3 + GAP, 3 + GAP + AFTER)]
    return tuple(
        Figure(PLAN.week(number), float(value), denominator)
        for number, value in zip(numbers, values, strict=True)
    )


def read_out_each(made, level, swing):
    """Give what the product reads out of each series, one after the other."""
    for values, beside in zip(made.values, made.beside, strict=True):
        yield read_out(
            Question(
                plan=PLAN,
                kind=made.kind,
                direction=Direction.LOWER,
                level=level,
                figures=figures(values, made.denominator),
                comparison=figures(beside, made.denominator) if level is A else (),
                season_swing=swing if level is C else None,
            ),
            reached=True,
        )


@pytest.mark.parametrize(
    ("level", "before", "make", "swing", "called"),
    [
        (A, 26, partial(means, compared=True, fall=0.3, season=0.1), 0.0, Verdict.IMPROVED),
        (B, 66, partial(means, rho=0.3, fall=0.2), 0.0, Verdict.IMPROVED),
        (B, 66, partial(means, drift=0.006, fall=0.25), 0.0, Verdict.IMPROVED),
        (B, 66, partial(means, rho=0.6, fall=-0.3), 0.0, Verdict.WORSE),
        (C, 14, partial(means, rho=0.3, fall=0.3), 10.0, Verdict.IMPROVED),
        (C, 14, partial(counts, fall=0.5), 0.0, Verdict.IMPROVED),
        (B, 66, partial(late_shares, fall=0.7), 0.0, Verdict.IMPROVED),
    ],
)
def test_a_series_of_the_table_gets_the_words_of_the_product(level, before, make, swing, called):
    made = make(runs=25, before=before)

    ours = list(rule(made, before=before, level=level, swing=swing))

    products = list(read_out_each(made, level, swing))
    assert [(one.verdict, one.reasons) for one in ours] == [
        (one.verdict, one.reasons) for one in products
    ]
    for one, product in zip(ours, products, strict=True):
        assert (one.lower, one.upper) == pytest.approx(product.widened)
    assert len(Counter(one.verdict for one in ours)) > 1
    assert called in {one.verdict for one in ours}


def test_the_week_that_the_product_would_not_rest_on_turns_the_word_in_the_table_too():
    made = means(runs=25, before=66, freak=-6.0)

    with_guard, without = (
        [one.verdict for one in rule(made, before=66, level=B, thresholds=thresholds)]
        for thresholds in (STANDARD, UNGUARDED)
    )

    products = list(read_out_each(made, B, 0.0))
    turned = [one.reasons == (Reason.RESTS_ON_ONE_WEEK,) for one in products]
    assert any(turned)
    assert with_guard == [one.verdict for one in products]
    assert [a != b for a, b in zip(with_guard, without, strict=True)] == turned


@pytest.mark.parametrize(("level", "before"), [(B, 66), (C, 14)])
def test_without_a_change_hardly_any_is_called(level, before):
    made = means(runs=RUNS, before=before, rho=0.3)

    assert false_share(made, before=before, level=level) <= 0.08


@pytest.mark.parametrize(("level", "before", "rate"), [(B, 66, 0.94), (C, 14, 0.94)])
def test_a_fall_by_two_fifths_is_mostly_found(level, before, rate):
    made = means(runs=RUNS, before=before, rho=0.3, fall=0.4)

    assert found_share(made, before=before, level=level) >= rate - 0.08


def test_one_freak_week_is_no_change():
    made = means(runs=RUNS, before=66, freak=5.0)

    assert false_share(made, before=66, level=B) <= 0.08


@pytest.mark.parametrize(
    ("limited", "share", "printed", "kept"),
    [
        (True, 0.0630, "6.3 (4)    met", True),
        (True, 0.0650, "6.5 (4)*   MISSED", False),
        (False, 0.0650, "6.5 (4)*", True),
    ],
)
def test_more_false_calls_than_promised_are_missed_where_the_product_reads_out(
    limited, share, printed, kept
):
    line = Line("AR 0.6", (Cell(A, 26, means, expected=4.0, limited=limited),))
    shares = iter([share, 0.5])

    words, found = told(line, shares, 2_000)

    assert (words.split(maxsplit=2)[2], found) == (printed, kept)
    assert next(shares) == 0.5


def test_what_the_product_promises_is_limited_at_every_history_that_it_reads_out():
    limited = Counter(
        (cell.level, cell.weeks)
        for block in blocks()
        for line in block.lines
        for cell in line.cells
        if cell.limited
    )

    assert limited == {(A, 104): 7, (A, 26): 7, (B, 104): 9, (B, 66): 9, (C, 14): 8, (C, 8): 8}
    assert {(one.level, one.weeks) for one in HISTORIES if one.used} == set(limited)
