"""What a measurement item must be to count. Source: docs/rules/measurements.md."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from hashlib import blake2b
from math import inf
from typing import Protocol
from uuid import UUID

EARLIEST = datetime(1990, 1, 1, tzinfo=UTC)
AHEAD = timedelta(days=1)
MAX_ITEMS = 10_000
MAX_ID = 200
MAX_REVISION = 2**31 - 1
CONTROL = dict.fromkeys([*range(32), 127])


class Item(Protocol):
    """One measurement as a client sends it, already typed."""

    metric: str
    event_at: datetime
    source: str
    external_id: str
    recorded_at: datetime | None
    value: float | None
    numerator: float | None
    denominator: float | None
    revision: int
    site: str | None


@dataclass(frozen=True, slots=True)
class MetricRef:
    """What a batch needs to know of a metric."""

    id: int
    kind: str
    zone: str
    archived: bool = False


@dataclass(frozen=True, slots=True)
class References:
    """The tenant's metrics, sources and sites that a batch names, by code."""

    metrics: Mapping[str, MetricRef]
    sources: Mapping[str, int]
    sites: Mapping[str, UUID]


@dataclass(frozen=True, slots=True)
class Rejection:
    """Why one item was not taken: its index in the body, a stable code, words for the sender."""

    index: int
    code: str
    detail: str
    field: str = ""


@dataclass(slots=True)
class Columns:
    """Accepted items as columns, one entry an item, ready for the statement."""

    index: list[int] = field(default_factory=list)
    metric_id: list[int] = field(default_factory=list)
    key: list[bytes] = field(default_factory=list)
    source_id: list[int] = field(default_factory=list)
    external_id: list[str] = field(default_factory=list)
    revision: list[int] = field(default_factory=list)
    event_at: list[datetime] = field(default_factory=list)
    recorded_at: list[datetime | None] = field(default_factory=list)
    numerator: list[float] = field(default_factory=list)
    denominator: list[float] = field(default_factory=list)
    site_id: list[UUID | None] = field(default_factory=list)


class _Bad(Exception):
    """One item's reason; never leaves this file."""

    def __init__(self, code: str, detail: str, field: str = "") -> None:
        super().__init__(detail)
        self.code, self.detail, self.field = code, detail, field


def identity(source_id: int, external_id: str) -> bytes:
    """Return the 128-bit key of an item within its metric."""
    return blake2b(
        b"%d\x1f%s" % (source_id, external_id.encode()), digest_size=16
    ).digest()


def check(
    items: Iterable[tuple[int, Item]], references: References, now: datetime
) -> tuple[Columns, list[Rejection], int]:
    """Sort a batch into accepted columns and rejections.

    An item repeated within the batch is kept once, its newest revision; the same revision with
    other content is rejected as `revision_conflict`.
    Returns the columns, the rejections by index, and how many repeats were folded away.
    """
    columns, rejected, folded = Columns(), [], 0
    seen: dict[tuple[int, bytes], int] = {}
    latest = now + AHEAD
    metrics, sources, sites = references.metrics, references.sources, references.sites
    for index, item in items:
        metric = metrics.get(item.metric)
        source_id = sources.get(item.source)
        try:
            if metric is None or source_id is None or metric.archived:
                raise _unknown(item, metric)
            if not EARLIEST <= item.event_at <= latest:
                raise _implausible(item.event_at)
            external_id = item.external_id
            if (
                not 0 < len(external_id) <= MAX_ID
                or external_id.translate(CONTROL) != external_id
            ):
                raise _bad_id(external_id)
            if not 0 <= item.revision <= MAX_REVISION:
                raise _Bad(
                    "revision",
                    f"A revision is a whole number from 0 to {MAX_REVISION}.",
                    "revision",
                )
            site_id = None
            if item.site is not None:
                site_id = sites.get(item.site)
                if site_id is None:
                    raise _Bad(
                        "unknown_site",
                        f"There is no site '{_show(item.site)}'.",
                        "site",
                    )
            numerator, denominator = _pair(item, metric.kind)
        except _Bad as bad:
            rejected.append(Rejection(index, bad.code, bad.detail, bad.field))
            continue
        key = identity(source_id, external_id)
        place = seen.setdefault((metric.id, key), len(columns.index))
        row = (
            index,
            metric.id,
            key,
            source_id,
            external_id,
            item.revision,
            item.event_at,
            item.recorded_at,
            numerator,
            denominator,
            site_id,
        )
        if place == len(columns.index):
            _append(columns, row)
        else:
            folded += _fold(columns, place, row, rejected)
    return columns, rejected, folded


