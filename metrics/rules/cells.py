"""What the cells of a file that a person uploads mean. Source: docs/rules/imports.md.

A cell is text, a number, a date or an instant without offset, as a spreadsheet holds them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime
from math import isfinite
from types import MappingProxyType
from zoneinfo import ZoneInfo

from common.cells import LONGEST_NUMBER, NUMBER, plain, read_text
from common.cells import BadCell as BadCell
from common.cells import Cell as Cell
from common.cells import Order as Order
from common.cells import as_text as as_text
from common.cells import find_order as find_order
from common.cells import neutral as neutral
from common.cells import shorten as shorten
from common.numerals import THOUSANDS

from .kinds import KINDS
from .units import in_words
from .weeks import day_start

FIELDS = {
    "event_at": "Date or time",
    "value": "Value",
    "numerator": "Numerator",
    "denominator": "Denominator",
    "metric": "Metric",
    "source": "Source",
    "external_id": "Identifier",
    "site": "Site",
    "revision": "Revision",
    "recorded_at": "Recorded at",
}
NUMBERS = ("value", "numerator", "denominator")

ALIASES = {
    "event_at": "event at,date,day,time,week,datum,tag,woche,event date,happened at,event time",
    "value": "wert,figure,measured,measurement,result",
    "numerator": "sum,total,events,good,part,zähler,summe",
    "denominator": "count,n,of,number,cases,nenner,anzahl,base,exposure",
    "metric": "metric code,kpi,kennzahl,measure",
    "source": "system,quelle,source system",
    "external_id": "external id,id,identifier,key,line,order,document,number id,nummer,beleg",
    "site": "plant,werk,location,standort",
    "revision": "version,rev",
    "recorded_at": "recorded,booked,booked at,entered,entered at,posted,erfasst",
}
_FIELD_OF = {name: known for known, names in ALIASES.items() for name in [known, *names.split(",")]}
# What an order or a document is called identifies a row where no better column does.
DOCUMENTS = {
    "auftrag",
    "auftragsnummer",
    "auftragsnr",
    "auftrag nr",
    "auftrags nr",
    "bestellung",
    "bestellnummer",
    "belegnummer",
    "beleg nr",
    "lieferschein",
    "rechnung",
    "rechnungsnummer",
    "seriennummer",
    "order id",
    "order number",
    "order no",
    "document number",
    "delivery note",
    "invoice",
    "ticket",
    "serial number",
}
SAME_DAY = "Another row has the same metric and day; choose the column that tells rows apart."


@dataclass(frozen=True, slots=True)
class Known:
    """What reading needs of a metric."""

    kind: str
    unit: str
    zone: str


# The unit that one of a source stands for, and by what its figures are multiplied.
Mapped = tuple[str, float]


class UnknownUnit(BadCell):
    """A figure in a unit that is not the metric's and that nobody mapped. unit: as it is written."""

    def __init__(self, words: str, unit: str) -> None:
        super().__init__("unit_differs", words)
        self.unit = unit


@dataclass(frozen=True, slots=True)
class Plan:
    """How a file is read: the column of each field, defaults, and what was told of its dates.

    columns: field to place of the column, from 0. comma: True where 4,5 is four and a half,
    None where the file does not tell. units: of each source, by what it calls them.
    """

    columns: Mapping[str, int]
    metric: str = ""
    source: str = ""
    order: Order = Order.ASK
    comma: bool | None = None
    metrics: Mapping[str, Known] = field(default_factory=dict)
    units: Mapping[str, Mapping[str, Mapped]] = field(default_factory=dict)
    zone: str = "UTC"

    def source_of(self, cells: Sequence[Cell]) -> str:
        """Return the source of a row: its own, else that of the file."""
        place = self.columns.get("source")
        own = as_text(cells[place]) if place is not None and place < len(cells) else ""
        return own or self.source


def guess_columns(header: Sequence[Cell]) -> dict[str, int]:
    """Return the column of each field whose name, or a usual word for it, stands in the header."""
    found: dict[str, int] = {}
    documents: list[int] = []
    for place, name in enumerate(header):
        words = re.sub(r"[\s_\-.:]+", " ", as_text(name)).strip().lower()
        known = _FIELD_OF.get(words.replace(" ", "_")) or _FIELD_OF.get(words)
        if known is not None:
            found.setdefault(known, place)
        elif words in DOCUMENTS:
            documents.append(place)
    if documents:
        found.setdefault("external_id", documents[0])
    return found


