"""A token is ended while a sync uses it: neither waits for the other for ever."""

from __future__ import annotations

import json
import os
import time
import urllib.request
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import psycopg
import pytest
from django.db import connection, connections

from common.tenancy.context import tenant
from tenants import actions
from tenants.models import ApiToken, Membership
from tests import fuzz
from tests.conftest import NOW
from tests.live import Live

pytestmark = pytest.mark.slow
WAITING = """
SELECT count(*) FROM pg_stat_activity
WHERE datname = current_database() AND wait_event_type = 'Lock'
"""


@pytest.fixture
def live(django_db_setup: None, django_db_blocker: Any) -> Iterator[Live]:
    with fuzz.running(django_db_blocker) as found:
        yield found


@contextmanager
def administrator() -> Iterator[psycopg.Connection[Any]]:
    name = connection.settings_dict["NAME"]
    with psycopg.connect(os.environ["DATABASE_ADMIN_URL"], dbname=name) as admin:
        yield admin


def wait_for(watch: psycopg.Connection[Any], waiting: int) -> None:
    """Return when so many connections wait for a lock."""
    until = time.monotonic() + 10
    while watch.execute(WAITING).fetchone() != (waiting,):
        assert time.monotonic() < until, "nobody waits"
        time.sleep(0.01)


def sync(live: Live) -> int:
    measurement = {
        "metric": "lead-time",
        "source": "erp",
        "event_at": "2026-03-04",
        "external_id": "used while it ends",
        "value": 1,
    }
    request = urllib.request.Request(  # our own address
        f"{live.url}/api/v1/measurements/",
        data=json.dumps({"measurements": [measurement]}).encode(),
        headers={"Authorization": f"Bearer {live.token}", "Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=60) as answer:
        return int(answer.status)


def end(live: Live, action: Callable[..., Any]) -> None:
    try:
        with tenant(live.tenant_id):
            by, token = Membership.objects.get(), ApiToken.objects.get()
            action(token_id=token.id, by=by, now=NOW)
    finally:
        connections.close_all()


@pytest.mark.parametrize("action", [actions.revoke_token, actions.replace_token])
def test_ending_a_token_and_a_sync_that_uses_it_do_not_deadlock(
    live: Live, action: Callable[..., Any]
) -> None:
    """The sync stands first in the queue for the trail, the end holds the token and stands behind."""
    with administrator() as gate, administrator() as watch, ThreadPoolExecutor(2) as pool:
        watch.autocommit = True
        gate.execute("SELECT 1 FROM audit_head WHERE tenant_id = %s FOR UPDATE", [live.tenant_id])
        syncing = pool.submit(sync, live)
        wait_for(watch, 1)
        ending = pool.submit(end, live, action)
        wait_for(watch, 2)
        gate.rollback()

        assert syncing.result() == 200
        ending.result()  # whom a deadlock ends: it waits longer
