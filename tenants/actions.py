"""Writes of tenants, people, members and tokens."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from allauth.account.forms import default_token_generator
from allauth.account.utils import user_pk_to_url_str
from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.core.mail import EmailMessage
from django.db import IntegrityError, connections, transaction
from django.db.models import Q, QuerySet
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone

from audit import actions as audit
from common import jobs
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
from .queries import KEPT_FOR, Client, Doer, Member
from .rules import Role, Scope

TOKEN_DAYS = 90
REPLACED_ENDS_AFTER = timedelta(days=7)


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
        person: Person = Person.objects.create(
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
            payload={"changed": sorted(moved)},
        )
    return person


@transaction.atomic
def archive_person(*, person: Person, used_by: Sequence[str], by: Doer, now: datetime) -> Person:
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
    audit.record(actor=by.audit_name, action="PERSON_ARCHIVED", object=f"person:{person.id}")
    return person


@transaction.atomic
def restore_person(*, person: Person, by: Doer) -> Person:
    """Bring a person back from the archive. Audit: PERSON_RESTORED."""
    person = lock(person)
    if change(person, {"archived_at": None}):
        audit.record(actor=by.audit_name, action="PERSON_RESTORED", object=f"person:{person.id}")
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


def add_member(
    *,
    user: User,
    person: Person,
    roles: list[Role],
    actor: str,
    functions: list[str] | None = None,
) -> Membership:
    """Let a user into this tenant as a person with roles. Audit: MEMBER_ADDED."""
    member: Membership = Membership.objects.create(
        user=user,
        person=person,
        roles=[role.value for role in roles],
        functions=functions or [],
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
    cidrs: list[str] | None = None,
) -> tuple[ApiToken, str]:
    """Create an API token; return it and its text, which is shown once and kept nowhere.

    cidrs: networks it may be used from (`10.0.0.0/8`), empty for everywhere.
    Raises Refused for no scope, a name in use, an end in the past or more than a year away.
    Audit: TOKEN_CREATED.
    """
    if _live_tokens(now).filter(name=name).exists():
        raise Refused(
            "A live token has this name already: replace or revoke that one.", field="name"
        )
    return _insert_token(
        name=name, scopes=scopes, expires_at=expires_at, by=by, now=now, cidrs=cidrs or []
    )


def _live_tokens(now: datetime) -> QuerySet[ApiToken]:
    return ApiToken.objects.filter(revoked_at=None, replaced_at=None, expires_at__gt=now)


def _insert_token(
    *,
    name: str,
    scopes: list[Scope],
    expires_at: datetime,
    by: Membership,
    now: datetime,
    cidrs: list[str],
) -> tuple[ApiToken, str]:
    if not scopes:
        raise Refused("Choose at least one thing the token may do.", field="scopes")
    if not now < expires_at <= now + timedelta(days=365):
        raise Refused("A token ends between tomorrow and a year from now.", field="expires_at")
    prefix = secrets.token_hex(5)
    text = f"pfm_{prefix}_{secrets.token_urlsafe(32)}"
    token = ApiToken.objects.create(
        name=name,
        prefix=prefix,
        digest=token_digest(text),
        scopes=[scope.value for scope in scopes],
        cidrs=cidrs,
        expires_at=expires_at,
        created_by=by,
    )
    audit.record(
        actor=f"member:{by.id}",
        action="TOKEN_CREATED",
        object=f"token:{prefix}",
        payload={"scopes": token.scopes, "cidrs": cidrs, "expires_at": expires_at.isoformat()},
    )
    return token, text


@transaction.atomic
def replace_token(*, token_id: UUID, by: Membership, now: datetime) -> tuple[ApiToken, str]:
    """Create a token with the same name, scopes, networks and length; the first ends in 7 days.

    Raises Refused for a token that has ended, and for one that is being replaced already.
    Audit: TOKEN_CREATED, TOKEN_REPLACED.
    """
    old = ApiToken.objects.select_for_update().get(pk=token_id)
    if old.revoked_at is not None or old.expires_at <= now:
        raise Refused("This token has ended: create a new one.")
    if old.replaced_at is not None:
        raise Refused("This token is being replaced already: its successor is in the list.")
    length = min(old.expires_at - old.created_at, timedelta(days=365))
    new, text = _insert_token(
        name=old.name,
        scopes=[Scope(scope) for scope in old.scopes],
        expires_at=now + length,
        by=by,
        now=now,
        cidrs=old.cidrs,
    )
    old.replaced_at = now
    old.expires_at = min(old.expires_at, now + REPLACED_ENDS_AFTER)
    old.save(update_fields=["replaced_at", "expires_at"])
    audit.record(
        actor=f"member:{by.id}",
        action="TOKEN_REPLACED",
        object=f"token:{old.prefix}",
        payload={"by": new.prefix, "expires_at": old.expires_at.isoformat()},
    )
    return new, text


@transaction.atomic
def revoke_token(*, token_id: UUID, by: Membership, now: datetime) -> ApiToken:
    """End a token at once; ending it twice records nothing. Audit: TOKEN_REVOKED."""
    token: ApiToken = ApiToken.objects.select_for_update().get(pk=token_id)
    if token.revoked_at is None:
        token.revoked_at = now
        token.save(update_fields=["revoked_at"])
        audit.record(
            actor=f"member:{by.id}", action="TOKEN_REVOKED", object=f"token:{token.prefix}"
        )
    return token


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


def invite_member(
    *,
    email: str,
    person: Person | None,
    name: str,
    roles: list[Role],
    functions: list[str],
    by: Member,
) -> Membership:
    """Let somebody in by their e-mail address: a new user without a password, or a known one.

    person: who they are here; None means the person with that address, or a new one of this name.
    Raises Refused, with words for the admin, for no role, no name, or somebody who is a member.
    Audit: PERSON_ADDED, MEMBER_ADDED. After commit: tenants.send_welcome.
    """
    email = email.strip().lower()
    _check_roles(roles)
    if person is None:
        person = Person.objects.filter(email=email).first()
    if person is None and not name.strip():
        raise Refused("Choose a person, or give the name of a new one.", field="name")
    user, _ = User.objects.get_or_create(
        email=email,
        defaults={"name": person.name if person else name, "password": make_password(None)},
    )
    taken = Membership.objects.filter(Q(user=user) | Q(person=person)).first()
    if taken is not None:
        raise Refused(_already(taken), field="email" if taken.user_id == user.pk else "person")
    actor = by.audit_name
    try:
        with transaction.atomic():
            if person is None:
                person = add_person(name=name.strip(), email=email, actor=actor)
            member = add_member(
                user=user, person=person, roles=roles, functions=functions, actor=actor
            )
    except IntegrityError as error:  # a second admin did the same at the same moment
        raise Refused("Somebody else added them just now.", field="email") from error
    jobs.enqueue("tenants.send_welcome", member_id=str(member.id))
    return member


def _already(taken: Membership) -> str:
    if taken.removed_at is None:
        return "This person is a member already: change their roles in the list."
    return "This person was a member: bring them back from the list instead."


def _check_roles(roles: list[Role]) -> None:
    if not roles:
        raise Refused("Choose at least one role.", field="roles")


def write_welcome(*, member_id: UUID) -> EmailMessage | None:
    """Return the mail that tells a member how to get in; None when they were removed meanwhile.

    Somebody without a password gets a link to choose one, which works once and for three days.
    """
    member = (
        Membership.objects.select_related("user", "tenant")
        .filter(pk=member_id, removed_at=None)
        .first()
    )
    if member is None:
        return None
    known = member.user.has_usable_password()
    base = settings.PUBLIC_URL.rstrip("/")
    words = {
        "tenant": member.tenant.name,
        "email": member.user.email,
        "first_password_url": "" if known else _first_password_url(member.user),
        "tenant_url": f"{base}/t/{member.tenant.slug}/",
        "forgot_url": f"{base}/accounts/password/reset/",
    }
    return EmailMessage(
        subject=f"Week Twelve: you now belong to {member.tenant.name}",
        body=render_to_string("tenants/email/welcome.txt", words),
        to=[member.user.email],
    )


def _first_password_url(user: User) -> str:
    """Return the address at which a user chooses a password: once, within three days."""
    key = {"uidb36": user_pk_to_url_str(user), "key": default_token_generator.make_token(user)}
    path = reverse("account_reset_password_from_key", kwargs=key)
    return f"{settings.PUBLIC_URL.rstrip('/')}{path}"


def send_welcome_again(*, member: Membership, by: Member) -> None:
    """Mail a member the link to choose a password. Audit: MEMBER_LINK_SENT.

    Raises Refused for somebody who was removed. After commit: tenants.send_welcome.
    """
    if member.removed_at is not None:
        raise Refused("Bring this person back first.")
    audit.record(actor=by.audit_name, action="MEMBER_LINK_SENT", object=f"member:{member.id}")
    jobs.enqueue("tenants.send_welcome", member_id=str(member.id))


@transaction.atomic
def change_member(
    *,
    member_id: UUID,
    roles: list[Role],
    functions: list[str],
    version: int,
    by: Member,
) -> Membership:
    """Give a member these roles and functions; the same ones again change and record nothing.

    version: what the admin saw. Raises Refused, with words for the admin, for the own membership,
    for the last tenant admin, for no role, and when somebody else changed it meanwhile.
    Audit: MEMBER_CHANGED.
    """
    _check_roles(roles)
    member = _lock_member(member_id, by=by, version=version)
    before = {"roles": member.roles, "functions": member.functions}
    after = {"roles": sorted(role.value for role in roles), "functions": sorted(functions)}
    if {key: sorted(value) for key, value in before.items()} == after:
        return member
    if Role.ADMIN not in roles:
        _check_admin_left(member)
    member.roles, member.functions = after["roles"], after["functions"]
    return _save_member(member, "MEMBER_CHANGED", by, {"before": before, "after": after})


@transaction.atomic
def remove_member(*, member_id: UUID, version: int, by: Member, now: datetime) -> Membership:
    """Take the tenant from a member at once; what they did and own stays theirs.

    Raises Refused as `change_member` does. Audit: MEMBER_REMOVED.
    """
    member = _lock_member(member_id, by=by, version=version)
    if member.removed_at is not None:
        return member
    _check_admin_left(member)
    member.removed_at = now
    return _save_member(member, "MEMBER_REMOVED", by, {})


@transaction.atomic
def restore_member(*, member_id: UUID, version: int, by: Member) -> Membership:
    """Bring a removed member back with the roles they had. Audit: MEMBER_RESTORED."""
    member = _lock_member(member_id, by=by, version=version)
    if member.removed_at is None:
        return member
    member.removed_at = None
    return _save_member(member, "MEMBER_RESTORED", by, {"roles": member.roles})


def _lock_member(member_id: UUID, *, by: Member, version: int) -> Membership:
    """Lock a member and all admins, in one order: two admins may not remove each other at once."""
    locked: list[Membership] = list(
        Membership.objects.select_for_update()
        .filter(Q(pk__in=[member_id, by.id]) | Q(roles__contains=[Role.ADMIN.value]))
        .order_by("pk")
    )
    member = next(m for m in locked if m.pk == member_id)
    asker = next(m for m in locked if m.pk == by.id)
    if member.pk == asker.pk:
        raise Refused("Nobody changes their own membership: ask another tenant admin.")
    if asker.removed_at is not None or Role.ADMIN.value not in asker.roles:
        raise Refused("You are no longer a tenant admin.")
    if member.version != version:
        raise Refused("Somebody changed this member meanwhile. Look at it again.", code="changed")
    return member


def _check_admin_left(member: Membership) -> None:
    """Refuse to take the last tenant admin away; all admins are locked."""
    others = Membership.objects.filter(removed_at=None, roles__contains=[Role.ADMIN.value]).exclude(
        pk=member.pk
    )
    if Role.ADMIN.value in member.roles and not others.exists():
        raise Refused("Somebody has to be tenant admin: name another one first.")


def _save_member(
    member: Membership, action: str, by: Member, payload: dict[str, Any]
) -> Membership:
    member.version += 1
    member.save(update_fields=["roles", "functions", "removed_at", "version"])
    audit.record(actor=by.audit_name, action=action, object=f"member:{member.id}", payload=payload)
    return member


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


def set_theme(*, user: User, theme: str) -> None:
    """Remember how a person wants pages to look. No tenant's data, no audit line."""
    user.theme = theme
    user.save(update_fields=["theme"])


def set_shortcuts(*, user: User, on: bool) -> None:
    """Remember whether single keys are shortcuts. No tenant's data, no audit line."""
    user.shortcuts = on
    user.save(update_fields=["shortcuts"])
