"""The whole product in a throwaway folder: started as `make run` starts it, looked into, killed."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import secrets
import shutil
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

from config import servers
from config.servers.machine import state_folder
from config.servers.processes import MARK

CHECKOUT = Path(__file__).resolve().parents[2]
SERVER_SETTINGS = [
    "DATABASE_URL",
    "DATABASE_OWNER_URL",
    "DATABASE_PLATFORM_URL",
    "DATABASE_ADMIN_URL",
    "REDIS_URL",
]


class Product:
    """One installation under its supervisor. Processes are found by the folder they work for."""

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="w12-prove-"))
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = int(probe.getsockname()[1])
        self.env = {
            name: value for name, value in os.environ.items() if name not in SERVER_SETTINGS
        }
        self.env |= {
            "WEEKTWELVE_DATA": str(self.folder),
            "WEB_PORT": str(self.port),
            "DEMO_MODE": "0",
            "PLAIN_STATIC": "1",
            "SECRET_KEY": secrets.token_urlsafe(40),
        }
        self.supervisor: subprocess.Popen[bytes] | None = None
        self.postgres_folder = Path()
        self.addresses: dict[str, str] = {}

    def start(self) -> None:
        """Start the supervisor; return at once."""
        with (self.folder / "supervisor.log").open("ab") as log:
            self.supervisor = subprocess.Popen(
                [sys.executable, "-m", "config.servers.supervise"],
                cwd=CHECKOUT,
                env=self.env,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def wait_until_serving(self, seconds: float = 60) -> float:
        """Return after how many seconds the product took a measurement list and read its database."""
        began = time.monotonic()
        while time.monotonic() - began < seconds:
            if self.serves():
                return time.monotonic() - began
            assert self.supervisor is not None
            assert self.supervisor.poll() is None, self.last_words()
            time.sleep(0.05)
        raise AssertionError(f"not serving after {seconds:.0f} s\n{self.last_words()}")

    def serves(self) -> bool:
        """Return whether the product is ready by its own word."""
        with contextlib.suppress(OSError, http.client.HTTPException):
            return self.get("/readyz")[0] == 200
        return False

    def get(self, path: str, **headers: str) -> tuple[int, bytes]:
        """Return status and body of a page."""
        web = http.client.HTTPConnection("127.0.0.1", self.port, timeout=15)
        try:
            web.request("GET", path, headers=headers)
            answer = web.getresponse()
            return answer.status, answer.read()
        finally:
            web.close()

    def find_servers(self) -> None:
        """Learn where the running servers are; call once the product serves."""
        found = servers.find_addresses(self.folder)
        assert found
        self.addresses = found
        with self.database() as admin:
            row = admin.execute("SHOW data_directory").fetchone()
        assert row
        self.postgres_folder = Path(row[0])

    @contextlib.contextmanager
    def database(self) -> Iterator[psycopg.Connection[Any]]:
        """Open the product's database as administrator, for judging only."""
        url = self.addresses["DATABASE_ADMIN_URL"]
        with psycopg.connect(url, dbname="weektwelve", autocommit=True) as admin:
            yield admin

    def run(self, *arguments: str) -> str:
        """Run a command of ours against the running servers; return what it printed."""
        return subprocess.run(
            [sys.executable, *arguments],
            cwd=CHECKOUT,
            env=self.env | self.addresses,
            check=True,
            capture_output=True,
            text=True,
        ).stdout

    def make_plants(self) -> list[dict[str, Any]]:
        """Make the proofs' two tenants."""
        plants: list[dict[str, Any]] = json.loads(self.run("-m", "tests.prove.plant"))
        return plants

    def processes(self, kind: str) -> list[int]:
        """Return the processes of a kind that run now.

        kind: supervisor, web, web worker, worker, worker child, beat, postmaster, backend, redis.
        """
        assert self.supervisor
        if kind == "supervisor":
            return [self.supervisor.pid]
        return sorted(pid for pid, found in self._all() if found == kind)

    def kill(self, pid: int) -> bool:
        """Send SIGKILL; return False when the process had ended by itself."""
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            return False
        if self.supervisor and pid == self.supervisor.pid:
            self.supervisor.wait()
        return True

    def send_signal(self, pid: int, number: signal.Signals) -> None:
        """Send another signal than the deadly one."""
        os.kill(pid, number)

    def stop(self) -> None:
        """Stop as Ctrl-C does, and delete the folder."""
        if self.supervisor:
            if self.supervisor.poll() is None:
                self.supervisor.send_signal(signal.SIGINT)
            try:
                self.supervisor.wait(40)
            except subprocess.TimeoutExpired:
                self.supervisor.kill()
                self.supervisor.wait()
        # Where the servers' account cannot reach our folder, their files are there.
        shutil.rmtree(state_folder(self.folder), ignore_errors=True)
        shutil.rmtree(self.folder, ignore_errors=True)

    def last_words(self) -> str:
        """Return the ends of all logs."""
        logs = [self.folder / "supervisor.log", *sorted((self.folder / "log").glob("*.log"))]
        return "\n".join(
            f"--- {log.name}\n" + "\n".join(log.read_text(errors="replace").splitlines()[-15:])
            for log in logs
            if log.exists()
        )

    def _all(self) -> Iterator[tuple[int, str]]:
        mark = b"\0" + os.fsencode(f"{MARK}={self.folder}") + b"\0"
        assert self.supervisor
        for entry in Path("/proc").iterdir():
            if not entry.name.isdigit():
                continue
            with contextlib.suppress(OSError):
                command = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode()
                parent = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
                name = (entry / "comm").read_text().strip()
                # The servers write their titles over their environment; their folder tells them.
                if name in {"postgres", "redis-server"}:
                    if (entry / "cwd").readlink().parent == self.postgres_folder.parent:
                        yield int(entry.name), self._server_kind(parent, command)
                elif mark in b"\0" + (entry / "environ").read_bytes():
                    kind = self._command_kind(parent == self.supervisor.pid, command)
                    yield int(entry.name), kind

    def _server_kind(self, parent: int, command: str) -> str:
        assert self.supervisor
        if "redis-server" in command:
            return "redis"
        if parent == self.supervisor.pid:
            return "postmaster"
        return "backend" if command.startswith("postgres: w12_app") else "postgres helper"

    def _command_kind(self, first: bool, command: str) -> str:
        if "gunicorn" in command:
            return "web" if first else "web worker"
        if " beat" in command:
            return "beat"
        if " worker" in command:
            return "worker" if first else "worker child"
        return "other"
