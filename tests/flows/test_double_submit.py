"""Two clicks at the same moment: real transactions in two threads, one row."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime
from threading import Barrier
from typing import Any, TypeVar

import pytest
from django.db import connection
from django.urls import reverse

from common.keys import uuid7
from common.tenancy.context import tenant
from portfolio import actions as pilots
from portfolio.models import Site
from tenants import actions as tenants
from tenants.models import Membership, Person
from tenants.queries import System
from tenants.rules import Role
from tests.conftest import signed_in

pytestmark = pytest.mark.slow
SITE = {"zone": "Europe/Paris", "working_days": ["1"], "holidays": ""}
TRIES = 5
NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
T = TypeVar("T")


@pytest.fixture(scope="module")
def committed(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    with django_db_blocker.unblock():
        yield


@pytest.fixture(scope="module")
def admin(committed: None) -> tuple[int, Membership]:
    tenant_id = tenants.create_tenant(
        slug="twice", name="Double Click Works", currency="EUR", zone="Europe/Paris"
    )
    with tenant(tenant_id):
        person = tenants.add_person(name="Admin", actor="system:test")
        user = tenants.create_user(email="admin@twice.example", name="Admin", password=None)
        member = tenants.add_member(
            user=user, person=person, roles=[Role.ADMIN], actor="system:test"
        )
    return tenant_id, member


def at_once(send: Callable[[], T]) -> list[T]:
    """Send the same thing from two threads that start together."""
    ready = Barrier(2)

    def one(_: int) -> T:
        ready.wait()
        try:
            return send()
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        return list(pool.map(one, range(2)))


@pytest.mark.parametrize(
    ("address", "model", "answers"),
    [("site_new", Site, SITE), ("person_new", Person, {})],
    ids=["a code that is unique", "a name that is not"],
)
def test_two_clicks_at_once_create_one_row_and_get_one_answer(
    admin: tuple[int, Membership], address: str, model: Any, answers: dict[str, Any]
) -> None:
    tenant_id, member = admin
    client = signed_in(member)

    for number in range(TRIES):
        form = {**answers, "name": f"Row {number}", "key": str(uuid7())}
        replies = at_once(lambda form=form: client.post(reverse(address, args=["twice"]), form))

        assert [reply.status_code for reply in replies] == [302, 302]
        assert replies[0]["Location"] == replies[1]["Location"]

    with tenant(tenant_id):
        assert model.objects.filter(name__startswith="Row").count() == TRIES


def test_of_two_sites_named_alike_at_once_by_two_forms_one_is_added(
    admin: tuple[int, Membership],
) -> None:
    tenant_id, member = admin
    client, address = signed_in(member), reverse("site_new", args=["twice"])

    for number in range(TRIES):
        named = {**SITE, "name": f"Hall {number}", "code": f"H{number}-1"}
        alike = {**SITE, "name": f"HALL  {number}", "code": f"H{number}-2"}
        forms = iter([named, alike])
        replies = at_once(lambda forms=forms: client.post(address, next(forms)))

        assert sorted(reply.status_code for reply in replies) == [302, 422]

    with tenant(tenant_id):
        assert Site.objects.filter(name__istartswith="hall ").count() == TRIES


def test_pilots_started_at_once_without_a_code_get_a_number_each(
    admin: tuple[int, Membership],
) -> None:
    tenant_id, _ = admin
    with tenant(tenant_id):
        site = Site.objects.create(code="HALL", name="Hall", zone="Europe/Paris")

    def start() -> str:
        with tenant(tenant_id):
            return pilots.add_pilot(
                name="At once", site=site, start_date=date(2026, 3, 2), by=System("test"), now=NOW
            ).code

    codes = [code for _ in range(TRIES) for code in at_once(start)]

    assert sorted(codes) == [f"P-{number:02}" for number in range(1, 2 * TRIES + 1)]
