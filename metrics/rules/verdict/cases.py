"""The families of cases that are computed: from what a case gives to what it expects.

Answers carry the names that `expected` has in such a case; places count from 1 there.
Source: docs/methods/cases.md.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from typing import Any

import numpy as np

from . import crosschecks, decision, limits, mde, money, portfolio, regressions, signals, watch
from .design import relative_variance
from .engine import (
    LAMBDA_WEIGHTS,
    LAMBDAS,
    RHOS,
    CannotFit,
    Design,
    Floats,
    Grid,
    fit,
    make_grid,
    prepare,
)
from .ratios import window_ratio
from .reading import BadCase, Case, Fields, UnknownFamily
from .words import Direction, Grain, Kind, Level

Answer = dict[str, Any]
MOST_GRID_POINTS = 200


def answer(case: Case) -> Answer:
    """Return the results of a case by the names that its `expected` has.

    Raises UnknownFamily, or BadCase where the figures allow no answer; both with one sentence.
    """
    family = FAMILIES.get(case.method)
    if family is None:
        known = ", ".join(sorted(FAMILIES))
        raise UnknownFamily(f"'{case.method[:60]}' is not computed here; these are: {known}.")
    try:
        return family(case.input, case.params)
    except BadCase:
        raise
    except (ArithmeticError, IndexError, OverflowError, np.linalg.LinAlgError):
        raise BadCase("The figures of this case allow no answer.") from None
    except ValueError as problem:
        raise BadCase(str(problem)) from None


# The engine


def _plain_engine(given: Fields, params: Fields) -> Answer:
    return _engine(given, params, _design(given, params))


def _weighted_engine(given: Fields, params: Fields) -> Answer:
    x, d = given.array("numerator"), given.array("denominator")
    if x.shape != d.shape or not (d > 0).all():
        raise BadCase("Each period needs a numerator and a denominator above 0.")
    design = _design(given, params, relative_variance(d))
    after = design.x[:, design.step] != 0
    if after.shape != x.shape:
        raise BadCase("'X' and 'numerator' differ in length.")
    given = Fields({"y": list(x / d), **given.values})
    return _engine(given, params, design) | {
        "window_ratio_baseline": window_ratio(x[~after], d[~after]).ratio,
        "window_ratio_measurement": window_ratio(x[after], d[after]).ratio,
    }


def _engine(given: Fields, params: Fields, design: Design) -> Answer:
    share = params.number("level", 0.95)
    found = fit(prepare(design), given.numbers("y"), share=_share(share))
    if found is None:
        raise CannotFit("The series does not vary, so nothing tells how sure an effect is.")
    threshold = params.number("leave_out_threshold", decision.LEAVE_OUT)
    return {
        "effect": found.effect,
        "p": found.p,
        "lower": found.lower,
        "upper": found.upper,
        "df": found.df,
        "mean_rho": found.mean_rho,
        "weight_at_rho0": found.weight_at_rho0,
        "leave_one_out_p": list(found.leave_one_out_p),
        "leave_one_out_pass": all(p <= threshold for p in found.leave_one_out_p),
        "significant": found.p <= 1 - share,
    }


def _design(given: Fields, params: Fields, variance: Floats | None = None) -> Design:
    x, names = given.matrix("X"), given.values.get("columns")
    step = names.index("step") if isinstance(names, list) and "step" in names else 1
    if step >= x.shape[1]:
        raise BadCase("'X' has no column for the step.")
    weeks = params.whole("leave_out_groups", 4)
    rows = np.flatnonzero(x[:, step])
    if not 0 <= weeks <= len(rows):
        raise BadCase("'leave_out_groups' must not outnumber the measurement periods.")
    parts = np.array_split(rows, weeks) if weeks else []
    groups = tuple(tuple(map(int, part)) for part in parts)
    return Design(given.array("t"), x, step, variance, groups, grid=_grid(params))


def _grid(params: Fields) -> Grid:
    """Return the grid of a case, by default the product's."""
    rhos, lams, weights = (
        params.numbers(name) if params.has(name) else list(usual)
        for name, usual in (
            ("rho_grid", RHOS),
            ("lambda_grid", LAMBDAS),
            ("lambda_weights", LAMBDA_WEIGHTS),
        )
    )
    if not all(0 <= one < 1 for one in rhos) or not all(0 < one <= 1 for one in lams):
        raise BadCase("'rho_grid' lies in 0 to below 1, 'lambda_grid' in above 0 to 1.")
    if len(lams) != len(weights) or not all(one > 0 for one in weights):
        raise BadCase("'lambda_weights' are above 0, one for each of 'lambda_grid'.")
    if len(rhos) * len(lams) > MOST_GRID_POINTS:
        raise BadCase(f"The grid has more than {MOST_GRID_POINTS} points.")
    return make_grid(rhos, lams, weights)


