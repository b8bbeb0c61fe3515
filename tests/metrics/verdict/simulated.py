"""Made series of which the truth is known, judged in batches by engine and decision table."""

from __future__ import annotations

from collections import Counter

import numpy as np

from metrics.rules.verdict.decision import Basis, Evidence, decide
from metrics.rules.verdict.design import columns
from metrics.rules.verdict.engine import Design, fit_many, prepare
from metrics.rules.verdict.words import Direction, Grain, Kind

MEAN, SPREAD, GAP, AFTER = 100.0, 10.0, 6, 4


def noise(rng, runs, n, rho):
    """Return AR(1) noise of standard deviation 1, shape (runs, n), warmed up."""
    found = rng.normal(size=(runs, n + 50))
    for place in range(1, n + 50):
        found[:, place] = rho * found[:, place - 1] + np.sqrt(1 - rho**2) * found[:, place]
    return found[:, 50:]


def kept(before):
    """Return the periods that count: the baseline and the last four weeks, six left out."""
    return np.r_[0:before, before + GAP : before + GAP + AFTER]


def design(before, level, grain=Grain.WEEK, variance=None):
    t = kept(before).astype(float)
    step = (t >= before).astype(float)
    groups = tuple((before + week,) for week in range(AFTER))
    return Design(t, columns(t, step, level=level, grain=grain), 1, variance, groups)


def means(*, runs, before, rho, fall=0.0, season=0.0, drift=0.0, freak=0.0, seed=1):
    """Return weekly means, shape (runs, periods that count). fall, season, drift: of the mean."""
    rng = np.random.default_rng([seed, runs, before, int(rho * 100)])
    n = before + GAP + AFTER
    weeks = np.arange(n)
    angle = 2 * np.pi * (weeks / (365.25 / 7) + rng.uniform(size=(runs, 1)))
    found = MEAN * (1 + season * np.sin(angle) + drift * weeks) + SPREAD * noise(rng, runs, n, rho)
    found[:, -AFTER:] -= fall * MEAN
    found[np.arange(runs), n - 1 - rng.integers(AFTER, size=runs)] += freak * SPREAD
    return found[:, kept(before)]


def counts(*, runs, before, fall=0.0, seed=2):
    """Return weekly counts of 20 with three times the variance of chance."""
    rng = np.random.default_rng([seed, runs, before])
    mean = np.full(before + GAP + AFTER, 20.0)
    mean[-AFTER:] *= 1 - fall
    return rng.negative_binomial(mean / 2, 1 / 3, size=(runs, len(mean)))[:, kept(before)] * 1.0


def late_shares(*, runs, before, fall=0.0, seed=3):
    """Return the late share of 200 lines a week, four times the variance of chance."""
    rng = np.random.default_rng([seed, runs, before])
    share = np.full(before + GAP + AFTER, 0.10)
    share[-AFTER:] *= 1 - fall
    together = (200 - 4) / 3  # beta-binomial: 1 + (200 - 1) / (together + 1) = 4
    drawn = rng.beta(share * together, (1 - share) * together, size=(runs, len(share)))
    return (rng.binomial(200, drawn) / 200)[:, kept(before)]


def words(series, *, before, level, swing=0.0):
    """Return how often each word was given to some series; lower is better."""
    basis = Basis(True, level, Grain.WEEK, Kind.MEAN, before, 1.0, AFTER, None, False, swing)
    found = Counter()
    for one in fit_many(prepare(design(before, level)), series):
        evidence = Evidence(one.lower, one.upper, one.p, one.leave_one_out_p)
        ruling = decide(
            basis=basis, evidence=evidence, direction=Direction.LOWER, matters=MEAN / 10
        )
        found[ruling.verdict.value] += 1
    return found


def false_share(series, **how):
    """Return the share of series that were called improved or worse."""
    found = words(series, **how)
    return (found["improved"] + found["worse"]) / len(series)


def found_share(series, **how):
    """Return the share of series that were called improved."""
    return words(series, **how)["improved"] / len(series)
