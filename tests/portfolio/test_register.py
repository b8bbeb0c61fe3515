"""What the rows of a spreadsheet of requirements say, and what is wrong with each of them."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portfolio.models import Area
from portfolio.rules import register
from portfolio.rules.register import Draft, Reading

TODAY = date(2026, 11, 22)
HEAD = ["Function", "Requirement", "Found on", "Blocking", "State", "Evidence", "Link"]
AREAS = {area.value: str(area.label) for area in Area}
ROW: list[Any] = ["Security", "Log every call", "2026-09-07", "yes", "open", "", ""]


def read(*rows: list[Any], head: list[str] | None = None) -> Reading:
    numbered = list(enumerate(rows, start=2))
    return register.read(head or HEAD, numbered, areas=AREAS, found_on=TODAY, today=TODAY)


def row(**cells: Any) -> list[Any]:
    places = {"area": 0, "text": 1, "found_on": 2, "blocking": 3, "state": 4, "evidence": 5}
    found = list(ROW)
    for name, value in cells.items():
        found[(places | {"url": 6})[name]] = value
    return found


def test_a_row_is_read_as_it_stands() -> None:
    found = read(row(state="Met", evidence="Tried", url="https://docs.plant.example/log"))

    assert found.faults == []
    assert found.rows == [
        (
            2,
            Draft(
                area="security",
                text="Log every call",
                found_on=date(2026, 9, 7),
                blocking=True,
                state="met",
                evidence="Tried",
                url="https://docs.plant.example/log",
            ),
        )
    ]


def test_two_columns_are_enough_and_others_are_named() -> None:
    found = read(["IT", "One sign-on", "x"], head=["department", "WHAT", "Budget"])

    assert found.rows == [(2, Draft("technology", "One sign-on", TODAY))]
    assert found.unread == ["Budget"]


@pytest.mark.parametrize(
    ("word", "code"),
    [
        ("security", "security"),
        ("IT Security", "security"),
        ("IT", "technology"),
        ("data_governance", "data_governance"),
        ("Data  Governance", "data_governance"),
        ("GDPR", "privacy"),
        ("Cross-border data", "cross_boundary"),
        ("Technology (IT)", "technology"),
    ],
)
def test_functions_are_known_by_what_people_call_them(word: str, code: str) -> None:
    assert read(row(area=word)).rows[0][1].area == code


@pytest.mark.parametrize(
    ("cells", "column", "why"),
    [
        ({"area": "Canteen"}, "Function", "'Canteen' is none of the functions."),
        ({"area": None}, "Function", "It does not say which function asks this."),
        ({"text": None}, "Requirement", "It does not say what is asked."),
        ({"text": "x" * 1001}, "Requirement", "At most 1,000 characters fit here"),
        ({"text": "Log\u200b it"}, "Requirement", "zero width space"),
        ({"found_on": "soon"}, "Found on", "'soon' is not a date"),
        ({"found_on": 46000.0}, "Found on", "46000 is a number, not a date"),
        ({"found_on": "03/04/2026"}, "Found on", "can be read two ways"),
        ({"found_on": "2026-11-23"}, "Found on", "2026-11-23 is to come"),
        ({"found_on": "1990-01-01"}, "Found on", "too long ago"),
        ({"found_on": True}, "Found on", "TRUE is a number, not a date"),
        ({"blocking": "maybe"}, "Blocking", "'maybe' is neither yes nor no."),
        ({"state": "later"}, "State", "'later' is no state."),
        ({"state": "met"}, "Evidence", "neither evidence nor a link"),
        ({"evidence": "x" * 601}, "Evidence", "At most 600 characters"),
        ({"url": "javascript:alert(1)"}, "Link", "is no address of the web"),
        ({"url": "https://x.example/" + "a" * 500}, "Link", "At most 500 characters"),
    ],
)
def test_a_fault_names_row_column_why_and_how_to_mend_it(
    cells: dict[str, Any], column: str, why: str
) -> None:
    found = read(ROW, row(**cells))

    assert [(fault.row, fault.column) for fault in found.faults] == [(3, column)]
    assert why in found.faults[0].why
    assert found.faults[0].mend
    assert len(found.rows) == 1


def test_each_fault_of_a_row_is_named() -> None:
    found = read(row(area="Canteen", found_on="soon", blocking="maybe"))

    assert [fault.column for fault in found.faults] == ["Function", "Found on", "Blocking"]


def test_a_column_that_proves_its_order_of_day_and_month_is_read_by_it() -> None:
    found = read(row(found_on="03/04/2026"), row(text="Other", found_on="25/04/2026"))

    assert [draft.found_on for _, draft in found.rows] == [date(2026, 4, 3), date(2026, 4, 25)]


def test_a_day_with_a_time_is_that_day() -> None:
    assert read(row(found_on=datetime(2026, 9, 7, 15))).rows[0][1].found_on == date(2026, 9, 7)


def test_the_same_row_twice_is_one_and_another_about_the_same_is_a_fault() -> None:
    same = read(ROW, ROW)
    other = read(ROW, row(text="log  EVERY call", found_on="2026-10-01"))

    assert (len(same.rows), same.repeats, same.faults) == (1, [(3, 2)], [])
    assert [(fault.row, fault.column) for fault in other.faults] == [(3, "Requirement")]
    assert "Row 2 asks the same" in other.faults[0].why


def test_a_missing_column_is_named_with_what_it_may_be_called() -> None:
    found = read(["Security"], head=["Function"])

    assert [(fault.row, fault.column) for fault in found.faults] == [(1, "Requirement")]
    assert "text, description, what" in found.faults[0].mend


def test_more_rows_than_are_taken_at_once_are_refused_before_they_are_read() -> None:
    found = read(*[row(text=f"R {number}") for number in range(register.MAX_ROWS + 1)])

    assert [fault.row for fault in found.faults] == [register.MAX_ROWS + 2]
    assert found.rows == []


CELLS = st.one_of(
    st.none(), st.text(max_size=30), st.floats(), st.booleans(), st.dates(), st.datetimes()
)


@given(rows=st.lists(st.lists(CELLS, max_size=8), max_size=5))
def test_whatever_stands_in_cells_a_row_is_taken_or_named(rows: list[list[Any]]) -> None:
    found = read(*rows)

    taken = {number for number, _ in found.rows} | {number for number, _ in found.repeats}
    assert taken | {fault.row for fault in found.faults} == set(range(2, len(rows) + 2))
