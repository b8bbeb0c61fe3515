"""Files that people upload, CSV and XLSX, as rows of cells."""

from __future__ import annotations

import io
import lzma
import re
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import IO, Any
from xml.etree.ElementTree import ParseError
from xml.parsers import expat

from . import delimited
from .cells import Cell

MAX_BYTES = 16 * 1024 * 1024
MAX_ROWS = 200_000
MAX_SHEET_ROWS = 50_000
MAX_COLUMNS = 100
# Lines for each row that a file may hold: empty ones cost time too, and a sheet of a few
# kilobytes may have a million of them.
LINES_PER_ROW = 4
MAX_UNPACKED = 160 * 1024 * 1024
MAX_PARTS = 1_000
# A row as wide as a spreadsheet can be, each cell with what may stand inside it.
MAX_IN_ROW = 4 * 16_384
MAX_TAG = 1024 * 1024
# What a workbook may hold, empty ones counted: its reader builds each of them in memory.
INSIDE, OUTSIDE = "parts of cells", "formats, links and merged cells"
MOST = {
    "cells": 1_000_000,
    "rows": 1_048_576,
    "texts": 500_000,
    INSIDE: 4_000_000,
    OUTSIDE: 100_000,
}
OPENING = {"rows", "texts"}
SHEET_SPACE = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
COUNTED = {f"{SHEET_SPACE} c": "cells", f"{SHEET_SPACE} row": "rows", f"{SHEET_SPACE} si": "texts"}
ZIP, OLD_EXCEL = b"PK\x03\x04", b"\xd0\xcf\x11\xe0"
# A workbook with a password is wrapped as old files were: [MS-OFFCRYPTO] 2.3.4, EncryptedPackage.
WRAPPED = "EncryptedPackage".encode("utf-16-le")
LOCKED = "The XLSX file is protected by a password; save it without one."
# What no text holds; tabs and line ends it does, and DOS files end in 1A.
CONTROLS = re.compile(r"[\x00-\x08\x0e-\x19\x1b-\x1f\x7f]")
LINES_LOOKED_AT = 1_000
EMPTY_ROW = (None,) * (MAX_COLUMNS + 1)
DAMAGED = (
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
    ParseError,
    LookupError,
    ValueError,
    TypeError,
    AttributeError,
    OSError,
    EOFError,
    NotImplementedError,
)
DAMAGED_WORDS = "The XLSX file is damaged; save it again in Excel."
ENCRYPTED = 0x1


class Unreadable(Exception):
    """The file as a whole cannot be read; the text is for the person who chose it."""


@dataclass(frozen=True, slots=True)
class Table:
    """A file: its header, and its rows with their number in the file, from 2."""

    header: list[str]
    rows: list[tuple[int, list[Cell]]]

    def column(self, place: int) -> Iterator[Cell]:
        """Return the cells of one column, from 0."""
        return (cells[place] for _, cells in self.rows if place < len(cells))


def read_table(content: bytes) -> Table:
    """Return the rows of a CSV or XLSX file that are not empty. Raises Unreadable."""
    if len(content) > MAX_BYTES:
        raise Unreadable("The file is larger than 16 MB; split it.")
    if not content.strip():
        raise Unreadable("The file is empty.")
    if content.startswith(ZIP):
        return _table(_sheet_rows(content), MAX_SHEET_ROWS)
    if content.startswith(OLD_EXCEL) and WRAPPED in content:
        raise Unreadable(LOCKED)
    if content.startswith(OLD_EXCEL):
        raise Unreadable("This is an old Excel file; save it as XLSX or CSV.")
    return _table(_csv_rows(content), MAX_ROWS)


def _table(rows: Iterable[list[Cell]], most: int) -> Table:
    numbered = (line for line in _numbered(rows, LINES_PER_ROW * most) if _filled(line[1]))
    first = next(numbered, None)
    if first is None:
        raise Unreadable("The file is empty.")
    header = ["" if cell is None else str(cell).strip()[:100] for cell in first[1]]
    if len(header) > MAX_COLUMNS:
        raise Unreadable(f"The file has more than {MAX_COLUMNS} columns.")
    found: list[tuple[int, list[Cell]]] = []
    for numbered_row in numbered:
        found.append(numbered_row)
        if len(found) > most:
            raise Unreadable(f"The file has more than {most:,} rows; split it or send CSV.")
    if not found:
        raise Unreadable("The file has a header line and no rows.")
    return Table(header, found)


def _numbered(rows: Iterable[list[Cell]], most: int) -> Iterator[tuple[int, list[Cell]]]:
    for place, row in enumerate(rows, start=1):
        if place > most:
            raise Unreadable(
                f"The file goes on below line {most:,}, empty lines counted: delete the empty"
                " lines between and below the figures, or split the file."
            )
        yield place, row


def _filled(row: list[Cell]) -> bool:
    return any(cell is not None and cell != "" for cell in row)


def _csv_rows(content: bytes) -> Iterator[list[Cell]]:
    text = _decode(content)
    if _is_binary(text):
        raise Unreadable("The file is neither text nor XLSX.")
    try:
        for row in delimited.read_rows(text):
            yield [*row]
    except delimited.Uncut as uncut:
        raise Unreadable(str(uncut)) from None


def _decode(content: bytes) -> str:
    """Return the text of a CSV: UTF-8, UTF-16 with its mark, or what Excel in Europe writes."""
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        try:
            return content.decode("utf-16")
        except UnicodeDecodeError:
            raise Unreadable("The file is neither text nor XLSX.") from None
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("cp1252", errors="replace")


