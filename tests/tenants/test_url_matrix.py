"""Every address against every role, every scope and nobody; strangers: flows/test_other_tenant.py.

What is expected is generated: the permission that a view declares, and the table in rules.py (which
test_rules.py compares with a list written by hand). A new address without a permission fails here.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.http import HttpResponse
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from common.tenancy.context import tenant
from tenants import actions
from tenants.models import Membership
from tenants.rules import Actor, Parts, Permission, Role, Scope, can
from tests.conftest import Cast, signed_in
from tests.tenants import things

pytestmark = pytest.mark.slow

# The only addresses that ask for no permission, each with its reason.
OPEN = {
    "": "sends people to sign in or to their tenant",
    "healthz": "probe, says nothing but that it answers",
    "readyz": "probe, says which part is away and no tenant's data",
    "accounts/login/": "sign-in",
    "accounts/logout/": "sign-out",
    "accounts/inactive/": "says that an account is closed",
    "accounts/signup/": "says that nobody signs up",
    "accounts/password/change/": "own password, allauth asks for a session",
    "accounts/password/set/": "own password, allauth asks for a session",
    "accounts/password/reset/": "own password",
    "accounts/password/reset/done/": "own password",
    "accounts/password/reset/key/done/": "own password",
    r"^accounts/password/reset/key/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>.+)/$": "own password",
    "accounts/persona/": "demo mode only, see test_personas.py",
    "accounts/preferences/": "own look of pages",
    "api/v1/schema/": "how the API is called, no tenant's data",
    "api/v1/docs/": "the same to read",
    "^api/": "says in the API's words that nothing is there",
}
PAGES, API = "t/<slug:slug>/", "api/v1/"
WHO = {
    "coo": Role.EXECUTIVE,
    "sponsor": Role.SPONSOR,
    "lead": Role.LEAD,
    "reviewer": Role.REVIEWER,
    "owner": Role.OWNER,
    "operator": Role.OPERATOR,
    "reader": Role.READER,
    "admin": Role.ADMIN,
}
PARTS = {"lead": Role.LEAD, "sponsor": Role.SPONSOR}  # who has which part in the pilot
PILOT = "pilots/<slug:code>/"
PLAIN = "tests.tenants.plain_refusals"


def walk(patterns: list[Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Yield every route of the project with its view."""
    for pattern in patterns:
        route = prefix + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from walk(pattern.url_patterns, route)
        else:
            assert isinstance(pattern, URLPattern)
            yield route, pattern.callback


ROUTES = dict(walk(get_resolver().url_patterns))
PAGE_ROUTES = [route.removeprefix(PAGES) for route in ROUTES if route.startswith(PAGES)]
API_ROUTES = [
    route.removeprefix(API) for route in ROUTES if route.startswith(API) and route not in OPEN
]


Both = tuple[things.Things, things.Things]


@pytest.fixture(scope="module")
def both_things(shared: Cast, django_db_blocker: Any) -> Both:
    """Make one of each in both tenants, whose members were here a moment ago."""
    with django_db_blocker.unblock():
        for tenant_id in (shared.acme, shared.borealis):
            with tenant(tenant_id):
                Membership.objects.update(last_seen_at=datetime.now(UTC))
        return things.cast_things(shared)


def permission_of(route: str) -> Permission:
    found = getattr(ROUTES[PAGES + route], "permission", None)
    assert isinstance(found, Permission), f"{PAGES}{route} declares no permission"
    return found


def needs_of(route: str) -> dict[str, Permission]:
    found: dict[str, Permission] = ROUTES[API + route].cls.needs
    assert found, f"{API}{route} declares no permissions"
    return found


def tried(client: Client, method: str, address: str, **extra: Any) -> HttpResponse:
    """Send one request and take back whatever it did."""
    savepoint = connection.savepoint()
    response: HttpResponse = client.generic(method, address, **extra)
    connection.savepoint_rollback(savepoint)
    return response


def statuses_of(client: Client, address: str) -> set[int]:
    """Return the statuses of reading and of posting nothing to a page."""
    form = {"content_type": "application/x-www-form-urlencoded"}
    return {
        tried(client, "GET", address).status_code,
        tried(client, "POST", address, **form).status_code,
    }


def right(statuses: set[int], *, allowed: bool) -> bool:
    """Tell whether a page answered reading and posting as it has to."""
    if allowed:
        return statuses <= {200, 302, 405, 409, 422} and statuses != {405}
    return 403 in statuses <= {403, 405}


def test_every_address_is_walked_and_declares_who_may() -> None:
    assert len(PAGE_ROUTES) >= 40
    assert len(API_ROUTES) >= 9
    assert set(ROUTES) == {
        *OPEN,
        *(PAGES + route for route in PAGE_ROUTES),
        *(API + route for route in API_ROUTES),
    }
    for route in PAGE_ROUTES:
        permission_of(route)
    for route in API_ROUTES:
        needs_of(route)


@pytest.mark.parametrize("who", WHO)
def test_pages_open_for_those_whom_the_table_allows_and_for_nobody_else(
    cast: Cast, both_things: Both, who: str, settings: Any
) -> None:
    ours, _ = both_things
    member, actor = getattr(cast, who), Actor(roles=frozenset({WHO[who]}))
    own = Parts(of=frozenset({PARTS[who]} if who in PARTS else ()))
    client, wrong = signed_in(member), []
    if who != "reader":  # for the reader, who is refused most, the page that says no is drawn
        settings.ROOT_URLCONF = PLAIN

    for route in PAGE_ROUTES:
        address = f"/t/acme/{things.fill(route, ours, cast.acme, member)}"
        statuses = statuses_of(client, address)
        decided = can(actor, permission_of(route), own if route.startswith(PILOT) else None)
        if not right(statuses, allowed=decided.allowed):
            wrong.append((address, statuses))

    assert wrong == []


