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


def pages(cast: Cast) -> dict[str, str]:
    """Return the address of every page of a tenant by its route, with things that exist."""
    ours, _ = things.cast_things(cast)
    return {
        route: f"{PAGE}{things.fill(route, ours, cast.acme, cast.admin)}" for route in PAGE_ROUTES
    }


def sent(client: Client, method: str, address: str) -> Any:
    """Send one request and take back whatever it did."""
    savepoint = connection.savepoint()
    response = client.generic(method, address)
    connection.savepoint_rollback(savepoint)
    return response


def test_head_answers_as_get_does_at_every_address(cast: Cast, settings: Any) -> None:
    settings.DEMO_MODE = True
    client, wrong = signed_in(cast.admin), []
    asked = [*ADDRESSES, *pages(cast).values()]

    for address in asked:
        read, head = sent(client, "GET", address), sent(client, "HEAD", address)
        if read.status_code != head.status_code or head.content:
            wrong.append((address, read.status_code, head.status_code))

    assert len(asked) > 50
    assert wrong == []


@pytest.mark.parametrize("path", ["/", "/accounts/login/", "/healthz", "/readyz", "/t/acme/"])
def test_head_answers_somebody_without_a_session(cast: Cast, path: str) -> None:
    assert Client().head(path).status_code == Client().get(path).status_code != 405


def test_reading_an_address_of_a_button_says_so_and_leads_back(cast: Cast) -> None:
    client, wrong, found = signed_in(cast.admin), [], 0

    for address in pages(cast).values():
        response = sent(client, "GET", address)
        if response.status_code != 405:
            continue
        found += 1
        page = response.content.decode()
        back = re.search(r'<a class="btn" href="([^"]+)">Go back</a>', page)
        leads = back and sent(client, "GET", back[1]).status_code in {200, 302}
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


def test_the_api_says_it_as_a_problem(cast: Cast) -> None:
    response = Api(cast.api).get("feeds/erp/reported/")

    assert (response.status_code, response["Content-Type"]) == (405, "application/problem+json")
    assert response["Allow"] == "POST, OPTIONS"
    assert response.json()["status"] == 405
