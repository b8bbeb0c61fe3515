"""Headers, cookies and query parameters that nobody meant: answered in words, never with a 5xx."""

from __future__ import annotations

from typing import Any

import pytest
from django.conf import settings
from django.db import connection
from django.test import Client

from common.tenancy.context import tenant
from tenants.models import Membership
from tests.api import Api
from tests.conftest import Cast, signed_in
from tests.tenants import things
from tests.tenants.test_url_matrix import API_ROUTES, needs_of

# As a server hands them on: bytes of a header are characters below 256.
VERSIONS = [
    "", " ", "*", '"', '""', "1", "W/1", 'W/"1"', '"1", "2"', '"1","1"', '"-1"', '"+1"', '"1.0"',
    '"1-"', '"1-g"', '"1-' + "g" * 9000 + '"', '"' + "9" * 9 + '"', '"' + "9" * 10 + '"',
    '"' + "9" * 9000 + '"', '"\x00"', "\xff\xfe", '"\xb2"', '"1"\x00', "<etag>", "'1'",
]  # fmt: skip
PREFIX, SECRET = "0123456789", "x" * 43
TOKENS = [
    " ", "Bearer", "Bearer ", "bearer pfm", "Bearer pfm_", "Bearer pfm__", "Bearer ___",
    f"Bearer pfm_{PREFIX}", f"Bearer pfm_{PREFIX}_", f"pfm_{PREFIX}_{SECRET}",
    f"Bearer\tpfm_{PREFIX}_{SECRET}", f"Bearer pfm_{PREFIX}_{SECRET}, Bearer pfm_{PREFIX}_{SECRET}",
    f"Bearer pfm_{PREFIX}_{SECRET} more", f"Basic pfm_{PREFIX}_{SECRET}", "Basic Og==",
    f"Bearer pfm_\xe9\xff_{SECRET}", f"Bearer pfm_{PREFIX}_\xe9", "\xff\xfe\xfd",
    f"Bearer pfm_\x00_{SECRET}", f"Bearer pfm_{PREFIX}_\x00", "\x00", f"Bearer pfm_'--_{SECRET}",
    f"Bearer pfm_{'9' * 100_000}_{SECRET}", "Bearer " + "x" * 100_000, "Bearer pfm_%s_%(a)s",
]  # fmt: skip
VALUES = [
    "%00", "a%00b", "%ED%A0%80", "%FF%FE", "%F0%9F%8F%AD", "%", "%zz", "", "+", "-1", "0", "9" * 30,
    "9" * 5000, "1e999", "NaN", "%D9%A3", "2026-02-30", "2026-13-01", "0000-00-00", "99999-01-01",
    "0001-01-01", "9999-12-31", "2026-W54", "9999-W53", "0001-W01", "2026-01-01T00:00:00%2B99:00",
    "0001-01-01T00:00:00%2B14:00", "9999-12-31T23:59:59-14:00", "%27%3B--", "%7B%7D", "..%2F..%2F",
]  # fmt: skip
# Pages are slower than lists: one of each kind, at all parameters of a page that do not end it early.
WORST = [
    "%00", "a%00b", "%ED%A0%80", "%FF%FE", "%", "", "-1", "9" * 30, "9" * 5000, "1e999", "%D9%A3",
    "2026-02-30", "9999-12-31", "9999-W53", "0001-01-01",
]  # fmt: skip
PAGES = {
    "/accounts/login/": ["next=*"],
    "/t/acme/": ["q=*&state=*&sort=*&site=*&unknown=*"],
    "/t/acme/inbox/": ["page=*"],
    "/t/acme/metrics/new/": ["kind=*", "kind=mean&pilot=*"],
    "/t/acme/metrics/{metric}/": ["week=*&weeks=*&page=*", "week=2026-09-07&page=*"],
    "/t/acme/pilots/{pilot}/metrics/new/": ["metric=*"],
    "/t/acme/pilots/{pilot}/people/": ["part=*"],
    "/t/acme/settings/sites/new/": ["then=*"],
}
LISTS = {
    "pilots/": ["limit", "cursor", "archived"],
    "metrics/": ["limit", "cursor", "archived"],
    "measurements/?metric={metric}&": ["limit", "cursor", "from", "before", "source"],
    "snapshots/?metric={metric}&": ["limit", "cursor", "from", "through"],
    "measurements/?": ["metric"],
    "read-outs/?": ["cursor", "pilot", "week", "stands"],
}


