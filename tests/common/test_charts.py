"""Charts as numbers in and SVG out: shapes, bounds and words, by examples and properties."""

from __future__ import annotations

import re
from datetime import date, timedelta
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common import charts

MONDAY = date(2026, 1, 5)
values = st.one_of(
    st.none(),
    st.floats(allow_nan=True, allow_infinity=True),
    st.floats(min_value=-1e6, max_value=1e6),
)
series = st.lists(values, max_size=40)
numbers = st.floats(allow_nan=False, allow_infinity=False)
SVG = "{http://www.w3.org/2000/svg}"


def drawn(svg: str) -> ElementTree.Element:
    """Parse a chart as the browser would and check what every chart promises."""
    tree = ElementTree.fromstring(svg.replace("<svg", '<svg xmlns="http://www.w3.org/2000/svg"', 1))
    assert not re.search(r"nan|inf\b|style=|None", svg, re.IGNORECASE)
    _, _, width, height = map(float, tree.attrib["viewBox"].split())
    for mark in tree.iter():
        for name, low, high in (
            ("x", 0, width),
            ("x1", 0, width),
            ("x2", 0, width),
            ("cx", 0, width),
            ("y", 0, height),
            ("y1", 0, height),
            ("y2", 0, height),
            ("cy", 0, height),
        ):
            if name in mark.attrib:
                assert low <= float(mark.attrib[name]) <= high, ElementTree.tostring(mark)
        if mark.tag == f"{SVG}rect":
            assert float(mark.attrib["x"]) + float(mark.attrib["width"]) <= width + 0.2
            assert float(mark.attrib["y"]) + float(mark.attrib["height"]) <= height + 0.2
        if mark.attrib.get("class") == "line":
            points = re.findall(r"(-?[\d.]+) (-?[\d.]+)", mark.attrib["d"])
            assert all(0 <= float(x) <= width and 0 <= float(y) <= height for x, y in points)
    return tree


def marks(tree: ElementTree.Element, cls: str) -> list[ElementTree.Element]:
    return [mark for mark in tree.iter() if cls in mark.attrib.get("class", "").split()]


def weeks(*known: float | None) -> list[charts.WeekPoint]:
    return [
        charts.WeekPoint(MONDAY + timedelta(weeks=at), value, n=10)
        for at, value in enumerate(known)
    ]


@pytest.mark.parametrize(
    ("known", "mean", "lower", "upper"),
    [
        # Moving ranges 2, 2, 2: spread 2.66 x 2.
        ([10, 12, 10, 12], 11, 5.68, 16.32),
        # A constant process has no spread.
        ([7, 7, 7], 7, 7, 7),
        # Ranges 1, 1 and 1; the 6 across the gap is not one week's move.
        ([1, 2, 1, None, 7, 8], 3.8, 1.14, 6.46),
    ],
)
def test_limits_are_the_mean_and_266_mean_moving_ranges(known, mean, lower, upper):
    limits = charts.xmr_limits(known)

    assert limits is not None
    assert (limits.mean, limits.lower, limits.upper) == pytest.approx((mean, lower, upper))
    assert limits.count == len([value for value in known if value is not None])


@pytest.mark.parametrize(
    "known",
    [[], [1], [1, 2], [1, None, 2, None, 3], [float("nan")] * 9, [1e308, -1e308] * 4],
)
def test_too_little_or_unusable_history_has_no_limits(known):
    assert charts.xmr_limits(known) is None


def test_natural_bounds_cut_the_limits():
    limits = charts.xmr_limits([0.9, 1.0, 0.9, 1.0], floor=0, ceiling=1)

    assert limits is not None
    assert limits.upper == 1
    assert limits.lower == pytest.approx(0.684)


def test_limits_lie_around_a_center_that_is_given():
    limits = charts.xmr_limits([10, 12, 10, 12], center=8.0, floor=3)

    assert limits is not None
    assert (limits.mean, limits.lower, limits.upper) == pytest.approx((8, 3, 13.32))


@given(series, st.floats(-1e6, 1e6), st.floats(0.1, 100))
def test_limits_follow_a_change_of_unit(known, shift, factor):
    known = [value if value is not None and abs(value) < 1e6 else None for value in known]
    limits = charts.xmr_limits(known)
    moved = charts.xmr_limits([None if v is None else v * factor + shift for v in known])

    assert (limits is None) == (moved is None)
    if limits and moved:
        assert moved.mean == pytest.approx(limits.mean * factor + shift, abs=1e-3)
        assert moved.upper == pytest.approx(limits.upper * factor + shift, abs=1e-3)


