"""`POST /api/v1/feeds/<source>/reported/` and `.../withdrawn/`: which days a feed reported in full."""

from __future__ import annotations

from datetime import date
from typing import Annotated, ClassVar

from django.http import HttpResponse
from msgspec import Meta, Struct
from rest_framework.request import Request

from common.openapi import IDEMPOTENCY_KEY, described
from tenants.api import TenantView
from tenants.rules import Permission

from ..actions import coverage
from ..models import Source
from ..queries import lists as queries
from .reads import Code, unknown


class SpanBody(Struct, forbid_unknown_fields=True, rename={"since": "from"}):
    """A span of days of one metric, in the metric's zone, both days inclusive."""

    metric: Annotated[Code, Meta(description="Code of the metric.")]
    since: date
    through: date


class ReportedAnswer(Struct, rename={"since": "from"}):
    """The span as it is kept."""

    tenant: str
    source: str
    metric: str
    since: date
    through: date
    new: Annotated[bool, Meta(description="False when the same span was reported before.")]
    weeks: Annotated[int, Meta(description="Weeks that the span touches.")]


class WithdrawnAnswer(Struct, rename={"since": "from"}):
    """The span that is not reported any more."""

    tenant: str
    source: str
    metric: str
    since: date
    through: date
    withdrawn: Annotated[
        bool, Meta(description="False when no day of the span was reported by this source.")
    ]
    weeks: Annotated[int, Meta(description="Weeks that the span touches.")]


class Reported(TenantView):
    """Declare that a day without events is a zero."""

    needs: ClassVar[dict[str, Permission]] = {"POST": Permission.SYNC_MEASUREMENTS}

    @described(
        summary="Report a span",
        tag="Measurements",
        body={"application/json": SpanBody},
        answer=ReportedAnswer,
        problems={409: "The metric or the span is refused; `code` says why."},
        headers=[IDEMPOTENCY_KEY],
        path={"source": "The source's code."},
    )
    def post(self, request: Request, source: str) -> HttpResponse:
        """Without it a missing day is a gap; with it, it is a zero. The same span twice is one."""
        feed = _feed(source)
        sent = self.body(SpanBody)
        done = coverage.report_span(
            source=feed,
            metric_code=sent.metric,
            from_date=sent.since,
            through_date=sent.through,
            actor=self.client.audit_name,
            now=self.now,
        )
        return self.answer(
            ReportedAnswer(
                tenant=self.client.tenant.slug,
                source=feed.code,
                metric=sent.metric,
                since=sent.since,
                through=sent.through,
                new=done.new,
                weeks=done.weeks,
            )
        )


class Withdrawn(TenantView):
    """Take back that a day without events is a zero."""

    needs: ClassVar[dict[str, Permission]] = {"POST": Permission.SYNC_MEASUREMENTS}

    @described(
        summary="Withdraw a reported span",
        tag="Measurements",
        body={"application/json": SpanBody},
        answer=WithdrawnAnswer,
        problems={409: "The metric or the span is refused; `code` says why."},
        headers=[IDEMPOTENCY_KEY],
        path={"source": "The source's code."},
    )
    def post(self, request: Request, source: str) -> HttpResponse:
        """Its days without events are gaps again. What the source reported around them stays."""
        feed = _feed(source)
        sent = self.body(SpanBody)
        done = coverage.withdraw_span(
            source=feed,
            metric_code=sent.metric,
            from_date=sent.since,
            through_date=sent.through,
            actor=self.client.audit_name,
            now=self.now,
        )
        return self.answer(
            WithdrawnAnswer(
                tenant=self.client.tenant.slug,
                source=feed.code,
                metric=sent.metric,
                since=sent.since,
                through=sent.through,
                withdrawn=done.withdrawn,
                weeks=done.weeks,
            )
        )


def _feed(code: str) -> Source:
    """Return the tenant's source of a code; raise the 404 that names it when there is none."""
    feed = queries.find_source(code)
    if feed is None:
        raise unknown("source", code)
    return feed
