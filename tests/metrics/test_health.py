"""The page and the probes that say whether data arrives and is worked off."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from django.test import Client

from common.tenancy.context import tenant
from metrics.models import Mark, Metric
from metrics.queries import list_marked_tenants
from metrics.rules.health import State, judge_arrival, judge_process, judge_waiting
from tenants import actions as tenants
from tests.conftest import NOW, Cast, signed_in
from tests.portfolio.test_board import plant

SECOND = timedelta(seconds=1)


@pytest.mark.parametrize(
    ("seen_at", "state"),
    [
        (None, State.NEVER),
        (NOW - 60 * SECOND, State.FINE),
        (NOW - 61 * SECOND, State.SILENT),
    ],
)
def test_a_process_not_seen_for_a_minute_is_silent(seen_at: datetime | None, state: State) -> None:
    assert judge_process(seen_at, NOW) is state


@pytest.mark.parametrize(
    ("oldest_at", "state"),
    [
        (None, State.FINE),
        (NOW - 60 * SECOND, State.FINE),
        (NOW - 61 * SECOND, State.LATE),
    ],
)
def test_weeks_that_wait_over_a_minute_are_late(oldest_at: datetime | None, state: State) -> None:
    assert judge_waiting(oldest_at, NOW) is state


@pytest.mark.parametrize(
    ("last_at", "limit", "state"),
    [
        (None, None, State.NEVER),
        (NOW - 24 * 3600 * SECOND, timedelta(hours=24), State.FINE),
        (NOW - 24 * 3601 * SECOND, timedelta(hours=24), State.STOPPED),
        (NOW - 9999 * 3600 * SECOND, None, State.FINE),
    ],
)
def test_a_metric_has_stopped_arriving_past_its_sources_limit(
    last_at: datetime | None, limit: timedelta | None, state: State
) -> None:
    assert judge_arrival(last_at, limit, NOW) is state


def test_the_page_says_that_background_work_has_stopped(cast: Cast) -> None:
    page = signed_in(cast.reader).get("/t/acme/settings/health/").content.decode()

    assert "Background work has stopped or is late" in page
    assert "Never seen" in page


def test_the_page_says_that_all_is_well(cast: Cast) -> None:
    tenants.beat_heart(name="worker")
    tenants.beat_heart(name="sweep")
    with plant(cast) as acme:
        acme.send(acme.metric("On-time lines"))

    page = signed_in(cast.reader).get("/t/acme/settings/health/").content.decode()

    assert "Data arrives and is worked off." in page


def test_the_page_names_a_week_that_is_set_aside(cast: Cast) -> None:
    tenants.beat_heart(name="worker")
    tenants.beat_heart(name="sweep")
    with plant(cast) as acme:
        slow = acme.metric("On-time lines")
        acme.send(slow)
        for aside in (None, NOW + timedelta(days=9999)):
            Mark.objects.create(
                tenant_id=cast.acme, metric_id=slow.pk, week=date(2026, 3, 2), aside_until=aside
            )

    page = signed_in(cast.reader).get("/t/acme/settings/health/").content.decode()

    assert "1 week took too long to compute. Its figures are old." in page
    assert "Weeks set aside" in page
    assert "2 Mar" in page
    assert 'Weeks waiting to be computed</th><td data-l="State">' in page
    assert "none" in page.split("Weeks waiting to be computed")[1].split("</tr>")[0]


def test_a_week_set_aside_makes_no_alarm_before_its_time_is_over(cast: Cast) -> None:
    tenants.beat_heart(name="worker")
    beginning = datetime.now(UTC) - timedelta(days=1)
    with plant(cast) as acme:
        slow = acme.metric("On-time lines")
        week = {"metric_id": slow.pk, "week": date(2026, 3, 2), "made_at": beginning}
        Mark.objects.create(**week)
        Mark.objects.create(**week, aside_until=datetime.now(UTC) + timedelta(hours=1))

    ready = Client().get("/readyz").json()

    assert ready["status"] == "ok"
    assert list_marked_tenants() == []


def test_a_week_whose_time_aside_is_over_is_due_since_then(cast: Cast) -> None:
    tenants.beat_heart(name="worker")
    tenants.beat_heart(name="sweep")
    beginning = datetime.now(UTC) - timedelta(days=1)
    with plant(cast) as acme:
        slow = acme.metric("On-time lines")
        acme.send(slow)
        week = {"metric_id": slow.pk, "week": date(2026, 3, 2), "made_at": beginning}
        Mark.objects.create(**week)
        Mark.objects.create(**week, aside_until=datetime.now(UTC) - timedelta(seconds=5))

    ready = Client().get("/readyz").json()
    page = signed_in(cast.reader).get("/t/acme/settings/health/").content.decode()

    assert list_marked_tenants() == [cast.acme]
    assert ready["status"] == "ok"
    assert "Data arrives and is worked off." in page
    assert "2, oldest" in page


def test_the_page_of_a_company_without_metrics_does_not_say_that_data_arrives(cast: Cast) -> None:
    tenants.beat_heart(name="worker")
    tenants.beat_heart(name="sweep")

    page = signed_in(cast.reader).get("/t/acme/settings/health/").content.decode()

    assert "No metric is defined yet, so no data can arrive." in page
    assert "Data arrives" not in page


def test_the_page_counts_the_weeks_that_wait(cast: Cast) -> None:
    with tenant(cast.acme):
        metric = Metric.objects.create(
            code="m", name="M", kind="mean", unit="h", direction="up", zone="UTC"
        )
        Mark.objects.bulk_create(
            [Mark(tenant_id=cast.acme, metric_id=metric.id, week="2026-03-02") for _ in range(3)]
        )

    page = signed_in(cast.reader).get("/t/acme/settings/health/").content.decode()

    assert "3, oldest" in page
    assert "Nothing yet" in page


def test_the_product_is_ready_though_no_worker_was_seen(cast: Cast) -> None:
    response = Client().get("/readyz")

    assert response.status_code == 200
    assert response.json()["status"] == "degraded"
    assert response.json()["checks"]["worker"] == "silent"


def test_the_product_is_ready_in_full_with_a_worker_and_no_marks(cast: Cast) -> None:
    tenants.beat_heart(name="worker")

    assert Client().get("/readyz").json()["status"] == "ok"


def test_without_redis_the_probe_says_so_and_stays_ready(cast: Cast, settings: object) -> None:
    settings.REDIS_URL = "redis://127.0.0.1:1/0"  # type: ignore[attr-defined]  # nobody listens

    response = Client().get("/readyz")

    assert (response.status_code, response.json()["checks"]["redis"]) == (
        200,
        "not reachable",
    )


def test_alive_needs_nothing() -> None:
    assert Client().get("/healthz").content == b"ok\n"
