"""Sending jobs: after commit, by name, and never at the price of the request.

A job is a wake-up; the work stands in the database and a periodic sweep finds it. So a thread of
the process hands wake-ups to the broker every tenth of a second, each once, while the request has
long been answered: a slow or missing broker delays nobody.
"""

from __future__ import annotations

import atexit
import logging
import os
import threading
from typing import Any

from django.db import transaction
from kombu.exceptions import OperationalError

from .tenancy.context import require_tenant_id
from .tenancy.tasks import send_for_tenant

log = logging.getLogger(__name__)

DEBOUNCE_SECONDS = 0.1
Job = tuple[str, int, tuple[tuple[str, Any], ...]]


class Outbox:
    """Jobs that wait to be sent, each once; one thread a process empties it."""

    def __init__(self) -> None:
        self._waiting: dict[Job, None] = {}
        self._filled = threading.Condition()
        self._thread: threading.Thread | None = None

    def add(self, job: Job) -> None:
        """Take one job; the same job twice within the debounce is sent once."""
        with self._filled:
            self._waiting[job] = None
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(target=self._work, name="jobs", daemon=True)
                self._thread.start()
            self._filled.notify()

    def flush(self) -> None:
        """Send what waits now."""
        with self._filled:
            jobs, self._waiting = list(self._waiting), {}
        for name, tenant_id, ids in jobs:
            try:
                send_for_tenant(name, tenant_id, **dict(ids))
            except (OperationalError, OSError) as error:
                log.warning("job %s was not sent, a sweep finds its work: %s", name, error)

    def _work(self) -> None:
        stop = threading.Event()
        while True:
            with self._filled:
                while not self._waiting:
                    self._filled.wait()
            stop.wait(DEBOUNCE_SECONDS)
            self.flush()


outbox = Outbox()


@atexit.register
def _flush_at_exit() -> None:
    outbox.flush()


def _forget_parent() -> None:
    """Start empty in a forked child: the parent's thread does not run there."""
    global outbox  # noqa: PLW0603  # a lock of the parent may be held for ever in a child
    outbox = Outbox()


os.register_at_fork(after_in_child=_forget_parent)


def enqueue(name: str, **ids: Any) -> None:
    """Send a task after the transaction commits, for the tenant of this unit of work."""
    job = (name, require_tenant_id(), tuple(sorted(ids.items())))
    transaction.on_commit(lambda: outbox.add(job))
