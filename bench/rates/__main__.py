"""`python -m bench.rates`: how often the verdict is wrong and right, beside what is expected.

A figure is the share of made series, in %, that the product calls improved; where nothing fell,
improved or worse. In brackets stands what the prototype found that the engine was specified by, and
an asterisk where chance does not explain the difference. Where the product reads out, false calls
are at most 5 %, with three standard errors for chance. A history is "refused" where the product
gives no word on one so short, and "not used" where it takes a shorter baseline.
"""

from __future__ import annotations

import argparse
import os
import resource
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from itertools import repeat
from multiprocessing import get_context

from bench.tables import say
from metrics.rules.verdict.engine import VERSION

from .table import Block, Cell, Line, blocks, limit

REPETITIONS = 2_000
QUICK = 100
PROCESSES = 2


def main() -> int:
    """Print the table; return 1 when false calls are more than promised."""
    parser = argparse.ArgumentParser(prog="python -m bench.rates", description=__doc__)
    parser.add_argument("--repetitions", type=int, default=REPETITIONS, help="series of a figure")
    parser.add_argument("--quick", action="store_true", help=f"only {QUICK} series of a figure")
    options = parser.parse_args()
    runs, began = QUICK if options.quick else options.repetitions, time.monotonic()
    if runs < 1:
        parser.error("a figure needs at least one series")
    say(f"{__doc__}\nEngine {VERSION}, {runs} series a figure.")
    missed = _print(blocks(), runs)
    say(f"\n== false calls at most {limit(runs) * 100:.1f} %: {len(missed)} missed")
    for words in missed:
        say(f"   MISSED {words}")
    spent = resource.getrusage(resource.RUSAGE_CHILDREN)
    load = ", ".join(f"{figure:.1f}" for figure in os.getloadavg())
    say(
        f"\n{time.monotonic() - began:.0f} s in all, {spent.ru_utime + spent.ru_stime:.0f} s of CPU"
        f" in {PROCESSES} processes; load of the machine {load} (1, 5, 15 min)."
    )
    return 1 if missed else 0


def _print(table: list[Block], runs: int) -> list[str]:
    """Print the blocks as their figures come; return the lines that call too often."""
    cells = [cell for block in table for line in block.lines for cell in line.cells]
    missed = []
    with ProcessPoolExecutor(PROCESSES, get_context("spawn")) as pool:
        shares = pool.map(Cell.share, cells, repeat(runs))
        for block in table:
            say(f"\n== {block.title}\n   {'':<30}{''.join(f'{one:>14}' for one in block.headings)}")
            for line in block.lines:
                words, kept = told(line, shares, runs)
                say(words)
                if not kept:
                    missed.append(f"{block.title}: {line.label}")
    return missed


def told(line: Line, shares: Iterator[float], runs: int) -> tuple[str, bool]:
    """Return a line as it is printed, and whether it keeps what is promised.

    shares: of which as many are taken as the line has cells.
    """
    found = list(zip(line.cells, shares, strict=False))
    kept = all(cell.keeps(share, runs) for cell, share in found)
    word = "" if not any(cell.limited for cell in line.cells) else "met" if kept else "MISSED"
    figures = "".join(f"{_figure(cell, share, runs):>14}" for cell, share in found)
    return f"   {line.label:<30}{figures}   {word}".rstrip(), kept


def _figure(cell: Cell, share: float, runs: int) -> str:
    """Return a figure in % beside the expected one, with an asterisk where they differ."""
    beside = "-" if cell.expected is None else f"{cell.expected:g}"
    mark = "*" if cell.strays(share, runs) else " "
    return f"{share * 100:.1f} ({beside}){mark}"


if __name__ == "__main__":
    sys.exit(main())
