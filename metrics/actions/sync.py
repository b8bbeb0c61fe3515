"""Recording measurements: the hot path (docs/adr/0004-measurement-table.md).

One statement inserts the items under their identity, copies what they replace into the revisions,
and marks the metric-weeks of both the old and the new time.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

import psycopg
from django.db import connection, transaction

from audit import actions as audit
from common import jobs
from common.keys import uuid7
from common.tenancy.context import require_tenant_id

from .. import arrays, wire
from ..rules import exposure
from ..rules import items as rules
from ..rules.kinds import KINDS
from ..rules.values import Unmapped, What, unmapped
from .values import count_unmapped

# Metrics and sources of a batch, held until commit: neither can vanish under its measurements.
REFERENCES = """
WITH m AS (
    SELECT code, id, kind, zone, archived_at IS NOT NULL FROM metrics_metric
    WHERE tenant_id = %(tenant)b::bigint AND code = ANY(%(metrics)b::text[])
    ORDER BY id FOR KEY SHARE
), s AS (
    SELECT code, id FROM metrics_source
    WHERE tenant_id = %(tenant)b::bigint AND code = ANY(%(sources)b::text[])
        AND archived_at IS NULL
    ORDER BY id FOR KEY SHARE
)
SELECT * FROM m UNION ALL SELECT code, id, NULL, NULL, NULL FROM s
"""
SITES = """
SELECT code, id FROM portfolio_site
WHERE tenant_id = %(tenant)b::bigint AND code = ANY(%(sites)b::text[])
"""
# Codes of locations that are no site's, by the source whose they are.
MAPPED = """
SELECT v.source_id, v.value, v.site_id FROM metrics_mappedvalue v
WHERE v.tenant_id = %(tenant)b::bigint AND v.what = 'location' AND v.ended_at IS NULL
    AND v.value = ANY(%(sites)b::text[])
"""

RECORD = """
WITH sent AS (
    SELECT * FROM unnest(
        %(metric_id)b::bigint[], %(key)b::bytea[], %(source_id)b::bigint[],
        %(external_id)b::text[], %(revision)b::int[], %(event_at)b::timestamptz[],
        %(recorded_at)b::timestamptz[], %(numerator)b::float8[], %(denominator)b::float8[],
        %(site_id)b::uuid[]
    ) AS s(metric_id, key, source_id, external_id, revision, event_at, recorded_at, numerator,
        denominator, site_id)
), put AS (
    INSERT INTO metrics_measurement AS m (tenant_id, metric_id, key, source_id, external_id,
        revision, event_at, recorded_at, numerator, denominator, site_id, batch_id)
    SELECT %(tenant)b::bigint, metric_id, key, source_id, external_id, revision, event_at,
        recorded_at, numerator, denominator, site_id, %(batch)b::uuid
    FROM sent ORDER BY metric_id, key
    ON CONFLICT (tenant_id, metric_id, key) DO UPDATE SET
        revision = excluded.revision, event_at = excluded.event_at,
        recorded_at = excluded.recorded_at, numerator = excluded.numerator,
        denominator = excluded.denominator, site_id = excluded.site_id,
        batch_id = excluded.batch_id
    WHERE excluded.revision > m.revision
    RETURNING new.metric_id, new.key, new.event_at AS new_at, old.event_at AS old_at,
        old.source_id, old.external_id, old.revision, old.recorded_at, old.numerator,
        old.denominator, old.site_id, old.batch_id
), kept AS (
    INSERT INTO metrics_measurementrevision (tenant_id, metric_id, key, source_id, external_id,
        revision, event_at, recorded_at, numerator, denominator, site_id, batch_id)
    SELECT %(tenant)b::bigint, metric_id, key, source_id, external_id, revision, old_at,
        recorded_at, numerator, denominator, site_id, batch_id
    FROM put WHERE old_at IS NOT NULL
), marked AS (
    INSERT INTO metrics_mark (tenant_id, metric_id, week)
    SELECT DISTINCT %(tenant)b::bigint, p.metric_id,
        date_trunc('week', timezone(z.zone, t.at))::date
    FROM put p
    JOIN unnest(%(zoned)b::bigint[], %(zones)b::text[]) AS z(id, zone) ON z.id = p.metric_id
    CROSS JOIN LATERAL (VALUES (p.new_at), (p.old_at)) AS t(at)
    WHERE t.at IS NOT NULL
)
SELECT count(*) FILTER (WHERE old_at IS NULL), count(*) FILTER (WHERE old_at IS NOT NULL) FROM put
"""

# Of the items that the statement left alone: those whose standing row has the same revision and
# says something else.
# Said before CONFLICTS: then no plan of it sorts a metric's rows by key, and only the key's own index
# is left. It ends with the transaction.
IN_KEY_ORDER = "SELECT set_config('enable_sort', 'off', true)"
CONFLICTS = """
SELECT s.place - 1
FROM unnest(%(metric_id)b::bigint[], %(key)b::bytea[], %(revision)b::int[],
    %(event_at)b::timestamptz[], %(recorded_at)b::timestamptz[], %(numerator)b::float8[],
    %(denominator)b::float8[], %(site_id)b::uuid[]) WITH ORDINALITY
    AS s(metric_id, key, revision, event_at, recorded_at, numerator, denominator, site_id, place)
