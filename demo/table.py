"""The demo's own table of weekly figures, data/weekly.csv, and where they come from.

Derived from public data sets, whose source and licence stand in data/sources.toml; the project
holds none of their rows.
"""

from __future__ import annotations

import csv
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path

DATA = Path(__file__).parent / "data"
COLUMNS = ("metric", "week_start", "value", "numerator", "denominator", "count")


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One metric's week of the data. A median has value and count, any other kind a sum of each.

    week: Monday, as in the data. count: rows behind it.
    """

    metric: str
    week: date
    count: int
    value: float | None = None
    numerator: float | None = None
    denominator: float | None = None

    def cells(self) -> list[str]:
        """Return its line of the table; every float reads back as exactly itself."""
        figures = (self.value, self.numerator, self.denominator)
        shown = ["" if figure is None else repr(figure) for figure in figures]
        return [self.metric, self.week.isoformat(), *shown, str(self.count)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Dataset:
    """Where a data set comes from, and the line that every page with its figures shows.

    faults: what is known to be wrong with its rows.
    """

    code: str
    title: str
    author: str
    year: str
    doi: str
    url: str
    licence: str
    changes: str
    faults: str
    attribution: str


def read_figures() -> Iterator[Figure]:
    """Yield every figure of the table, by metric and week."""
    with (DATA / "weekly.csv").open(encoding="utf-8", newline="") as lines:
        for row in csv.DictReader(lines):
            yield Figure(
                metric=row["metric"],
                week=date.fromisoformat(row["week_start"]),
                count=int(row["count"]),
                value=_float(row["value"]),
                numerator=_float(row["numerator"]),
                denominator=_float(row["denominator"]),
            )


@cache
def datasets() -> dict[str, Dataset]:
    """Return the data sets by code."""
    with (DATA / "sources.toml").open("rb") as text:
        return {code: Dataset(code=code, **facts) for code, facts in tomllib.load(text).items()}


def _float(text: str) -> float | None:
    return float(text) if text else None
