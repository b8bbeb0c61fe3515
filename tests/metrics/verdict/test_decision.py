"""The decision table: every line, every reason, and what must hold whatever the figures."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from metrics.rules.verdict.decision import (
    Basis,
    Evidence,
    Ruling,
    Target,
    decide,
    expected_events,
    read_target,
    smallest_change,
)
from metrics.rules.verdict.engine import Estimate
from metrics.rules.verdict.words import (
    Direction,
    Grain,
    Kind,
    Level,
    Reason,
    TargetReading,
    Verdict,
)

SOUND = Basis(True, Level.HISTORY, Grain.WEEK, Kind.MEAN, 104, 1.0, 4, None, False, None)
FELL = Evidence(-14.0, -4.0, 0.002, (0.004, 0.01, 0.003, 0.02))
LOWER, HIGHER = Direction.LOWER, Direction.HIGHER


def decided(basis=SOUND, evidence=FELL, direction=LOWER, matters=5.0):
    return decide(basis=basis, evidence=evidence, direction=direction, matters=matters)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"definition_changed": True}, Reason.DEFINITION_CHANGED),
        ({"baseline_periods": 65}, Reason.BASELINE_TOO_SHORT),
        ({"level": Level.COMPARISON, "baseline_periods": 25}, Reason.BASELINE_TOO_SHORT),
        (
            {"level": Level.BEFORE_AFTER, "season_swing": 0.0, "baseline_periods": 7},
            Reason.BASELINE_TOO_SHORT,
        ),
        ({"grain": Grain.DAY, "baseline_periods": 13}, Reason.BASELINE_TOO_SHORT),
        ({"baseline_coverage": 0.79}, Reason.BASELINE_GAPS),
        ({"measured_weeks": 2}, Reason.MEASUREMENT_INCOMPLETE),
        ({"kind": Kind.RATE, "expected_events": 9.9}, Reason.TOO_FEW_EVENTS),
        ({"kind": Kind.PROPORTION, "expected_events": 9.9}, Reason.TOO_FEW_EVENTS),
        ({"level": Level.BEFORE_AFTER}, Reason.SEASON_UNKNOWN),
        ({"varies": False}, Reason.NO_VARIATION),
    ],
)
def test_a_verdict_is_refused_for_what_it_lacks(change, reason):
    assert decided(replace(SOUND, **change)) == Ruling(
        Verdict.NOT_ENOUGH, (reason,), FELL.lower, FELL.upper
    )


@pytest.mark.parametrize(
    "change",
    [
        {"baseline_periods": 66},
        {"level": Level.COMPARISON, "baseline_periods": 26},
        {"level": Level.BEFORE_AFTER, "season_swing": 0.0, "baseline_periods": 8},
        {"grain": Grain.DAY, "baseline_periods": 14},
        {"baseline_coverage": 0.8},
        {"measured_weeks": 3},
        {"kind": Kind.RATE, "expected_events": 10.0},
        {"kind": Kind.MEAN, "expected_events": 1.0},
    ],
)
def test_just_enough_is_enough(change):
    assert decided(replace(SOUND, **change)).verdict is Verdict.IMPROVED


def test_everything_that_lacks_is_listed_in_the_fixed_order():
    worst = Basis(
        True, Level.BEFORE_AFTER, Grain.WEEK, Kind.RATE, 1, 0.1, 0, 1.0, True, None, False
    )

    found = decided(worst)

    assert found.reasons == tuple(Reason)[1:8]


def test_nothing_is_said_before_the_read_out():
    early = replace(SOUND, read_out_reached=False, definition_changed=True)

    assert decided(early) == Ruling(Verdict.PENDING, (Reason.BEFORE_READ_OUT,))


def test_without_an_answer_of_the_engine_what_lacks_is_named_or_that_nothing_varies():
    assert decided(evidence=None).reasons == (Reason.NO_VARIATION,)
    assert decided(replace(SOUND, baseline_periods=1), None).reasons == (Reason.BASELINE_TOO_SHORT,)


@pytest.mark.parametrize(
    ("change", "reasons"),
    [
        ({"leave_one_out_p": (0.01, 0.101)}, (Reason.RESTS_ON_ONE_WEEK,)),
        ({"raw_change": 0.1}, (Reason.RESTS_ON_TREND,)),
        ({"expected": (-0.1, 0.5), "possible": (0.0, 1.0)}, (Reason.RESTS_ON_TREND,)),
        ({"expected": (0.5, 1.1), "possible": (0.0, 1.0)}, (Reason.RESTS_ON_TREND,)),
        (
            {"leave_one_out_p": (0.2,), "raw_change": 1.0},
            (Reason.RESTS_ON_ONE_WEEK, Reason.RESTS_ON_TREND),
        ),
    ],
)
def test_a_sure_change_on_doubtful_ground_is_not_called_one(change, reasons):
    found = decided(evidence=replace(FELL, **change))

    assert (found.verdict, found.reasons) == (Verdict.NOT_ENOUGH, reasons)


@pytest.mark.parametrize(
    "change",
    [
        {"leave_one_out_p": (0.1, 0.1)},
        {"raw_change": 0.0},
        {"raw_change": -3.0},
        {"expected": (0.0, 1.0), "possible": (0.0, 1.0)},
        {"expected": (-9.0, 9.0)},
        {"p": 0.05},
    ],
)
def test_a_change_without_a_doubt_is_called(change):
    assert decided(evidence=replace(FELL, **change)).verdict is Verdict.IMPROVED


def test_no_change_needs_the_interval_strictly_inside():
    unsure = replace(FELL, p=0.5, lower=-5.0, upper=4.0)

    assert decided(evidence=unsure, matters=5.0).reasons == (Reason.INTERVAL_TOO_WIDE,)
    assert decided(evidence=unsure, matters=5.01).verdict is Verdict.NO_CHANGE
    assert decided(evidence=unsure, matters=None).verdict is Verdict.NOT_ENOUGH


def test_the_declared_season_moves_both_ends_by_four_fifths_of_its_swing():
    plain = replace(SOUND, level=Level.BEFORE_AFTER, season_swing=4.0)

    found = decided(plain)

    assert (found.lower, found.upper) == pytest.approx((-17.2, -0.8))
    assert found.verdict is Verdict.IMPROVED
    assert decided(replace(plain, season_swing=5.0)).verdict is Verdict.NOT_ENOUGH
    assert decided(replace(SOUND, season_swing=5.0)).verdict is Verdict.IMPROVED


NUMBERS = st.floats(-100, 100, allow_nan=False)
PS = st.floats(0, 1)
BASES = st.builds(
    Basis,
    read_out_reached=st.sampled_from([True, True, True, False]),
    level=st.sampled_from(Level),
    grain=st.sampled_from(Grain),
    kind=st.sampled_from(Kind),
    baseline_periods=st.integers(0, 104),
    baseline_coverage=st.sampled_from([0.5, 0.8, 1.0]),
    measured_weeks=st.integers(2, 4),
    expected_events=st.none() | st.floats(0, 50),
    definition_changed=st.sampled_from([False, False, True]),
    season_swing=st.none() | st.floats(0, 20),
    varies=st.sampled_from([True, True, False]),
)
EVIDENCE = st.builds(
    lambda ends, **rest: Evidence(min(ends), max(ends), **rest),
    ends=st.tuples(NUMBERS, NUMBERS),
    p=PS | st.floats(0, 0.05),
    leave_one_out_p=st.lists(PS | st.floats(0, 0.1), max_size=4).map(tuple),
    raw_change=st.none() | NUMBERS,
)
MATTERS = st.none() | st.floats(0.01, 50)
DIRECTIONS = st.sampled_from(Direction)
ORDER = list(Reason)


@pytest.mark.slow
@given(basis=BASES, evidence=st.none() | EVIDENCE, direction=DIRECTIONS, matters=MATTERS)
def test_every_input_has_one_word_and_reasons_exactly_where_the_word_needs_them(
    basis, evidence, direction, matters
):
    found = decided(basis, evidence, direction, matters)

    claims = {Verdict.IMPROVED, Verdict.WORSE, Verdict.NO_CHANGE}
    assert (found.verdict in claims) is (found.reasons == ())
    assert (found.verdict is Verdict.PENDING) is (not basis.read_out_reached)
    places = [ORDER.index(reason) for reason in found.reasons]
    assert places == sorted(set(places))


@pytest.mark.slow
@given(basis=BASES, evidence=EVIDENCE, direction=DIRECTIONS, matters=MATTERS)
def test_the_mirror_image_has_the_same_word_in_the_other_direction(
    basis, evidence, direction, matters
):
    raw = evidence.raw_change
    mirrored = replace(
        evidence,
        lower=-evidence.upper,
        upper=-evidence.lower,
        raw_change=None if raw is None else -raw,
    )
    other = LOWER if direction is HIGHER else HIGHER

    one, two = (
        decided(basis, evidence, direction, matters),
        decided(basis, mirrored, other, matters),
    )

    assert (one.verdict, one.reasons) == (two.verdict, two.reasons)


@pytest.mark.slow
@given(evidence=EVIDENCE, direction=DIRECTIONS, basis=BASES, matters=MATTERS)
def test_only_the_direction_tells_improved_from_worse(basis, evidence, direction, matters):
    other = LOWER if direction is HIGHER else HIGHER
    swap = {Verdict.IMPROVED: Verdict.WORSE, Verdict.WORSE: Verdict.IMPROVED}

    one = decided(basis, evidence, direction, matters).verdict
    two = decided(basis, evidence, other, matters).verdict

    assert two is swap.get(one, one)


@pytest.mark.slow
@given(
    basis=BASES,
    evidence=EVIDENCE,
    direction=DIRECTIONS,
    matters=MATTERS,
    power=st.integers(-20, 20),
)
def test_another_unit_leaves_the_word(basis, evidence, direction, matters, power):
    factor = 2.0**power

    def scaled(value):
        return None if value is None else value * factor

    other = replace(
        evidence,
        lower=evidence.lower * factor,
        upper=evidence.upper * factor,
        raw_change=scaled(evidence.raw_change),
    )
    same = replace(basis, season_swing=scaled(basis.season_swing))

    one = decided(basis, evidence, direction, matters)
    two = decided(same, other, direction, scaled(matters))

    assert (one.verdict, one.reasons) == (two.verdict, two.reasons)


@pytest.mark.slow
@given(basis=BASES, evidence=EVIDENCE, direction=DIRECTIONS, matters=MATTERS)
def test_a_larger_season_never_makes_a_claim_of_change(basis, evidence, direction, matters):
    basis = replace(basis, season_swing=basis.season_swing or 0.0)
    wider = replace(basis, season_swing=basis.season_swing * 2 + 1)
    claims = {Verdict.IMPROVED, Verdict.WORSE}

    if decided(basis, evidence, direction, matters).verdict not in claims:
        assert decided(wider, evidence, direction, matters).verdict not in claims


@pytest.mark.parametrize(
    ("target", "level", "reading"),
    [
        (Target(20, LOWER, strict=True), Estimate(15, 12, 19.9), TargetReading.MET),
        (Target(20, LOWER, strict=True), Estimate(15, 12, 20), TargetReading.NOT_SURE),
        (Target(20, LOWER, strict=False), Estimate(15, 12, 20), TargetReading.MET),
        (Target(20, LOWER, strict=True), Estimate(20, 12, 25), TargetReading.NOT_MET),
        (Target(20, LOWER, strict=False), Estimate(20, 12, 25), TargetReading.NOT_SURE),
        (Target(0.94, HIGHER, strict=True), Estimate(0.95, 0.93, 0.97), TargetReading.NOT_SURE),
        (Target(0.94, HIGHER, strict=True), Estimate(0.95, 0.941, 0.97), TargetReading.MET),
        (Target(0.94, HIGHER, strict=True), Estimate(0.93, 0.9, 0.97), TargetReading.NOT_MET),
    ],
)
def test_a_target_is_met_only_with_the_whole_interval(target, level, reading):
    assert read_target(target, level) is reading


def test_the_rarer_outcome_counts():
    assert expected_events(Kind.PROPORTION, baseline=0.95, exposure=800) == pytest.approx(40)
    assert expected_events(Kind.RATE, baseline=0.5, exposure=28) == pytest.approx(14)
    assert expected_events(Kind.MEAN, baseline=5, exposure=28) is None


def test_what_matters_is_the_way_to_a_missed_target_else_a_tenth():
    target = Target(20, LOWER, strict=True)

    assert smallest_change(baseline=32, target=target) == 12
    assert smallest_change(baseline=15, target=target) == 1.5
    assert smallest_change(baseline=20, target=target) == 2
    assert smallest_change(baseline=-30, target=None) == 3
