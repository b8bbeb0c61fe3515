"""Metrics, sources, measurements and weekly figures under `/api/v1/`, to read."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, ClassVar

from django.http import Http404, HttpResponse
from msgspec import Meta, Struct
from rest_framework import exceptions
from rest_framework.request import Request

from common import instants, paging, problems
from common.openapi import described
from common.paging import ArchivedQuery, PageQuery
from tenants.api import TenantView
from tenants.rules import Permission

from ..models import Metric, Summary
from ..queries import lists as queries
from ..rules import weeks
from ..rules.cells import shorten
from ..rules.kinds import KINDS

Code = Annotated[str, Meta(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]*$", max_length=60)]
Instant = Annotated[
    str,
    Meta(
        min_length=10,
        max_length=40,
        description="RFC 3339 with offset, or a date: the start of that day in the metric's zone.",
    ),
]


class DefinitionShape(Struct):
    """The wording of a metric from a day on."""

    number: int
    valid_from: Annotated[
        date | None, Meta(description="Null for the first: it holds from the beginning.")
    ]
    numerator: str
    denominator: str
    reason: str


class LatestShape(Struct):
    """A metric's newest week with a value."""

    week: date
    value: float


class MetricShape(Struct):
    """One metric."""

    code: str
    name: str
    kind: Annotated[str, Meta(description=f"One of {', '.join(KINDS)}")]
    unit: str
    direction: Annotated[str, Meta(description="up: higher is better; down: lower is better")]
    exposure: Annotated[
        str, Meta(description="What a rate is counted per: day or week; else empty")
    ]
    decimals: int
    site: str | None
    zone: Annotated[str, Meta(description="The time zone that cuts its weeks.")]
    attribution: str
    archived_at: datetime | None
    version: int


class MetricAnswer(Struct):
    """One metric with its definitions and its newest week."""

    tenant: str
    metric: MetricShape
    definitions: list[DefinitionShape]
    latest: LatestShape | None
    last_event_at: datetime | None


class MetricList(Struct):
    """A page of metrics, by code."""

    tenant: str
    metrics: list[MetricShape]
    next_cursor: str | None


class SourceShape(Struct):
    """One system of record."""

    code: str
    name: str
    kind: str
    archived_at: datetime | None
    version: int


class SourceList(Struct):
    """A page of sources, by code."""

    tenant: str
    sources: list[SourceShape]
    next_cursor: str | None


class MeasurementShape(Struct):
    """The current revision of one item. A median's value stands in `numerator`."""

    event_at: datetime
    source: str | None
    external_id: str
    revision: int
    recorded_at: datetime | None
    numerator: float
    denominator: float
    site: str | None


class MeasurementList(Struct):
    """A page of a metric's measurements, by time."""

    tenant: str
    metric: str
    measurements: list[MeasurementShape]
    next_cursor: str | None


class MeasurementQuery(PageQuery, kw_only=True, rename={"since": "from"}):
    """Which measurements."""

    metric: Annotated[Code, Meta(description="Code of the metric.")]
    since: Annotated[Instant, Meta(description="Events from this instant on.")] | None = None
    before: Annotated[Instant, Meta(description="Events before this instant.")] | None = None
    source: Annotated[Code, Meta(description="Code of the source.")] | None = None


class SnapshotShape(Struct):
    """One metric's week, computed from its measurements."""

    week: Annotated[date, Meta(description="Its Monday.")]
    n: Annotated[int, Meta(description="Measurements in the week.")]
    numerator: float | None
    denominator: float
    value: float | None
    low: float | None
    high: float | None
    p50: float | None
    p95: float | None
    days_reported: int
    computed_at: datetime


class SnapshotList(Struct):
    """A page of a metric's weeks, oldest first.

    A week is listed when it has measurements, or when days of it were reported in full: a reported
    week in which nothing happened has `n` 0. Any other week is missing, which is a gap and no zero.
    """

    tenant: str
    metric: str
    unit: str
    zone: str
    snapshots: list[SnapshotShape]
    next_cursor: str | None


class SnapshotQuery(PageQuery, kw_only=True, rename={"since": "from"}):
    """Which weeks."""

    metric: Annotated[Code, Meta(description="Code of the metric.")]
    since: Annotated[date, Meta(description="From the week of this day.")] | None = None
    through: Annotated[date, Meta(description="Through the week of this day.")] | None = None


def _shape(metric: Metric) -> MetricShape:
    return MetricShape(
        code=metric.code,
        name=metric.name,
        kind=metric.kind,
        unit=metric.unit,
        direction=metric.direction,
        exposure=metric.exposure,
        decimals=metric.decimals,
        site=metric.site.code if metric.site else None,
        zone=metric.zone,
        attribution=metric.attribution,
        archived_at=metric.archived_at,
        version=metric.version,
    )


class Metrics(TenantView):
    """The metrics of the tenant."""

    needs: ClassVar[dict[str, Permission]] = {"GET": Permission.READ_METRICS}

    @described(summary="List metrics", tag="Metrics", query=ArchivedQuery, answer=MetricList)
    def get(self, request: Request) -> HttpResponse:
        """By code."""
        sent = self.query(ArchivedQuery)
        rows, following = paging.page_by_code(self, sent, queries.page_metrics)
        return self.answer(
            MetricList(
                tenant=self.client.tenant.slug,
                metrics=[_shape(metric) for metric in rows],
                next_cursor=following,
            )
        )


