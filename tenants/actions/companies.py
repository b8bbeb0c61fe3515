"""Companies, users, and what a user prefers."""

from __future__ import annotations

from datetime import datetime

from django.contrib.sessions.models import Session
from django.db import connections, transaction
from django.utils import timezone

from ..models import (
    Heartbeat,
    Tenant,
    User,
)


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


def change_tenant(*, tenant_id: int, name: str, currency: str, zone: str) -> None:
    """Give a manufacturer another name, currency and zone. Runs as the owner role, as creating does."""
    with transaction.atomic(using="owner"), connections["owner"].cursor() as cursor:
        cursor.execute("SET LOCAL row_security = on")
        cursor.execute("SELECT set_config('app.tenant_id', %s, true)", [str(tenant_id)])
        Tenant.objects.using("owner").filter(pk=tenant_id).update(
            name=name, currency=currency, zone=zone
        )


def create_user(*, email: str, name: str, password: str | None) -> User:
    """Create a sign-in; without a password only a reset or the demo's one click opens it."""
    return User.objects.create_user(email=email, name=name, password=password)


def set_theme(*, user: User, theme: str) -> None:
    """Remember how a person wants pages to look. No tenant's data, no audit line."""
    user.theme = theme
    user.save(update_fields=["theme"])


def set_shortcuts(*, user: User, on: bool) -> None:
    """Remember whether single keys are shortcuts. No tenant's data, no audit line."""
    user.shortcuts = on
    user.save(update_fields=["shortcuts"])


def drop_expired_sessions(*, now: datetime) -> None:
    """Forget the sessions that ended by themselves. No tenant's data, no audit line."""
    Session.objects.filter(expire_date__lte=now).delete()


def beat_heart(*, name: str) -> None:
    """Note that a background process was just seen. No tenant's data, no audit line."""
    Heartbeat.objects.bulk_create(
        [Heartbeat(name=name, seen_at=timezone.now())],
        update_conflicts=True,
        unique_fields=["name"],
        update_fields=["seen_at"],
    )
