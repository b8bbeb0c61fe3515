"""`POST /api/v1/feeds/<source>/reported/` and `.../withdrawn/`: which days a feed reported in full."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Annotated, Any, ClassVar, TypeVar

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

Done = TypeVar("Done")


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


class SpanView(TenantView):
    """What both endpoints do with a span that was sent."""

    needs: ClassVar[dict[str, Permission]] = {"POST": Permission.SYNC_MEASUREMENTS}

    def act(self, action: Callable[..., Done], source: str) -> tuple[Done, dict[str, Any]]:
        """Do something with the span in the body; return its outcome, and the span as answered."""
        feed, sent = _feed(source), self.body(SpanBody)
        done = action(
            source=feed,
            metric_code=sent.metric,
            from_date=sent.since,
            through_date=sent.through,
            actor=self.client.audit_name,
            now=self.now,
        )
        span = {"metric": sent.metric, "since": sent.since, "through": sent.through}
        return done, {"tenant": self.client.tenant.slug, "source": feed.code, **span}


class Reported(SpanView):
    """Declare that a day without events is a zero."""

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
        done, span = self.act(coverage.report_span, source)
        return self.answer(ReportedAnswer(new=done.new, weeks=done.weeks, **span))


class Withdrawn(SpanView):
    """Take back that a day without events is a zero."""

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
        done, span = self.act(coverage.withdraw_span, source)
        return self.answer(WithdrawnAnswer(withdrawn=done.withdrawn, weeks=done.weeks, **span))


def _feed(code: str) -> Source:
    """Return the tenant's source of a code; raise the 404 that names it when there is none."""
    feed = queries.find_source(code)
    if feed is None:
        raise unknown("source", code)
    return feed