class OneMetric(TenantView):
    """One metric by its code."""

    needs: ClassVar[dict[str, Permission]] = {"GET": Permission.READ_METRICS}

    @described(
        summary="Read a metric",
        tag="Metrics",
        answer=MetricAnswer,
        path={"code": "The metric's code."},
    )
    def get(self, request: Request, code: str) -> HttpResponse:
        """With the wordings of its definition and its newest week."""
        metric = queries.find_metric(code)
        if metric is None:
            raise Http404
        summary = queries.find_summary(metric.id)
        body = MetricAnswer(
            tenant=self.client.tenant.slug,
            metric=_shape(metric),
            definitions=[
                DefinitionShape(one.number, one.begins, one.numerator, one.denominator, one.reason)
                for one in queries.list_definitions(metric.id)
            ],
            latest=_latest(summary),
            last_event_at=summary.last_event_at if summary else None,
        )
        return self.answer(body, version=metric.version)


def _latest(summary: Summary | None) -> LatestShape | None:
    if summary is None or not summary.weeks:
        return None
    return LatestShape(week=summary.weeks[-1], value=summary.values[-1])


class Sources(TenantView):
    """The sources of the tenant."""

    needs: ClassVar[dict[str, Permission]] = {"GET": Permission.READ_METRICS}

    @described(
        summary="List sources", tag="Sites and sources", query=ArchivedQuery, answer=SourceList
    )
    def get(self, request: Request) -> HttpResponse:
        """The systems of record, by code."""
        sent = self.query(ArchivedQuery)
        rows, following = paging.page_by_code(self, sent, queries.page_sources)
        return self.answer(
            SourceList(
                tenant=self.client.tenant.slug,
                sources=[
                    SourceShape(one.code, one.name, one.kind, one.archived_at, one.version)
                    for one in rows
                ],
                next_cursor=following,
            )
        )


class Snapshots(TenantView):
    """A metric's weekly figures."""

    needs: ClassVar[dict[str, Permission]] = {"GET": Permission.READ_METRICS}

    @described(
        summary="List weekly figures", tag="Metrics", query=SnapshotQuery, answer=SnapshotList
    )
    def get(self, request: Request) -> HttpResponse:
        """Of one metric, oldest first; a week that is missing is a gap, not a zero."""
        sent = self.query(SnapshotQuery)
        metric = known_metric(sent.metric)
        place = self.place(sent.cursor, 1, sent.metric, sent.since, sent.through)
        since = date.fromisoformat(place[0]) if place else sent.since and weeks.monday(sent.since)
        found = queries.page_snapshots(
            metric.id, since=since, through=sent.through, limit=sent.limit + 1
        )
        rows = found[: sent.limit]
        following = [found[-1].week.isoformat()] if len(found) > sent.limit else None
        return self.answer(
            SnapshotList(
                tenant=self.client.tenant.slug,
                metric=metric.code,
                unit=metric.unit,
                zone=metric.zone,
                snapshots=[
                    SnapshotShape(**{name: getattr(row, name) for name in FIELDS}) for row in rows
                ],
                next_cursor=paging.write(
                    self.scope(sent.metric, sent.since, sent.through), following
                )
                if following
                else None,
            )
        )


FIELDS = SnapshotShape.__struct_fields__


def list_measurements(view: TenantView) -> HttpResponse:
    """Answer a page of a metric's current measurements."""
    sent = view.query(MeasurementQuery)
    metric = known_metric(sent.metric)
    filters = (sent.metric, sent.since, sent.before, sent.source)
    place = view.place(sent.cursor, 2, *filters)
    found = queries.page_measurements(
        metric.id,
        after=(datetime.fromisoformat(place[0]), bytes.fromhex(place[1])) if place else None,
        since=_instant(sent.since, "from", metric.zone),
        until=_instant(sent.before, "before", metric.zone),
        source=sent.source,
        limit=sent.limit + 1,
    )
    rows = found[: sent.limit]
    following = None
    if len(found) > sent.limit:
        at, key = rows[-1][:2]
        following = paging.write(view.scope(*filters), [at.isoformat(), bytes(key).hex()])
    return view.answer(
        MeasurementList(
            tenant=view.client.tenant.slug,
            metric=metric.code,
            measurements=[MeasurementShape(row[0], *row[2:]) for row in rows],
            next_cursor=following,
        )
    )


def known_metric(code: str) -> Metric:
    """Return the tenant's metric of a code; raise the 404 that names it when there is none."""
    metric = queries.find_metric(code)
    if metric is None:
        raise unknown("metric", code)
    return metric


def unknown(what: str, code: str) -> exceptions.NotFound:
    """Return the 404 that names what a query or an address asks for and this tenant has not."""
    return exceptions.NotFound(f"There is no {what} '{shorten(code)}'.", code=f"unknown_{what}")


def _instant(text: str | None, field: str, zone: str) -> datetime | None:
    """Return the instant of a query parameter. Raises a 400 for anything else."""
    if text is None:
        return None
    # A plus sign in a query that was not encoded arrives as a space.
    found = instants.parse(text[:10] + text[10:].replace(" ", "+"))
    if found is None:
        words = "Write 2026-03-02, or 2026-03-02T06:00:00+01:00 with the plus as %2B."
        errors = [{"field": field, "code": "bad_instant", "detail": words}]
        raise problems.Invalid("The query cannot be read.", code="bad_query", errors=errors)
    if isinstance(found, datetime):
        return found
    return weeks.day_start(found, zone)
