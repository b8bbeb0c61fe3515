"""People import a file: dry run, import, refused rows; dirt comes through with clear words."""

from __future__ import annotations

import csv
import html
import io
import re
import zipfile
from contextlib import suppress
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import cache
from itertools import product, starmap
from time import process_time
from typing import Any

import openpyxl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from hypothesis import given, settings
from hypothesis import strategies as st

from audit.models import AuditEvent
from common import sheets
from common.tenancy.context import tenant
from common.tenancy.tasks import HEADER
from metrics.actions.values import Said, end_value, map_value
from metrics.models import (
    ImportFile,
    MappedValue,
    Mark,
    Measurement,
    Metric,
    PilotMetric,
    Source,
    SyncBatch,
    UnmappedValue,
)
from metrics.rules import cells
from metrics.rules.values import What
from metrics.tasks import drop_expired_files
from portfolio.models import Part, Pilot, PilotParty, Site
from tenants.models import Membership, Notification
from tests.conftest import NOW, Cast, signed_in
from tests.plant import let_lead

ADDRESS = "/t/acme/import/"
HEAD = "metric,date,source,id,value"
READ = {"day": "3 Apr", "month": "4 Mar"}


@pytest.fixture(scope="module")
def made(shared: Cast, django_db_blocker: Any) -> None:
    with django_db_blocker.unblock(), tenant(shared.acme):
        site = Site.objects.create(code="north", name="North", zone="Europe/Berlin")
        Source.objects.create(code="erp", name="ERP")
        for code, kind, unit in (
            ("lead-time", "mean", "days"),
            ("otif", "proportion", "%"),
            ("hours", "mean", "h"),
        ):
            Metric.objects.create(
                code=code,
                name=code,
                kind=kind,
                unit=unit,
                direction="up",
                site=site,
                zone="Europe/Berlin",
            )
        let_lead(shared.lead, site=site)


@pytest.fixture
def lead(made: None, cast: Cast) -> Client:
    return signed_in(cast.lead)


def upload(client: Client, content: bytes | str, name: str = "figures.csv") -> Any:
    data = content.encode() if isinstance(content, str) else content
    return client.post(ADDRESS, {"file": SimpleUploadedFile(name, data)})


def kept(client: Client, content: bytes | str, **choices: str) -> str:
    """Upload a file and set what it leaves open; return its address."""
    response = upload(client, content)
    assert response.status_code == 302, response.content.decode()
    if choices:
        client.post(response.url, answers(client, response.url) | {"do": "check"} | choices)
    return str(response.url)


def answers(client: Client, address: str) -> dict[str, str]:
    """Open a file's page; return what its form sends when nothing on it is touched."""
    page = client.get(address)
    form = page.context["form"]
    fields = form.fields.items()
    sent = {name: str(form.get_initial_for_field(field, name) or "") for name, field in fields}
    return sent | {"shown": page.context["shown"]}


def press_import(client: Client, address: str, **more: Any) -> Any:
    """Open a file's page and press Import on it."""
    return client.post(address, answers(client, address) | {"do": "import"}, **more)


def report(client: Client, address: str) -> Any:
    return client.get(address).context["report"]


def reasons(client: Client, address: str) -> list[tuple[int, str]]:
    return reasons_of(report(client, address))


def workbook(rows: list[list[object]]) -> bytes:
    book = openpyxl.Workbook()
    sheet: Any = book.active
    for row in rows:
        sheet.append(row)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def test_the_dry_run_says_what_would_happen_and_stores_nothing(lead: Client, cast: Cast) -> None:
    address = kept(lead, f"{HEAD}\nlead-time,2026-03-04,erp,1,4.5\nnone,2026-03-04,erp,2,4\n")

    page = lead.get(address)

    found = page.context["report"]
    assert (found.rows, found.created, found.unchanged) == (2, 1, 0)
    assert [(line.index, line.code) for line in found.refused] == [(3, "unknown_metric")]
    assert "There is no metric" in page.content.decode()
    assert "4 Mar 2026, 00:00 (UTC+01:00)" in page.content.decode()
    with tenant(cast.acme):
        assert not Measurement.objects.exists()
        assert not Mark.objects.exists()
        assert not SyncBatch.objects.exists()


def test_the_import_stores_what_the_dry_run_promised(lead: Client, cast: Cast) -> None:
    address = kept(lead, f"{HEAD}\nlead-time,2026-03-04,erp,1,4.5\nnone,2026-03-04,erp,2,4\n")

    done = press_import(lead, address, follow=True)

    assert "was imported" in done.content.decode()
    with tenant(cast.acme):
        stored = Measurement.objects.get()
        assert stored.numerator == 4.5
        assert stored.event_at == datetime(2026, 3, 3, 23, tzinfo=UTC)
        assert list(Mark.objects.values_list("week", flat=True)) == [date(2026, 3, 2)]
        file = ImportFile.objects.get()
        assert file.outcome == {
            "rows": 2,
            "created": 1,
            "superseded": 0,
            "unchanged": 0,
            "repeated": 0,
            "refused": 1,
        }
        assert bytes(file.content) == b""
        assert AuditEvent.objects.filter(action="FILE_IMPORTED").count() == 1
        note = Notification.objects.get(member=cast.lead)
        assert (note.topic, note.path) == ("import", address)


def test_an_import_sent_twice_imports_once(lead: Client, cast: Cast) -> None:
    address = kept(lead, f"{HEAD}\nlead-time,2026-03-04,erp,1,4.5\n")

    pressed = answers(lead, address) | {"do": "import"}
    lead.post(address, pressed)
    lead.post(address, pressed)

    with tenant(cast.acme):
        assert AuditEvent.objects.filter(action="FILE_IMPORTED").count() == 1


@pytest.mark.parametrize("change", ["other tab", "not applied", "both", "not shown"])
def test_only_what_the_page_showed_is_imported(lead: Client, cast: Cast, change: str) -> None:
    address = kept(lead, f"{HEAD}\nlead-time,03/04/2026,erp,1,4\n", order="month")
    first = answers(lead, address)
    if change in {"other tab", "both"}:
        lead.post(address, first | {"do": "check", "order": "day"})
    if change in {"not applied", "both"}:
        first["order"] = "day"
    if change == "not shown":
        del first["shown"]

    told = lead.post(address, first | {"do": "import"}, follow=True)

    read = "3 Mar" if change in {"other tab", "not shown"} else "2 Apr"
    page = told.content.decode()
    assert "Nothing was imported: the file would have been read otherwise" in page
    assert f"{READ[first['order']]} 2026, 00:00" in page
    with tenant(cast.acme):
        assert not Measurement.objects.exists()
    press_import(lead, address)
    with tenant(cast.acme):
        assert f"{Measurement.objects.get().event_at:%-d %b}" == read


def test_an_import_pressed_with_an_answer_that_is_none_shows_its_error(
    lead: Client, cast: Cast
) -> None:
    address = kept(lead, f"{HEAD}\nlead-time,2026-03-04,erp,1,4\n")

    told = lead.post(address, answers(lead, address) | {"do": "import", "order": "year"})

    assert told.status_code == 422
    assert "is not one of the choices" in told.content.decode()
    with tenant(cast.acme):
        assert not Measurement.objects.exists()


