"""A CSV falls into its rows: several lines in a cell, and quotes that nothing closes."""

from __future__ import annotations

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common import delimited
from common.delimited import Uncut, read_rows

ROWS = [["2026-03-02", "4", "a"], ["2026-03-03", "5", "b"], ["2026-03-04", "6", "c"]]


@pytest.mark.parametrize(
    "text",
    [
        'date,value,note\nd,1,a\nd,2,"half inch\nd,3,b\nd,4,c\n',
        'date,value,note\nd,1,a\nd,2,"half inch\nd,3,b\nd,4,5"\nd,5,e\n',
        'date,value,note\nd,1,a\nd,2,"half inch\nd,3,"quarter inch"\n',
        'date,value,note\nd,1,a\nd,2,"half inch\nd,3,""\nd,4,5"\nd,5,e\n',
        'date,note,value\nd,a,1\nd,"half inch,2\nd,5",3\nd,e,4\n',
        'note,date,value\na,d,1\n"half inch,d,2\n5",d,3\n',
        'date;value;note\r\nd;1;a\r\nd;2;"half inch\r\nd;3;5"\r\n',
        '"date","value","note"\n"d","1","a, b"\n"d","2,""half\nd",3,5"\n',
    ],
)
def test_a_quote_that_takes_rows_into_its_cell_is_refused_with_its_row(text: str) -> None:
    with pytest.raises(Uncut, match="A quote opened in row 3 is not closed where it should be"):
        list(read_rows(text))


def test_a_header_that_takes_rows_into_its_cell_is_refused() -> None:
    with pytest.raises(Uncut, match="row 1 "):
        list(read_rows('date,value,"note\nd,1,a\nd,2,5"\nd,3,b\n'))


def test_a_quote_that_takes_a_long_file_into_its_cell_names_its_row_too() -> None:
    with pytest.raises(Uncut, match="Row 2 has a cell of more than 131,072 characters; a quote"):
        list(read_rows('date,value,note\nd,2,"half inch\n' + "d,3,b\n" * 30_000))


@pytest.mark.parametrize(
    ("head", "row"),
    [
        ("date,value,note", '2026-01-05,3,"Line stopped\nSpindle, tool, coolant changed"'),
        ("date,value,note", '2026-01-05,3,"Line stopped\nSpindle, 2 tools, coolant changed"'),
        ("date,note", '2026-01-05,"stopped\ncause unknown, see log"'),
        ("value,note", '3,"stopped\ncause unknown, see log"'),
        ("note,date", '"stopped, by hand\ncause unknown",2026-01-05'),
        ('date,"Note\nwhat stopped, and why"', "2026-01-05,n"),
    ],
)
def test_a_note_with_a_line_of_as_many_parts_as_the_header_comes_through(
    head: str, row: str
) -> None:
    text = f"{head}\n{row}\n"

    assert list(read_rows(text)) == list(csv.reader(io.StringIO(text, newline="")))


@pytest.mark.parametrize(
    "date", ["2026-01-06", "06.01.2026", "1/6/2026", "01/13/2026", "2026-W02", "2026-01-06 08:00"]
)
def test_a_swallowed_row_is_known_by_its_date_alone(date: str) -> None:
    with pytest.raises(Uncut, match="row 2 "):
        list(read_rows(f'date,note\n{date},"half inch\n{date},b"\n'))


def test_words_of_a_swallowed_row_name_the_note_that_looks_like_one_too() -> None:
    with pytest.raises(Uncut, match="Or a note of this row has a line that parts like a row"):
        list(read_rows('date,note\n2026-01-05,"stopped\n2026-01-06, mended"\n'))


@pytest.mark.parametrize(
    "note", ["seen\nchecked", "seen\r\nchecked, then mended\r\n\r\ndone", "\n"]
)
@pytest.mark.parametrize("place", [0, 1, 2])
@pytest.mark.parametrize("mark", delimited.MARKS)
def test_a_note_of_several_lines_comes_through_in_any_column(
    note: str, place: int, mark: str
) -> None:
    rows = [list(row) for row in ROWS]
    rows[1][place] = note
    out = io.StringIO(newline="")
    csv.writer(out, delimiter=mark).writerows([["date", "value", "note"], *rows])

    found = list(read_rows(out.getvalue()))

    assert found[1:] == [[cell.strip() for cell in row] for row in rows]


def test_a_column_name_of_several_lines_comes_through() -> None:
    text = 'date,"Value\n(days)","Note\nof the line"\nd,1,a\n'

    assert list(read_rows(text)) == [
        ["date", "Value\n(days)", "Note\nof the line"],
        ["d", "1", "a"],
    ]


def test_a_single_column_of_notes_comes_through() -> None:
    assert list(read_rows('note\n"a\nb"\nc\n')) == [["note"], ["a\nb"], ["c"]]


@pytest.mark.parametrize(
    ("head", "mark"),
    [
        ("date,value", ","),
        ("date;value", ";"),
        ("date\tvalue", "\t"),
        ("date|value", "|"),
        ("\n  \r\n\ndate;value", ";"),
        ("\tvalue", "\t"),
        ('"Value, days";"Date, local"', ";"),
        ('"Value, in days, net";Date', ";"),
        ('"Value; days","Date; local"', ","),
        ('"Value, ""net""\nin days, or hours";Date', ";"),
        ("Value, days;Date;Site", ";"),
        ('Length 5";Date', ";"),
        ("value", ","),
    ],
)
def test_the_mark_is_what_parts_the_header_outside_its_quotes(head: str, mark: str) -> None:
    assert delimited.find_mark(f"{head}\n1{mark}2\n") == mark


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("line", ["sep=;", "SEP=;", '"sep=;"'])
def test_a_first_line_that_names_the_mark_is_obeyed_and_is_no_row(line: str, end: str) -> None:
    text = end.join([line, "date;a,b,c,d", "2;1,5", ""])

    assert list(read_rows(text)) == [["date", "a,b,c,d"], ["2", "1,5"]]


def test_a_row_is_counted_as_a_spreadsheet_shows_it_below_a_line_that_names_the_mark() -> None:
    with pytest.raises(Uncut, match="row 2 "):
        list(read_rows('sep=,\ndate,value\n"d,1\n'))


@pytest.mark.parametrize("closed", [True, False])
@given(st.integers(1, 12), st.data())
def test_no_row_is_lost_without_a_word(closed: bool, count: int, data: st.DataObject) -> None:
    opened = data.draw(st.integers(0, count - 1))
    last = data.draw(st.integers(opened, count - 1))
    lines = [f"2026-03-{day + 1:02},{day},n" for day in range(count)]
    lines[opened] = lines[opened].replace(",n", ',"half inch')
    if closed and last > opened:
        lines[last] = lines[last].replace(",n", ',5"')

    with pytest.raises(Uncut, match=f"row {opened + 2} "):
        list(read_rows("\n".join(["date,value,note", *lines])))
