"""Recording measurements through the action."""

import json
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import psycopg
import pytest
from django.db import connection

from metrics import arrays, wire
from metrics.actions import recompute, sync
from metrics.models import Coverage, Measurement, Metric, Snapshot, Source
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


def scans(plan: dict[str, Any]) -> Iterator[tuple[str, float]]:
    """Give each scan of the measurements: its index, and how many rows it read."""
    if plan.get("Relation Name") == "metrics_measurement":
        read = plan["Actual Rows"] + plan.get("Rows Removed by Filter", 0)
        yield plan.get("Index Name", plan["Node Type"]), read * plan["Actual Loops"]
    for below in plan.get("Plans", ()):
        yield from scans(below)


def test_a_replayed_item_is_found_by_its_key_and_not_by_its_metric(otif: Metric) -> None:
    send(*[item(external_id=str(n)) for n in range(3_000)])
    send(item(external_id="0"))
    replayed = list(Measurement.objects.order_by("key")[:20])
    values = {
        "tenant": otif.tenant_id,
        "metric_id": arrays.int8s([otif.id] * 20),
        "key": arrays.keys([bytes(one.key) for one in replayed]),
        "revision": arrays.int4s([0] * 20),
        "event_at": arrays.instants([one.event_at for one in replayed]),
        "recorded_at": arrays.instants_or_null([None] * 20),
        "numerator": arrays.float8s([1.0] * 20),
        "denominator": arrays.float8s([2.0] * 20),
        "site_id": arrays.uuids_or_null([None] * 20),
    }
    cursor = psycopg.Cursor(connection.connection)
    cursor.adapters.register_dumper(arrays.Array, arrays.ArrayDumper)

    # The replay above said so; without it the plan is right or wrong by chance.
    assert cursor.execute("SHOW enable_sort").fetchone() == ("off",)
    cursor.execute("EXPLAIN (ANALYZE, FORMAT JSON) " + sync.CONFLICTS, values)

    (((found,),),) = cursor.fetchall()
    assert list(scans(found["Plan"])) == [("metrics_measurement_pkey", 20)]


@pytest.fixture
def stops(acme: int) -> Metric:
    Source.objects.create(code="erp", name="ERP")
    made: Metric = Metric.objects.create(
        code="stops",
        name="Stops",
        kind="rate",
        unit="1",
        exposure="day",
        direction="down",
        zone="Europe/Berlin",
    )
    return made


def stop(number: int, exposure: float | None = None, **changes: object) -> dict[str, object]:
    """Return two events: by themselves, or with the days in which they happened."""
    figures = {"value": 2} if exposure is None else {"numerator": 2, "denominator": exposure}
    whole = item(metric="stops", external_id=f"stop-{number}", **changes)
    return {k: v for k, v in whole.items() if k not in {"numerator", "denominator"}} | figures


def refused(outcome: sync.Outcome) -> list[tuple[int, str]]:
    return [(one.index, one.code) for one in outcome.rejected]


@pytest.mark.parametrize(("standing", "sent"), [(None, 1.0), (1.0, None)])
def test_a_week_of_a_rate_takes_its_exposure_with_every_item_or_with_none(
    stops: Metric, standing: float | None, sent: float | None
) -> None:
    send(stop(1, standing))

    outcome = send(
        stop(2, sent),
        stop(3, standing),
        stop(4, sent, event_at="2026-03-09T00:00:00+01:00"),
        stop(5, sent, event_at="2026-03-01T23:59:00+01:00"),
    )

    assert refused(outcome) == [(0, "mixed_exposure")]
    assert outcome.created == 3


def test_in_a_new_week_the_items_with_exposure_are_taken(stops: Metric) -> None:
    outcome = send(stop(1), stop(2, 1.0), stop(3))

    assert refused(outcome) == [(0, "mixed_exposure"), (2, "mixed_exposure")]
    assert outcome.created == 1


