"""What a cell of a file says that people upload: text, days, numbers. Source: docs/rules/imports.md.

A cell is text, a number, a date or an instant without offset, as a spreadsheet holds them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date, datetime, time
from enum import StrEnum

from . import instants

Cell = str | float | bool | datetime | date | None


class Order(StrEnum):
    """How 03/04/2026 is read."""

    ASK = ""
    DAY_FIRST = "day"
    MONTH_FIRST = "month"


class BadCell(Exception):
    """A cell cannot be what its column says; carries the field, a stable code and words."""

    def __init__(self, code: str, words: str, field: str = "") -> None:
        super().__init__(words)
        self.code, self.field = code, field


def as_text(cell: Cell) -> str:
    """Return a cell as a person reads it: 1001, not 1001.0."""
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return str(cell).upper()
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() and abs(cell) < 1e15 else repr(cell)
    if isinstance(cell, (datetime, date)):
        return plain(cell).isoformat()
    return str(cell).strip()


def plain(cell: datetime | date) -> datetime | date:
    """Return midnight without offset as the date it stands for."""
    if isinstance(cell, datetime) and cell.tzinfo is None and cell.time() == time.min:
        return cell.date()
    return cell


PARTS = re.compile(r"(\d{1,4})([./-])(\d{1,2})\2(\d{1,4})(?:[ T]+(\d{1,2}):(\d{2})(?::(\d{2}))?)?$")
YEAR = re.compile(r"\d{4}")
WEEK = re.compile(r"(\d{4})-?W(\d{1,2})$", re.IGNORECASE)
NAIVE = re.compile(r"\d{4}-\d{2}-\d{2}[ T]\d{2}:\d{2}(:\d{2}(\.\d+)?)?$")


def find_order(cells: Iterable[Cell]) -> Order:
    """Return the order of day and month that a column itself proves; ASK when it does not."""
    seen = set()
    for cell in cells:
        match = PARTS.match(cell.strip()) if isinstance(cell, str) else None
        if match is None or len(match[1]) == 4:
            continue
        if match[2] == "." or int(match[1]) > 12:
            seen.add(Order.DAY_FIRST)
        elif int(match[3]) > 12:
            seen.add(Order.MONTH_FIRST)
    return seen.pop() if len(seen) == 1 else Order.ASK


def read_day(cell: Cell, order: Order) -> date:
    """Return the day of a cell, whatever the time. Raises BadCell, with words for its person."""
    if isinstance(cell, (bool, float)):
        raise BadCell(
            "bad_day", f"{as_text(cell)} is a number, not a date; format the column as a date."
        )
    if isinstance(cell, (datetime, date)):
        found: date = cell
    else:
        try:
            found = read_text(as_text(cell), order)
        except (ValueError, OverflowError):
            words = f"'{shorten(as_text(cell))}' is not a date: write 2026-12-24 or 24.12.2026."
            raise BadCell("bad_day", words) from None
    return found.date() if isinstance(found, datetime) else found


def is_date(text: str) -> bool:
    """Tell whether a text reads as a day or an instant, in whichever order of day and month."""
    try:
        return bool(YEAR.search(text) and read_text(text, Order.DAY_FIRST))
    except (BadCell, ValueError, OverflowError):
        return False


def read_text(text: str, order: Order) -> datetime | date:
    """Return what a text says. Raises ValueError, or BadCell where it says two things."""
    if week := WEEK.match(text):
        return date.fromisocalendar(int(week[1]), int(week[2]), 1)
    if match := PARTS.match(text):
        return _read_parts(text, match, order)
    if NAIVE.match(text):
        return datetime.fromisoformat(text)
    found = instants.parse(text)
    if found is None:
        raise ValueError(text)
    return found


def _read_parts(text: str, match: re.Match[str], order: Order) -> datetime | date:
    first, second, last = int(match[1]), int(match[3]), int(match[4])
    if len(match[1]) == 4:
        year, month, day = first, second, last
    elif len(match[4]) != 4:
        raise BadCell("short_year", f"'{shorten(text)}': write the year with four digits.")
    elif match[2] == ".":
        year, month, day = last, second, first
    elif first > 12 or second > 12:
        year, month, day = (last, second, first) if first > 12 else (last, first, second)
    elif order is Order.ASK and first != second:
        raise BadCell(
            "ambiguous_date",
            f"'{shorten(text)}' can be read two ways: say whether the day or the month is first.",
        )
    else:
        day, month = (second, first) if order is Order.MONTH_FIRST else (first, second)
        year = last
    found = date(year, month, day)
    if match[5] is None:
        return found
    return datetime.combine(found, time(int(match[5]), int(match[6]), int(match[7] or 0)))


LONGEST_NUMBER = 100  # with its unit; a longer cell is a text
# Possessive, so that no part is tried anew: the time it takes grows with the cell, not its square.
NUMBER = re.compile(
    r"([€$£]\s*+)?+([-+\u2212]?[\d.,'\u2019\s\u00a0\u202f]*\d[.,]?(?:[eE][-+]?\d++)?)(\D*+)$"
)


def is_number(text: str) -> bool:
    """Tell whether a text reads as a number, whatever its unit and its decimal mark."""
    return len(text) <= LONGEST_NUMBER and NUMBER.match(text) is not None


def shorten(text: str) -> str:
    """Return a person's text for a message: short, on one line, printable."""
    clean = "".join(one if one.isprintable() else "\u2423" for one in text)
    return clean if len(clean) <= 40 else clean[:37] + "..."


def neutral(text: str) -> str:
    """Return text for a CSV that no spreadsheet takes for a formula."""
    if text[:1] in {"=", "+", "-", "@", "\t", "\r", "\n"} and not re.fullmatch(
        r"[-+]?\d+([.,]\d+)?", text
    ):
        return "'" + text
    return text
