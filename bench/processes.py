"""Processes of the product under the bench: web, worker and beat, their CPU and memory."""

from __future__ import annotations

import contextlib
import http.client
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg

CHECKOUT = Path(__file__).resolve().parent.parent
CPUCLOCK_SCHED = 2
LOG = Path(tempfile.gettempdir()) / f"w12-bench-{os.getpid()}.log"  # what our processes say


def cpu_seconds(pid: int) -> float:
    """Return the CPU time of a process with all its threads, to the nanosecond (Linux)."""
    return time.clock_gettime((~pid << 3) | CPUCLOCK_SCHED)


def pss_mib(pid: int) -> float:
    """Return the proportional set size of a process: its own memory and its part of what is shared."""
    found = re.search(
        r"^Pss:\s+(\d+) kB", Path(f"/proc/{pid}/smaps_rollup").read_text(), re.MULTILINE
    )
    assert found
    return int(found[1]) / 1024


def children(pid: int) -> list[int]:
    """Return the direct children of a process."""
    return [int(p) for p in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


class Web:
    """Gunicorn with two workers, serving the product and, beside it, the rival's address."""

    def __init__(self, process: subprocess.Popen[bytes], port: int, first_200: float) -> None:
        self.process, self.port, self.first_200 = process, port, first_200

    def workers(self) -> list[int]:
        return children(self.process.pid)

    def cpu(self, admin: psycopg.Connection[Any]) -> dict[int, float]:
        """Return the CPU seconds so far of each worker and each backend of the application."""
        backends = [
            pid
            for (pid,) in admin.execute(
                "SELECT pid FROM pg_stat_activity WHERE usename = 'w12_app'"
            ).fetchall()
        ]
        found = {}
        for pid in [*self.workers(), *backends]:
            with contextlib.suppress(OSError):
                found[pid] = cpu_seconds(pid)
        return found

    def get(self, path: str, cookie: str = "") -> tuple[int, bytes]:
        """Return status and body of one page."""
        client = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            client.request("GET", path, headers={"Cookie": cookie})
            answer = client.getresponse()
            return answer.status, answer.read()
        finally:
            client.close()


def spent(before: dict[int, float], after: dict[int, float]) -> float:
    """Return the CPU seconds between two looks; a backend that is new began at 0."""
    return sum(seconds - before.get(pid, 0.0) for pid, seconds in after.items())


@contextlib.contextmanager
def web(
    path: str = "/healthz",
    cookie: str = "",
    settings: str = "bench.peer.settings",
    app: str = "config.wsgi",
) -> Iterator[Web]:
    """Serve until the context ends; starts when `path` answered 200."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    env = os.environ | {
        "DJANGO_SETTINGS_MODULE": settings,
        "WEEKTWELVE_PROCESS": "web",
        "WEB_BIND": f"127.0.0.1:{port}",
        "WEB_WORKERS": "2",
        # The limits are counted as always; only their height does not fit one client's load.
        "API_RATE_TOKEN": "100000000",
        "API_RATE_TENANT": "100000000",
    }
    began = time.monotonic()
    with started(["-m", "gunicorn", "-c", "config/gunicorn.py", app], env) as process:
        while True:
            assert process.poll() is None, f"gunicorn did not start: see {LOG}"
            assert time.monotonic() - began < 60, f"no answer from {path} in 60 s"
            with contextlib.suppress(OSError, http.client.HTTPException):
                served = Web(process, port, 0)
                if served.get(path, cookie)[0] == 200:
                    break
            time.sleep(0.01)
        served.first_200 = time.monotonic() - began
        yield served


@contextlib.contextmanager
def workers(folder: Path) -> Iterator[None]:
    """Run a Celery worker and beat."""
    celery = ["-m", "celery", "-A", "config"]
    beat = [f"--schedule={folder / 'schedule'}", "--pidfile=", "--loglevel=ERROR"]
    env = dict(os.environ)
    with (
        started([*celery, "worker", "--concurrency=2", "--loglevel=ERROR"], env),
        started([*celery, "beat", *beat], env),
    ):
        yield


@contextlib.contextmanager
def started(arguments: list[str], env: dict[str, str]) -> Iterator[subprocess.Popen[bytes]]:
    """Run one of our processes, with its children, until the context ends."""
    with LOG.open("ab") as log:
        process = subprocess.Popen(
            [sys.executable, *arguments],
            cwd=CHECKOUT,
            env=env,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        yield process
    finally:
        process.send_signal(signal.SIGTERM)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(8)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
