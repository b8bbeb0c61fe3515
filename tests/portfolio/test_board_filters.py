"""Which of three pilots the board shows, and in which order."""

from __future__ import annotations

from typing import Any

import pytest

from tests.conftest import Cast
from tests.portfolio.test_board import open_board, plant, rows


@pytest.fixture(scope="module")
def three_pilots(shared: Cast, django_db_blocker: Any) -> None:
    with django_db_blocker.unblock(), plant(shared) as acme:
        acme.whole("Begun", week=2)
        acme.whole("Running", week=9, locked=True)
        acme.pilot("No lead", week=5, sponsor=shared.coo)


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("", ["No lead", "Running", "Begun"]),
        ("?state=attention", ["No lead"]),
        ("?state=production", ["Running"]),
        ("?state=mine", ["Begun", "Running"]),
        ("?q=run", ["Running"]),
        ("?q=lyon+kestrel+begun", ["Begun"]),
        ("?q=RUNNING+on+time", ["Running"]),
        ("?sort=name", ["Begun", "No lead", "Running"]),
        ("?sort=week", ["Running", "No lead", "Begun"]),
        ("?site=plant-lyon&q=begun", ["Begun"]),
        ("?site=elsewhere", []),
        ("?state=nonsense&sort=nonsense", ["No lead", "Running", "Begun"]),
        ("?q=%00running", ["Running"]),
    ],
)
def test_filters_words_site_and_order_choose_the_rows(
    three_pilots: None, cast: Cast, query: str, names: list[str]
) -> None:
    found = rows(open_board(cast.lead, query))

    assert sorted(found) == sorted(names)
    if "sort" in query or not query:
        assert found == names
