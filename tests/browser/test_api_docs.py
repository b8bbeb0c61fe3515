"""The API's readable page: under the content policy, accessible, in every look."""

from __future__ import annotations

import pytest

from tests.browser.pages import LOOKS, Visitor, axe, shoot, sideways


@pytest.mark.parametrize(("width", "theme"), LOOKS)
def test_the_docs_are_read_in_every_look(visitor: Visitor, width: int, theme: str) -> None:
    page = visitor.open("/api/v1/docs/", width=width, theme=theme)

    shoot(page, f"api-docs-{width}-{theme}")
    assert page.get_by_role("heading", name="Send measurements").is_visible()
    assert sideways(page) == []
    assert axe(page) == []


def test_the_docs_are_read_without_script(visitor: Visitor) -> None:
    page = visitor.open("/api/v1/docs/", script=False)

    assert page.get_by_text("all_or_nothing").first.is_visible()
