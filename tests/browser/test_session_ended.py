"""A form that was sent after the session had ended: what was typed comes back behind the sign-in."""

from __future__ import annotations

import re

import pytest
from django.conf import settings
from django.contrib.sessions.models import Session
from playwright.sync_api import expect

from tenants.models import User
from tests.browser.pages import Visitor, axe, shoot, sideways
from tests.browser.test_first_pilot import Company, found_company
from tests.conftest import signed_in

PASSWORD = "seven grey castings in the rain"  # of nobody real
SLUG = "ended"
NEW_SITE = f"/t/{SLUG}/settings/sites/new/"

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def company(committed: None) -> Company:
    found = found_company(SLUG)
    user = User.objects.get(pk=found.admin.user_id)
    user.set_password(PASSWORD)
    user.save()
    return found


@pytest.mark.parametrize("width", [1440, 390])
def test_what_was_typed_is_there_after_signing_in(
    visitor: Visitor, company: Company, width: int
) -> None:
    name = settings.SESSION_COOKIE_NAME
    key = signed_in(company.admin).cookies[name].value
    page = visitor.open(NEW_SITE, cookies={name: key}, width=width)
    page.get_by_label("Name").fill("Plant Lyon")
    page.get_by_label("Saturday").check()
    Session.objects.filter(session_key=key).delete()

    page.get_by_role("button", name="Add a site").click()

    expect(page.get_by_text("What you typed is kept")).to_be_visible()
    shoot(page, f"session-ended-{width}")
    assert axe(page) == []
    assert sideways(page) == []

    page.get_by_label("E-mail address").fill(User.objects.get(pk=company.admin.user_id).email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()

    expect(page.get_by_label("Name")).to_have_value("Plant Lyon")
    expect(page.get_by_label("Saturday")).to_be_checked()
    shoot(page, f"session-back-{width}")
    assert axe(page) == []
    assert sideways(page) == []


@pytest.mark.parametrize("width", [1440, 390])
def test_the_address_of_a_button_leads_back(visitor: Visitor, company: Company, width: int) -> None:
    name = settings.SESSION_COOKIE_NAME
    key = signed_in(company.admin).cookies[name].value
    visitor.expect("405")

    page = visitor.open(f"/t/{SLUG}/inbox/read/", cookies={name: key}, width=width)

    shoot(page, f"method-{width}")
    assert axe(page) == []
    assert sideways(page) == []
    page.get_by_role("link", name="Go back").click()
    expect(page).to_have_url(re.compile(f"/t/{SLUG}/inbox/$"))
