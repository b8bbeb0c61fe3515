"""Reads of metrics."""

from __future__ import annotations

from django.db import connection
from django.shortcuts import get_object_or_404

from ..models import Metric
from .editing import (
    Changer,
    change_refusal,
    find_agreed,
    find_counted,
    get_source,
    get_target,
    is_measured,
    latest_definition,
    list_archived_metrics,
    list_definitions,
    list_free_metrics,
    list_metrics_at,
    list_metrics_fed_by,
    list_pilot_sources_of,
    list_pilots_aiming,
    list_pilots_with,
    list_primaries,
    list_sources,
    list_sources_of,
    list_using,
)
from .fields import list_fields_of

MAX_TENANTS = 500


def list_marked_tenants(limit: int = MAX_TENANTS) -> list[int]:
    """Return tenants with unprocessed marks, oldest mark first. Needs no tenant context."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT tenant_id FROM list_marked_tenants(%s)", [limit])
        return [tenant_id for (tenant_id,) in cursor.fetchall()]


def list_metrics() -> list[Metric]:
    """Return the tenant's metrics that are not archived, by code."""
    return list(Metric.objects.filter(archived_at=None).order_by("code"))


def get_metric(code: str) -> Metric:
    """Return one metric, archived or not; 404 when there is none."""
    return get_object_or_404(Metric, code=code)


__all__ = [
    "Changer",
    "change_refusal",
    "find_agreed",
    "find_counted",
    "get_metric",
    "get_source",
    "get_target",
    "is_measured",
    "latest_definition",
    "list_archived_metrics",
    "list_definitions",
    "list_fields_of",
    "list_free_metrics",
    "list_marked_tenants",
    "list_metrics",
    "list_metrics_at",
    "list_metrics_fed_by",
    "list_pilot_sources_of",
    "list_pilots_aiming",
    "list_pilots_with",
    "list_primaries",
    "list_sources",
    "list_sources_of",
    "list_using",
]