@given(
    series,
    st.none() | st.integers(-2, 45),
    st.none() | numbers,
    st.none() | st.tuples(numbers, numbers),
    st.none() | st.tuples(st.integers(-99, 45), st.integers(-99, 45)),
)
def test_any_sparkline_is_well_formed_and_inside_its_frame(known, start, target, band, of):
    tree = drawn(
        charts.sparkline(
            known,
            label='9 < 10 & "late"',
            start_index=start,
            target=target,
            band=band,
            band_weeks=of,
        )
    )

    assert tree.attrib["role"] == "img"
    assert tree.attrib["aria-label"] == '9 < 10 & "late"'


def test_a_week_that_is_not_over_is_a_hollow_point_behind_the_one_that_counts():
    tree = drawn(charts.sparkline([1, 2, None, 9], over=3, label="running"))

    (counts,), (running,) = marks(tree, "pt-usual"), marks(tree, "pt-out")
    assert float(counts.get("cx")) < float(running.get("cx"))
    assert not marks(drawn(charts.sparkline([1, 2, 9], label="all over")), "pt-out")


@pytest.mark.parametrize(
    ("values", "day", "expected"),
    [
        ([], 0, None),
        ([None], 0, None),
        ([1.0, 2.0, 9.0], 14, charts.Newest(MONDAY + timedelta(weeks=1), 2.0, so_far=9.0)),
        ([1.0, 2.0, 9.0], 20, charts.Newest(MONDAY + timedelta(weeks=1), 2.0, so_far=9.0)),
        ([1.0, 2.0, 9.0], 21, charts.Newest(MONDAY + timedelta(weeks=2), 9.0)),
        ([1.0, None, 0.0], 14, charts.Newest(MONDAY, 1.0, so_far=0.0)),
        ([1.0, 2.0, None], 14, charts.Newest(MONDAY + timedelta(weeks=1), 2.0)),
        ([None, None, 9.0], 14, charts.Newest(MONDAY + timedelta(weeks=2), 9.0, over=False)),
    ],
)
def test_the_newest_figure_is_that_of_the_last_week_that_is_over(values, day, expected):
    mondays = [MONDAY + timedelta(weeks=at) for at in range(len(values))]

    assert charts.newest(mondays, values, today=MONDAY + timedelta(days=day)) == expected


def test_a_gap_breaks_the_sparkline():
    tree = drawn(charts.sparkline([1, 2, None, 4, 5, None, 6], label="three runs"))

    assert len(marks(tree, "line")) == 2
    assert len(marks(tree, "pt-lone")) == 1
    assert len(marks(tree, "pt-usual")) == 1


@pytest.mark.parametrize(
    ("of", "left", "right"),
    [((-80, 6), 0, 5.5), ((2, 6), 1.5, 5.5), ((2, 10), 1.5, None), ((-80, -3), None, 0)],
)
def test_the_band_of_a_sparkline_is_dark_over_the_weeks_it_was_made_of(of, left, right):
    tree = drawn(
        charts.sparkline([1.0] * 10, label="locked", start_index=4, band=(0, 2), band_weeks=of)
    )

    step = (116 - 5 - 3) / 9
    dark = [float(mark.get("x")) for mark in marks(tree, "band")]
    light = [float(mark.get("x")) for mark in marks(tree, "band-ext")]
    places = [
        [] if at is None else [at and pytest.approx(3 + at * step, abs=0.1)] for at in (left, right)
    ]
    assert [dark, light] == places


def test_a_sparkline_claims_no_verdict_outside_its_band():
    svg = charts.sparkline([1, 1, 1, 99], label="far out", band=(0, 2), start_index=3, target=50)

    assert "pt-good" not in svg
    assert "pt-worse" not in svg


