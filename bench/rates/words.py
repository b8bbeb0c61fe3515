"""The words of many made series at once, by the product's engine and decision table.

Engine and table are the product's; here a design is solved once for all series on it, and what
the table asks for is put together. That the words are those of the product's own read-out is
held by tests/metrics/verdict/test_rates.py.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from metrics.rules.kinds import KINDS
from metrics.rules.verdict import decision
from metrics.rules.verdict.decision import Basis, Evidence, Ruling, Thresholds
from metrics.rules.verdict.design import STEP, columns
from metrics.rules.verdict.engine import Design, Fit, Floats, fit_many, prepare
from metrics.rules.verdict.words import Direction, Grain, Level, Verdict

from .series import AFTER, Made, kept

BATCH = 250
UNGUARDED = Thresholds(leave_out=1.0)


def rule(
    made: Made,
    *,
    before: int,
    level: Level,
    swing: float = 0.0,
    thresholds: Thresholds = decision.STANDARD,
) -> Iterator[Ruling]:
    """Give the ruling of each series. before: weeks of history; swing: the season as declared.

    A history that the table refuses as too short is judged as if it were not.
    """
    prepared = prepare(_design(before, level))
    for values, beside in made.parts(BATCH):
        found = fit_many(prepared, values - beside)
        for fit, own, other in zip(found, values, beside, strict=True):
            baseline = float(own[:before].mean())
            yield decision.decide(
                basis=_basis(made, before, level, swing, baseline, varies=fit is not None),
                evidence=None if fit is None else _evidence(made, fit, own, other, before),
                direction=Direction.LOWER,
                matters=decision.smallest_change(baseline=baseline, target=None),
                thresholds=thresholds,
            )


def false_share(made: Made, **how: Any) -> float:
    """Return the share of series that are called improved or worse, 0..1."""
    called = {Verdict.IMPROVED, Verdict.WORSE}
    return sum(one.verdict in called for one in rule(made, **how)) / len(made)


def found_share(made: Made, **how: Any) -> float:
    """Return the share of series that are called improved, 0..1."""
    return sum(one.verdict is Verdict.IMPROVED for one in rule(made, **how)) / len(made)


def _design(before: int, level: Level) -> Design:
    t = kept(before)
    step = (t >= before).astype(float)
    groups = tuple((before + week,) for week in range(AFTER))
    return Design(t, columns(t, step, level=level), STEP, groups=groups)


def _basis(
    made: Made, before: int, level: Level, swing: float, baseline: float, *, varies: bool
) -> Basis:
    return Basis(
        read_out_reached=True,
        level=level,
        grain=Grain.WEEK,
        kind=made.kind,
        baseline_periods=max(before, decision.LEAST_WEEKS[level]),
        baseline_coverage=1.0,
        measured_weeks=AFTER,
        expected_events=decision.expected_events(
            made.kind, baseline=baseline, exposure=AFTER * made.denominator
        ),
        definition_changed=False,
        season_swing=swing,
        varies=varies,
    )


def _evidence(made: Made, fit: Fit, own: Floats, other: Floats, before: int) -> Evidence:
    line = fit.expected[before:] + other[before:]
    return Evidence(
        lower=fit.lower,
        upper=fit.upper,
        p=fit.p,
        leave_one_out_p=fit.leave_one_out_p,
        raw_change=float(own[before:].mean() - own[:before].mean()),
        expected=(float(line.min()), float(line.max())),
        possible=KINDS[made.kind].natural_ends,
    )
