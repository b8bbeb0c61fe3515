"""`POST /api/v1/measurements/`: measurements in bulk, in three formats, idempotent."""

from __future__ import annotations

from typing import Any, ClassVar, get_args

import msgspec
from django.http import HttpResponse
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from common.problems import problem
from tenants.api import TenantView
from tenants.rules import Permission

from .. import wire
from ..actions import sync


class Measurements(TenantView):
    """Store measurements; say of each item what became of it."""

    needs: ClassVar[dict[str, Permission]] = {"POST": Permission.SYNC_MEASUREMENTS}
    renderer_classes = (JSONRenderer,)
    parser_classes = ()

    def post(self, request: Request) -> Response | HttpResponse:
        """Take up to 10 000 items as JSON, NDJSON or CSV."""
        try:
            batch = _decode(request._request)
        except wire.Malformed as malformed:
            return problem(400, str(malformed), code="malformed")
        if batch is None:
            return problem(
                415,
                "Send application/json, application/x-ndjson or text/csv.",
                code="media_type",
            )
        client = request.auth
        try:
            outcome = sync.record_measurements(
                batch,
                actor=client.audit_name,
                channel="api",
                now=request._request.now,
                default_zone=client.tenant.zone,
            )
        except sync.AllOrNothing as refused:
            return _answer(
                refused.outcome, client.tenant.slug, status=422, stored=False
            )
        status = 422 if outcome.rejected and not outcome.taken else 200
        return _answer(outcome, client.tenant.slug, status=status, stored=True)


def _decode(request: Any) -> wire.Batch | None:
    """Decode the body by its content type; None for a type we do not take."""
    mode = request.GET.get("mode", "keep_good")
    if mode not in get_args(wire.Mode):
        raise wire.Malformed("mode is keep_good or all_or_nothing.")
    match request.content_type:
        case "application/json":
            return wire.decode_json(request.body)
        case "application/x-ndjson":
            return wire.decode_ndjson(request.body, mode)
        case "text/csv":
            return wire.decode_csv(request.body, mode)
    return None


def _answer(
    outcome: sync.Outcome, slug: str, *, status: int, stored: bool
) -> HttpResponse:
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
