"""What is said of a read-out never claims more than its numbers, nor contradicts them."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from metrics.queries import sentences

METRIC: Any = SimpleNamespace(name="Air freight", unit="share", decimals=1)


def said(**more: Any) -> str:
    told = sentences.tell(result(**more), METRIC)
    return f"{told.sentence} {told.remedy}".replace("\u00a0", " ")


def result(*, weeks: int = 20, **more: Any) -> dict[str, Any]:
    """Return a stored result; weeks: of its baseline."""
    usual: dict[str, Any] = {
        "word": "not_enough_evidence",
        "reasons": [],
        "level": "B",
        "effect": 0.01,
        "interval": [-0.01, 0.03],
        "sign": 0,
        "matters": 0.02,
        "target": None,
        "flags": [],
        "guards_missed": [],
        "guards_unknown": [],
        "guards_open": [],
        "baseline_weeks": weeks,
        "measured_weeks": 4,
        "last_week": 12,
    }
    return usual | more


def test_an_end_that_is_not_zero_is_never_written_as_zero() -> None:
    found = said(word="improved", sign=-1, effect=-0.02, interval=[-0.04, -0.0003])

    assert "between 0.03 pts and 4.0 pts" in found


def test_the_change_that_matters_is_never_written_below_an_end_that_lies_inside_it() -> None:
    found = said(word="no_change_detected", matters=0.02, interval=[-0.01, 0.01996])

    assert "less than the 2.0 pts" in found
    assert sentences.change(0.01996, result(), METRIC) == "+1.996\u00a0pts"
    assert sentences.matters(result(matters=0.0204, interval=[-0.01, 0.0202]), METRIC) == (
        "2.04\u00a0pts"
    )


@pytest.mark.parametrize("reason", ["interval_too_wide", "rests_on_trend"])
def test_nobody_with_all_the_history_there_can_be_is_sent_for_more(reason: str) -> None:
    assert "ore history" in said(reasons=[reason], weeks=70)
    assert "ore history" not in said(reasons=[reason], weeks=103)


def test_a_change_against_a_line_that_leaves_what_can_be_is_not_said_to_be_missing_in_the_figures() -> (
    None
):
    assert "do not show it or that line goes where Air freight cannot" in said(
        reasons=["rests_on_trend"], effect=None, interval=None
    )
