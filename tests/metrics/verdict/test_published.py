"""Every family against published figures: `published.json`, each row with its source."""

from __future__ import annotations

import json
from itertools import groupby
from math import isclose
from pathlib import Path

import numpy as np
import pytest

from metrics.rules.verdict import cases
from metrics.rules.verdict.cases.reading import Case, Fields
from metrics.rules.verdict.design import columns
from metrics.rules.verdict.words import Grain, Level

ROWS = json.loads((Path(__file__).parent / "published.json").read_text(encoding="utf-8"))


def periods(design):
    """Return t and the step of a design written down as lengths."""
    before, gap, after = design["before"], design["gap"], design["after"]
    t = np.concatenate([np.arange(before), before + gap + np.arange(after)]).astype(float)
    return t, (np.arange(len(t)) >= before).astype(float)


def engine_input(design):
    t, step = periods(design)
    level, grain = Level(design["level"]), Grain(design["grain"])
    return {"t": t.tolist(), "X": columns(t, step, level=level, grain=grain).tolist()}


def mde_input(design):
    t, step = periods(design)
    level, before = Level(design["level"]), step == 0
    return {
        "t_history": t[before].tolist(),
        "X_history": columns(t[before], None, level=level).tolist(),
        "t_plan": t.tolist(),
        "X_plan": columns(t, step, level=level).tolist(),
    }


def steps_input(steps):
    """Return the columns of a segmented regression: constant, time, level and slope change."""
    n = steps["before"] + steps["after"]
    late = [max(0, place - steps["before"] + 1) for place in range(n)]
    if steps["columns"] == 2:
        return {"X": [[1, int(one > 0)] for one in late]}
    return {"X": [[1, place + 1, int(one > 0), one] for place, one in enumerate(late)]}


def case_of(row):
    given = dict(row["input"])
    if design := row.get("design"):
        given |= mde_input(design) if row["method"] == "planned-mde" else engine_input(design)
    if steps := row.get("steps"):
        given |= steps_input(steps)
    if row["method"].startswith("quasi"):
        before, after = given["step"]
        given["step"] = [0] * before + [1] * after
    return Case(row["method"], Fields(given), Fields(row.get("params", {})))


def shorten(name, found, wanted):
    """Bring an answer to the form in which the table has it: runs of words, one limit for all."""
    if name == "special_cause":
        return [[len(list(run)), word] for word, run in groupby(found)]
    if isinstance(found, list) and not isinstance(wanted, list):
        assert len(set(found)) == 1
        return found[0]
    return found


def same(found, wanted):
    if isinstance(wanted, list):
        return len(found) == len(wanted) and all(map(same, found, wanted))
    if isinstance(wanted, (int, float)) and not isinstance(wanted, bool):
        return isclose(found, wanted, rel_tol=1e-9, abs_tol=1e-9)
    return found == wanted


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row["name"])
def test_a_family_gives_the_published_figures(row):
    found = cases.answer(case_of(row))

    for name, wanted in row["expected"].items():
        assert same(shorten(name, found[name], wanted), wanted), name


def test_every_family_has_a_published_row():
    assert {row["method"] for row in ROWS} == set(cases.FAMILIES)
