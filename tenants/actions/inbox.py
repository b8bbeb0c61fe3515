"""What members are told, and that they read it."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db.models.functions import Coalesce, Now

from common.tenancy.context import require_tenant_id

from .. import queries
from ..models import (
    Notification,
)
from ..queries import Member


def notify(
    *,
    member_id: UUID,
    topic: str,
    title: str,
    path: str,
    dedup_key: str,
    body: str = "",
) -> None:
    """Put one line into a member's inbox, once for a key.

    topic: short word such as `part` or `target`. path: address of what it is about.
    dedup_key: the same key a second time adds nothing, also when both arrive at once.
    """
    Notification.objects.bulk_create(
        [
            Notification(
                tenant_id=require_tenant_id(),
                member_id=member_id,
                topic=topic,
                title=title[:300],
                body=body,
                path=path,
                dedup_key=dedup_key,
            )
        ],
        ignore_conflicts=True,
    )


def notify_person(
    *,
    person_id: UUID,
    topic: str,
    title: str,
    path: str,
    dedup_key: str,
    body: str = "",
) -> None:
    """Put one line into the inbox of a person; nothing happens for one who never signs in."""
    member = queries.find_member_of(person_id)
    if member is not None:
        notify(
            member_id=member.id,
            topic=topic,
            title=title,
            path=path,
            dedup_key=dedup_key,
            body=body,
        )


def settle(*, dedup_prefix: str, words: str) -> None:
    """Mark as read, for everybody, the lines that ask for what is done or asked no more.

    words: which of the two, as each line says from then on.
    """
    Notification.objects.filter(dedup_key__startswith=dedup_prefix, body="").update(
        read_at=Coalesce("read_at", Now()), body=words
    )


def mark_read(*, notification_id: UUID, by: Member, now: datetime) -> Notification | None:
    """Mark one line of the own inbox as read; None when it is not there. No audit line."""
    line = Notification.objects.filter(pk=notification_id, member_id=by.id).first()
    if line is not None and line.read_at is None:
        line.read_at = now
        line.save(update_fields=["read_at"])
    return line


def mark_all_read(*, by: Member, now: datetime) -> int:
    """Mark the whole own inbox as read; return how many lines were not. No audit line."""
    return Notification.objects.filter(member_id=by.id, read_at=None).update(read_at=now)