CROSS JOIN LATERAL (
    -- One look-up by the whole key for each item, whatever the planner believes of the table.
    -- Written as an equality it may take the index over event times instead and read all rows of
    -- the metric for each item: to its estimate both find one row. Only the key has this order.
    SELECT * FROM metrics_measurement x
    WHERE x.tenant_id = %(tenant)b AND x.metric_id = s.metric_id AND x.key >= s.key
    ORDER BY x.key LIMIT 1
) m
WHERE m.key = s.key AND m.revision = s.revision
  AND (m.event_at, m.numerator, m.denominator, m.recorded_at, m.site_id)
    IS DISTINCT FROM (s.event_at, s.numerator, s.denominator, s.recorded_at, s.site_id)
ORDER BY 1
"""

# Items of a rate that would change something, each with its week, what it replaces, and how many
# items stand in its week without and with their exposure.
OF_RATES = """
WITH sent AS (
    SELECT s.place, s.metric_id, z.zone, s.denominator > 0 AS tells,
        date_trunc('week', timezone(z.zone, s.event_at)) AS week,
        date_trunc('week', timezone(z.zone, x.event_at)) AS old_week, x.denominator > 0 AS told
    FROM unnest(%(metric_id)b::bigint[], %(key)b::bytea[], %(revision)b::int[],
        %(event_at)b::timestamptz[], %(denominator)b::float8[]) WITH ORDINALITY
        AS s(metric_id, key, revision, event_at, denominator, place)
    JOIN unnest(%(rates)b::bigint[], %(rate_zones)b::text[]) AS z(id, zone) ON z.id = s.metric_id
    LEFT JOIN LATERAL (
        -- One look-up by the whole key for each item, as in CONFLICTS.
        SELECT * FROM metrics_measurement m
        WHERE m.tenant_id = %(tenant)b::bigint AND m.metric_id = s.metric_id AND m.key >= s.key
        ORDER BY m.key LIMIT 1
    ) x ON x.key = s.key
    WHERE x.key IS NULL OR x.revision < s.revision
), weeks AS (
    SELECT w.metric_id, w.week, stands.*
    FROM (SELECT DISTINCT metric_id, week, zone FROM sent) w
    CROSS JOIN LATERAL (
        SELECT count(*) FILTER (WHERE x.denominator = 0) AS silent,
            count(*) FILTER (WHERE x.denominator > 0) AS telling
        FROM metrics_measurement x
        WHERE x.tenant_id = %(tenant)b::bigint AND x.metric_id = w.metric_id
          AND x.event_at >= timezone(w.zone, w.week)
          AND x.event_at < timezone(w.zone, w.week + interval '7 days')
    ) stands
)
SELECT s.place - 1, metric_id, week, s.tells, s.old_week, s.told, w.silent, w.telling
FROM sent s JOIN weeks w USING (metric_id, week)
ORDER BY 1
"""


@dataclass(frozen=True, slots=True)
class Delivery:
    """A batch that reached the statement: its id, and the SHA-256 over its items' keys."""

    id: UUID
    content: bytes


