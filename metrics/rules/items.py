"""What a measurement item must be to count. Source: docs/rules/measurements.md."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import UTC, date, datetime, timedelta
from hashlib import blake2b
from itertools import compress
from typing import Protocol, TypeVar
from uuid import UUID
from zoneinfo import ZoneInfo

from common import characters

from .kinds import Kind
from .weeks import day_start

T = TypeVar("T")

FIRST_DAY = date(1990, 1, 1)
# In every zone this is after the start of the first day; what is earlier is looked at closely.
SURELY = datetime(1990, 1, 2, tzinfo=UTC)
AHEAD = timedelta(days=1)
MAX_ITEMS = 10_000
MAX_ID = 200
MAX_REVISION = 2**31 - 1
# Within these the sums and quotients of a week never leave the range of a double. The server
# refuses those that do, and with them every other week of the tenant that is due.
SMALLEST, LARGEST = 1e-100, 1e100
CONTROL = dict.fromkeys([*range(32), 127])
TWICE = (
    "This item stands twice in the batch with the same revision and other content."
    " Send the right one with a higher revision."
)
MIXED = (
    "A week of a rate tells its exposure with every item, as denominator, or with none;"
    " the week's other items do it otherwise."
)


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
    kind: Kind
    zone: str
    archived: bool = False


@dataclass(frozen=True, slots=True)
class References:
    """The tenant's metrics, sources and sites that a batch names, by code.

    mapped: the sites that codes of locations stand for, by source and code.
    """

    metrics: Mapping[str, MetricRef]
    sources: Mapping[str, int]
    sites: Mapping[str, UUID]
    mapped: Mapping[tuple[int, str], UUID] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Rejection:
    """Why one item was not taken: its index in the body, a stable code, words for the sender."""

    index: int
    code: str
    detail: str
    field: str = ""


@dataclass(frozen=True, slots=True)
class Repeat:
    """An item that another of its batch stands for: it says the same, or is an older revision."""

    index: int
    of: int
    same: bool


Row = tuple[
    int, int, str, int, datetime, datetime | None, float, float, UUID | None
]  # index, then the columns below from source_id on


@dataclass(frozen=True, slots=True)
class Columns:
    """Accepted items as columns, one entry an item, ready for the statement."""

    metric_id: tuple[int, ...] = ()
    key: tuple[bytes, ...] = ()
    index: tuple[int, ...] = ()
    source_id: tuple[int, ...] = ()
    external_id: tuple[str, ...] = ()
    revision: tuple[int, ...] = ()
    event_at: tuple[datetime, ...] = ()
    recorded_at: tuple[datetime | None, ...] = ()
    numerator: tuple[float, ...] = ()
    denominator: tuple[float, ...] = ()
    site_id: tuple[UUID | None, ...] = ()

    def without(self, places: Collection[int]) -> Columns:
        """Return the columns without the items at some places."""
        if not places:
            return self
        kept = [place not in places for place in range(len(self.index))]
        return Columns(*[tuple(compress(getattr(self, f.name), kept)) for f in fields(self)])

    def parts(self, size: int) -> Iterator[Columns]:
        """Give the columns in their order, at most so many items at a time."""
        for start in range(0, len(self.index), size):
            yield Columns(*[getattr(self, f.name)[start : start + size] for f in fields(self)])


class _Bad(Exception):
    """One item's reason; never leaves this file."""

    def __init__(self, code: str, detail: str, field: str = "") -> None:
        super().__init__(detail)
        self.code, self.detail, self.field = code, detail, field


def check(
    items: Sequence[tuple[int, Item]], references: References, now: datetime
) -> tuple[Columns, list[Rejection], list[Repeat]]:
    """Sort a batch into accepted columns, ordered by metric and key, and rejections.

    An item repeated within the batch is kept once, its newest revision; the same revision with
    other content is rejected as `revision_conflict`.
    Blanks around codes and external ids do not count: a cell of a table has them by accident.
    Returns the columns, the rejections by index, and the repeats that were folded away.
    """
    latest = now + AHEAD
    rows: dict[tuple[int, bytes], Row] = {}
    rejected: list[Rejection] = []
    folded: list[Repeat] = []
    metrics, sources = references.metrics, references.sources
    for index, item in items:
        try:
            external_id = item.external_id.strip()
            metric, source_id = metrics.get(item.metric), sources.get(item.source)
            if metric is None or source_id is None:
                metric, source_id = _named(metrics, item.metric), _named(sources, item.source)
            if metric is None or source_id is None or metric.archived:
                raise _unknown(item, metric)
            if not SURELY <= item.event_at <= latest:
                _check_instant(item.event_at, "event_at", metric.zone, latest)
            recorded_at = item.recorded_at
            if recorded_at is not None and not SURELY <= recorded_at <= latest:
                _check_instant(recorded_at, "recorded_at", metric.zone, latest)
            # What begins with a plain character shows something; the rest is looked at closely.
            plain = "!" <= external_id < "\x7f"
            if not plain or len(external_id) > MAX_ID or not external_id.isprintable():
                _check_id(external_id)
            if not 0 <= item.revision <= MAX_REVISION:
                raise _bad_revision()
            site_id = None if item.site is None else _site(item.site, source_id, references)
            numerator, denominator = _pair(item, metric.kind)
        except _Bad as bad:
            rejected.append(Rejection(index, bad.code, bad.detail, bad.field))
            continue
        key = blake2b(b"%d\x1f%s" % (source_id, external_id.encode()), digest_size=16).digest()
        place = (metric.id, key)
        row = (
            index,
            source_id,
            external_id,
            item.revision,
            item.event_at,
            recorded_at,
            numerator,
            denominator,
            site_id,
        )
        standing = rows.get(place)
        if standing is None:
            rows[place] = row
        elif standing[3] == row[3] and standing[1:] != row[1:]:
            rejected.append(Rejection(index, "revision_conflict", TWICE, "revision"))
        else:
            left, kept = row, standing
            if row[3] > standing[3]:
                left, kept = standing, row
                rows[place] = row
            folded.append(Repeat(left[0], kept[0], left[3] == kept[3]))
    return _columns(rows), rejected, folded


