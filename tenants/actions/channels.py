"""The ways in which members are told things: one interface, one class each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol
from uuid import UUID

from common.tenancy.context import require_tenant_id

from ..models import MailLine, Notification


@dataclass(frozen=True, kw_only=True)
class Told:
    """One thing that a member is told.

    topic: short word such as `part` or `target`. path: address of what it is about. dedup_key: the
    same key tells a member nothing a second time, also when both arrive at once.
    """

    member_id: UUID
    topic: str
    title: str
    path: str
    dedup_key: str
    body: str = ""


class Channel(Protocol):
    """One way in which members are told things.

    What is told is a row of the caller's transaction. A channel that leaves the product sends it in a
    job of its own, once that is committed.
    """

    def tell(self, told: Told) -> None:
        """Keep one thing for its member; a key that is there already adds nothing."""


class Inbox:
    """A line in the inbox of the product itself."""

    def tell(self, told: Told) -> None:
        line = Notification(
            tenant_id=require_tenant_id(),
            member_id=told.member_id,
            topic=told.topic,
            title=told.title[:300],
            body=told.body,
            path=told.path,
            dedup_key=told.dedup_key,
        )
        Notification.objects.bulk_create([line], ignore_conflicts=True)


class Mail:
    """A line of the next digest; it says what the inbox says, unless that is read by then.

    Whether the member takes digests is asked when one is sent.
    """

    def tell(self, told: Told) -> None:
        line = MailLine(
            tenant_id=require_tenant_id(), member_id=told.member_id, dedup_key=told.dedup_key
        )
        MailLine.objects.bulk_create([line], ignore_conflicts=True)


CHANNELS: tuple[Channel, ...] = (Inbox(), Mail())


def tell(told: Told) -> None:
    """Tell a member one thing by every channel."""
    for channel in CHANNELS:
        channel.tell(told)
