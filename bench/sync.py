"""Sync in process: the product's path against raw COPY and against the DRF rival, row for row."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from hashlib import blake2b
from statistics import median
from typing import Any
from uuid import uuid4

import psycopg

from . import data
from .measure import Cost, timed
from .stage import Stage, now, recent
from .tables import Goal, Report, at_least, at_most

COLUMNS = (
    "tenant_id, metric_id, key, source_id, external_id, revision, event_at, recorded_at, numerator,"
    " denominator, site_id, batch_id"
)
TYPES = [
    "int8",
    "int8",
    "bytea",
    "int8",
    "text",
    "int4",
    "timestamptz",
    "timestamptz",
    "float8",
    "float8",
    "uuid",
    "uuid",
]
# Batch size: how many batches a round, and the floors and aims of the share of COPY.
SIZES = {1: 200, 100: 40, 1_000: 12, 10_000: 2}
SHARES: dict[int, Goal] = {1_000: at_least(0.70, 0.50), 10_000: at_least(0.50, 0.40)}
RIVAL: dict[int, Goal] = {1_000: at_least(5, 4)}
WARM_UP = 8  # small batches first, so that plans are cached as in a process that serves
Row = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Batch:
    """The same items three times: as a client's body, as rows as sent, and as rows by key."""

    body: bytes
    rows: list[Row]
    by_key: list[Row]


@dataclass(frozen=True, slots=True)
class Contender:
    """One way to store a batch, and the connection whose backend does the work."""

    name: str
    store: Callable[[Batch], object]
    connection: psycopg.Connection[Any]


