"""The tenant's metrics, and how each figure of one metric came about."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render

from common.web import Request
from tenants.access import needs
from tenants.rules import Permission

from .. import queries


@needs(Permission.BROWSE)
def metric_list(request: Request, slug: str) -> HttpResponse:
    """Show every metric of the tenant with its latest value."""
    return render(request, "metrics/list.html", {"metrics": queries.list_metrics()})


@needs(Permission.BROWSE)
def metric(request: Request, slug: str, code: str) -> HttpResponse:
    """Show one metric's definition, weeks, measurements and their revisions."""
    return render(request, "metrics/history.html", {"metric": queries.get_metric(code)})
