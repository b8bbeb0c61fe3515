"""Weekly values from measurements, by kind; gaps, zeros, corrections and the sweep."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.core.management import call_command
from django.db import ProgrammingError, connection, transaction

from common.tenancy.context import tenant
from metrics import wire
from metrics.actions import coverage, recompute, sync
from metrics.models import Coverage, Mark, Metric, Snapshot, Source, Summary
from tests.conftest import NOW, Cast, signed_in

MONDAY = date(2026, 3, 2)


def metric(kind: str, **fields: str) -> Metric:
    Source.objects.get_or_create(code="erp", defaults={"name": "ERP"})
    made: Metric = Metric.objects.create(
        **{
            "code": "m",
            "name": "M",
            "kind": kind,
            "unit": "h",
            "direction": "down",
            "zone": "Europe/Berlin",
            "exposure": "week" if kind == "rate" else "",
            **fields,
        }
    )
    return made


def sync_items(*figures: dict[str, object], at: str = "2026-03-03") -> None:
    items = [
        {
            "metric": "m",
            "source": "erp",
            "event_at": at,
            "external_id": str(n),
            **figure,
        }
        for n, figure in enumerate(figures)
    ]
    rows = ((n, item) for n, item in enumerate(items))
    outcome = sync.record_measurements(
        wire.decode_rows(rows, "keep_good"),
        actor="system:test",
        channel="api",
        now=NOW,
        default_zone="UTC",
    )
    assert not outcome.rejected
    recompute.recompute()


def cover(counted: Metric, first: int, last: int) -> None:
    """Declare days as reported, counted from the Monday."""
    Coverage.objects.create(
        source=Source.objects.get(),
        metric=counted,
        from_date=MONDAY + timedelta(days=first),
        through_date=MONDAY + timedelta(days=last),
        actor="system:test",
    )


@pytest.mark.parametrize(
    ("kind", "figures", "value"),
    [
        ("mean", [{"value": 1}, {"value": 2}, {"value": 6}], 3.0),
        ("mean", [{"numerator": 30, "denominator": 10}, {"value": 14}], 4.0),
        ("median", [{"value": 1}, {"value": 2}, {"value": 60}], 2.0),
        ("median", [{"value": 1}, {"value": 2}], 1.5),
        ("median", [{"value": 7.25, "denominator": 12}], 7.25),
        (
            "median",
            [{"value": 1, "denominator": 3}, {"value": 9, "denominator": 1}],
            1.0,
        ),
        (
            "median",
            [{"value": 1, "denominator": 2}, {"value": 9, "denominator": 2}],
            5.0,
        ),
        (
            "proportion",
            [{"numerator": 1, "denominator": 1}, {"numerator": 0, "denominator": 3}],
            0.25,
        ),
        ("proportion", [{"value": 1}, {"value": 0}], 0.5),
        (
            "ratio",
            [{"numerator": 3, "denominator": 2}, {"numerator": 3, "denominator": 4}],
            1.0,
        ),
        (
            "ratio",
            [{"numerator": 3, "denominator": 2}, {"numerator": 1, "denominator": 0}],
            2.0,
        ),
        ("rate", [{"numerator": 2, "denominator": 1}], 2.0),
        ("rate", [{"numerator": 0, "denominator": 1}], 0.0),
    ],
)
def test_each_kind_adds_up_its_week(
    acme: int, kind: str, figures: list[dict[str, object]], value: float
) -> None:
    metric(kind)

    sync_items(*figures)

    assert Snapshot.objects.get().value == pytest.approx(value)


def test_the_week_is_cut_in_the_zone_of_the_metric(acme: int) -> None:
    metric("mean", zone="America/Chicago")

    sync_items({"value": 1}, at="2026-03-02T04:00:00+00:00")

    assert Snapshot.objects.get().week == date(2026, 2, 23)


def test_a_week_without_measurements_is_a_gap(acme: int) -> None:
    metric("mean")

    sync_items({"value": 1}, at="2026-03-03")

    assert Snapshot.objects.count() == 1


def test_a_reported_day_without_events_is_a_zero(acme: int) -> None:
    counted = metric("rate")
    cover(counted, 0, 6)
    Mark.objects.bulk_create([Mark(tenant_id=acme, metric_id=counted.id, week=MONDAY)])

    recompute.recompute()

    snapshot = Snapshot.objects.get()
    assert (snapshot.n, snapshot.value, snapshot.denominator) == (0, 0.0, 1.0)


@pytest.mark.parametrize(
    ("exposure", "covered", "events", "denominator", "value", "days"),
    [
        pytest.param("week", None, [1], 0.0, None, 1, id="events alone"),
        pytest.param("day", None, [1, 1, 4], 0.0, None, 2, id="events alone, per day"),
        pytest.param("week", (0, 6), [1, 1], 1.0, 2.0, 7, id="the whole week is covered"),
        pytest.param("week", None, [0, 1, 2, 3, 4, 5, 6, 6], 1.0, 8.0, 7, id="events on all days"),
        pytest.param("day", (0, 3), [4, 5, 6], 7.0, 3 / 7, 7, id="every day by one or the other"),
        pytest.param("week", (0, 2), [1], 3 / 7, 7 / 3, 3, id="the running week so far"),
        pytest.param("day", (0, 2), [1, 1], 3.0, 2 / 3, 3, id="the running week so far, per day"),
        pytest.param("week", (0, 2), [1, 4], 0.0, None, 4, id="an event beside what is covered"),
        pytest.param("day", (0, 2), [4], 0.0, None, 4, id="only an event beside it"),
        pytest.param("week", (-7, 20), [1, 4], 1.0, 2.0, 7, id="a span of several weeks"),
    ],
)
def test_events_of_a_rate_have_a_value_only_over_days_that_are_known(
    acme: int,
    exposure: str,
    covered: tuple[int, int] | None,
    events: list[int],
    denominator: float,
    value: float | None,
    days: int,
) -> None:
    counted = metric("rate", exposure=exposure)
    if covered:
        cover(counted, *covered)

    sync_items(*({"value": 1, "event_at": str(MONDAY + timedelta(days=day))} for day in events))

    snapshot = Snapshot.objects.get(week=MONDAY)
    assert (snapshot.n, snapshot.numerator) == (len(events), len(events))
    assert snapshot.denominator == pytest.approx(denominator)
    assert snapshot.value == (None if value is None else pytest.approx(value))
    assert snapshot.days_reported == days


def test_a_week_of_events_gets_its_value_when_its_days_are_reported(acme: int) -> None:
    counted = metric("rate")
    sync_items({"value": 1})
    silent = Snapshot.objects.get().value

    coverage.report_span(
        source=Source.objects.get(),
        metric_code=counted.code,
        from_date=MONDAY,
        through_date=MONDAY + timedelta(days=6),
        actor="system:test",
        now=NOW,
    )
    recompute.recompute()

    assert (silent, Snapshot.objects.get().value) == (None, 1.0)


def test_a_correction_that_empties_a_week_removes_its_snapshot(acme: int) -> None:
    metric("mean")
    sync_items({"value": 1}, at="2026-03-03")

    sync_items({"value": 1, "revision": 1}, at="2026-03-10")

    assert [s.week for s in Snapshot.objects.all()] == [date(2026, 3, 9)]


def test_the_summary_holds_the_last_weeks_for_the_board(acme: int) -> None:
    metric("mean")
    sync_items({"value": 4}, at="2026-03-03")
    rows = [
        (
            1,
            {
                "metric": "m",
                "source": "erp",
                "event_at": "2026-03-10",
                "external_id": "x",
                "value": 5,
            },
        )
    ]
    sync.record_measurements(
        wire.decode_rows(iter(rows), "keep_good"),
        actor="system:test",
        channel="api",
        now=NOW,
        default_zone="UTC",
    )

    recompute.recompute()

    summary = Summary.objects.get()
    assert (summary.weeks, summary.values) == ([MONDAY, date(2026, 3, 9)], [4.0, 5.0])


def test_the_same_measurements_give_the_same_digest_in_any_order(acme: int) -> None:
    metric("mean")
    metric("mean", code="n")
    for code, order in (("m", (1, 2, 3)), ("n", (3, 1, 2))):
        rows = (
            (
                n,
                {
                    "metric": code,
                    "source": "erp",
                    "event_at": "2026-03-03",
                    "external_id": str(v),
                    "value": v,
                },
            )
            for n, v in enumerate(order)
        )
        sync.record_measurements(
            wire.decode_rows(rows, "keep_good"),
            actor="system:test",
            channel="api",
            now=NOW,
            default_zone="UTC",
        )

    recompute.recompute()

    first, second = Snapshot.objects.values_list("digest", flat=True)
    assert first == second


def test_two_equal_measurements_do_not_cancel_in_the_digest(acme: int) -> None:
    metric("mean")
    sync_items({"value": 1})
    one = Snapshot.objects.get().digest

    sync_items({"value": 1}, {"value": 1}, {"value": 1})

    assert Snapshot.objects.get().digest != one


@pytest.mark.parametrize(
    "statement",
    [
        "INSERT INTO metrics_snapshot (tenant_id, metric_id, week, n, denominator, days_reported,"
        " digest, computed_at) VALUES (1, 1, '2026-03-02', 1, 1, 1, 1, now())",
        "UPDATE metrics_snapshot SET value = 1",
        "DELETE FROM metrics_snapshot",
        "DELETE FROM metrics_mark",
        "UPDATE metrics_summary SET snapshots = 1",
    ],
)
def test_nothing_but_the_recompute_writes_snapshots(acme: int, statement: str) -> None:
    with (
        pytest.raises(ProgrammingError, match="permission denied"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(statement)


def test_without_marks_nothing_happens(acme: int) -> None:
    done = recompute.recompute()

    assert done is not None
    assert (done.marks, done.weeks) == (0, 0)


def test_the_recompute_refuses_to_run_outside_a_tenant(cast: Cast) -> None:
    with (
        pytest.raises(ProgrammingError, match="outside a tenant"),
        transaction.atomic(),
    ):
        recompute.recompute()


def test_a_slice_takes_the_oldest_marks_first(acme: int) -> None:
    metric("mean")
    found = Metric.objects.get()
    Mark.objects.bulk_create(
        [Mark(tenant_id=acme, metric_id=found.id, week=MONDAY) for _ in range(3)]
    )

    done = recompute.recompute(slice_size=2)

    assert done is not None
    assert (done.marks, Mark.objects.count()) == (2, 1)


def test_the_recompute_touches_no_other_tenant(cast: Cast) -> None:
    with tenant(cast.borealis):
        metric("mean")
        found = Metric.objects.get()
        Mark.objects.bulk_create([Mark(tenant_id=cast.borealis, metric_id=found.id, week=MONDAY)])

    with tenant(cast.acme):
        recompute.recompute()

    with tenant(cast.borealis):
        assert Mark.objects.count() == 1


def test_a_full_rebuild_gives_the_same_snapshots(acme: int) -> None:
    metric("median")
    sync_items({"value": 3}, {"value": 5}, {"value": 9})
    before = list(Snapshot.objects.values("week", "n", "value", "p95", "digest"))

    recompute.mark_everything()
    recompute.recompute()

    assert list(Snapshot.objects.values("week", "n", "value", "p95", "digest")) == before


def test_nothing_is_missing_after_a_recompute(acme: int) -> None:
    metric("mean")
    sync_items({"value": 3})

    assert recompute.mark_missing() == 0


def test_the_sweep_command_works_off_all_marks(
    cast: Cast, capsys: pytest.CaptureFixture[str]
) -> None:
    with tenant(cast.acme):
        metric("mean")
        found = Metric.objects.get()
        Mark.objects.bulk_create([Mark(tenant_id=cast.acme, metric_id=found.id, week=MONDAY)])

    call_command("sweep")

    assert "1 metric-weeks recomputed" in capsys.readouterr().out


MANY = """
INSERT INTO metrics_measurement (tenant_id, metric_id, key, source_id, external_id, revision,
    event_at, numerator, denominator, batch_id)
