"""What members are told, and that they read it."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db.models.functions import Coalesce, Now

from .. import queries
from ..models import Notification
from ..queries import Member
from .channels import Told, tell


def notify(
    *,
    member_id: UUID,
    topic: str,
    title: str,
    path: str,
    dedup_key: str,
    body: str = "",
) -> None:
    """Tell a member one thing by every channel, once for a key; as of `Told`."""
    tell(
        Told(
            member_id=member_id,
            topic=topic,
            title=title,
            path=path,
            dedup_key=dedup_key,
            body=body,
        )
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
    """Tell a person one thing by every channel; nothing happens for one who never signs in."""
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
