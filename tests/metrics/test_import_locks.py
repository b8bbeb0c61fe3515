"""An import of many rows keeps nobody waiting: the tenant's trail is told at its very end."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from uuid import UUID

import pytest
from django.db import connection

from audit import actions as audit
from audit.models import AuditEvent
from common import sheets
from common.tenancy.context import tenant
from metrics import wire
from metrics.actions import imports, sync
from metrics.models import ImportFile, Measurement
from portfolio.models import Pilot, Site
from tenants.models import Membership
from tenants.queries import Member, open_membership
from tests.conftest import NOW
from tests.flows.test_locks import elsewhere, impatient, live
from tests.live import Live
from tests.plant import let_lead

__all__ = ["live"]  # the fixture: a committed tenant, for connections that commit

pytestmark = pytest.mark.slow
CONTENT = b"metric,date,source,id,value\n" + b"".join(
    b"lead-time,2026-03-04,erp,%d,4\n" % number for number in range(10_500)
)
# The line that the import will put into its member's inbox, put there by somebody who has not
# committed: the import waits for it, with all its rows stored.
SAME_LINE = """
INSERT INTO tenants_notification (tenant_id, member_id, topic, title, body, path, dedup_key)
SELECT tenant_id, member_id, 'import', 'x', '', '/', 'import:' || id FROM metrics_importfile
"""
SOME_LINE = """
INSERT INTO audit_event (tenant_id, seq, at, actor, action, object, payload, prev, hash)
SELECT id, 0, clock_timestamp(), 'system:test', 'X', 'x:1', '{}', '', '' FROM tenants_tenant
"""


@contextmanager
def member_of(live: Live) -> Iterator[Member]:
    with tenant(live.tenant_id):
        user_id = Membership.objects.get().user_id
    with open_membership(user_id=user_id, slug=live.slug) as found:
        assert found is not None
        yield found


def keep(live: Live, content: bytes) -> ImportFile:
    with tenant(live.tenant_id):
        if not Pilot.objects.filter(code="P-LED").exists():
            let_lead(Membership.objects.get(), site=Site.objects.get())
    with member_of(live) as by:
        return imports.keep_file(name="f.csv", content=content, by=by, now=NOW)


@pytest.fixture
def file(live: Live) -> Iterator[ImportFile]:
    yield keep(live, CONTENT)
    with tenant(live.tenant_id):
        ImportFile.objects.all().delete()


def import_it(live: Live, key: UUID) -> None:
    try:
        with member_of(live) as by:
            file = ImportFile.objects.get(pk=key)
            imports.import_file(file=file, shown=imports.digest(file), by=by, now=NOW)
    finally:
        connection.close()


def wait_until_blocked_by(live: Live, pid: int) -> None:
    query = "SELECT count(*) FROM pg_locks WHERE NOT granted AND %s = ANY(pg_blocking_pids(pid))"
    until = time.monotonic() + 60
    with tenant(live.tenant_id), connection.cursor() as cursor:
        while time.monotonic() < until:
            cursor.execute(query, [pid])
            if cursor.fetchone()[0]:
                return
            time.sleep(0.02)
    raise AssertionError("nobody waits")


def test_others_write_to_the_trail_while_an_import_is_under_way(
    live: Live, file: ImportFile
) -> None:
    importing = threading.Thread(target=import_it, args=(live, file.pk))
    with elsewhere(live, SAME_LINE) as other:
        importing.start()
        wait_until_blocked_by(live, other.info.backend_pid)

        with tenant(live.tenant_id):
            connection.cursor().execute("SET LOCAL lock_timeout = '200ms'")
            audit.record(actor="system:test", action="MEANWHILE", object="x:1")
            seen_meanwhile = Measurement.objects.count()
    importing.join()

    assert seen_meanwhile == 0
    with tenant(live.tenant_id):
        assert Measurement.objects.count() == 10_500
        told = list(AuditEvent.objects.order_by("-seq").values_list("action", flat=True)[:4])
    assert told[:3] == ["FILE_IMPORTED", "MEASUREMENTS_SYNCED", "MEANWHILE"]


def items(*names: str) -> wire.Batch:
    at = "2026-03-04"
    loose = [wire.Loose("lead-time", at, "erp", name, value=5.0) for name in names]
    return wire.Batch(list(enumerate(loose)), [], "keep_good")


def send(*names: str) -> int:
    """Store items in the tenant that is open; return how many are new."""
    return sync.store_measurements(items(*names), now=NOW, default_zone="UTC").created


def send_elsewhere(live: Live, *names: str) -> int:
    """Store items over another connection that waits for nobody, and roll them back."""

    def work() -> int:
        try:
            with impatient(live):
                return send(*names)
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool:
        return pool.submit(work).result()


def work_of(live: Live, file: ImportFile, content: bytes, act: str, done: list[int]) -> None:
    """Import or try a file over a connection of its own, and keep nothing of it."""
    with member_of(live) as by:
        if act == "import":
            found = imports.import_file(file=file, shown=imports.digest(file), by=by, now=NOW)
            done.append(found.outcome["created"])
        else:
            table = sheets.read_table(content)
            done.append(imports.try_file(file=file, table=table, by=by, now=NOW).created)
        connection.set_rollback(True)
    connection.close()


@pytest.mark.parametrize(("act", "waits_for"), [("import", 0), ("try", -1)])
def test_items_of_a_file_are_written_in_one_order_and_those_tried_are_free(
    live: Live, act: str, waits_for: int
) -> None:
    names = [f"ordered-{number}" for number in range(10_500)]
    with tenant(live.tenant_id):
        send(*names)
        written = Measurement.objects.filter(external_id__startswith="ordered-").order_by("key")
        by_key = list(written.values_list("external_id", flat=True))
        connection.set_rollback(True)
    held = by_key.pop(waits_for)
    lines = "".join(f"lead-time,2026-03-04,erp,{name},4\n" for name in [*by_key, held])
    content = f"metric,date,source,id,value\n{lines}".encode()
    done: list[int] = []
    args = (live, keep(live, content), content, act, done)
    working = threading.Thread(target=work_of, args=args)

    with tenant(live.tenant_id):
        send(held)
        working.start()
        wait_until_blocked_by(live, connection.connection.info.backend_pid)
        sent_meanwhile = send_elsewhere(live, *by_key[:20])
        connection.set_rollback(True)
    working.join()

    assert sent_meanwhile == 20
    assert done == [10_500]


def test_a_dry_run_does_not_wait_for_the_trail(live: Live, file: ImportFile) -> None:
    table = sheets.read_table(CONTENT)
    with member_of(live) as by:
        pass

    with elsewhere(live, SOME_LINE), impatient(live):
        report = imports.try_file(file=file, table=table, by=by, now=NOW)

    assert report.taken == 10_500
