"""Reading the cells of an imported file: tables of examples, and properties."""

from __future__ import annotations

import csv
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from typing import TypeVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from metrics.rules import cells
from metrics.rules.cells import BadCell, Known, Order

T = TypeVar("T")
ZONE = "Europe/Berlin"
LONGEST_CELL = csv.field_size_limit()
DAYS, SHARE = Known("mean", "days", ZONE), Known("proportion", "%", ZONE)


@pytest.mark.parametrize(
    ("cell", "metric", "comma", "number"),
    [
        ("4", DAYS, None, 4),
        ("4,5", DAYS, None, 4.5),
        ("-4.5", DAYS, None, -4.5),
        ("\u22124.5", DAYS, None, -4.5),
        ("1.234,5", DAYS, None, 1234.5),
        ("1,234.5", DAYS, None, 1234.5),
        ("1 234 567", DAYS, None, 1234567),
        ("1\u202f234,5", DAYS, None, 1234.5),
        ("1'234.5", DAYS, None, 1234.5),
        ("1.234.567", DAYS, None, 1234567),
        ("1,234", DAYS, True, 1.234),
        ("1,234", DAYS, False, 1234),
        ("1.234", DAYS, True, 1234),
        ("1.234", DAYS, False, 1.234),
        ("\u22121.250", DAYS, True, -1250),
        ("\u22121.250", DAYS, False, -1.25),
        ("1234.500", DAYS, None, 1234.5),
        ("0.125", DAYS, None, 0.125),
        ("0,125", DAYS, None, 0.125),
        ("0,125", DAYS, True, 0.125),
        ("0.125", DAYS, True, 0.125),
        ("1e3", DAYS, None, 1000),
        ("5 days", DAYS, None, 5),
        ("5d", DAYS, None, 5),
        ("12 %", SHARE, None, 0.12),
        ("12.5%", SHARE, None, 0.125),
        (3, DAYS, None, 3),
        (0.5, SHARE, None, 0.5),
        ("", DAYS, None, None),
        (None, DAYS, None, None),
    ],
)
def test_a_number_is_read(
    cell: cells.Cell, metric: Known, comma: bool | None, number: float | None
) -> None:
    assert cells.read_number(cell, metric, comma) == number


@pytest.mark.parametrize(
    ("cell", "metric", "code"),
    [
        ("1,234", DAYS, "ambiguous_number"),
        ("1.250", DAYS, "ambiguous_number"),
        ("12.500", DAYS, "ambiguous_number"),
        ("\u22121.250", DAYS, "ambiguous_number"),
        ("12 %", DAYS, "unit_differs"),
        ("5 h", DAYS, "unit_differs"),
        ("€ 5", DAYS, "unit_differs"),
        ("5 days", SHARE, "unit_differs"),
        ("text", DAYS, "not_a_number"),
        ("1.2.3", DAYS, "not_a_number"),
        ("1,2,3", DAYS, "not_a_number"),
        ("1.23,45.6", DAYS, "not_a_number"),
        ("--5", DAYS, "not_a_number"),
        ("5-3", DAYS, "not_a_number"),
        ("nan", DAYS, "not_a_number"),
        ("inf", DAYS, "not_a_number"),
        ("1e999", DAYS, "not_a_number"),
        ("#DIV/0!", DAYS, "not_a_number"),
        (True, DAYS, "not_a_number"),
        (date(2026, 3, 4), DAYS, "not_a_number"),
    ],
)
def test_a_number_that_is_none_is_refused(cell: cells.Cell, metric: Known, code: str) -> None:
    with pytest.raises(BadCell) as bad:
        cells.read_number(cell, metric, None)

    assert bad.value.code == code


@contextmanager
def within(seconds: int) -> Iterator[None]:
    """Fail where something takes longer than anybody waits, instead of hanging."""

    def fail(*_: object) -> None:
        pytest.fail(f"not done after {seconds} seconds")

    before = signal.signal(signal.SIGALRM, fail)
    signal.alarm(seconds)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


