"""The demo's figures against the public raw files, where those stand beside the checkout.

The files are not part of the project: set RAW_DATA to their folder, or put it at ../shared/data.
"""

import csv
import math
import os
from collections import defaultdict
from datetime import date
from pathlib import Path

import pytest

from demo.raw import READERS
from demo.raw.weekly import figures, whole_table
from demo.rules import TENANTS, WEEK, monday
from demo.table import read_figures

CHECKOUT = Path(__file__).resolve().parents[2]
RAW = Path(os.environ.get("RAW_DATA") or CHECKOUT.parent / "shared" / "data")
ABSENT = "the public raw files are absent: set RAW_DATA to their folder"

pytestmark = pytest.mark.skipif(
    not RAW.is_dir(),
    reason=ABSENT,
)

METRICS = {metric.code: metric for tenant in TENANTS for _, metric in tenant.series()}
# Written down with six decimals there.
HALF_DIGIT = 0.5000001e-6


@pytest.fixture(scope="module")
def published():
    """Return the derived weekly figures that lie beside the raw files, by metric and week."""
    found = defaultdict(dict)
    with (RAW / "weekly_series.csv").open(encoding="utf-8", newline="") as lines:
        for row in csv.DictReader(lines):
            found[row["metric"]][date.fromisoformat(row["week_start"])] = row
    return found


def assert_as_published(figure, row):
    """Check one figure with every number that is published for its week."""
    value = figure.value if figure.value is not None else figure.numerator / figure.denominator
    assert abs(value - float(row["value"])) <= HALF_DIGIT
    for ours, theirs in (
        (figure.numerator, "numerator"),
        (figure.denominator, "denominator"),
    ):
        if row[theirs]:
            assert abs(ours - float(row[theirs])) <= HALF_DIGIT + 1e-9 * abs(ours)
    if row["n_rows"]:
        assert figure.count == int(row["n_rows"])


def test_the_table_equals_the_raw_rows_summed_up():
    kept, computed = list(read_figures()), list(whole_table(RAW))

    assert [(f.metric, f.week, f.count) for f in kept] == [
        (f.metric, f.week, f.count) for f in computed
    ]
    for ours, theirs in zip(kept, computed, strict=True):
        for name in ("value", "numerator", "denominator"):
            left, right = getattr(ours, name), getattr(theirs, name)
            assert left == right or math.isclose(left, right, rel_tol=1e-9)


def test_the_table_equals_the_published_weekly_figures(published):
    for figure in read_figures():
        assert_as_published(figure, published[figure.metric][figure.week])


def test_no_published_week_that_a_pilot_needs_is_missing_from_the_table(published):
    kept = {(figure.metric, figure.week) for figure in read_figures()}

    for tenant in TENANTS:
        for pilot, metric in tenant.series():
            needed = {week for week in published[metric.code] if pilot.covers(week, metric)}
            assert {(metric.code, week) for week in needed} <= kept
            assert len(needed) >= pilot.week_now - 3


@pytest.mark.parametrize("code", sorted(METRICS))
def test_a_reader_reproduces_every_published_week_of_its_metric(published, code):
    class Everything:
        """A pilot that needs every published week."""

        first_week = min(published[code])
        running_week = max(published[code]) + WEEK

        @staticmethod
        def covers(week, metric):
            return week in published[code]

    computed = {
        figure.week: figure for figure in figures(METRICS[code], READERS[code](RAW), [Everything])
    }

    missing = set(published[code]) - set(computed)
    assert not missing
    for week, figure in computed.items():
        assert_as_published(figure, published[code][week])


@pytest.mark.parametrize("code", sorted(METRICS))
def test_every_raw_row_has_an_identity_of_its_own(code):
    keys = [(row.key, row.at) for row in READERS[code](RAW)]

    assert keys
    assert len(set(keys)) == len(keys)


def test_the_dirt_comes_through_as_found():
    freight = [r for r in READERS["scms_air_freight_pct_of_value"](RAW) if r.otherwise is not None]
    misdated = [row for row in READERS["garment_target_attainment"](RAW) if row.misdated]

    assert len(freight) == 2224
    assert all(isinstance(row.numerator, str) for row in freight)
    assert [row.at.date() for row in misdated] == [date(1905, 7, 12)]


def test_the_quarter_hour_of_midnight_belongs_to_the_day_that_ends_there():
    starts = [row.at for row in READERS["steel_peak_tariff_share"](RAW)]

    assert starts == sorted(starts)
    assert starts[0].date() == date(2018, 1, 1)
    assert starts[-1].isoformat() == "2018-12-31T23:45:00"
    assert monday(starts[-1].date()) == date(2018, 12, 31)
