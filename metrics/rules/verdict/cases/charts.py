"""Cases of control charts; places of points count from 1.

Each function is one family: the fields of `input` and `params` in, the names of `expected` out.
Raises BadCase for fields that cannot be read, CannotFit for figures that allow none.
"""

from __future__ import annotations

from typing import Any

from common.ranges import XMR

from .. import limits, signals, watch
from ..words import Direction
from .reading import Answer, BadCase, Fields, places


def xmr(given: Fields, params: Fields) -> Answer:
    values = given.numbers("values")
    found = limits.xmr(
        values,
        baseline=params.whole("baseline_points", len(values)),
        constant=params.number("constant", XMR),
        range_constant=params.number("mr_constant", limits.MOVING_RANGE),
        screened=params.truth("screen_moving_ranges"),
    )
    points = signals.find_signals(found.limits)
    direction = params.maybe_one_of(Direction, "direction")
    lower, upper = found.limits.lower[0], found.limits.upper[0]
    return {
        "center": found.limits.center,
        "mean_moving_range": found.moving_range,
        "lower": lower,
        "upper": upper,
        "mr_upper": found.moving_range_upper,
        "outside_limits_index": places(found.limits.outside),
        "special_cause": [str(point) for point in points],
        "variation_icon": signals.variation_icon(points, found.limits, direction),
        "assurance_icon": signals.assurance_icon(
            lower=lower, upper=upper, target=params.maybe("target"), direction=direction
        ),
    }


def proportions(given: Fields, params: Fields, *, laney: bool) -> Answer:
    numerators, denominators = given.numbers("numerator"), given.numbers("denominator")
    return _limits_of_each(
        limits.proportions(numerators, denominators, laney=laney, **_scope(params, numerators))
    )


def rates(given: Fields, params: Fields, *, laney: bool) -> Answer:
    numerators = given.numbers("numerator")
    denominators = given.numbers("denominator") if given.has("denominator") else None
    return _limits_of_each(
        limits.rates(numerators, denominators, laney=laney, **_scope(params, numerators))
    )


def _scope(params: Fields, points: list[float]) -> dict[str, Any]:
    """Return which points of a chart count for its limits, and how wide those are."""
    places = params.numbers("exclude") if params.has("exclude") else []
    if not all(place in range(1, len(points) + 1) for place in places):
        raise BadCase("'exclude' holds what is no place of a point.")
    return {
        "baseline": params.whole("baseline_points", len(points)),
        "excluded": [int(place) - 1 for place in places],
        "sigma": params.number("sigma", 3.0),
    }


def _limits_of_each(found: limits.Limits) -> Answer:
    return {
        "center": found.center,
        "values": list(found.values),
        "lower": list(found.lower),
        "upper": list(found.upper),
        "outside_limits_index": places(found.outside),
    }


def g(given: Fields, params: Fields) -> Answer:
    return _rare(limits.g_chart(given.numbers("values"), sigma=params.number("sigma", 3.0)))


def t(given: Fields, params: Fields) -> Answer:
    return _rare(
        limits.t_chart(
            given.numbers("values"),
            sigma=params.number("sigma", 3.0),
            exponent=params.number("exponent", limits.T_EXPONENT),
        )
    )


def _rare(found: limits.Limits) -> Answer:
    return {
        "center": found.center,
        "lower": found.lower[0],
        "upper": found.upper[0],
        "mean": sum(found.values) / len(found.values),
        "outside_limits_index": places(found.outside),
    }


def run_chart(given: Fields, params: Fields) -> Answer:
    found = watch.run_chart(given.numbers("values"))
    return {
        "center": found.center,
        "n_useful": found.useful,
        "longest_run": found.longest,
        "longest_run_max": found.longest_allowed,
        "crossings": found.crossings,
        "crossings_min": found.least_crossings,
        "signal": found.signal,
    }


def ewma(given: Fields, params: Fields) -> Answer:
    found = watch.ewma(
        given.numbers("values"),
        center=params.number("center"),
        sd=params.number("sd"),
        weight=params.number("lambda"),
        sigmas=params.number("nsigmas"),
    )
    return {
        "ewma": list(found.values),
        "lower": list(found.lower),
        "upper": list(found.upper),
        "outside_limits_index": places(found.outside),
        "steady_state_upper": found.steady_upper,
        "steady_state_lower": found.steady_lower,
    }


def cusum(given: Fields, params: Fields) -> Answer:
    found = watch.cusum(
        given.numbers("values"),
        center=params.number("center"),
        sd=params.number("sd"),
        k=params.number("k"),
        h=params.number("h"),
    )
    return {
        "high": list(found.high),
        "low": list(found.low),
        "signal_index": places(found.signals),
    }