def test_a_batch_may_correct_a_whole_week_to_the_other_sort_and_old_ones_change_nothing(
    stops: Metric,
) -> None:
    send(stop(1), stop(2))

    one_of_two = send(stop(1, 1.0, revision=1))
    both = send(stop(1, 1.0, revision=1), stop(2, 1.0, revision=1))
    replay = send(stop(1), stop(2))
    recompute.recompute()

    assert refused(one_of_two) == [(0, "mixed_exposure")]
    assert (both.superseded, refused(both)) == (2, [])
    assert (replay.unchanged, refused(replay)) == (2, [])
    assert Snapshot.objects.get().value == 2.0


NEXT_WEEK = "2026-03-11T00:00:00+01:00"


def test_an_item_that_does_not_leave_its_week_after_all_counts_there(stops: Metric) -> None:
    span = {"from_date": date(2026, 3, 2), "through_date": date(2026, 3, 15)}
    Coverage.objects.create(source=Source.objects.get(), metric=stops, actor="system:test", **span)
    send(stop(1), stop(2, event_at=NEXT_WEEK))

    outcome = send(stop(1, 1.0, revision=1, event_at=NEXT_WEEK), stop(3, 1.0), stop(4))
    recompute.recompute()

    assert refused(outcome)[:2] == [(0, "mixed_exposure"), (1, "mixed_exposure")]
    assert [s.value is None for s in Snapshot.objects.order_by("week")] == [False, False]


def test_refusals_go_on_through_a_chain_of_weeks_and_stop_there(stops: Metric) -> None:
    weeks = [datetime(2025, 9, 1, 12, tzinfo=UTC) + timedelta(weeks=n) for n in range(20)]
    moves = [stop(n, 1.0, revision=1, event_at=at.isoformat()) for n, at in enumerate(weeks[1:])]
    send(*[stop(n, event_at=at.isoformat()) for n, at in enumerate(weeks)])

    outcome = send(*moves, stop(99, 1.0, event_at="2026-03-02T12:00:00Z"))

    assert [index for index, _ in refused(outcome)] == list(range(19))
    assert outcome.created == 1


def test_a_week_in_which_both_sorts_stand_has_no_value(stops: Metric) -> None:
    send(stop(1, 1.0), stop(2, 1.0))
    Measurement.objects.filter(external_id="stop-1").update(denominator=0)

    recompute.recompute()

    found = Snapshot.objects.get()
    assert (found.n, found.numerator, found.value) == (2, 4.0, None)


@pytest.mark.parametrize(
    "figures",
    [(1.7e308, 1), (1e300, 1e-300), (1e-320, 1e300), (-1e101, 1), (1, 1e-101)],
)
def test_figures_that_no_sum_can_hold_are_refused_and_hold_up_no_week(
    otif: Metric, figures: tuple[float, float]
) -> None:
    Metric.objects.create(
        code="lead", name="Lead time", kind="mean", unit="d", direction="down", zone="UTC"
    )
    numerator, denominator = figures
    bad = {"metric": "lead", "numerator": numerator, "denominator": denominator}
    edge = {"metric": "lead", "numerator": 1e100, "denominator": 1e-100}

    outcome = send(
        item(),
        item(**bad, external_id="a"),
        item(**bad, external_id="b"),
        *[item(**edge, external_id=f"edge-{place}") for place in range(20)],
    )
    recompute.recompute()

    assert [r.code for r in outcome.rejected] == ["not_a_number"] * 2
    assert Snapshot.objects.count() == 2


@pytest.mark.parametrize("at", ["0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59-23:59"])
def test_a_recorded_time_that_no_calendar_holds_is_refused(otif: Metric, at: str) -> None:
    outcome = send(item(), item(external_id="line-2", recorded_at=at))

    assert [(r.code, r.field) for r in outcome.rejected] == [("implausible_date", "recorded_at")]
    assert [row.external_id for row in Measurement.objects.all()] == ["line-1"]
