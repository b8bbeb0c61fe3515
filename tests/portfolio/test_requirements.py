"""The register of requirements: by hand, from a spreadsheet, and what is counted of it."""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime, timedelta
from typing import Any

import openpyxl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from audit.models import AuditEvent
from common.errors import Refused
from common.tenancy.context import tenant
from portfolio import actions
from portfolio.models import Area, Pilot, Requirement, RequirementFile
from portfolio.rules.register import Draft
from tenants.models import Membership
from tests.conftest import Cast, signed_in
from tests.metrics.test_imports import bomb
from tests.plant import today
from tests.portfolio.test_board import plant, text
from tests.queries import check_count, counted

HOME = "/t/acme/pilots/P-01/requirements/"
HEAD = ["Function", "Requirement", "Found on", "Blocking", "State", "Evidence", "Link"]


@pytest.fixture
def pilot(cast: Cast) -> Pilot:
    """A pilot in week 5 with a lead: deploy started a week ago."""
    with plant(cast) as acme:
        return acme.pilot(week=5, lead=cast.lead, sponsor=cast.sponsor)


def add(cast: Cast, pilot: Pilot, text: str = "Log every call", **values: Any) -> Requirement:
    by = values.pop("by", cast.lead)
    draft = Draft(**{"area": "security", "text": text, "found_on": today(), **values})
    return actions.add_requirement(pilot=pilot, draft=draft, by=by, now=datetime.now(UTC))


def answers(**values: Any) -> dict[str, Any]:
    given = {"area": "security", "text": "Log every call", "found_on": today().isoformat()}
    return {**given, "state": "open", "evidence": "", "url": "", **values}


def post(who: Membership, path: str, **values: Any) -> Any:
    return signed_in(who).post(f"{HOME}{path}", answers(**values))


def day(weeks_ago: int) -> str:
    return (today() - timedelta(weeks=weeks_ago)).isoformat()


def rows_47() -> list[list[str]]:
    """Forty-seven requirements: 12 found this week, 35 before the pilot began; 10 blocking."""
    return [
        [
            Area.values[number % 12],
            f"Requirement {number}",
            day(0) if number < 12 else day(9),
            "yes" if number % 5 == 0 else "no",
            "open",
            "",
            "",
        ]
        for number in range(47)
    ]


def as_csv(rows: list[list[Any]], head: list[str] | None = None) -> bytes:
    out = io.StringIO(newline="")
    csv.writer(out).writerows([head or HEAD, *rows])
    return out.getvalue().encode()


def as_workbook(rows: list[list[Any]]) -> bytes:
    book = openpyxl.Workbook()
    sheet: Any = book.active
    for row in [HEAD, *rows]:
        sheet.append(row)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def upload(who: Membership, content: bytes, name: str = "register.csv") -> Any:
    file = SimpleUploadedFile(name, content)
    sent = {"file": file, "found_on": today().isoformat()}
    return signed_in(who).post(f"{HOME}import/", sent)


def take(who: Membership, content: bytes, name: str = "register.csv") -> Any:
    """Upload a file and press its button."""
    shown = upload(who, content, name)
    assert shown.status_code == 302, text(shown)
    return signed_in(who).post(shown.url, follow=True)


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_47_requirements_come_from_a_spreadsheet_in_one_go(
    cast: Cast, pilot: Pilot, kind: str
) -> None:
    content = as_csv(rows_47()) if kind == "csv" else as_workbook(rows_47())

    shown = upload(cast.lead, content, f"register.{kind}")
    preview = text(signed_in(cast.lead).get(shown.url))
    with tenant(cast.acme):
        before = Requirement.objects.count()
    page = signed_in(cast.lead).post(shown.url, follow=True)

    assert "47 requirements of register" in preview
    assert before == 0
    assert "47 requirements are written down." in text(page)
    # By hand: numbers 0 to 11 were found this week, after deploy started; 0, 5, 10 ... 45 block.
    counters = "47 requirements: 47 open, 10 of them blocking, 12 found after deploy started."
    assert counters in text(page)
    board = text(signed_in(cast.reader).get("/t/acme/"))
    assert "12 requirements found after deploy started" in board
    heat = signed_in(cast.reader).get("/t/acme/engagement/")
    assert [row.register.late for row in heat.context["rows"]] == [12]
    with tenant(cast.acme):
        numbers = list(Requirement.objects.order_by("number").values_list("number", flat=True))
        event = AuditEvent.objects.get(action="REQUIREMENTS_IMPORTED")
    assert numbers == list(range(1, 48))
    assert (event.payload["rows"], event.payload["new"]) == (47, 47)


