"""Bodies of the sync endpoint, decoded: JSON, NDJSON and CSV into the same typed items.

The whole body is decoded at once; only when that fails, item by item, so that each bad item gets
its own reason.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, Literal

import msgspec

from common import instants

from .rules.items import MAX_ITEMS, Rejection
from .rules.weeks import day_start

Aware = Annotated[datetime, msgspec.Meta(tz=True)]
Mode = Literal["keep_good", "all_or_nothing"]


class Malformed(Exception):
    """The body as a whole cannot be read; the text is for the sender."""


class TwoModes(Exception):
    """Body and address name different modes; the text is for the sender."""


class Item(msgspec.Struct, forbid_unknown_fields=True):
    """One measurement; `rules.items.Item` says what the fields mean."""

    metric: str
    event_at: Aware
    source: str
    external_id: str
    recorded_at: Aware | None = None
    value: float | None = None
    numerator: float | None = None
    denominator: float | None = None
    revision: int = 0
    site: str | None = None


class Loose(msgspec.Struct, forbid_unknown_fields=True):
    """An item whose instants are still text: a bare date needs the metric's zone."""

    metric: str
    event_at: str
    source: str
    external_id: str
    recorded_at: str | None = None
    value: float | None = None
    numerator: float | None = None
    denominator: float | None = None
    revision: int = 0
    site: str | None = None


class _Body(msgspec.Struct, forbid_unknown_fields=True):
    measurements: list[Item]
    mode: Mode | msgspec.UnsetType = msgspec.UNSET


class _RawBody(msgspec.Struct, forbid_unknown_fields=True):
    measurements: list[msgspec.Raw]
    mode: Mode | msgspec.UnsetType = msgspec.UNSET


@dataclass(slots=True)
class Batch:
    """A decoded body: items with their index, and what could not be decoded.

    The index counts items from 0: neither empty lines nor the header of a CSV have one.
    """

    items: list[tuple[int, Item | Loose]]
    rejected: list[Rejection]
    mode: Mode


_body = msgspec.json.Decoder(_Body)
_raw_body = msgspec.json.Decoder(_RawBody)
_item = msgspec.json.Decoder(Item)
_loose = msgspec.json.Decoder(Loose)
_lines = msgspec.json.Decoder(Item)
FIELDS = Item.__struct_fields__
NUMBERS = frozenset({"value", "numerator", "denominator"})
BOM = b"\xef\xbb\xbf"
UNREADABLE = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)
NAMED = re.compile(r"field `([^`]*)`")
# More digits of a second than are kept: the decoder would round them, and cells are cut. A body
# that holds none is not searched for its instants.
FINER = re.compile(rb"\.\d{7,}+[Zz+\-\\]")
FINER_INSTANT = re.compile(rb'(_at"\s*+:\s*+"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d\.\d{6})\d++')


def decode_json(body: bytes, asked: Mode | msgspec.UnsetType = msgspec.UNSET) -> Batch:
    """Decode `{"mode": ..., "measurements": [...]}`. Raises Malformed, and TwoModes.

    asked: the mode named beside the body; it holds where the body names none.
    """
    body = _cut(body.removeprefix(BOM))
    try:
        whole = _body.decode(body)
        _limit(len(whole.measurements))
        return Batch(list(enumerate(whole.measurements)), [], _one_mode(whole.mode, asked))
    except msgspec.ValidationError:
        pass
    except UNREADABLE as error:
        raise Malformed(f"The body is not valid JSON: {error}.") from None
    try:
        parts = _raw_body.decode(body)
    except UNREADABLE as error:
        raise Malformed(f"The body does not have the expected shape: {error}.") from None
    _limit(len(parts.measurements))
    mode = _one_mode(parts.mode, asked)
    return _each(enumerate(bytes(part) for part in parts.measurements), mode)


def _cut(body: bytes) -> bytes:
    """Return JSON whose instants have at most six digits of a second, as those of every format."""
    return FINER_INSTANT.sub(rb"\1", body) if FINER.search(body) else body


def _one_mode(named: Mode | msgspec.UnsetType, asked: Mode | msgspec.UnsetType) -> Mode:
    """Return the mode that body or address name, keep_good where neither does."""
    if named is msgspec.UNSET:
        return "keep_good" if asked is msgspec.UNSET else asked
    if asked not in (msgspec.UNSET, named):
        raise TwoModes(f"The address says mode {asked}, the body says {named}: name one of them.")
    return named


def decode_ndjson(body: bytes, mode: Mode) -> Batch:
    """Decode one JSON object a line; empty lines have no index. Raises Malformed."""
    body = _cut(body.removeprefix(BOM))
    try:
        items = _lines.decode_lines(body)
        _limit(len(items))
        return Batch(list(enumerate(items)), [], mode)
    except UNREADABLE:
        lines = [line for line in body.splitlines() if line.strip()]
        _limit(len(lines))
        return _each(enumerate(lines), mode)