def test_the_buttons_above_send_the_answers_below(lead: Client) -> None:
    page = lead.get(kept(lead, f"{HEAD}\nlead-time,2026-03-04,erp,1,4\n")).content.decode()

    assert page.count('<form class="form" id="reading"') == 1
    for name in ("import", "drop"):
        assert re.search(f'<button[^>]*form="reading"[^>]*value="{name}"', page)


def test_the_same_file_again_is_unchanged(lead: Client) -> None:
    content = f"{HEAD}\nlead-time,2026-03-04,erp,1,4.5\n"
    press_import(lead, kept(lead, content))

    found = report(lead, kept(lead, content))

    assert (found.created, found.unchanged) == (0, 1)


def test_a_file_of_dates_and_values_takes_its_metric_and_source_from_the_form(
    lead: Client, cast: Cast
) -> None:
    address = kept(lead, "Datum;Wert\n02.03.2026;4,5\n09.03.2026;5\n", default_metric="lead-time")

    press_import(lead, address)

    with tenant(cast.acme):
        rows = Measurement.objects.order_by("event_at").values_list("external_id", "numerator")
        assert list(rows) == [("2026-03-02", 4.5), ("2026-03-09", 5)]


def test_without_identifiers_a_second_row_of_a_day_is_refused_also_where_it_is_equal(
    lead: Client, cast: Cast
) -> None:
    content = (
        "Datum;Kennzahl;Quelle;Wert;Los\n05.01.2026;lead-time;erp;40,5;Z1\n"
        "05.01.2026;lead-time;erp;40,5;Z2\n05.01.2026;lead-time;erp;41,5;Z3\n"
        "05.01.2026;otif;erp;0,5;Z4\n"
    )
    address = kept(lead, content)

    page, found = lead.get(address).content.decode(), report(lead, address)

    assert (found.created, found.unchanged) == (2, 0)
    assert reasons(lead, address) == [(3, "needs_identifier"), (4, "needs_identifier")]
    assert "Not read: Los." in page
    assert page.count("choose the column that tells rows apart") == 4
    assert page.count("Fine") == 2
    chosen = kept(lead, content, col_external_id="4")
    assert (report(lead, chosen).created, reasons(lead, chosen)) == (4, [])
    assert "Not read" not in lead.get(chosen).content.decode()


def test_a_correction_without_identifier_is_told_by_its_revision(lead: Client) -> None:
    rows = "lead-time,2026-01-05,erp,40,0\nlead-time,2026-01-05,erp,41,1\n"

    assert reasons(lead, kept(lead, f"metric,date,source,value,revision\n{rows}")) == []


def test_two_rows_of_an_identifier_are_refused_by_its_column_where_no_revision_is(
    lead: Client,
) -> None:
    rows = "05.01.2026;lead-time;erp;40;Z1\n05.01.2026;lead-time;erp;41;Z1\n"
    address = kept(lead, f"Datum;Kennzahl;Quelle;Wert;Auftrag\n{rows}")

    page = lead.get(address).content.decode()

    assert reasons(lead, address) == [(3, "revision_conflict")]
    assert '<td data-l="Column">Auftrag</td>' in page


def test_a_file_that_leaves_something_open_asks_for_it(lead: Client) -> None:
    page = lead.get(kept(lead, "when it was,what\n2026-03-04,4\n"))

    assert page.context["report"] is None
    assert len(page.context["missing"]) == 3
    assert "Say which column holds the date" in page.content.decode()


def test_columns_are_chosen_by_hand(lead: Client) -> None:
    address = kept(
        lead,
        "when it was,what\n2026-03-04,4\n",
        col_event_at="0",
        col_value="1",
        default_metric="lead-time",
    )

    assert report(lead, address).created == 1


def test_dates_that_can_be_read_two_ways_are_refused_until_the_order_is_said(
    lead: Client, cast: Cast
) -> None:
    content = f"{HEAD}\nlead-time,03/04/2026,erp,1,4\n"

    asked = kept(lead, content)
    told = kept(lead, content, order="month")
    press_import(lead, told)

    assert reasons(lead, asked) == [(2, "ambiguous_date")]
    with tenant(cast.acme):
        assert Measurement.objects.get().event_at == datetime(2026, 3, 3, 23, tzinfo=UTC)


def test_a_column_that_proves_its_order_is_read_in_it(lead: Client) -> None:
    found = report(
        lead,
        kept(lead, f"{HEAD}\nlead-time,03/04/2026,erp,1,4\nlead-time,13/04/2026,erp,2,4\n"),
    )

    assert [str(one.row.event_at.date()) for one in found.first] == ["2026-04-03", "2026-04-13"]


@pytest.mark.parametrize(
    ("row", "code"),
    [
        ("lead-time,2026-03-04,erp,1,text", "not_a_number"),
        ("lead-time,2026-03-04,erp,1,", "no_value"),
        ("lead-time,,erp,1,4", "empty_cell"),
        (",2026-03-04,erp,1,4", "empty_cell"),
        ("lead-time,1905-03-04,erp,1,4", "implausible_date"),
        ("lead-time,2199-03-04,erp,1,4", "implausible_date"),
        ("lead-time,04.03.26,erp,1,4", "short_year"),
        ("lead-time,31.02.2026,erp,1,4", "bad_instant"),
        ("lead-time,soon,erp,1,4", "bad_instant"),
        ("lead-time,2026-03-04,erp,1,1e999", "not_a_number"),
        ("lead-time,2026-03-04,erp,1,12 %", "unit_differs"),
        ("lead-time,2026-03-04,erp,1,5 h", "unit_differs"),
        ("otif,2026-03-04,erp,1,5", "not_a_share"),
        ("lead-time,2026-03-04,erp,1,#N/A", "not_a_number"),
        ("none,2026-03-04,erp,1,4", "unknown_metric"),
        ("lead-time,2026-03-04,none,1,4", "unknown_source"),
        ("lead-time,2026-03-04,erp,a\x00b,4", "control_character"),
        ("lead\x00time,2026-03-04,erp,1,4", "unknown_metric"),
        ("lead-time,2026-03-04,erp,,4", "empty_external_id"),
    ],
)
def test_a_dirty_row_is_refused_with_clear_words(lead: Client, row: str, code: str) -> None:
    address = kept(lead, f"{HEAD}\nlead-time,2026-03-04,erp,good,4\n{row}\n")

    page = lead.get(address)

    assert page.context["report"].created == 1
    assert reasons_of(page.context["report"]) == [(3, code)]
    assert page.context["refused"][0].detail.endswith(".")


def test_a_refused_row_names_its_column_and_the_metrics_unit_in_words(
    lead: Client, cast: Cast
) -> None:
    with tenant(cast.acme):
        Metric.objects.filter(code="otif").update(unit="share")
    address = kept(lead, f"{HEAD}\notif,2026-03-04,erp,1,5 h\notif,2026-03-04,erp,2,5\n")

    refused = lead.get(address).context["refused"]

    assert refused[0].detail == "'5 h' is not in the metric's unit: % (a share)."
    assert [line.field for line in refused] == ["value", "value"]


def test_the_column_of_the_date_is_not_optional(lead: Client) -> None:
    address = kept(lead, f"{HEAD}\nlead-time,2026-03-04,erp,1,4\n")
    sent = answers(lead, address) | {"do": "check", "col_event_at": ""}

    page = lead.post(address, sent)

    assert page.status_code == 422
    assert page.context["form"].errors == {"col_event_at": ["Choose one."]}
    assert re.search(r"<label[^>]*>Date or time</label>", page.content.decode())


