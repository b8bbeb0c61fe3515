"""An import of many rows keeps nobody waiting: the tenant's trail is told at its very end."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from uuid import UUID

import pytest
from django.db import connection

from audit import actions as audit
from audit.models import AuditEvent
from common.tenancy.context import tenant
from metrics import sheets
from metrics.actions import imports
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


@pytest.fixture
def file(live: Live) -> Iterator[ImportFile]:
    with tenant(live.tenant_id):
        if not Pilot.objects.filter(code="P-LED").exists():
            let_lead(Membership.objects.get(), site=Site.objects.get())
    with member_of(live) as by:
        kept = imports.keep_file(name="f.csv", content=CONTENT, by=by, now=NOW)
    yield kept
    with tenant(live.tenant_id):
        ImportFile.objects.all().delete()


def import_it(live: Live, key: UUID) -> None:
    try:
        with member_of(live) as by:
            imports.import_file(file=ImportFile.objects.get(pk=key), by=by, now=NOW)
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
    synced = "MEASUREMENTS_SYNCED"
    assert told == ["FILE_IMPORTED", synced, synced, "MEANWHILE"]


def test_a_dry_run_does_not_wait_for_the_trail(live: Live, file: ImportFile) -> None:
    table = sheets.read_table(CONTENT)
    with member_of(live) as by:
        pass

    with elsewhere(live, SOME_LINE), impatient(live):
        report = imports.try_file(file=file, table=table, by=by, now=NOW)

    assert report.taken == 10_500
