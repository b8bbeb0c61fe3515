"""From an acknowledged measurement to its weekly figure, with real web, worker and beat."""

from __future__ import annotations

import time
from typing import Any

from . import data
from .load import Connection
from .processes import web, workers
from .stage import Stage, recent
from .tables import Report, at_most


def run(stage: Stage, report: Report) -> None:
    """Send single measurements to idle workers and wait for each snapshot."""
    from common import jobs

    plant = stage.plant("bench")
    debounce = getattr(jobs, "DEBOUNCE_SECONDS", 0.0) * 1e3
    count = 10 if stage.quick else 40
    with web() as served, workers(stage.folder):
        connection = Connection(served.port)
        for number in range(3):
            one(stage, plant, connection, number)
        waits = [one(stage, plant, connection, number) for number in range(3, count + 3)]
    waits.sort()
    p95 = waits[int(len(waits) * 0.95)]
    report.section(f"Accepted to visible, {count} single measurements", "idle worker, real beat")
    report.line("answer of the API to snapshot in the table", waits, "ms")
    report.line(
        f"95 % within, above the debounce of {debounce:.0f} ms",
        [p95 - debounce],
        "ms",
        at_most(100),
    )


def one(stage: Stage, plant: data.Plant, connection: Connection, number: int) -> float:
    """Send one item of its own week; return the milliseconds until its snapshot stood."""
    code = plant.metrics[number % len(plant.metrics)]
    at = recent(24 * 7 * 70)
    body = data.body([data.item(code, f"visible-{time.time_ns()}", at, numerator=number + 0.25)])
    head = (
        "POST /api/v1/measurements/ HTTP/1.1\r\nHost: 127.0.0.1\r\n"
        f"Authorization: Bearer {plant.token}\r\nContent-Type: application/json\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    )
    before = snapshot(stage, plant, code, at)
    status = connection.ask(head.encode() + body)
    began = time.perf_counter()
    assert status == "200", status
    while snapshot(stage, plant, code, at) == before:
        assert time.perf_counter() - began < 30, "no snapshot within 30 s"
        time.sleep(0.001)
    waited = (time.perf_counter() - began) * 1e3
    time.sleep(0.15)
    return waited


def snapshot(stage: Stage, plant: data.Plant, code: str, at: Any) -> Any:
    """Return how many measurements the week's snapshot counts."""
    return stage.admin.execute(
        "SELECT s.n FROM metrics_snapshot s JOIN metrics_metric m ON m.id = s.metric_id"
        " WHERE s.tenant_id = %s AND m.tenant_id = s.tenant_id AND m.code = %s"
        " AND s.week = date_trunc('week', timezone('Europe/Berlin', %s::timestamptz))::date",
        [plant.tenant_id, code, at],
    ).fetchone()
