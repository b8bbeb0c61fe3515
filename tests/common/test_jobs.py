"""Jobs leave after commit, once, and without the request waiting for the broker."""

from __future__ import annotations

import json
import time
from datetime import timedelta
from typing import Any

import pytest
import redis
from celery import current_app
from celery.schedules import crontab
from django.conf import settings
from django.contrib.sessions.models import Session
from django.db import transaction
from django.utils import timezone

from common import jobs
from common.tenancy.context import NoTenantContext, tenant
from common.tenancy.tasks import HEADER
from tests.conftest import Cast


@pytest.fixture
def queue() -> Any:
    """Return the broker's queue, emptied; Celery's messages go to a queue of this test."""
    client = redis.Redis.from_url(settings.REDIS_URL)
    amqp: Any = current_app.amqp
    name = f"test-{time.monotonic_ns()}"
    before = current_app.conf.task_default_queue
    current_app.conf.task_default_queue = name
    amqp.queues = amqp.Queues(None)
    yield lambda: [json.loads(message) for message in client.lrange(name, 0, -1)]
    current_app.conf.task_default_queue = before
    amqp.queues = amqp.Queues(None)
    client.delete(name)
    client.close()


def test_a_job_carries_its_tenant_and_is_sent_once(
    cast: Cast, queue: Any, django_capture_on_commit_callbacks: Any
) -> None:
    with django_capture_on_commit_callbacks(execute=True), tenant(cast.acme):
        jobs.enqueue("metrics.recompute")
        jobs.enqueue("metrics.recompute")
    jobs.outbox.flush()

    headers = [message["headers"] for message in queue()]
    assert [(h["task"], h[HEADER]) for h in headers] == [("metrics.recompute", cast.acme)]


def test_a_rolled_back_transaction_sends_nothing(
    cast: Cast, queue: Any, django_capture_on_commit_callbacks: Any
) -> None:
    with django_capture_on_commit_callbacks(execute=True), tenant(cast.acme):
        with pytest.raises(ZeroDivisionError), transaction.atomic():
            jobs.enqueue("metrics.recompute")
            raise ZeroDivisionError
    jobs.outbox.flush()

    assert queue() == []


def test_once_an_hour_ended_sessions_go_and_every_tenant_is_told_to_forget_its_files(
    cast: Cast, queue: Any
) -> None:
    current_app.loader.import_default_modules()
    now = timezone.now()
    for key, end in (("over", now), ("open", now + timedelta(hours=1))):
        Session.objects.create(session_key=key, session_data="", expire_date=end)
    (hourly,) = [
        entry
        for entry in current_app.conf.beat_schedule.values()
        if entry["task"] == "metrics.sweep_expired"
    ]

    current_app.tasks[hourly["task"]]()

    assert hourly["schedule"] == crontab(minute=17)
    assert list(Session.objects.values_list("session_key", flat=True)) == ["open"]
    headers = [message["headers"] for message in queue()]
    assert {h["task"] for h in headers} == {"metrics.drop_expired_files"}
    assert {cast.acme, cast.borealis} <= {h[HEADER] for h in headers}


def test_a_job_without_a_tenant_is_refused(db: None) -> None:
    with pytest.raises(NoTenantContext):
        jobs.enqueue("metrics.recompute")
