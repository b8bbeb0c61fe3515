"""How the text of a CSV falls into rows and cells. Source: docs/rules/imports.md."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Sequence

from .cells import is_date, is_number

MARKS = ",;\t|"
# The first line by which Excel is told what parts the cells; it shows no such row.
NAMED_MARK = re.compile(rf'"?sep=([{MARKS}])"?(?:\r\n|\r|\n)', re.IGNORECASE)
BLANK_LINES = re.compile(r"(?:[^\S\r\n]*+[\r\n])*+")
BREAK = re.compile(r"\r\n|\r|\n")
MENDED = (
    " Mend the quote and upload the file again; where nobody needs the column, delete it instead."
)
OR_A_NOTE = " Or a note of this row has a line that parts like a row: remove its line break."


class Uncut(Exception):
    """The text does not fall into rows; the words are for the person whose file it is."""


def read_rows(text: str) -> Iterator[list[str]]:
    """Give the rows, empty ones too, with cells without their outer blanks.

    A cell may have several lines. Raises Uncut, with the number of the row, where a quote was
    not closed and takes the rows below into its cell: they would be lost without a word.
    A first line such as `sep=;` names what parts the cells and is no row, as in Excel.
    """
    named = NAMED_MARK.match(text)
    if named:
        text = text[named.end() :]
    mark = named[1] if named else find_mark(text)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=mark, strict=True)
    width = number = lines = 0
    while True:
        number += 1
        try:
            row = next(reader, None)
        except csv.Error as error:
            raise Uncut(_words(number, str(error))) from None
        if row is None:
            return
        heads = not width
        width = width or (len(row) if "".join(row).strip() else 0)
        if reader.line_num > lines + 1 and _swallows(row, mark, width, heads=heads):
            raise Uncut(f"{_unclosed(number)}{OR_A_NOTE}")
        lines = reader.line_num
        yield [cell.strip() for cell in row]


def find_mark(text: str) -> str:
    """Return what parts the cells: the candidate that makes most of the first line.

    What stands in quotes is inside a cell, and a mark that cuts a quoted cell is none.
    """
    lines = io.StringIO(text, newline="")
    blank = BLANK_LINES.match(text)
    begin = blank.end() if blank else 0

    def count(mark: str) -> int:
        lines.seek(begin)
        try:
            return len(next(csv.reader(lines, delimiter=mark, strict=True), []))
        except csv.Error:
            return 0

    return max(MARKS, key=count)


def _swallows(row: Sequence[str], mark: str, width: int, *, heads: bool) -> bool:
    """Tell whether a cell of several lines is made of rows: one of its lines looks like a row.

    The line that opens the cell counts with the cells before it, the one that closes it with
    those behind it, so that a note of several lines in any column is none.
    heads: the row is the header, whose cells tell nothing of the figures below them.
    """
    if width == 1:
        return False
    for place, cell in enumerate(row):
        first, *inside = (line.split(mark) for line in BREAK.split(cell))
        opening = [*row[:place], *first]
        if not inside or len(opening) != width:
            continue
        inside[-1].extend(row[place + 1 :])
        if any(len(line) == width and _alike(opening, line, heads=heads) for line in inside):
            return True
    return False


def _alike(row: Sequence[str], line: Sequence[str], *, heads: bool) -> bool:
    """Tell whether a line has a date where a row has one; where it has none, a number for a number.

    Below the header any date or number will do.
    """
    pairs = [(one.strip(), other.strip()) for one, other in zip(row, line, strict=True)]
    if heads:
        return any(is_date(other) or is_number(other) for _, other in pairs)
    dated = [other for one, other in pairs if is_date(one)]
    if dated:
        return any(map(is_date, dated))
    return any(is_number(one) and is_number(other) for one, other in pairs)


def _words(number: int, error: str) -> str:
    if "field limit" in error:
        return (
            f"Row {number:,} has a cell of more than {csv.field_size_limit():,} characters;"
            f" a quote that is opened there may not be closed.{MENDED}"
        )
    return _unclosed(number)


def _unclosed(number: int) -> str:
    return f"A quote opened in row {number:,} is not closed where it should be.{MENDED}"
