"""Requests made from the API's own schema, sent over HTTP, and what every answer must keep."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import parse_qs, urlsplit

import schemathesis
from django.test import override_settings
from schemathesis import checks
from schemathesis.specs.openapi import checks as openapi_checks

from common import api_docs
from common.tenancy.context import tenant
from metrics.models import Metric, Source
from portfolio.models import Pilot, Site
from tests.live import Live, serving

CHECKS = [
    checks.not_a_server_error,
    openapi_checks.status_code_conformance,
    openapi_checks.content_type_conformance,
    openapi_checks.response_headers_conformance,
    openapi_checks.response_schema_conformance,
    openapi_checks.negative_data_rejection,
    openapi_checks.missing_required_header,
    openapi_checks.unsupported_method,
    openapi_checks.ignored_auth,
]
KNOWN = {
    "metric": "lead-time",
    "source": "erp",
    "site": "north",
    "pilot": "P-1",
    "gate": "data",
    "event_at": "2026-03-04",
    "If-Match": '"1"',
    "start_date": "2026-09-01",
    # Most random texts hold a character that nobody can see.
    "name": "Late-delivery warning",
    "use_case": "Tells the planner\nwhich line is late",
    "goal": "Fewer late lines",
}


def lively_schema() -> dict[str, Any]:
    """Return the schema with values that exist among those it may make, so that some are found."""
    schema = copy.deepcopy(api_docs.load_schema())
    for path, operations in schema["paths"].items():
        for operation in operations.values():
            for parameter in operation.get("parameters", []):
                code = {"code": "P-1" if "pilots" in path else "lead-time"}
                _enliven(parameter, "schema", (KNOWN | code).get(parameter["name"]))
    for name in ("ItemShape", "SpanBody", "PilotBody", "PilotPatch"):
        properties = schema["components"]["schemas"][name]["properties"]
        for field in properties:
            _enliven(properties, field, KNOWN.get(field))
    return schema


def _enliven(holder: dict[str, Any], name: str, known: str | None) -> None:
    if known is not None:
        holder[name] = {"anyOf": [{"const": known}, holder[name]]}


@schemathesis.serializer("application/x-ndjson")
def write_lines(context: Any, value: Any) -> bytes:
    """Send lines as they were made."""
    return value if isinstance(value, bytes) else str(value).encode(errors="surrogatepass")


def load(*, thorough: bool) -> Any:
    """Return the operations of the API. thorough: each limit of the schema is tried by itself."""
    schema = schemathesis.openapi.from_dict(lively_schema())
    schema.config.phases.coverage.enabled = thorough
    # A version that does not fit is refused before the body is read.
    schema.config.checks.negative_data_rejection.expected_statuses.append("412")
    return schema


def prepare() -> None:
    """Make what the lively values name, in the tenant in context."""
    site = Site.objects.create(code="north", name="North", zone="Europe/Berlin")
    Source.objects.create(code="erp", name="ERP")
    Metric.objects.create(
        code="lead-time",
        name="Lead time",
        kind="mean",
        unit="days",
        direction="down",
        zone="Europe/Berlin",
    )
    Pilot.objects.create(code="P-1", name="One", site=site, start_date="2026-09-01")


@contextmanager
def running(blocker: Any) -> Iterator[Live]:
    """Serve the product with what the lively values name."""
    unlimited = override_settings(API_RATE_UNKNOWN=10**9, API_RATE_TOKEN=10**9)
    with unlimited, blocker.unblock(), serving() as live:
        with tenant(live.tenant_id):
            prepare()
        yield live


def check(case: Any, live: Live) -> None:
    """Send one request; the answer is what the schema promises, and never a server error."""
    headers = {"Authorization": f"Bearer {live.token}"}
    response = case.call(base_url=live.url, headers=headers, timeout=60)
    # A bad parameter whose value is an empty list is not on the wire: nothing bad was sent.
    arrived = parse_qs(urlsplit(response.request.url).query, keep_blank_values=True)
    lost = set(case.query or {}) - set(arrived)
    excluded = [openapi_checks.negative_data_rejection] if lost else []
    case.validate_response(response, checks=CHECKS, excluded_checks=excluded)