def unread(header: Sequence[Cell], columns: Mapping[str, int]) -> list[str]:
    """Return the names of the columns that no field is read from."""
    read = set(columns.values())
    return [as_text(name) for place, name in enumerate(header) if place not in read and name]


# Dates


def read_instant(cell: Cell, order: Order, zone: str) -> datetime:
    """Return the instant of a cell; what has no offset is local time in the zone.

    Raises BadCell, with words for the person whose file it is.
    """
    if isinstance(cell, (datetime, date)):
        return _local(plain(cell), zone)
    if isinstance(cell, (bool, float)):
        raise BadCell(
            "bad_instant",
            f"{as_text(cell)} is a number, not a date; format the column as a date.",
        )
    text = as_text(cell)
    if not text:
        raise BadCell("empty_cell", "The date is empty.")
    try:
        return _local(read_text(text, order), zone)
    except (ValueError, OverflowError):
        raise BadCell("bad_instant", f"'{shorten(text)}' is not a date.") from None


def _local(found: datetime | date, zone: str) -> datetime:
    if not isinstance(found, datetime):
        return day_start(found, zone)
    return found if found.tzinfo is not None else found.replace(tzinfo=ZoneInfo(zone))


# Numbers

GROUPS = re.compile(r"[-+]?\d{1,3}(?:([.,])\d{3})(?:\1\d{3})*$")
UNITS = [
    {"%", "percent", "per cent", "pct", "prozent"},
    {"h", "hr", "hrs", "hour", "hours", "std", "stunden"},
    {"d", "day", "days", "tag", "tage"},
    {"min", "mins", "minute", "minutes", "minuten"},
    {"s", "sec", "second", "seconds"},
    {"€", "eur", "euro"},
    {"$", "usd", "us$"},
    {"kg", "kilogram", "kilograms"},
    {"pcs", "pc", "piece", "pieces", "stk", "stück"},
]


def finds_comma(cells: Iterable[Cell]) -> bool | None:
    """Return whether a column proves that 4,5 is four and a half; None when it proves neither."""
    seen = set()
    for cell in cells:
        match = NUMBER.match(cell.strip()) if isinstance(cell, str) else None
        digits = _bare(match[2]) if match else ""
        marks = re.findall(r"[.,]", digits)
        if not marks or THOUSANDS.match(digits):
            continue
        if len(set(marks)) == 2 or len(marks) == 1:
            seen.add(marks[-1] == ",")
        elif GROUPS.match(digits):  # one mark twice parts thousands: the other one is the decimal's
            seen.add(marks[0] == ".")
    return seen.pop() if len(seen) == 1 else None


def read_number(
    cell: Cell,
    metric: Known | None,
    comma: bool | None,
    mapped: Mapping[str, Mapped] = MappingProxyType({}),
) -> float | None:
    """Return the number of a cell, None for an empty one; a unit must be the metric's.

    mapped: units of the source by what it calls them.
    Raises BadCell, with words for the person whose file it is.
    """
    if isinstance(cell, (bool, datetime, date)):
        raise BadCell("not_a_number", f"'{shorten(as_text(cell))}' is not a number.")
    if isinstance(cell, (int, float)):
        if not isfinite(cell):
            raise BadCell("not_a_number", "The number in this cell is too large.")
        return float(cell)
    text = as_text(cell)
    if not text:
        return None
    if len(text) > LONGEST_NUMBER:
        words = f"'{shorten(text)}' is longer than a number: {len(text):,} characters."
        raise BadCell("not_a_number", words)
    match = NUMBER.match(text)
    if match is None:
        kind = "an error of the spreadsheet" if text.startswith("#") else "not a number"
        raise BadCell("not_a_number", f"'{shorten(text)}' is {kind}.")
    number = float(_plain_digits(text, match[2], comma))
    if not isfinite(number):
        raise BadCell("not_a_number", f"'{shorten(text)}' is too large for a number.")
    unit = (match[1] or "").strip() or match[3].strip()
    return _in_unit(text, number, unit, metric, mapped) if unit else number


def _bare(digits: str) -> str:
    """Return digits without blanks and apostrophes, which only part thousands, and a plain minus."""
    return re.sub(r"[\s'\u2019]", "", digits).replace("\u2212", "-")


