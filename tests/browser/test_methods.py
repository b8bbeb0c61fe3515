"""The page on how a verdict is made, and the weekly watch, in every look and without script."""

from __future__ import annotations

from typing import Any, cast

import pytest
from django.conf import settings

from common.tenancy.context import tenant
from tests.browser.pages import Visitor
from tests.browser.test_first_pilot import found_company
from tests.browser.test_pages import LOOKS
from tests.conftest import Cast, signed_in
from tests.plant import Plant
from tests.portfolio.test_watch import correct

SLUG = "methods"


@pytest.fixture(scope="module")
def session(committed: None) -> dict[str, str]:
    """Fill a company with a pilot whose newest whole week is unusual; return its sponsor's cookie."""
    company = found_company(SLUG)
    with tenant(company.id):
        plant = Plant(cast(Cast, company))
        pilot = plant.whole(week=11, weeks=104, locked=True)
        correct(plant, pilot, 99)
    name = settings.SESSION_COOKIE_NAME
    return {name: signed_in(cast(Any, company).sponsor).cookies[name].value}


@pytest.mark.parametrize(
    ("name", "path"), [("methods", "methods/"), ("watch-board", ""), ("watch", "pilots/P-01/")]
)
def test_the_page_and_the_watch_are_accessible_and_fit(
    visitor: Visitor, session: dict[str, str], name: str, path: str
) -> None:
    assert visitor.faults(f"/t/{SLUG}/{path}", name=name, cookies=session, looks=LOOKS) == []


def test_without_script_the_board_leads_to_the_page(
    visitor: Visitor, session: dict[str, str]
) -> None:
    page = visitor.open(f"/t/{SLUG}/", cookies=session, script=False)
    assert page.locator("table .chip.watch").inner_text() == "Better than usual"

    page.get_by_role("link", name="How a verdict is made").click()

    page.wait_for_url(f"**/t/{SLUG}/methods/")
    assert page.get_by_role("heading", name="Known limits").is_visible()
