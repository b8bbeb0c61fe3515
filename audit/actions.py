"""The one function that writes the audit trail."""

import json
from typing import Any

import psycopg
from django.db import connection

from common.tenancy.context import require_tenant_id


def record(
    *,
    actor: str,
    action: str,
    object: str,  # noqa: A002  # the word of the trail
    payload: dict[str, Any] | None = None,
) -> None:
    """Add one line to the tenant's trail. Call it last in an action: it takes the tenant's lock.

    actor: `member:<uuid>`, `client:<prefix>` or `system:<job>`.
    action: a past fact in capitals, `PILOT_CREATED`. object: kind and id, `pilot:P-01`.
    payload: ids, counts and values; no names of persons.
    """
    # INSERT without RETURNING: the read policy must not stand in for the write policy. The time
    # given here only chooses the year's partition; the trigger sets its own a moment later, so
    # clock_timestamp() and not the transaction's start, which may lie in the old year.
    connection.ensure_connection()
    psycopg.Cursor(connection.connection).execute(
        "INSERT INTO audit_event (tenant_id, seq, at, actor, action, object, payload, prev, hash)"
        " VALUES (%s, 0, clock_timestamp(), %s, %s, %s, %s::jsonb, '', '')",
        [require_tenant_id(), actor, action, object, json.dumps(payload or {})],
    )
