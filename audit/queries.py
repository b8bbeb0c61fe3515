"""Reads of the trail."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connections, transaction

from common.tenancy import owner

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


def list_about(
    objects: Collection[str],
    *,
    since: datetime,
    until: datetime,
    limit: int,
    actions: Collection[str] | None = None,
) -> list[Line]:
    """Return the newest lines about some objects, such as `pilot:P-01`, newest first.

    since, until: keep the read to the years it needs; the trail is partitioned by year.
    actions: those that are wanted, None for all.
    """
    found = AuditEvent.objects.filter(object__in=list(objects), at__gte=since, at__lt=until)
    if actions is not None:
        found = found.filter(action__in=list(actions))
    rows = found.order_by("-at", "-seq").values_list(
        "seq", "at", "actor", "action", "object", "payload"
    )
    return [Line(*row) for row in rows[:limit]]


# By number, not by time: a clock that steps back leaves the chain whole.
CHAIN = """
SELECT seq, encode(prev, 'hex'), encode(hash, 'hex'), convert_from(audit_canonical(
    tenant_id, seq, at, actor, action, object, payload), 'UTF8')
FROM audit_event ORDER BY seq
"""
CHUNK = 2_000
HEAD = "SELECT seq, encode(hash, 'hex') FROM audit_head"


def export(slug: str) -> Iterator[str]:
    """Yield a tenant's whole trail as JSON lines, oldest first, and its head as the last line.

    Runs as the owner, for an operator's command: the application role cannot read the head. It
    holds CHUNK lines at a time, the server keeps the rest. However slowly they are taken, the
    transaction waits.
    Raises LookupError for a slug that no tenant has.
    """
    with transaction.atomic(using="owner"), connections["owner"].cursor() as cursor:
        cursor.execute("SET LOCAL row_security = on")
        cursor.execute("SET LOCAL idle_in_transaction_session_timeout = 0")
        tenant_id = owner.find_tenant_id(cursor, slug)
        if tenant_id is None:
            raise LookupError(f"There is no tenant '{slug}'.")
        cursor.execute("SELECT set_config('app.tenant_id', %s, true)", [str(tenant_id)])
        # The head first: a line written meanwhile is then a line too many, never one too few.
        cursor.execute(HEAD)
        seq, digest = cursor.fetchone() or (0, "00")
        for number, prev, own, canonical in _chain():
            if number <= seq:
                line = {"seq": number, "prev": prev, "hash": own, "canonical": canonical}
                yield json.dumps(line, ensure_ascii=False)
        yield json.dumps({"head": {"seq": seq, "hash": digest}})


def _chain() -> Iterator[tuple[int, str, str, str]]:
    """Yield the open tenant's lines through a cursor that the server keeps."""
    with connections["owner"].chunked_cursor() as cursor:
        cursor.execute(CHAIN)
        while chunk := cursor.fetchmany(CHUNK):
            yield from chunk
