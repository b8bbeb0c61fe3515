"""`/api/v1/feeds/`: how late the figures of each metric arrive from each source."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated, ClassVar

from django.http import HttpResponse
from msgspec import Meta, Struct
from rest_framework.request import Request

from common import paging
from common.openapi import described
from common.paging import PageQuery
from tenants.api import TenantView
from tenants.rules import Permission

from ..queries import feeds as queries
from ..queries.feeds import Feed
from ..rules.feeds import Lag
from .reads import Code, known_metric


class LagShape(Struct):
    """How long after they were known figures arrived, over the last hours."""

    hours: int
    figures: Annotated[int, Meta(description="How many counted in these hours.")]
    p50_minutes: Annotated[
        float | None, Meta(description="Half of them took this long at most; null without any.")
    ]
    p95_minutes: Annotated[
        float | None, Meta(description="95 of 100 took this long at most; null without any.")
    ]


class FeedShape(Struct):
    """How one metric's figures arrive from one source."""

    metric: Annotated[str, Meta(description="Code of the metric.", examples=["lead-time"])]
    source: Annotated[str, Meta(description="Code of the source.", examples=["erp"])]
    sends: Annotated[
        str, Meta(description="How often the source sends: continuous, hour, day, week")
    ]
    state: Annotated[
        str,
        Meta(
            description="in_time; late; silent: nothing new counts; by_hand: in files that people"
            " upload.",
            examples=["in_time"],
        ),
    ]
    limit_minutes: Annotated[int, Meta(description="What 95 of 100 figures may take.")]
    now: Annotated[LagShape, Meta(description="By which the feed is late or in time.")]
    lately: Annotated[LagShape, Meta(description="By which the gate of integration judges.")]
    last_event_at: datetime | None
    last_arrival_at: Annotated[
        datetime | None, Meta(description="Of what happened in the last 35 days.")
    ]
    late_since: Annotated[
        datetime | None,
        Meta(description="When the product saw it become late; null while it is not."),
    ]


class FeedList(Struct):
    """A page of feeds, by source and metric."""

    tenant: str
    feeds: list[FeedShape]
    next_cursor: str | None


class FeedQuery(PageQuery, kw_only=True):
    """Which feeds."""

    metric: Annotated[Code, Meta(description="Code of the metric.")] | None = None
    source: Annotated[Code, Meta(description="Code of the source.")] | None = None


class Feeds(TenantView):
    """The feeds of the tenant."""

    needs: ClassVar[dict[str, Permission]] = {"GET": Permission.READ_METRICS}

    @described(summary="List feeds", tag="Measurements", query=FeedQuery, answer=FeedList)
    def get(self, request: Request) -> HttpResponse:
        """By the codes of source and metric; of metrics that are not archived."""
        sent = self.query(FeedQuery)
        metric = known_metric(sent.metric) if sent.metric is not None else None
        place = self.place(sent.cursor, 2, sent.metric, sent.source)
        every = queries.list_feeds(now=self.now, metric_ids=[metric.pk] if metric else None)
        rows = [
            one
            for one in sorted(every, key=_place)
            if (sent.source is None or one.source_code == sent.source)
            and (place is None or _place(one) > place)
        ]
        shown, more = rows[: sent.limit], len(rows) > sent.limit
        scope = self.scope(sent.metric, sent.source)
        return self.answer(
            FeedList(
                tenant=self.client.tenant.slug,
                feeds=[_shape(one) for one in shown],
                next_cursor=paging.write(scope, _place(shown[-1])) if more else None,
            )
        )


def _place(found: Feed) -> list[str]:
    return [found.source_code, found.metric_code]


def _shape(found: Feed) -> FeedShape:
    return FeedShape(
        metric=found.metric_code,
        source=found.source_code,
        sends=found.interval,
        state=found.state.name.lower(),
        limit_minutes=found.limit // timedelta(minutes=1),
        now=_lag(found.now, found.pace.short),
        lately=_lag(found.lately, found.pace.long),
        last_event_at=found.last_event_at,
        last_arrival_at=found.last_arrival_at,
        late_since=found.late_since,
    )


def _lag(found: Lag, over: timedelta) -> LagShape:
    return LagShape(over // timedelta(hours=1), found.count, found.p50, found.p95)
