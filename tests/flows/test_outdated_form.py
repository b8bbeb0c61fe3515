"""A form whose token is outdated, as after a sign-in in another tab, loses nothing that was typed."""

from __future__ import annotations

import re
from html import unescape
from typing import Any

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from common.tenancy.context import tenant
from portfolio.models import Site
from tenants.models import Membership, User
from tests.conftest import Cast, signed_in
from tests.portfolio.test_editing_pages import SITE, initial, text

NEW_SITE = "/t/acme/settings/sites/new/"
OURS = "http://testserver"
TYPED = {"name": 'Plant "Lyön" <b>', "holidays": "2026-12-25\n2026-12-26"}


def strict(member: Membership) -> Client:
    """Return a signed-in browser that asks for the token, as a real server does."""
    client = Client(enforce_csrf_checks=True)
    backend = settings.AUTHENTICATION_BACKENDS[0]
    client.force_login(User.objects.get(pk=member.user_id), backend=backend)
    return client


def answered(cast: Cast) -> dict[str, Any]:
    """Return what the page of a new site sends, filled in, with an outdated token."""
    form = initial(signed_in(cast.admin), NEW_SITE)
    return form | SITE | TYPED | {"csrfmiddlewaretoken": "a" * 64}


def send(client: Client, answers: dict[str, Any], **headers: str) -> Any:
    return client.post(NEW_SITE, answers, headers=headers)


def repeated(page: str) -> dict[str, list[str]]:
    """Return what the page would send again."""
    found: dict[str, list[str]] = {}
    for name, value in re.findall(r'<input type="hidden" name="([^"]*)" value="([^"]*)">', page):
        found.setdefault(name, []).append(unescape(value))
    return found


@pytest.mark.parametrize("header", [{"Origin": OURS}, {"Referer": f"{OURS}{NEW_SITE}"}])
def test_what_was_typed_is_sent_again_with_a_fresh_token(
    cast: Cast, header: dict[str, str]
) -> None:
    client = strict(cast.admin)

    refused = send(client, answered(cast), **header)
    again = repeated(refused.content.decode())
    saved = client.post(NEW_SITE, again, headers={"Origin": OURS})

    assert refused.status_code == 403
    assert "nothing of what you typed is lost" in text(refused)
    assert "You are signed in as admin@plant.example" in text(refused)
    assert again["csrfmiddlewaretoken"] != ["a" * 64]
    assert saved.status_code == 302
    with tenant(cast.acme):
        site = Site.objects.get()
        assert (site.name, len(site.holidays)) == (TYPED["name"], 2)


@pytest.mark.parametrize(
    "header",
    [
        {"Origin": "https://elsewhere.example"},
        {"Origin": "null", "Referer": f"{OURS}{NEW_SITE}"},
        {"Origin": "http://testserver.elsewhere.example"},
        {"Origin": "https://testserver"},
        {"Referer": "https://elsewhere.example/http://testserver/"},
        {},
    ],
)
def test_a_form_of_another_site_is_refused_plainly(cast: Cast, header: dict[str, str]) -> None:
    refused = send(strict(cast.admin), answered(cast), **header)

    assert refused.status_code == 403
    assert repeated(refused.content.decode()) == {}
    assert "Plant" not in refused.content.decode()


@pytest.mark.parametrize("holds", ["a password", "a token", "a file", "nobody"])
def test_a_secret_a_file_and_who_is_not_signed_in_get_nothing_repeated(
    cast: Cast, holds: str
) -> None:
    client = Client(enforce_csrf_checks=True) if holds == "nobody" else strict(cast.admin)
    more: dict[str, Any] = {
        "a password": {"oldPassword1": "correct horse"},
        "a token": {"api_token": "w12_secret"},
        "a file": {"file": SimpleUploadedFile("a.csv", b"metric\n")},
        "nobody": {},
    }[holds]

    address = "/accounts/password/change/" if holds == "a password" else NEW_SITE
    refused = client.post(address, answered(cast) | more, headers={"Origin": OURS})

    page = refused.content.decode()
    assert refused.status_code in {302, 403}
    assert repeated(page) == {}
    assert "correct horse" not in page
    assert "w12_secret" not in page
