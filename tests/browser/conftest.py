"""A real server and a real Chromium for the browser tests.

The server answers from threads of its own, so what a test prepares is committed, and each test
brings its own data (a tenant, or the demo).
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from socketserver import ThreadingMixIn
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

import pytest
from django.core.management import call_command
from django.core.wsgi import get_wsgi_application
from django.db import connections
from django.utils import timezone
from playwright.sync_api import Browser, sync_playwright

from demo import actions as demo
from tests.browser import chromium
from tests.browser.pages import Visitor, Windows

# Playwright keeps an event loop in the test's thread, where Django would refuse the database.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"


class _Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True
    request_queue_size = 64

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        try:
            super().process_request_thread(request, client_address)
        finally:
            connections.close_all()


class _Quiet(WSGIRequestHandler):
    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing: failures show in the test."""


@pytest.fixture(scope="session")
def committed(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    """Let this run read and write the migrated test database without a transaction around it."""
    with django_db_blocker.unblock():
        yield


@pytest.fixture(scope="session")
def replay(committed: None) -> None:
    """Load the demo once, and compute its weeks; its readers change nothing in it."""
    demo.load(now=timezone.now())
    call_command("sweep", verbosity=0)


@pytest.fixture(scope="session")
def site(committed: None) -> Iterator[str]:
    """Serve the product, static files included, and return its address."""
    server = make_server("127.0.0.1", 0, get_wsgi_application(), _Server, _Quiet)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Start Chromium; without one the run ends with a sentence that says how to get it."""
    try:
        path = chromium.ensure()
    except chromium.NoChromium as missing:
        pytest.exit(str(missing), returncode=2)
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=path, args=list(chromium.FLAGS))
        yield running
        running.close()


@pytest.fixture(scope="session")
def windows(site: str, browser: Browser) -> Windows:
    """Return the windows that tests hand on to each other."""
    return Windows(browser, site)


@pytest.fixture
def visitor(windows: Windows) -> Iterator[Visitor]:
    """Return a window factory; the test fails when any of its windows was not quiet."""
    person = Visitor(windows)
    yield person
    person.close()
    person.check_quiet()
