"""Two requests at the same moment, over real HTTP and two connections."""

from __future__ import annotations

import json
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from typing import Any

import pytest

from common.tenancy.context import tenant
from metrics.models import Measurement, UnmappedValue
from portfolio.models import Pilot
from tenants.models import IdempotencyRecord
from tests import fuzz
from tests.live import Live


@pytest.fixture
def live(django_db_setup: None, django_db_blocker: Any) -> Iterator[Live]:
    with fuzz.running(django_db_blocker) as found:
        yield found


def together(live: Live, path: str, body: object, key: str, times: int) -> list[tuple[int, bytes]]:
    """Send the same write from several threads at once; return status and body of each."""
    start, answers = threading.Barrier(times), []

    def send() -> None:
        request = urllib.request.Request(  # our own address
            f"{live.url}/api/v1/{path}",
            data=json.dumps(body).encode(),
            headers={
                "Authorization": f"Bearer {live.token}",
                "Content-Type": "application/json",
                "Idempotency-Key": key,
            },
        )
        start.wait()
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                answers.append((answer.status, answer.read()))
        except urllib.error.HTTPError as refused:
            answers.append((refused.code, refused.read()))

    threads = [threading.Thread(target=send) for _ in range(times)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers


@pytest.mark.slow
def test_one_key_at_the_same_moment_makes_one_pilot(live: Live) -> None:
    body = {"name": "Raced", "site": "north", "start_date": "2026-09-01"}

    answers = together(live, "pilots/", body, "race-1", 4)

    assert len(set(answers)) == 1, answers
    assert answers[0][0] == 201
    with tenant(live.tenant_id):
        assert Pilot.objects.filter(name="Raced").count() == 1
        assert IdempotencyRecord.objects.count() == 1


@pytest.mark.slow
def test_one_key_at_the_same_moment_stores_a_batch_once(live: Live) -> None:
    item = {"metric": "lead-time", "source": "erp", "event_at": "2026-03-04", "value": 1}
    body = {"measurements": [item | {"external_id": str(n)} for n in range(50)]}

    answers = together(live, "measurements/", body, "race-2", 4)

    assert len(set(answers)) == 1, answers
    assert json.loads(answers[0][1])["created"] == 50
    with tenant(live.tenant_id):
        assert Measurement.objects.count() == 50


@pytest.mark.slow
def test_one_key_at_the_same_moment_counts_what_nobody_mapped_once(live: Live) -> None:
    item = {"metric": "lead-time", "source": "erp", "event_at": "2026-03-04", "value": 1}
    body = {"measurements": [item | {"external_id": "1", "site": "PL01"}]}

    answers = together(live, "measurements/", body, "race-3", 4)

    assert len(set(answers)) == 1, answers
    assert answers[0][0] == 422
    with tenant(live.tenant_id):
        assert UnmappedValue.objects.get().times == 1
