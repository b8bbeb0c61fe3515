"""Clocks of the bench: wall and CPU, of this process and of its PostgreSQL backend together."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import psycopg


@dataclass(frozen=True, slots=True)
class Cost:
    """Seconds of one run: wall, CPU here, CPU of the backend."""

    wall: float
    client: float
    server: float

    @property
    def cpu(self) -> float:
        return self.client + self.server


def backend_cpu(pid: int) -> float:
    """Return the CPU seconds a process of this machine has used (Linux)."""
    return int(Path(f"/proc/{pid}/schedstat").read_text().split()[0]) / 1e9


def timed(work: Callable[[], object], connection: psycopg.Connection[object]) -> Cost:
    """Run once and return what it cost, with the garbage collector as it is in a web process."""
    pid = connection.info.backend_pid
    gc.collect()
    server, client, wall = backend_cpu(pid), time.process_time(), time.perf_counter()
    work()
    wall, client = time.perf_counter() - wall, time.process_time() - client
    return Cost(wall, client, backend_cpu(pid) - server)


def middle(values: list[float]) -> float:
    return median(values)


def spread(values: list[float], digits: int = 2) -> str:
    """Return lowest / median / highest."""
    return " / ".join(f"{v:.{digits}f}" for v in (min(values), median(values), max(values)))
