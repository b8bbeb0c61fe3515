"""API tokens, and the answers their clients may ask for again."""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime, timedelta
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import QuerySet

from audit import actions as audit
from common.errors import Refused
from common.keys import uuid7_floor
from common.tenancy.context import require_tenant_id

from ..models import (
    ApiToken,
    IdempotencyRecord,
    Membership,
)
from ..queries import KEPT_FOR, Client
from ..rules import Scope

REPLACED_ENDS_AFTER = timedelta(days=7)


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
    old = ApiToken.objects.select_for_update(no_key=True).get(pk=token_id)
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
    token: ApiToken = ApiToken.objects.select_for_update(no_key=True).get(pk=token_id)
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
    """Note that a token was used, at most every five minutes.

    Never waits: who ends or replaces the token at this moment holds its row and waits for the
    trail, which the request that used the token may hold.
    """
    if client.last_used_at is None or now - client.last_used_at > timedelta(minutes=5):
        free = ApiToken.objects.select_for_update(no_key=True, skip_locked=True)
        held = free.filter(pk=client.id).values("pk")
        ApiToken.objects.filter(pk__in=held).update(last_used_at=now)


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
