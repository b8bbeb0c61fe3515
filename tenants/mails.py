"""Mails of a company to its members, one after the other, and the digest of what is new for each."""

from __future__ import annotations

import logging
import smtplib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from email.utils import parseaddr
from typing import Any, Generic, TypeVar
from uuid import UUID

from django.conf import settings
from django.core.mail import EmailMultiAlternatives, get_connection
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone

from common.tenancy.context import tenant
from common.tenancy.tasks import TenantTask, send_for_tenant, task

from . import actions, queries, rules
from .models import DigestMail, DueMail, Membership
from .queries import TenantInfo

log = logging.getLogger(__name__)
M = TypeVar("M", bound=DueMail)


@dataclass(frozen=True, kw_only=True)
class Taken(Generic[M]):
    """A mail that somebody took to write and send it."""

    mail: M
    reader: Membership
    company: TenantInfo


def deliver(
    tenant_id: int,
    *,
    what: str,
    take: Callable[[], Taken[M] | None],
    write: Callable[[Taken[M]], EmailMultiAlternatives],
    note: Callable[[UUID], None],
) -> None:
    """Send a tenant's mails of one kind that are due.

    what: the kind, for the log. take, write, note: called inside the tenant, each in a transaction of
    its own. A mail is written and sent once its try is committed. What fails costs nothing: the row
    stays due, and a later sweep comes back to it. A server that keeps silent is asked once a sweep,
    because the same worker computes the weekly figures.
    """
    while True:
        with tenant(tenant_id):
            taken = take()
        if taken is None:
            return
        try:
            with tenant(tenant_id):
                message = write(taken)
            with get_connection() as server:  # closed also where it is refused at its opening
                server.send_messages([message])
        except (OSError, smtplib.SMTPException) as error:
            log.warning("%s to member %s was not sent: %s", what, taken.reader.pk, error)
            if is_silent(error):  # it would keep the worker as long again for everybody else
                return
        except Exception:  # whatever it is, it costs nobody else the mail
            log.exception("%s to member %s could not be written", what, taken.reader.pk)
        else:
            with tenant(tenant_id):
                note(taken.mail.pk)


def is_silent(error: Exception) -> bool:
    """Say whether a mail server did not answer in time; smtplib raises a fault of its own then."""
    return isinstance(error, TimeoutError) or isinstance(error.__context__, TimeoutError)


def own_mail_address(company: TenantInfo) -> str:
    """Return the whole address at which a member says what comes by mail."""
    return f"{base()}{reverse('own_mail', args=[company.slug])}"


def base() -> str:
    """Return what the addresses in a mail begin with."""
    return settings.PUBLIC_URL.rstrip("/")


def compose(
    taken: Taken[Any], *, kind: str, title: str, template: str, said: dict[str, Any]
) -> EmailMultiAlternatives:
    """Return a mail to its reader, in text and HTML. kind: the first word of its Message-ID.

    template: the path of both without their ending. A second try has the same Message-ID, so that
    a mail program may know it for the same.
    """
    own_mail = own_mail_address(taken.company)
    context = {**said, "tenant": taken.company, "base": base(), "own_mail_url": own_mail}
    _, _, domain = parseaddr(settings.DEFAULT_FROM_EMAIL)[1].rpartition("@")
    message = EmailMultiAlternatives(
        subject=" ".join(f"{taken.company.name}: {title}".split()),
        body=render_to_string(f"{template}.txt", context),
        to=[taken.reader.user.email],
        headers={
            "Message-ID": f"<{kind}-{taken.mail.pk}@{domain or 'localhost'}>",
            "List-Unsubscribe": f"<{own_mail}>",
            "Auto-Submitted": "auto-generated",
        },
    )
    message.attach_alternative(render_to_string(f"{template}.html", context), "text/html")
    return message


@task("tenants.sweep_digests", platform=True)
def sweep_digests(**unknown: Any) -> None:
    """Send a look at what is new for the people of every tenant; each knows its own clock."""
    for tenant_id in queries.list_tenant_ids():
        send_for_tenant("tenants.mail_digests", tenant_id)


@task("tenants.mail_digests", bind=True, atomic=False)
def mail_digests(self: TenantTask, **unknown: Any) -> None:
    """Mail each member of the tenant what is new for them, once a day. Sent as of `deliver`."""
    tenant_id, now = self.tenant_of_message(), timezone.now()
    with tenant(tenant_id):
        mailing = find_mailing(now)
        if mailing is None:
            return
        actions.plan_digests(day=mailing.day, members=list(mailing.readers), now=now)
    deliver(
        tenant_id,
        what="digest",
        take=lambda: take(now),
        write=write,
        note=lambda key: actions.note_digest_sent(digest_id=key, now=timezone.now()),
    )


@dataclass(frozen=True, kw_only=True)
class Mailing:
    """The digests of a day and who is to get one, by the keys of their memberships."""

    company: TenantInfo
    day: date
    readers: dict[UUID, Membership]


def find_mailing(now: datetime) -> Mailing | None:
    """Return whom the tenant mails a digest now; None outside the hours of it.

    None for a demo too: its people are invented, and their addresses may be those of strangers.
    """
    company = queries.find_company()
    if company is None or company.is_demo:
        return None
    day = rules.digest_day(now=now, zone=company.zone)
    if day is None:
        return None
    readers = {member.pk: member for member in queries.list_digest_members()}
    return Mailing(company=company, day=day, readers=readers)


def take(now: datetime) -> Taken[DigestMail] | None:
    """Take the tenant's next digest that is due; None when none is.

    Who is to get it is asked anew: members go and change their minds while a mail waits.
    """
    mailing = find_mailing(now)
    if mailing is None:
        return None
    mail = actions.take_digest(day=mailing.day, members=list(mailing.readers), now=now)
    if mail is None:
        return None
    return Taken(mail=mail, reader=mailing.readers[mail.member_id], company=mailing.company)


def write(taken: Taken[DigestMail]) -> EmailMultiAlternatives:
    """Return what is new for a member as a mail."""
    lines = queries.list_digest(taken.mail)
    count, inside = len(lines), f"/t/{taken.company.slug}/"
    title = f"{count} thing{'' if count == 1 else 's'} new for you"
    return compose(
        taken,
        kind="digest",
        title=title,
        template="tenants/email/digest",
        said={
            "title": title,
            "lines": [
                (one.title, f"{base()}{one.path}" if one.path.startswith(inside) else "")
                for one in lines[: rules.DIGEST_LINES]
            ],
            "more": max(0, count - rules.DIGEST_LINES),
            "inbox_url": f"{base()}{reverse('inbox', args=[taken.company.slug])}",
            "reader": taken.reader.person.name,
            "day": taken.mail.day,
        },
    )
