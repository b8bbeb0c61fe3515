"""The board in process: its queries, what they read, and how that grows."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from statistics import median
from typing import Any

from . import data
from .stage import Stage
from .tables import Report, at_most

FEW, MANY = 10, 1_000
# Queries for the person, the session and the tenant around every page are not the board's data.
AROUND = (
    "django_session",
    "tenants_user",
    "find_membership",
    "tenants_notification",
    "tenants_membership",
    "set_config",
)


@dataclass(frozen=True)
class Look:
    """One board: milliseconds of whole requests in process, queries, shared buffers, bytes."""

    times: list[float]
    queries: list[str]
    buffers: list[int]
    size: int

    @property
    def data_queries(self) -> list[str]:
        return [sql for sql in self.queries if not any(word in sql for word in AROUND)]


def run(stage: Stage, report: Report) -> None:
    """Look at 12 pilots and at one, among few tenants and among many."""
    plant, small = stage.plant("board"), stage.plant("small", pilots=1)
    stage.fill_up(FEW)
    few = stage.tenants()
    twelve, one = look(stage, plant), look(stage, small)
    report.section(f"The board in process, {few} tenants", "whole request with middleware")
    for pilots, found in ((12, twelve), (1, one)):
        report.line(
            f"{pilots} pilots: request", found.times, "ms", at_most(4) if pilots == 12 else None
        )
        report.line(f"{pilots} pilots: queries", [len(found.queries)], "", at_most(8, 10))
        report.line(
            f"{pilots} pilots: of them for its data", [len(found.data_queries)], "", at_most(5)
        )
        report.line(f"{pilots} pilots: shared buffers of all queries", [sum(found.buffers)], "")
        report.line(f"{pilots} pilots: page, uncompressed", [found.size / 1e3], "kB")
    same = len(one.queries) == len(twelve.queries)
    report.fact(
        "the same queries at 1 and 12 pilots",
        f"{len(one.queries)} and {len(twelve.queries)}",
        holds=same,
    )
    stage.earlier["board"] = (few, twelve)


def grow(stage: Stage, report: Report) -> None:
    """Look at the same board again among many tenants."""
    if "board" not in stage.earlier:
        run(stage, report)
    few, before = stage.earlier["board"]
    plant = stage.plant("board")
    stage.fill_up(100 if stage.quick else MANY)
    after = look(stage, plant)
    report.section(f"The board in process, {stage.tenants()} tenants in place of {few}")
    report.line("12 pilots: request", after.times, "ms")
    report.line("times as long", [t / median(before.times) for t in after.times], "")
    report.fact(
        "the same queries",
        f"{len(before.queries)} and {len(after.queries)}",
        holds=before.queries == after.queries,
    )
    ratio = sum(after.buffers) / sum(before.buffers)
    report.line("shared buffers, times as many", [ratio], "", at_most(1.2))
    if ratio > 1.2:
        worst = sorted(
            zip(after.queries, before.buffers, after.buffers, strict=False),
            key=lambda found: found[1] - found[2],
        )
        for sql, was, now in worst[:3]:
            report.note(f"Board: {was} shared buffers became {now} in {sql[:120]}")


def look(stage: Stage, plant: data.Plant) -> Look:
    """Open the board warm; time it, then explain its queries."""
    from django.conf import settings
    from django.test import Client

    from tenants.models import User

    browser = Client(SERVER_NAME="127.0.0.1")
    user = User.objects.get(email=plant.email)
    browser.force_login(user, backend=settings.AUTHENTICATION_BACKENDS[0])
    path = f"/t/{plant.slug}/"
    for _ in range(3):
        response = browser.get(path)
        assert response.status_code == 200, response.status_code
    times = []
    for _ in range(stage.rounds * 6):
        began = time.perf_counter()
        response = browser.get(path)
        times.append((time.perf_counter() - began) * 1e3)
    with captured() as queries:
        browser.get(path)
    size = len(response.content)
    buffers = [shared_buffers(plant, sql, params) for sql, params in queries]
    return Look(times, [sql for sql, _ in queries], buffers, size)


@contextmanager
def captured() -> Iterator[list[tuple[str, Any]]]:
    """Collect every query of the application's connection."""
    from django.db import connection

    queries: list[tuple[str, Any]] = []

    def note(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        queries.append((sql, params))
        return execute(sql, params, many, context)

    with connection.execute_wrapper(note):
        yield queries


def shared_buffers(plant: data.Plant, sql: str, params: Any) -> int:
    """Return the shared buffers a query touches, hit or read; 0 for what cannot be explained."""
    from django.db import connection, transaction

    if not sql.lstrip().upper().startswith(("SELECT", "WITH")):
        return 0
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT set_config('app.tenant_id', %s, true)", [str(plant.tenant_id)])
        cursor.execute(f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {sql}", params)
        found = cursor.fetchone()[0]
    plan = (json.loads(found) if isinstance(found, str) else found)[0]["Plan"]
    return int(plan["Shared Hit Blocks"]) + int(plan["Shared Read Blocks"])
