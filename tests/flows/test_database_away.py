"""With PostgreSQL out of reach every address says so, and when to come back."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.conf import settings
from django.db import connection
from django.test import Client

from tests.tenants.test_url_matrix import API_ROUTES, PAGE_ROUTES, needs_of

ANY = {
    "uuid": "01234567-89ab-7def-8123-456789abcdef",
    "slug": "x",
    "str": "x",
    "int": "12",
    "gate": "data",
    "area": "security",
    "criterion": "x",
    "phase": "audit",
    "plan_kind": "role",
}


def anything(route: str) -> str:
    """Return an address of a route, with something of the right shape at each placeholder."""
    return re.sub(r"<(?:(\w+):)?\w+>", lambda found: ANY[found[1] or "str"], route)


@pytest.fixture(autouse=True)
def away(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    """Point the product at a socket where no server listens."""
    where = connection.settings_dict["HOST"]
    connection.close()
    connection.settings_dict["HOST"] = "/nowhere"
    with django_db_blocker.unblock():
        yield
    connection.close()
    connection.settings_dict["HOST"] = where


@pytest.fixture
def person() -> Client:
    """A browser that was signed in before."""
    client = Client(raise_request_exception=False)
    client.cookies[settings.SESSION_COOKIE_NAME] = "a-session-of-before"
    return client


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_every_page_asks_for_patience_without_the_database(person: Client, method: str) -> None:
    pages = ["/accounts/password/change/", *(f"/t/acme/{anything(r)}" for r in PAGE_ROUTES)]
    for path in pages:
        response = person.generic(method, path)

        assert (response.status_code, response["Retry-After"]) == (503, "5"), path
        assert "The database cannot be reached" in response.content.decode()
        assert "no-store" in response["Cache-Control"]


def test_every_endpoint_says_so_as_a_problem() -> None:
    client = Client(raise_request_exception=False)
    for route in API_ROUTES:
        for method in needs_of(route):
            response = client.generic(
                method,
                f"/api/v1/{anything(route)}",
                "{}",
                content_type="application/json",
                headers={"Authorization": "Bearer pfm_0123456789_" + "x" * 43},
            )

            assert (response.status_code, response["Retry-After"]) == (503, "5"), route
            assert response["Content-Type"] == "application/problem+json"
            assert response.json()["code"] == "unavailable"
            assert response["Cache-Control"] == "no-store"


@pytest.mark.parametrize("path", ["/healthz", "/accounts/login/", "/api/v1/schema/"])
def test_what_needs_no_database_answers_as_ever(path: str) -> None:
    assert Client().get(path).status_code == 200
