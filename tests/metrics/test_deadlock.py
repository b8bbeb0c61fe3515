"""A sync and somebody else wait for each other: the database ends the sync, which tries again."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import psycopg
import pytest
from django.db import connection
from django.test import Client

from audit.models import AuditEvent
from common.tenancy.context import tenant
from metrics.models import Mark, Measurement, Metric
from tests.flows.test_locks import live
from tests.live import Live

__all__ = ["live"]  # the fixture: a committed tenant, for connections that commit

pytestmark = pytest.mark.slow
CODES = ["first", "second", "third"]  # a sync locks them in the order of their ids
HOLD = "SELECT 1 FROM metrics_metric WHERE tenant_id = {} AND code = '{}' FOR UPDATE"
DEADLOCKS = "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()"


@pytest.fixture
def metrics(live: Live) -> None:
    with tenant(live.tenant_id):
        for code in CODES:
            Metric.objects.get_or_create(
                code=code,
                defaults={
                    "name": code,
                    "kind": "mean",
                    "unit": "days",
                    "direction": "down",
                    "zone": "Europe/Berlin",
                },
            )


@contextmanager
def administrator() -> Iterator[psycopg.Connection[Any]]:
    """Give a connection that never looks for deadlocks: whoever closes the circle finds it."""
    name = connection.settings_dict["NAME"]
    with psycopg.connect(os.environ["DATABASE_ADMIN_URL"], dbname=name) as admin:
        admin.execute("SET deadlock_timeout = '10min'")
        admin.commit()
        yield admin
        admin.rollback()


def send(live: Live, name: str) -> Any:
    items = [
        {"metric": code, "source": "erp", "event_at": "2026-03-04", "external_id": name, "value": 1}
        for code in CODES
    ]
    return Client(raise_request_exception=False).post(
        "/api/v1/measurements/",
        {"measurements": items},
        content_type="application/json",
        headers={"Authorization": f"Bearer {live.token}"},
    )


@dataclass(frozen=True)
class Others:
    """Who is at work beside the sync: a rival, a gate that stops the sync, and who watches."""

    rival: psycopg.Connection[Any]
    gate: psycopg.Connection[Any]
    watch: psycopg.Connection[Any]

    def wait_until_waits(self, waiter: int, *, for_: int) -> None:
        """Return when a connection waits for another, both by their process."""
        until = time.monotonic() + 10
        ask = "SELECT %s = ANY(pg_blocking_pids(%s))"
        while self.watch.execute(ask, [for_, waiter]).fetchone() != (True,):
            assert time.monotonic() < until, "nobody waits"
            time.sleep(0.01)


def circle(live: Live, sync: int, others: Others, *, times: int) -> None:
    """Let a sync under way run into a rival that locks the same metrics the other way round.

    The rival holds the third. The sync takes the first and is stopped before the second, while the
    rival asks for the first; then it goes on to the third, which closes the circle. The rival gets
    the first when the sync has lost it, and gives it back for the next round.
    """
    rival, gate = others.rival, others.gate
    with ThreadPoolExecutor(1) as pool:
        for _ in range(times):
            others.wait_until_waits(sync, for_=gate.info.backend_pid)
            rival.execute("SAVEPOINT without_first")
            taking = pool.submit(rival.execute, HOLD.format(live.tenant_id, "first"))
            others.wait_until_waits(rival.info.backend_pid, for_=sync)
            gate.rollback()
            taking.result()
            gate.execute(HOLD.format(live.tenant_id, "second"))
            rival.execute("ROLLBACK TO without_first")
    rival.rollback()
    gate.rollback()


@contextmanager
def opposite(live: Live, *, times: int) -> Iterator[None]:
    """Let the sync of the block end in so many deadlocks, and check that these came about."""
    connection.ensure_connection()
    sync = connection.connection.info.backend_pid
    with (
        administrator() as rival,
        administrator() as gate,
        administrator() as watch,
        ThreadPoolExecutor(1) as pool,
    ):
        watch.autocommit = True
        rival.execute(HOLD.format(live.tenant_id, "third"))
        gate.execute(HOLD.format(live.tenant_id, "second"))
        (before,) = watch.execute(DEADLOCKS).fetchone() or (0,)
        circling = pool.submit(circle, live, sync, Others(rival, gate, watch), times=times)
        yield
        circling.result()
        connection.cursor().execute("SELECT pg_stat_force_next_flush()")
        assert watch.execute(DEADLOCKS).fetchone() == (before + times,)


def stored(live: Live, name: str) -> tuple[int, int]:
    """Return how many items of a name are stored, and in how many batches."""
    with tenant(live.tenant_id):
        found = list(Measurement.objects.filter(external_id=name))
    return len(found), len({one.batch_id for one in found})


def traces(live: Live) -> tuple[int, int]:
    """Return how many syncs the trail tells of, and how many weeks are marked."""
    with tenant(live.tenant_id):
        return AuditEvent.objects.filter(action="MEASUREMENTS_SYNCED").count(), Mark.objects.count()


def test_a_sync_that_the_database_ends_in_a_deadlock_is_done_at_the_second_try(
    live: Live, metrics: None
) -> None:
    syncs, marks = traces(live)

    with opposite(live, times=1):
        answer = send(live, "ended-once")

    assert answer.status_code == 200, answer.content
    assert (answer.json()["created"], answer.json()["rejected"]) == (3, [])
    assert stored(live, "ended-once") == (3, 1)
    assert traces(live) == (syncs + 1, marks + 3)
    assert send(live, "ended-once").json()["unchanged"] == 3


def test_a_sync_that_ends_in_a_deadlock_twice_is_told_when_to_come_back(
    live: Live, metrics: None
) -> None:
    before = traces(live)

    with opposite(live, times=2):
        answer = send(live, "ended-twice")

    assert (answer.status_code, answer["Retry-After"]) == (503, "1")
    assert answer.json()["code"] == "unavailable"
    assert "nothing of this was stored" in answer.json()["detail"]
    assert (stored(live, "ended-twice"), traces(live)) == ((0, 0), before)
    assert send(live, "ended-twice").json()["created"] == 3
    assert stored(live, "ended-twice") == (3, 1)
