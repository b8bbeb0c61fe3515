"""Probes for whoever runs the product: is it alive, is it ready."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import redis
from django.conf import settings
from django.db import DatabaseError, connection
from django.db.migrations.loader import MigrationLoader
from django.http import HttpRequest, HttpResponse, JsonResponse

from .web import Request

SILENT_AFTER = timedelta(seconds=60)
BEHIND_AFTER = timedelta(seconds=60)

WORK = """
SELECT (SELECT seen_at FROM tenants_heartbeat WHERE name = 'worker'),
       (SELECT min(oldest_at) FROM list_marked_tenants(1))
"""


def healthz(request: HttpRequest) -> HttpResponse:
    """Answer while the process can answer at all."""
    return HttpResponse("ok\n", content_type="text/plain")


def readyz(request: Request) -> JsonResponse:
    """Say what works: database, migrations, Redis, worker, marks.

    Only database and migrations make it 503. Without Redis or a worker the product still takes
    measurements and shows pages, so taking it out of service would make matters worse.
    """
    checks = _database() | {"redis": _redis()}
    if checks["database"] == "ok":
        checks |= _work(request.now)
    fit = checks["database"] == checks["migrations"] == "ok"
    state = "not ready" if not fit else "ok" if set(checks.values()) == {"ok"} else "degraded"
    return JsonResponse({"status": state, "checks": checks}, status=200 if fit else 503)


def _database() -> dict[str, str]:
    try:
        loader = MigrationLoader(connection)
    except DatabaseError:
        return {"database": "not reachable", "migrations": "unknown"}
    missing = set(loader.disk_migrations or ()) - set(loader.applied_migrations or ())
    return {
        "database": "ok",
        "migrations": f"{len(missing)} not applied" if missing else "ok",
    }


def _redis() -> str:
    client = redis.Redis.from_url(
        settings.REDIS_URL, socket_connect_timeout=0.5, socket_timeout=0.5
    )
    try:
        client.ping()
    except (redis.RedisError, OSError):
        return "not reachable"
    finally:
        client.close()
    return "ok"


def _work(now: datetime) -> dict[str, Any]:
    with connection.cursor() as cursor:
        cursor.execute(WORK)
        seen_at, oldest_at = cursor.fetchone()
    silent = seen_at is None or now - seen_at > SILENT_AFTER
    behind = oldest_at is not None and now - oldest_at > BEHIND_AFTER
    return {
        "worker": "silent" if silent else "ok",
        "marks": f"oldest {int((now - oldest_at).total_seconds())} s" if behind else "ok",
    }