def test_importing_twice_makes_no_doubles(cast: Cast, pilot: Pilot) -> None:
    take(cast.lead, as_csv(rows_47()))

    again = upload(cast.lead, as_csv([*rows_47(), ["security", "One more", "", "", "", "", ""]]))
    preview = text(signed_in(cast.lead).get(again.url))
    signed_in(cast.lead).post(again.url)
    twice = signed_in(cast.lead).post(again.url, follow=True)

    assert "1 requirement of register.csv is new" in preview
    assert "47 stand in the register already" in preview
    assert "taken already" in text(twice)
    with tenant(cast.acme):
        assert Requirement.objects.count() == 48


def test_a_file_with_nothing_new_says_so_and_offers_no_button(cast: Cast, pilot: Pilot) -> None:
    take(cast.lead, as_csv(rows_47()))

    shown = upload(cast.lead, as_csv(rows_47()))
    page = signed_in(cast.lead).get(shown.url)

    assert "Every requirement of register.csv stands in the register already" in text(page)
    assert "down</button>" not in page.content.decode()


def test_one_fault_keeps_the_whole_file_out_and_is_named_with_row_and_column(
    cast: Cast, pilot: Pilot
) -> None:
    rows = rows_47()
    rows[3][0], rows[20][2] = "Canteen", "03/04/2026"

    page = upload(cast.lead, as_csv(rows))

    assert page.status_code == 422
    words = text(page)
    assert "register.csv was not taken: 2 rows have a fault" in words
    assert "5 Function 'Canteen' is none of the functions. Write one of them" in words
    assert "22 Found on '03/04/2026' can be read two ways" in words
    with tenant(cast.acme):
        assert not Requirement.objects.exists()
        assert not RequirementFile.objects.exists()


@pytest.mark.parametrize(
    ("content", "name", "words"),
    [
        (bomb, "register.xlsx", "unpacks to more than 160 MB"),
        (lambda: b"", "register.csv", "The file is empty."),
        (lambda: b"PK\x03\x04broken", "register.xlsx", "The XLSX file is damaged"),
        (lambda: b"\x89PNG\r\n\x1a\n\x00\x00", "register.xlsx", "This is not an Excel file."),
        (lambda: b"\x00\x07ab\n\x01,\x02\n", "register.csv", "neither text nor XLSX"),
        (lambda: b"Function,Requirement\n", "register.csv", "a header line and no rows"),
        (lambda: b"a,b\n1,2\n", "register.csv", "The file has no column Function."),
    ],
)
def test_what_is_no_table_is_refused_in_words(
    cast: Cast, pilot: Pilot, content: Any, name: str, words: str
) -> None:
    page = upload(cast.lead, content(), name)

    assert page.status_code == 422
    assert words in text(page)


def test_a_formula_counts_with_the_value_that_was_saved_and_one_without_is_named(
    cast: Cast, pilot: Pilot
) -> None:
    page = upload(cast.lead, as_workbook([["Security", '=CONCAT("a","b")']]), "register.xlsx")

    assert page.status_code == 422
    assert "A formula counts with the value saved last." in text(page)


def test_no_file_is_asked_for(cast: Cast, pilot: Pilot) -> None:
    page = signed_in(cast.lead).post(f"{HOME}import/", {"found_on": today().isoformat()})

    assert page.status_code == 422
    assert "Choose a file." in text(page)


def test_a_file_is_its_members_own_and_kept_for_a_day(cast: Cast, pilot: Pilot) -> None:
    shown = upload(cast.lead, as_csv(rows_47()))

    other = signed_in(cast.admin).post(shown.url, follow=True)
    with tenant(cast.acme):
        RequirementFile.objects.update(expires_at=datetime.now(UTC) - timedelta(minutes=1))
    late = signed_in(cast.lead).post(shown.url, follow=True)

    assert "Its day is over" in text(other)
    assert "Its day is over" in text(late)
    with tenant(cast.acme):
        assert not Requirement.objects.exists()