def _plain_digits(text: str, digits: str, comma: bool | None) -> str:
    """Return digits as Python reads them: no marks for thousands, a point for the decimals."""
    digits = _bare(digits)
    marks = re.findall(r"[.,]", digits)
    if not marks:
        return digits
    if len(set(marks)) == 2:
        decimal = marks[-1]
        if marks.count(decimal) > 1:
            raise BadCell("not_a_number", f"'{shorten(text)}' is not a number.")
    elif len(marks) > 1:
        decimal = ""
    elif THOUSANDS.match(digits) and comma is None:
        raise BadCell(
            "ambiguous_number",
            f"'{shorten(text)}' can be read two ways: choose the decimal mark of the file,"
            " or write the number without a mark for thousands.",
        )
    elif THOUSANDS.match(digits):
        decimal = marks[0] if (marks[0] == ",") is comma else ""
    else:
        decimal = marks[0]
    whole, _, _ = digits.partition(decimal) if decimal else (digits, "", "")
    if re.search(r"[.,]", whole) and not GROUPS.match(whole):
        raise BadCell("not_a_number", f"'{shorten(text)}' is not a number.")
    for mark in {".", ","} - {decimal}:
        digits = digits.replace(mark, "")
    return digits.replace(",", ".")


def in_unit(number: float, unit: str, metric: Known) -> float | None:
    """Return a number given in a unit, in the metric's own; None where that is another."""
    unit = unit.lower()
    same = next((names for names in UNITS if unit in names), {unit})
    if "%" in same and KINDS[metric.kind].part_of_whole:
        return number / 100
    return number if metric.unit.lower() in same else None


def _in_unit(
    text: str, number: float, unit: str, metric: Known | None, mapped: Mapping[str, Mapped]
) -> float:
    """Return a number given in a unit, in the metric's own. Raises BadCell where none fits."""
    if metric is None:
        return number
    found = in_unit(number, unit, metric)
    if found is None and unit in mapped:
        agreed, factor = mapped[unit]
        found = in_unit(number * factor, agreed, metric)
    if found is not None:
        return found
    words = f"'{shorten(text)}' is not in the metric's unit: {in_words(metric.unit)}."
    raise BadCell("unit_differs", words) if unit in mapped else UnknownUnit(words, unit)


# Rows


@dataclass(slots=True)
class Row:
    """One row as it was read; field for field an item of the sync."""

    metric: str
    event_at: datetime
    source: str
    external_id: str
    recorded_at: datetime | None
    value: float | None
    numerator: float | None
    denominator: float | None
    revision: int
    site: str | None


def read_row(cells: Sequence[Cell], plan: Plan) -> Row:
    """Return one row of a file. Raises BadCell for the first cell that cannot be read.

    Without a column of identifiers, the date (and the site) is the row's identifier.
    """

    def cell(name: str) -> Cell:
        place = plan.columns.get(name)
        return cells[place] if place is not None and place < len(cells) else None

    code = as_text(cell("metric")) or plan.metric
    if not code:
        raise BadCell("empty_cell", "The metric is empty.", "metric")
    metric = plan.metrics.get(code)
    zone = metric.zone if metric else plan.zone

    def instant(name: str) -> datetime:
        with _naming(name):
            return read_instant(cell(name), plan.order, zone)

    def number(name: str) -> float | None:
        with _naming(name):
            return read_number(cell(name), metric, plan.comma, units)

    source = plan.source_of(cells)
    units = plan.units.get(source, {})
    event_at = instant("event_at")
    site = as_text(cell("site")) or None
    return Row(
        metric=code,
        event_at=event_at,
        source=source,
        external_id=_identifier(cell("external_id"), event_at, zone, site, plan),
        recorded_at=instant("recorded_at") if as_text(cell("recorded_at")) else None,
        value=number("value"),
        numerator=number("numerator"),
        denominator=number("denominator"),
        revision=_revision(cell("revision")),
        site=site,
    )


@contextmanager
def _naming(field: str) -> Iterator[None]:
    """Give a bad cell the name of its field."""
    try:
        yield
    except BadCell as bad:
        bad.field = field
        raise


def _identifier(cell: Cell, at: datetime, zone: str, site: str | None, plan: Plan) -> str:
    if "external_id" in plan.columns:
        return as_text(cell)
    try:
        local = at.astimezone(ZoneInfo(zone)).replace(tzinfo=None)
    except OverflowError:  # the first hours of the year 1, as empty dates of some systems
        words = f"'{at.isoformat()}' is no date in the metric's time zone."
        raise BadCell("bad_instant", words, "event_at") from None
    text = plain(local).isoformat()
    return f"{text}/{site}" if site else text


def _revision(cell: Cell) -> int:
    text = as_text(cell)
    if not text:
        return 0
    if not re.fullmatch(r"\d{1,18}", text):
        raise BadCell("bad_revision", f"'{shorten(text)}' is not a whole number.", "revision")
    return int(text)
