"""Cases of the engine and of what a plan can see.

Each function is one family: the fields of `input` and `params` in, the names of `expected` out.
Raises BadCase for fields that cannot be read, CannotFit for figures that allow none.
"""

from __future__ import annotations

import numpy as np

from .. import decision, mde
from ..design import relative_variance
from ..engine import (
    LAMBDA_WEIGHTS,
    LAMBDAS,
    RHOS,
    Design,
    Floats,
    Grid,
    fit,
    make_grid,
    prepare,
)
from ..ratios import window_ratio
from ..words import CannotFit
from .reading import Answer, BadCase, Fields, level_of

MOST_GRID_POINTS = 200


def plain_engine(given: Fields, params: Fields) -> Answer:
    return _engine(given, params, _design(given, params))


def weighted_engine(given: Fields, params: Fields) -> Answer:
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
    share = level_of(params)
    found = fit(prepare(design), given.numbers("y"), share=share)
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


def planned_mde(given: Fields, params: Fields) -> Answer:
    history = given.matrix("X_history")
    plan = given.matrix("X_plan")
    if plan.shape[1] < 2:
        raise BadCase("'X_plan' has no column for the step.")
    found = mde.detectable(
        history=Design(given.array("t_history"), history, history.shape[1] - 1),
        y=given.numbers("y"),
        planned=Design(given.array("t_plan"), plan),
        share=level_of(params),
    )
    if found is None:
        raise CannotFit("The history does not vary, so nothing tells what a plan would see.")
    return {"half_width": found.half_width, "rms_se": found.rms_se, "mde": found.mde}