@pytest.fixture(scope="module")
def ours(shared: Cast, django_db_blocker: Any) -> things.Things:
    with django_db_blocker.unblock():
        return things.cast_things(shared)[0]


@pytest.fixture(autouse=True)
def unlimited(settings: Any) -> None:
    settings.API_RATE_UNKNOWN = settings.API_RATE_TOKEN = 10**9


def asked(client: Client, address: str, **extra: Any) -> Any:
    """Ask once; what the request did is taken back, so that the next one finds the same."""
    savepoint = connection.savepoint()
    response = client.get(address, **extra)
    connection.savepoint_rollback(savepoint)
    return response


def asking(member: Any) -> Client:
    client = signed_in(member)
    client.raise_request_exception = False
    return client


def test_an_odd_version_changes_nothing_and_is_told_apart_from_a_fault(
    cast: Cast, ours: things.Things
) -> None:
    api, wrong = Api(cast.api), []

    for sent in VERSIONS:
        response = api.call("PATCH", f"pilots/{ours.pilot}/", {"name": "Odd"}, If_Match=sent)
        if response.status_code != 412:
            wrong.append((sent[:40], response.status_code))

    assert wrong == []
    assert "Odd" not in api.get(f"pilots/{ours.pilot}/").content.decode()


def test_an_odd_token_opens_no_endpoint(cast: Cast, ours: things.Things) -> None:
    client, wrong = Client(raise_request_exception=False), []

    for sent in TOKENS:
        # Every endpoint with a few of them, every one of them at one endpoint.
        for route in API_ROUTES if len(sent) < 30 else API_ROUTES[:1]:
            address = f"/api/v1/{things.fill(route, ours, cast.acme, cast.admin)}"
            method = next(iter(needs_of(route)))
            response = client.generic(method, address, headers={"Authorization": sent})
            if response.status_code != 401:
                wrong.append((sent[:40], address, response.status_code))

    assert wrong == []


@pytest.mark.parametrize(
    ("name", "sent"),
    [
        *(("Idempotency-Key", key) for key in ("", "\x00", "\xe9", "a b", "k" * 201, "k" * 50_000)),
        *(("kind", kind) for kind in ("", "\x00", "json", "a/b; c=\xff", "text/csv; charset=x")),
        *(("Accept", kinds) for kinds in ("\x00", "a", "*", ";q=", "text/html;q=\xff")),
    ],
)
def test_an_odd_header_of_a_write_creates_nothing(cast: Cast, name: str, sent: str) -> None:
    response = Api(cast.api).call("POST", "pilots/", b"{}", **{name: sent})

    assert response.status_code in {400, 406, 415}


@pytest.mark.parametrize("cookie", ['"\\000aaaaaaaaaa"', "\xff" * 40, "x" * 5000, '"', "'--aaaaaa"])
def test_an_odd_session_is_none(cast: Cast, cookie: str) -> None:
    sent = f"{settings.SESSION_COOKIE_NAME}={cookie}"

    response = asked(Client(raise_request_exception=False), "/t/acme/", headers={"Cookie": sent})

    assert (response.status_code, response["Location"]) == (302, "/accounts/login/?next=/t/acme/")


def test_odd_parameters_of_pages_are_read_as_none_or_refused(
    cast: Cast, ours: things.Things
) -> None:
    with tenant(cast.acme):
        Membership.objects.filter(pk=cast.lead.pk).update(roles=["lead", "admin"])
    client, wrong = asking(cast.lead), []

    for path, patterns in PAGES.items():
        address = path.format(metric=ours.metric, pilot=ours.pilot)
        for pattern in patterns:
            for query in [pattern.replace("*", v) for v in WORST] + [f"{pattern}&{pattern}"]:
                status = asked(client, f"{address}?{query}").status_code
                if status not in {200, 302, 400, 404}:
                    wrong.append((address, query[:60], status))

    assert wrong == []


def test_odd_parameters_of_the_api_are_refused_in_words(cast: Cast, ours: things.Things) -> None:
    api, wrong = Api(cast.api), []

    for path, names in LISTS.items():
        start = path.format(metric=ours.metric) if "?" in path else f"{path}?"
        for name in names:
            for query in [f"{name}={value}" for value in VALUES] + [f"{name}=1&{name}=2"]:
                response = api.get(f"{start}{query}")
                if response.status_code not in {200, 400, 404}:
                    wrong.append((start, query[:60], response.status_code))

    assert wrong == []
