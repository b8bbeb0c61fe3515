"""Packed arrays say the same as psycopg's own, element by element."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta, timezone
from typing import Any
from uuid import UUID

import psycopg
import pytest
from django.db import connection
from hypothesis import given, settings
from hypothesis import strategies as st

from metrics import arrays

ZONED = st.datetimes(
    min_value=datetime(1990, 1, 1),
    max_value=datetime(2100, 1, 1),
    timezones=st.sampled_from([UTC, timezone(timedelta(hours=5, minutes=30))]),
)
COLUMNS: list[tuple[Callable[[Any], arrays.Array], str, st.SearchStrategy[Any]]] = [
    (arrays.int4s, "int[]", st.integers(-(2**31), 2**31 - 1)),
    (arrays.int8s, "bigint[]", st.integers(-(2**63), 2**63 - 1)),
    (arrays.float8s, "float8[]", st.floats(allow_nan=False)),
    (arrays.keys, "bytea[]", st.binary(min_size=16, max_size=16)),
    (
        arrays.texts,
        "text[]",
        st.text(st.characters(exclude_characters="\0", codec="utf-8")),
    ),
    (arrays.instants, "timestamptz[]", ZONED),
]


def back(packed: arrays.Array, kind: str) -> Sequence[Any]:
    connection.ensure_connection()
    cursor = psycopg.Cursor(connection.connection)
    cursor.adapters.register_dumper(arrays.Array, arrays.ArrayDumper)
    row = cursor.execute(f"SELECT %b::{kind}", [packed]).fetchone()
    assert row is not None
    return list(row[0])


@pytest.mark.parametrize(("pack", "kind", "element"), COLUMNS, ids=lambda p: str(p)[:12])
@pytest.mark.django_db
def test_what_is_packed_is_what_the_server_reads(
    pack: Callable[[Any], arrays.Array], kind: str, element: st.SearchStrategy[Any]
) -> None:
    @settings(max_examples=20, deadline=None)
    @given(st.lists(element, max_size=8))
    def check(values: list[Any]) -> None:
        assert back(pack(values), kind) == values

    check()


@pytest.mark.django_db
@pytest.mark.parametrize(
    "values",
    [
        [datetime(2026, 3, 2, 8, 0, 0, 123457, UTC), None],
        [
            None,
            datetime(2026, 3, 2, tzinfo=UTC),
            None,
            datetime(1999, 1, 1, tzinfo=UTC),
        ],
    ],
)
def test_missing_instants_stay_in_their_places(values: list[datetime | None]) -> None:
    assert back(arrays.instants_or_null(values), "timestamptz[]") == values


@pytest.mark.django_db
def test_missing_uuids_stay_in_their_places() -> None:
    values = [None, UUID(int=7), None]

    assert back(arrays.uuids_or_null(values), "uuid[]") == values


@pytest.mark.django_db
def test_a_column_with_nothing_in_it_is_the_empty_array() -> None:
    assert back(arrays.uuids_or_null([None, None]), "uuid[]") == []
    assert back(arrays.instants_or_null([None]), "timestamptz[]") == []