@pytest.mark.parametrize(
    ("metric", "cell", "value"),
    [
        ("lead-time", '"4,5"', 4.5),
        ("lead-time", '"1.234,5"', 1234.5),
        ("lead-time", '"1,234.5"', 1234.5),
        ("lead-time", "5 days", 5),
        ("hours", "5 h", 5),
        ("otif", "12 %", 0.12),
        ("otif", '"12,5 %"', 0.125),
    ],
)
def test_a_number_is_read_as_people_write_it(
    lead: Client, metric: str, cell: str, value: float
) -> None:
    found = report(lead, kept(lead, f"{HEAD}\n{metric},2026-03-04,erp,1,{cell}\n"))

    assert found.first[0].row.value == value
    assert found.created == 1


@pytest.mark.parametrize(
    ("other", "choice", "read"),
    [("4,5", "", 1250), ("4.5", "", 1.25), ("7", "comma", 1250), ("7", "point", 1.25)],
)
def test_a_number_with_one_mark_and_three_digits_is_read_by_what_the_file_or_the_person_says(
    lead: Client, other: str, choice: str, read: float
) -> None:
    content = f"Datum;Wert\n09.11.2026;1.250\n10.11.2026;{other}\n"

    found = report(lead, kept(lead, content, default_metric="lead-time", decimal=choice))

    assert found.first[0].row.value == read


def test_a_number_that_can_be_read_two_ways_is_refused_until_the_decimal_mark_is_chosen(
    lead: Client,
) -> None:
    content = "Datum;Wert\n09.11.2026;1.250\n10.11.2026;2.125\n"
    address = kept(lead, content, default_metric="lead-time")

    assert reasons(lead, address) == [(2, "ambiguous_number"), (3, "ambiguous_number")]
    page = lead.get(address).content.decode()
    assert "choose the decimal mark of the file" in page
    assert "Decimal mark of numbers like 1.234 or 1,234" in page


def test_mixed_offsets_are_each_read_in_their_own(lead: Client) -> None:
    address = kept(
        lead,
        f"{HEAD}\nlead-time,2026-03-04T08:00:00+05:30,erp,1,4\n"
        "lead-time,2026-03-04T08:00:00Z,erp,2,4\nlead-time,2026-03-04 08:00,erp,3,4\n",
    )

    found = [one.row.event_at.astimezone(UTC).hour for one in report(lead, address).first]

    assert found == [2, 8, 7]


def test_one_identifier_twice_in_a_file_counts_once_or_is_refused(lead: Client) -> None:
    row = "lead-time,2026-03-04,erp,1,4\n"

    found = report(lead, kept(lead, f"{HEAD}\n{row}{row}lead-time,2026-03-04,erp,1,5\n"))

    assert (found.created, found.unchanged, found.taken) == (1, 0, 1)
    assert [(line.index, line.of, line.same) for line in found.repeated] == [(3, 2, True)]
    assert [(line.index, line.code) for line in found.refused] == [(4, "revision_conflict")]


def test_a_row_that_another_of_its_file_stands_for_is_named(lead: Client, cast: Cast) -> None:
    rows = ["1,4.5,0", "2,5,0", "1,4.5,0", "2,6,1", "2,5,0"]
    content = "id,value,revision,metric,date,source\n" + "".join(
        f"{row},lead-time,2026-03-04,erp\n" for row in rows
    )
    address = kept(lead, content)

    page = html.unescape(lead.get(address).content.decode())

    assert "2 of 5 rows can be imported" in page
    assert '<dt>Unchanged</dt><dd class="big">0</dd>' in page
    assert '<dt>Repeated in the file</dt><dd class="big">3</dd>' in page
    assert (page.count("Row 4 repeats row 2."), page.count("Fine")) == (2, 2)
    assert "Row 3 is an older revision of row 5." in page
    assert "Row 6 is an older revision of row 5." in page
    done = press_import(lead, address, follow=True).content.decode()
    assert '<dt>Repeated in the file</dt><dd class="big">3</dd>' in done
    assert '<dt>Unchanged</dt><dd class="big">0</dd>' in done
    with tenant(cast.acme):
        stored = Measurement.objects.order_by("external_id").values_list("external_id", "numerator")
        assert list(stored) == [("1", 4.5), ("2", 6)]
        imported = AuditEvent.objects.get(action="FILE_IMPORTED").payload
    assert (imported["unchanged"], imported["repeated"]) == (0, 3)


def test_a_repeat_of_a_refused_row_is_refused_with_it(lead: Client) -> None:
    press_import(lead, kept(lead, f"{HEAD}\nlead-time,2026-03-04,erp,1,4\n"))
    row = "lead-time,2026-03-04,erp,1,5\n"
    address = kept(lead, f"{HEAD}\n{row}{row}lead-time,2026-03-04,erp,2,5\n")

    found = report(lead, address)

    assert reasons_of(found) == [(2, "revision_conflict"), (3, "revision_conflict")]
    assert (found.repeated, found.created, found.unchanged) == ([], 1, 0)
    done = press_import(lead, address, follow=True).content.decode()
    assert "Repeated in the file" not in done
    listed = lead.get(f"{address}refused.csv").content.decode("utf-8-sig")
    assert [line[0] for line in csv.reader(io.StringIO(listed))] == ["row", "2", "3"]


def test_a_repeat_of_an_older_revision_of_a_refused_row_is_refused_with_it(lead: Client) -> None:
    head = "id,value,revision,metric,date,source\n"
    old, newer, newest = (
        f"1,{value},{value},lead-time,2026-03-04,erp\n" for value in ("4", "5", "6")
    )
    press_import(lead, kept(lead, f"{head}1,9,6,lead-time,2026-03-04,erp\n"))

    found = report(lead, kept(lead, f"{head}{old}{old}{newer}{newer}{newest}"))

    assert reasons_of(found) == [(row, "revision_conflict") for row in range(2, 7)]
    assert found.repeated == []


def test_a_file_without_repeats_says_nothing_of_them(lead: Client) -> None:
    address = kept(lead, f"{HEAD}\nlead-time,2026-03-04,erp,1,4\n")

    assert "epeated" not in lead.get(address).content.decode()


def test_a_workbook_is_read_with_its_dates_and_numbers(lead: Client, cast: Cast) -> None:
    content = workbook(
        [
            ["Metric", "Date", "Source", "ID", "Value"],
            ["lead-time", datetime(2026, 3, 4), "erp", 1001, 4.5],
            ["lead-time", datetime(2026, 3, 4, 8, 30), "erp", 1002, "4,5"],
            [None, None, None, None, None],
            ["lead-time", 46085, "erp", 1003, 4],
            ["lead-time", date(2026, 3, 4), "erp", 1004, "=1/0"],
        ]
    )

    address = kept(lead, content)
    found = report(lead, address)
    press_import(lead, address)

    assert (found.rows, found.created) == (4, 2)
    assert reasons_of(found) == [(5, "bad_instant"), (6, "no_value")]
    with tenant(cast.acme):
        ids = Measurement.objects.order_by("external_id").values_list("external_id", "event_at")
        assert list(ids) == [
            ("1001", datetime(2026, 3, 3, 23, tzinfo=UTC)),
            ("1002", datetime(2026, 3, 4, 7, 30, tzinfo=UTC)),
        ]


