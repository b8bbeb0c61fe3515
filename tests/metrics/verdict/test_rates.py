"""How often the word is wrong when nothing happened, and right when something did: a quick look.

The whole table is in tests/prove/test_verdict_rates.py.
"""

from __future__ import annotations

import pytest

from metrics.rules.verdict.words import Level

from .simulated import false_share, found_share, means

pytestmark = pytest.mark.slow
RUNS = 150


@pytest.mark.parametrize(("level", "before"), [(Level.HISTORY, 66), (Level.BEFORE_AFTER, 14)])
def test_without_a_change_hardly_any_is_called(level, before):
    series = means(runs=RUNS, before=before, rho=0.3)

    assert false_share(series, before=before, level=level) <= 0.08


@pytest.mark.parametrize(
    ("level", "before", "rate"), [(Level.HISTORY, 66, 0.94), (Level.BEFORE_AFTER, 14, 0.94)]
)
def test_a_fall_by_two_fifths_is_mostly_found(level, before, rate):
    series = means(runs=RUNS, before=before, rho=0.3, fall=0.4)

    assert found_share(series, before=before, level=level) >= rate - 0.08


def test_one_freak_week_is_no_change():
    series = means(runs=RUNS, before=66, rho=0, freak=5.0)

    assert false_share(series, before=66, level=Level.HISTORY) <= 0.08
