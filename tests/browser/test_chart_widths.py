"""The weekly chart shows what counts at once, on every screen: newest week, start and target."""

from __future__ import annotations

from typing import Any, cast

import pytest
from django.conf import settings

from common.tenancy.context import tenant
from tests.browser.pages import Visitor, axe, shoot, sideways
from tests.browser.test_first_pilot import found_company
from tests.conftest import Cast, signed_in
from tests.plant import Plant

SLUG = "widths"
# Of the one chart that is seen: the boxes of what has to be in sight, of what they may not leave
# (window, card and every box that cuts or scrolls), and the size of its words on the screen.
SEEN = """() => {
  const [chart, ...more] = [...document.querySelectorAll("svg.xmr")].filter(one => one.checkVisibility());
  const box = one => {
    const {left, right, top, bottom} = one.getBoundingClientRect();
    return {left, right, top, bottom};
  };
  const around = [chart];
  for (let one = chart.parentElement; one; one = one.parentElement)
    if (one.matches(".card") || getComputedStyle(one).overflowX !== "visible") around.push(one);
  return {
    charts: 1 + more.length,
    points: [...chart.querySelectorAll(".pt")].map(box),
    words: [...chart.querySelectorAll("text")].map(one => [one.getAttribute("class"), box(one)]),
    start: [...chart.querySelectorAll(".golive")].map(box),
    around: [...around.map(box), {left: 0, right: innerWidth, top: -1e6, bottom: 1e6}],
    sizes: [...chart.querySelectorAll("text")].map(
      one => parseFloat(getComputedStyle(one).fontSize) * chart.getScreenCTM().a),
  };
}"""


@pytest.fixture(scope="module")
def session(committed: None) -> dict[str, str]:
    """Fill a company with a pilot past week 12, whose one metric has 40 weeks and a target."""
    company = found_company(SLUG)
    with tenant(company.id):
        plant = Plant(cast(Cast, company))
        metric = plant.metric("On-time delivery of lines", code="otif")
        pilot = plant.pilot("Late-delivery early warning", week=14, lead=company.lead)
        plant.aim(pilot, metric, agreed=False)
        plant.send(metric, weeks=40)
    name = settings.SESSION_COOKIE_NAME
    return {name: signed_in(company.lead).cookies[name].value}


def lost(inner: dict[str, float], seen: dict[str, Any]) -> bool:
    """Say whether a box lies partly outside one of those around it."""
    return any(
        inner["left"] < box["left"] - 0.5
        or inner["right"] > box["right"] + 0.5
        or inner["top"] < box["top"] - 0.5
        or inner["bottom"] > box["bottom"] + 0.5
        for box in seen["around"]
    )


@pytest.mark.parametrize("path", ["pilots/P-01/", "metrics/otif/"])
def test_newest_week_start_and_target_are_in_sight_without_scrolling(
    visitor: Visitor, session: dict[str, str], path: str
) -> None:
    looks = [(width, "light") for width in (390, 834, 1024, 1200, 1440)]

    for page, width, _ in visitor.looks(f"/t/{SLUG}/{path}", looks, cookies=session):
        shoot(page, f"chart-{path.split('/')[0]}-{width}")
        seen = page.evaluate(SEEN)
        assert seen["charts"] == 1
        assert [one for one in seen["points"] if lost(one, seen)] == []
        assert [cls for cls, box in seen["words"] if lost(box, seen)] == []
        if path.startswith("pilots"):
            assert "tgt" in [cls for cls, _ in seen["words"]]
            assert [lost(one, seen) for one in seen["start"]] == [False]
        assert len(seen["points"]) > 12
        assert min(seen["sizes"]) > 11.5
        assert sideways(page) + axe(page) == []


def test_on_paper_one_chart_stands_whole(visitor: Visitor, session: dict[str, str]) -> None:
    page = visitor.open(f"/t/{SLUG}/pilots/P-01/", cookies=session)

    page.emulate_media(media="print")

    for width in (650, 1030):
        page.set_viewport_size({"width": width, "height": 900})
        seen = page.evaluate(SEEN)
        assert seen["charts"] == 1
        assert [cls for cls, box in seen["words"] if lost(box, seen)] == []
