"""The inbox, and the frame around every page."""

import json
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.test import Client
from django.urls import resolve

from common.tenancy.context import tenant
from tenants import actions, rules, shell
from tenants.access import NAV, SETTINGS, Entry
from tenants.models import Membership, Notification, User
from tests.conftest import NOW, Cast, signed_in
from tests.queries import counted

INBOX = "/t/acme/inbox/"


def tell(cast: Cast, member: Membership, title: str, **extra: Any) -> UUID:
    extra = {"topic": "test", "path": "/t/acme/", "dedup_key": title, **extra}
    with tenant(cast.acme):
        actions.notify(member_id=member.id, title=title, **extra)
        found: UUID = Notification.objects.get(member=member, dedup_key=extra["dedup_key"]).id
        return found


def unread(cast: Cast, member: Membership) -> int:
    with tenant(cast.acme):
        return int(Notification.objects.filter(member=member, read_at=None).count())


def test_an_empty_inbox_says_what_will_come(cast: Cast) -> None:
    page = signed_in(cast.lead).get(INBOX).content.decode()

    assert "Nothing new for you" in page
    assert "Your inbox is empty" in page


def test_the_inbox_shows_own_lines_only_unread_first(cast: Cast) -> None:
    first = tell(cast, cast.lead, "Older, unread")
    second = tell(cast, cast.lead, "Newer, read")
    tell(cast, cast.sponsor, "Not for the lead")
    with tenant(cast.acme):
        Notification.objects.filter(pk=second).update(read_at=NOW)

    page = signed_in(cast.lead).get(INBOX).content.decode()

    assert "1 thing you have not read" in page
    assert page.index(str(first)) < page.index(str(second))
    assert "Not for the lead" not in page


def test_opening_a_line_marks_it_read_and_goes_to_what_it_is_about(cast: Cast) -> None:
    key = tell(cast, cast.lead, "Look", path="/t/acme/metrics/")

    response = signed_in(cast.lead).post(f"{INBOX}{key}/read/", {"open": "1"})

    assert response["Location"] == "/t/acme/metrics/"
    assert unread(cast, cast.lead) == 0


@pytest.mark.parametrize("path", ["", "https://evil.example/", "/t/borealis/", "//evil.example"])
def test_a_line_never_leads_out_of_the_tenant(cast: Cast, path: str) -> None:
    key = tell(cast, cast.lead, "Look", path=path)

    response = signed_in(cast.lead).post(f"{INBOX}{key}/read/", {"open": "1"})

    assert response["Location"] == INBOX


def test_looking_at_the_inbox_marks_nothing_read(cast: Cast) -> None:
    tell(cast, cast.lead, "Look")

    client = signed_in(cast.lead)
    client.get(INBOX)

    assert client.get(f"{INBOX}read/").status_code == 405
    assert unread(cast, cast.lead) == 1


def test_all_own_lines_are_marked_read_at_once(cast: Cast) -> None:
    tell(cast, cast.lead, "One")
    tell(cast, cast.lead, "Two")
    tell(cast, cast.sponsor, "Not mine")

    signed_in(cast.lead).post(f"{INBOX}read/")

    assert (unread(cast, cast.lead), unread(cast, cast.sponsor)) == (0, 1)


def test_somebody_elses_line_is_not_there(cast: Cast) -> None:
    key = tell(cast, cast.sponsor, "Not for the lead")

    response = signed_in(cast.lead).post(f"{INBOX}{key}/read/")
    unknown = signed_in(cast.lead).post(f"{INBOX}{uuid4()}/read/")

    assert (response.status_code, unknown.status_code) == (404, 404)
    assert unread(cast, cast.sponsor) == 1


def test_the_same_subject_is_one_line(cast: Cast) -> None:
    tell(cast, cast.lead, "Told", dedup_key="pilot-7")

    tell(cast, cast.lead, "Told", dedup_key="pilot-7")

    assert unread(cast, cast.lead) == 1


def test_a_long_inbox_is_paged(cast: Cast) -> None:
    with tenant(cast.acme):
        for number in range(51):
            actions.notify(
                member_id=cast.lead.id, topic="t", title=f"Line {number}.", path="",
                dedup_key=str(number),
            )  # fmt: skip
    client = signed_in(cast.lead)

    first = client.get(INBOX).content.decode()
    second = client.get(f"{INBOX}?page=2").content.decode()

    assert first.count("data-row") == 50
    assert second.count("data-row") == 1


@pytest.mark.parametrize("page", ["0", "-1", "x", "", "\uff19", "9" * 5000])
def test_a_page_that_cannot_be_is_answered(cast: Cast, page: str) -> None:
    assert signed_in(cast.lead).get(INBOX, {"page": page}).status_code == 200


# The frame


def test_the_bar_names_the_member_the_tenant_and_what_is_unread(cast: Cast) -> None:
    tell(cast, cast.lead, "Look")

    page = signed_in(cast.lead).get("/t/acme/inbox/").content.decode()

    assert "Inbox, 1 unread" in page
    assert "Acme Castings" in page
    assert "Project lead" in page
    assert "replay of public data" not in page


