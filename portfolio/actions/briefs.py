"""Writes of the brief's monthly mail: who is to get it, and that it was sent."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime
from uuid import UUID

from django.db import transaction

from common.tenancy.context import require_tenant_id
from tenants import actions as tenants

from .. import rules
from ..models import BriefMail


def plan_briefs(*, month: date, members: Collection[UUID], now: datetime) -> None:
    """Note that members are to get the brief of a month; a second time adds nothing.

    The rows are what keeps them, also when two workers do this at once.
    """
    BriefMail.objects.bulk_create(
        [
            BriefMail(tenant_id=require_tenant_id(), member_id=member, month=month, due_at=now)
            for member in members
        ],
        ignore_conflicts=True,
    )


@transaction.atomic
def take_brief(*, month: date, members: Collection[UUID], now: datetime) -> BriefMail | None:
    """Take the next of the members' mails that is due, to be sent once this is committed.

    None when none is. What was taken is due again later, unless `note_brief_sent` says that it
    was sent.
    """
    rows = BriefMail.objects.filter(month=month, member_id__in=members)
    return tenants.take_next(rows, waits=rules.BRIEF_WAITS, now=now)


def note_brief_sent(*, mail_id: UUID, now: datetime) -> None:
    """Note that a mail was sent."""
    BriefMail.objects.filter(pk=mail_id).update(sent_at=now)