def _columns(rows: dict[tuple[int, bytes], Row]) -> Columns:
    """Turn rows into columns, in the one order in which every batch takes its locks."""
    places = sorted(rows)
    if not places:
        return Columns()
    metric_id, key = zip(*places, strict=True)
    rest = zip(*[rows[place] for place in places], strict=True)
    return Columns(metric_id, key, *rest)


def _named(codes: Mapping[str, T], code: str) -> T | None:
    """Return what a code names; blanks around it do not count, in no format."""
    return codes.get(code.strip())


def _unknown(item: Item, metric: MetricRef | None) -> _Bad:
    if metric is None:
        return _Bad("unknown_metric", f"There is no metric '{_show(item.metric)}'.", "metric")
    if metric.archived:
        return _Bad(
            "archived_metric",
            f"The metric '{_show(item.metric)}' is archived.",
            "metric",
        )
    return _Bad("unknown_source", f"There is no source '{_show(item.source)}'.", "source")


def _check_instant(at: datetime, field: str, zone: str, latest: datetime) -> None:
    """Raise for an instant before the first day, in the metric's zone, or after the latest."""
    if at < day_start(FIRST_DAY, zone):
        year = _year(at, zone)
        words = (
            f"{year} is not a plausible year: this is before {FIRST_DAY.year} in the metric's time"
            " zone. Check the date format."
        )
    elif at > latest:
        words = "This lies in the future; a measurement is sent after it happened."
    else:
        return
    raise _Bad("implausible_date", words, field)


def _year(at: datetime, zone: str) -> int:
    """Return the year it is on a clock; the instant's own where that clock has none."""
    try:
        return at.astimezone(ZoneInfo(zone)).year
    except OverflowError:  # the first hours of the year 1
        return at.year


def _check_id(external_id: str) -> None:
    """Raise for an id that cannot be kept: empty, too long, unseen, or with a control character."""
    if not external_id:
        raise _Bad("empty_external_id", "The external id is empty.", "external_id")
    if len(external_id) > MAX_ID:
        words = f"The external id is longer than {MAX_ID} characters."
        raise _Bad("long_external_id", words, "external_id")
    if external_id.translate(CONTROL) != external_id:
        raise _Bad(
            "control_character",
            "The external id holds a control character.",
            "external_id",
        )
    if not characters.shows(external_id):
        raise _Bad(
            "unseen_external_id",
            "The external id holds only blanks or characters that nobody can see.",
            "external_id",
        )


def _bad_revision() -> _Bad:
    words = f"A revision is a whole number from 0 to {MAX_REVISION}."
    return _Bad("bad_revision", words, "revision")


def _site(code: str, source: int, references: References) -> UUID:
    found = _named(references.sites, code) or references.mapped.get((source, code.strip()))
    if found is None:
        raise _Bad("unknown_site", f"There is no site '{_show(code)}'.", "site")
    return found


def _pair(item: Item, kind: Kind) -> tuple[float, float]:
    """Return numerator and denominator of an item by the metric's kind."""
    value, numerator, denominator = item.value, item.numerator, item.denominator
    top = "numerator" if value is None else "value"
    if value is not None:
        if numerator is not None or (denominator is not None and not kind.weighted):
            raise _Bad("two_forms", "Send either value, or numerator and denominator.", "value")
        numerator = value
        if kind.needs_parts:
            raise _Bad(
                "needs_parts",
                f"A {kind.code} needs numerator and denominator; a value alone cannot be added up.",
                "value",
            )
        if kind.per_time:
            denominator = 0.0
        elif denominator is None:
            denominator = 1.0
    elif numerator is None or denominator is None:
        if kind.weighted:
            raise _Bad("no_value", f"A {kind.code} needs a value.", "value")
        raise _Bad("no_value", "Send a value, or numerator and denominator.", "value")
    elif kind.weighted:
        raise _Bad(
            "needs_value",
            f"A {kind.code} takes value, and the number of cases as denominator.",
            "value",
        )
    if not (_adds_up(numerator) and _adds_up(denominator)):
        words = "A figure is 0, or between 1e-100 and 1e100 away from it; this one is not."
        raise _Bad("not_a_number", words, "value")
    if denominator < 0:
        raise _Bad("negative_denominator", "A denominator is not negative.", "denominator")
    # A part may stand without a base: freight on a line without value belongs in the sum.
    if denominator == 0 and not (kind.per_time or (kind.needs_parts and numerator)):
        raise _Bad(
            "zero_denominator",
            "A denominator of 0 says nothing; leave the item out.",
            "denominator",
        )
    if kind.part_of_whole and not 0 <= numerator <= denominator:
        raise _Bad(
            "not_a_share",
            f"A {kind.code} lies between 0 and 1: the numerator is part of the denominator.",
            top,
        )
    if kind.per_time and numerator < 0:
        raise _Bad("negative_count", "A number of events is not negative.", top)
    return numerator, denominator


def _adds_up(figure: float) -> bool:
    """Tell whether a figure can be summed and divided safely; NaN and infinity cannot."""
    return figure == 0 or SMALLEST <= figure <= LARGEST or SMALLEST <= -figure <= LARGEST


def _show(text: str) -> str:
    """Return a client's text for an error: short, and without control characters."""
    clean = text.translate(CONTROL)
    return clean if len(clean) <= 60 else clean[:57] + "..."
