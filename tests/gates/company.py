"""A committed company of its own with whole pilots, for tests with other threads or processes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast
from uuid import uuid4

from common.tenancy.context import tenant
from tenants import actions as tenants
from tenants.models import Membership
from tenants.rules import Role
from tests.conftest import Cast
from tests.plant import Plant

ROLES = {
    "coo": Role.EXECUTIVE,
    "sponsor": Role.SPONSOR,
    "lead": Role.LEAD,
    "admin": Role.ADMIN,
    "reader": Role.READER,
    "reviewer": Role.REVIEWER,
    "owner": Role.OWNER,
    "operator": Role.OPERATOR,
}


@dataclass(frozen=True)
class Company:
    """A company and its people, by the names that the cast has."""

    acme: int
    slug: str
    coo: Membership
    sponsor: Membership
    lead: Membership
    admin: Membership
    reader: Membership
    reviewer: Membership
    owner: Membership
    operator: Membership


def found(slug: str) -> Company:
    """Found a company with one member for each role; call it outside of any transaction."""
    slug = f"{slug}-{uuid4().hex[:8]}"
    tenant_id = tenants.create_tenant(
        slug=slug, name="Company of its own", currency="EUR", zone="Europe/Berlin"
    )
    with tenant(tenant_id):
        people = {name: _join(slug, name, role) for name, role in ROLES.items()}
    return Company(acme=tenant_id, slug=slug, **people)


def _join(slug: str, name: str, role: Role) -> Membership:
    email = f"{name}@{slug}.example"
    user = tenants.create_user(email=email, name=name.title(), password=None)
    person = tenants.add_person(name=name.title(), email=email, actor="system:test")
    return tenants.add_member(user=user, person=person, roles=[role], actor="system:test")


def plant_of(company: Company) -> Plant:
    """Return a builder for the company; use it inside its tenant."""
    return Plant(cast(Cast, company))
