"""One row of a source as one measurement item, before its date is moved."""

from __future__ import annotations

from collections.abc import Iterator
from csv import DictReader
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from demo.rules import shift

Cell = float | str
"""A number, or the text that stands where a number should: the import path says so in words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """What a source's row says about one metric.

    key: the row's own identity in the source, unique for the metric; rows that repeat each other
    have keys of their own, for the figures count both. at: when it happened, by the wall clock of
    the source. misdated: the date cannot be true; it is sent as found, so that it is refused.
    value, or numerator and denominator. recorded_at: when the source learned of it.
    otherwise: a number cell that holds text is refused; this is what it then counts as.
    """

    key: str
    at: datetime
    value: Cell | None = None
    numerator: Cell | None = None
    denominator: Cell | None = None
    recorded_at: datetime | None = None
    misdated: bool = False
    otherwise: float | None = None

    def counted(self) -> Row | None:
        """Return the row as the formula counts it after a refusal; None when it does not."""
        if self.otherwise is None:
            return None
        return replace(self, numerator=self.otherwise, otherwise=None)


def read(path: Path) -> Iterator[dict[str, str]]:
    """Yield a file's rows as text cells by column name."""
    with path.open(encoding="utf-8", newline="") as lines:
        yield from DictReader(lines)


def wall_clock(year: int, month: int, day: int, hour: int = 0, minute: int = 0) -> datetime:
    """Return a local time as the source tells it: a clock on the wall has no offset."""
    return datetime(year, month, day, hour, minute)  # noqa: DTZ001


def cell(text: str) -> Cell:
    """Return the number of a cell, or its text where it holds none."""
    try:
        return float(text)
    except ValueError:
        return text


def item(
    row: Row, *, metric: str, source: str, weeks: int, zone: str, until: datetime
) -> dict[str, Any]:
    """Return a row as an item of the product's sync format, moved by whole weeks.

    The original date stays beside it, in the external id. A recording that the move puts into the
    running week is left out: it has not happened yet. until: when that week begins.
    """
    moved = 0 if row.misdated else weeks
    found: dict[str, Any] = {
        "metric": metric,
        "event_at": shift(row.at, moved, zone).astimezone(UTC).isoformat(),
        "source": source,
        "external_id": f"{row.key}@{_short(row.at)}",
    }
    for name in ("value", "numerator", "denominator"):
        if (figure := getattr(row, name)) is not None:
            found[name] = figure
    if row.recorded_at is not None:
        recorded_at = shift(row.recorded_at, moved, zone)
        if recorded_at < until:
            found["recorded_at"] = recorded_at.astimezone(UTC).isoformat()
    return found


def _short(at: datetime) -> str:
    """Return a wall-clock time without the parts that say nothing."""
    if not (at.hour or at.minute or at.second):
        return at.date().isoformat()
    return at.isoformat(timespec="seconds" if at.second else "minutes")
