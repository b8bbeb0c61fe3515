"""Celery entry points of tenants."""

import smtplib
from typing import Any
from uuid import UUID

from common.tenancy.context import tenant
from common.tenancy.tasks import TenantTask, task

from . import actions


@task("tenants.beat_heart", platform=True)
def beat_heart(**unknown: Any) -> None:
    """Note that beat, broker and worker are alive together."""
    actions.beat_heart(name="worker")


@task(
    "tenants.send_welcome",
    bind=True,
    atomic=False,
    autoretry_for=(OSError, smtplib.SMTPException),
    retry_backoff=30,
    max_retries=5,
)
def send_welcome(self: TenantTask, *, member_id: str, **unknown: Any) -> None:
    """Mail a new member how to get in. Sent again, it carries a link of its own."""
    with tenant(self.tenant_of_message()):
        mail = actions.write_welcome(member_id=UUID(member_id))
    if mail is not None:
        mail.send()