@dataclass(slots=True)
class Outcome:
    """What came of a batch: counts, and every item not taken.

    repeats: items that another of the batch stands for; unchanged counts them too.
    delivery: None when no item was good enough to be sent to the database.
    unmapped: how many items named a location that nobody knows.
    """

    created: int = 0
    superseded: int = 0
    unchanged: int = 0
    rejected: list[rules.Rejection] = field(default_factory=list)
    repeats: list[rules.Repeat] = field(default_factory=list)
    delivery: Delivery | None = None
    unmapped: Counter[Unmapped] = field(default_factory=Counter)

    @property
    def taken(self) -> int:
        return self.created + self.superseded + self.unchanged

    def sorted(self) -> Outcome:
        """Return the outcome with its rejections in the order of the body."""
        self.rejected.sort(key=lambda rejection: rejection.index)
        return self


class AllOrNothing(Exception):
    """An item was rejected in a batch that wants all or nothing; carries the outcome."""

    def __init__(self, outcome: Outcome) -> None:
        super().__init__("nothing was stored")
        self.outcome = outcome


def record_measurements(
    batch: wire.Batch,
    *,
    actor: str,
    channel: str,
    now: datetime,
    default_zone: str,
    taken_at: datetime | None = None,
) -> Outcome:
    """Store a batch under the items' identities; sent again it changes nothing.

    channel: `api` or `import`. default_zone: where a bare date of an unknown metric is read.
    taken_at: when it came, for one that is replayed; None for one that comes now.
    Raises AllOrNothing, with nothing stored, when the batch wants that and an item is rejected;
    whoever takes the whole back counts what nobody mapped.
    Audit: MEASUREMENTS_SYNCED, one line a batch. After commit: metrics.recompute.
    """
    if batch.mode == "keep_good":
        outcome = store_measurements(batch, now=now, default_zone=default_zone, taken_at=taken_at)
    else:
        with transaction.atomic():
            outcome = store_measurements(
                batch, now=now, default_zone=default_zone, taken_at=taken_at
            )
            if outcome.rejected:
                raise AllOrNothing(outcome)
    count_unmapped(outcome.unmapped, now=now, zone=default_zone)
    remember(outcome, actor=actor, channel=channel)
    return outcome


def store_measurements(
    batch: wire.Batch, *, now: datetime, default_zone: str, taken_at: datetime | None = None
) -> Outcome:
    """Store the good items of a batch of any size and leave the trail to `remember`.

    The trail's lock is the tenant's only one that every sync takes: whoever does more in one
    transaction takes it last. After commit: metrics.recompute.
    """
    checked = _check(batch, now, default_zone)
    columns, outcome = checked.columns, checked.outcome
    if columns.index:
        content = hashlib.sha256(b"".join(columns.key)).digest()
        outcome.delivery = Delivery(uuid7(taken_at), content)
        for part in columns.parts(rules.MAX_ITEMS):
            _write(checked, outcome.delivery.id, part)
        jobs.enqueue("metrics.recompute")
    return outcome.sorted()


def try_measurements(batch: wire.Batch, *, now: datetime, default_zone: str) -> Outcome:
    """Return what storing would do: the same statements run, and each is rolled back at once.

    No item stands in two of them, so that none needs what another did, and a writer of the same
    items waits for one at most.
    """
    checked = _check(batch, now, default_zone)
    for part in checked.columns.parts(rules.MAX_ITEMS):
        with transaction.atomic():
            _write(checked, uuid7(), part)
            transaction.set_rollback(True)
    return checked.outcome.sorted()


