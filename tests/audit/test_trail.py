"""The trail cannot be bent from inside: not its numbers, its times, its hashes or its past."""

import hashlib
import itertools
import os
import threading
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from django.db import DatabaseError, connection, connections, transaction

from audit import actions as audit
from audit.models import AuditEvent
from common.tenancy.context import NoTenantContext, tenant
from tenants.actions import create_tenant
from tests.conftest import Cast


def lines() -> list[AuditEvent]:
    return list(AuditEvent.objects.order_by("seq"))


def record(number: int = 1, **payload: Any) -> None:
    audit.record(actor="system:test", action="TESTED", object=f"test:{number}", payload=payload)


def test_each_line_is_chained_to_the_one_before(acme: int) -> None:
    before = lines()[-1]

    record(1)
    record(2)

    first, second = lines()[-2:]
    assert [first.seq, second.seq] == [before.seq + 1, before.seq + 2]
    assert [bytes(first.prev), bytes(second.prev)] == [bytes(before.hash), bytes(first.hash)]


def test_the_hash_covers_tenant_number_time_actor_action_object_and_payload(acme: int) -> None:
    record(1, text="Zoë ÷ 5 %", n=1.5)

    line = lines()[-1]
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT jsonb_build_array(%s::bigint, %s::bigint, %s::bigint, %s::text, %s::text,"
            " %s::text, %s::jsonb)::text",
            [
                acme,
                line.seq,
                (line.at - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1),
                "system:test",
                "TESTED",
                "test:1",
                '{"text": "Zoë ÷ 5 %", "n": 1.5}',
            ],
        )
        canonical = cursor.fetchone()[0]
    expected = hashlib.sha256(bytes(line.prev) + canonical.encode()).digest()
    assert bytes(line.hash) == expected


def test_what_a_client_claims_of_number_time_and_hash_is_overwritten(acme: int) -> None:
    last = lines()[-1]

    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO audit_event (tenant_id, seq, at, actor, action, object, payload, prev,"
            " hash) VALUES (%s, 999, now(), 'a', 'A', 'o', '{}', 'forged', 'forged')",
            [acme],
        )

    line = lines()[-1]
    assert line.seq == last.seq + 1
    assert line.at > last.at
    assert bytes(line.prev) == bytes(last.hash)
    assert bytes(line.hash) != b"forged"


@pytest.mark.parametrize("claimed", ["2024-05-05", "2044-05-05"])
def test_a_line_is_never_filed_under_another_year(acme: int, claimed: str) -> None:
    # The partition is chosen by the time the client claims; the trigger then sets the true one.
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO audit_event (tenant_id, seq, at, actor, action, object, payload, prev,"
            " hash) VALUES (%s, 1, %s, 'a', 'A', 'o', '{}', '', '')",
            [acme, claimed],
        )


@pytest.mark.parametrize("column", ["actor", "action"])
def test_a_line_without_actor_or_action_is_refused(acme: int, column: str) -> None:
    given: dict[str, Any] = {"actor": "a", "action": "A", column: ""}

    with (
        pytest.raises(psycopg.errors.CheckViolation, match=f"audit_event_{column}_given"),
        transaction.atomic(),
    ):
        audit.record(object="o", **given)


def test_outside_a_tenant_nothing_is_recorded(cast: Cast) -> None:
    with pytest.raises(NoTenantContext):
        record()


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_event SET actor = 'x'",
        "DELETE FROM audit_event",
        "TRUNCATE audit_event",
        "TRUNCATE audit_event_2026",
        "DELETE FROM audit_event_2026",
        "UPDATE audit_event_2026 SET actor = 'x'",
        "UPDATE metrics_measurementrevision SET revision = 1",
        "TRUNCATE metrics_measurementrevision",
    ],
)
def test_even_the_owner_and_an_administrator_change_nothing(
    acme: int, database_name: str, statement: str
) -> None:
    """Row triggers fire only where there are rows: the cast's own lines are committed."""
    with (
        psycopg.connect(os.environ["DATABASE_ADMIN_URL"], dbname=database_name) as admin,
        admin.cursor() as cursor,
    ):
        if statement.startswith(("UPDATE metrics", "DELETE metrics")):
            cursor.execute(
                "INSERT INTO metrics_measurementrevision (tenant_id, metric_id, key, source_id,"
                " external_id, revision, event_at, numerator, denominator, batch_id)"
                " VALUES (1, 1, 'k', 1, 'x', 0, now(), 1, 1, uuidv7())"
            )
        with pytest.raises(psycopg.errors.InsufficientPrivilege, match="append-only"):
            cursor.execute(statement)
        admin.rollback()


def test_a_rolled_back_line_leaves_no_gap(acme: int) -> None:
    record(1)
    with transaction.atomic():
        record(2)
        transaction.set_rollback(True)
    record(3)

    first, second = lines()[-2:]
    assert [first.object, second.object] == ["test:1", "test:3"]
    assert second.seq == first.seq + 1


@pytest.fixture(scope="module")
def own_tenant(django_db_setup: None, django_db_blocker: Any) -> int:
    """A committed tenant, for threads that commit."""
    with django_db_blocker.unblock():
        tenant_id = create_tenant(
            slug=f"trail-{uuid4().hex[:8]}", name="Trail", currency="EUR", zone="UTC"
        )
        connections["owner"].close()
    return tenant_id


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_eight_writers_at_once_with_failures_leave_one_whole_chain(own_tenant: int) -> None:
    def write(name: int) -> None:
        try:
            for number in range(6):
                try:
                    with tenant(own_tenant):
                        record(name * 10 + number)
                        if number % 3 == 2:
                            raise ValueError("injected")
                except ValueError:
                    pass
        finally:
            connection.close()

    threads = [threading.Thread(target=write, args=(name,)) for name in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    with tenant(own_tenant):
        chain = lines()
    assert [line.seq for line in chain] == list(range(1, 33))
    pairs = itertools.pairwise(chain)
    assert all(bytes(after.prev) == bytes(before.hash) for before, after in pairs)