def decode_csv(body: bytes, mode: Mode) -> Batch:
    """Decode CSV with a header line of field names; empty lines have no index. Raises Malformed."""
    try:
        text = body.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise Malformed("The file is not UTF-8 text.") from None
    try:
        rows = list(csv.reader(io.StringIO(text, newline=""), strict=True))
    except csv.Error as error:
        raise Malformed(f"The CSV cannot be read: {error}.") from None
    if not rows:
        raise Malformed("The CSV is empty; its first line names the columns.")
    header = [name.strip() for name in rows[0]]
    unknown = [name for name in header if name not in FIELDS]
    if unknown or len(set(header)) != len(header):
        shown = ", ".join(repr(name[:40]) for name in unknown[:5]) or "a name stands twice"
        raise Malformed(f"Unknown columns: {shown}. Known are: {', '.join(FIELDS)}.")
    cells = [row for row in rows[1:] if len(row) > 1 or "".join(row).strip()]
    _limit(len(cells))
    return decode_rows(enumerate(_filled(header, row) for row in cells), mode)


def decode_rows(rows: Iterator[tuple[int, dict[str, Any]]], mode: Mode) -> Batch:
    """Decode rows of text cells (CSV, a spreadsheet); empty cells are left out."""
    batch = Batch([], [], mode)
    for index, row in rows:
        try:
            batch.items.append((index, msgspec.convert(row, Loose, strict=False)))
        except msgspec.ValidationError as error:
            batch.rejected.append(_reject(index, error, row))
    return batch


def _filled(header: list[str], row: list[str]) -> dict[str, Any]:
    cells = {name: cell.strip() for name, cell in zip(header, row, strict=False) if cell.strip()}
    if len(row) > len(header):
        cells["more cells than columns"] = "x"
    return cells


def _each(parts: Iterator[tuple[int, bytes]], mode: Mode) -> Batch:
    batch = Batch([], [], mode)
    for index, part in parts:
        try:
            batch.items.append((index, _item.decode(part)))
            continue
        except msgspec.ValidationError:
            pass
        except UNREADABLE as error:
            batch.rejected.append(Rejection(index, "malformed", f"Not valid JSON: {error}."))
            continue
        try:
            batch.items.append((index, _loose.decode(part)))
        except msgspec.ValidationError as error:
            batch.rejected.append(_reject(index, error))
    return batch


def _limit(count: int) -> None:
    if count > MAX_ITEMS:
        raise Malformed(f"{count} items are too many for one request; send at most {MAX_ITEMS}.")


def _reject(index: int, error: Exception, row: dict[str, Any] | None = None) -> Rejection:
    """Say why an item could not be decoded; row: its cells, where they are known."""
    words = str(error)
    field = words.rsplit("$.", 1)[1].rstrip("`") if "$." in words else ""
    if not field and (named := NAMED.search(words)):
        field = named[1][:60]
    if field in NUMBERS and words.startswith("Expected"):
        found = f"'{_printable(str((row or {}).get(field, '')))}'" if row else "This"
        detail = f"{found} is not a number. Write 4.5: no words, no unit, no comma."
    else:
        detail = words.split(" - at ")[0] + "."
    return Rejection(index, "wrong_type", detail, field)


def _printable(text: str) -> str:
    """Return the start of a client's text as it can stand in an answer."""
    return "".join(sign for sign in text if sign.isprintable())[:60]


def settle(
    items: list[tuple[int, Item | Loose]], zone_of: Callable[[str], str]
) -> tuple[list[tuple[int, Item]], list[Rejection]]:
    """Give loose items their instants; a bare date begins in the metric's zone.

    zone_of: the zone of a metric's code; that of the tenant for an unknown one.
    """
    settled: list[tuple[int, Item]] = []
    rejected: list[Rejection] = []
    for index, item in items:
        if type(item) is Item:
            settled.append((index, item))
            continue
        try:
            settled.append((index, _settled(item, zone_of)))  # type: ignore[arg-type]  # not an Item
        except _BadInstant as bad:
            rejected.append(
                Rejection(
                    index,
                    "bad_instant",
                    f"'{bad.text[:40]}' is not an instant. Write 2026-03-02T06:00:00+01:00,"
                    " or 2026-03-02 for the start of that day.",
                    bad.field,
                )
            )
    return settled, rejected


class _BadInstant(Exception):
    def __init__(self, text: str, field: str) -> None:
        super().__init__(text)
        self.text, self.field = text, field


def _settled(item: Loose, zone_of: Callable[[str], str]) -> Item:
    found: dict[str, datetime | None] = {"recorded_at": None}
    for field in ("event_at", "recorded_at"):
        text = getattr(item, field)
        if text is None:
            continue
        at = instants.parse(text)
        if at is None:
            raise _BadInstant(text, field)
        found[field] = at if isinstance(at, datetime) else day_start(at, zone_of(item.metric))
    values = {name: getattr(item, name) for name in FIELDS}
    return Item(**(values | found))