def _append(columns: Columns, row: tuple[object, ...]) -> None:
    for name, value in zip(Columns.__slots__, row, strict=True):
        getattr(columns, name).append(value)


def _fold(
    columns: Columns, place: int, row: tuple[object, ...], rejected: list[Rejection]
) -> int:
    """Keep the newest of two items with one identity; return 1 when one was folded away."""
    names = Columns.__slots__
    kept = tuple(getattr(columns, name)[place] for name in names)
    revision = names.index("revision")
    if row[revision] == kept[revision] and row[3:] != kept[3:]:
        rejected.append(
            Rejection(
                int(row[0]),  # type: ignore[call-overload]  # the first column is the index
                "revision_conflict",
                "This item stands twice in the batch with the same revision and other content."
                " Send the right one with a higher revision.",
            )
        )
        return 0
    if row[revision] > kept[revision]:  # type: ignore[operator]  # both are whole numbers
        for name, value in zip(names, row, strict=True):
            getattr(columns, name)[place] = value
    return 1


def _unknown(item: Item, metric: MetricRef | None) -> _Bad:
    if metric is None:
        return _Bad(
            "unknown_metric", f"There is no metric '{_show(item.metric)}'.", "metric"
        )
    if metric.archived:
        return _Bad(
            "archived_metric",
            f"The metric '{_show(item.metric)}' is archived.",
            "metric",
        )
    return _Bad(
        "unknown_source", f"There is no source '{_show(item.source)}'.", "source"
    )


def _implausible(at: datetime) -> _Bad:
    if at < EARLIEST:
        words = f"{at.year} is not a plausible year for a measurement; check the date format."
    else:
        words = "This lies in the future; a measurement is sent after it happened."
    return _Bad("implausible_date", words, "event_at")


def _bad_id(external_id: str) -> _Bad:
    if not external_id:
        return _Bad("empty_external_id", "The external id is empty.", "external_id")
    if len(external_id) > MAX_ID:
        return _Bad(
            "long_external_id",
            f"The external id is longer than {MAX_ID} characters.",
            "external_id",
        )
    return _Bad(
        "control_character", "The external id holds a control character.", "external_id"
    )


def _pair(item: Item, kind: str) -> tuple[float, float]:
    """Return numerator and denominator of an item by the metric's kind."""
    value, numerator, denominator = item.value, item.numerator, item.denominator
    if value is not None:
        if numerator is not None or (denominator is not None and kind != "median"):
            raise _Bad(
                "two_forms", "Send either value, or numerator and denominator.", "value"
            )
        numerator = value
        if kind == "ratio":
            raise _Bad(
                "needs_parts",
                "A ratio needs numerator and denominator; a value alone cannot be added up.",
                "value",
            )
        if kind == "rate":
            denominator = 0.0
        elif denominator is None:
            denominator = 1.0
    elif numerator is None or denominator is None:
        if kind == "median":
            raise _Bad("no_value", "A median needs a value.", "value")
        raise _Bad("no_value", "Send a value, or numerator and denominator.", "value")
    elif kind == "median":
        raise _Bad(
            "needs_value",
            "A median takes value, and the number of cases as denominator.",
            "value",
        )
    if not -inf < numerator < inf or not -inf < denominator < inf:
        raise _Bad("not_a_number", "A figure is not a finite number.", "value")
    if denominator < 0:
        raise _Bad(
            "negative_denominator", "A denominator is not negative.", "denominator"
        )
    if denominator == 0 and kind != "rate":
        raise _Bad(
            "zero_denominator",
            "A denominator of 0 says nothing; leave the item out.",
            "denominator",
        )
    if kind == "proportion" and not 0 <= numerator <= denominator:
        raise _Bad(
            "not_a_share",
            "A proportion lies between 0 and 1: the numerator is part of the denominator.",
            "numerator",
        )
    if kind == "rate" and numerator < 0:
        raise _Bad("negative_count", "A number of events is not negative.", "numerator")
    return numerator, denominator


def _show(text: str) -> str:
    """Return a client's text for an error: short, and without control characters."""
    clean = text.translate(CONTROL)
    return clean if len(clean) <= 60 else clean[:57] + "..."
