"""Recording measurements through the action."""

import json

import psycopg
import pytest
from django.db import connection

from metrics import arrays, wire
from metrics.actions import recompute, sync
from metrics.models import Measurement, Metric, Snapshot, Source
from tests.conftest import NOW


@pytest.fixture
def otif(acme: int) -> Metric:
    Source.objects.create(code="erp", name="ERP")
    made: Metric = Metric.objects.create(
        code="otif",
        name="OTIF",
        kind="proportion",
        unit="%",
        direction="up",
        zone="Europe/Berlin",
    )
    return made


def send(*items: dict[str, object], mode: str = "keep_good") -> sync.Outcome:
    body = json.dumps({"mode": mode, "measurements": items}).encode()
    return sync.record_measurements(
        wire.decode_json(body),
        actor="system:test",
        channel="api",
        now=NOW,
        default_zone="UTC",
    )


def item(**changes: object) -> dict[str, object]:
    return {
        "metric": "otif",
        "event_at": "2026-03-02T08:00:00+01:00",
        "source": "erp",
        "external_id": "line-1",
        "numerator": 1,
        "denominator": 2,
        **changes,
    }


def test_an_item_sent_twice_counts_once(otif: Metric) -> None:
    first, second = send(item()), send(item())

    recompute.recompute()
    assert (first.created, second.created, second.unchanged) == (1, 0, 1)
    assert Snapshot.objects.get().denominator == 2


def test_a_newer_revision_moves_the_event_to_another_week(otif: Metric) -> None:
    send(item())
    recompute.recompute()

    outcome = send(item(revision=1, event_at="2026-03-09T08:00:00+01:00"))
    recompute.recompute()

    assert outcome.superseded == 1
    assert [str(week) for week in Snapshot.objects.values_list("week", flat=True)] == ["2026-03-09"]


def test_the_same_revision_with_other_content_is_a_conflict(otif: Metric) -> None:
    send(item())

    outcome = send(item(numerator=0))

    assert [r.code for r in outcome.rejected] == ["revision_conflict"]


def test_words_in_a_number_cell_are_told_to_the_sender(otif: Metric) -> None:
    rows = [item(numerator="See DN-304"), item(numerator="4,5"), item(numerator="4.5\x00x")]

    outcome = sync.record_measurements(
        wire.decode_rows(iter(enumerate(rows)), "keep_good"),
        actor="system:test",
        channel="import",
        now=NOW,
        default_zone="UTC",
    )

    assert [(one.code, one.field) for one in outcome.rejected] == [("wrong_type", "numerator")] * 3
    assert outcome.rejected[0].detail.startswith("'See DN-304' is not a number.")
    assert outcome.rejected[2].detail.startswith("'4.5x' is not a number.")


def test_a_replayed_item_is_found_by_its_key_and_not_by_its_metric(otif: Metric) -> None:
    send(item())
    one = Measurement.objects.get()
    values = {
        "tenant": one.tenant_id,
        "metric_id": arrays.int8s([one.metric_id]),
        "key": arrays.keys([bytes(one.key)]),
        "revision": arrays.int4s([0]),
        "event_at": arrays.instants([one.event_at]),
        "recorded_at": arrays.instants_or_null([None]),
        "numerator": arrays.float8s([1.0]),
        "denominator": arrays.float8s([2.0]),
        "site_id": arrays.uuids_or_null([None]),
    }
    cursor = psycopg.Cursor(connection.connection)
    cursor.adapters.register_dumper(arrays.Array, arrays.ArrayDumper)

    cursor.execute("SET LOCAL enable_seqscan = off")
    cursor.execute("EXPLAIN " + sync.CONFLICTS, values)
    plan = " ".join(line for (line,) in cursor.fetchall())

    assert "metrics_measurement_pkey" in plan
    assert "metrics_measurement_week" not in plan
