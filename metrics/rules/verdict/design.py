"""The columns that a series is regressed on. Source: docs/methods/engine.md, "Columns"."""

from __future__ import annotations

from typing import cast

import numpy as np

from .engine import Floats
from .words import Grain, Level

WEEKS_A_YEAR = 365.25 / 7
HARMONICS = (1, 2)
STEP = 1


def columns(t: Floats, step: Floats | None, *, level: Level, grain: Grain = Grain.WEEK) -> Floats:
    """Return the columns of a series, shape (n, p): constant, step, season, weekdays.

    t: index of each period counted from the first baseline period, gaps included; with daily
    grain day 0 is a Monday. step: 1 in the measurement periods, else 0; None leaves it out.
    """
    weeks = t / 7 if grain is Grain.DAY else t
    found = [np.ones(len(t))]
    if step is not None:
        found.append(step)
    if level is Level.HISTORY:
        found.append((weeks - weeks.mean()) / 52)
        for k in HARMONICS:
            angle = 2 * np.pi * k * weeks / WEEKS_A_YEAR
            found += [np.sin(angle), np.cos(angle)]
    if grain is Grain.DAY:
        found += list(_weekdays(t).T)
    return np.stack(found, axis=1)


def _weekdays(t: Floats) -> Floats:
    """Return contrasts that sum to zero over the weekdays that occur; the last is -1 in each.

    Six for a plant that works every day, four for one that works Monday to Friday.
    """
    days, which = np.unique(np.mod(t, 7), return_inverse=True)
    others = len(days) - 1
    contrasts = np.vstack([np.eye(others), -np.ones((1, others))])
    return contrasts[which]


def relative_variance(denominators: Floats) -> Floats:
    """Return the relative variance of each period's value: mean(d) / d. d: above 0, shape (n,)."""
    return cast(Floats, denominators.mean() / denominators)
