"""The guard of query counts: what each page may ask, in tests/query_counts.json.

A count that changes on purpose is renewed with `RENEW_QUERY_COUNTS=1` and reviewed as a diff.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from django.db import connection
from django.test.utils import CaptureQueriesContext

COUNTS = Path(__file__).with_name("query_counts.json")
# Sent only because a test runs inside a transaction of its own: savepoints instead of BEGIN, and
# the tenant's setting taken back, which otherwise ends with the transaction.
OF_THE_TEST = (
    "SAVEPOINT",
    "RELEASE SAVEPOINT",
    "ROLLBACK TO SAVEPOINT",
    "SELECT set_config('app.tenant_id', '', true)",
)
# Sent by the first page in a quarter of an hour, and by a token's first call in five minutes.
NOW_AND_THEN = (
    'UPDATE "tenants_membership" SET "last_seen_at"',
    'UPDATE "tenants_apitoken" SET "last_used_at"',
)


def counted(call: Callable[[], Any]) -> tuple[Any, list[str]]:
    """Return what a call gives, and the statements it sent to the database."""
    with CaptureQueriesContext(connection) as captured:
        answer = call()
    sent = [query["sql"] for query in captured.captured_queries]
    return answer, [sql for sql in sent if not sql.startswith(OF_THE_TEST + NOW_AND_THEN)]


def check_count(name: str, statements: list[str]) -> None:
    """Compare a page's statements with its line in the list of counts."""
    known: dict[str, int] = json.loads(COUNTS.read_text()) if COUNTS.exists() else {}
    if os.environ.get("RENEW_QUERY_COUNTS"):
        known[name] = len(statements)
        COUNTS.write_text(json.dumps(dict(sorted(known.items())), indent=2) + "\n")
    listing = "\n".join(statements)
    assert known.get(name) == len(statements), f"{name} sent {len(statements)}:\n{listing}"
