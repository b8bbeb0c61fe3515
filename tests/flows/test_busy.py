"""Who waits too long for somebody else is told when to come back; nothing is stored meanwhile."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import Any

import psycopg
import pytest
from django.db import connection
from django.test import Client

from common.tenancy.context import tenant
from metrics.models import Measurement
from tests.flows.test_locks import elsewhere, live
from tests.live import Live

__all__ = ["live"]  # the fixture: a committed tenant, for connections that commit

pytestmark = pytest.mark.slow
HELD = "SELECT 1 FROM metrics_metric FOR UPDATE"
TRANSACTION = """
SELECT xact_start FROM pg_stat_activity WHERE pid = %s AND %s = ANY(pg_blocking_pids(pid))
"""
ITEM = {"metric": "lead-time", "source": "erp", "event_at": "2026-03-04", "value": 1}


@pytest.fixture
def patience(live: Live) -> Iterator[Any]:
    """Give a function that sets how long this process's connection waits."""
    names = []

    def wait(name: str, milliseconds: int) -> None:
        names.append(name)
        connection.cursor().execute(f"SET {name} = {milliseconds}")

    yield wait
    for name in names:
        connection.cursor().execute(f"RESET {name}")


def send(live: Live, name: str) -> Any:
    return Client(raise_request_exception=False).post(
        "/api/v1/measurements/",
        {"measurements": [ITEM | {"external_id": name}]},
        content_type="application/json",
        headers={"Authorization": f"Bearer {live.token}"},
    )


@pytest.mark.parametrize(
    ("limit", "words"),
    [("lock_timeout", "Somebody else is writing"), ("statement_timeout", "took too long")],
)
def test_a_sync_that_waited_too_long_is_told_when_to_come_back(
    live: Live, patience: Any, limit: str, words: str
) -> None:
    patience(limit, 200)

    with elsewhere(live, HELD):
        answer = send(live, "late")

    assert (answer.status_code, answer["Retry-After"]) == (503, "1")
    assert answer["Content-Type"] == "application/problem+json"
    assert answer.json()["code"] == "unavailable"
    assert words in answer.json()["detail"]
    with tenant(live.tenant_id):
        assert not Measurement.objects.filter(external_id="late").exists()


def waiting_since(waiter: int, *, for_: int, unlike: datetime | None = None) -> datetime:
    """Return when the transaction began in which a process waits for another, once one does.

    unlike: the beginning of a transaction that does not count any more.
    """
    name, until = connection.settings_dict["NAME"], time.monotonic() + 10
    with psycopg.connect(os.environ["DATABASE_ADMIN_URL"], dbname=name, autocommit=True) as watch:
        while time.monotonic() < until:
            row = watch.execute(TRANSACTION, [waiter, for_]).fetchone()
            if row is not None and row[0] != unlike:
                return row[0]  # type: ignore[no-any-return]  # a row holds anything
            time.sleep(0.005)
    raise AssertionError("nobody waits")


def free_at_the_second_wait(other: psycopg.Connection[Any], waiter: int) -> None:
    holder = other.info.backend_pid
    try:
        first = waiting_since(waiter, for_=holder)
        waiting_since(waiter, for_=holder, unlike=first)
    finally:
        other.rollback()


def test_a_sync_that_lost_a_race_is_tried_once_more(live: Live, patience: Any) -> None:
    patience("lock_timeout", 1000)
    own = connection.connection.info.backend_pid

    with elsewhere(live, HELD) as other, ThreadPoolExecutor(1) as pool:
        freed = pool.submit(free_at_the_second_wait, other, own)
        answer = send(live, "second-try")
        freed.result()

    assert answer.status_code == 200, answer.content
    assert answer.json()["created"] == 1
