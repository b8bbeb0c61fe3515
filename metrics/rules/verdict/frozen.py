"""A question as text, so that a read-out can be kept, handed out and computed again anywhere.

The text is JSON as the database function `read_out_inputs` writes it; its digest is SHA-256 over
its UTF-8 bytes. Source: docs/methods/frozen.md.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from math import isclose
from typing import Any

from ..baselines import holds
from .decision import Target
from .engine import CannotFit
from .plan import MEASURED_WEEKS, Plan
from .readout import Question, ReadOut, read_out
from .windows import Figure
from .words import Direction, Grain, Kind, Level, Reason, Verdict

FORMAT = 1


class BadInputs(ValueError):
    """A text holds no inputs of a read-out; carries one sentence."""


@dataclass(frozen=True, slots=True)
class Guard:
    """A metric that must stay on the good side of its target in each measured week.

    metric: its code. side: lt, le, gt or ge. agreed: whether a sponsor agreed to the target.
    weeks: Monday and value of each week that has one.
    """

    metric: str
    name: str
    side: str
    target: float
    agreed: bool
    weeks: tuple[tuple[date, float], ...]

    @property
    def known(self) -> bool:
        """Say whether each measured week has a value: a bad one is easily left out."""
        return len(self.weeks) >= MEASURED_WEEKS

    @property
    def missed(self) -> bool:
        """Say whether any of its weeks lies on the wrong side."""
        return not all(holds(value, side=self.side, target=self.target) for _, value in self.weeks)


@dataclass(frozen=True, slots=True)
class Inputs:
    """Everything that a read-out is computed from."""

    question: Question
    guards: tuple[Guard, ...] = ()


def read(text: str) -> Inputs:
    """Return the inputs that a text holds. Raises BadInputs for anything else."""
    try:
        found = json.loads(text)
        if found["format"] != FORMAT:
            raise BadInputs(f"These inputs have format {found['format']}, and this reads {FORMAT}.")
        target, go_live = found["target"], found["go_live"]
        question = Question(
            plan=Plan(
                date.fromisoformat(found["start_date"]),
                date.fromisoformat(go_live) if go_live else None,
                found["last_week"],
                found["maturity_days"],
            ),
            kind=Kind(found["kind"]),
            direction=Direction(found["direction"]),
            level=Level(found["level"]),
            figures=_figures(found["figures"]),
            grain=Grain(found["grain"]),
            comparison=_figures(found["comparison"]),
            logarithm=found["logarithm"],
            season_swing=found["season_swing"],
            matters=found["matters"],
            target=Target(target[0], Direction(target[1]), target[2]) if target else None,
        )
        return Inputs(question, tuple(_guard(*row) for row in found["guards"]))
    except (KeyError, TypeError, ValueError, IndexError) as error:
        if isinstance(error, BadInputs):
            raise
        raise BadInputs("These are not the inputs of a read-out.") from error


def digest(text: str) -> bytes:
    """Return the SHA-256 of a text, 32 bytes."""
    return hashlib.sha256(text.encode()).digest()


def are_same(one: Any, other: Any) -> bool:
    """Say whether two results are the same; figures to nine digits, as processors round apart."""
    if isinstance(one, Mapping) and isinstance(other, Mapping):
        return one.keys() == other.keys() and all(are_same(one[key], other[key]) for key in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(are_same, one, other))
    if isinstance(one, float) and isinstance(other, int | float):
        return isclose(one, other, rel_tol=1e-9, abs_tol=1e-12)
    return bool(one == other)


def answer(given: Inputs) -> dict[str, Any]:
    """Return what a due read-out says, as plain values for JSON.

    word, reasons, level; effect, interval (with the season's allowance), measured: in the metric's
    unit, None where there is none; sign: of the interval, 0 where it holds 0. first_week,
    last_week: the pilot's weeks that were measured. guards: names of all; guards_missed: of those
    of which a measured week was on the wrong side of its target; guards_unknown: of those
    that lack a measured week; guards_open: of those to whose target nobody agreed.
    baseline_weeks: usable ones; with daily figures baseline_days instead, and grain: day.
    A question that the engine cannot take is answered with not enough evidence and `refused`, one
    sentence.
    """
    plan = given.question.plan
    first = (plan.measurement.start - plan.week(1)).days // 7 + 1
    beside = {
        "first_week": first,
        "last_week": first + MEASURED_WEEKS - 1,
        "guards": [guard.name for guard in given.guards],
        "guards_missed": [guard.name for guard in given.guards if guard.missed],
        "guards_unknown": [guard.name for guard in given.guards if not guard.known],
        "guards_open": [guard.name for guard in given.guards if not guard.agreed],
    }
    grain = given.question.grain
    try:
        found = read_out(given.question, reached=True)
    except CannotFit as error:
        found = ReadOut(Verdict.NOT_ENOUGH, (Reason.NO_VARIATION,), given.question.level)
        return {**_told(found, grain), **beside, "refused": str(error)}
    return {**_told(found, grain), **beside}


# Reasons that leave an interval to be told; with any other one nothing is said of the change.
TOLD = {Reason.INTERVAL_TOO_WIDE, Reason.IMPROVEMENT_RULED_OUT}


def _length(found: ReadOut, grain: Grain) -> dict[str, Any]:
    """Return how long the baseline is: in weeks, or in days where that is what was compared."""
    usable = 0 if found.windows is None else len(found.windows.baseline)
    if grain is Grain.DAY:
        return {"grain": grain, "baseline_days": usable}
    return {"baseline_weeks": usable}


def _told(found: ReadOut, grain: Grain) -> dict[str, Any]:
    if not TOLD.issuperset(found.reasons):
        found = replace(found, effect=None, widened=None, measured=None, target=None)
    low, high = found.widened or (None, None)
    return {
        "engine": found.engine_version,
        "word": found.verdict,
        "reasons": list(found.reasons),
        "level": found.level,
        "effect": None if found.effect is None else found.effect.value,
        "interval": None if low is None else [low, high],
        "plain_interval": None
        if found.effect is None
        else [found.effect.lower, found.effect.upper],
        "sign": 0 if low is None or high is None else (low > 0) - (high < 0),
        "p": found.p,
        "leave_one_out_p": list(found.leave_one_out_p),
        "before": found.baseline,
        "after": found.measurement,
        "measured": None
        if found.measured is None
        else [found.measured.value, found.measured.lower, found.measured.upper],
        "target": found.target,
        "matters": found.matters,
        "flags": list(found.flags),
        **_length(found, grain),
        "measured_weeks": 0 if found.windows is None else found.windows.measured_weeks,
        "points": [
            [one.day.isoformat(), one.value, one.denominator, one.measured, one.expected]
            for one in found.points
        ],
        "mean_rho": None if found.fit is None else found.fit.mean_rho,
        "df": None if found.fit is None else found.fit.df,
    }


def _guard(
    metric: str, name: str, side: str, target: float, agreed: bool, weeks: list[list[Any]]
) -> Guard:
    known = tuple((date.fromisoformat(day), value) for day, value in weeks)
    return Guard(metric, name, side, target, agreed, known)


def _figures(rows: list[list[Any]]) -> tuple[Figure, ...]:
    return tuple(Figure(date.fromisoformat(day), *rest) for day, *rest in rows)
