"""What the lists of verdicts, baselines and read-outs are filtered by."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from common.paging import PageQuery
from portfolio import queries as portfolio
from portfolio.models import Pilot

from ..models import Metric
from .reads import Code, known_metric, unknown


class PilotQuery(PageQuery, kw_only=True):
    """Of all pilots, or of one."""

    pilot: Annotated[Code, Meta(description="Code of the pilot.")] | None = None


class PilotMetricQuery(PilotQuery, kw_only=True):
    """Of all pilots and metrics, or of one."""

    metric: Annotated[Code, Meta(description="Code of the metric.")] | None = None


def pilot_of(sent: PilotQuery) -> Pilot | None:
    """Return the pilot that a query names, None for all. Raises a 404 for an unknown code."""
    if sent.pilot is None:
        return None
    found = portfolio.find_pilot(sent.pilot)
    if found is None:
        raise unknown("pilot", sent.pilot)
    return found


def metric_of(sent: PilotMetricQuery) -> Metric | None:
    """Return the metric that a query names, None for all. Raises a 404 for an unknown code."""
    return None if sent.metric is None else known_metric(sent.metric)