SELECT %s, %s, decode(md5(g::text), 'hex'), %s, g::text, 0,
    timestamptz '2025-01-08 12:00+00' + (g %% %s) * interval '7 days', g %% 97, 1, uuidv7()
FROM generate_series(0, 19999) AS g
"""


def receive_many(tenant_id: int, *, weeks: int) -> None:
    counted = metric("mean")
    with connection.cursor() as cursor:
        cursor.execute(MANY, [tenant_id, counted.pk, Source.objects.get().pk, weeks])
    assert recompute.mark_everything() == weeks


@contextmanager
def too_slow(*, above: int = 0) -> Iterator[None]:
    """Let a recompute of more marks than that run into the time limit of a statement.

    The limit is set inside the savepoint of the recompute and goes with it: so nothing but the
    recompute itself, which has 20 000 rows to add up in a millisecond, can run into it.
    """

    def limited(
        execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any
    ) -> Any:
        if "recompute_tenant" in sql and params[0] > above:
            context["cursor"].connection.execute("SET LOCAL statement_timeout = 1")
        return execute(sql, params, many, context)

    with connection.execute_wrapper(limited):
        yield


def test_marks_that_take_too_long_together_are_worked_off_in_smaller_slices(acme: int) -> None:
    receive_many(acme, weeks=40)

    with too_slow(above=10):
        done = recompute.recompute(slice_size=40)

    assert done is not None
    assert (done.marks, Mark.objects.count()) == (10, 30)


def test_a_week_that_takes_too_long_alone_lets_the_others_go_on(acme: int) -> None:
    receive_many(acme, weeks=1)
    slow = Mark.objects.get().week
    later = metric("mean", code="later")
    Mark.objects.create(tenant_id=acme, metric_id=later.pk, week=slow)

    with too_slow():
        first = recompute.recompute(slice_size=2)
    second = recompute.recompute(slice_size=2)
    third = recompute.recompute(slice_size=2)

    assert first == recompute.Recomputed(marks=0, weeks=0, metrics=0, aside=1)
    assert (second and second.marks, third and third.marks) == (1, 0)
    assert {(mark.week, mark.metric_id == later.pk) for mark in Mark.objects.all()} == {
        (slow, False)
    }


def test_a_week_set_aside_is_tried_again_when_its_time_is_over(acme: int) -> None:
    receive_many(acme, weeks=1)
    mark = Mark.objects.get()
    Mark.objects.create(
        tenant_id=acme,
        metric_id=mark.metric_id,
        week=mark.week,
        aside_until=datetime.now(UTC) - timedelta(hours=1),
    )

    done = recompute.recompute()

    assert done is not None
    assert (done.marks, done.weeks, Mark.objects.count()) == (2, 1, 0)


@pytest.mark.parametrize(("before", "minutes"), [(0, 5), (5, 10), (320, 360), (360, 360)])
def test_a_week_is_set_aside_for_minutes_and_each_time_for_twice_as_long_up_to_six_hours(
    acme: int, before: int, minutes: int
) -> None:
    receive_many(acme, weeks=1)
    mark = Mark.objects.get()
    ended = mark.made_at - timedelta(hours=1)
    for waited in filter(None, {before // 2, before}):
        Mark.objects.create(
            metric_id=mark.metric_id,
            week=mark.week,
            made_at=ended - timedelta(minutes=waited),
            aside_until=ended,
        )
    before_all = set(Mark.objects.values_list("pk", flat=True))

    with too_slow():
        recompute.recompute(slice_size=1)

    made = Mark.objects.exclude(pk__in=before_all).get()
    assert made.aside_until - made.made_at == timedelta(minutes=minutes)


def test_a_week_that_takes_too_long_alone_is_told_in_the_log_and_on_the_health_page(
    cast: Cast, caplog: pytest.LogCaptureFixture
) -> None:
    with tenant(cast.acme):
        receive_many(cast.acme, weeks=1)
        slow = Metric.objects.get().pk
        with too_slow():
            recompute.recompute(slice_size=1)

    page = signed_in(cast.reader).get("/t/acme/settings/health/").content.decode()

    told = [record.getMessage() for record in caplog.records if record.levelname == "ERROR"]
    assert told == [f"metric {slow}, week of 2025-01-06, takes too long: set aside"]
    assert "Weeks set aside" in page
    assert "6 Jan 2025" in page