# Numbers, dates and texts as no sane program writes them, behind the type of the cell.
DIRT = [
    ("n", "1E999"),
    ("n", "-1E999"),
    ("n", "1E300"),
    ("n", "5E-324"),
    ("n", "1" * 400),
    ("date", "1E999"),
    ("date", "1" * 400),
    ("date", "-99999999"),
    ("date", "2958465.99999"),
    ("date", "0"),
    ("length", "1E999"),
    ("length", "36.5"),
    ("b", "1"),
    ("e", "#DIV/0!"),
    ("str", ""),
    ("str", "x" * 40_000),
    ("str", "nan"),
    ("d", "2026-03-04T08:00:00"),
    ("d", "08:00:00"),
]
STYLES = {"date": 1, "length": 2}


def dirty_workbook(rows: list[list[tuple[str, str]]]) -> bytes:
    """Return a workbook of cells that are written as they are given, type and text."""
    return workbook_of("".join(f"<row>{''.join(starmap(_cell, row))}</row>" for row in rows))


def workbook_of(rows: str, *, said: str = "A1:XFD1048576") -> bytes:
    """Return a workbook with these rows in its first sheet. said: what it says of its size."""
    dirty = io.BytesIO()
    data = f'<dimension ref="{said}"/><sheetData>{rows}</sheetData>'
    with zipfile.ZipFile(dirty, "w") as package:
        for part, text in styled_parts().items():
            package.writestr(part, re.sub(r"<sheetData>.*</sheetData>", lambda _: data, text))
    return dirty.getvalue()


@cache
def styled_parts() -> dict[str, str]:
    """Return the parts of a workbook that knows the styles of dates and lengths of time."""
    book, out = openpyxl.Workbook(), io.BytesIO()
    sheet: Any = book.active
    for place, shape in enumerate(("yyyy-mm-dd", "[h]:mm"), start=1):
        sheet.cell(1, place, 1).number_format = shape
    book.save(out)
    with zipfile.ZipFile(out) as whole:
        return {
            part: re.sub(r"<dimension [^>]*>", "", whole.read(part).decode())
            for part in whole.namelist()
        }


def _cell(kind: str, text: str) -> str:
    if kind in STYLES:
        return f'<c s="{STYLES[kind]}"><v>{text}</v></c>'
    return f'<c t="{kind}"><v>{text}</v></c>'


@pytest.mark.filterwarnings("ignore:Cell .* is marked as a date:UserWarning")
def test_dirt_in_any_cell_of_a_workbook_is_no_fault_of_the_page(lead: Client) -> None:
    names = [*HEAD.split(","), "site", "revision", "recorded_at"]
    rows = [[("str", one) for one in names]]
    for place, dirt in product(range(len(names)), DIRT):
        row = [("str", one) for one in ("lead-time", "2026-03-04", "erp", f"{len(rows)}", "4.5")]
        row += [("str", "")] * 3
        row[place] = dirt
        rows.append(row)

    address = kept(lead, dirty_workbook(rows))

    assert len(report(lead, address).refused) > len(DIRT)
    assert lead.get(f"{address}refused.csv").status_code == 200
    assert press_import(lead, address, follow=True).status_code == 200


@pytest.mark.parametrize(
    ("number", "words"),
    [("1E999", "too large"), ("-1E999", "too large"), ("1" * 400, "longer than a number")],
)
def test_a_number_without_end_refuses_its_row_alone(lead: Client, number: str, words: str) -> None:
    head, good, bad = (
        [("str", one) for one in row]
        for row in (
            HEAD.split(","),
            ["lead-time", "2026-03-04", "erp", "1", "4.5"],
            ["lead-time", "2026-03-04", "erp", "2", ""],
        )
    )
    bad[4] = ("n", number)
    found = report(lead, kept(lead, dirty_workbook([head, good, bad])))

    assert found.created == 1
    assert [(line.index, line.code, line.field) for line in found.refused] == [
        (3, "not_a_number", "value")
    ]
    assert words in found.refused[0].detail


def far_apart(row: int, said: str = "A1:B3") -> bytes:
    """Return a workbook of a header, a row of figures, and a cell in a row far below."""
    head, first, last = (
        "".join(starmap(_cell, [("str", one), ("str", other)]))
        for one, other in (("date", "value"), ("2026-03-04", "4"), ("2026-03-05", "5"))
    )
    return workbook_of(f'<row>{head}</row><row>{first}</row><row r="{row}">{last}</row>', said=said)


def test_a_stray_cell_far_below_is_refused_soon(lead: Client) -> None:
    content = far_apart(1_048_576)
    begun = process_time()

    response = upload(lead, content, "figures.xlsx")

    assert process_time() - begun < 5
    assert response.status_code == 422
    assert "goes on below line 200,000" in response.content.decode()


@pytest.mark.parametrize("said", ["A1:B3", "A1:B2", "A1", "A1:XFD1048576"])
def test_rows_count_whatever_a_sheet_says_of_its_size(said: str) -> None:
    table = sheets.read_table(far_apart(20_000, said))

    assert [number for number, _ in table.rows] == [2, 20_000]


WIDEST = "<c/>" * 16_384
LONG_TAG = " ".join(f'a{place}=""' for place in range(200_000))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("rows", "words"),
    [
        (f"<row>{'<c/>' * 1_000_000}</row>", "Row 2 has more than 16,384 cells"),
        (f'<row r="7">{"<c/>" * 70_000}</row>', "Row 7 has more than 16,384 cells"),
        (f"<row>{WIDEST}</row>" * 62, "Up to row 63 the workbook has more than 1,000,000 cells"),
        ('<row r="1"/>' * 1_050_000, "Up to row 1 the workbook has more than 1,048,576 rows"),
        ("<x/>" * 101_000, "more than 100,000 formats, links and merged cells"),
        (f"<row><c>{'<v/>' * 70_000}</c></row>", "Row 2 has more than 16,384 cells"),
        (f"<row {LONG_TAG}/>", "a tag larger than 1 MB"),
    ],
)
def test_cells_beyond_all_measure_are_refused_before_they_are_built(
    lead: Client, rows: str, words: str
) -> None:
    head = "".join(starmap(_cell, [("str", "date"), ("str", "value")]))

    response = upload(lead, workbook_of(f"<row>{head}</row>{rows}"), "figures.xlsx")

    assert response.status_code == 422
    assert words in response.content.decode()


TEXTS_PART = (
    b'<Override PartName="/xl/more.xml" ContentType="application/'
    b'vnd.openxmlformats-officedocument.spreadsheetml.sharedStrings+xml"/>'
)


@pytest.mark.parametrize(
    ("texts", "words"),
    [
        ("<si/>" * 501_000, "The workbook has more than 500,000 texts"),
        (f"<si>{'<t/>' * 70_000}</si>", "A text of the workbook has more than 65,536 parts"),
    ],
)
@pytest.mark.slow
def test_texts_beyond_all_measure_are_refused(lead: Client, texts: str, words: str) -> None:
    part = f'<sst xmlns="{sheets.SHEET_SPACE}">{texts}</sst>'.encode()
    types = parts_of(FIGURES)["[Content_Types].xml"].replace(b"</Types>", TEXTS_PART + b"</Types>")

    content = with_parts({"xl/more.xml": part, "[Content_Types].xml": types})
    response = upload(lead, content, "figures.xlsx")

    assert response.status_code == 422
    assert words in response.content.decode()


