"""Until when a metric is known, and what its pages say once that is too long ago."""

from __future__ import annotations

from datetime import timedelta

import pytest

from common import formats
from common.tenancy.context import tenant
from metrics.actions import definitions, recompute
from metrics.models import Metric
from tests.api import Api
from tests.conftest import Cast, signed_in
from tests.plant import Plant, today
from tests.portfolio.test_board import plant, text

YESTERDAY = timedelta(days=1)
ADDRESSES = {
    "board": "",
    "pilot": "pilots/P-01/",
    "metric": "metrics/stops/",
    "list": "metrics/",
    "health": "settings/health/",
}


def rate(acme: Plant, cast: Cast) -> Metric:
    """Define a rate from a source that may be silent for two days, and give it to a pilot."""
    definitions.add_source(
        name="ERP Süd", kind="erp", code="erp-sued", stale_after_hours=48, by=cast.admin
    )
    stops = definitions.add_metric(
        name="Stillstände",
        kind="rate",
        unit="per_week",
        direction="up",
        numerator="Stops",
        denominator="",
        exposure="week",
        code="stops",
        site=acme.site,
        by=cast.admin,
        now=acme.now,
    )
    acme.aim(acme.pilot(lead=cast.lead, sponsor=cast.sponsor), stops)
    return stops


def stop(acme: Plant, metric: Metric, *, days_ago: int) -> None:
    """Send one event of some days ago."""
    event_at = acme.now - timedelta(days=days_ago)
    acme.deliver(
        [
            {
                "metric": metric.code,
                "event_at": event_at.isoformat(),
                "source": "erp-sued",
                "external_id": f"{metric.code} {days_ago}",
                **({"value": 1} if metric.kind == "rate" else {"numerator": 1, "denominator": 1}),
            }
        ]
    )


def report(cast: Cast, *, through_days_ago: int) -> None:
    """Say by API that every stop of the last three weeks, up to a day, was sent."""
    span = {
        "metric": "stops",
        "from": str(today() - timedelta(days=21)),
        "through": str(today() - timedelta(days=through_days_ago)),
    }
    answer = Api(cast.api).post("feeds/erp-sued/reported/", span)
    assert answer.status_code == 200, answer.content


def pages(cast: Cast) -> dict[str, str]:
    browser = signed_in(cast.lead)
    return {name: text(browser.get(f"/t/acme/{path}")) for name, path in ADDRESSES.items()}


@pytest.mark.parametrize("with_events", [True, False])
def test_a_rate_whose_feed_reports_that_nothing_happened_is_not_silent(
    cast: Cast, with_events: bool
) -> None:
    with plant(cast) as acme:
        stops = rate(acme, cast)
        if with_events:
            stop(acme, stops, days_ago=12)
    before = pages(cast)

    report(cast, through_days_ago=1)
    with tenant(cast.acme):
        recompute.recompute()

    after = pages(cast)
    day = formats.day(today() - YESTERDAY)
    if with_events:
        assert "The newest figure of Stillstände from ERP Süd is of" in before["board"]
        assert "1 has stopped arriving" in before["list"]
        assert "Stopped arriving" in before["health"]
    else:
        assert "1 never arrived" in before["board"]
        assert "Nothing yet" in before["health"]
    assert "Metrics that stopped arriving 0 of 1 metric Every source is in time" in after["board"]
    assert "The newest figure of" not in after["board"] + after["pilot"]
    assert f"Newest figure {day} Source ERP Süd State in time" in after["metric"]
    assert f"{day} ERP Süd" in after["pilot"]
    assert "None has stopped arriving" in after["list"]
    assert "Arriving" in after["health"]
    assert "Stopped arriving" not in after["health"]


def test_a_rate_last_reported_too_long_ago_is_known_to_the_last_reported_day(cast: Cast) -> None:
    with plant(cast) as acme:
        stop(acme, rate(acme, cast), days_ago=12)
    report(cast, through_days_ago=5)
    with tenant(cast.acme):
        recompute.recompute()

    page = pages(cast)

    day = formats.day(today() - timedelta(days=5))
    said = f"The newest figure of Stillstände from ERP Süd is of {day}."
    assert said in page["board"]
    assert said in page["pilot"]
    assert f"The newest figure from ERP Süd is of {day}." in page["metric"]


def test_a_source_is_not_blamed_for_the_metrics_that_are_fresh(cast: Cast) -> None:
    with plant(cast) as acme:
        stop(acme, rate(acme, cast), days_ago=12)
        for name, days_ago in (("Fresh", 1), ("Old", 12)):
            metric = acme.metric(name, code=name.lower())
            stop(acme, metric, days_ago=days_ago)
            acme.aim(acme.pilot(name, lead=cast.lead, sponsor=cast.sponsor), metric)

    page = pages(cast)["board"]

    assert "The newest figures of Old, Stillstände from ERP Süd are of" in page
    assert "Late orders, Old show figures up to then." in page
    assert "Metrics that stopped arriving 2 of 3 metrics" in page
