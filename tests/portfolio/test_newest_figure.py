"""The last week that is over is a metric's figure on every page; the running one stands beside it."""

from __future__ import annotations

import re
from typing import Any

import pytest

from common import formats
from common.tenancy.context import tenant
from metrics.models import Metric
from portfolio.models import Pilot
from tests.conftest import Cast, signed_in
from tests.plant import Plant, monday, today
from tests.portfolio.test_board import plant, text

PAGES = ["", "pilots/P-01/", "metrics/", "metrics/otif/"]
SO_FAR = "this week so far 3.0 %, not over"


def running(acme: Plant, metric: Metric, *, numerator: int = 3) -> None:
    """Send a first item of the week that is not over, of 100."""
    acme.deliver(
        [
            {
                "metric": metric.code,
                "event_at": monday().isoformat(),
                "source": "erp",
                "external_id": "running",
                "numerator": numerator,
                "denominator": 100,
            }
        ]
    )


def measured(acme: Plant, *, week: int = 5) -> tuple[Pilot, Metric]:
    """Add a pilot with a metric that has a target and no figures yet."""
    pilot = acme.pilot(week=week, lead=acme.cast.lead, sponsor=acme.cast.sponsor)
    metric = acme.metric("On-time lines", code="otif")
    acme.aim(pilot, metric)
    return pilot, metric


def labels(response: Any) -> list[str]:
    """Return what the charts of a page say to people who cannot see them."""
    found = re.findall(r'<svg[^>]+aria-label="([^"]*)"', response.content.decode())
    return [" ".join(label.split()) for label in found]


@pytest.mark.parametrize("page", PAGES)
def test_the_last_week_that_is_over_is_the_figure_and_the_running_one_stands_beside_it(
    cast: Cast, page: str
) -> None:
    with plant(cast) as acme:
        _, metric = measured(acme)
        acme.send(metric)
        running(acme, metric)

    answer = signed_in(cast.coo).get(f"/t/acme/{page}")

    figure = rf"86\.0 % .{{0,9}}week from {formats.day(monday(1), today=today())}(?!, not over)"
    assert re.search(figure, text(answer))
    assert SO_FAR in text(answer).lower()
    assert any(re.search(rf": 86\.0 % .*; {SO_FAR}", label) for label in labels(answer))
    assert 'class="pt pt-out"' in answer.content.decode()


@pytest.mark.parametrize("page", PAGES)
def test_a_week_that_is_over_stands_alone(cast: Cast, page: str) -> None:
    with plant(cast) as acme:
        _, metric = measured(acme)
        acme.send(metric)

    answer = text(signed_in(cast.coo).get(f"/t/acme/{page}"))

    assert f"week from {formats.day(monday(1), today=today())}" in answer
    assert "so far" not in answer


@pytest.mark.parametrize("page", PAGES)
def test_while_no_week_is_over_the_running_one_is_the_figure_and_says_so(
    cast: Cast, page: str
) -> None:
    with plant(cast) as acme:
        _, metric = measured(acme)
        running(acme, metric)

    answer = text(signed_in(cast.coo).get(f"/t/acme/{page}"))

    assert "3.0 %" in answer
    assert f"week from {formats.day(monday(), today=today())}, not over" in answer
    assert "so far" not in answer


def test_the_running_week_is_no_part_of_what_was_usual_before_the_start(cast: Cast) -> None:
    def usual() -> list[str]:
        words = re.findall(r"[\d.]+ to [\d.]+ %", text(browser.get("/t/acme/pilots/P-01/")))
        board = browser.get("/t/acme/").content.decode()
        return [*words, *re.findall(r'<rect class="band"[^>]+ (y="[^"]+")', board)]

    browser = signed_in(cast.coo)
    with plant(cast) as acme:
        _, metric = measured(acme, week=0)
        acme.send(metric, weeks=8)
    before = usual()
    with tenant(cast.acme):
        running(acme, metric, numerator=85)

    assert len(before) == 3
    assert usual() == before


def test_a_silent_week_leaves_the_last_one_with_a_figure(cast: Cast) -> None:
    with plant(cast) as acme:
        _, metric = measured(acme)
        acme.send(metric, until=3)
        running(acme, metric)

    answer = text(signed_in(cast.coo).get("/t/acme/"))

    assert f"week from {formats.day(monday(3), today=today())}" in answer
    assert SO_FAR in answer


@pytest.mark.parametrize("page", ["", "pilots/P-01/", "brief/"])
def test_a_figure_that_misses_its_target_is_not_rounded_up_to_it(cast: Cast, page: str) -> None:
    with plant(cast) as acme:
        _, metric = measured(acme)  # at least 94 %
        acme.deliver(
            {
                "metric": metric.code,
                "event_at": monday(ago).isoformat(),
                "source": "erp",
                "external_id": f"{ago}",
                "numerator": 93_960,
                "denominator": 100_000,
            }
            for ago in range(1, 5)
        )

    shown = text(signed_in(cast.lead).get(f"/t/acme/{page}"))

    assert "93.96 %" in shown
    assert "94.0 %" in shown  # the target, which it misses
