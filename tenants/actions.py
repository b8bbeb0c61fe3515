"""Writes of tenants, people, members and tokens."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from django.db import IntegrityError, connections, transaction
from django.utils import timezone

from audit import actions as audit
from common.errors import Refused
from common.keys import uuid7_floor
from common.tenancy.context import require_tenant_id
from common.writing import change, explained, lock

from . import queries
from .models import (
    ApiToken,
    Heartbeat,
    IdempotencyRecord,
    Membership,
    Notification,
    Person,
    Tenant,
    User,
)
from .queries import KEPT_FOR, Client, Doer
from .rules import Role, Scope

TOKEN_DAYS = 90


def create_tenant(
    *,
    slug: str,
    name: str,
    currency: str,
    zone: str,
    locale: str = "en",
    is_demo: bool = False,
) -> int:
    """Create a manufacturer; return its id. Runs as the owner role: only an operator's command may.

    The owner is bound by row-level security too, so the new id becomes the context first.
    """
    with (
        transaction.atomic(using="owner", durable=False),
        connections["owner"].cursor() as cursor,
    ):
        cursor.execute("SET LOCAL row_security = on")
        cursor.execute("SELECT nextval(pg_get_serial_sequence('tenants_tenant', 'id'))")
        tenant_id = int(cursor.fetchone()[0])
        cursor.execute("SELECT set_config('app.tenant_id', %s, true)", [str(tenant_id)])
        Tenant(
            id=tenant_id,
            slug=slug,
            name=name,
            currency=currency,
            zone=zone,
            locale=locale,
            is_demo=is_demo,
        ).save(using="owner", force_insert=True)
    return tenant_id


def create_user(*, email: str, name: str, password: str | None) -> User:
    """Create a sign-in; without a password only a reset or the demo's one click opens it."""
    return User.objects.create_user(email=email, name=name, password=password)


EMAIL_TAKEN = {
    "tenants_person_email_once": Refused(
        "Somebody here has this e-mail address already, perhaps in the archive.",
        code="email_taken",
        field="email",
    )
}


def add_person(
    *, name: str, actor: str, email: str = "", job_title: str = "", function: str = ""
) -> Person:
    """Name somebody in this tenant.

    Raises Refused for an e-mail address that somebody here has already. Audit: PERSON_ADDED.
    """
    with explained(EMAIL_TAKEN):
        person = Person.objects.create(
            name=name, email=email.lower(), job_title=job_title, function=function
        )
    audit.record(actor=actor, action="PERSON_ADDED", object=f"person:{person.id}")
    return person


@transaction.atomic
def change_person(
    *,
    person: Person,
    version: int,
    name: str,
    email: str,
    job_title: str,
    function: str,
    by: Doer,
) -> Person:
    """Change what is known of a person.

    Raises Changed for an old version, Refused for an e-mail address that somebody has already.
    Audit: PERSON_CHANGED with the names of the fields, never their content.
    """
    person = lock(person, version=version)
    values = {
        "name": name,
        "email": email.lower(),
        "job_title": job_title,
        "function": function,
    }
    with explained(EMAIL_TAKEN):
        moved = change(person, values)
    if moved:
        audit.record(
            actor=by.audit_name,
            action="PERSON_CHANGED",
            object=f"person:{person.id}",
            payload={"changed": moved},
        )
    return person


@transaction.atomic
def archive_person(
    *, person: Person, used_by: Sequence[str], by: Doer, now: datetime
) -> Person:
    """Take a person out of every list to choose from; their past stays.

    used_by: where other apps use the person, in words; this app knows the membership itself.
    Raises Refused while somebody needs them. Audit: PERSON_ARCHIVED.
    """
    person = lock(person)
    if person.archived_at is not None:
        return person
    uses = [*used_by]
    if queries.find_member_of(person.id) is not None:
        uses.append("signs in here")
    if uses:
        raise Refused(
            f"{person.name} is still needed: {'; '.join(uses)}. Name somebody else there first.",
            code="person_in_use",
        )
    change(person, {"archived_at": now})
    audit.record(
        actor=by.audit_name, action="PERSON_ARCHIVED", object=f"person:{person.id}"
    )
    return person