@dataclass(frozen=True, slots=True)
class _Checked:
    """A batch as it goes to the database, and what is known of it so far.

    columns: the good items by metric and key, the one order in which every writer takes its locks.
    """

    cursor: psycopg.Cursor[Any]
    references: rules.References
    columns: rules.Columns
    outcome: Outcome


def _check(batch: wire.Batch, now: datetime, default_zone: str) -> _Checked:
    """Sort the good items from the others, and hold what they name until the transaction ends."""
    tenant_id = require_tenant_id()
    cursor = psycopg.Cursor(connection.connection)
    cursor.adapters.register_dumper(arrays.Array, arrays.ArrayDumper)
    references = _references(cursor, tenant_id, batch)
    zones = {code: ref.zone for code, ref in references.metrics.items()}
    items, bad = wire.settle(batch.items, lambda code: zones.get(code.strip(), default_zone))
    columns, rejected, folded = rules.check(items, references, now)
    columns, mixed = _refuse_mixed(cursor, tenant_id, columns, references)
    outcome = Outcome(
        unchanged=len(folded),
        rejected=[*batch.rejected, *bad, *rejected, *mixed],
        repeats=folded,
        unmapped=_unmapped(items, rejected, references.sources),
    )
    return _Checked(cursor, references, columns, outcome)


def _references(cursor: psycopg.Cursor[Any], tenant_id: int, batch: wire.Batch) -> rules.References:
    """Read what the batch names."""
    items = [item for _, item in batch.items]
    sites = {item.site for item in items if item.site is not None}
    named = {
        "tenant": tenant_id,
        "metrics": _codes({item.metric for item in items}),
        "sources": _codes({item.source for item in items}),
        "sites": _codes(sites),
    }
    cursor.execute(REFERENCES, named)
    found = cursor.fetchall()
    known: dict[str, UUID] = {}
    mapped: dict[tuple[int, str], UUID] = {}
    if sites:
        cursor.execute(SITES, named)
        known = dict(cursor.fetchall())
        if any(code.strip() not in known for code in sites):
            cursor.execute(MAPPED, named)
            mapped = {(source, value): site for source, value, site in cursor.fetchall()}
    return rules.References(
        metrics={
            code: rules.MetricRef(metric, KINDS[kind], zone, archived)
            for code, metric, kind, zone, archived in found
            if kind is not None
        },
        sources={row[0]: row[1] for row in found if row[2] is None},
        sites=known,
        mapped=mapped,
    )


def _unmapped(
    items: Sequence[tuple[int, rules.Item]],
    rejected: Sequence[rules.Rejection],
    sources: Mapping[str, int],
) -> Counter[Unmapped]:
    """Count the items that were refused for their location alone; their source is known."""
    refused = {one.index for one in rejected if one.code == "unknown_site"}
    if not refused:
        return Counter()
    return Counter(
        unmapped(sources[item.source.strip()], What.LOCATION, item.site or "")
        for index, item in items
        if index in refused
    )


def _codes(named: set[str]) -> arrays.Array:
    """Return codes as a parameter, without what no code can be and the server would refuse."""
    codes = {code.strip() for code in named}
    return arrays.texts([code for code in codes if code.isprintable()])


