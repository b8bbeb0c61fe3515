"""Mails that are rows first: which is tried next, and what goes into a member's digest."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date, datetime, timedelta
from typing import TypeVar
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet

from common.tenancy.context import require_tenant_id
from common.writing import take_turn

from .. import queries, rules
from ..models import DigestMail, DueMail, MailLine

M = TypeVar("M", bound=DueMail)


def take_next(rows: QuerySet[M], *, waits: Sequence[timedelta], now: datetime) -> M | None:
    """Take the next of some mails that is due, to be sent once this is committed.

    None when none is. What was taken is due again after the wait of its try, unless it is noted as
    sent; after the last wait nobody tries it again.
    """
    mail = (
        rows.select_for_update(no_key=True, skip_locked=True, of=("self",))
        .filter(sent_at=None, due_at__lte=now, tries__lt=len(waits))
        .order_by("due_at", "id")
        .first()
    )
    if mail is None:
        return None
    mail.due_at = now + waits[mail.tries]
    mail.tries += 1
    mail.save(update_fields=["due_at", "tries"])
    return mail


@transaction.atomic
def plan_digests(*, day: date, members: Collection[UUID], now: datetime) -> None:
    """Note that members are to get a digest of what is new for them; a second time adds nothing.

    One a member and day: what comes behind it waits for the next. What an earlier day's digest
    could not tell is told by this one.
    """
    take_turn("digests")  # of two workers, the second finds what the first planned
    MailLine.objects.filter(
        member_id__in=members, digest__sent_at=None, digest__day__lt=day
    ).update(digest=None)
    fresh = queries.unread_lines().filter(member_id__in=members, digest=None)
    news = sorted(set(fresh.values_list("member_id", flat=True)))
    DigestMail.objects.bulk_create(
        [
            DigestMail(tenant_id=require_tenant_id(), member_id=member, day=day, due_at=now)
            for member in news
        ],
        ignore_conflicts=True,
    )
    for digest in DigestMail.objects.filter(day=day, member_id__in=news, sent_at=None):
        fresh.filter(member_id=digest.member_id).update(digest=digest)


@transaction.atomic
def take_digest(*, day: date, members: Collection[UUID], now: datetime) -> DigestMail | None:
    """Take the next of the members' digests of a day, unless all of it is read by now."""
    rows = queries.digests_with_news().filter(day=day, member_id__in=members)
    return take_next(rows, waits=rules.DIGEST_WAITS, now=now)


def note_digest_sent(*, digest_id: UUID, now: datetime) -> None:
    """Note that a digest was sent."""
    DigestMail.objects.filter(pk=digest_id).update(sent_at=now)
