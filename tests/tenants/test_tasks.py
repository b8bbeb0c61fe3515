"""Background work: a message carries its tenant, and runs in no other."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any
from uuid import uuid4

import pytest
import redis
from celery import current_app
from celery.beat import Scheduler
from celery.exceptions import Retry
from django.conf import settings
from django.db import connections

from common.tenancy.context import (
    NoTenantContext,
    TenantSwitchRefused,
    current_tenant_id,
    tenant,
)
from common.tenancy.tasks import HEADER, TenantTask, send_for_tenant
from config.servers.processes import end
from metrics.models import Mark, Metric, Summary
from tenants.actions import create_tenant
from tenants.models import Person
from tests.conftest import Cast

seen: list[Any] = []


@pytest.fixture(autouse=True)
def forget() -> None:
    seen.clear()


@current_app.task(name="tests.note")
def note(**unknown: Any) -> None:
    seen.append((current_tenant_id(), Person.objects.count()))


@current_app.task(name="tests.again", bind=True, max_retries=1)
def again(self: Any, /, **unknown: Any) -> None:
    seen.append(current_tenant_id())
    raise self.retry(countdown=0)


@current_app.task(name="tests.outside", bind=True, atomic=False)
def outside(self: Any, /, **unknown: Any) -> None:
    seen.append((self.tenant_of_message(), current_tenant_id()))


def _call(task: Any, headers: dict[str, Any]) -> Any:
    task.push_request(headers=headers, **headers)
    try:
        return task()
    finally:
        task.pop_request()


def test_a_task_runs_inside_the_tenant_of_its_message(cast: Cast) -> None:
    for tenant_id in (cast.acme, cast.borealis):
        _call(note, {HEADER: tenant_id})

    assert [found for found, _ in seen] == [cast.acme, cast.borealis]
    assert current_tenant_id() is None


@pytest.mark.parametrize("headers", [{}, {HEADER: None}, {"tenant_id": 1}, {HEADER: ""}])
def test_a_message_without_a_tenant_is_refused(cast: Cast, headers: dict[str, Any]) -> None:
    with pytest.raises(NoTenantContext):
        _call(note, headers)

    assert seen == []


@pytest.mark.parametrize("forged", ["1; DROP TABLE x", "acme", "1.5", [1], {"a": 1}])
def test_a_forged_tenant_is_refused(cast: Cast, forged: Any) -> None:
    with pytest.raises((ValueError, TypeError)):
        _call(note, {HEADER: forged})

    assert seen == []


@pytest.mark.parametrize("unknown", [-1, 10**12])
def test_a_tenant_that_does_not_exist_has_no_rows(cast: Cast, unknown: int) -> None:
    _call(note, {HEADER: unknown})

    assert seen == [(unknown, 0)]


def test_sending_without_a_tenant_is_refused(cast: Cast) -> None:
    with pytest.raises(NoTenantContext):
        note.delay()


def test_inside_one_tenant_nothing_is_sent_for_another(cast: Cast) -> None:
    with tenant(cast.acme):
        with pytest.raises(TenantSwitchRefused):
            note.apply_async(tenant_id=cast.borealis)  # type: ignore[call-arg]  # ours takes it
        with pytest.raises(TenantSwitchRefused):
            send_for_tenant("tests.note", cast.borealis)


@pytest.fixture
def queue() -> Iterator[str]:
    """A queue of this test, emptied after it."""
    name = f"test-{uuid4().hex}"
    yield name
    with redis.Redis.from_url(settings.REDIS_URL) as client:
        client.delete(name)


def sent(queue: str) -> list[Any]:
    with redis.Redis.from_url(settings.REDIS_URL) as client:
        return [json.loads(m)["headers"].get(HEADER) for m in client.lrange(queue, 0, -1)]


def test_a_header_given_by_the_caller_does_not_win_over_the_tenant(cast: Cast, queue: str) -> None:
    with tenant(cast.acme):
        note.apply_async(headers={HEADER: cast.borealis}, queue=queue)  # type: ignore[dict-item]

    assert sent(queue) == [cast.acme]


def test_a_retry_and_a_child_keep_the_tenant(cast: Cast, queue: str) -> None:
    task: Any = again
    task.push_request(
        headers={HEADER: cast.acme},
        called_directly=False,
        delivery_info={"routing_key": queue, "exchange": ""},
        id="1",
        retries=0,
        w12_tenant=cast.acme,
    )
    try:
        with pytest.raises(Retry):
            task()
    finally:
        task.pop_request()

    assert seen == [cast.acme]
    assert sent(queue) == [cast.acme]


def test_a_task_that_calls_the_outside_has_a_tenant_but_no_transaction(cast: Cast) -> None:
    _call(outside, {HEADER: cast.acme})

    assert seen == [(cast.acme, None)]


def test_every_registered_task_of_ours_is_bound_to_the_tenant_class() -> None:
    current_app.loader.import_default_modules()
    ours: dict[str, Any] = {
        n: t for n, t in current_app.tasks.items() if not n.startswith(("celery.", "tests."))
    }

    assert ours.keys() >= {"metrics.recompute", "metrics.sweep_marks", "tenants.beat_heart"}
    assert all(isinstance(task, TenantTask) for task in ours.values())
    platform = {name for name, task in ours.items() if task.platform}
    assert "metrics.recompute" not in platform


@pytest.fixture(scope="module")
def pair(django_db_setup: None, django_db_blocker: Any) -> list[int]:
    """Two tenants of their own, committed, with thirty marks each: a worker is another process."""
    with django_db_blocker.unblock():
        tenants = [
            create_tenant(slug=f"mixed-{uuid4().hex[:8]}", name="Mixed", currency="EUR", zone="UTC")
            for _ in range(2)
        ]
        for tenant_id in tenants:
            with tenant(tenant_id):
                metric = Metric.objects.create(
                    code="m", name="M", kind="mean", unit="n", direction="down", zone="UTC"
                )
                Mark.objects.bulk_create(
                    Mark(metric_id=metric.pk, week=date(2026, 1, 5) + timedelta(weeks=week))
                    for week in range(30)
                )
        connections["owner"].close()
    return tenants


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_a_real_worker_over_redis_never_mixes_tenants(
    pair: list[int], database_name: str, queue: str
) -> None:
    """Sixty mixed recomputes in a prefork worker: each tenant gets its own summary alone."""
    environ: dict[str, str] = {
        **os.environ,
        **{
            name: os.environ[name].replace("/weektwelve", f"/{database_name}")
            for name in ("DATABASE_URL", "DATABASE_OWNER_URL", "DATABASE_PLATFORM_URL")
        },
        "DEMO_MODE": "1",
    }
    command = [sys.executable, "-m", "celery", "-A", "config", "worker", "-c", "2", "-Q", queue]
    worker = subprocess.Popen(
        [*command, "-n", f"{queue}@%h", "--without-mingle", "--without-gossip"],
        env=environ,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        for _ in range(30):
            for tenant_id in pair:
                current_app.send_task("metrics.recompute", headers={HEADER: tenant_id}, queue=queue)
        left = wait_for_no_marks(*pair)
    finally:
        # Asked to stop in the middle of a job, Celery's child may wait half a minute for its parent.
        end(worker, signal.SIGTERM, seconds=8)

    assert left == [0, 0]
    for tenant_id in pair:
        with tenant(tenant_id):
            # Each has the one summary row of its own metric: nothing of the other's.
            assert list(Summary.objects.values_list("metric_id", flat=True)) == list(
                Metric.objects.values_list("pk", flat=True)
            )


def wait_for_no_marks(*tenants: int) -> list[int]:
    left = [1] * len(tenants)
    deadline = time.monotonic() + 40
    while any(left) and time.monotonic() < deadline:
        time.sleep(0.2)
        left = []
        for tenant_id in tenants:
            with tenant(tenant_id):
                left.append(Mark.objects.count())
    return left


def test_a_beat_that_starts_shows_at_once_that_jobs_are_done_again() -> None:
    scheduler = Scheduler(app=current_app)

    scheduler.update_from_dict(current_app.conf.beat_schedule)

    due = [name for name, entry in scheduler.schedule.items() if entry.is_due().is_due]
    assert due == ["heartbeat"]
