"""Cases of the second opinions.

Each function is one family: the fields of `input` and `params` in, the names of `expected` out.
Raises BadCase for fields that cannot be read, CannotFit for figures that allow none.
"""

from __future__ import annotations

from collections.abc import Callable
from math import isfinite

from .. import crosschecks, regressions
from .reading import Answer, BadCase, Fields, level_of


def welch(given: Fields, params: Fields) -> Answer:
    level = level_of(params)
    found = crosschecks.welch(given.numbers("a"), given.numbers("b"), level=level)
    return {
        "difference_b_minus_a": found.value,
        "t": found.t,
        "df": found.df,
        "p": found.p,
        "lower": found.lower,
        "upper": found.upper,
    }


def mann_whitney(given: Fields, params: Fields) -> Answer:
    u, p = crosschecks.mann_whitney(given.numbers("a"), given.numbers("b"))
    return {"u_a": u, "p": p}


def newcombe(given: Fields, params: Fields) -> Answer:
    x1, n1, x2, n2 = (given.number(name) for name in ("x1", "n1", "x2", "n2"))
    level = level_of(params)
    found = crosschecks.newcombe(x1, n1, x2, n2, level=level)
    return {"difference": found.value, "lower": found.lower, "upper": found.upper}


def rate_ratio(given: Fields, params: Fields) -> Answer:
    found = crosschecks.rate_ratio(
        given.whole("events_1"),
        given.number("exposure_1"),
        given.whole("events_2"),
        given.number("exposure_2"),
        level=level_of(params),
    )
    return {
        "ratio_1_over_2": _finite(found.value),
        "lower": found.lower,
        "upper": _finite(found.upper),
        "p": found.p,
    }


def _finite(value: float) -> float | None:
    """Return a number, None for one without end: the second side had no event."""
    return value if isfinite(value) else None


def power_t_test(given: Fields, params: Fields) -> Answer:
    power = crosschecks.power_of_t(
        n=given.whole("n_per_group"),
        delta=given.number("delta"),
        sd=given.number("sd"),
        alpha=given.number("alpha", 0.05),
    )
    return {"power": power}


def gls(given: Fields, params: Fields) -> Answer:
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


def newey_west(given: Fields, params: Fields) -> Answer:
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


def quasi_poisson(given: Fields, params: Fields) -> Answer:
    return _quasi(given, regressions.quasi_poisson)


def quasi_binomial(given: Fields, params: Fields) -> Answer:
    return _quasi(given, regressions.quasi_binomial)