@pytest.mark.parametrize(
    ("who", "roles", "parts"),
    [
        ("reader", {Role.LEAD}, set()),
        ("reader", {Role.SPONSOR}, set()),
        ("reader", {Role.LEAD, Role.SPONSOR}, set()),
        ("lead", {Role.SPONSOR}, {Role.LEAD}),
        ("lead", {Role.LEAD, Role.EXECUTIVE}, {Role.LEAD}),
        ("sponsor", {Role.LEAD, Role.SPONSOR}, {Role.SPONSOR}),
    ],
    ids=lambda value: value if isinstance(value, str) else "+".join(sorted(value)) or "none",
)
def test_pages_of_a_pilot_ask_for_the_part_one_has_in_it(
    cast: Cast,
    both_things: Both,
    who: str,
    roles: set[Role],
    parts: set[Role],
    settings: Any,
) -> None:
    settings.ROOT_URLCONF = PLAIN
    ours, _ = both_things
    member, wrong = getattr(cast, who), []
    with tenant(cast.acme):
        Membership.objects.filter(pk=member.pk).update(roles=sorted(roles))
    client, actor = signed_in(member), Actor(roles=frozenset(roles))

    for route in [route for route in PAGE_ROUTES if route.startswith(PILOT)]:
        address = f"/t/acme/{things.fill(route, ours, cast.acme, member)}"
        statuses = statuses_of(client, address)
        decided = can(actor, permission_of(route), Parts(of=frozenset(parts)))
        if not right(statuses, allowed=decided.allowed):
            wrong.append((address, statuses))

    assert wrong == []


def test_every_page_asks_the_anonymous_to_sign_in(cast: Cast, both_things: Both) -> None:
    ours, _ = both_things
    client, wrong = Client(), []

    for route in PAGE_ROUTES:
        address = f"/t/acme/{things.fill(route, ours, cast.acme, cast.admin)}"
        answers = [tried(client, method, address) for method in ("GET", "POST")]
        sent_to = [answer.get("Location", "") for answer in answers if answer.status_code == 302]
        asked = {answer.status_code for answer in answers} <= {302, 405} and sent_to
        if not asked or not all(to.startswith("/accounts/login/?next=/t/acme/") for to in sent_to):
            wrong.append((address, answers))

    assert wrong == []


# The API


def token(cast: Cast, *scopes: Scope) -> dict[str, str]:
    now = datetime.now(UTC)
    with tenant(cast.acme):
        _, text = actions.create_token(
            name=" ".join(scopes),
            scopes=list(scopes),
            expires_at=now + timedelta(days=1),
            by=cast.admin,
            now=now,
        )
    return {"Authorization": f"Bearer {text}"}


def called(method: str, address: str, headers: dict[str, str]) -> int:
    extra = {"data": b"{}", "content_type": "application/json", "headers": headers}
    return tried(Client(), method, address, **extra).status_code


@pytest.mark.parametrize("scope", Scope)
def test_endpoints_answer_the_scope_of_the_table_and_no_other(
    cast: Cast, both_things: Both, scope: Scope
) -> None:
    ours, _ = both_things
    headers, actor, wrong = token(cast, scope), Actor(scopes=frozenset({scope})), []

    for route in API_ROUTES:
        address = f"/{API}{things.fill(route, ours, cast.acme, cast.admin)}"
        for method, permission in needs_of(route).items():
            status = called(method, address, headers)
            allowed = {200, 201, 400, 409, 415, 422, 428}
            if status not in (allowed if can(actor, permission) else {403}):
                wrong.append((method, address, status))

    assert wrong == []


@pytest.mark.parametrize("sent", ["", "Bearer pfm_0123456789_" + "x" * 43])
def test_endpoints_refuse_calls_without_a_live_token(
    cast: Cast, both_things: Both, sent: str
) -> None:
    ours, _ = both_things
    wrong = []

    for route in API_ROUTES:
        address = f"/{API}{things.fill(route, ours, cast.acme, cast.admin)}"
        for method in needs_of(route):
            status = called(method, address, {"Authorization": sent} if sent else {})
            if status != 401:
                wrong.append((method, address, status))

    assert wrong == []


def test_signing_in_to_the_pages_does_not_open_the_api(cast: Cast, both_things: Both) -> None:
    ours, _ = both_things
    client = signed_in(cast.admin)

    for route in API_ROUTES:
        address = f"/{API}{things.fill(route, ours, cast.acme, cast.admin)}"
        assert client.get(address).status_code in {401, 405}, address


def test_no_endpoint_answers_for_a_thing_of_another_tenant(cast: Cast, both_things: Both) -> None:
    _, theirs = both_things
    headers, wrong = {"Authorization": f"Bearer {cast.api}"}, []

    for route in [route for route in API_ROUTES if "<" in route]:
        address = f"/{API}{things.fill(route, theirs, cast.borealis, cast.stranger)}"
        for method in needs_of(route):
            status = called(method, address, headers)
            # A write may be refused for its shape before anything is looked up.
            if status not in ({404} if method == "GET" else {400, 404, 422, 428}):
                wrong.append((method, address, status))

    assert wrong == []


def test_endpoints_take_only_the_methods_they_declare(cast: Cast, both_things: Both) -> None:
    ours, _ = both_things
    headers, wrong = {"Authorization": f"Bearer {cast.api}"}, []

    for route in API_ROUTES:
        address = f"/{API}{things.fill(route, ours, cast.acme, cast.admin)}"
        for method in {"GET", "POST", "PUT", "PATCH", "DELETE"} - set(needs_of(route)):
            status = called(method, address, headers)
            if status != 405:
                wrong.append((method, address, status))

    assert wrong == []
