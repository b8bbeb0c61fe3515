"""How often the verdict is wrong without a change, and finds one that is there: 400 series each.

Rates to be found are those of `bench/rates/expected.py`; eight points are chance.
"""

from __future__ import annotations

import pytest

from bench.rates.table import blocks

pytestmark = pytest.mark.slow
RUNS = 400
MOST_FALSE = 0.08
CHANCE = 0.08
CELLS = [
    pytest.param(cell, id=f"{block.title}, {line.label}, {heading}")
    for block in blocks()
    for line in block.lines
    for heading, cell in zip(block.headings, line.cells, strict=False)
]
NULL = [one for one in CELLS if one.values[0].limited]
SHIFTED = [one for one in CELLS if one.values[0].fall >= 0.2]


@pytest.mark.parametrize("cell", NULL)
def test_without_a_change_few_are_called(cell):
    share = cell.share(RUNS)

    print(f"false: {share:.1%}")
    assert share <= MOST_FALSE


@pytest.mark.parametrize("cell", SHIFTED)
def test_a_change_is_found_as_often_as_expected(cell):
    share = cell.share(RUNS)

    print(f"found: {share:.1%} of {cell.expected} %")
    assert share >= cell.expected / 100 - CHANCE
