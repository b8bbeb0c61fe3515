"""Cases of words, icons and money.

Each function is one family: the fields of `input` and `params` in, the names of `expected` out.
Raises BadCase for fields that cannot be read, CannotFit for figures that allow none.
"""

from __future__ import annotations

from common.ranges import XMR

from .. import decision, money, portfolio, signals
from ..ratios import window_ratio
from ..words import Direction, Grain, Kind, Level
from .reading import Answer, Fields, places


def decision_table(given: Fields, params: Fields) -> Answer:
    basis = decision.Basis(
        read_out_reached=given.truth("read_out_reached"),
        level=given.one_of(Level, "level"),
        grain=given.one_of(Grain, "grain"),
        kind=given.one_of(Kind, "kind"),
        baseline_periods=given.whole("baseline_periods"),
        baseline_coverage=given.number("baseline_coverage"),
        measured_weeks=given.whole("measurement_weeks_complete"),
        expected_events=given.maybe("expected_events_in_measurement"),
        definition_changed=given.truth("definition_changed"),
        season_swing=given.maybe("season_swing"),
    )
    given_raw = given.has("raw_baseline") and given.has("raw_measurement")
    evidence = decision.Evidence(
        lower=given.number("lower"),
        upper=given.number("upper"),
        p=given.number("p"),
        leave_one_out_p=tuple(given.numbers("leave_one_out_p")),
        raw_change=given.number("raw_measurement") - given.number("raw_baseline")
        if given_raw
        else None,
    )
    thresholds = decision.Thresholds(
        params.number("alpha", decision.ALPHA),
        params.number("leave_out_threshold", decision.LEAVE_OUT),
        params.number("season_factor", decision.SEASON_FACTOR),
    )
    found = decision.decide(
        basis=basis,
        evidence=evidence,
        direction=given.one_of(Direction, "direction"),
        matters=given.maybe("smallest_change_that_matters"),
        thresholds=thresholds,
    )
    return {"verdict": str(found.verdict), "reasons": [str(one) for one in found.reasons]}


def assurance(given: Fields, params: Fields) -> Answer:
    found = signals.pooled_assurance(
        baseline=given.numbers("baseline"),
        measurement=given.numbers("measurement"),
        target=given.maybe("target"),
        direction=params.maybe_one_of(Direction, "direction"),
        constant=params.number("constant", XMR),
        least_ranges=params.whole("minimum_moving_ranges", signals.LEAST_RANGES),
    )
    return {
        "center": found.center,
        "mean_moving_range": found.moving_range,
        "lower": found.lower,
        "upper": found.upper,
        "assurance_icon": found.icon,
        "trial_limits": found.trial,
    }


def money_value(given: Fields, params: Fields) -> Answer:
    value = given.number("value")
    found = money.value_effect(
        effect=given.number("effect"),
        lower=given.number("lower"),
        upper=given.number("upper"),
        direction=given.one_of(Direction, "direction"),
        price=money.Price(
            value,
            given.number("value_low", value),
            given.number("value_high", value),
            given.number("units_per_week"),
        ),
        weeks=given.number("weeks", money.WEEKS_A_YEAR),
    )
    return {"value": found.value, "lower": found.lower, "upper": found.upper}


def benjamini_hochberg(given: Fields, params: Fields) -> Answer:
    ps, share = given.numbers("p"), params.number("q", portfolio.FALSE_SHARE)
    return {
        "adjusted": list(portfolio.adjust(ps)),
        "rejected_index": places(
            i for i, holds in enumerate(portfolio.holding(ps, share=share)) if holds
        ),
    }


def ratio_of_sums(given: Fields, params: Fields) -> Answer:
    found = window_ratio(given.numbers("numerator"), given.numbers("denominator"))
    return {"ratio": found.ratio, "se": found.se}
