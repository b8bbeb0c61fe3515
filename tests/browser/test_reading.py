"""What a reader does on the board, a pilot's page and a metric's history, in a real browser."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import Page, expect

from tests.browser.demo import cookies
from tests.browser.pages import Visitor, axe, sideways

BOARD = "/t/fictional-coatings/"
METRIC = f"{BOARD}metrics/scms_on_time_lines/"
PAGES = {
    "board": BOARD,
    "pilot": f"{BOARD}pilots/P-01/",
    "pilot-gaps": f"{BOARD}pilots/P-05/",
    "metrics": f"{BOARD}metrics/",
    "metric": METRIC,
}
Opener = Callable[..., Page]


pytestmark = pytest.mark.usefixtures("replay")


@pytest.fixture
def enter(visitor: Visitor) -> Opener:
    """Return a function that opens a path as a persona of the demo."""

    def opened(path: str, who: str = "coo", **options: object) -> Page:
        session = cookies(f"{who}@fictional-coatings.example")
        return visitor.open(path, cookies=session, **options)  # type: ignore[arg-type]

    return opened


@pytest.mark.parametrize("name", PAGES)
def test_a_page_holds_up_on_a_tablet(enter: Opener, name: str) -> None:
    page = enter(PAGES[name], width=834)

    assert axe(page) == []
    assert sideways(page) == []


def test_an_opened_week_is_accessible(enter: Opener) -> None:
    week = datetime.now(UTC).date()
    week -= timedelta(days=week.weekday(), weeks=1)

    page = enter(f"{METRIC}?week={week.isoformat()}", width=390)

    assert axe(page) == []
    assert sideways(page) == []


@pytest.mark.parametrize("script", [True, False])
def test_a_filter_shows_its_pilots_with_and_without_script(enter: Opener, script: bool) -> None:
    page = enter(BOARD, who="logistics-lead", script=script)

    page.get_by_role("link", name="My pilots").click()

    expect(page.locator("table.pf tbody th")).to_have_count(1)
    expect(page).to_have_url(f"{page.url.split('?')[0]}?state=mine")
    expect(page.get_by_role("link", name="My pilots")).to_have_attribute("aria-current", "true")


def test_focus_stays_on_the_filter_after_the_list_was_replaced(enter: Opener) -> None:
    page = enter(BOARD)
    link = page.get_by_role("link", name="Needs attention")

    link.focus()
    page.keyboard.press("Enter")

    page.wait_for_url("**?state=attention")
    expect(page.locator("#state-attention")).to_be_focused()


def test_going_back_brings_the_whole_board(enter: Opener) -> None:
    page = enter(BOARD)

    page.locator("#state-production").click()
    page.wait_for_url("**?state=production")
    page.go_back()

    expect(page.locator("table.pf tbody th")).to_have_count(10)
    expect(page.locator("header.bar")).to_be_visible()


@pytest.mark.parametrize("script", [True, False])
def test_a_week_opens_to_its_measurements(enter: Opener, script: bool) -> None:
    page = enter(METRIC, script=script)

    page.locator("[id^=week-2]").first.click()

    expect(page.locator("#opened-week table tbody tr")).to_have_count(1)
    assert "?week=" in page.url


def test_the_weeks_of_a_chart_open_as_a_table(enter: Opener) -> None:
    page = enter(PAGES["pilot-gaps"], script=False)

    page.locator("summary", has_text="as a table").first.click()

    expect(page.locator("details.more table").first).to_be_visible()
    assert page.locator("details.more td", has_text="no data").count() >= 2


def test_every_chart_says_that_no_pilot_took_place(enter: Opener) -> None:
    page = enter(PAGES["pilot"])

    figures = page.locator("figure").all()
    assert figures
    for figure in figures:
        assert "no AI pilot took place" in figure.inner_text()
