"""Databases and the cast that every test knows.

Set-up alone connects as administrator and owner; tests work as the application role.
"""

from __future__ import annotations

import itertools
import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.conf import settings
from django.db import connections
from django.test import Client, TestCase
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis

from common.tenancy.context import tenant
from tenants import actions as tenants
from tenants.models import Membership, User
from tenants.rules import Role, Scope
from tests.databases import made, migrated

# No test is timed: how fast examples are made says how busy the machine is, nothing of the product.
hypothesis.register_profile("untimed", deadline=None, suppress_health_check=[HealthCheck.too_slow])
hypothesis.load_profile("untimed")

NOW = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)


@pytest.fixture(scope="session")
def database_name(django_db_blocker: Any) -> Iterator[str]:
    """Return the name of a migrated database for this test process alone, gone at the end."""
    name = f"test_{os.getpid()}"
    with django_db_blocker.unblock():
        like = migrated()
    with made(name, like=like):
        yield name
        for connection in connections.all():
            connection.close()


@dataclass(frozen=True)
class Cast:
    """Acme Castings and its people, a stranger from Borealis Pumps, and a demo.

    persona: a member of the demo alone. double: a member of the demo and of Acme Castings.
    """

    acme: int
    borealis: int
    coo: Membership
    sponsor: Membership
    lead: Membership
    admin: Membership
    reader: Membership
    reviewer: Membership
    owner: Membership
    operator: Membership
    stranger: Membership
    demo: int
    persona: Membership
    double: Membership
    api: str
    api_reader: str
    stranger_api: str


@pytest.fixture(scope="session")
def django_db_setup(database_name: str, django_db_blocker: Any) -> None:
    """Lead the product to the database of this process; commit the tenants that all tests share."""
    for alias in ("default", "owner", "platform"):
        settings.DATABASES[alias]["NAME"] = database_name
        connections[alias].settings_dict["NAME"] = database_name
    with django_db_blocker.unblock():
        _commit_cast()
        connections["owner"].close()


_cast: dict[str, Any] = {}
_number = itertools.count(1)


def _commit_cast() -> None:
    _cast["acme"] = tenants.create_tenant(
        slug="acme", name="Acme Castings", currency="EUR", zone="Europe/Berlin"
    )
    _cast["borealis"] = tenants.create_tenant(
        slug="borealis", name="Borealis Pumps", currency="USD", zone="America/Chicago"
    )
    _cast["demo"] = tenants.create_tenant(
        slug="replay", name="Replay Works", currency="USD", zone="Asia/Dhaka", is_demo=True
    )
    with tenant(_cast["acme"]):
        for name, role in {
            "coo": Role.EXECUTIVE,
            "sponsor": Role.SPONSOR,
            "lead": Role.LEAD,
            "admin": Role.ADMIN,
            "reader": Role.READER,
            "reviewer": Role.REVIEWER,
            "owner": Role.OWNER,
            "operator": Role.OPERATOR,
        }.items():
            _cast[name] = _member(name, role)
        _cast["api"] = _token(_cast["admin"], list(Scope))
        _cast["api_reader"] = _token(_cast["admin"], [Scope.PORTFOLIO_READ, Scope.METRICS_READ])
    with tenant(_cast["borealis"]):
        _cast["stranger"] = _member("stranger", Role.ADMIN)
        _cast["stranger_api"] = _token(_cast["stranger"], list(Scope))
    with tenant(_cast["demo"]):
        _cast["persona"] = _member("persona", Role.EXECUTIVE)
        _cast["double"] = _member("double", Role.READER)
    with tenant(_cast["acme"]):
        _join(User.objects.get(pk=_cast["double"].user_id), "double", Role.READER)


def _join(user: User, name: str, role: Role) -> Membership:
    person = tenants.add_person(
        name=name.title(), email=user.email, job_title=role.value, actor="system:test"
    )
    return tenants.add_member(user=user, person=person, roles=[role], actor="system:test")


def _member(name: str, role: Role) -> Membership:
    user = tenants.create_user(email=f"{name}@plant.example", name=name.title(), password=None)
    return _join(user, name, role)


def _token(by: Membership, scopes: list[Scope]) -> str:
    now = datetime.now(UTC)
    _, text = tenants.create_token(
        name=f"test-{next(_number)}",
        scopes=scopes,
        expires_at=now + timedelta(days=30),
        by=by,
        now=now,
    )
    return text


@pytest.fixture
def cast(db: None) -> Cast:
    """Return the people and clients of both tenants."""
    return Cast(**_cast)


@pytest.fixture(scope="module")
def shared(django_db_setup: None, django_db_blocker: Any) -> Iterator[Cast]:
    """Return the cast to a fixture that makes once what all tests of a module start from.

    Each test has a transaction of its own on top and changes what is shared for itself alone; after
    the module it is taken back. Not beside tests that commit.
    """
    with django_db_blocker.unblock():
        atomics = TestCase._enter_atomics()
    yield Cast(**_cast)
    with django_db_blocker.unblock():
        TestCase._rollback_atomics(atomics)


@pytest.fixture
def acme(cast: Cast) -> Iterator[int]:
    """Open Acme Castings for the test."""
    with tenant(cast.acme):
        yield cast.acme


def signed_in(member: Membership) -> Client:
    """Return a browser in which the member is signed in."""
    client = Client()
    client.force_login(
        User.objects.get(pk=member.user_id), backend=settings.AUTHENTICATION_BACKENDS[0]
    )
    return client
