"""What a plan can see before it starts: the smallest effect that four of five such plans find.

The half width of the interval to come plus one standard error gives a power of 80 % (the 80 %
point of the standard normal is 0.84, rounded up to 1). Source: docs/methods/power.md.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np

from metrics.rules.baselines import (
    AFTER_WEEKS,
    LEAST_DAYS,
    LEAST_SEASON_WEEKS,
    MOST_DAYS,
    MOST_PLAIN_WEEKS,
    MOST_WEEKS,
)

from .design import STEP, columns
from .engine import Design, Floats, Mixture, Noise, step_variances, weigh
from .words import Grain, Level

WEEK_DAYS = 7
HISTORY_WEEKS = (26, LEAST_SEASON_WEEKS, MOST_WEEKS)
GAP_WEEKS = 6


@dataclass(frozen=True, slots=True)
class Detectable:
    """What a plan can see, in the unit of the history.

    half_width: of the 95 % interval to come. rms_se: root mean square of its standard errors.
    """

    half_width: float
    rms_se: float

    @property
    def mde(self) -> float:
        """Return the effect that 80 % of such plans would find."""
        return self.half_width + self.rms_se


@dataclass(frozen=True, slots=True)
class Offer:
    """What so many weeks of history and so many after go-live would show."""

    history_weeks: int
    after_weeks: int
    level: Level
    mde: float


def detectable(
    *, history: Design, y: Sequence[float] | Floats, planned: Design, share: float = 0.95
) -> Detectable | None:
    """Return what a planned design can see through the noise of the history.

    history: its columns without the step, any of them named as step. y: its values, shape (n,).
    planned: with the step; variances of both relative to the same period. None where the history
    does not vary. Raises CannotFit where history or plan has no answer.
    """
    noise = weigh(history, y)
    return None if noise is None else _through(noise, step_variances(planned), share)


def offers(
    *, history: Design, y: Sequence[float] | Floats, comparison: bool = False
) -> tuple[Offer, ...]:
    """Return what each length of history and of the time after would show, in weeks of one grain.

    comparison: whether a comparison line stands beside the pilot. The noise is that of the history
    at hand; a longer one would know it better, so its rows err on the careful side. Empty where the
    history does not vary. Raises CannotFit.
    """
    noise = weigh(history, y)
    if noise is None:
        return ()
    return tuple(
        Offer(weeks, after, level, _through(noise, _weekly(weeks, after, level), 0.95).mde)
        for weeks in HISTORY_WEEKS
        for level in [offered_level(weeks, comparison=comparison)]
        for after in AFTER_WEEKS
    )


def daily_offers(*, history: Design, y: Sequence[float] | Floats) -> tuple[Offer, ...]:
    """Return what two to four weeks of days and each time after would show, beside `offers`.

    Its weekdays are those of the history; weeks that hold too few of them are left out. Empty where
    the history does not vary. Raises CannotFit.
    """
    noise, plain = weigh(history, y), Level.BEFORE_AFTER
    if noise is None:
        return ()
    weekdays = weekdays_of(history.t)
    return tuple(
        Offer(weeks, after, plain, _through(noise, _daily(weeks, after, weekdays), 0.95).mde)
        for weeks in range(LEAST_DAYS // WEEK_DAYS, MOST_DAYS // WEEK_DAYS + 1)
        if weeks * len(weekdays) >= LEAST_DAYS
        for after in AFTER_WEEKS
    )


def weekdays_of(t: Floats) -> tuple[int, ...]:
    """Return the weekdays that occur among days, in order. t: counted from a Monday."""
    return tuple(int(day) for day in np.unique(np.mod(t, WEEK_DAYS)))


def daily_plan(before: Floats, after_weeks: int, *, variance: Floats | None = None) -> Design:
    """Return the design of some days, six weeks of transition and so many whole weeks of them after.

    before: counted from a Monday. variance: relative one of the days before; those after have 1.
    """
    start = (before[-1] // WEEK_DAYS + 1 + GAP_WEEKS) * WEEK_DAYS
    after = _worked(start, after_weeks, weekdays_of(before))
    t = np.concatenate([before, after])
    whole = None if variance is None else np.concatenate([variance, np.ones(len(after))])
    step = (t >= start).astype(float)
    return Design(t, columns(t, step, level=Level.BEFORE_AFTER, grain=Grain.DAY), STEP, whole)


def _worked(start: float, weeks: int, weekdays: tuple[int, ...]) -> Floats:
    """Return the days of some weeks from a Monday on that fall on the weekdays."""
    days = np.arange(start, start + weeks * WEEK_DAYS)
    return days[np.isin(np.mod(days, WEEK_DAYS), weekdays)]


def offered_level(history_weeks: int, *, comparison: bool) -> Level:
    """Return the level that so much history can carry."""
    if comparison:
        return Level.COMPARISON
    return Level.HISTORY if history_weeks >= LEAST_SEASON_WEEKS else Level.BEFORE_AFTER


def weekly_plan(history_weeks: int, after_weeks: int, level: Level) -> Design:
    """Return the design of so many weeks before, six of transition and so many after."""
    plain = level is Level.BEFORE_AFTER
    before = min(history_weeks, MOST_PLAIN_WEEKS) if plain else history_weeks
    start = before + GAP_WEEKS
    t = np.concatenate([np.arange(before), np.arange(start, start + after_weeks)]).astype(float)
    return Design(t, columns(t, (t >= start).astype(float), level=level), STEP)


@cache
def _weekly(history_weeks: int, after_weeks: int, level: Level) -> Floats:
    """Return the step's variances of a weekly plan: they are the same for every series."""
    found = step_variances(weekly_plan(history_weeks, after_weeks, level))
    found.flags.writeable = False
    return found


@cache
def _daily(history_weeks: int, after_weeks: int, weekdays: tuple[int, ...]) -> Floats:
    """Return the step's variances of a daily plan: they are the same for every series."""
    found = step_variances(daily_plan(_worked(0.0, history_weeks, weekdays), after_weeks))
    found.flags.writeable = False
    return found


def _through(noise: Noise, variances: Floats, share: float) -> Detectable:
    error = np.sqrt(noise.variance * variances)
    mixture = Mixture(noise.weight[None], np.zeros((1, len(error))), error[None], noise.df)
    half = float(mixture.quantile((1 + share) / 2)[0])
    return Detectable(half, float(np.sqrt(noise.weight @ error**2)))
