"""garment-lines: one row per team, department and day of a garment factory."""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from .rows import Row, cell, read, wall_clock

FIRST_YEAR = 2015


def target_attainment(folder: Path) -> Iterator[Row]:
    """Yield each team-day as 1 of 1 when its productivity reached its target."""
    for row, key, at in _team_days(folder):
        reached = float(row["actual_productivity"]) >= float(row["targeted_productivity"])
        yield Row(
            key=key,
            at=at,
            numerator=float(reached),
            denominator=1.0,
            misdated=at.year < FIRST_YEAR,
        )


def overtime(folder: Path) -> Iterator[Row]:
    """Yield each team-day with its minutes of overtime and its workers, halves and all."""
    for row, key, at in _team_days(folder):
        yield Row(
            key=key,
            at=at,
            numerator=cell(row["over_time"]),
            denominator=cell(row["no_of_workers"]),
            misdated=at.year < FIRST_YEAR,
        )


def _team_days(folder: Path) -> Iterator[tuple[dict[str, str], str, datetime]]:
    """Yield each row with its place in the file as identity, for a team's day may stand twice.

    One date reads 7/12/1905, a year that a spreadsheet turned into a date; it stays as found.
    """
    rows = read(folder / "garment-lines" / "line_days.csv")
    for place, row in enumerate(rows, start=1):
        month, day, year = (int(part) for part in row["date"].split("/"))
        yield row, f"row-{place}", wall_clock(year, month, day)
