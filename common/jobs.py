"""Sending jobs: after commit, by name, and never at the price of the request."""

import logging
from typing import Any

from django.db import transaction
from kombu.exceptions import OperationalError

from .tenancy.context import require_tenant_id
from .tenancy.tasks import send_for_tenant

log = logging.getLogger(__name__)


def enqueue(name: str, **ids: Any) -> None:
    """Send a task after the transaction commits, for the tenant of this unit of work.

    A broker that is away costs the wake-up only: periodic sweeps find the work in the database.
    """
    tenant_id = require_tenant_id()
    transaction.on_commit(lambda: _send(name, tenant_id, ids))


def _send(name: str, tenant_id: int, ids: dict[str, Any]) -> None:
    try:
        send_for_tenant(name, tenant_id, **ids)
    except (OperationalError, OSError) as error:
        log.warning("job %s was not sent, a sweep will find its work: %s", name, error)
