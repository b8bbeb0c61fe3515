"""Which value of a source stands for which agreed one, one by one and as a table.

Source: docs/rules/values.md.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from common import characters
from common.cells import Cell, as_text

LONGEST = 120
MOST_FAULTS, MOST_ROWS = 20, 2_000
# By how much a figure may be multiplied, and the least step of that.
MOST, STEP = 10**10, Decimal("1e-9")
NEEDED = ("source", "what", "value", "agreed")
COLUMNS = (*NEEDED, "factor")
# What a spreadsheet would take for a formula.
FORMULAS = ("=", "+", "-", "@", "\t", "\r")
NUMBER = re.compile(r"\d+(\.\d+)?([eE][-+]?\d{1,3})?")


class What(StrEnum):
    """What a value is: the code of a location, the unit of a figure, or a value of a field."""

    LOCATION = "location"
    UNIT = "unit"
    FIELD = "field"


# The words that stand in a table for what is no field: a field of that name cannot.
WORDS = {What.LOCATION.value: What.LOCATION, What.UNIT.value: What.UNIT}

# What arrived and nobody mapped: from which source (its id), what it is, and the value, empty
# where it cannot be told apart.
Unmapped = tuple[int, What, str]


def unmapped(source: int, what: What, value: str) -> Unmapped:
    """Return what to count of a value that nobody mapped; one that nobody could map has no name."""
    value = value.strip()
    named = value.isprintable() and len(value) <= LONGEST
    return source, what, value if named else ""


@dataclass(frozen=True, slots=True)
class Line:
    """A row of a table. row: its number in the file. what: a field's name, or location or unit."""

    row: int
    source: str
    what: str
    value: str
    agreed: str
    factor: Decimal | None


def read(
    header: Sequence[Cell], rows: Iterable[tuple[int, list[Cell]]]
) -> tuple[list[Line], list[str]]:
    """Return the rows of a table, and in words what is wrong with it."""
    names = [as_text(cell).strip().lower() for cell in header]
    lacking = [name for name in NEEDED if name not in names]
    if lacking:
        return [], [f"The header lacks: {', '.join(lacking)}."]
    rows = list(rows)
    if len(rows) > MOST_ROWS:
        return [], [f"These are {len(rows)} rows; split the table, {MOST_ROWS} are taken at once."]
    places = {name: names.index(name) for name in COLUMNS if name in names}
    lines: list[Line] = []
    faults: list[str] = []
    seen: dict[tuple[str, str, str], int] = {}
    for number, cells in rows:
        texts = {
            name: _unguarded(as_text(cells[place])) if place < len(cells) else ""
            for name, place in places.items()
        }
        key = (texts["source"].lower(), texts["what"].lower(), texts["value"])
        fault = _fault(texts)
        if not fault and key in seen:
            fault = f"the same value stands in row {seen[key]}."
        if fault:
            faults.append(f"Row {number}: {fault}")
            continue
        seen[key] = number
        said = {name: texts[name] for name in NEEDED}
        lines.append(Line(row=number, factor=_factor(texts.get("factor", "")), **said))
    if not lines and not faults:
        faults.append("The table has no rows.")
    return lines, faults


def _fault(texts: dict[str, str]) -> str:
    for name in NEEDED:
        text = texts[name]
        if not text:
            return f"{name} is empty."
        if len(text) > LONGEST and name in {"value", "agreed"}:
            return f"{name} is longer than {LONGEST} characters."
        if words := characters.refusal(text):
            return words
    factor = texts.get("factor", "")
    if factor and not NUMBER.fullmatch(factor):
        return f"factor is “{factor[:40]}”; write a number such as 60 or 0.5."
    return ""


def _factor(text: str) -> Decimal | None:
    """Return a factor with as many decimals as are kept; None where none is said."""
    if not text:
        return None
    number = Decimal(text)
    return number if number > MOST else number.quantize(STEP)


def write(lines: Iterable[Line]) -> str:
    """Return a table as CSV; what a spreadsheet would take for a formula begins with a quote."""
    text = io.StringIO(newline="")
    out = csv.writer(text)
    out.writerow(COLUMNS)
    for line in lines:
        factor = "" if line.factor is None else f"{line.factor.normalize():f}"
        cells = (line.source, line.what, line.value, line.agreed, factor)
        out.writerow([f"'{one}" if one.startswith((*FORMULAS, "'")) else one for one in cells])
    return text.getvalue()


def _unguarded(text: str) -> str:
    """Return a cell without the quote that `write` put before it."""
    text = text.strip()
    return text[1:] if text.startswith("'") and text[1:].startswith((*FORMULAS, "'")) else text