def test_a_reviewer_imports_for_own_functions_and_nothing_where_one_is_anothers(
    cast: Cast, pilot: Pilot
) -> None:
    with tenant(cast.acme):
        Membership.objects.filter(pk=cast.reviewer.pk).update(functions=["security"])
    own = [["Security", "Log every call", "", "", "", "", ""]]

    mixed = take(cast.reviewer, as_csv([*own, ["Legal", "Sign it", "", "", "", "", ""]]))
    alone = take(cast.reviewer, as_csv(own))

    assert "Legal is answered for by" in text(mixed)
    assert "1 requirement is written down." in text(alone)


def test_a_requirement_is_written_down_changed_and_settled_by_name(
    cast: Cast, pilot: Pilot
) -> None:
    made = post(cast.lead, "new/", blocking="on")
    page = text(signed_in(cast.reader).get(HOME))
    settled = post(
        cast.admin, "1/", version=1, state="met", evidence="Tried on line 4", blocking="on"
    )

    after = text(signed_in(cast.reader).get(HOME))
    assert (made.status_code, settled.status_code) == (302, 302)
    assert "1 requirement: 1 open, 1 of them blocking, 1 found after deploy started." in page
    assert "R-1 Log every call Security" in page
    assert "Deploy, found late" in page
    assert "1 requirement: 0 open" in after
    assert "Met was blocking Tried on line 4 Admin," in after
    with tenant(cast.acme):
        kinds = AuditEvent.objects.filter(action__startswith="REQUIREMENT").order_by("seq")
        assert list(kinds.values_list("action", flat=True)) == [
            "REQUIREMENT_ADDED",
            "REQUIREMENT_CHANGED",
        ]


def test_a_reopened_requirement_has_nobody_who_settled_it(cast: Cast, pilot: Pilot) -> None:
    with tenant(cast.acme):
        add(cast, pilot, state="accepted", evidence="Small.")

    post(cast.lead, "1/", version=1, evidence="Small.")

    with tenant(cast.acme):
        row = Requirement.objects.get()
    assert (row.state, row.settled_by_id, row.settled_at) == ("open", None, None)


def test_a_dropped_requirement_counts_no_more_and_stays_to_be_read(
    cast: Cast, pilot: Pilot
) -> None:
    with tenant(cast.acme):
        add(cast, pilot, state="dropped", evidence="Asked twice.")

    page = text(signed_in(cast.reader).get(HOME))

    assert "No requirement is written down." in page
    assert "Log every call" in page
    assert "Dropped" in page


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"area": "canteen"}, "is not one of the choices"),
        ({"area": ""}, "Choose one."),
        ({"text": ""}, "Fill this in."),
        ({"text": "x" * 1001}, "At most 1000 characters fit here"),
        ({"found_on": "3000-01-01"}, "It was found today or earlier."),
        ({"found_on": "x"}, "Write the day as"),
        ({"state": "met"}, "Say what shows it"),
        ({"url": "javascript:alert(1)"}, "This is no address"),
        ({"url": "ftp://x.example/a"}, "This is no address"),
        ({"evidence": "x\u200b"}, "zero width space"),
    ],
)
def test_a_bad_form_keeps_what_was_typed_and_names_the_field(
    cast: Cast, pilot: Pilot, values: dict[str, Any], words: str
) -> None:
    given = {"evidence": "Words that stay.", **values}
    if values == {"state": "met"}:
        given = values

    page = post(cast.lead, "new/", **given)

    assert page.status_code == 422
    assert words in text(page)
    assert ("Words that stay." in text(page)) is ("Words that stay." in given.values())
    with tenant(cast.acme):
        assert not Requirement.objects.exists()


