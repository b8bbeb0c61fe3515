"""Who waits for whom: edits hold a row against other edits, not against those who refer to it."""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import date
from typing import Any

import psycopg
import pytest
from django.db import OperationalError, connection, models

from common.tenancy.context import tenant
from common.writing import lock
from metrics.actions import baselines, coverage, definitions, targets
from metrics.models import Baseline, Metric, PilotMetric, Source
from portfolio.actions import add_pilot, change_site
from portfolio.models import Pilot, Site
from tenants.models import Membership
from tenants.queries import System
from tests import fuzz
from tests.conftest import NOW
from tests.live import Live

pytestmark = pytest.mark.slow
BY = System("test")


@pytest.fixture(scope="module")
def live(django_db_setup: None, django_db_blocker: Any) -> Iterator[Live]:
    with fuzz.running(django_db_blocker) as found:
        yield found


@contextmanager
def impatient(live: Live) -> Iterator[None]:
    """Open the tenant; a lock that is not free at once fails the test, and nothing is kept."""
    with tenant(live.tenant_id):
        connection.cursor().execute("SET LOCAL lock_timeout = '200ms'")
        yield
        connection.set_rollback(True)


@contextmanager
def elsewhere(live: Live, statement: str) -> Iterator[psycopg.Connection[Any]]:
    """Run a statement in another connection of the product, in a transaction left open."""
    found = {k: v for k, v in connection.get_connection_params().items() if k != "context"}
    del found["cursor_factory"]
    with psycopg.connect(**found) as other:
        other.execute("SELECT set_config('app.tenant_id', %s, true)", [str(live.tenant_id)])
        other.execute(statement)
        yield other
        other.rollback()


REFERRED = "SELECT 1 FROM metrics_metric FOR KEY SHARE"  # as every sync does until it commits


def reword(metric: Metric, **changes: Any) -> Metric:
    fields = ("name", "kind", "unit", "direction", "exposure", "decimals", "site")
    values = {name: getattr(metric, name) for name in fields} | changes
    return definitions.change_metric(metric=metric, version=metric.version, by=BY, **values)


def test_edits_of_a_metric_do_not_wait_for_a_sync_under_way(live: Live) -> None:
    with elsewhere(live, REFERRED), impatient(live):
        metric = reword(Metric.objects.get(), name="Lead time of orders")
        row = targets.add_target(pilot=Pilot.objects.get(), metric=metric, role="guard", by=BY)
        targets.retire_target(row=row, by=BY, now=NOW)
        definitions.archive_metric(metric=metric, by=BY, now=NOW)

        assert Metric.objects.get().archived_at == NOW


def test_what_a_metric_means_waits_for_a_sync_under_way(live: Live) -> None:
    with elsewhere(live, REFERRED), pytest.raises(OperationalError), impatient(live):
        reword(Metric.objects.get(), unit="hours")


def withdraw() -> None:
    coverage.withdraw_span(
        source=Source.objects.get(),
        metric_code=Metric.objects.get().code,
        from_date=date(2026, 3, 2),
        through_date=date(2026, 3, 3),
        actor="system:test",
        now=NOW,
    )


def test_two_withdrawals_of_a_source_take_turns(live: Live) -> None:
    first = "SELECT 1 FROM metrics_source FOR NO KEY UPDATE"
    with elsewhere(live, first), pytest.raises(OperationalError), impatient(live):
        withdraw()


def test_a_withdrawal_does_not_wait_for_a_sync_under_way(live: Live) -> None:
    with elsewhere(live, "SELECT 1 FROM metrics_source FOR KEY SHARE"), impatient(live):
        withdraw()


def test_a_site_may_be_chosen_while_others_refer_to_it(live: Live) -> None:
    with elsewhere(live, "SELECT 1 FROM portfolio_site FOR KEY SHARE"), impatient(live):
        site = Site.objects.get()
        pilot = add_pilot(name="Two", site=site, start_date=NOW.date(), by=BY, now=NOW)

        assert pilot.site_id == site.pk


def test_a_baseline_is_locked_after_an_edit_of_its_pilot_under_way(live: Live) -> None:
    edited = "SELECT 1 FROM portfolio_pilot FOR NO KEY UPDATE"
    with pytest.raises(OperationalError), impatient(live):
        row = PilotMetric.objects.create(
            pilot=Pilot.objects.get(), metric=Metric.objects.get(), role="primary", slot=1
        )
        draft = Baseline.objects.create(target_row=row, number=1, matters=1)
        member = Membership.objects.all()[0]

        with elsewhere(live, edited):
            baselines.lock_baseline(baseline=draft, version=1, by=member, now=NOW)


WAITS = "SELECT 1 FROM pg_locks WHERE NOT granted AND pg_backend_pid() = ANY(pg_blocking_pids(pid))"


def take_site(other: psycopg.Connection[Any]) -> None:
    """Take the site once somebody waits for what the other connection holds, then let go of all."""
    until = time.monotonic() + 10
    try:
        while other.execute(WAITS).fetchone() is None:
            assert time.monotonic() < until, "nobody waits"
            time.sleep(0.01)
        other.execute("SELECT 1 FROM portfolio_site FOR NO KEY UPDATE NOWAIT")
    finally:
        other.rollback()


def test_who_holds_a_pilot_gets_its_site_while_another_zone_of_the_site_waits(live: Live) -> None:
    restored = "SELECT 1 FROM portfolio_pilot FOR NO KEY UPDATE"
    with elsewhere(live, restored) as other, ThreadPoolExecutor(1) as pool, impatient(live):
        connection.cursor().execute("SET LOCAL lock_timeout = '20s'")
        Metric.objects.update(site=None)
        site = Site.objects.get()
        values = {name: getattr(site, name) for name in ("name", "working_days", "holidays")}
        taking = pool.submit(take_site, other)

        moved = change_site(site=site, version=site.version, zone="Asia/Tokyo", by=BY, **values)

        taking.result()
        assert moved.zone == "Asia/Tokyo"


@pytest.mark.parametrize("model", [Metric, Site, Pilot])
def test_a_row_under_an_edit_may_be_referred_to_and_not_edited(
    live: Live, model: type[models.Model]
) -> None:
    table = model._meta.db_table
    with tenant(live.tenant_id):
        lock(model.objects.get())  # type: ignore[attr-defined]  # each has the manager

        with elsewhere(live, f"SELECT 1 FROM {table} FOR KEY SHARE NOWAIT"):
            pass
        with pytest.raises(psycopg.errors.LockNotAvailable):
            with elsewhere(live, f"SELECT 1 FROM {table} FOR NO KEY UPDATE NOWAIT"):
                pass
