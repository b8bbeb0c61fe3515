"""The verdict: how often it is wrong and right, in a few rows, and what one costs.

`make bench-verdict` prints the whole table. What one tenant's metrics cost together is measured
here as soon as a job reads them out.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import date, timedelta
from functools import partial

import numpy as np

from metrics.rules.verdict.engine import STANDARD
from metrics.rules.verdict.readout import Question, read_out
from metrics.rules.verdict.windows import Figure, Plan
from metrics.rules.verdict.words import Direction, Kind, Level

from .rates.expected import HISTORIES
from .rates.series import MEAN, SPREAD
from .rates.table import Line, by_fall, limit
from .stage import Stage
from .tables import Report, at_most

RUNS = 400
WEEKS = 108
ROWS = (
    (Level.HISTORY, 104, "AR 0.3"),
    (Level.HISTORY, 66, "AR 0.6"),
    (Level.COMPARISON, 26, "AR 0.3"),
    (Level.BEFORE_AFTER, 14, "AR 0.6"),
    (Level.BEFORE_AFTER, 8, "independent weeks"),
)


def run(stage: Stage, report: Report) -> None:
    """Print five rows of the table, then the time of one read-out."""
    report.section(
        "Verdict: series called, of made ones; in brackets what is expected",
        "without a change improved or worse, at a fall of 20 and 40 % improved",
    )
    runs = RUNS // 4 if stage.quick else RUNS
    for row in ROWS:
        _rates(report, row, runs)
    report.section(f"Verdict: one metric of {WEEKS} weeks, level B, each measured week left out")
    _cost(report, times=10 if stage.quick else 10 * stage.rounds)


def _rates(report: Report, row: tuple[Level, int, str], runs: int) -> None:
    """Print one row of the table at no fall and at large ones; false calls have a limit."""
    level, weeks, label = row
    line = _line(level, weeks, label)
    cells = [cell for cell in line.cells if cell.fall in {0.0, 0.2, 0.4}]
    shares = [cell.share(runs) for cell in cells]
    found = "/".join(f"{share * 100:.1f}" for share in shares)
    beside = "/".join(f"{cell.expected:g}" for cell in cells)
    report.fact(
        f"level {level}, {weeks} weeks, {label}: falls 0/20/40 %",
        f"{found} ({beside})",
        holds=shares[0] <= limit(runs),
    )


def _line(level: Level, weeks: int, label: str) -> Line:
    return next(
        line
        for one in HISTORIES
        if (one.level, one.weeks) == (level, weeks)
        for line in by_fall(one)
        if line.label == label
    )


def _cost(report: Report, *, times: int) -> None:
    """Time read-outs in turn with a fixed piece of numpy, by which they can be judged elsewhere."""
    question, matrices = _question(), _matrices()
    product, fixed = [], []
    for _ in range(times):
        product.append(_seconds(partial(read_out, question, reached=True)))
        fixed.append(_seconds(partial(np.linalg.cholesky, matrices)))
    report.line("one verdict with its guard", [one * 1e3 for one in product], "ms", at_most(60))
    name = f"numpy: {len(matrices)} Cholesky factors of {WEEKS} x {WEEKS}"
    report.line(name, [one * 1e3 for one in fixed], "ms")
    ratios = [one / other for one, other in zip(product, fixed, strict=True)]
    report.line("one verdict as many times as long", ratios, "")


def _question() -> Question:
    """Return a metric of which every week to the twelfth but the transition is there."""
    plan, rng = Plan(date(2025, 1, 6)), np.random.default_rng(12)
    first = plan.week(3) - timedelta(weeks=WEEKS - 4)
    days = [first + timedelta(weeks=week) for week in range(WEEKS - 4)]
    days += [plan.week(number) for number in range(9, 13)]
    figures = tuple(Figure(day, MEAN + SPREAD * float(rng.normal()), 1.0) for day in days)
    return Question(
        plan=plan,
        kind=Kind.MEAN,
        direction=Direction.LOWER,
        level=Level.HISTORY,
        figures=figures,
    )


def _matrices() -> np.ndarray:
    """Return as many correlation matrices as the engine has strengths, all of one kind."""
    apart = np.abs(np.subtract.outer(np.arange(WEEKS), np.arange(WEEKS)))
    return np.repeat((0.5**apart)[None], len(STANDARD.rho), axis=0)


def _seconds(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began
