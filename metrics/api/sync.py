"""`/api/v1/measurements/`: sent in bulk, in three formats, idempotent; and read back."""

from __future__ import annotations

from functools import partial
from typing import Annotated, Any, ClassVar

import msgspec
from django.http import HttpResponse
from rest_framework.request import Request
from rest_framework.response import Response

from common.openapi import IDEMPOTENCY_KEY, Problem, ProblemLine, described
from common.problems import problem
from tenants.api import TenantView
from tenants.rules import Permission

from .. import wire
from ..actions import sync
from ..actions.values import count_unmapped
from ..rules.items import MAX_ID, MAX_ITEMS, MAX_REVISION
from .reads import Instant, MeasurementList, MeasurementQuery, list_measurements


class ItemShape(msgspec.Struct, forbid_unknown_fields=True, omit_defaults=True):
    """One measurement: either `value`, or `numerator` and `denominator`."""

    metric: Annotated[str, msgspec.Meta(description="Code of the metric.")]
    event_at: Annotated[Instant, msgspec.Meta(description="When it happened.")]
    source: Annotated[str, msgspec.Meta(description="Code of the system of record.")]
    external_id: Annotated[
        str,
        msgspec.Meta(
            min_length=1,
            max_length=MAX_ID,
            description="The source's own name of this item; the same name is the same item.",
        ),
    ]
    recorded_at: (
        Annotated[Instant, msgspec.Meta(description="When the source learned of it.")] | None
    ) = None
    value: float | None = None
    numerator: float | None = None
    denominator: float | None = None
    revision: Annotated[
        int,
        msgspec.Meta(ge=0, le=MAX_REVISION, description="Higher than before for a correction."),
    ] = 0
    site: (
        Annotated[
            str,
            msgspec.Meta(
                description="Code of a site, or a mapped one of the source; kept as a filter."
            ),
        ]
        | None
    ) = None


class SyncBody(msgspec.Struct, forbid_unknown_fields=True, omit_defaults=True):
    """A batch of measurements."""

    measurements: Annotated[list[ItemShape], msgspec.Meta(max_length=MAX_ITEMS)]
    mode: Annotated[
        wire.Mode,
        msgspec.Meta(
            description="Keep the good items, or nothing unless all are good. May stand in the"
            " query instead; another mode there than here is a 400."
        ),
    ] = "keep_good"


class SyncAnswer(msgspec.Struct):
    """What came of a batch; every item is counted once or listed as rejected."""

    tenant: str
    created: int
    superseded: int
    unchanged: int
    rejected: list[ProblemLine]


class SyncRefusal(Problem, kw_only=True, omit_defaults=True):
    """A batch of which nothing was stored; the counts are missing where it was not even read."""

    created: int | msgspec.UnsetType = msgspec.UNSET
    superseded: int | msgspec.UnsetType = msgspec.UNSET
    unchanged: int | msgspec.UnsetType = msgspec.UNSET
    rejected: list[ProblemLine] | msgspec.UnsetType = msgspec.UNSET


class SyncQuery(msgspec.Struct, forbid_unknown_fields=True):
    """How to take a batch."""

    mode: (
        Annotated[
            wire.Mode,
            msgspec.Meta(
                description="Keep the good items, or nothing unless all are good; keep_good where"
                " nothing is said. A JSON body may name it itself, but no other one."
            ),
        ]
        | msgspec.UnsetType
    ) = msgspec.UNSET


LINES = {
    "type": "string",
    "description": "One item a line, as in the JSON form; empty lines do not count.",
}
TABLE = {
    "type": "string",
    "description": "A header line of field names, then one item a line; empty lines do not count.",
}


class Measurements(TenantView):
    """Store measurements; say of each item what became of it."""

    needs: ClassVar[dict[str, Permission]] = {
        "GET": Permission.READ_METRICS,
        "POST": Permission.SYNC_MEASUREMENTS,
    }

    @described(
        summary="List measurements",
        tag="Measurements",
        query=MeasurementQuery,
        answer=MeasurementList,
    )
    def get(self, request: Request) -> HttpResponse:
        """The current revisions of one metric's items, by time."""
        return list_measurements(self)

    @described(
        summary="Send measurements",
        tag="Measurements",
        query=SyncQuery,
        body={"application/json": SyncBody, "application/x-ndjson": LINES, "text/csv": TABLE},
        answer=SyncAnswer,
        problems={422: ("Every item was rejected, or one in all_or_nothing.", SyncRefusal)},
        headers=[IDEMPOTENCY_KEY],
    )
    def post(self, request: Request) -> Response | HttpResponse:
        """Take up to 10 000 items as JSON, NDJSON or CSV."""
        mode = self.query(SyncQuery).mode
        try:
            batch = _decode(request._request, mode)
        except wire.Malformed as malformed:
            return problem(400, str(malformed), code="malformed")
        except wire.TwoModes as two:
            errors = [{"field": "mode", "code": "contradiction", "detail": str(two)}]
            return problem(400, str(two), code="bad_query", errors=errors)
        if batch is None:
            return problem(
                415,
                "Send application/json, application/x-ndjson or text/csv.",
                code="media_type",
            )
        client = self.client
        try:
            outcome = sync.record_measurements(
                batch,
                actor=client.audit_name,
                channel="api",
                now=self.now,
                default_zone=client.tenant.zone,
            )
            status = 422 if outcome.rejected and not outcome.taken else 200
        except sync.AllOrNothing as refused:
            outcome, status = refused.outcome, 422
        if status == 422 and outcome.unmapped:
            zone = client.tenant.zone
            self.after_refusal = partial(count_unmapped, outcome.unmapped, now=self.now, zone=zone)
        return _answer(outcome, client.tenant.slug, status=status)


def _decode(request: Any, asked: wire.Mode | msgspec.UnsetType) -> wire.Batch | None:
    """Decode the body by its content type; None for a type we do not take."""
    match request.content_type:
        case "application/json":
            return wire.decode_json(request.body, asked)
        case "application/x-ndjson":
            return wire.decode_ndjson(request.body, asked or "keep_good")
        case "text/csv":
            return wire.decode_csv(request.body, asked or "keep_good")
    return None


def _answer(outcome: sync.Outcome, slug: str, *, status: int) -> HttpResponse:
    stored = status == 200
    body: dict[str, Any] = {
        "tenant": slug,
        "created": outcome.created if stored else 0,
        "superseded": outcome.superseded if stored else 0,
        "unchanged": outcome.unchanged if stored else 0,
        "rejected": [
            {"index": r.index, "code": r.code, "field": r.field, "detail": r.detail}
            for r in outcome.rejected
        ],
    }
    kind = "application/json"
    if status == 422:
        kind = "application/problem+json"
        body |= {
            "type": "about:blank",
            "title": "Unprocessable Content",
            "status": 422,
            "detail": "Nothing was stored: see the reasons item by item.",
        }
    return HttpResponse(msgspec.json.encode(body), status=status, content_type=kind)
