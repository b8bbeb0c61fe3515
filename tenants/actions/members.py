"""Members: let in, given roles, removed and brought back."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from allauth.account.forms import default_token_generator
from allauth.account.utils import user_pk_to_url_str
from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.core.mail import EmailMessage
from django.db import IntegrityError, transaction
from django.db.models import Q
from django.template.loader import render_to_string
from django.urls import reverse

from audit import actions as audit
from common import jobs
from common.errors import Changed, Refused
from common.writing import lock

from ..models import (
    Membership,
    Person,
    User,
)
from ..queries import Doer, Member
from ..rules import WELCOME_WAITS, Role
from .people import add_person

SEEN_EVERY = timedelta(minutes=15)


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


@transaction.atomic
def invite_member(
    *,
    email: str,
    person: Person | None,
    name: str,
    roles: list[Role],
    functions: list[str],
    by: Doer,
    now: datetime,
) -> Membership:
    """Let somebody in by their e-mail address: a new user without a password, or a known one.

    person: who they are here; None means the person with that address, or a new one of this name.
    Raises Refused, with words for the admin, for no role, no name, an archived person, or somebody
    who is a member; nothing is kept then.
    Audit: PERSON_ADDED, MEMBER_ADDED. After commit: tenants.send_welcomes.
    """
    email = email.strip().lower()
    _check_roles(roles)
    if person is None:
        person = Person.objects.filter(email=email).first()
        field = "email"
    else:
        field = "person"
    if person is not None:
        person = _not_archived(person, field)
    elif not name.strip():
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
    _ask_for_welcome(member, now)
    return member


def _not_archived(person: Person, field: str) -> Person:
    """Return a person locked, so that nobody archives them meanwhile; Refused when it is so."""
    person = lock(person)
    if person.archived_at is not None:
        raise Refused(
            f"{person.name} is archived. Bring them back in People, then let them in.",
            code="person_archived",
            field=field,
        )
    return person


def _already(taken: Membership) -> str:
    if taken.removed_at is None:
        return "This person is a member already: change their roles in the list."
    return "This person was a member: bring them back from the list instead."


def _check_roles(roles: list[Role]) -> None:
    if not roles:
        raise Refused("Choose at least one role.", field="roles")


def note_seen(*, by: Member, now: datetime) -> None:
    """Note that a member has the tenant open, once in a quarter of an hour. No audit line.

    Never waits: a row that somebody changes at this moment is left for the next page.
    """
    if by.last_seen_at is not None and now - by.last_seen_at < SEEN_EVERY:
        return
    free = Membership.objects.select_for_update(no_key=True, skip_locked=True).filter(pk=by.id)
    Membership.objects.filter(pk__in=free.values("pk")).update(last_seen_at=now)


def set_own_mail(*, by: Member, **wanted: bool) -> None:
    """Remember what a member takes by mail: monthly_brief, daily_digest.

    What it is already changes and records nothing. Audit: MEMBER_MAIL_SET.
    """
    own = Membership.objects.select_for_update(no_key=True).get(pk=by.id)
    moved = {name: on for name, on in wanted.items() if getattr(own, name) != on}
    if moved:
        Membership.objects.filter(pk=by.id).update(**moved)
        audit.record(
            actor=by.audit_name,
            action="MEMBER_MAIL_SET",
            object=by.audit_name,
            payload=moved,
        )


@dataclass(frozen=True, kw_only=True)
class Welcome:
    """A mail to a new member that somebody took to send it; due again at `due_at` unless sent."""

    member_id: UUID
    due_at: datetime
    mail: EmailMessage


def _ask_for_welcome(member: Membership, now: datetime) -> None:
    """Note that a mail is due. The row is what keeps it: a sweep finds it when Redis is away."""
    member.welcome_due_at, member.welcome_tries = now, 0
    member.save(update_fields=["welcome_due_at", "welcome_tries"])
    jobs.enqueue("tenants.send_welcomes")


@transaction.atomic
def take_welcome(*, now: datetime) -> Welcome | None:
    """Take the tenant's next mail that is due, to be sent outside the transaction; None when none is.

    What was taken is due again later, unless `note_welcome_sent` says that it was sent.
    """
    member: Membership | None = (
        Membership.objects.select_for_update(no_key=True, skip_locked=True, of=("self",))
        .select_related("user", "tenant")
        .filter(removed_at=None, welcome_due_at__lte=now, welcome_tries__lt=len(WELCOME_WAITS))
        .order_by("welcome_due_at", "id")
        .first()
    )
    if member is None:
        return None
    due_at = now + WELCOME_WAITS[member.welcome_tries]
    member.welcome_due_at = due_at
    member.welcome_tries += 1
    member.save(update_fields=["welcome_due_at", "welcome_tries"])
    return Welcome(member_id=member.pk, due_at=due_at, mail=_write_welcome(member))


def note_welcome_sent(welcome: Welcome) -> None:
    """Note that a mail was sent, unless another was asked for meanwhile."""
    Membership.objects.filter(pk=welcome.member_id, welcome_due_at=welcome.due_at).update(
        welcome_due_at=None, welcome_tries=0
    )


def _write_welcome(member: Membership) -> EmailMessage:
    """Return the mail that tells a member how to get in.

    Somebody without a password gets a link to choose one, which works once and for three days.
    """
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


@transaction.atomic
def send_welcome_again(*, member: Membership, by: Member, now: datetime) -> None:
    """Mail a member the link to choose a password. Audit: MEMBER_LINK_SENT.

    Raises Refused for somebody who was removed. After commit: tenants.send_welcomes.
    """
    member = lock(member)
    if member.removed_at is not None:
        raise Refused("Bring this person back first.")
    _ask_for_welcome(member, now)
    audit.record(actor=by.audit_name, action="MEMBER_LINK_SENT", object=f"member:{member.id}")


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

    version: what the admin saw. Raises Changed when somebody else changed it meanwhile; Refused,
    with words for the admin, for the own membership, for the last tenant admin and for no role.
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

    Raises Changed and Refused as `change_member` does. Audit: MEMBER_REMOVED.
    """
    member = _lock_member(member_id, by=by, version=version)
    if member.removed_at is not None:
        return member
    _check_admin_left(member)
    member.removed_at, member.welcome_due_at = now, None
    return _save_member(member, "MEMBER_REMOVED", by, {})


@transaction.atomic
def restore_member(*, member_id: UUID, version: int, by: Member, now: datetime) -> Membership:
    """Bring a removed member back with the roles they had. Audit: MEMBER_RESTORED.

    Somebody who was never here gets the mail that says how: the removal may have stopped the first.
    After commit: tenants.send_welcomes, for them alone.
    """
    member = _lock_member(member_id, by=by, version=version)
    if member.removed_at is None:
        return member
    member.removed_at = None
    member = _save_member(member, "MEMBER_RESTORED", by, {"roles": member.roles})
    if member.last_seen_at is None:
        _ask_for_welcome(member, now)
    return member


def _lock_member(member_id: UUID, *, by: Member, version: int) -> Membership:
    """Lock a member and all admins, in one order: two admins may not remove each other at once."""
    locked: list[Membership] = list(
        Membership.objects.select_for_update(no_key=True)
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
        raise Changed
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
    member.save(update_fields=["roles", "functions", "removed_at", "welcome_due_at", "version"])
    audit.record(actor=by.audit_name, action=action, object=f"member:{member.id}", payload=payload)
    return member
