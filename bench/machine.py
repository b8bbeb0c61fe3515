"""What this machine takes for next to nothing: the share of every figure that no product can save."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from statistics import median
from typing import Any

import psycopg

from .load import Load
from .load import run as drive
from .processes import spent, web
from .stage import Stage
from .tables import Report

TRIPS = 1_000
COMMITS = 100


def bare(
    environ: dict[str, Any], start_response: Callable[[str, list[tuple[str, str]]], object]
) -> Iterable[bytes]:
    """Answer as a WSGI application that does nothing at all."""
    start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", "2")])
    return [b"ok"]


def run(stage: Stage, report: Report) -> None:
    """Time an empty answer over HTTP, a round trip to the database and a commit on its disk."""
    report.section("This machine: next to nothing, measured the same way")
    with web(app="bench.machine:bare") as served:
        load = Load(port=served.port, path="/", seconds=1.0)
        drive(load, 4)
        one, four, cpu = [], [], []
        for _ in range(stage.rounds):
            before = served.cpu(stage.admin)
            answers = drive(load, 1)
            cpu.append(spent(before, served.cpu(stage.admin)) / len(answers.latencies) * 1e6)
            one.append(answers.share(0.5))
            four.append(drive(load, 4).rate)
    report.line("an empty answer of gunicorn: half within", one, "ms")
    report.line("an empty answer of gunicorn: CPU", cpu, "us")
    report.line("an empty answer of gunicorn, 4 clients", four, "requests/s")
    with psycopg.connect(stage.addresses["DATABASE_URL"], autocommit=True) as database:
        trips = [_mean(lambda: database.execute("SELECT 1", prepare=True), TRIPS) for _ in range(5)]
    report.line("SELECT 1 and back, prepared", [one * 1e6 for one in trips], "us")
    commits = [
        _mean(
            lambda: stage.admin.execute("SELECT pg_logical_emit_message(true, 'b', 'x')"), COMMITS
        )
        for _ in range(5)
    ]
    report.line("a commit on the disk", [one * 1e3 for one in commits], "ms")
    report.note(
        f"This machine: gunicorn's empty answer takes {median(one):.1f} ms and {median(cpu):.0f} us of CPU,"
        f" a round trip to the database {median(trips) * 1e6:.0f} us, a commit"
        f" {median(commits) * 1e3:.1f} ms; milliseconds below are to be read beside these."
    )


def _mean(work: Callable[[], object], times: int) -> float:
    """Return the mean seconds of one call."""
    began = time.perf_counter()
    for _ in range(times):
        work()
    return (time.perf_counter() - began) / times
