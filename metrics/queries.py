"""Reads of metrics."""

from __future__ import annotations

from django.db import connection

MAX_TENANTS = 500


def list_marked_tenants(limit: int = MAX_TENANTS) -> list[int]:
    """Return tenants with unprocessed marks, oldest mark first. Needs no tenant context."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT tenant_id FROM list_marked_tenants(%s)", [limit])
        return [tenant_id for (tenant_id,) in cursor.fetchall()]
