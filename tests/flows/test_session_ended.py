"""What somebody typed while their session ended waits for them behind the sign-in."""

from __future__ import annotations

import secrets
import time
from typing import Any

import pytest
from django.conf import settings
from django.core import signing
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from common import typed
from common.tenancy.context import tenant
from portfolio.models import Site
from tests.conftest import Cast, signed_in
from tests.portfolio.test_editing_pages import SITE, initial, text, url

NEW_SITE = "/t/acme/settings/sites/new/"
KEPT = "What you typed is kept in this browser for an hour"
BACK = "This is what you typed before you signed in. It is not saved yet."


def ended(client: Client) -> Client:
    """End a browser's session, as time does; its other cookies stay."""
    client.session.flush()
    del client.cookies[settings.SESSION_COOKIE_NAME]
    return client


def back_in(client: Client, other: Client) -> Client:
    """Sign a browser in again, by the session of another window."""
    name = settings.SESSION_COOKIE_NAME
    client.cookies[name] = other.cookies[name].value
    return client


def send(client: Client, address: str, answers: dict[str, Any], page: str = "") -> Any:
    """Send a form as a browser does, from the page it stands on."""
    return client.post(address, answers, headers={"Referer": f"http://testserver{page or address}"})


@pytest.fixture
def lost(cast: Cast) -> Client:
    """A browser in which the session ended while an admin added a site."""
    client = signed_in(cast.admin)
    answers = initial(client, NEW_SITE) | SITE | {"name": "Plant Lyön", "holidays": "2026-12-25\n?"}
    send(ended(client), f"{NEW_SITE}", answers, f"{NEW_SITE}?then=pilot")
    return client


def test_the_redirect_names_the_page_of_the_form_and_says_what_happened(cast: Cast) -> None:
    client = signed_in(cast.admin)
    answers = initial(client, NEW_SITE) | SITE

    response = send(ended(client), NEW_SITE, answers, f"{NEW_SITE}?then=pilot")

    assert response.status_code == 302
    assert response["Location"] == f"/accounts/login/?next={NEW_SITE}%3Fthen%3Dpilot"
    assert KEPT in text(client.get(response["Location"]))
    with tenant(cast.acme):
        assert not Site.objects.exists()


def test_what_was_typed_stands_in_the_form_once_after_signing_in(cast: Cast, lost: Client) -> None:
    client = back_in(lost, signed_in(cast.admin))

    first, second = client.get(NEW_SITE), client.get(NEW_SITE)

    form = first.context["form"]
    assert BACK in text(first)
    assert form["name"].value() == "Plant Lyön"
    assert form["holidays"].value() == "2026-12-25\n?"
    assert form["working_days"].value() == ["1", "2"]
    assert 'value="Plant Lyön"' in text(first)
    assert BACK not in text(second)
    assert second.context["form"]["name"].value() is None


def test_what_comes_back_can_be_saved(cast: Cast, lost: Client) -> None:
    client = back_in(lost, signed_in(cast.admin))

    response = client.post(NEW_SITE, initial(client, NEW_SITE) | {"holidays": ""})

    assert response.status_code == 302
    with tenant(cast.acme):
        assert Site.objects.get().name == "Plant Lyön"


def test_it_comes_back_at_its_own_page_only(cast: Cast, lost: Client) -> None:
    client = back_in(lost, signed_in(cast.admin))

    other = client.get(url("vendor_new"))

    assert BACK not in text(other)
    assert other.context["form"]["name"].value() is None


def test_an_answer_of_nobody_is_not_put_into_a_form(cast: Cast) -> None:
    client = signed_in(cast.admin)
    forged = {"name": ["Forged"]}

    for value in ["nonsense", signing.dumps(forged), signing.dumps(forged, salt="typed:/t/acme/")]:
        client.cookies[typed.COOKIE] = value
        assert "Forged" not in text(client.get(NEW_SITE))


class Earlier(signing.TimestampSigner):
    """Signs as the product did a while ago."""

    def __init__(self, seconds: int) -> None:
        super().__init__(salt=f"typed:{NEW_SITE}")
        self.seconds = seconds

    def timestamp(self) -> str:
        return signing.b62_encode(int(time.time()) - self.seconds)


@pytest.mark.parametrize(("seconds", "there"), [(3_500, True), (3_700, False)])
def test_after_an_hour_it_is_gone(cast: Cast, seconds: int, there: bool) -> None:
    client = signed_in(cast.admin)
    client.cookies[typed.COOKIE] = Earlier(seconds).sign_object({"name": ["Plant Oslo"]})

    page = text(client.get(NEW_SITE))

    assert (BACK in page, "Plant Oslo" in page) == (there, there)


def test_a_new_token_comes_back_too(cast: Cast) -> None:
    client = signed_in(cast.admin)
    send(ended(client), url("token_new"), {"name": "MES line 4", "days": "30"})

    page = back_in(client, signed_in(cast.admin)).get(url("token_new"))

    form = page.context["form"]
    assert (form["name"].value(), form["days"].value()) == ("MES line 4", "30")


@pytest.mark.parametrize("holds", ["a button", "too much", "a file"])
def test_what_cannot_be_kept_is_not_promised(cast: Cast, holds: str) -> None:
    address, answers, page = {
        "a button": ("/t/acme/inbox/read/", {}, "/t/acme/inbox/"),
        "too much": (NEW_SITE, {"name": secrets.token_hex(5_000)}, NEW_SITE),
        "a file": (
            "/t/acme/import/",
            {"file": SimpleUploadedFile("a.csv", b"metric\n")},
            "/t/acme/import/",
        ),
    }[holds]
    client = Client()

    response = send(client, address, answers, page)

    assert response["Location"] == f"/accounts/login/?next={page}"
    assert typed.COOKIE not in response.cookies
    said = text(client.get(response["Location"]))
    assert "You are not signed in any more, so nothing was saved." in said
    assert KEPT not in said


def test_reading_without_a_session_says_nothing_of_it(cast: Cast) -> None:
    client = Client()

    response = client.get(NEW_SITE)

    assert "signed in any more" not in text(client.get(response["Location"]))
