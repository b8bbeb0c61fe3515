"""The brief as a mail: who gets it each month, what it says, and the jobs that send it."""

from __future__ import annotations

import logging
import smtplib
from dataclasses import dataclass
from datetime import date, datetime
from email.utils import parseaddr
from typing import Any
from uuid import UUID

from django.conf import settings
from django.core.mail import EmailMultiAlternatives, get_connection
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone

from common.tenancy.context import tenant
from common.tenancy.tasks import TenantTask, send_for_tenant, task
from tenants import queries as tenants
from tenants.models import Membership
from tenants.queries import TenantInfo

from . import actions, queries, rules
from .models import BriefMail
from .views.brief import contents

log = logging.getLogger(__name__)


@task("portfolio.sweep_briefs", platform=True)
def sweep_briefs(**unknown: Any) -> None:
    """Send a look at every tenant's monthly mail; each knows its own clock."""
    for tenant_id in tenants.list_tenant_ids():
        send_for_tenant("portfolio.mail_briefs", tenant_id)


@task("portfolio.mail_briefs", bind=True, atomic=False)
def mail_briefs(self: TenantTask, **unknown: Any) -> None:
    """Mail the tenant's brief of this month to each member who is to get it and did not yet.

    The rows come first, a mail is written and sent once its try is committed. What fails costs
    nothing: the row stays due, and a later sweep comes back to it. A server that keeps silent is
    asked once a sweep, because the same worker computes the weekly figures.
    """
    tenant_id, now = self.tenant_of_message(), timezone.now()
    with tenant(tenant_id):
        mailing = find_mailing(now)
        if mailing is None:
            return
        actions.plan_briefs(month=mailing.month, members=list(mailing.readers), now=now)
    while True:
        with tenant(tenant_id):
            taken = take(now)
        if taken is None:
            return
        try:
            with tenant(tenant_id):
                message = write(taken.mail, taken.reader, taken.company, now=now)
            with get_connection() as server:  # closed also where it is refused at its opening
                server.send_messages([message])
        except (OSError, smtplib.SMTPException) as error:
            log.warning("brief to member %s was not sent: %s", taken.reader.pk, error)
            if is_silent(error):  # it would keep the worker as long again for everybody else
                return
        except Exception:  # whatever it is, it costs nobody else the mail
            log.exception("brief to member %s could not be written", taken.reader.pk)
        else:
            with tenant(tenant_id):
                actions.note_brief_sent(mail_id=taken.mail.pk, now=timezone.now())


def is_silent(error: Exception) -> bool:
    """Say whether a mail server did not answer in time; smtplib raises a fault of its own then."""
    return isinstance(error, TimeoutError) or isinstance(error.__context__, TimeoutError)


@dataclass(frozen=True, kw_only=True)
class Mailing:
    """The brief of a month and who is to get it, by the keys of their memberships."""

    company: TenantInfo
    month: date
    readers: dict[UUID, Membership]


@dataclass(frozen=True, kw_only=True)
class Taken:
    """A mail that somebody took to write and send it."""

    mail: BriefMail
    reader: Membership
    company: TenantInfo


def find_mailing(now: datetime) -> Mailing | None:
    """Return what the tenant mails now; None outside the days of it.

    None for a demo too: its people are invented, and their addresses may be those of strangers.
    """
    company = tenants.find_company()
    if company is None or company.is_demo:
        return None
    month = rules.brief_month(now=now, zone=company.zone)
    if month is None:
        return None
    readers = {member.pk: member for member in queries.list_brief_readers()}
    return Mailing(company=company, month=month, readers=readers)


def take(now: datetime) -> Taken | None:
    """Take the tenant's next mail that is due; None when none is.

    Who is to get it is asked anew: members go and change their minds while a mail waits.
    """
    mailing = find_mailing(now)
    if mailing is None:
        return None
    mail = actions.take_brief(month=mailing.month, members=list(mailing.readers), now=now)
    if mail is None:
        return None
    reader = mailing.readers[mail.member_id]
    return Taken(mail=mail, reader=reader, company=mailing.company)


def write(
    mail: BriefMail, reader: Membership, company: TenantInfo, *, now: datetime
) -> EmailMultiAlternatives:
    """Return the brief as a mail to a reader: its page, but for the month and not for the week.

    A second try has the same Message-ID, so that a mail program may know it for the same.
    """
    base = settings.PUBLIC_URL.rstrip("/")
    own_mail = f"{base}{reverse('own_mail', args=[company.slug])}"
    since = rules.brief_since(month=mail.month, zone=company.zone)
    said = {
        **contents(tenants.as_member(reader, company), since=since, now=now),
        "since": since.date(),
        "tenant": company,
        "base": base,
        "brief_url": f"{base}{reverse('brief', args=[company.slug])}",
        "own_mail_url": own_mail,
    }
    _, _, domain = parseaddr(settings.DEFAULT_FROM_EMAIL)[1].rpartition("@")
    message = EmailMultiAlternatives(
        subject=" ".join(f"{company.name}: {said['title']}".split()),
        body=render_to_string("portfolio/email/brief.txt", said),
        to=[reader.user.email],
        headers={
            "Message-ID": f"<brief-{mail.pk}@{domain or 'localhost'}>",
            "List-Unsubscribe": f"<{own_mail}>",
            "Auto-Submitted": "auto-generated",
        },
    )
    message.attach_alternative(render_to_string("portfolio/email/brief.html", said), "text/html")
    return message
