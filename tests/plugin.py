"""Starts throwaway PostgreSQL and Redis for a test run, before Django reads its settings.

With DATABASE_URL, DATABASE_OWNER_URL, DATABASE_PLATFORM_URL, DATABASE_ADMIN_URL and REDIS_URL in
the environment the tests use those servers instead, in databases of their own. TEST_RUN_FOLDER,
which all processes of a run share, is for what is made once a run.

Also keeps the garbage collector from walking all of Django again and again: what is imported stays
for good. What a test leaves in a cycle is still collected, and pytest's last look at the end of a
run still reports what was never closed.
"""

import gc
import os
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

BETWEEN_COLLECTIONS = 20_000  # objects; Python's own 700 are for a process with little memory

_servers = ExitStack()


def _folder() -> str:
    """Return a new folder that is deleted at the end; the servers' account can enter it."""
    folder = _servers.enter_context(tempfile.TemporaryDirectory(prefix="w12-"))
    Path(folder).chmod(0o711)
    return folder


def _leave_nothing_on_given_servers() -> None:
    from tests.databases import drop_migrated

    drop_migrated()


@pytest.hookimpl(wrapper=True)
def pytest_load_initial_conftests() -> Iterator[None]:
    gc.disable()
    os.environ.setdefault("PLAIN_STATIC", "1")
    begins_the_run = not os.environ.get("TEST_RUN_FOLDER")
    if begins_the_run:
        os.environ["TEST_RUN_FOLDER"] = _folder()
        os.environ["FILES_ROOT"] = _folder()
    if not os.environ.get("DATABASE_ADMIN_URL"):
        from config.servers.embedded import running

        addresses = _servers.enter_context(running(Path(_folder()), durable=False))
        os.environ.update(addresses.environ())
    elif begins_the_run:
        _servers.callback(_leave_nothing_on_given_servers)
    yield


def pytest_collection_finish() -> None:
    gc.collect()
    gc.freeze()
    gc.set_threshold(BETWEEN_COLLECTIONS, 10, 10)
    gc.enable()


def pytest_unconfigure() -> None:
    _servers.close()
