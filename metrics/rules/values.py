"""Tables of which value stands for which, as people bring and take them. Source: docs/rules/values.md."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from common import characters
from common.cells import Cell, as_text

LONGEST = 120
MOST_FAULTS, MOST_ROWS = 20, 2_000
COLUMNS = ("source", "what", "value", "agreed")
LOCATION = "location"
# What a spreadsheet would take for a formula.
FORMULAS = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True, slots=True)
class Line:
    """A row of a table. row: its number in the file. what: the field, or the word for locations."""

    row: int
    source: str
    what: str
    value: str
    agreed: str


def read(
    header: Sequence[Cell], rows: Iterable[tuple[int, list[Cell]]]
) -> tuple[list[Line], list[str]]:
    """Return the rows of a table, and in words what is wrong with it."""
    names = [as_text(cell).strip().lower() for cell in header]
    lacking = [name for name in COLUMNS if name not in names]
    if lacking:
        return [], [f"The header lacks: {', '.join(lacking)}."]
    rows = list(rows)
    if len(rows) > MOST_ROWS:
        return [], [f"These are {len(rows)} rows; split the table, {MOST_ROWS} are taken at once."]
    places = {name: names.index(name) for name in COLUMNS}
    lines: list[Line] = []
    faults: list[str] = []
    seen: dict[tuple[str, str, str], int] = {}
    for number, cells in rows:
        texts = {
            name: as_text(cells[place]).strip() if place < len(cells) else ""
            for name, place in places.items()
        }
        line = Line(number, **{name: _unguarded(text) for name, text in texts.items()})
        key = (line.source.lower(), line.what.lower(), line.value)
        fault = _fault(line)
        if not fault and key in seen:
            fault = f"the same value stands in row {seen[key]}."
        if fault:
            faults.append(f"Row {number}: {fault}")
            continue
        seen[key] = number
        lines.append(line)
    if not lines and not faults:
        faults.append("The table has no rows.")
    return lines, faults


def _fault(line: Line) -> str:
    for name in COLUMNS:
        text = getattr(line, name)
        if not text:
            return f"{name} is empty."
        if len(text) > LONGEST and name in {"value", "agreed"}:
            return f"{name} is longer than {LONGEST} characters."
        if words := characters.refusal(text):
            return words
    return ""


def write(lines: Iterable[Sequence[str]]) -> str:
    """Return a table as CSV; what a spreadsheet would take for a formula begins with a quote."""
    text = io.StringIO(newline="")
    out = csv.writer(text)
    out.writerow(COLUMNS)
    for line in lines:
        out.writerow([f"'{one}" if one.startswith((*FORMULAS, "'")) else one for one in line])
    return text.getvalue()


def _unguarded(text: str) -> str:
    """Return a cell without the quote that `write` put before it."""
    return text[1:] if text.startswith("'") and text[1:].startswith((*FORMULAS, "'")) else text
