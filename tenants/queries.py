"""Reads of tenants, members and tokens; the doors through which a tenant is opened."""

from __future__ import annotations

import hmac
import ipaddress
from collections.abc import Collection, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any, Protocol
from uuid import UUID
from zoneinfo import available_timezones

from django.contrib.auth.hashers import UNUSABLE_PASSWORD_PREFIX
from django.db import connection
from django.db.models import Case, Exists, OuterRef, QuerySet, Value, When
from django.shortcuts import get_object_or_404

from common.tenancy.context import found_tenant, require_tenant_id

from . import rules
from .models import (
    ApiToken,
    DigestMail,
    Heartbeat,
    IdempotencyRecord,
    MailLine,
    Membership,
    Notification,
    Person,
    Tenant,
)

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
    # Slug and name of every tenant the person may change to, this one too, by name.
    tenants: list[dict[str, str]] = field(default_factory=list)
    last_seen_at: datetime | None = None

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
    cidrs: tuple[str, ...] = ()

    @property
    def audit_name(self) -> str:
        return f"client:{self.prefix}"

    def may_call_from(self, address: str) -> bool:
        """Tell whether an address is in the token's networks; everywhere when it names none."""
        if not self.cidrs:
            return True
        try:
            found = ipaddress.ip_address(address)
        except ValueError:
            return False
        return any(found in ipaddress.ip_network(cidr) for cidr in self.cidrs)


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
            tenants=row["tenants"],
            last_seen_at=row["last_seen_at"],
        )


@contextmanager
def open_token(*, prefix: str, digest: bytes) -> Iterator[Client | None]:
    """Open the tenant of an API token; None when there is no such live token.

    digest: SHA-256 of the whole token, compared in constant time.
    """
    with ExitStack() as door:
        row = door.enter_context(found_tenant("SELECT * FROM find_api_token(%s)", [prefix]))
        if row is None or not hmac.compare_digest(bytes(row["digest"]), digest):
            door.close()  # a right prefix with a wrong secret opens nothing
            yield None
            return
        yield Client(
            id=row["token_id"],
            prefix=prefix,
            name=row["token_name"],
            actor=rules.Actor(scopes=frozenset(rules.Scope(s) for s in row["scopes"])),
            tenant=_tenant(row),
            last_used_at=row["last_used_at"],
            cidrs=tuple(row["cidrs"]),
        )


def list_own_tenants(user_id: int) -> list[dict[str, str]]:
    """Return slug and name of every tenant the user is a member of, by name."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT slug, name FROM list_memberships(%s) ORDER BY name, slug", [user_id])
        return [{"slug": slug, "name": name} for slug, name in cursor.fetchall()]


def current_slug() -> str:
    """Return the slug of the tenant of this unit of work, for addresses in messages."""
    slug: str = Tenant.objects.values_list("slug", flat=True).get(pk=require_tenant_id())
    return slug


def current_zone() -> str:
    """Return the default time zone of the tenant of this unit of work."""
    zone: str = Tenant.objects.values_list("zone", flat=True).get(pk=require_tenant_id())
    return zone


def find_company() -> TenantInfo | None:
    """Return the tenant of this unit of work; None while it is suspended."""
    found = Tenant.objects.filter(pk=require_tenant_id(), suspended_at=None).first()
    if found is None:
        return None
    return TenantInfo(
        id=found.pk,
        slug=found.slug,
        name=found.name,
        currency=found.currency,
        zone=found.zone,
        locale=found.locale,
        is_demo=found.is_demo,
    )


def as_member(found: Membership, company: TenantInfo) -> Member:
    """Return a membership as pages know a member, for a job that prints one; reads its person."""
    return Member(
        id=found.pk,
        person_id=found.person_id,
        name=found.person.name,
        actor=found.actor,
        tenant=company,
        last_seen_at=found.last_seen_at,
    )


def list_brief_members(roles: Collection[rules.Role]) -> list[Membership]:
    """Return members with one of the roles who take the brief by mail, as `list_digest_members`."""
    return _mailed(monthly_brief=True, roles__overlap=[role.value for role in roles])


def list_digest_members() -> list[Membership]:
    """Return members who take what is new for them by mail, with person and user.

    By name. Nobody without a password: it was chosen behind a link in a mail, and that is all that
    shows an address to be theirs. Nobody whose sign-in is closed.
    """
    return _mailed(daily_digest=True)


def _mailed(**wanted: Any) -> list[Membership]:
    return list(
        Membership.objects.filter(removed_at=None, user__is_active=True, **wanted)
        .exclude(user__password__startswith=UNUSABLE_PASSWORD_PREFIX)
        .select_related("person", "user")
        .order_by("person__name", "id")
    )


def list_members() -> list[Membership]:
    """Return the tenant's members with person and user, by name."""
    return list(
        Membership.objects.filter(removed_at=None)
        .select_related("person", "user")
        .order_by("person__name", "id")
    )


