"""Celery entry points of tenants."""

import logging
import smtplib
from typing import Any

from django.utils import timezone

from common.tenancy.context import tenant
from common.tenancy.tasks import TenantTask, send_for_tenant, task

from . import actions, queries

log = logging.getLogger(__name__)


@task("tenants.beat_heart", platform=True)
def beat_heart(**unknown: Any) -> None:
    """Note that beat, broker and worker are alive together."""
    actions.beat_heart(name="worker")


@task("tenants.send_welcomes", bind=True, atomic=False)
def send_welcomes(self: TenantTask, **unknown: Any) -> None:
    """Mail the tenant's new members how to get in, each as soon as it is due.

    A mail server that is away costs nothing: the row stays due, and the sweep comes back to it.
    """
    tenant_id, now = self.tenant_of_message(), timezone.now()
    while True:
        with tenant(tenant_id):
            welcome = actions.take_welcome(now=now)
        if welcome is None:
            return
        try:
            welcome.mail.send()
        except (OSError, smtplib.SMTPException) as error:
            log.warning("mail to member %s was not sent: %s", welcome.member_id, error)
            continue
        with tenant(tenant_id):
            actions.note_welcome_sent(welcome)


@task("tenants.sweep_welcomes", platform=True)
def sweep_welcomes(**unknown: Any) -> None:
    """Wake every tenant with a mail that is due: the guarantee behind the wake-up of an invitation."""
    for tenant_id in queries.list_tenants_with_welcomes(now=timezone.now()):
        send_for_tenant("tenants.send_welcomes", tenant_id)
