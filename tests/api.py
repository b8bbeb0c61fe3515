"""Talking to the API as a client does."""

from __future__ import annotations

import json
from typing import Any

from django.test import Client


class Api:
    """One API client with its token."""

    def __init__(self, token: str) -> None:
        self.headers = {"Authorization": f"Bearer {token}"} if token else {}
        self._client = Client(raise_request_exception=False)

    def call(
        self,
        method: str,
        path: str,
        body: object = None,
        kind: str = "application/json",
        **headers: str,
    ) -> Any:
        """Send one request; a body that is not bytes is written as JSON. `If_Match=` is a header."""
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        data = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body)
        return self._client.generic(
            method,
            path if path.startswith("/") else f"/api/v1/{path}",
            data,
            content_type=kind,
            headers=self.headers | sent | {"Content-Type": kind},
        )

    def get(self, path: str, **headers: str) -> Any:
        return self.call("GET", path, **headers)

    def post(self, path: str, body: object, kind: str = "application/json", **headers: str) -> Any:
        return self.call("POST", path, body, kind, **headers)

    def patch(self, path: str, body: object, **headers: str) -> Any:
        return self.call("PATCH", path, body, **headers)
