"""`make run`: everything starts together, comes back when killed, and ends together."""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from config.servers import CHECKOUT, find_addresses
from tests.servers.conftest import Product, free_port, new_folder, processes_of, wait_until

pytestmark = pytest.mark.slow


def pid_of(folder: Path, part: str, words: str) -> int:
    """Return the oldest process of a folder whose command line holds some words."""
    found = [
        pid
        for pid in processes_of(folder)
        if words in Path(f"/proc/{pid}/cmdline").read_text().replace("\0", " ")
    ]
    assert found, part
    return min(found)


def memory(pid: int, kind: str) -> int:
    """Return the kB of one kind of a process's memory."""
    found = re.search(rf"^{kind}:\s+(\d+) kB", Path(f"/proc/{pid}/smaps_rollup").read_text(), re.M)
    assert found
    return int(found[1])


def answers(folder: Path) -> bool:
    addresses = find_addresses(folder)
    try:
        with psycopg.connect((addresses or {})["DATABASE_URL"]) as connection:
            return connection.execute("SELECT 1").fetchone() == (1,)
    except (KeyError, psycopg.OperationalError):
        return False


@pytest.fixture(scope="module")
def product() -> Iterator[Product]:
    """The product as `make run` starts it in an empty folder, for tests that leave it serving.

    It ends at last as it does when its terminal is closed.
    """
    with new_folder() as folder:
        found = Product(folder, free_port(), {})
        try:
            assert found.wait_until_serving(), found.said()
            yield found
        finally:
            found.end(signal.SIGHUP)
            found.output.unlink()
        assert found.process.returncode == 0
        assert processes_of(folder) == []
        assert find_addresses(folder) is None


def test_killed_parts_are_started_again_and_another_start_is_refused(product, start):
    folder, before = product.folder, len(product.said())
    second = start(WEEKTWELVE_DATA=str(folder))
    elsewhere = start(port=product.port)
    second.process.wait(60)
    elsewhere.process.wait(60)

    for words, of, name in (
        (" -D ", "postmaster", "PostgreSQL"),
        ("gunicorn", "web", "web"),
        ("celery -A config worker", "worker", "worker"),
    ):
        os.kill(pid_of(folder, of, words), signal.SIGKILL)
        ended = f"{name} ended (signal SIGKILL)"
        assert wait_until(lambda ended=ended: ended in product.said()[before:], seconds=10)
    assert wait_until(lambda: answers(folder), seconds=30)
    assert wait_until(product.is_serving, seconds=30)

    where = f"http://127.0.0.1:{product.port}"
    assert second.said() == f"Week Twelve is already running at {where}.\n"
    assert f"Port {product.port} is in use by Week Twelve in {folder}" in elsewhere.said()
    assert second.process.returncode == elsewhere.process.returncode == 1


def test_a_killed_supervisor_takes_everything_along_and_the_next_serves(product):
    folder = product.folder

    product.process.kill()
    gone = wait_until(lambda: processes_of(folder) == [], seconds=20)
    left = processes_of(folder)
    product.process.wait(10)
    product.start()

    assert gone, left
    assert product.wait_until_serving(), product.said()
    assert answers(folder)


def test_while_postgresql_is_stopped_everything_asks_for_patience_and_recovers(product):
    folder = product.folder
    os.kill(product.process.pid, signal.SIGSTOP)  # or it would start PostgreSQL again at once
    try:
        os.kill(pid_of(folder, "postmaster", " -D "), signal.SIGKILL)

        # A connection that was open may outlive its server for a moment.
        noticed = wait_until(lambda: product.ask("/") == (503, "5"), seconds=20)
        asked = {path: product.ask(path) for path in ("/api/v1/pilots/", "/healthz")}
    finally:
        os.kill(product.process.pid, signal.SIGCONT)

    assert noticed
    assert asked == {"/api/v1/pilots/": (503, "5"), "/healthz": (200, None)}
    assert wait_until(lambda: answers(folder), seconds=30)
    assert wait_until(lambda: product.ask("/api/v1/pilots/")[0] == 401, seconds=20)
    assert wait_until(lambda: product.ask("/")[0] == 302, seconds=10)


def test_web_workers_share_the_product_that_was_loaded_before_them(product):
    assert wait_until(product.is_serving, seconds=30)

    answered = [product.is_serving() for _ in range(10)]
    web = pid_of(product.folder, "web", "gunicorn")
    workers = [int(pid) for pid in Path(f"/proc/{web}/task/{web}/children").read_text().split()]
    own = [memory(pid, "Private_Dirty") / memory(pid, "Rss") for pid in workers]

    assert all(answered)
    assert len(own) == 2
    assert max(own) < 0.4


def test_the_supervisor_starts_without_loading_the_product():
    ask = "import config.servers.supervise, sys; print({'django', 'celery', 'redis'} & {*sys.modules})"

    said = subprocess.run(
        [sys.executable, "-c", ask], cwd=CHECKOUT, capture_output=True, text=True, check=False
    )

    assert said.stdout == "set()\n", said.stderr