def _share(value: float) -> float:
    if not 0 < value < 1:
        raise BadCase("'level' lies between 0 and 1.")
    return value


def _planned_mde(given: Fields, params: Fields) -> Answer:
    history = given.matrix("X_history")
    plan = given.matrix("X_plan")
    if plan.shape[1] < 2:
        raise BadCase("'X_plan' has no column for the step.")
    found = mde.detectable(
        history=Design(given.array("t_history"), history, history.shape[1] - 1),
        y=given.numbers("y"),
        planned=Design(given.array("t_plan"), plan),
        share=_share(params.number("level", 0.95)),
    )
    if found is None:
        raise CannotFit("The history does not vary, so nothing tells what a plan would see.")
    return {"half_width": found.half_width, "rms_se": found.rms_se, "mde": found.mde}


# Words, icons, money


def _decision_table(given: Fields, params: Fields) -> Answer:
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


def _assurance(given: Fields, params: Fields) -> Answer:
    found = signals.pooled_assurance(
        baseline=given.numbers("baseline"),
        measurement=given.numbers("measurement"),
        target=given.maybe("target"),
        direction=params.maybe_one_of(Direction, "direction"),
        constant=params.number("constant", limits.XMR),
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


def _money(given: Fields, params: Fields) -> Answer:
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


def _benjamini_hochberg(given: Fields, params: Fields) -> Answer:
    ps, share = given.numbers("p"), params.number("q", portfolio.FALSE_SHARE)
    return {
        "adjusted": list(portfolio.adjust(ps)),
        "rejected_index": _places(
            i for i, holds in enumerate(portfolio.holding(ps, share=share)) if holds
        ),
    }


def _ratio_of_sums(given: Fields, params: Fields) -> Answer:
    found = window_ratio(given.numbers("numerator"), given.numbers("denominator"))
    return {"ratio": found.ratio, "se": found.se}


# Charts


def _xmr(given: Fields, params: Fields) -> Answer:
    values = given.numbers("values")
    found = limits.xmr(
        values,
        baseline=params.whole("baseline_points", len(values)),
        constant=params.number("constant", limits.XMR),
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
        "outside_limits_index": _places(found.limits.outside),
        "special_cause": [str(point) for point in points],
        "variation_icon": signals.variation_icon(points, found.limits, direction),
        "assurance_icon": signals.assurance_icon(
            lower=lower, upper=upper, target=params.maybe("target"), direction=direction
        ),
    }


def _proportions(given: Fields, params: Fields, *, laney: bool) -> Answer:
    numerators, denominators = given.numbers("numerator"), given.numbers("denominator")
    return _limits_of_each(
        limits.proportions(numerators, denominators, laney=laney, **_scope(params, numerators))
    )


def _rates(given: Fields, params: Fields, *, laney: bool) -> Answer:
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
        "outside_limits_index": _places(found.outside),
    }


def _g(given: Fields, params: Fields) -> Answer:
    return _rare(limits.g_chart(given.numbers("values"), sigma=params.number("sigma", 3.0)))


def _t(given: Fields, params: Fields) -> Answer:
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
        "outside_limits_index": _places(found.outside),
    }


def _run_chart(given: Fields, params: Fields) -> Answer:
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


def _ewma(given: Fields, params: Fields) -> Answer:
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
        "outside_limits_index": _places(found.outside),
        "steady_state_upper": found.steady_upper,
        "steady_state_lower": found.steady_lower,
    }


def _cusum(given: Fields, params: Fields) -> Answer:
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
        "signal_index": _places(found.signals),
    }


# Second opinions


def _welch(given: Fields, params: Fields) -> Answer:
    level = _share(params.number("level", 0.95))
    found = crosschecks.welch(given.numbers("a"), given.numbers("b"), level=level)
    return {
        "difference_b_minus_a": found.value,
        "t": found.t,
        "df": found.df,
        "p": found.p,
        "lower": found.lower,
        "upper": found.upper,
    }


