"""Protections of the sync and the recompute that no answer shows: locks, marks, copies."""

import os
from typing import Any

import psycopg
from django.db import connection

from common.tenancy.context import tenant
from metrics.actions import recompute
from metrics.models import Mark, Measurement, MeasurementRevision, Metric, Source
from tests.conftest import Cast
from tests.metrics.test_sync_action import item, otif, send

__all__ = ["otif"]  # the fixture of the tests of the action


def rows(query: str, *params: Any) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(query, params)
        return list(cursor.fetchall())


def test_what_a_correction_replaces_is_kept_as_it_was(otif: Metric) -> None:
    send(item(numerator=1, recorded_at="2026-03-02T09:00:00+01:00"))
    before: dict[str, Any] = dict(Measurement.objects.values().get())

    send(item(revision=3, numerator=0, event_at="2026-03-10T08:00:00+01:00"))

    kept: dict[str, Any] = dict(MeasurementRevision.objects.values().get())
    assert {name: kept[name] for name in before if name != "pk"} == {
        name: value for name, value in before.items() if name != "pk"
    }
    assert Measurement.objects.get().revision == 3


def test_every_batch_leaves_a_mark_of_its_own(otif: Metric) -> None:
    # A mark that stands for "somebody else marked it already" loses the update between
    # the recompute's look at the data and its commit.
    send(item(external_id="1"))
    send(item(external_id="2"))

    assert Mark.objects.count() == 2


def test_metrics_and_sources_of_a_batch_are_held_until_commit(otif: Metric) -> None:
    locker = "SELECT xmax::text::bigint FROM {}"
    query = " UNION ALL ".join(locker.format(t) for t in ("metrics_metric", "metrics_source"))
    assert rows(query) == [(0,), (0,)]

    send(item())

    # The locker stands in the row itself: FOR KEY SHARE was taken on both.
    assert all(by != 0 for (by,) in rows(query))


def test_a_recompute_holds_its_tenant_until_commit(otif: Metric) -> None:
    held = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid()"
    assert rows(held) == [(0,)]

    recompute.recompute()

    assert rows(held) == [(1,)]


def test_while_another_worker_has_the_tenant_nothing_is_taken(
    cast: Cast, database_name: str
) -> None:
    with tenant(cast.acme):
        Source.objects.create(code="erp", name="ERP")
        metric = Metric.objects.create(
            code="m", name="M", kind="mean", unit="n", direction="down", zone="UTC"
        )
        Mark.objects.create(metric_id=metric.pk, week="2026-01-05")
    admin_url = os.environ["DATABASE_ADMIN_URL"]
    with psycopg.connect(admin_url, dbname=database_name) as other:
        other.execute("SELECT pg_advisory_xact_lock((1212::bigint << 40) + %s)", [cast.acme])

        with tenant(cast.acme):
            done = recompute.recompute()
            left = Mark.objects.count()
        other.rollback()

    assert (done, left) == (None, 1)
