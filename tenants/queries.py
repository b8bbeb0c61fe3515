"""Reads of tenants, members and tokens; the doors through which a tenant is opened."""

from __future__ import annotations

import hmac
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol
from uuid import UUID

from django.db import connection
from django.shortcuts import get_object_or_404

from common.tenancy.context import found_tenant

from . import rules
from .models import Heartbeat, IdempotencyRecord, Membership, Person

KEPT_FOR = timedelta(hours=24)


class Doer(Protocol):
    """Whoever acts: a member, an API client or a job of the system."""

    @property
    def audit_name(self) -> str:
        """Name in the audit trail: a kind and an id, never a name."""
        ...


@dataclass(frozen=True)
class System:
    """A job of the product itself: `System("demo")` is `system:demo` in the audit trail."""

    job: str

    @property
    def audit_name(self) -> str:
        return f"system:{self.job}"


@dataclass(frozen=True, kw_only=True)
class TenantInfo:
    """What pages need of the tenant."""

    id: int
    slug: str
    name: str
    currency: str
    zone: str
    locale: str
    is_demo: bool


@dataclass(frozen=True, kw_only=True)
class Member:
    """The signed-in person in this tenant, and what they are."""

    id: UUID
    person_id: UUID
    name: str
    actor: rules.Actor
    tenant: TenantInfo

    @property
    def audit_name(self) -> str:
        """Name in the audit trail: an id, never a name."""
        return f"member:{self.id}"


@dataclass(frozen=True, kw_only=True)
class Client:
    """An API token at work."""

    id: UUID
    prefix: str
    name: str
    actor: rules.Actor
    tenant: TenantInfo
    last_used_at: datetime | None

    @property
    def audit_name(self) -> str:
        return f"client:{self.prefix}"


def _tenant(row: dict[str, Any]) -> TenantInfo:
    return TenantInfo(
        id=row["tenant_id"],
        slug=row["slug"],
        name=row["tenant_name"],
        currency=row["currency"],
        zone=row["zone"],
        locale=row["locale"],
        is_demo=row["is_demo"],
    )


@contextmanager
def open_membership(*, user_id: int, slug: str) -> Iterator[Member | None]:
    """Open the tenant of a slug for a user who is its member; None for anybody else."""
    with found_tenant("SELECT * FROM find_membership(%s, %s)", [user_id, slug]) as row:
        if row is None:
            yield None
            return
        yield Member(
            id=row["membership_id"],
            person_id=row["person_id"],
            name=row["person_name"],
            actor=rules.Actor(roles=frozenset(rules.Role(role) for role in row["roles"])),
            tenant=_tenant(row),
        )


@contextmanager
def open_token(*, prefix: str, digest: bytes) -> Iterator[Client | None]:
    """Open the tenant of an API token; None when there is no such live token.

    digest: SHA-256 of the whole token, compared in constant time.
    """
    with found_tenant("SELECT * FROM find_api_token(%s)", [prefix]) as row:
        if row is None or not hmac.compare_digest(bytes(row["digest"]), digest):
            yield None
            return
        yield Client(
            id=row["token_id"],
            prefix=prefix,
            name=row["token_name"],
            actor=rules.Actor(scopes=frozenset(rules.Scope(s) for s in row["scopes"])),
            tenant=_tenant(row),
            last_used_at=row["last_used_at"],
        )


def list_own_tenants(user_id: int) -> list[dict[str, str]]:
    """Return slug and name of every tenant the user is a member of, by name."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT slug, name FROM list_memberships(%s) ORDER BY name, slug", [user_id])
        return [{"slug": slug, "name": name} for slug, name in cursor.fetchall()]


def list_members() -> list[Membership]:
    """Return the tenant's members with person and user, by name."""
    return list(
        Membership.objects.filter(removed_at=None)
        .select_related("person", "user")
        .order_by("person__name", "id")
    )


def list_tenant_ids() -> list[int]:
    """Return every tenant that is not suspended. Needs no tenant context; for platform tasks."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT tenant_id FROM list_active_tenants()")
        return [tenant_id for (tenant_id,) in cursor.fetchall()]


def find_heartbeats() -> dict[str, datetime]:
    """Return when each background process was last seen, by name."""
    return dict(Heartbeat.objects.values_list("name", "seen_at"))


def list_people() -> list[Person]:
    """Return everybody named in the tenant who is not archived, by name."""
    return list(Person.objects.filter(archived_at=None).order_by("name", "id"))


def list_archived_people() -> list[Person]:
    """Return the archived people, by name."""
    return list(Person.objects.exclude(archived_at=None).order_by("name", "id"))


def get_person(key: UUID) -> Person:
    """Return one person, archived or not; 404 when there is none."""
    return get_object_or_404(Person, pk=key)


def find_member_of(person_id: UUID) -> Membership | None:
    """Return the membership with which a person signs in; None when they do not."""
    return Membership.objects.filter(person_id=person_id, removed_at=None).first()


def find_answer(*, client: str, key: str) -> tuple[bytes, str] | None:
    """Return request hash and answer kept for a write under an idempotency key; None when new."""
    row = (
        IdempotencyRecord.objects.filter(client=client, key=key)
        .values_list("request_hash", "body")
        .first()
    )
    return None if row is None else (bytes(row[0]), bytes(row[1]).decode())


@dataclass(frozen=True, kw_only=True)
class Answer:
    """The answer a client got to a write with an Idempotency-Key, and the request's hash."""

    request_hash: bytes
    status: int
    body: bytes


def find_repeatable(*, client: str, key: str, now: datetime) -> Answer | None:
    """Return the answer to a client's write of the last 24 hours; None for a new key."""
    row = (
        IdempotencyRecord.objects.filter(client=client, key=key, created_at__gt=now - KEPT_FOR)
        .values_list("request_hash", "status", "body")
        .first()
    )
    if row is None:
        return None
    return Answer(request_hash=bytes(row[0]), status=row[1], body=bytes(row[2]))