def map_names_with(roles: Collection[rules.Role]) -> dict[UUID, str]:
    """Return names of the members who have one of the roles, by person, in the order of the names."""
    rows = Membership.objects.filter(removed_at=None, roles__overlap=[role.value for role in roles])
    return dict(rows.order_by("person__name", "id").values_list("person_id", "person__name"))


def list_names_with(roles: Collection[rules.Role]) -> list[str]:
    """Return names of the members who have one of the roles, sorted; empty for no role."""
    return list(map_names_with(roles).values())


def list_tenant_ids() -> list[int]:
    """Return every tenant that is not suspended. Needs no tenant context; for platform tasks."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT tenant_id FROM list_active_tenants()")
        return [tenant_id for (tenant_id,) in cursor.fetchall()]


def knows_zone(zone: str) -> bool:
    """Tell whether both Python and the database know a time zone by this name."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT EXISTS (SELECT FROM pg_timezone_names WHERE name = %s)", [zone])
        return zone in available_timezones() and bool(cursor.fetchone()[0])


def list_tenants_with_welcomes(*, now: datetime) -> list[int]:
    """Return tenants in which a mail to a new member is due. Needs no tenant context."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT tenant_id FROM list_tenants_with_welcomes(%s, %s)",
            [now, len(rules.WELCOME_WAITS)],
        )
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


@dataclass(frozen=True, kw_only=True)
class Persona:
    """A member of a demo tenant who may be entered with one click."""

    membership_id: UUID
    user_id: int
    slug: str
    tenant_name: str
    name: str
    job_title: str
    roles: tuple[rules.Role, ...]


def list_personas() -> list[Persona]:
    """Return who may be entered in demo mode, by tenant and in the order they were added.

    Needs no tenant context. Users who also belong to a tenant that is no demo are not among them.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT membership_id, user_id, slug, tenant_name, person_name, job_title, roles"
            " FROM list_demo_personas()"
            " ORDER BY min(membership_id::text) OVER (PARTITION BY slug), slug, membership_id"
        )
        return [
            Persona(
                membership_id=member,
                user_id=user,
                slug=slug,
                tenant_name=tenant,
                name=name,
                job_title=job,
                roles=tuple(rules.Role(role) for role in roles),
            )
            for member, user, slug, tenant, name, job, roles in cursor.fetchall()
        ]


def get_member(key: UUID) -> Membership:
    """Return one member with person and user, removed or not; 404 when there is none."""
    found: Membership = get_object_or_404(
        Membership.objects.select_related("person", "user"), pk=key
    )
    return found


def list_removed_members() -> list[Membership]:
    """Return who was a member, with person and user, the last to go first."""
    return list(
        Membership.objects.exclude(removed_at=None)
        .select_related("person", "user")
        .order_by("-removed_at", "id")
    )


def list_people_without_member() -> QuerySet[Person]:
    """Return people who do not sign in and never did, by name."""
    used = Membership.objects.filter(person_id=OuterRef("pk"))
    return Person.objects.filter(~Exists(used), archived_at=None).order_by("name", "id")


def list_tokens() -> list[ApiToken]:
    """Return every token with the person who created it, the newest first."""
    return list(
        ApiToken.objects.select_related("created_by__person").order_by("-created_at", "-id")
    )


