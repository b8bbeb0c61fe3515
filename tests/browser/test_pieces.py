"""Every shared piece, in every look: accessible, inside the window, within the content policy."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.test import override_settings

from tests.browser.pages import Visitor

PAGES = ["pieces", "form", "lists", "sign-in"]


@pytest.fixture(autouse=True)
def gallery(site: str) -> Iterator[None]:
    """Serve the pages of tests/browser/gallery.py in place of the product's."""
    with override_settings(ROOT_URLCONF="tests.browser.gallery"):
        yield


@pytest.mark.parametrize("name", PAGES)
def test_pieces_are_accessible_and_fit_in_every_look(visitor: Visitor, name: str) -> None:
    assert visitor.faults(f"/{name}/", name=f"gallery-{name}") == []


def test_a_theme_of_the_person_wins_over_the_device(visitor: Visitor) -> None:
    page = visitor.open("/pieces/?theme=dark", theme="light")

    ground = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert ground == "rgb(14, 15, 17)"


def test_menus_open_without_script(visitor: Visitor) -> None:
    page = visitor.open("/pieces/", script=False)

    page.locator("summary.tenant").click()

    assert page.get_by_role("link", name="Borealis Pumps").is_visible()


def test_rows_and_search_are_reached_by_keys(visitor: Visitor) -> None:
    page = visitor.open("/pieces/")

    page.keyboard.press("j")
    page.keyboard.press("j")
    assert page.evaluate("document.activeElement.textContent") == "Pilot 2"
    page.keyboard.press("k")
    assert page.evaluate("document.activeElement.textContent") == "Pilot 1"
    page.keyboard.press("?")
    assert page.get_by_role("dialog", name="Keyboard").is_visible()
    page.keyboard.press("Escape")
    page.keyboard.press("/")
    page.keyboard.type("j")

    assert page.get_by_role("searchbox").input_value() == "j"


def test_single_keys_can_be_switched_off(visitor: Visitor) -> None:
    page = visitor.open("/pieces/?shortcuts=off")

    page.keyboard.press("?")

    assert not page.get_by_role("dialog", name="Keyboard").is_visible()


def test_a_refused_form_starts_at_its_errors(visitor: Visitor) -> None:
    page = visitor.open("/form/")

    assert "Nothing was saved" in page.evaluate("document.activeElement.textContent")
    described = page.get_by_role("textbox", name="Name").get_attribute("aria-describedby")
    assert described == "id_name_helptext id_name_error"


def test_an_answer_that_fails_says_so_and_keeps_what_was_typed(
    visitor: Visitor,
) -> None:
    visitor.expect("500")
    page = visitor.open("/form/")

    page.get_by_label("Try").fill("kept")
    page.get_by_role("button", name="Send").click()

    page.get_by_text("The server could not answer").wait_for()
    assert page.get_by_label("Try").input_value() == "kept"


def test_an_answer_can_bring_a_toast(visitor: Visitor) -> None:
    page = visitor.open("/form/")

    page.get_by_role("button", name="Save").click()

    page.locator("#toasts").get_by_text("Saved").wait_for()
