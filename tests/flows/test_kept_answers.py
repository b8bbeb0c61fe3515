"""What belongs to a person is kept by nobody; what belongs to everybody may be."""

from __future__ import annotations

import pytest
from django.test import Client

from tenants.models import User
from tests.api import Api
from tests.conftest import Cast, signed_in
from tests.tenants import things
from tests.tenants.test_url_matrix import PAGE_ROUTES

NOBODY = "private, no-store"


@pytest.mark.slow
def test_no_page_of_a_member_may_be_kept_whatever_it_answers(cast: Cast) -> None:
    ours, _ = things.cast_things(cast)
    client, kept = signed_in(cast.reader), {}

    for route in PAGE_ROUTES:
        address = f"/t/acme/{things.fill(route, ours, cast.acme, cast.reader)}"
        kept[address] = client.get(address).get("Cache-Control")

    assert {address: said for address, said in kept.items() if said != NOBODY} == {}


@pytest.mark.parametrize(
    "path", ["/", "/t/borealis/", "/t/acme/nowhere/", "/nowhere/", "/accounts/password/change/"]
)
def test_nor_any_other_answer_to_somebody_signed_in(cast: Cast, path: str) -> None:
    assert signed_in(cast.double).get(path)["Cache-Control"] == NOBODY


def test_nor_the_answers_that_begin_and_end_a_session(cast: Cast) -> None:
    user, client = User.objects.get(pk=cast.reader.user_id), Client()
    user.set_password("seven new castings in the sun")
    user.save()
    form = {"login": user.email, "password": "seven new castings in the sun"}

    begun = client.post("/accounts/login/", form)
    ended = client.post("/accounts/logout/")

    assert (begun.status_code, begun["Cache-Control"]) == (302, NOBODY)
    assert (ended.status_code, ended["Cache-Control"]) == (302, NOBODY)


def test_an_api_client_keeps_what_has_an_etag_and_asks_each_time(cast: Cast) -> None:
    api = Api(cast.api)

    read = api.get("pilots/")
    again = api.get("pilots/", If_None_Match=read["ETag"])

    assert (read.status_code, read["Cache-Control"]) == (200, "private, no-cache")
    assert (again.status_code, again["Cache-Control"]) == (304, "private, no-cache")


@pytest.mark.parametrize("token", ["", "pfm_0123456789_nonsense"])
def test_an_api_client_keeps_no_refusal(cast: Cast, token: str) -> None:
    assert Api(token).get("pilots/")["Cache-Control"] == NOBODY
    assert Api(cast.api).get("pilots/nowhere/")["Cache-Control"] == NOBODY


@pytest.mark.parametrize(
    "path", ["/healthz", "/readyz", "/api/v1/schema/", "/static/css/app.css", "/static/mark.svg"]
)
def test_what_belongs_to_nobody_is_left_as_it_is(cast: Cast, path: str) -> None:
    mine = signed_in(cast.reader).get(path)
    mine.close()

    assert mine.status_code == 200
    assert "private" not in mine.get("Cache-Control", "")