def get_token(key: UUID) -> ApiToken:
    """Return one token; 404 when there is none."""
    return get_object_or_404(ApiToken, pk=key)


INBOX_PAGE = 50


def list_inbox(*, member_id: UUID, page: int = 1) -> tuple[list[Notification], bool]:
    """Return one page of a member's inbox, unread first, then newest; and whether more follow."""
    start = (page - 1) * INBOX_PAGE
    lines = list(
        Notification.objects.filter(member_id=member_id)
        .annotate(was_read=Case(When(read_at=None, then=Value(0)), default=Value(1)))
        .order_by("was_read", "-created_at", "-id")[start : start + INBOX_PAGE + 1]
    )
    return lines[:INBOX_PAGE], len(lines) > INBOX_PAGE


def _unread() -> QuerySet[Notification]:
    """Return the unread line of the inbox that a line of a digest is about."""
    return Notification.objects.filter(
        member_id=OuterRef("member_id"), dedup_key=OuterRef("dedup_key"), read_at=None
    )


def unread_lines() -> QuerySet[MailLine]:
    """Return what is to go out by mail, or went, and nobody has read in the inbox."""
    return MailLine.objects.filter(Exists(_unread()))


def digests_with_news() -> QuerySet[DigestMail]:
    """Return digests of which something is unread still."""
    return DigestMail.objects.filter(Exists(unread_lines().filter(digest_id=OuterRef("pk"))))


def list_digest(digest: DigestMail) -> list[Notification]:
    """Return the lines of the inbox that a digest tells, oldest first; those that are read are left out."""
    keys = MailLine.objects.filter(digest=digest).values("dedup_key")
    rows = Notification.objects.filter(member_id=digest.member_id, dedup_key__in=keys, read_at=None)
    return list(rows.order_by("created_at", "id"))


def list_unsent_digests(day: date) -> list[DigestMail]:
    """Return the digests of a day that were tried in vain, with the person, by name.

    Without those to people who are to get none any more, and those that are read by now.
    """
    members = [member.pk for member in list_digest_members()]
    rows = digests_with_news().filter(day=day, sent_at=None, tries__gt=0, member__in=members)
    return list(rows.select_related("member__person").order_by("member__person__name", "id"))


def count_unread(*, member_id: UUID) -> int:
    """Return how many lines of a member's inbox are unread; in SQL, for every page asks it."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM tenants_notification"
            " WHERE tenant_id = %s AND member_id = %s AND read_at IS NULL",
            [require_tenant_id(), member_id],
        )
        count: int = cursor.fetchone()[0]
    return count


ACTORS = """
SELECT 'member:' || m.id, p.name
FROM tenants_membership m
JOIN tenants_person p ON p.tenant_id = m.tenant_id AND p.id = m.person_id
WHERE m.tenant_id = %(tenant)s AND 'member:' || m.id = ANY(%(actors)s)
UNION ALL
SELECT 'client:' || t.prefix, t.name
FROM tenants_apitoken t
WHERE t.tenant_id = %(tenant)s AND 'client:' || t.prefix = ANY(%(actors)s)
UNION ALL
SELECT 'person:' || p.id, p.name
FROM tenants_person p
WHERE p.tenant_id = %(tenant)s AND 'person:' || p.id = ANY(%(actors)s)
"""


PRODUCT = "Week Twelve"


def list_actor_names(actors: Collection[str]) -> dict[str, str]:
    """Return names for actors of the trail: a member's, a token's; a job is the product itself.

    Whom a line is about may be asked for beside them, as `person:` and their id; who is unknown is
    left out.
    """
    words = {actor: actor.partition(":")[2] for actor in actors}
    names = {
        actor: PRODUCT if actor.startswith("system:") else word
        for actor, word in words.items()
        if not actor.startswith("person:")
    }
    with connection.cursor() as cursor:
        cursor.execute(ACTORS, {"tenant": require_tenant_id(), "actors": list(actors)})
        names.update(cursor.fetchall())
    return names