def test_the_same_again_of_one_function_is_refused_and_of_another_is_not(
    cast: Cast, pilot: Pilot
) -> None:
    with tenant(cast.acme):
        add(cast, pilot)
        with pytest.raises(Refused) as refused:
            add(cast, pilot, "log  EVERY call")

        other = add(cast, pilot, area="legal")

    assert (refused.value.code, refused.value.field) == ("twice", "text")
    assert other.number == 2


def test_a_stale_form_is_answered_with_409_and_what_stands_there_by_now(
    cast: Cast, pilot: Pilot
) -> None:
    with tenant(cast.acme):
        add(cast, pilot)
    post(cast.lead, "1/", version=1, text="Log each call")

    page = post(cast.lead, "1/", version=1, text="Log them all")

    assert page.status_code == 409
    assert "By now this is: Log each call." in text(page)
    assert "Log them all" in text(page)


@pytest.mark.parametrize("number", ["2", "9" * 30])
def test_an_unknown_number_is_404(cast: Cast, pilot: Pilot, number: str) -> None:
    assert signed_in(cast.lead).get(f"{HOME}{number}/").status_code == 404


def test_an_archived_pilot_takes_no_requirement(cast: Cast, pilot: Pilot) -> None:
    shown = upload(cast.lead, as_csv(rows_47()))
    with tenant(cast.acme):
        made = add(cast, pilot)
        actions.archive_pilot(pilot=pilot, by=cast.admin, now=datetime.now(UTC))
        with pytest.raises(Refused, match="archived"):
            add(cast, pilot, "Another")

    assert "is archived" in text(signed_in(cast.lead).get(f"{HOME}{made.number}/"))
    assert "is archived" in text(signed_in(cast.lead).get(f"{HOME}import/"))
    assert "is archived" in text(signed_in(cast.lead).post(shown.url, follow=True))
    assert f"{HOME}import/" not in signed_in(cast.lead).get(HOME).content.decode()


def test_the_export_is_read_back_and_starts_no_formula(cast: Cast, pilot: Pilot) -> None:
    with tenant(cast.acme):
        add(cast, pilot, '=HYPERLINK("https://x.example")', blocking=True)
        add(cast, pilot, "Keep logs", state="met", evidence="Seen", url="https://x.example/a")

    sent = signed_in(cast.reader).get(f"{HOME}export/")

    content = sent.content.decode("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(content)))
    assert sent["Content-Disposition"] == 'attachment; filename="requirements-P-01.csv"'
    assert rows[0]["Requirement"] == '\'=HYPERLINK("https://x.example")'
    assert rows[1] | {"Found on": ""} == {
        "Number": "R-2",
        "Function": "Security",
        "Requirement": "Keep logs",
        "Found on": "",
        "Blocking": "no",
        "State": "Met",
        "Evidence": "Seen",
        "Link": "https://x.example/a",
        "Found in phase": "Deploy",
        "Found after deploy started": "yes",
    }
    with tenant(cast.acme):
        actions.add_pilot(
            name="Other",
            site=pilot.site,
            start_date=today(),
            by=cast.admin,
            now=datetime.now(UTC),
            parties=[],
        )
    there = HOME.replace("P-01", "P-02")
    sent_back = signed_in(cast.admin).post(
        f"{there}import/",
        {
            "file": SimpleUploadedFile("back.csv", sent.content),
            "found_on": today().isoformat(),
        },
    )
    assert "2 requirements of back.csv are new" in text(signed_in(cast.admin).get(sent_back.url))


def test_an_empty_register_offers_the_first_step_to_those_who_may(cast: Cast, pilot: Pilot) -> None:
    assert "Import a spreadsheet" in text(signed_in(cast.lead).get(HOME))
    reader = text(signed_in(cast.reader).get(HOME))
    assert "The lead, an admin or a reviewer of a function writes down" in reader


def test_the_register_asks_the_same_of_the_database_at_any_size(cast: Cast, pilot: Pilot) -> None:
    browser = signed_in(cast.lead)
    with tenant(cast.acme):
        add(cast, pilot, state="met", evidence="Seen")
    _, few = counted(lambda: browser.get(HOME))
    take(cast.lead, as_csv(rows_47()))

    _, many = counted(lambda: browser.get(HOME))

    assert len(few) == len(many)
    check_count("requirements of a pilot", many)
