"""The product over real HTTP, with a committed tenant of its own."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from socketserver import ThreadingMixIn
from typing import Any
from uuid import uuid4
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

from django.core.wsgi import get_wsgi_application
from django.db import connections

from common.tenancy.context import tenant
from metrics.actions import recompute
from tenants import actions as tenants
from tenants.rules import Role, Scope
from tests.conftest import _member, _token


class _Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        try:
            super().process_request_thread(request, client_address)
        finally:
            connections.close_all()


class _Quiet(WSGIRequestHandler):
    def log_message(self, *args: Any) -> None:
        """Say nothing: failures show in the test."""


@dataclass(frozen=True)
class Live:
    """A running product: its address, and a committed tenant with a token for everything."""

    url: str
    tenant_id: int
    slug: str
    token: str


@contextmanager
def serving() -> Iterator[Live]:
    """Serve the product for one committed tenant; what it leaves to compute is computed at the end."""
    name = uuid4().hex[:8]
    slug = f"live-{name}"
    tenant_id = tenants.create_tenant(
        slug=slug, name="Live Works", currency="EUR", zone="Europe/Berlin"
    )
    with tenant(tenant_id):
        token = _token(_member(f"live-{name}", Role.ADMIN), list(Scope))
    server = make_server("127.0.0.1", 0, get_wsgi_application(), _Server, _Quiet)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield Live(f"http://127.0.0.1:{server.server_port}", tenant_id, slug, token)
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
        with tenant(tenant_id):
            recompute.recompute()
        connections["owner"].close()
