"""Cases in the format of the reference sets: from what a case gives to what it expects.

Answers carry the names that `expected` has in such a case. Source: docs/methods/cases.md.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from math import isfinite

import numpy as np

from ..words import CannotFit
from . import charts, fits, opinions, tables
from .reading import Answer, BadCase, Case, Fields, UnknownFamily

NONE = "The figures of this case allow no answer."

FAMILIES: dict[str, Callable[[Fields, Fields], Answer]] = {
    "averaged-ar-gls": fits.plain_engine,
    "averaged-ar-gls-weighted": fits.weighted_engine,
    "planned-mde": fits.planned_mde,
    "verdict-decision-table": tables.decision_table,
    "assurance-pooled": tables.assurance,
    "money-value": tables.money_value,
    "benjamini-hochberg": tables.benjamini_hochberg,
    "ratio-of-sums": tables.ratio_of_sums,
    "xmr": charts.xmr,
    "p": partial(charts.proportions, laney=False),
    "pp": partial(charts.proportions, laney=True),
    "u": partial(charts.rates, laney=False),
    "up": partial(charts.rates, laney=True),
    "c": partial(charts.rates, laney=False),
    "g": charts.g,
    "t": charts.t,
    "run-chart-anhoej": charts.run_chart,
    "ewma": charts.ewma,
    "cusum": charts.cusum,
    "welch": opinions.welch,
    "mann-whitney": opinions.mann_whitney,
    "newcombe": opinions.newcombe,
    "rate-ratio-exact": opinions.rate_ratio,
    "power-t-test": opinions.power_t_test,
    "gls-ar1-fixed-rho": opinions.gls,
    "ols-newey-west": opinions.newey_west,
    "quasipoisson": opinions.quasi_poisson,
    "quasibinomial": opinions.quasi_binomial,
}


def answer(case: Case) -> Answer:
    """Return the results of a case by the names that its `expected` has.

    Raises UnknownFamily, or BadCase where the figures allow no answer; both with one sentence.
    """
    family = FAMILIES.get(case.method)
    if family is None:
        known = ", ".join(sorted(FAMILIES))
        raise UnknownFamily(f"'{case.method[:60]}' is not computed here; these are: {known}.")
    try:
        with np.errstate(over="raise", invalid="raise", divide="raise"):
            found = family(case.input, case.params)
    except BadCase:
        raise
    except CannotFit as problem:
        raise BadCase(str(problem)) from None
    except (ArithmeticError, ValueError, IndexError, np.linalg.LinAlgError):
        raise BadCase(NONE) from None
    if not all(map(_is_finite, found.values())):
        raise BadCase(NONE)
    return found


def _is_finite(value: object) -> bool:
    if isinstance(value, list):
        return all(map(_is_finite, value))
    return not isinstance(value, float) or isfinite(value)