def _is_binary(text: str) -> bool:
    """Say whether most of the first lines hold characters that no text has."""
    lines = list(islice(io.StringIO(text), LINES_LOOKED_AT))
    return 2 * sum(CONTROLS.search(line) is not None for line in lines) > len(lines)


def _sheet_rows(content: bytes) -> Iterator[list[Cell]]:
    """Give the rows of the first sheet; formulas count with the value that was saved last."""
    # Large and rarely needed, so not a part of every start and of every worker's memory.
    from openpyxl.reader.excel import ExcelReader

    try:
        with _Package(io.BytesIO(content)) as package:
            _check_sizes(package.infolist())
            reader = ExcelReader(
                io.BytesIO(content), read_only=True, data_only=True, keep_links=False
            )
            reader.archive = package
            reader.read()
            sheet: Any = reader.wb.worksheets[0]
            sheet.reset_dimensions()  # what a file says of its own size may be less than it holds
            for row in sheet.iter_rows(max_col=MAX_COLUMNS + 1, values_only=True):
                yield [_cell(cell) for cell in _trimmed(row)]
    except DAMAGED:
        raise Unreadable(DAMAGED_WORDS) from None


class _Package(zipfile.ZipFile):
    """A package that counts each part before its reader may build it, and no other part.

    A workbook also holds what no table needs, such as the data behind pivots and charts. Which
    part is a sheet the package itself says, so that names prove nothing.
    """

    def __init__(self, file: IO[bytes]) -> None:
        super().__init__(file)
        self.counted = _Counted()
        self.passed: set[str] = set()

    def open(self, name: str | zipfile.ZipInfo, *args: Any, **options: Any) -> IO[bytes]:
        """Open a part. Raises Unreadable where it is encrypted, or holds more than a workbook may.

        Nothing larger than the directory of the package says is unpacked.
        """
        part = self.getinfo(name) if isinstance(name, str) else name
        if part.flag_bits & ENCRYPTED:
            raise Unreadable(LOCKED)
        if part.filename not in self.passed:
            with super().open(part) as stream:
                self.counted.read(stream)
            self.passed.add(part.filename)
        return super().open(part, *args, **options)


def _check_sizes(parts: list[zipfile.ZipInfo]) -> None:
    """Refuse a package that unpacks to more than a sheet of people needs, by its directory."""
    if len(parts) > MAX_PARTS or sum(part.file_size for part in parts) > MAX_UNPACKED:
        raise Unreadable("The XLSX file unpacks to more than 160 MB; send CSV.")
    if not any(part.filename == "xl/workbook.xml" for part in parts):
        raise Unreadable("This is not an XLSX file.")


class _Counted:
    """What the parts of a workbook hold, counted as they stream by and never built."""

    def __init__(self) -> None:
        self.found = dict.fromkeys(MOST, 0)
        self.row = self.in_row = self.open = 0

    def read(self, stream: IO[bytes]) -> None:
        """Count one part; what is no XML, or in a character set that the parser does not know, is
        for its reader to judge. Raises Unreadable.
        """
        parser = expat.ParserCreate(namespace_separator=" ")
        parser.StartElementHandler, parser.EndElementHandler = self._start, self._end
        self.row = self.in_row = self.open = taken = 0
        try:
            while chunk := stream.read(64 * 1024):
                parser.Parse(chunk)
                taken += len(chunk)
                if taken - parser.CurrentByteIndex > MAX_TAG:
                    raise Unreadable(f"{self._where()} a tag larger than 1 MB; send CSV.")
        except (expat.ExpatError, LookupError, ValueError):
            return

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        kind = COUNTED.get(name) or (INSIDE if self.open else OUTSIDE)
        if kind in OPENING:
            self.open += 1
            self.in_row = 0
        if kind == "rows":
            said = attributes.get("r", "")
            self.row = int(said) if said.isdecimal() and len(said) < 10 else self.row + 1
        self.found[kind] += 1
        self.in_row += 1
        if self.found[kind] > MOST[kind] or (self.in_row > MAX_IN_ROW and self.open):
            self._refuse(kind)

    def _end(self, name: str) -> None:
        if COUNTED.get(name) in OPENING:
            self.open -= 1

    def _refuse(self, kind: str) -> None:
        if self.found[kind] > MOST[kind]:
            words = f"{self._where()} more than {MOST[kind]:,} {kind}, empty ones counted"
        elif self.row:
            words = f"Row {self.row:,} has more than 16,384 cells, empty ones counted"
        else:
            words = f"A text of the workbook has more than {MAX_IN_ROW:,} parts"
        raise Unreadable(f"{words}: delete what lies beside and below the figures, or send CSV.")

    def _where(self) -> str:
        return f"Up to row {self.row:,} the workbook has" if self.row else "The workbook has"


def _trimmed(row: tuple[Any, ...]) -> tuple[Any, ...]:
    """Return a row without the empty cells at its end."""
    if row == EMPTY_ROW:
        return ()
    end = len(row)
    while end and row[end - 1] is None:
        end -= 1
    return row[:end]


def _cell(cell: Any) -> Cell:
    if cell is None or isinstance(cell, (bool, str)):
        return cell.strip() if isinstance(cell, str) else cell
    if isinstance(cell, (int, float)):
        try:
            return float(cell)
        except OverflowError:  # kept as text, so that its row alone is refused
            return str(cell)
    if hasattr(cell, "isoformat") and hasattr(cell, "year"):
        return cell  # type: ignore[no-any-return]  # a date or a datetime
    return str(cell)
