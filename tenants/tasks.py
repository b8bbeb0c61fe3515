"""Celery entry points of tenants."""

from typing import Any

from common.tenancy.tasks import task

from . import actions


@task("tenants.beat_heart", platform=True)
def beat_heart(**unknown: Any) -> None:
    """Note that beat, broker and worker are alive together."""
    actions.beat_heart(name="worker")
