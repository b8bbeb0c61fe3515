"""A stranger from Borealis Pumps tries everything of Acme Castings: nothing found, nothing changed.

The addresses come from the URL configuration, so a new page is tried without being named here.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Collection
from dataclasses import dataclass
from functools import cache
from typing import Any
from uuid import uuid4

import pytest
from django.apps import apps
from django.db import connection
from django.test import Client

from common import throttle
from common.tenancy import catalogue
from common.tenancy.constraints import TenantIsolation
from common.tenancy.context import current_tenant_id, tenant
from metrics.actions import recompute
from metrics.models import Mark, Metric, Source
from portfolio.models import Site
from tenants import actions as tenants
from tenants import queries
from tenants.actions import token_digest
from tenants.models import Membership
from tenants.rules import Role
from tests.api import Api
from tests.conftest import Cast, signed_in
from tests.tenants.test_url_matrix import API_ROUTES, PAGE_ROUTES
from tests.tenants.things import Things, fill, make

SECRET = "hushed"  # stands in every name and code of Acme's things, and may stand in no answer


@pytest.fixture(scope="module")
def both_things(shared: Cast, django_db_blocker: Any) -> tuple[Things, Things]:
    """One of each at Acme, and at Borealis Pumps, where the stranger never led the pilot."""
    with django_db_blocker.unblock():
        ours = make(shared.acme, SECRET, lead=shared.lead, sponsor=shared.sponsor)
        with tenant(shared.borealis):
            lead = tenants.add_member(
                user=tenants.create_user(email="lead-own@plant.example", name="Own", password=None),
                person=tenants.add_person(name="Own", actor="system:test"),
                roles=[Role.LEAD],
                actor="system:test",
            )
        theirs = make(shared.borealis, "own", lead=lead, sponsor=shared.stranger)
        return ours, theirs


@pytest.fixture
def ours(both_things: tuple[Things, Things], cast: Cast) -> Things:
    return both_things[0]


@pytest.fixture
def theirs(both_things: tuple[Things, Things], cast: Cast) -> Things:
    return both_things[1]


@pytest.fixture
def stranger(cast: Cast) -> Client:
    """The stranger's browser; at Borealis Pumps there is no role that the stranger has not."""
    with tenant(cast.borealis):
        Membership.objects.filter(pk=cast.stranger.pk).update(roles=sorted(Role))
    return signed_in(cast.stranger)


def fingerprint(cast: Cast) -> dict[str, Any]:
    """Return a hash over all rows of Acme, table by table; when it was last used does not count."""
    found = {}
    with tenant(cast.acme), connection.cursor() as cursor:
        for model in apps.get_models():
            if any(isinstance(c, TenantIsolation) for c in model._meta.constraints):
                table = model._meta.db_table
                cursor.execute(
                    "SELECT count(*), md5(string_agg(h, ',' ORDER BY h)) FROM"
                    " (SELECT md5((to_jsonb(t) - 'last_used_at' - 'last_seen_at')::text) AS h"
                    f" FROM {table} t) x"
                )
                found[table] = cursor.fetchone()
        cursor.execute("SELECT count(*), max(seq) FROM audit_event")
        found["audit_event"] = cursor.fetchone()
    return found


@dataclass(frozen=True)
class Tried:
    """One address with names of Acme's in it, and one that tells the same with names nobody has.

    twin: empty for an address without a name.
    """

    path: str
    twin: str
    named: tuple[str, ...]
    unnamed: tuple[str, ...]


NAME = re.compile(r"<(slug|uuid):\w+>")
CSRF_TOKEN = re.compile(r"\b[A-Za-z0-9]{64}\b")
NOBODY, NO_CODE, NO_KEY = "nobody", "none-such", str(uuid4())


def beside_nobodys(start: str, route: str, path: str) -> Tried:
    """Return an address, and the same with names that nobody has; weeks and versions stay.

    route: what the path was filled from. start: stands before both and stays too.
    """
    own, twin, pairs = path.split("/"), [], []
    for kind, one in zip(route.split("/"), own, strict=True):
        none = NAME.sub(lambda name: NO_KEY if name[1] == "uuid" else NO_CODE, kind)
        if none != kind:
            pairs.append((one, none))
        twin.append(none if none != kind else one)
    named, unnamed = zip(*pairs, strict=True) if pairs else ((), ())
    return Tried(start + path, start + "/".join(twin) if pairs else "", named, unnamed)


def told(answer: Any, path: str, names: tuple[str, ...]) -> tuple[int, str]:
    """Return status and body without the names that stood in the address and the form's token."""
    text = b"".join(answer) if answer.streaming else answer.content
    body = CSRF_TOKEN.sub("*", text.decode()).replace(path, "*")
    for name in names:
        body = body.replace(name, "*")
    return answer.status_code, body


