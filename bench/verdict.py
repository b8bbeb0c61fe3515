"""The verdict: how often it is wrong and right, in a few rows, and what one and many cost.

`make bench-verdict` prints the whole table.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from functools import partial

import numpy as np

from metrics.rules.verdict.engine import STANDARD
from metrics.rules.verdict.plan import Plan
from metrics.rules.verdict.readout import Question, read_out
from metrics.rules.verdict.windows import Figure
from metrics.rules.verdict.words import Direction, Kind, Level

from .data import Plant
from .rates.expected import HISTORIES
from .rates.series import MEAN, SPREAD
from .rates.table import Line, by_fall, limit
from .stage import Stage
from .tables import Report, at_most

RUNS = 400
METRICS = 72
PAST_WEEK_12 = (
    "UPDATE portfolio_pilot SET start_date = current_date - 101 WHERE tenant_id = %s",
    """
    UPDATE metrics_baseline b SET level = 'B', weeks = (
        SELECT jsonb_agg(jsonb_build_array(s.week, s.numerator, s.denominator, s.value)
            ORDER BY s.week)
        FROM metrics_snapshot s JOIN metrics_pilotmetric t ON t.tenant_id = s.tenant_id
          AND t.metric_id = s.metric_id
        WHERE t.tenant_id = b.tenant_id AND t.id = b.target_row_id
          AND s.week < current_date - 91 AND s.week > current_date - 805)
    WHERE b.tenant_id = %s
    """,
)
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
    _tenant(stage, report)


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


def _tenant(stage: Stage, report: Report) -> None:
    """Read out every primary metric of a tenant as one worker does, each with its guard."""
    from django.urls import reverse

    from common.tenancy.context import tenant
    from metrics.actions import readouts
    from metrics.queries import verdicts

    plant, now = _plant_past_week_12(stage), datetime.now(UTC)
    reverse("board", args=[plant.slug])  # a worker has loaded the addresses since its first job
    with tenant(plant.tenant_id):
        began = time.perf_counter()
        due = verdicts.list_due_baselines(now)
        found = time.perf_counter()
        new = sum(readouts.read_out(baseline=baseline, now=now) for baseline in due)
        done = time.perf_counter()
        nothing = _seconds(partial(verdicts.list_due_baselines, now))
    report.section(f"Read-out of a tenant, {new} primary metrics with 102 weeks of baseline")
    report.fact("all of them are new", str(new), holds=new == len(due) == METRICS)
    report.line("all, on one worker", [done - began], "s", at_most(5))
    report.line("of it, finding them", [(found - began) * 1e3], "ms")
    report.line("ten minutes later, nothing new", [nothing * 1e3], "ms")


def _plant_past_week_12(stage: Stage) -> Plant:
    """Return a tenant whose pilots are all past week 12, with baselines of the weeks they have.

    Changed as set-up, past what holds a locked baseline and a start.
    """
    plant = stage.plant("verdict", pilots=METRICS // 3 + 2, weeks=120)  # two too young
    with stage.admin.transaction():
        stage.admin.execute("SET LOCAL session_replication_role = replica")
        for statement in PAST_WEEK_12:
            stage.admin.execute(statement, [plant.tenant_id])
    stage.admin.execute("ANALYZE")
    return plant


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