def _refuse_mixed(
    cursor: psycopg.Cursor[Any],
    tenant_id: int,
    columns: rules.Columns,
    references: rules.References,
) -> tuple[rules.Columns, list[rules.Rejection]]:
    """Leave out items of a rate that tell their exposure otherwise than the rest of their week.

    Two batches at the same moment may still bring both; such a week then has no value.
    """
    rates = [ref for ref in references.metrics.values() if ref.kind.per_time]
    if not (rates and columns.index):
        return columns, []
    values = {
        "tenant": tenant_id,
        "metric_id": arrays.int8s(columns.metric_id),
        "key": arrays.keys(columns.key),
        "revision": arrays.int4s(columns.revision),
        "event_at": arrays.instants(columns.event_at),
        "denominator": arrays.float8s(columns.denominator),
        "rates": arrays.int8s([ref.id for ref in rates]),
        "rate_zones": arrays.texts([ref.zone for ref in rates]),
    }
    cursor.execute(OF_RATES, values)
    sent, standing = [], {}
    for place, metric, week, tells, old_week, told, silent, telling in cursor.fetchall():
        replaces = None if old_week is None else (metric, old_week)
        sent.append(exposure.Sent(place, (metric, week), tells, replaces, bool(told)))
        standing[metric, week] = (silent, telling)
    places = exposure.find_mixed(sent, standing)
    refused = [
        rules.Rejection(columns.index[place], "mixed_exposure", rules.MIXED, "denominator")
        for place in sorted(places)
    ]
    return columns.without(places), refused


def _write(checked: _Checked, batch_id: UUID, columns: rules.Columns) -> None:
    """Write a part of the checked items, and count what came of them."""
    cursor, references, outcome = checked.cursor, checked.references, checked.outcome
    values = {
        "tenant": require_tenant_id(),
        "batch": batch_id,
        "metric_id": arrays.int8s(columns.metric_id),
        "key": arrays.keys(columns.key),
        "source_id": arrays.int8s(columns.source_id),
        "external_id": arrays.texts(columns.external_id),
        "revision": arrays.int4s(columns.revision),
        "event_at": arrays.instants(columns.event_at),
        "recorded_at": arrays.instants_or_null(columns.recorded_at),
        "numerator": arrays.float8s(columns.numerator),
        "denominator": arrays.float8s(columns.denominator),
        "site_id": arrays.uuids_or_null(columns.site_id),
        "zoned": arrays.int8s([ref.id for ref in references.metrics.values()]),
        "zones": arrays.texts([ref.zone for ref in references.metrics.values()]),
    }
    cursor.execute(RECORD, values)
    created, superseded = cursor.fetchone() or (0, 0)
    outcome.created += created
    outcome.superseded += superseded
    left_alone = len(columns.index) - created - superseded
    if left_alone:
        cursor.execute(IN_KEY_ORDER)
        cursor.execute(CONFLICTS, values)
        conflicts = [
            rules.Rejection(
                columns.index[place],
                "revision_conflict",
                "This item is stored with the same revision and other content."
                " Send a correction with a higher revision.",
                "revision",
            )
            for (place,) in cursor.fetchall()
        ]
        outcome.rejected += conflicts
        outcome.unchanged += left_alone - len(conflicts)


def remember(outcome: Outcome, *, actor: str, channel: str) -> None:
    """Keep who sent what: one row a batch, and one line of the trail. Audit: MEASUREMENTS_SYNCED."""
    if outcome.delivery is None:
        return
    counts = {
        "created": outcome.created,
        "superseded": outcome.superseded,
        "unchanged": outcome.unchanged,
        "rejected": len(outcome.rejected),
    }
    with connection.connection.pipeline():  # both in one round trip
        psycopg.Cursor(connection.connection).execute(
            "INSERT INTO metrics_syncbatch (id, tenant_id, actor, channel, content_hash, created,"
            " superseded, unchanged, rejected) VALUES (%(id)s, %(tenant)s, %(actor)s, %(channel)s,"
            " %(content)s, %(created)s, %(superseded)s, %(unchanged)s, %(rejected)s)",
            {
                "id": outcome.delivery.id,
                "tenant": require_tenant_id(),
                "actor": actor,
                "channel": channel,
                "content": outcome.delivery.content,
                **counts,
            },
        )
        audit.record(
            actor=actor,
            action="MEASUREMENTS_SYNCED",
            object=f"batch:{outcome.delivery.id}",
            payload={**counts, "content": outcome.delivery.content.hex()},
        )
