"""The last full week and the running one beside it, in every look of the pages that show them."""

from __future__ import annotations

from typing import cast

import pytest
from django.conf import settings

from common.tenancy.context import tenant
from tests.browser.pages import Visitor, axe, show, sideways
from tests.browser.test_first_pilot import found_company
from tests.conftest import Cast, signed_in
from tests.plant import Plant, monday

SLUG = "running"
PAGES = ["", "pilots/P-01/", "metrics/", "metrics/otif/"]
# Tables that become cards on a phone, where nothing is left to be scrolled to.
CUT_OFF = """
() => innerWidth > 620 ? [] : [...document.querySelectorAll(".scroll:has(> .cards-sm)")]
    .filter(region => region.scrollWidth > region.clientWidth)
    .map(region => region.getAttribute("aria-label"))
"""


@pytest.fixture(scope="module")
def session(committed: None) -> dict[str, str]:
    """Fill a company with a pilot whose metric has full weeks and a running one."""
    company = found_company(SLUG)
    with tenant(company.id):
        plant = Plant(cast(Cast, company))
        metric = plant.metric("On-time delivery of lines", code="otif")
        pilot = plant.pilot("Late-delivery early warning", lead=company.lead)
        plant.aim(pilot, metric, agreed=False)
        plant.send(metric)
        running = {"event_at": monday().isoformat(), "numerator": 3, "denominator": 100}
        plant.deliver([running | {"metric": "otif", "source": "erp", "external_id": "running"}])
    name = settings.SESSION_COOKIE_NAME
    return {name: signed_in(company.lead).cookies[name].value}


@pytest.mark.parametrize("path", PAGES)
@pytest.mark.parametrize("width", [1440, 390])
def test_a_running_week_fits_beside_the_last_full_one(
    visitor: Visitor, session: dict[str, str], width: int, path: str
) -> None:
    page = visitor.open(f"/t/{SLUG}/{path}", cookies=session, width=width)

    assert "his week so far 3.0" in page.locator("main").inner_text()
    for theme in ("light", "dark"):
        show(page, width, theme)
        assert axe(page) == []
    assert sideways(page) == []
    assert page.evaluate(CUT_OFF) == []
