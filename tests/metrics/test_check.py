"""The check of what stands against what was received: every wrong figure is found and mended."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from django.db import connections

from common.tenancy.context import tenant
from metrics import wire
from metrics.actions import recompute, sync
from metrics.models import Coverage, Mark, Metric, Snapshot, Source, Summary
from metrics.tasks import check_tenant
from tenants.actions import create_tenant
from tests.conftest import NOW

WEEKS = [f"2026-03-{day:02}" for day in (2, 9, 16, 23, 30)]


@contextmanager
def as_the_recompute(database_name: str, tenant_id: int) -> Iterator[psycopg.Connection[Any]]:
    """What no process of the product may do: write snapshots by hand."""
    with psycopg.connect(os.environ["DATABASE_ADMIN_URL"], dbname=database_name) as admin:
        admin.execute("SET ROLE w12_recompute")
        admin.execute("SELECT set_config('app.tenant_id', %s, false)", [str(tenant_id)])
        yield admin


@contextmanager
def committed() -> Iterator[int]:
    """A tenant with five weeks of a mean and two of a rate without events, computed."""
    tenant_id = create_tenant(
        slug=f"check-{uuid4().hex[:8]}", name="Check", currency="EUR", zone="UTC"
    )
    with tenant(tenant_id):
        fill()
        recompute.recompute()
    yield tenant_id
    with tenant(tenant_id):
        recompute.recompute()  # leaves no marks to other tests
    connections["owner"].close()


@pytest.fixture(scope="module")
def mended(django_db_setup: None, django_db_blocker: Any) -> Iterator[int]:
    """The tenant of the tests that leave its figures as they found them."""
    with django_db_blocker.unblock(), committed() as tenant_id:
        yield tenant_id


@pytest.fixture
def kept(mended: int, django_db_blocker: Any) -> Iterator[int]:
    with django_db_blocker.unblock():
        yield mended


@pytest.fixture
def plant(django_db_setup: None, django_db_blocker: Any) -> Iterator[int]:
    """A tenant for one test that leaves wrong figures."""
    with django_db_blocker.unblock(), committed() as tenant_id:
        yield tenant_id


def fill() -> None:
    source = Source.objects.create(code="erp", name="ERP")
    common = {"unit": "h", "direction": "down", "zone": "Europe/Berlin"}
    Metric.objects.create(code="m", name="M", kind="mean", **common)
    rate = Metric.objects.create(code="r", name="R", kind="rate", exposure="week", **common)
    span = {"from_date": WEEKS[0], "through_date": WEEKS[1]}
    Coverage.objects.create(source=source, metric=rate, actor="system:test", **span)
    Mark.objects.create(metric_id=rate.pk, week=WEEKS[0])
    Mark.objects.create(metric_id=rate.pk, week=WEEKS[1])
    items = [
        {"metric": "m", "source": "erp", "external_id": f"{week}-{n}", "event_at": week, "value": n}
        for week in WEEKS
        for n in (0.1, 0.2, 0.7)
    ]
    sync.record_measurements(
        wire.decode_rows(enumerate(items), "keep_good"),
        actor="system:test",
        channel="api",
        now=NOW,
        default_zone="UTC",
    )


def stands() -> list[Any]:
    figures = [f.name for f in Snapshot._meta.fields if f.name not in {"pk", "computed_at"}]
    return [
        *Snapshot.objects.order_by("metric_id", "week").values_list(*figures),
        *Summary.objects.order_by("metric_id").values_list("metric_id", "weeks", "values"),
    ]


def check_for_a_day() -> list[int]:
    """Return how many weeks each of a day's checks marked."""
    return [
        recompute.mark_differing(now=NOW + turn * recompute.TURN) for turn in range(recompute.TURNS)
    ]


OF_M = "metric_id = (SELECT min(metric_id) FROM metrics_snapshot) AND week = '2026-03-16'"


@pytest.mark.slow
@pytest.mark.parametrize(
    "statement",
    [
        *[
            f"UPDATE metrics_snapshot SET {wrong} WHERE {OF_M}"
            for wrong in (
                "value = value + 0.001",
                "value = NULL",
                "numerator = 7",
                "denominator = 7",
                "n = 7",
                "low = 7",
                "p50 = 7",
                "p95 = NULL",
                "days_reported = 7",
                "digest = 7",
                "week = '2026-04-20'",
            )
        ],
        f"DELETE FROM metrics_snapshot WHERE {OF_M}",
        "UPDATE metrics_snapshot SET value = 1 WHERE n = 0 AND week = '2026-03-09'",
        "UPDATE metrics_summary SET values[2] = 7 WHERE cardinality(values) = 5",
    ],
)
def test_a_wrong_figure_is_found_within_a_day_and_mended(
    kept: int, database_name: str, statement: str
) -> None:
    with tenant(kept):
        right = stands()
    with as_the_recompute(database_name, kept) as hand:
        assert hand.execute(statement).rowcount == 1

    with tenant(kept):
        assert stands() != right
        found = check_for_a_day()
        recompute.recompute()

        assert sum(found) in {1, 2}
        assert stands() == right


@pytest.mark.slow
def test_one_check_looks_at_a_few_weeks_and_a_day_of_them_at_all(
    plant: int, database_name: str
) -> None:
    with as_the_recompute(database_name, plant) as hand:
        hand.execute("UPDATE metrics_snapshot SET value = value + 1")

    with tenant(plant):
        found = check_for_a_day()

    assert max(found) <= 2
    assert sum(found) == 7


def test_where_everything_is_right_a_day_of_checks_marks_nothing(kept: int) -> None:
    with tenant(kept):
        assert set(check_for_a_day()) == {0}


def test_a_week_that_is_due_already_is_not_marked_again(plant: int, database_name: str) -> None:
    with as_the_recompute(database_name, plant) as hand:
        hand.execute("UPDATE metrics_snapshot SET value = value + 1")
    with tenant(plant):
        marked = recompute.mark_everything()

        found = check_for_a_day()

        assert (sum(found), Mark.objects.count()) == (0, marked)


def test_the_periodic_check_is_this_one(plant: int, database_name: str) -> None:
    # Every metric has every turn's week wrong, whichever turn it is now.
    with as_the_recompute(database_name, plant) as hand:
        hand.execute(
            "INSERT INTO metrics_snapshot SELECT s.tenant_id, s.metric_id, s.week - 7 * g.back, s.n,"
            " s.numerator, s.denominator, s.value, s.low, s.high, s.p50, s.p95, s.days_reported,"
            " s.digest, s.computed_at"
            " FROM metrics_snapshot s, generate_series(5, 4 + %s) AS g(back)"
            " WHERE s.week = '2026-03-09'",
            [recompute.TURNS],
        )
        hand.execute(
            "UPDATE metrics_summary u SET snapshots = (SELECT count(*) FROM"
            " metrics_snapshot s WHERE s.metric_id = u.metric_id)"
        )

    with tenant(plant):
        check_tenant.run()

        assert Mark.objects.count() == 2
