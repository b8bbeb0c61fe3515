"""HEAD wherever GET works, and a page for a method that an address does not take."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.db import connection
from django.test import Client

from tests.api import Api
from tests.conftest import Cast, signed_in
from tests.tenants import things
from tests.tenants.test_url_matrix import OPEN, PAGE_ROUTES

pytestmark = pytest.mark.slow

ADDRESSES = [f"/{route}" for route in OPEN if not re.search(r"[<(]", route)]
PAGE = "/t/acme/"


@pytest.fixture(scope="module")
def read(shared: Cast, django_db_blocker: Any) -> dict[str, Any]:
    """What an admin is answered to GET at every page of a tenant, with things that exist."""
    with django_db_blocker.unblock():
        ours, _ = things.cast_things(shared)
        client = signed_in(shared.admin)
        addresses = [
            f"{PAGE}{things.fill(route, ours, shared.acme, shared.admin)}" for route in PAGE_ROUTES
        ]
        return {address: sent(client, "GET", address) for address in addresses}


def sent(client: Client, method: str, address: str, body: str = "") -> Any:
    """Send one request, with a form's answers, and take back whatever it did."""
    savepoint = connection.savepoint()
    kind = "application/x-www-form-urlencoded" if body else "application/octet-stream"
    response = client.generic(method, address, body, kind)
    connection.savepoint_rollback(savepoint)
    return response


def test_head_answers_as_get_does_at_every_address(
    cast: Cast, read: dict[str, Any], settings: Any
) -> None:
    settings.DEMO_MODE = True
    client, wrong = signed_in(cast.admin), []
    asked = {address: sent(client, "GET", address) for address in ADDRESSES} | read

    for address, got in asked.items():
        head = sent(client, "HEAD", address)
        if got.status_code != head.status_code or head.content:
            wrong.append((address, got.status_code, head.status_code))

    assert len(asked) > 50
    assert wrong == []


@pytest.mark.parametrize("path", ["/", "/accounts/login/", "/healthz", "/readyz", "/t/acme/"])
def test_head_answers_somebody_without_a_session(cast: Cast, path: str) -> None:
    assert Client().head(path).status_code == Client().get(path).status_code != 405


def test_reading_an_address_of_a_button_says_so_and_leads_back(
    cast: Cast, read: dict[str, Any]
) -> None:
    client, lead, wrong, found = signed_in(cast.admin), signed_in(cast.lead), [], 0

    for address, response in read.items():
        if response.status_code != 405:
            continue
        found += 1
        page = response.content.decode()
        back = re.search(r'<a class="btn" href="([^"]+)">Go back</a>', page)
        above = back and (read.get(back[1]) or sent(client, "GET", back[1]))
        leads = above and above.status_code in {200, 302}
        if back and not leads:  # what only the pilot's lead may press, only the lead may read
            leads = sent(lead, "GET", back[1]).status_code == 200
        framed = "Acme Castings" in page and "A button sends to this address" in page
        if not (leads and framed and response["Allow"] == "POST"):
            wrong.append((address, back and back[1], response["Allow"], framed))

    assert found >= 15
    assert wrong == []


def test_somebody_without_a_session_gets_the_page_without_a_frame(cast: Cast) -> None:
    response = Client().get("/t/acme/pilots/P-1/archive/")

    page = response.content.decode()
    assert (response.status_code, response["Allow"]) == (405, "POST")
    assert 'href="/t/acme/pilots/P-1/">Go back' in page
    assert "Acme" not in page


@pytest.mark.parametrize(
    ("path", "back"), [("/accounts/persona/", "/"), ("/accounts/preferences/", "/")]
)
def test_an_address_with_no_page_above_leads_to_the_start(cast: Cast, path: str, back: str) -> None:
    response = Client().get(path)

    assert response.status_code == 405
    assert f'<a class="btn" href="{back}">Go back</a>' in response.content.decode()


def test_sending_to_a_page_that_is_only_read_changes_nothing_and_says_so(cast: Cast) -> None:
    response = signed_in(cast.admin).post("/t/acme/settings/members/")

    assert (response.status_code, response["Allow"]) == (405, "GET, HEAD")
    assert "This page takes nothing in" in response.content.decode()


def test_nothing_is_sent_to_a_page_that_has_no_form(cast: Cast, read: dict[str, Any]) -> None:
    client = signed_in(cast.admin)
    pages = {address for address, got in read.items() if got.status_code == 200}
    # Without what its query is to say they let choose it first, and have links and no form.
    choices = ["/t/acme/metrics/new/", "/t/acme/pilots/P-ours/metrics/new/"]

    answers = {address: sent(client, "POST", address, "a=b") for address in pages}

    assert len(pages) > 30
    assert sorted(address for address, got in answers.items() if got.status_code == 200) == choices


def test_the_api_says_it_as_a_problem(cast: Cast) -> None:
    response = Api(cast.api).get("feeds/erp/reported/")

    assert (response.status_code, response["Content-Type"]) == (405, "application/problem+json")
    assert response["Allow"] == "POST, OPTIONS"
    assert response.json()["status"] == 405
