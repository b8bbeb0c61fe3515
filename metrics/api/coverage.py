"""`POST /api/v1/feeds/<source>/reported/`: a feed says that it reported a span in full."""

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
from ..queries import lists as queries
from .reads import Code, unknown


class ReportedBody(Struct, forbid_unknown_fields=True, rename={"since": "from"}):
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


class Reported(TenantView):
    """Declare that a day without events is a zero."""

    needs: ClassVar[dict[str, Permission]] = {"POST": Permission.SYNC_MEASUREMENTS}

    @described(
        summary="Report a span",
        tag="Measurements",
        body={"application/json": ReportedBody},
        answer=ReportedAnswer,
        problems={409: "The metric or the span is refused; `code` says why."},
        headers=[IDEMPOTENCY_KEY],
        path={"source": "The source's code."},
    )
    def post(self, request: Request, source: str) -> HttpResponse:
        """Without it a missing day is a gap; with it, it is a zero. The same span twice is one."""
        feed = queries.find_source(source)
        if feed is None:
            raise unknown("source", source)
        sent = self.body(ReportedBody)
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