@given(
    series,
    st.none() | st.integers(-30, 60),
    st.none() | st.tuples(numbers | st.none(), numbers, numbers) | st.just((3.0, None, None)),
    st.none() | st.tuples(numbers, st.sampled_from([">", ">=", "<", "<="])),
    st.sampled_from(["share", "days", "", "a long unit of the plant's own"]),
    st.none() | st.integers(0, 30),
    st.sampled_from([400, 960]),
)
def test_any_weekly_chart_is_well_formed_and_inside_its_frame(
    known, start, levels, goal, unit, before, width
):
    start_week = None if start is None else MONDAY + timedelta(weeks=start)
    baseline = charts.Baseline(*levels, through=MONDAY + timedelta(weeks=8)) if levels else None

    tree = drawn(
        charts.weekly_chart(
            weeks(*known),
            label="Orders <late>",
            start_week=start_week,
            today=MONDAY + timedelta(weeks=20),
            baseline=baseline,
            target=charts.Target(*goal) if goal else None,
            unit=unit,
            before=before,
            width=width,
        )
    )

    assert tree.attrib["aria-label"] == "Orders <late>"


def test_missing_weeks_are_gaps_and_order_does_not_matter():
    known = weeks(1, 2, 3, 4, 5)
    shuffled = [known[4], known[0], known[1]]

    tree = drawn(charts.weekly_chart(shuffled, label="gap"))

    assert len(marks(tree, "line")) == 1
    assert len(marks(tree, "pt")) == 3
    rows = charts.week_rows(shuffled, start_week=None)
    assert [row.value for row in rows] == ["5.0", "no data", "no data", "2.0", "1.0"]


def test_points_say_what_they_are_and_never_better_or_worse():
    start = MONDAY + timedelta(weeks=4)
    known = [
        *weeks(*[50.0] * 4, *[90.0] * 9),
        charts.WeekPoint(start + timedelta(weeks=9), 5.0),
    ]
    known[1] = charts.WeekPoint(known[1].week_start, 50.0, left_out="two days only")

    svg = charts.weekly_chart(
        known, label="kinds", start_week=start, today=start + timedelta(weeks=9, days=2)
    )

    tree = drawn(svg)
    assert len(marks(tree, "pt-transit")) == 6
    assert [mark[0].text for mark in marks(tree, "pt-out")] == [
        "12 Jan 2026, 50.0, left out: two days only",
        "Week 10, 6 Apr 2026, 5.0, week not over",
    ]
    assert "pt-good" not in svg
    assert "pt-worse" not in svg
    assert [mark.text for mark in marks(tree, "now")] == ["90.0"]


def test_the_band_without_a_lock_is_the_usual_range_before_the_start_and_has_no_center():
    band = charts.Baseline(mean=None, lo=40, hi=60, through=MONDAY + timedelta(weeks=15))

    svg = charts.weekly_chart(
        weeks(*[50.0, 52.0] * 9),
        label="band",
        start_week=MONDAY + timedelta(weeks=14),
        baseline=band,
        target=charts.Target(0.9, ">="),
    )

    tree = drawn(svg)
    words = "".join(tree.itertext())
    assert [mark.text for mark in marks(tree, "axis")] == ["60.0", "40.0"]
    assert not marks(tree, "mean")
    assert "usual range before the start" in words
    assert "\u2265\u00a00.9" in words
    assert "Start" in words
    assert "Wk 12" in words


def test_a_locked_baseline_has_its_value_as_the_center_of_its_band_over_its_own_weeks():
    locked = charts.Baseline(
        mean=50,
        lo=40,
        hi=60,
        since=MONDAY + timedelta(weeks=4),
        through=MONDAY + timedelta(weeks=15),
    )

    tree = drawn(
        charts.weekly_chart(
            weeks(*[50.0, 52.0] * 12),
            label="locked",
            start_week=MONDAY + timedelta(weeks=14),
            baseline=locked,
        )
    )

    assert [mark.text for mark in marks(tree, "axis")] == ["60.0", "50.0", "40.0"]
    assert [mark.text for mark in marks(tree, "says")] == ["locked baseline"]
    (dark,), (light,), (start,) = (marks(tree, cls) for cls in ("band", "band-ext", "golive"))
    center, extended = marks(tree, "mean")
    assert float(dark.get("x")) > float(marks(tree, "axisline")[0].get("x1"))
    assert float(light.get("x")) > float(start.get("x1"))
    assert (center.get("x1"), center.get("x2")) == (dark.get("x"), extended.get("x1"))


@pytest.mark.parametrize("outliers", [(), (25.0,), (75.0,), (25.0, 75.0)])
@pytest.mark.parametrize(("lo", "hi"), [(40, 60), (49.5, 50.5), (None, None)])
def test_the_target_line_strikes_no_words_of_the_baseline(
    lo: float | None, hi: float | None, outliers: tuple[float, ...]
):
    struck = [
        target
        for target in (tenth / 10 for tenth in range(380, 650, 3))
        if is_struck(charts.Baseline(50, lo, hi, MONDAY + timedelta(weeks=15)), target, outliers)
    ]

    assert struck == []