@pytest.mark.parametrize(
    "cell",
    [
        "1" + " " * LONGEST_CELL + "x1",
        "€" + " " * LONGEST_CELL + "x",
        "1 " * (LONGEST_CELL // 2) + "x1",
        "1," * (LONGEST_CELL // 2) + "x1",
        "1e" + "1" * LONGEST_CELL + "x1",
        "4.3.2026" + " " * LONGEST_CELL + "x",
        "2026-03-04 08:00:00." + "1" * LONGEST_CELL + "x",
        "2026-03-04T08:00:00." + "1" * LONGEST_CELL + "x",
    ],
)
def test_the_longest_cell_of_a_csv_is_refused_as_soon_as_any_other(cell: str) -> None:
    with within(20):
        proved = cells.finds_comma([cell]), cells.find_order([cell])
        number, number_words = told(lambda: cells.read_number(cell, DAYS, None))
        instant, instant_words = told(lambda: cells.read_instant(cell, Order.ASK, ZONE))

    assert proved == (None, Order.ASK)
    assert (number, instant) == (None, None)
    assert "longer than a number" in number_words
    assert "is not a date" in instant_words


def test_a_number_with_its_unit_has_at_most_a_hundred_characters() -> None:
    assert cells.read_number("4.5" + "0" * 92 + " days", DAYS, None) == 4.5

    with pytest.raises(BadCell, match="is longer than a number: 101 characters"):
        cells.read_number("4.5" + "0" * 93 + " days", DAYS, None)


@pytest.mark.parametrize(
    ("column", "comma"),
    [
        (["4,5", "1,234"], True),
        (["1,234", "4.5"], False),
        (["1.234.567"], True),
        (["1,234,567"], False),
        (["1,234", "7"], None),
        (["1.250", "2.500"], None),
        (["\u22121.250", "1.250"], None),
        (["1.250", "3.14"], False),
        (["12.500", "0.125"], False),
        (["1.250", "1234.500"], False),
        (["1.250", "\u22124,5"], True),
        (["1.250", "0,125"], True),
        (["\u22121.234.567"], True),
        (["1.250", "04.03.2026"], None),
        (["4,5", "4.5"], None),
        ([None, 4.5, ""], None),
    ],
)
def test_a_column_proves_its_decimal_mark_or_not(
    column: list[cells.Cell], comma: bool | None
) -> None:
    assert cells.finds_comma(column) is comma


@pytest.mark.parametrize(
    ("cell", "order", "utc"),
    [
        ("2026-03-04", Order.ASK, "2026-03-03T23:00"),
        ("2026/03/04", Order.ASK, "2026-03-03T23:00"),
        ("04.03.2026", Order.ASK, "2026-03-03T23:00"),
        ("4.3.2026 8:15", Order.ASK, "2026-03-04T07:15"),
        ("13/04/2026", Order.ASK, "2026-04-12T22:00"),
        ("04/13/2026", Order.ASK, "2026-04-12T22:00"),
        ("05/05/2026", Order.ASK, "2026-05-04T22:00"),
        ("03/04/2026", Order.DAY_FIRST, "2026-04-02T22:00"),
        ("03/04/2026", Order.MONTH_FIRST, "2026-03-03T23:00"),
        ("2026-W10", Order.ASK, "2026-03-01T23:00"),
        ("2026-03-04 08:00", Order.ASK, "2026-03-04T07:00"),
        ("2026-03-04T08:00:00.5Z", Order.ASK, "2026-03-04T08:00:00.500"),
        ("2026-03-04T08:00:00+05:30", Order.ASK, "2026-03-04T02:30"),
        ("2026-03-04T08:00:59.9999999Z", Order.ASK, "2026-03-04T08:00:59.999999"),
        ("2026-10-25 02:30", Order.ASK, "2026-10-25T00:30"),
        (datetime(2026, 3, 4), Order.ASK, "2026-03-03T23:00"),  # as a sheet has it
        (date(2026, 7, 4), Order.ASK, "2026-07-03T22:00"),
    ],
)
def test_an_instant_is_read(cell: cells.Cell, order: Order, utc: str) -> None:
    found = cells.read_instant(cell, order, ZONE)

    assert found.astimezone(UTC) == datetime.fromisoformat(utc).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("cell", "code"),
    [
        ("03/04/2026", "ambiguous_date"),
        ("03/04/26", "short_year"),
        ("31.02.2026", "bad_instant"),
        ("2026-W60", "bad_instant"),
        ("20260304", "bad_instant"),
        ("2026-03-04T06:00+01:00", "bad_instant"),
        ("2026-03-04T06:00:00,5+01:00", "bad_instant"),
        ("soon", "bad_instant"),
        (46085.0, "bad_instant"),
        (True, "bad_instant"),
        ("", "empty_cell"),
        (None, "empty_cell"),
    ],
)
def test_an_instant_that_is_none_is_refused(cell: cells.Cell, code: str) -> None:
    with pytest.raises(BadCell) as bad:
        cells.read_instant(cell, Order.ASK, ZONE)

    assert bad.value.code == code


@pytest.mark.parametrize(
    ("column", "order"),
    [
        (["03/04/2026", "13/04/2026"], Order.DAY_FIRST),
        (["03/04/2026", "03/14/2026"], Order.MONTH_FIRST),
        (["13/04/2026", "03/14/2026"], Order.ASK),
        (["03/04/2026", "2026-03-04", None], Order.ASK),
    ],
)
def test_a_column_proves_its_order_or_not(column: list[cells.Cell], order: Order) -> None:
    assert cells.find_order(column) is order


def test_headers_are_recognised_in_the_words_of_people() -> None:
    found = cells.guess_columns(["Datum", "WERT", "External-ID", "colour", "n", "KPI", "Date"])

    assert found == {"event_at": 0, "value": 1, "external_id": 2, "denominator": 4, "metric": 5}


def test_an_order_identifies_a_row_where_no_better_column_does() -> None:
    assert cells.guess_columns(["Auftrag", "Beleg-Nr."]) == {"external_id": 0}
    assert cells.guess_columns(["Auftrag", "ID"]) == {"external_id": 1}


def test_a_column_that_no_field_is_read_from_is_named() -> None:
    assert cells.unread(["Tag", "Farbe", None, "n"], {"event_at": 0, "value": 3}) == ["Farbe"]


def test_without_identifiers_date_and_site_identify_a_row() -> None:
    plan = cells.Plan(columns={"event_at": 0, "value": 1, "site": 2}, metric="m", zone=ZONE)

    assert cells.read_row(["2026-03-04", "1", "north"], plan).external_id == "2026-03-04/north"
    assert cells.read_row(["2026-03-04 08:30", "1"], plan).external_id == "2026-03-04T08:30:00"


@pytest.mark.parametrize("cell", ["0001-01-01T00:00:00+05:00", "9999-12-31T23:59:59-05:00"])
def test_an_empty_date_of_a_system_is_refused_where_it_would_identify_the_row(cell: str) -> None:
    plan = cells.Plan(columns={"event_at": 0, "value": 1}, metric="m", zone=ZONE)

    with pytest.raises(BadCell) as bad:
        cells.read_row([cell, "1"], plan)

    assert (bad.value.code, bad.value.field) == ("bad_instant", "event_at")


def test_a_bad_cell_names_its_column() -> None:
    plan = cells.Plan(columns={"event_at": 0, "denominator": 1}, metric="m")

    with pytest.raises(BadCell) as bad:
        cells.read_row(["2026-03-04", "x"], plan)

    assert bad.value.field == "denominator"


def told(read: Callable[[], T]) -> tuple[T | None, str]:
    """Return what was read, or the words of the refusal."""
    try:
        return read(), ""
    except BadCell as bad:
        return None, str(bad)


@given(st.text(max_size=40))
def test_any_text_is_a_number_or_refused_with_printable_words(text: str) -> None:
    found, words = told(lambda: cells.read_number(text, DAYS, None))

    assert words.isprintable()
    assert found is None or abs(found) < float("inf")


@given(st.text(max_size=40))
def test_any_text_is_an_instant_or_refused_with_printable_words(text: str) -> None:
    found, words = told(lambda: cells.read_instant(text, Order.ASK, ZONE))

    assert words.isprintable()
    assert found is None or found.tzinfo is not None


@given(st.floats(allow_nan=False, allow_infinity=False, width=32))
def test_a_number_written_by_a_computer_is_read_as_it_was(number: float) -> None:
    assert cells.read_number(repr(number), DAYS, False if "e" in repr(number) else None) == number


@given(st.text(max_size=20))
def test_no_cell_of_a_list_starts_a_formula(text: str) -> None:
    safe = cells.neutral(text)

    assert safe[:1] not in {"=", "@", "\t", "\r", "\n"}
    assert safe == text or safe == "'" + text
