"""Celery entry points of the portfolio."""

from typing import Any

from django.utils import timezone

from common.tenancy.tasks import send_for_tenant, task
from tenants.queries import list_tenant_ids

from . import actions


@task("portfolio.sweep_reviews", platform=True)
def sweep_reviews(**unknown: Any) -> None:
    """Send a look at every tenant's weekly reviews."""
    for tenant_id in list_tenant_ids():
        send_for_tenant("portfolio.remind_of_reviews", tenant_id)


@task("portfolio.remind_of_reviews")
def remind_of_reviews(**unknown: Any) -> None:
    """Tell the tenant's leads of reviews that are missing two weeks in a row."""
    actions.remind_of_reviews(now=timezone.now())