def test_a_demo_tenant_says_so_on_every_page(cast: Cast) -> None:
    page = signed_in(cast.persona).get("/t/replay/inbox/").content.decode()

    assert "Demo: replay of public data, no AI pilot took place" in page


def test_the_tenant_switcher_offers_own_tenants_only(cast: Cast) -> None:
    page = signed_in(cast.double).get("/t/acme/inbox/").content.decode()

    assert 'href="/t/replay/"' in page
    assert "Borealis" not in page


def test_a_member_of_one_tenant_sees_no_switcher(cast: Cast) -> None:
    assert "Change company" not in signed_in(cast.lead).get(INBOX).content.decode()


@pytest.mark.parametrize(
    ("who", "offered"),
    [
        ("reader", set()),
        ("lead", set()),
        ("admin", {"members", "tokens"}),
    ],
)
def test_settings_offer_what_the_role_may(cast: Cast, who: str, offered: set[str]) -> None:
    request: Any = signed_in(getattr(cast, who)).get(INBOX).wsgi_request

    keys = {entry["key"] for entry in shell.Shell(request).settings}
    everybody = {"sites", "vendors", "people", "sources", "fields", "values", "feeds", "gates"}
    assert keys == offered | everybody | {"health"}


def test_the_reader_is_offered_no_import(cast: Cast) -> None:
    assert "/t/acme/import/" not in signed_in(cast.reader).get(INBOX).content.decode()
    assert "/t/acme/import/" in signed_in(cast.lead).get(INBOX).content.decode()


@pytest.mark.parametrize("entry", [*NAV, *SETTINGS], ids=lambda entry: entry[0])
def test_an_entry_is_offered_to_those_whom_its_page_lets_in(entry: Entry) -> None:
    _, _, path, _, permission = entry

    assert resolve(f"/t/acme/{path}").func.permission == permission


def test_person_tenant_and_frame_cost_four_queries(cast: Cast) -> None:
    client = signed_in(cast.lead)

    _, reads = counted(lambda: client.get(INBOX))

    inbox = [sql for sql in reads if 'FROM "tenants_notification"' in sql and "COUNT(" not in sql]
    assert len(inbox) == 1
    assert len(reads) - len(inbox) <= 4


@pytest.mark.parametrize(("sent", "printed"), [("dark", True), ("light", True), ("", False)])
def test_the_theme_is_saved_on_the_user_and_printed_by_the_server(
    cast: Cast, sent: str, printed: bool
) -> None:
    client = signed_in(cast.lead)
    client.post("/accounts/preferences/", {"theme": "dark"})

    response = client.post("/accounts/preferences/", {"theme": sent, "next": INBOX})

    assert response["Location"] == INBOX
    assert (f'data-theme="{sent}"' in client.get(INBOX).content.decode()) is printed
    assert User.objects.get(pk=cast.lead.user_id).theme == sent


def test_single_keys_can_be_switched_off(cast: Cast) -> None:
    client = signed_in(cast.lead)

    client.post("/accounts/preferences/", {"shortcuts": "off"})
    off = client.get(INBOX).content.decode()
    client.post("/accounts/preferences/", {"shortcuts": "on"})

    assert 'data-shortcuts="off"' in off
    assert 'data-shortcuts="off"' not in client.get(INBOX).content.decode()


@pytest.mark.parametrize("theme", ["neon", "dark' onload='", None])
def test_an_unknown_theme_changes_nothing(cast: Cast, theme: str | None) -> None:
    body = {} if theme is None else {"theme": theme}

    signed_in(cast.lead).post("/accounts/preferences/", body)

    assert User.objects.get(pk=cast.lead.user_id).theme == ""


@pytest.mark.parametrize("back", ["https://evil.example/", "//evil.example/", "/\\evil.example"])
def test_after_saving_one_stays_on_this_site(cast: Cast, back: str) -> None:
    response = signed_in(cast.lead).post("/accounts/preferences/", {"theme": "dark", "next": back})

    assert response["Location"] == "/"


def test_preferences_of_nobody_are_not_saved(cast: Cast) -> None:
    response = Client().post("/accounts/preferences/", {"theme": "dark"})

    assert response["Location"].startswith("/accounts/login/")


@pytest.mark.parametrize(
    ("name", "letters"),
    [("Elena Marsh", "EM"), ("Chief operating officer", "CO"), ("Ada", "A"), ("", "")],
)
def test_initials_are_the_first_and_the_last(name: str, letters: str) -> None:
    assert rules.initials(name) == letters


def test_pages_print_the_names_of_people_as_text(cast: Cast) -> None:
    tell(cast, cast.lead, "<script>alert(1)</script>", body=json.dumps({"a": "<b>"}))

    page = signed_in(cast.lead).get(INBOX).content.decode()

    assert "<script>alert" not in page