class Caller:
    """Calls addresses in one way; what it tells of names that nobody has it asks for once."""

    def __init__(self, call: Callable[[str], Any]) -> None:
        self.call = call
        self.nobodys = cache(self._told)

    def _told(self, path: str, names: tuple[str, ...]) -> tuple[int, str]:
        return told(self.call(path), path, names)

    def wrongly_told(self, tried: Tried, right: Collection[int] = (404, 405)) -> str:
        """Say what an address tells of Acme: empty when it tells what it tells of nobody.

        right: statuses that an address with a name may answer.
        """
        ours = self._told(tried.path, tried.named)
        if SECRET in ours[1]:
            return "shows a secret"
        if not tried.twin:
            return ""
        nobodys = self.nobodys(tried.twin, tried.unnamed)
        if ours != nobodys:
            return f"differs: {ours[0]}, for nobody {nobodys[0]}"
        return "" if ours[0] in right else f"answers {ours[0]}"


FORM = {"name": "x", "code": "x", "version": "1", "zone": "UTC", "roles": "admin", "title": "x"}


def callers(browser: Client) -> dict[str, Caller]:
    """Return how a browser calls addresses: with a form, where it posts."""
    return {
        "get": Caller(browser.get),
        "post": Caller(lambda path: browser.post(path, FORM)),
    }


@pytest.mark.slow
def test_a_strangers_session_finds_none_of_acmes_pages(
    cast: Cast, ours: Things, stranger: Client
) -> None:
    paths = [fill(route, ours, cast.acme, cast.lead) for route in PAGE_ROUTES]
    before, browsers = fingerprint(cast), callers(stranger)
    tried = [Tried(f"/t/acme/{path}", f"/t/{NOBODY}/", ("acme",), (NOBODY,)) for path in paths]

    told = {
        (one.path, method): caller.wrongly_told(one, {404})
        for one in tried
        for method, caller in browsers.items()
    }

    assert len(told) > 150
    assert {where: words for where, words in told.items() if words} == {}
    assert fingerprint(cast) == before


@pytest.mark.slow
def test_acmes_codes_and_keys_name_nothing_below_another_tenant(
    cast: Cast, ours: Things, theirs: Things, stranger: Client
) -> None:
    pilot, tried = f"/t/borealis/pilots/{theirs.pilot}/", []
    for route in PAGE_ROUTES:
        path = fill(route, ours, cast.acme, cast.lead)
        tried.append(beside_nobodys("/t/borealis/", route, path))
        if len(NAME.findall(route)) > 1:  # their own pilot, but our part of it
            below = (text.split("/", 2)[2] for text in (route, path))
            tried.append(beside_nobodys(pilot, *below))
    before, browsers = fingerprint(cast), callers(stranger)

    # What is posted to an address without a name may succeed, and the next page says so.
    told = {
        (one.path, method): caller.wrongly_told(one)
        for one in sorted(tried, key=lambda one: not one.twin)
        for method, caller in browsers.items()
    }

    assert len(told) > 150
    assert {where: words for where, words in told.items() if words} == {}
    assert fingerprint(cast) == before


@pytest.mark.slow
def test_a_strangers_token_finds_nothing_of_acme(cast: Cast, ours: Things) -> None:
    before, api = fingerprint(cast), Api(cast.stranger_api)
    tried = [
        beside_nobodys("/api/v1/", route, fill(route, ours, cast.acme, cast.lead))
        for route in API_ROUTES
    ]
    body = {"name": "x", "measurements": [], "metric": ours.metric, "from": "2026-01-01"}

    def caller(method: str) -> Caller:
        sent = {"GET": None, "PATCH": {"name": "x"}}.get(method, body)
        return Caller(lambda path: api.call(method, path, sent, If_Match='"1"'))

    callers = {method: caller(method) for method in ("GET", "POST", "PATCH", "PUT", "DELETE")}

    told = {
        (one.path, method): caller.wrongly_told(one)
        for one in sorted(tried, key=lambda one: not one.twin)
        for method, caller in callers.items()
    }

    assert len(told) > 50
    assert {where: words for where, words in told.items() if words} == {}
    assert fingerprint(cast) == before


def test_filters_by_acmes_codes_find_nothing(cast: Cast, ours: Things) -> None:
    api = Api(cast.stranger_api)
    codes = (ours.site, ours.vendor, ours.source, ours.pilot, ours.metric)

    for path in ("measurements/", "snapshots/", "metrics/", "pilots/"):
        for name in ("metric", "source", "site", "vendor", "pilot", "q"):
            for code in codes:
                answer = api.get(f"{path}?{name}={code}")
                assert SECRET not in answer.content.decode().replace(code, "*"), (path, name, code)
                assert answer.json().get("results", []) == [], (path, name, code)


