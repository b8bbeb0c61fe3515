"""The verdict's statistics against whole reference cases, where those stand beside the checkout.

The files are not part of the project: set REFERENCE_CASES to their folder, or put it at
../shared/reference/spc.
"""

from __future__ import annotations

import json
import os
from math import isclose
from pathlib import Path

import pytest

from metrics.rules.verdict.cases import answer
from metrics.rules.verdict.cases.reading import read

CHECKOUT = Path(__file__).resolve().parents[2]
FOLDER = Path(os.environ.get("REFERENCE_CASES") or CHECKOUT.parent / "shared" / "reference" / "spc")
ABSENT = "the reference cases are absent: set REFERENCE_CASES to their folder"
CASES = sorted(path for path in FOLDER.glob("*.json") if path.name != "index.json")

pytestmark = pytest.mark.skipif(not CASES, reason=ABSENT)


def same(found, wanted, tolerance):
    if isinstance(wanted, list):
        pairs = zip(found, wanted, strict=True)
        return all(same(one, other, tolerance) for one, other in pairs)
    if isinstance(wanted, (int, float)) and not isinstance(wanted, bool):
        return isclose(found, wanted, rel_tol=0, abs_tol=tolerance * max(1, abs(wanted)))
    return found == wanted


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_a_reference_case_comes_out_within_its_tolerance(path):
    text = path.read_text(encoding="utf-8")
    case = json.loads(text)

    found = json.loads(json.dumps(answer(read(text))))

    for name, wanted in case["expected"].items():
        assert same(found[name], wanted, case["tolerance"]), name


def test_every_listed_case_was_computed():
    listed = json.loads((FOLDER / "index.json").read_text(encoding="utf-8"))

    assert {case["id"] for case in listed} == {path.stem for path in CASES}
