"""The API's readable page: under the content policy, accessible, in every look."""

from __future__ import annotations

import pytest

from tests.browser.pages import Visitor, axe, shoot, show, sideways


# On so long a page axe takes long: each width and each theme, not each pair.
@pytest.mark.parametrize(("width", "theme"), [(390, "dark"), (834, "light"), (1440, "dark")])
def test_the_docs_are_accessible_and_read_in_every_look(
    visitor: Visitor, width: int, theme: str
) -> None:
    page = visitor.open("/api/v1/docs/", width=width, theme=theme)

    assert axe(page) == []
    for each in ("light", "dark"):
        show(page, width, each)
        shoot(page, f"api-docs-{width}-{each}")
        assert page.get_by_role("heading", name="Send measurements").is_visible()
        assert sideways(page) == []


def test_the_docs_are_read_without_script(visitor: Visitor) -> None:
    page = visitor.open("/api/v1/docs/", script=False)

    assert page.get_by_text("all_or_nothing").first.is_visible()