def _mann_whitney(given: Fields, params: Fields) -> Answer:
    u, p = crosschecks.mann_whitney(given.numbers("a"), given.numbers("b"))
    return {"u_a": u, "p": p}


def _newcombe(given: Fields, params: Fields) -> Answer:
    x1, n1, x2, n2 = (given.number(name) for name in ("x1", "n1", "x2", "n2"))
    level = _share(params.number("level", 0.95))
    found = crosschecks.newcombe(x1, n1, x2, n2, level=level)
    return {"difference": found.value, "lower": found.lower, "upper": found.upper}


def _rate_ratio(given: Fields, params: Fields) -> Answer:
    found = crosschecks.rate_ratio(
        given.whole("events_1"),
        given.number("exposure_1"),
        given.whole("events_2"),
        given.number("exposure_2"),
        level=_share(params.number("level", 0.95)),
    )
    return {
        "ratio_1_over_2": found.value,
        "lower": found.lower,
        "upper": found.upper,
        "p": found.p,
    }


def _power_t_test(given: Fields, params: Fields) -> Answer:
    power = crosschecks.power_of_t(
        n=given.whole("n_per_group"),
        delta=given.number("delta"),
        sd=given.number("sd"),
        alpha=given.number("alpha", 0.05),
    )
    return {"power": power}


def _gls(given: Fields, params: Fields) -> Answer:
    y, t, x = given.array("y"), given.array("t"), given.matrix("X")
    rho = params.number("rho")
    if not 0 <= rho < 1 or t.shape != y.shape:
        raise BadCase("'rho' lies in 0 to below 1, and each value has a period in 't'.")
    found = regressions.gls(y, t, x, rho)
    return {
        "coef": list(found.values),
        "se": list(found.se),
        "sigma": found.sigma,
        "reml_loglik": found.log_likelihood,
    }


def _newey_west(given: Fields, params: Fields) -> Answer:
    found = regressions.newey_west(given.array("y"), given.matrix("X"), params.whole("lag"))
    return {
        "coef": list(found.values),
        "se": list(found.se),
        "se_small_sample": list(found.se_small),
    }


def _quasi(given: Fields, test: Callable[..., regressions.StepCount]) -> Answer:
    names = ("numerator", "denominator", "step")
    found = test(*(given.numbers(name) for name in names))
    return {
        "coef_step": found.step,
        "se_step": found.se,
        "t": found.t,
        "p": found.p,
        "dispersion": found.dispersion,
        "df": found.df,
    }


def _quasi_poisson(given: Fields, params: Fields) -> Answer:
    return _quasi(given, regressions.quasi_poisson)


def _quasi_binomial(given: Fields, params: Fields) -> Answer:
    return _quasi(given, regressions.quasi_binomial)


def _places(places: Iterable[int]) -> list[int]:
    """Return places as people count them, from 1."""
    return [place + 1 for place in places]


FAMILIES: dict[str, Callable[[Fields, Fields], Answer]] = {
    "averaged-ar-gls": _plain_engine,
    "averaged-ar-gls-weighted": _weighted_engine,
    "planned-mde": _planned_mde,
    "verdict-decision-table": _decision_table,
    "assurance-pooled": _assurance,
    "money-value": _money,
    "benjamini-hochberg": _benjamini_hochberg,
    "ratio-of-sums": _ratio_of_sums,
    "xmr": _xmr,
    "p": partial(_proportions, laney=False),
    "pp": partial(_proportions, laney=True),
    "u": partial(_rates, laney=False),
    "up": partial(_rates, laney=True),
    "c": partial(_rates, laney=False),
    "g": _g,
    "t": _t,
    "run-chart-anhoej": _run_chart,
    "ewma": _ewma,
    "cusum": _cusum,
    "welch": _welch,
    "mann-whitney": _mann_whitney,
    "newcombe": _newcombe,
    "rate-ratio-exact": _rate_ratio,
    "power-t-test": _power_t_test,
    "gls-ar1-fixed-rho": _gls,
    "ols-newey-west": _newey_west,
    "quasipoisson": _quasi_poisson,
    "quasibinomial": _quasi_binomial,
}