@transaction.atomic
def restore_person(*, person: Person, by: Doer) -> Person:
    """Bring a person back from the archive. Audit: PERSON_RESTORED."""
    person = lock(person)
    if change(person, {"archived_at": None}):
        audit.record(
            actor=by.audit_name, action="PERSON_RESTORED", object=f"person:{person.id}"
        )
    return person


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


def keep_answer(
    *, client: str, key: str, request_hash: bytes, status: int, body: str
) -> None:
    """Keep the answer to a write, so that sending it again finds it. Unique by client and key."""
    IdempotencyRecord.objects.create(
        client=client,
        key=key,
        request_hash=request_hash,
        status=status,
        body=body.encode(),
    )


def add_member(
    *, user: User, person: Person, roles: list[Role], actor: str
) -> Membership:
    """Let a user into this tenant as a person with roles. Audit: MEMBER_ADDED."""
    member = Membership.objects.create(
        user=user, person=person, roles=[role.value for role in roles]
    )
    audit.record(
        actor=actor,
        action="MEMBER_ADDED",
        object=f"member:{member.id}",
        payload={"roles": member.roles},
    )
    return member


def create_token(
    *,
    name: str,
    scopes: list[Scope],
    expires_at: datetime,
    by: Membership,
    now: datetime,
) -> tuple[ApiToken, str]:
    """Create an API token; return it and its text, which is shown once and kept nowhere.

    Raises Refused for no scope, an end in the past or more than a year away.
    Audit: TOKEN_CREATED.
    """
    if not scopes:
        raise Refused("Choose at least one thing the token may do.", field="scopes")
    if not now < expires_at <= now + timedelta(days=365):
        raise Refused(
            "A token ends between tomorrow and a year from now.", field="expires_at"
        )
    prefix = secrets.token_hex(5)
    text = f"pfm_{prefix}_{secrets.token_urlsafe(32)}"
    token = ApiToken.objects.create(
        name=name,
        prefix=prefix,
        digest=token_digest(text),
        scopes=[scope.value for scope in scopes],
        expires_at=expires_at,
        created_by=by,
    )
    audit.record(
        actor=f"member:{by.id}",
        action="TOKEN_CREATED",
        object=f"token:{prefix}",
        payload={"scopes": token.scopes, "expires_at": expires_at.isoformat()},
    )
    return token, text


def token_digest(text: str) -> bytes:
    """Return the SHA-256 kept of a token: 256 random bits need no slow hash."""
    return hashlib.sha256(text.encode()).digest()


def touch_token(*, client: Client, now: datetime) -> None:
    """Note that a token was used, at most every five minutes."""
    if client.last_used_at is None or now - client.last_used_at > timedelta(minutes=5):
        ApiToken.objects.filter(pk=client.id).update(last_used_at=now)


def beat_heart(*, name: str) -> None:
    """Note that a background process was just seen. No tenant's data, no audit line."""
    Heartbeat.objects.bulk_create(
        [Heartbeat(name=name, seen_at=timezone.now())],
        update_conflicts=True,
        unique_fields=["name"],
        update_fields=["seen_at"],
    )


def remember_answer(
    *, client: str, key: str, request_hash: bytes, status: int, body: bytes, now: datetime
) -> bool:
    """Keep the answer to a write under its Idempotency-Key; drop those older than 24 hours.

    Returns False when another request with the key committed first: the unique constraint waits
    for it, so the caller must undo its own work and repeat that answer.
    """
    # Keys are ordered by time, so the unique index on (tenant, id) finds the old ones.
    IdempotencyRecord.objects.filter(id__lt=uuid7_floor(now - KEPT_FOR)).delete()
    record = IdempotencyRecord(
        tenant_id=require_tenant_id(),
        client=client,
        key=key,
        request_hash=request_hash,
        status=status,
        body=body,
    )
    try:
        with transaction.atomic():
            record.save(force_insert=True)
    except IntegrityError:
        return False
    return True
