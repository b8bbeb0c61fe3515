"""The page that says how a verdict is made: it stands, is linked, and quotes the measured figures."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.conftest import Cast, signed_in
from tests.portfolio.test_board import plant, text

ENGINE = Path(__file__).parents[2] / "docs/methods/engine.md"


def test_board_and_pilot_link_the_page(cast: Cast) -> None:
    with plant(cast) as acme:
        acme.whole(week=5, locked=True)
    browser = signed_in(cast.coo)

    for address in ("/t/acme/", "/t/acme/pilots/P-01/"):
        assert 'href="/t/acme/methods/"' in browser.get(address).content.decode(), address
    assert "How a verdict is made" in text(browser.get("/t/acme/methods/"))


def cells(row: str) -> list[str]:
    """Return the cells of a row of the measured table, by how it begins."""
    line = next(one for one in ENGINE.read_text().splitlines() if one.startswith(f"| {row}"))
    return [cell.strip() for cell in line.strip("|").split("|")]


def test_the_page_quotes_what_was_measured(cast: Cast) -> None:
    words = text(signed_in(cast.coo).get("/t/acme/methods/"))

    _, independent, *_, counts, late, freak = cells("B, 104 weeks")
    _, _, ten, twenty, _ = independent.split("/")
    assert f"20 % is found in {twenty} of 100 pilots, one of 10 % in {ten}." in words
    found = sorted(int(one.split("/")[-1]) for one in (counts, late))
    assert f"40 % is found in {found[0]} to {found[1]} of 100" in words
    guarded, unguarded = (round(float(one)) for one in re.findall(r"[\d.]+", freak))
    assert f"makes {unguarded} false verdicts of 100, with it {guarded}." in words


@pytest.mark.parametrize(
    ("measured", "quoted"),
    [
        ("about 8 to 11 % false", "the baseline is short: 8 to 11;"),
        ("7 % at 104 weeks, 12 % at 66", "7 with 104 weeks, 12 with 66;"),
        ("doubles after go-live: 8 % at 104 weeks", "after go-live: 8 with 104 weeks;"),
        ("season of 30 % gives 28 to 32 % false", "28 to 32 for a season of 30 %"),
    ],
)
def test_the_page_says_the_known_limits(cast: Cast, measured: str, quoted: str) -> None:
    assert measured in ENGINE.read_text()
    assert quoted in text(signed_in(cast.coo).get("/t/acme/methods/"))
