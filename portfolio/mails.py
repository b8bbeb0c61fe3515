"""The brief as a mail: who gets it each month, what it says, and the jobs that send it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.core.mail import EmailMultiAlternatives
from django.urls import reverse
from django.utils import timezone

from common.tenancy.context import tenant
from common.tenancy.tasks import TenantTask, send_for_tenant, task
from tenants import queries as tenants
from tenants.mails import Taken, base, compose, deliver
from tenants.models import Membership
from tenants.queries import TenantInfo

from . import actions, queries, rules
from .models import BriefMail
from .views.brief import contents


@task("portfolio.sweep_briefs", platform=True)
def sweep_briefs(**unknown: Any) -> None:
    """Send a look at every tenant's monthly mail; each knows its own clock."""
    for tenant_id in tenants.list_tenant_ids():
        send_for_tenant("portfolio.mail_briefs", tenant_id)


@task("portfolio.mail_briefs", bind=True, atomic=False)
def mail_briefs(self: TenantTask, **unknown: Any) -> None:
    """Mail the tenant's brief of this month to each member who is to get it and did not yet.

    The rows come first; sent as of `deliver`.
    """
    tenant_id, now = self.tenant_of_message(), timezone.now()
    with tenant(tenant_id):
        mailing = find_mailing(now)
        if mailing is None:
            return
        actions.plan_briefs(month=mailing.month, members=list(mailing.readers), now=now)
    deliver(
        tenant_id,
        what="brief",
        take=lambda: take(now),
        write=lambda taken: write(taken, now=now),
        note=lambda key: actions.note_brief_sent(mail_id=key, now=timezone.now()),
    )


@dataclass(frozen=True, kw_only=True)
class Mailing:
    """The brief of a month and who is to get it, by the keys of their memberships."""

    company: TenantInfo
    month: date
    readers: dict[UUID, Membership]


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


def take(now: datetime) -> Taken[BriefMail] | None:
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


def write(taken: Taken[BriefMail], *, now: datetime) -> EmailMultiAlternatives:
    """Return the brief as a mail to a reader: its page, but for the month and not for the week."""
    company = taken.company
    since = rules.brief_since(month=taken.mail.month, zone=company.zone)
    said = contents(tenants.as_member(taken.reader, company), since=since, now=now)
    brief_url = f"{base()}{reverse('brief', args=[company.slug])}"
    return compose(
        taken,
        kind="brief",
        title=said["title"],
        template="portfolio/email/brief",
        said={**said, "since": since.date(), "brief_url": brief_url},
    )