def test_a_stranger_measures_nothing_under_acmes_names(cast: Cast, ours: Things) -> None:
    before = fingerprint(cast)
    item = {
        "metric": ours.metric,
        "source": ours.source,
        "external_id": SECRET,
        "value": 9,
        "revision": 5,
        "event_at": "2026-03-02",
    }

    answer = Api(cast.stranger_api).post("measurements/", {"measurements": [item]})

    assert answer.status_code == 422
    assert answer.json()["errors"] if "errors" in answer.json() else answer.json()["rejected"]
    assert fingerprint(cast) == before


def test_both_tenants_may_use_the_same_codes_and_ids(cast: Cast, ours: Things) -> None:
    with tenant(cast.borealis):
        Source.objects.create(code=ours.source, name="Theirs")
        Metric.objects.create(
            code=ours.metric, name="Theirs", kind="mean", unit="d", direction="down", zone="UTC"
        )
    before = fingerprint(cast)
    item = {"metric": ours.metric, "source": ours.source, "external_id": SECRET, "value": 9}

    answer = Api(cast.stranger_api).post(
        "measurements/", {"measurements": [{**item, "event_at": "2026-03-02"}]}
    )

    assert answer.json()["created"] == 1
    assert fingerprint(cast) == before


def test_a_right_prefix_with_a_wrong_secret_opens_nothing(cast: Cast) -> None:
    prefix = cast.api.split("_")[1]
    forged = f"pfm_{prefix}_{'x' * 43}"

    answer = Api(forged).get("pilots/")

    assert answer.status_code == 401
    assert "X-Tenant" not in answer
    with queries.open_token(prefix=prefix, digest=token_digest(forged)) as client:
        assert (client, current_tenant_id()) == (None, None)
        with connection.cursor() as cursor:
            cursor.execute("SELECT current_setting('app.tenant_id', true)")
            assert cursor.fetchone()[0] in {None, ""}


@pytest.mark.parametrize(
    "mixed", ["secret of the other", "prefix twice", "no secret", "another scheme"]
)
def test_pieces_of_two_tokens_make_none(cast: Cast, mixed: str) -> None:
    (_, ours, _), (_, _, theirs) = cast.api.split("_", 2), cast.stranger_api.split("_", 2)
    texts = {
        "secret of the other": f"Bearer pfm_{ours}_{theirs}",
        "prefix twice": f"Bearer pfm_{ours}_{ours}",
        "no secret": f"Bearer pfm_{ours}_",
        "another scheme": f"Basic {cast.api}",
    }

    answer = Client().get("/api/v1/pilots/", headers={"Authorization": texts[mixed]})

    assert answer.status_code == 401


def test_the_same_idempotency_key_is_another_key_for_another_tenant(cast: Cast) -> None:
    key = uuid4().hex
    site = {"code": "s", "name": "S", "zone": "UTC"}
    for tenant_id in (cast.acme, cast.borealis):
        with tenant(tenant_id):
            Site.objects.create(**site)
    body = {"code": "P-1", "name": "Same", "site": "s", "start_date": "2026-01-05"}

    first = Api(cast.api).post("pilots/", body, Idempotency_Key=key)
    second = Api(cast.stranger_api).post("pilots/", body, Idempotency_Key=key)

    assert (first.status_code, second.status_code) == (201, 201)
    assert (first["X-Tenant"], second["X-Tenant"]) == ("acme", "borealis")


def test_counters_of_two_tenants_are_two_counters() -> None:
    ours, theirs = (throttle.limit("all", f"tenant:{number}", 5) for number in (1, 2))

    assert ours.key != theirs.key


def test_a_session_never_carries_a_tenant(cast: Cast) -> None:
    browser = signed_in(cast.lead)
    browser.get("/t/acme/")

    stored = json.dumps(dict(browser.session.items()), default=str)

    assert "acme" not in stored
    assert browser.get("/t/borealis/").status_code == 404


def test_a_member_who_was_removed_finds_nothing_any_more(cast: Cast) -> None:
    browser = signed_in(cast.reader)
    assert browser.get("/t/acme/").status_code == 200
    with tenant(cast.acme):
        Membership.objects.filter(pk=cast.reader.pk).update(removed_at="2026-11-20T00:00Z")

    assert browser.get("/t/acme/").status_code == 404


def test_work_of_one_tenant_leaves_the_others_marks_alone(cast: Cast, ours: Things) -> None:
    with tenant(cast.acme):
        Mark.objects.create(metric_id=Metric.objects.get().pk, week="2026-01-05")

    with tenant(cast.borealis):
        done = recompute.recompute()

    assert done is not None
    assert done.marks == 0
    with tenant(cast.acme):
        assert Mark.objects.count() == 1


def test_the_catalogue_still_holds_after_all_this(db: None) -> None:
    with connection.cursor() as cursor:
        assert catalogue.find_faults(cursor) == []
