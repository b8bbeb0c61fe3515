"""A new company and its first administrator, set up by an operator."""

from __future__ import annotations

from datetime import datetime

from django.db import IntegrityError, connections, transaction

from audit import actions as audit
from common.errors import Refused
from common.tenancy import owner
from common.tenancy.context import tenant
from common.writing import take_turn

from .. import queries
from ..models import Membership
from ..rules import Role
from .companies import change_tenant, create_tenant
from .members import invite_member

BY = queries.System("create_tenant")


def set_up_tenant(
    *,
    slug: str,
    name: str,
    zone: str,
    currency: str,
    admin_email: str,
    admin_name: str,
    now: datetime,
) -> Membership:
    """Create a manufacturer and let its first administrator in, as on the page of members.

    The owner creates and changes the row, because no other role may; the rest is done as the application. A
    run that was cut off between the two left a company without members: the next one completes it.
    Raises Refused for a slug that is taken; nothing is changed then.
    Audit: TENANT_CREATED, PERSON_ADDED, MEMBER_ADDED. After commit: tenants.send_welcomes.
    """
    tenant_id = _find(slug) or _create(slug, name=name, zone=zone, currency=currency)
    with tenant(tenant_id):
        take_turn("set up")
        if Membership.objects.exists():
            raise _taken(slug)
        # A run that was cut off may have been given others.
        change_tenant(tenant_id=tenant_id, name=name, zone=zone, currency=currency)
        audit.record(
            actor=BY.audit_name,
            action="TENANT_CREATED",
            object=f"tenant:{slug}",
            payload={"zone": zone, "currency": currency},
        )
        return invite_member(
            email=admin_email,
            person=None,
            name=admin_name,
            roles=[Role.ADMIN],
            functions=[],
            by=BY,
            now=now,
        )


def _find(slug: str) -> int | None:
    with transaction.atomic(using="owner"), connections["owner"].cursor() as cursor:
        cursor.execute("SET LOCAL row_security = on")
        return owner.find_tenant_id(cursor, slug)


def _create(slug: str, *, name: str, zone: str, currency: str) -> int:
    try:
        return create_tenant(slug=slug, name=name, zone=zone, currency=currency)
    except IntegrityError as error:  # another operator did the same at the same moment
        raise _taken(slug) from error


def _taken(slug: str) -> Refused:
    return Refused(f"There is a company at /t/{slug}/ already; nothing was changed.", field="slug")
