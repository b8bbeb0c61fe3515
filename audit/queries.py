"""Reads of the trail."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from .models import AuditEvent


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the trail. actor: an id with its kind, never a name."""

    seq: int
    at: datetime
    actor: str
    action: str
    object: str
    payload: dict[str, Any]


def list_about(objects: Collection[str], *, since: datetime, limit: int) -> list[Line]:
    """Return the newest lines about some objects, such as `pilot:P-01`, newest first.

    since: keeps the read to the years it needs; the trail is partitioned by year.
    """
    rows = (
        AuditEvent.objects.filter(object__in=list(objects), at__gte=since)
        .order_by("-at", "-seq")
        .values_list("seq", "at", "actor", "action", "object", "payload")
    )
    return [Line(*row) for row in rows[:limit]]