def run(stage: Stage, report: Report) -> None:
    """Compare at each batch size, then memory and what the wake-up costs."""
    plant = stage.plant("bench")
    stage.owner.execute("DROP TABLE IF EXISTS bench_copy")
    stage.owner.execute("CREATE TABLE bench_copy (LIKE metrics_measurement INCLUDING ALL)")
    contenders = make_contenders(stage, plant)
    for size, count in SIZES.items():
        batches = make_batches(plant, size, max(count // 5, 1) if stage.quick else count)
        compare(stage, report, contenders, batches, size)
    stage.owner.execute("DROP TABLE bench_copy")  # no process starts beside an open table
    split(stage, report, plant)
    wake_up(stage, report, plant)
    memory(stage, report, plant)


def make_contenders(stage: Stage, plant: data.Plant) -> list[Contender]:
    """Return the product, COPY in three forms, and the rival."""
    from django.db import connection

    from bench.peer.serializers import MeasurementSerializer
    from common.tenancy.context import tenant
    from metrics import wire
    from metrics.actions import sync

    def product(batch: Batch) -> None:
        with tenant(plant.tenant_id):
            outcome = sync.record_measurements(
                wire.decode_json(batch.body),
                actor="system:bench",
                channel="api",
                now=now(),
                default_zone="UTC",
            )
        assert outcome.created == len(batch.rows), outcome

    def rival(batch: Batch) -> None:
        with tenant(plant.tenant_id):
            serializer = MeasurementSerializer(
                data=json.loads(batch.body)["measurements"],
                many=True,
                context={"actor": "system:bench"},
            )
            serializer.is_valid(raise_exception=True)
            assert len(serializer.save()) == len(batch.rows)

    def copy(rows: list[Row], form: str) -> None:
        with stage.owner.cursor().copy(f"COPY bench_copy ({COLUMNS}) FROM STDIN {form}") as to:
            if form:
                to.set_types(TYPES)
            for row in rows:
                to.write_row(row)

    connection.ensure_connection()
    own: psycopg.Connection[Any] = connection.connection
    return [
        Contender("product", product, own),
        Contender("COPY", lambda batch: copy(batch.rows, ""), stage.owner),
        Contender("COPY by key", lambda batch: copy(batch.by_key, ""), stage.owner),
        Contender("binary COPY", lambda batch: copy(batch.rows, "(FORMAT binary)"), stage.owner),
        Contender("DRF", rival, own),
    ]


def make_batches(plant: data.Plant, size: int, count: int) -> list[Batch]:
    """Return batches of new items, spread over the plant's metrics and the last weeks."""
    from common.tenancy.context import tenant
    from metrics.models import Metric, Source

    with tenant(plant.tenant_id):
        ids = dict(Metric.objects.values_list("code", "id"))
        source_id = Source.objects.get(code="erp").id
    batches, run_id = [], uuid4().hex[:8]
    for place in range(count):
        items, rows = [], []
        for number in range(place * size, (place + 1) * size):
            code = plant.metrics[number % len(plant.metrics)]
            at = recent(1) - timedelta(hours=number // len(plant.metrics))
            name, value = f"{run_id}-{number:07}", 40 + (number * 7919 % 1000) / 100
            items.append(data.item(code, name, at, numerator=value))
            key = blake2b(f"{source_id}\x1f{name}".encode(), digest_size=16).digest()
            ours = (plant.tenant_id, ids[code], key, source_id, name, 0)
            rows.append((*ours, at, None, value, 1.0, None, uuid4()))
        batches.append(Batch(data.body(items), rows, sorted(rows, key=lambda row: row[1:3])))
    return batches


def compare(
    stage: Stage,
    report: Report,
    contenders: list[Contender],
    batches: list[Batch],
    size: int,
) -> None:
    """Let each contender store the same batches into an empty table, in another order each round."""
    small = make_batches(stage.plant("bench"), 10, WARM_UP)
    costs: dict[str, list[Cost]] = {contender.name: [] for contender in contenders}
    for turn in range(stage.rounds):
        shift = turn % len(contenders)
        for contender in [*contenders[shift:], *contenders[:shift]]:
            stage.admin.execute("TRUNCATE metrics_measurement, metrics_mark, bench_copy")
            for batch in small:
                contender.store(batch)

            def all_of_them(contender: Contender = contender) -> None:
                for batch in batches:
                    contender.store(batch)

            costs[contender.name].append(timed(all_of_them, contender.connection))
    rows = size * len(batches)
    report.section(f"Sync in process, batch of {size}", "CPU of this process and its backend")
    for name, found in costs.items():
        report.line(f"{name}: CPU", [cost.cpu / rows * 1e6 for cost in found], "us a row")
    for name in ("product", "COPY", "DRF"):
        found = costs[name]
        report.line(
            f"{name}: of it the backend", [c.server / rows * 1e6 for c in found], "us a row"
        )
        report.line(f"{name}: wall", [c.wall / rows * 1e6 for c in found], "us a row")
    ours = costs["product"]
    by_key = size == 10_000
    for name in ("COPY", "COPY by key", "binary COPY"):
        judged = name == ("COPY by key" if by_key else "COPY")
        report.line(
            f"share of {name} at {size}, by CPU",
            [c.cpu / o.cpu for c, o in zip(costs[name], ours, strict=True)],
            "",
            SHARES.get(size) if judged else None,
        )
    pairs = list(zip(costs["DRF"], ours, strict=True))
    report.line(
        f"times DRF at {size}, by CPU", [d.cpu / o.cpu for d, o in pairs], "", RIVAL.get(size)
    )
    report.line(f"times DRF at {size}, by wall", [d.wall / o.wall for d, o in pairs], "")
    report.line(
        f"share of COPY at {size}, by wall",
        [c.wall / o.wall for c, o in zip(costs["COPY"], ours, strict=True)],
        "",
    )
    explain(report, costs, size, rows)


def explain(report: Report, costs: dict[str, list[Cost]], size: int, rows: int) -> None:
    """Say in words what keeps the product from its share, from the figures just taken."""
    goal = SHARES.get(size)
    rival = costs["COPY by key" if size == 10_000 else "COPY"]
    ours = costs["product"]
    share = median(c.cpu / o.cpu for c, o in zip(rival, ours, strict=True))
    if goal is None or goal.judge(share) == "met":
        return

    def each(costs: list[Cost], part: str) -> float:
        return median(getattr(cost, part) for cost in costs) / rows * 1e6

    report.note(
        f"Sync at {size}: {each(ours, 'cpu'):.1f} us a row against {each(rival, 'cpu'):.1f} of COPY:"
        f" the backend takes {each(ours, 'server'):.1f} against {each(rival, 'server'):.1f}"
        " (ON CONFLICT, RETURNING, marks and row-level security over the same indexes), this process"
        f" {each(ours, 'client'):.1f} against {each(rival, 'client'):.1f}"
        " (decoding, rules, digests and packing against psycopg's text rows)."
    )


def split(stage: Stage, report: Report, plant: data.Plant) -> None:
    """Show what a row costs step by step in this process, and what a replay costs."""
    import time

    from common.tenancy.context import tenant
    from metrics import wire
    from metrics.actions import sync
    from metrics.models import Metric, Source
    from metrics.rules import items as rules
    from metrics.rules.kinds import KINDS

    size = 1_000
    batches = make_batches(plant, size, 3 * stage.rounds)
    with tenant(plant.tenant_id):
        references = rules.References(
            metrics={
                metric.code: rules.MetricRef(metric.id, KINDS[metric.kind], metric.zone)
                for metric in Metric.objects.all()
            },
            sources=dict(Source.objects.values_list("code", "id")),
            sites={},
        )
    decoded, checked, replayed = [], [], []
    own = make_contenders(stage, plant)[0]
    for batch in batches:
        began = time.process_time()
        found = wire.decode_json(batch.body)
        decoded.append((time.process_time() - began) / size * 1e6)
        began = time.process_time()
        rules.check(found.items, references, now())
        checked.append((time.process_time() - began) / size * 1e6)
        own.store(batch)

        def again(batch: Batch = batch) -> None:
            with tenant(plant.tenant_id):
                outcome = sync.record_measurements(
                    wire.decode_json(batch.body),
                    actor="system:bench",
                    channel="api",
                    now=now(),
                    default_zone="UTC",
                )
            assert outcome.unchanged == size

        replayed.append(timed(again, own.connection).cpu / size * 1e6)
    report.section("Sync at 1 000, step by step")
    report.line("decode the body: CPU", decoded, "us a row")
    report.line("rules, digests and order: CPU", checked, "us a row")
    report.line("an exact replay: CPU, all of it", replayed, "us a row")


def wake_up(stage: Stage, report: Report, plant: data.Plant) -> None:
    """Show what sending the wake-up adds to a transaction."""
    from django.db import connection

    from common import jobs
    from common.tenancy.context import tenant

    count = 20 if stage.quick else 100

    def empty() -> None:
        for _ in range(count):
            with tenant(plant.tenant_id):
                pass

    def waking() -> None:
        for _ in range(count):
            with tenant(plant.tenant_id):
                jobs.enqueue("metrics.recompute")

    waking()
    wall, cpu = [], []
    for _ in range(stage.rounds):
        without = timed(empty, connection.connection)
        with_it = timed(waking, connection.connection)
        wall.append((with_it.wall - without.wall) / count * 1e3)
        cpu.append((with_it.cpu - without.cpu) / count * 1e3)
    report.section("The wake-up after a batch")
    report.line("added to a batch: wall", wall, "ms", at_most(2))
    report.line("added to a batch: CPU", cpu, "ms")


def memory(stage: Stage, report: Report, plant: data.Plant) -> None:
    """Show what one request of 10 000 items adds to a process that has served a small one."""
    body = stage.folder / "body.json"
    extra = []
    for _ in range(1 if stage.quick else 3):
        (batch,) = make_batches(plant, 10_000, 1)
        body.write_bytes(batch.body)
        done = subprocess.run(
            [sys.executable, "-m", "bench.memory", str(plant.tenant_id), str(body)],
            check=True,
            capture_output=True,
            text=True,
        )
        extra.append(float(done.stdout))
    report.section("Memory")
    report.line("10 000 in one request: peak above rest", extra, "MiB", at_most(64))