def is_struck(locked: charts.Baseline, target: float, outliers: tuple[float, ...]) -> bool:
    """Tell whether the line of a target goes through the words of a baseline."""

    tree = drawn(
        charts.weekly_chart(
            weeks(*[50.0, 52.0] * 12, *outliers),
            label="locked",
            start_week=MONDAY + timedelta(weeks=14),
            baseline=locked,
            target=charts.Target(target, ">"),
        )
    )

    [line] = marks(tree, "target")
    feet = [float(words.get("y")) for words in marks(tree, "says")]
    return any(foot - 12 < float(line.get("y1")) < foot + 3 for foot in feet)


def test_a_locked_baseline_of_too_few_weeks_is_a_line_without_a_band():
    short = charts.Baseline(mean=50, lo=None, hi=None, through=MONDAY + timedelta(weeks=1))

    tree = drawn(
        charts.weekly_chart(
            weeks(49.0, 51.0, 50.0), label="short", start_week=MONDAY, baseline=short
        )
    )

    assert [mark.text for mark in marks(tree, "axis")] == ["50.0"]
    assert len(marks(tree, "mean")) == 2
    assert not marks(tree, "band") and not marks(tree, "limit")


def test_the_axis_names_the_year_where_it_is_not_this_one():
    svg = charts.weekly_chart(
        weeks(1.0, *[None] * 51, 2.0), label="axis", today=date(2027, 1, 5), before=None
    )

    ticks = [mark.text for mark in marks(drawn(svg), "tick")]
    assert ticks == ["5 Jan 2026", "4 Jan"]


def test_a_chart_without_weeks_says_so():
    assert "No week has data yet" in charts.weekly_chart([], label="empty", start_week=MONDAY)


def test_the_table_behind_a_chart_reads_newest_first_with_its_parts():
    week = charts.WeekPoint(MONDAY, 0.94, n=120, numerator=112.8, denominator=120)

    (row,) = charts.week_rows([week], start_week=MONDAY, today=MONDAY, unit="share")

    assert row == charts.WeekRow(
        week_start=MONDAY, day="5 Jan 2026", week="1", value="94.0\u00a0%", n="120",
        numerator="112.80", denominator="120", note="week not over",
    )  # fmt: skip


PHASES = [
    charts.Phase("own", "Ownership", 2, 4),
    charts.Phase("measure", "Measure", 12, 12),
]


@pytest.mark.parametrize(
    ("week", "done", "now"),
    [(None, 0, 0), (-3, 0, 0), (1, 0, 1), (9, 8, 1), (12, 11, 1), (15, 12, 0)],
)
def test_the_week_strip_always_has_twelve_cells(week, done, now):
    tree = drawn(charts.week_strip(week, PHASES))

    assert len(marks(tree, "wk-done")) == done
    assert len(marks(tree, "wk-now")) == now
    assert len(list(tree)) == 12


def test_phases_that_touch_are_both_current():
    deploy = charts.Phase("deploy", "Deploy", 4, 8)

    assert [phase.state(4) for phase in (PHASES[0], deploy, PHASES[1])] == [
        "now",
        "now",
        "next",
    ]
    assert PHASES[0].state(None) == "next"
    assert PHASES[0].state(5) == "done"


def test_what_was_expected_is_a_line_of_its_own_with_its_word_and_breaks_at_gaps():
    known = [
        charts.WeekPoint(MONDAY + timedelta(weeks=at), 50.0 + at % 2, expected=80.0)
        for at in (0, 1, 2, 6, 7)
    ]
    mean = charts.Measured(50.4, since=known[3].week_start, through=known[4].week_start)

    tree = drawn(charts.weekly_chart(known, label="expected", measured=mean, before=None))

    assert len(marks(tree, "expected")) == 2
    assert [mark.text for mark in marks(tree, "exp")] == ["expected"]
    assert [mark.text for mark in marks(tree, "now")] == ["50.4"]
    (after,), points = marks(tree, "after"), marks(tree, "pt")
    assert (after.get("x1"), after.get("x2")) == (points[3].get("cx"), points[4].get("cx"))
    assert after.get("y1") == after.get("y2")
