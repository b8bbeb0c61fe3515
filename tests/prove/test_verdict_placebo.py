"""The verdict on real series in which nobody did anything, where those stand beside the checkout.

Every twelve-week window of seven public series with at least 66 weeks of history, level B, no
target: a claim there is a false one, or something that happened without a pilot. And of one whose
tariff was counted otherwise from March to October: a claim there would be of the other wording.
"""

from __future__ import annotations

import csv
import os
from collections import Counter, defaultdict
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest

from metrics.rules.verdict.plan import Plan
from metrics.rules.verdict.readout import Question, read_out
from metrics.rules.verdict.windows import Figure
from metrics.rules.verdict.words import Direction, Kind, Level, Reason

CHECKOUT = Path(__file__).resolve().parents[2]
RAW = Path(os.environ.get("RAW_DATA") or CHECKOUT.parent / "shared" / "data")
ABSENT = "the public raw files are absent: set RAW_DATA to their folder"

pytestmark = [pytest.mark.skipif(not RAW.is_dir(), reason=ABSENT), pytest.mark.slow]

LONGEST, LEAST = 104, 66
HIGHER, LOWER = Direction.HIGHER, Direction.LOWER
SERIES = {
    "scms_air_freight_pct_of_value": (Kind.RATIO, LOWER),
    "scms_freight_pct_of_value": (Kind.RATIO, LOWER),
    "scms_lines_gt14d_late": (Kind.RATE, LOWER),
    "scms_on_time_lines": (Kind.PROPORTION, HIGHER),
    "scms_on_time_orders": (Kind.PROPORTION, HIGHER),
    "scms_po_lead_time_days": (Kind.MEDIAN, LOWER),
    "scms_recorded_within_1_day": (Kind.PROPORTION, HIGHER),
}


PEAK = "steel_peak_tariff_share"
# The tariff's peak has its summer hours from 1 March to 31 October: two weeks are of both.
SUMMER = (date(2018, 3, 5), date(2018, 10, 22))
MIXED = {date(2018, 2, 26), date(2018, 10, 29)}
# What stops a verdict before its p is looked at.
LACKING = set(Reason) - {
    Reason.RESTS_ON_ONE_WEEK,
    Reason.RESTS_ON_TREND,
    Reason.IMPROVEMENT_RULED_OUT,
    Reason.INTERVAL_TOO_WIDE,
}


def figure(row):
    week, denominator = date.fromisoformat(row["week_start"]), row["denominator"]
    if denominator and row["numerator"]:
        return Figure.of(week, float(row["numerator"]), float(denominator))
    # A median counts by its values, a rate by its week of exposure.
    return Figure(week, float(row["value"]), float(row["n_rows"] or 1))


@pytest.fixture(scope="module")
def published():
    found = defaultdict(list)
    with (RAW / "weekly_series.csv").open(encoding="utf-8", newline="") as lines:
        for row in csv.DictReader(lines):
            if row["metric"] in {*SERIES, PEAK}:
                found[row["metric"]].append(figure(row))
    return found


def words_of(metric, figures):
    """Return how often each word was given over all windows of one series."""
    kind, direction = SERIES[metric]
    found = Counter()
    weeks = [one.day for one in figures]
    week = weeks[0] + timedelta(weeks=LEAST - 2)
    while week + timedelta(weeks=12) <= weeks[-1] + timedelta(weeks=1):
        first = week - timedelta(weeks=LONGEST)
        near = tuple(one for one in figures if first <= one.day < week + timedelta(weeks=12))
        question = Question(Plan(week), kind, direction, Level.HISTORY, near)
        told = read_out(question, reached=True)
        found["refused" if LACKING & set(told.reasons) else str(told.verdict)] += 1
        week += timedelta(weeks=1)
    return found


def counts(found):
    """Return the counts of some windows in one line."""
    windows, refused = sum(found.values()), found["refused"]
    return (
        f"{windows} windows, {refused} refused, {windows - refused} judged,"
        f" {found['improved']} improved, {found['worse']} worse"
    )


def wording(day):
    """Return the number of the wording that a week of the peak share was counted by."""
    return 0 if day in MIXED else 2 if SUMMER[0] <= day <= SUMMER[1] else 1


def test_hardly_any_window_in_which_nothing_was_tried_is_called(published):
    every = Counter()

    for metric in sorted(SERIES):
        found = words_of(metric, published[metric])
        every += found
        print(f"{metric}: {counts(found)}")
        assert found["improved"] < 0.08 * sum(found.values()), metric

    windows = sum(every.values())
    print(f"all: {counts(every)}")
    assert windows > every["refused"]
    assert every["improved"] < 0.03 * windows
    assert every["worse"] < 0.03 * windows


@pytest.mark.parametrize("declared", [True, False])
def test_a_tariff_counted_otherwise_is_no_change_once_that_is_declared(published, declared):
    figures = [
        replace(one, version=wording(one.day)) if declared else one for one in published[PEAK]
    ]
    found = Counter()
    for start in range(7, len(figures) - 11):
        question = Question(
            Plan(figures[start].day),
            Kind.RATIO,
            LOWER,
            Level.BEFORE_AFTER,
            tuple(figures[: start + 12]),
            season_swing=0.0,
        )
        told = read_out(question, reached=True)
        found["refused" if LACKING & set(told.reasons) else str(told.verdict)] += 1

    print(f"{PEAK}, declared: {declared}: {counts(found)}")
    assert (found["improved"] + found["worse"] == 0) is declared