@pytest.mark.slow
def test_a_sheet_beyond_all_measure_is_refused_whatever_its_part_is_called(lead: Client) -> None:
    rows = f"<row>{'<c/>' * 70_000}</row>"
    sheet = f'<worksheet xmlns="{sheets.SHEET_SPACE}"><sheetData>{rows}</sheetData></worksheet>'
    links = parts_of(FIGURES)["xl/_rels/workbook.xml.rels"]
    assert b"/xl/worksheets/sheet1.xml" in links
    links = links.replace(b"/xl/worksheets/sheet1.xml", b"/customXml/item1.xml")
    parts = {"xl/_rels/workbook.xml.rels": links, "customXml/item1.xml": sheet.encode()}

    response = upload(lead, with_parts(parts), "figures.xlsx")

    assert response.status_code == 422
    assert "Row 1 has more than 16,384 cells" in response.content.decode()


XML_IN = '<?xml version="1.0" encoding="{}"?><x/>'


@pytest.mark.parametrize(
    "parts",
    [
        {"customXml/item1.xml": XML_IN.format("x-mac-foo").encode()},
        {"customXml/item1.xml": XML_IN.format("gb2312").encode()},
        {"customXml/item1.xml": XML_IN.format("Shift_JIS").encode()},
        {"xl/theme/theme1.xml": XML_IN.format("x-mac-foo").encode()},
        {"xl/theme/theme1.xml": XML_IN.format("gb2312").encode()},
        {"xl/pivotCache/pivotCacheRecords1.xml": b"<r>" + b"<n/>" * 101_000 + b"</r>"},
        {"xl/charts/chart1.xml": b"<c>" + b"<pt/>" * 101_000 + b"</c>"},
    ],
)
def test_a_part_that_no_table_needs_hinders_no_import(parts: dict[str, bytes]) -> None:
    table = sheets.read_table(with_parts(parts))

    assert table.rows == [(2, ["2026-03-04", 4.0])]


def test_a_damaged_part_hinders_an_import_only_where_it_is_read(lead: Client) -> None:
    other, sheet = (
        flawed(with_parts({"customXml/item1.xml": b"<x/>" * 50}, zipfile.ZIP_LZMA), name)
        for name in ("customXml/item1.xml", "xl/worksheets/sheet1.xml")
    )

    response = upload(lead, sheet, "figures.xlsx")

    assert sheets.read_table(other).rows == [(2, ["2026-03-04", 4.0])]
    assert response.status_code == 422
    assert "The XLSX file is damaged" in response.content.decode()


@pytest.mark.parametrize("encoding", ["x-mac-foo", "gb2312"])
def test_a_sheet_in_a_character_set_nobody_knows_is_refused(lead: Client, encoding: str) -> None:
    sheet = XML_IN.format(encoding).encode()

    response = upload(lead, with_parts({"xl/worksheets/sheet1.xml": sheet}), "figures.xlsx")

    assert response.status_code == 422


def test_a_workbook_under_a_password_is_refused_with_the_reason(lead: Client) -> None:
    response = upload(lead, encrypted(workbook(FIGURES)), "figures.xlsx")

    assert response.status_code == 422
    assert "protected by a password; save it without one" in response.content.decode()


def test_a_row_number_of_five_thousand_digits_stops_no_counting(lead: Client) -> None:
    rows = f'<row r="{"9" * 5_000}"/><row>{"<c/>" * 70_000}</row>'

    response = upload(lead, workbook_of(rows), "figures.xlsx")

    assert response.status_code == 422
    assert "more than 16,384 cells" in response.content.decode()


FIGURES: list[list[object]] = [["date", "value"], ["2026-03-04", 4]]


def parts_of(rows: list[list[object]]) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(workbook(rows))) as whole:
        return {part: whole.read(part) for part in whole.namelist()}


