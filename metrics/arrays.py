"""Columns as PostgreSQL arrays in the binary format, packed whole.

psycopg dumps a list element by element; packing a column at once costs about a quarter. The
format is that of `array_recv` and of each type's receive function: a header (dimensions, has
nulls, element type, length, lower bound), then each element as its length and its bytes, all
big-endian (PostgreSQL documentation, "Message Data Types", and src/backend/utils/adt/arrayfuncs.c).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from itertools import chain, repeat
from struct import pack
from typing import Any
from uuid import UUID

from psycopg.adapt import Dumper
from psycopg.pq import Format

EPOCH_MICROSECONDS = 946_684_800_000_000  # 2000-01-01, where timestamptz counts from


class Array:
    """A packed array and its type, as one query parameter."""

    __slots__ = ("data", "oid")

    def __init__(self, element: int, array: int, count: int, body: bytes) -> None:
        self.oid = array
        head = pack(">iiIii", 1, 0, element, count, 1) if count else pack(">iiI", 0, 0, element)
        self.data = head + body


class ArrayDumper(Dumper):
    """Hands the packed bytes to the server as they are."""

    format = Format.BINARY

    def dump(self, obj: Array) -> bytes:
        return obj.data

    def get_key(self, obj: Array, format: Any) -> Any:  # noqa: A002  # psycopg names it
        return (Array, obj.oid)

    def upgrade(self, obj: Array, format: Any) -> Dumper:  # noqa: A002
        upgraded = ArrayDumper(Array)
        upgraded.oid = obj.oid
        return upgraded


def _fixed(code: str, size: int, element: int, array: int, values: Sequence[Any]) -> Array:
    """Pack elements of one size; `code` is struct's letter."""
    pairs = chain.from_iterable(zip(repeat(size), values, strict=False))
    return Array(element, array, len(values), pack(f">{('i' + code) * len(values)}", *pairs))


def int4s(values: Sequence[int]) -> Array:
    return _fixed("i", 4, 23, 1007, values)


def int8s(values: Sequence[int]) -> Array:
    return _fixed("q", 8, 20, 1016, values)


def float8s(values: Sequence[float]) -> Array:
    return _fixed("d", 8, 701, 1022, values)


def keys(values: Sequence[bytes]) -> Array:
    """Pack 16-byte strings as bytea[]."""
    return _fixed("16s", 16, 17, 1001, values)


def texts(values: Sequence[str]) -> Array:
    encoded = [value.encode() for value in values]
    parts = chain.from_iterable(
        zip([pack(">i", len(value)) for value in encoded], encoded, strict=True)
    )
    return Array(25, 1009, len(values), b"".join(parts))


def instants(values: Sequence[datetime]) -> Array:
    """Pack aware datetimes as timestamptz[], exact to the microsecond."""
    return _fixed(
        "q",
        8,
        1184,
        1185,
        [round(value.timestamp() * 1e6) - EPOCH_MICROSECONDS for value in values],
    )


def instants_or_null(values: Sequence[datetime | None]) -> Array:
    """Pack datetimes of which some are missing; all missing is the empty array."""
    present = [value for value in values if value is not None]
    if len(present) == len(values):
        return instants(present)
    stamps = iter(instants(present).data[20:] if present else b"")
    body = b"".join(
        b"\xff\xff\xff\xff" if value is None else bytes(next(stamps) for _ in range(12))
        for value in values
    )
    return Array(1184, 1185, len(values), body) if present else Array(1184, 1185, 0, b"")


def uuids_or_null(values: Sequence[UUID | None]) -> Array:
    """Pack UUIDs of which some are missing; all missing is the empty array."""
    if not any(values):
        return Array(2950, 2951, 0, b"")
    body = b"".join(
        b"\xff\xff\xff\xff" if value is None else b"\x00\x00\x00\x10" + value.bytes
        for value in values
    )
    return Array(2950, 2951, len(values), body)