def with_parts(parts: dict[str, bytes], packed: int = zipfile.ZIP_STORED) -> bytes:
    """Return a workbook of one figure with parts put in or replaced."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", packed) as package:
        for part, content in (parts_of(FIGURES) | parts).items():
            package.writestr(part, content)
    return out.getvalue()


def flawed(content: bytes, part: str) -> bytes:
    """Return a package in which the packed bytes of one part are destroyed."""
    with zipfile.ZipFile(io.BytesIO(content)) as package:
        info = package.getinfo(part)
    begin = info.header_offset + 30 + len(part) + 9  # behind the head of the part and of LZMA
    end = info.header_offset + 30 + len(part) + info.compress_size
    return content[:begin] + b"\xff" * (end - begin) + content[end:]


def encrypted(content: bytes) -> bytes:
    """Return a package whose directory says of each part that it is encrypted."""
    told = bytearray(content)
    for mark, place in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        for found in re.finditer(re.escape(mark), content):
            told[found.start() + place] |= 1
    return bytes(told)


def test_a_row_that_is_formatted_to_the_sheets_end_is_read() -> None:
    head, row = (
        "".join(starmap(_cell, [("str", one), ("str", other)])) + WIDEST[8:]
        for one, other in (("date", "value"), ("2026-03-04", "4"))
    )

    table = sheets.read_table(workbook_of(f"<row>{head}</row><row>{row}</row>"))

    assert table.rows == [(2, ["2026-03-04", "4"])]


CSV_DIRT = [
    b"nan",
    b"inf",
    b"-Infinity",
    b"1e400",
    b"1" * 400,
    b"1" * 5_000,
    b"1e-400",
    b"\xed\xa0\x80",
    b"\xff\xfe",
    b"\x00",
    b"a\x00b",
    b"x" * 100_000,
    b"0001-01-01",
    b"9999-12-31",
    b"9999-12-31T23:59:59-12:00",
    b"0000-00-00",
    b"2026-W00",
    b"0000-W01",
    b"9999-W53",
    b"1,5\r\r",
    b"=1/0",
    "\u0661\u066b\u0665".encode(),
    b"99999999999999999999",
    b"01/01/0001",
    b"1/1/0000",
    b"24:00",
    b"2026-03-04T24:00:00Z",
    b"2026-03-04T08:00:00+99:99",
    b"5 " + b"h" * 5000,
    b"1" + b" " * 60_000 + b"x1",
]


@pytest.mark.parametrize("mark", [",", ";", "\t"])
def test_dirt_in_any_cell_of_a_csv_is_no_fault_of_the_page(lead: Client, mark: str) -> None:
    names = [*HEAD.split(","), "site", "revision", "recorded_at"]
    rows = [[name.encode() for name in names]]
    for place, dirt in product(range(len(names)), CSV_DIRT):
        row = [b"lead-time", b"2026-03-04", b"erp", str(len(rows)).encode(), b"4.5", b"", b"", b""]
        row[place] = b'"' + dirt + b'"'
        rows.append(row)

    address = kept(lead, b"\n".join(mark.encode().join(row) for row in rows))

    assert len(report(lead, address).refused) > len(CSV_DIRT)
    assert lead.get(f"{address}refused.csv").status_code == 200
    assert press_import(lead, address, follow=True).status_code == 200


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (
            f"{HEAD}\nlead-time,2026-03-04,erp,{'x' * 1_000_000},4\n",
            "Row 2 has a cell of more than 131,072",
        ),
        (f"{HEAD}\n" + "," * 9_999 + "\n", "no rows"),
        (",".join("x" * 10_000) + "\n1\n", "100 columns"),
        (f"{HEAD}\n" + "\n" * 900_000 + "lead-time,2026-03-04,erp,1,4\n", "below line 800,000"),
    ],
)
def test_a_csv_beyond_all_measure_is_refused(lead: Client, content: str, words: str) -> None:
    response = upload(lead, content)

    assert response.status_code == 422
    assert words in response.content.decode()


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["n", "date", "length", "b", "e", "str", "d"]),
            st.one_of(
                st.floats().map(repr),
                st.integers().map(str),
                st.integers(10**300, 10**310).map(str),
                st.dates().map(str),
                st.times().map(str),
                st.text("aZ-+:,.%#/T0Eé\u2028 ", max_size=20),
            ),
        ),
        min_size=1,
        max_size=8,
    )
)
@settings(max_examples=60, deadline=None)
@pytest.mark.filterwarnings("ignore:Cell .* is marked as a date:UserWarning")
def test_any_cell_of_a_workbook_is_read_or_refused_with_words(row: list[tuple[str, str]]) -> None:
    head = [("str", name) for name in HEAD.split(",")]
    try:
        table = sheets.read_table(dirty_workbook([head, row]))
    except sheets.Unreadable:
        return
    for place in range(len(row)):
        plan = cells.Plan(columns=dict.fromkeys(cells.FIELDS, place), zone="Asia/Tokyo")
        with suppress(cells.BadCell):
            cells.read_row(table.rows[0][1], plan)
        with suppress(cells.BadCell):
            cells.read_number(next(table.column(place), None), None, None)


def reasons_of(found: Any) -> list[tuple[int, str]]:
    return [(line.index, line.code) for line in found.refused]


def bomb() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as package:
        package.writestr("xl/workbook.xml", "<x/>")
        package.writestr("xl/worksheets/sheet1.xml", b"0" * (200 * 1024 * 1024))
    return out.getvalue()


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "empty"),
        (b"  \n", "empty"),
        (b"a,b\n", "no rows"),
        (b"PK\x03\x04broken", "damaged"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "old Excel"),
        (
            b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "EncryptedPackage".encode("utf-16-le"),
            "protected by a password",
        ),
        (b"\xff\xfe\x00", "neither text nor XLSX"),
        (b"\x00\x07ab\n\x01,\x02\nc,d\n", "neither text nor XLSX"),
        (b",".join(b"x" for _ in range(101)) + b"\n1\n", "100 columns"),
    ],
)
def test_a_file_that_is_no_table_is_refused(lead: Client, content: bytes, words: str) -> None:
    response = upload(lead, content)

    assert response.status_code == 422
    assert words in response.content.decode()


@pytest.mark.parametrize("closing", ["n", '5"'])
def test_a_quote_in_a_column_nobody_reads_loses_no_row(lead: Client, closing: str) -> None:
    rows = [f"lead-time,2026-03-{day:02},erp,{day},4,n" for day in range(1, 11)]
    rows[2] = rows[2].replace(",n", ',"half inch')
    rows[8] = rows[8].replace(",n", f",{closing}")

    response = upload(lead, "\n".join([f"{HEAD},note", *rows]))

    assert response.status_code == 422
    words = "A quote opened in row 4 is not closed where it should be."
    assert words in html.unescape(response.content.decode())


def test_a_file_that_names_its_mark_as_for_excel_is_imported(lead: Client, cast: Cast) -> None:
    rows = "sep=;\r\nmetric;date;source;id;value\r\nlead-time;2026-03-04;erp;1;4,5\r\n"

    press_import(lead, kept(lead, rows))

    with tenant(cast.acme):
        assert Measurement.objects.get().numerator == 4.5


@pytest.mark.parametrize("do", ["", "refused.csv", "check", "import"])
def test_a_kept_file_that_is_no_table_any_more_says_so(lead: Client, cast: Cast, do: str) -> None:
    address = kept(lead, f"{HEAD}\nlead-time,2026-03-04,erp,1,4\n")
    sent = answers(lead, address)
    with tenant(cast.acme):
        ImportFile.objects.update(content=f'{HEAD}\nlead-time,2026-03-04,erp,"1,4\n'.encode())

    if do in {"check", "import"}:
        response = lead.post(address, sent | {"do": do}, follow=True)
    else:
        response = lead.get(address + do, follow=True)

    assert response.status_code == 200
    words = "figures.csv: A quote opened in row 2 is not closed where it should be."
    assert words in html.unescape(response.content.decode())


def test_a_note_of_several_lines_is_imported(lead: Client, cast: Cast) -> None:
    rows = 'lead-time,2026-03-02,erp,1,4,"seen\nchecked, mended"\nlead-time,2026-03-03,erp,2,5,n\n'

    press_import(lead, kept(lead, f"{HEAD},note\n{rows}"))

    with tenant(cast.acme):
        assert Measurement.objects.count() == 2


@pytest.mark.parametrize("name", ["figures.xlsx", "FIGURES.XLSM"])
@pytest.mark.parametrize("content", [b"\x8f\x11\xfe\xd3random", b"date,value\n2026-03-04,4\n"])
def test_a_file_named_as_a_workbook_that_is_none_is_refused(
    lead: Client, content: bytes, name: str
) -> None:
    response = upload(lead, content, name)

    assert response.status_code == 422
    assert "This is not an Excel file." in response.content.decode()


@pytest.mark.slow
def test_a_package_that_unpacks_without_end_is_refused(lead: Client) -> None:
    response = upload(lead, bomb(), "figures.xlsx")

    assert response.status_code == 422
    assert "unpacks to more than" in response.content.decode()


def test_a_file_above_the_limit_is_refused(lead: Client) -> None:
    response = upload(lead, b"x" * (16 * 1024 * 1024 + 1))

    assert response.status_code == 422
    assert "larger than 16" in response.content.decode()


def test_a_broken_workbook_is_refused(lead: Client) -> None:
    whole = workbook([["date", "value"], ["2026-03-04", 4]])
    source, out = zipfile.ZipFile(io.BytesIO(whole)), io.BytesIO()
    with zipfile.ZipFile(out, "w") as package:
        for part in source.namelist():
            package.writestr(part, source.read(part)[:40])

    response = upload(lead, out.getvalue(), "figures.xlsx")

    assert response.status_code == 422
    assert "damaged" in response.content.decode()


def test_a_workbook_that_does_not_unpack_is_refused(lead: Client) -> None:
    content = bytearray(workbook([["date", "value"], ["2026-03-04", 4]]))
    with zipfile.ZipFile(io.BytesIO(content)) as package:
        part = package.getinfo("xl/worksheets/sheet1.xml")
    begin = part.header_offset + 30 + len(part.filename)
    content[begin : begin + 40] = b"\xff" * 40

    response = upload(lead, bytes(content), "figures.xlsx")

    assert response.status_code == 422
    assert "damaged" in response.content.decode()


def test_refused_rows_are_downloaded_with_reasons_and_without_formulas(lead: Client) -> None:
    address = kept(
        lead,
        f'{HEAD}\n=cmd|x,2026-03-04,erp,1,4\nlead-time,2026-03-04,erp,2,"@SUM(1,2)"\n'
        "lead-time,2026-03-04,erp,3,-4 apples\nlead-time,2026-03-04,erp,4,4\n",
    )

    before = lead.get(f"{address}refused.csv")
    press_import(lead, address)
    after = lead.get(f"{address}refused.csv")

    assert before.content == after.content
    assert after["Content-Disposition"].startswith("attachment")
    rows = list(csv.reader(io.StringIO(after.content.decode("utf-8-sig"))))
    assert rows[0][:3] == ["row", "reason", "words"]
    assert [row[0] for row in rows[1:]] == ["2", "3", "4"]
    assert rows[1][3] == "'=cmd|x"
    assert rows[2][7] == "'@SUM(1,2)"
    assert rows[3][7] == "'-4 apples"


@pytest.mark.slow
def test_a_file_above_ten_thousand_rows_is_imported_as_a_whole(lead: Client, cast: Cast) -> None:
    rows = "\n".join(f"lead-time,2026-03-04,erp,{n},4" for n in range(12_000))
    address = kept(lead, f"{HEAD}\n{rows}\nnone,2026-03-04,erp,x,4\n")

    press_import(lead, address)

    with tenant(cast.acme):
        assert Measurement.objects.count() == 12_000
        assert ImportFile.objects.get().outcome["refused"] == 1
        assert SyncBatch.objects.filter(channel="import").count() == 1


def test_a_dropped_file_is_gone(lead: Client, cast: Cast) -> None:
    address = kept(lead, f"{HEAD}\nlead-time,2026-03-04,erp,1,4\n")

    lead.post(address, {"do": "drop"})

    assert lead.get(address).status_code == 404
    with tenant(cast.acme):
        assert not ImportFile.objects.exists()


def test_a_file_that_was_imported_meanwhile_is_not_told_as_dropped(
    lead: Client, cast: Cast
) -> None:
    address = kept(lead, f"{HEAD}\nlead-time,2026-03-04,erp,1,4\n")
    press_import(lead, address)

    told = lead.post(address, {"do": "drop"}, follow=True)

    page = told.content.decode()
    assert told.redirect_chain == [(address, 302)]
    assert "figures.csv is imported already; it cannot be dropped any more." in page
    assert "was dropped" not in page
    with tenant(cast.acme):
        assert Measurement.objects.count() == 1
        assert ImportFile.objects.get().done_at is not None


def test_a_file_is_seen_only_by_who_uploaded_it(lead: Client, cast: Cast) -> None:
    address = kept(lead, f"{HEAD}\nlead-time,2026-03-04,erp,1,4\n")

    with tenant(cast.acme):
        Membership.objects.filter(pk=cast.owner.pk).update(roles=["lead"])

    for other in (cast.owner, cast.stranger):
        client = signed_in(other)
        assert client.get(address).status_code == 404
        assert client.post(address, {"do": "import"}).status_code == 404
        assert client.get(f"{address}refused.csv").status_code == 404
    with tenant(cast.acme):
        assert not Measurement.objects.exists()


def test_the_first_rows_and_the_refused_ones_read_as_the_file_does(lead: Client) -> None:
    address = kept(
        lead,
        "Kennzahl,Booked on,System,Nr,Wert\nlead-time,1850-03-04,erp,1,4\n"
        "lead-time,2026-03-04,erp,2,1234.5\nlead-time,2026-03-04,erp,3,soon\n",
        col_event_at="1",
    )

    page = lead.get(address).content.decode()

    assert '<td class="num">4</td>' in page
    assert '<td class="num">1,234.5</td>' in page
    assert '<td data-l="Column">Wert</td>' in page
    assert "4 Mar 1850, 00:00 (UTC+00:53)" in page


def test_one_imported_row_is_told_as_one(lead: Client, cast: Cast) -> None:
    press_import(lead, kept(lead, f"{HEAD}\nlead-time,2026-03-04,erp,1,4\n"))

    with tenant(cast.acme):
        assert Notification.objects.get(topic="import").title == (
            "figures.csv: 1 row imported, 0 refused"
        )


def test_a_lead_without_a_metric_is_told_to_start_a_pilot(cast: Cast) -> None:
    with tenant(cast.acme):
        Membership.objects.filter(pk=cast.owner.pk).update(roles=["lead"])

    page = signed_in(cast.owner).get(ADDRESS).content.decode()

    assert "You lead no pilot with a primary metric yet" in page
    assert 'href="/t/acme/pilots/new/"' in page
    assert 'type="file"' not in page


def test_a_reader_may_not_import(cast: Cast) -> None:
    client = signed_in(cast.reader)

    assert client.get(ADDRESS).status_code == 403
    assert upload(client, "x").status_code == 403


def test_an_upload_forgets_files_whose_day_is_over(lead: Client, cast: Cast) -> None:
    kept(lead, f"{HEAD}\nlead-time,2026-03-04,erp,1,4\n")
    with tenant(cast.acme):
        ImportFile.objects.update(expires_at=datetime(2026, 1, 1, tzinfo=UTC))

    second = kept(lead, f"{HEAD}\nlead-time,2026-03-04,erp,2,4\n")

    with tenant(cast.acme):
        assert [str(file.pk) in second for file in ImportFile.objects.all()] == [True]


def test_a_file_whose_day_is_over_is_gone_before_any_job_comes(lead: Client, cast: Cast) -> None:
    address = kept(lead, f"{HEAD}\nlead-time,2026-03-04,erp,1,4\n")
    pressed = answers(lead, address) | {"do": "import"}
    with tenant(cast.acme):
        ImportFile.objects.update(expires_at=datetime(2026, 1, 1, tzinfo=UTC))

    page = lead.get(address)
    imported = lead.post(address, pressed)
    download = lead.get(f"{address}refused.csv")

    assert [one.status_code for one in (page, imported, download)] == [404, 404, 404]
    assert "This file is not kept any more" in page.content.decode()
    assert address not in lead.get(ADDRESS).content.decode()
    with tenant(cast.acme):
        assert not Measurement.objects.exists()


def test_the_job_forgets_files_whose_day_is_over_in_its_tenant_alone(
    lead: Client, cast: Cast
) -> None:
    for number in (1, 2):
        kept(lead, f"{HEAD}\nlead-time,2026-03-04,erp,{number},4\n")
    over = datetime(2026, 1, 1, tzinfo=UTC)
    with tenant(cast.acme):
        done, waiting = ImportFile.objects.order_by("created_at")
        ImportFile.objects.filter(pk=done.pk).update(expires_at=over, done_at=over, outcome={})
    with tenant(cast.borealis):
        ImportFile.objects.create(
            member_id=cast.stranger.id, name="b", content=b"", expires_at=over
        )
    task: Any = drop_expired_files

    task.push_request(headers={HEADER: cast.acme})
    try:
        task()
    finally:
        task.pop_request()

    with tenant(cast.acme):
        assert [file.pk for file in ImportFile.objects.all()] == [waiting.pk]
    with tenant(cast.borealis):
        assert ImportFile.objects.count() == 1


# Own pilots


def test_a_lead_imports_for_own_pilots_and_is_offered_no_other_metric(
    cast: Cast, lead: Client
) -> None:
    with tenant(cast.acme):
        Metric.objects.create(
            code="theirs", name="T", kind="mean", unit="n", direction="up", zone="Europe/Berlin"
        )
    address = kept(
        lead, f"{HEAD}\notif,2026-03-04,erp,1,0.5\ntheirs,2026-03-04,erp,2,5\nx,2026-03-04,erp,3,5"
    )

    found = lead.get(address)
    press_import(lead, address)

    assert reasons_of(found.context["report"]) == [(3, "not_your_metric"), (4, "unknown_metric")]
    offered = dict(found.context["form"].fields["default_metric"].choices)
    assert "otif" in offered
    assert "theirs" not in offered
    with tenant(cast.acme):
        assert [m.external_id for m in Measurement.objects.all()] == ["1"]


def pilot_of(cast: Cast, member: Membership | None, role: str = "primary") -> None:
    """Add one more pilot with the metric "otif", led by a member or by nobody."""
    with tenant(cast.acme):
        pilot = Pilot.objects.create(
            code="P-OTHER", name="Other", site=Site.objects.get(), start_date=date(2026, 1, 5)
        )
        slot = 1 if role == "primary" else None
        metric = Metric.objects.get(code="otif")
        PilotMetric.objects.create(pilot=pilot, metric=metric, role=role, slot=slot)
        if member is not None:
            PilotParty.objects.create(pilot=pilot, person_id=member.person_id, part=Part.LEAD)


def refusal(client: Client) -> str:
    """Return why a row of "otif" is refused; empty when it would be taken."""
    found = client.get(kept(client, f"{HEAD}\notif,2026-03-04,erp,1,0.5"))
    return "".join(line.detail for line in found.context["report"].refused)


@pytest.mark.parametrize("role", ["guard", "health"])
def test_taking_another_leads_metric_as_guard_gives_no_right_to_its_figures(
    cast: Cast, lead: Client, role: str
) -> None:
    with tenant(cast.acme):
        party = PilotParty.objects.get()
        PilotParty.objects.update(ended_at=NOW)
        PilotParty.objects.create(
            pilot_id=party.pilot_id, part=party.part, person_id=cast.owner.person_id
        )
    pilot_of(cast, cast.lead, role)

    assert refusal(lead) == "You do not lead Led, judged by this metric; its lead Owner imports it."


def test_a_guard_in_another_leads_pilot_takes_no_right_away(cast: Cast, lead: Client) -> None:
    pilot_of(cast, cast.owner, "guard")

    assert refusal(lead) == ""


def test_what_judges_two_own_pilots_is_imported(cast: Cast, lead: Client) -> None:
    pilot_of(cast, cast.lead)

    assert refusal(lead) == ""


@pytest.mark.parametrize("other", ["owner", ""])
def test_what_judges_pilots_of_different_leads_is_imported_by_none(
    cast: Cast, lead: Client, other: str
) -> None:
    pilot_of(cast, cast.owner if other else None)

    words = refusal(lead)

    assert f"Led (lead: Lead) and Other (lead: {other.title() or 'nobody'})" in words
    assert "a system sends it" in words


def test_what_judges_a_pilot_without_a_lead_waits_for_one(cast: Cast, lead: Client) -> None:
    with tenant(cast.acme):
        PilotParty.objects.update(ended_at=NOW)

    assert refusal(lead) == "Led: judged by this metric and without a lead. Its lead imports it."


def test_a_guard_of_the_own_pilot_is_sent_by_a_system(cast: Cast, lead: Client) -> None:
    with tenant(cast.acme):
        PilotMetric.objects.update(role="guard", slot=None)

    assert "primary in none" in refusal(lead)


@pytest.mark.parametrize("change", ["another leads", "pilot archived", "metric retired"])
def test_who_leads_the_pilot_no_more_imports_no_more(cast: Cast, lead: Client, change: str) -> None:
    address = kept(lead, f"{HEAD}\notif,2026-03-04,erp,1,0.5")
    with tenant(cast.acme):
        match change:
            case "another leads":
                PilotParty.objects.update(ended_at=NOW)
            case "pilot archived":
                Pilot.objects.update(archived_at=NOW)
            case "metric retired":
                PilotMetric.objects.update(retired_at=NOW)

    press_import(lead, address)

    with tenant(cast.acme):
        assert not Measurement.objects.exists()


# Units that a source calls otherwise


def map_unit(cast: Cast, value: str, agreed: str, factor: str = "1") -> MappedValue:
    with tenant(cast.acme):
        source = Source.objects.get(code="erp")
        said = Said(source, What.UNIT, value, agreed=agreed, factor=Decimal(factor))
        return map_value(said=said, by=cast.lead)


@pytest.mark.parametrize(
    ("metric", "cell", "value"),
    [
        ("hours", "5 HUR", 5),
        ("hours", "90 min", 1.5),
        ("hours", "5 h", 5),
        ("otif", "12 PCT", 0.12),
        ("lead-time", "5 days", 5),
    ],
)
def test_a_figure_counts_in_the_unit_that_its_own_stands_for(
    lead: Client, cast: Cast, metric: str, cell: str, value: float
) -> None:
    map_unit(cast, "HUR", "hours")
    map_unit(cast, "min", "h", "0.016666667")
    map_unit(cast, "PCT", "%")
    map_unit(cast, "days", "h", "24")

    found = report(lead, kept(lead, f"{HEAD}\n{metric},2026-03-04,erp,1,{cell}\n"))

    assert found.first[0].row.value == pytest.approx(value, rel=1e-6)
    assert found.created == 1


def test_rows_in_a_unit_that_nobody_mapped_are_counted_as_the_file_is_imported(
    lead: Client, cast: Cast
) -> None:
    map_unit(cast, "HUR", "h")
    with tenant(cast.acme):
        Source.objects.create(code="mes", name="MES")
    rows = [
        "hours,2026-03-04,erp,1,5 HUR",
        "hours,2026-03-04,erp,2,5 hur",
        "hours,2026-03-04,erp,3,6 hur",
        "hours,2026-03-04,mes,4,5 HUR",
        "lead-time,2026-03-04,erp,5,5 HUR",
        "hours,2026-03-04,none,6,5 HUR",
    ]
    address = kept(lead, "\n".join([HEAD, *rows]) + "\n")
    with tenant(cast.acme):
        tried = UnmappedValue.objects.count()

    press_import(lead, address)

    with tenant(cast.acme):
        counted = UnmappedValue.objects.values_list("source__code", "what", "value", "times")
        assert sorted(counted) == [("erp", "unit", "hur", 2), ("mes", "unit", "HUR", 1)]
        assert Measurement.objects.get().external_id == "1"
    assert tried == 0


def test_a_unit_that_is_mapped_no_more_after_the_look_is_looked_at_again(
    lead: Client, cast: Cast
) -> None:
    row = map_unit(cast, "HUR", "h", "2")
    address = kept(lead, f"{HEAD}\nhours,2026-03-04,erp,1,5 HUR\n")
    sent = answers(lead, address)
    with tenant(cast.acme):
        end_value(row=row, by=cast.lead, now=NOW)

    page = lead.post(address, sent | {"do": "import"}, follow=True).content.decode()

    assert "Nothing was imported: the file would have been read otherwise" in page
    with tenant(cast.acme):
        assert not Measurement.objects.exists()
