"""What every address of the API does: tenant, errors, methods, ETags, keys, limits."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from threading import Barrier
from typing import Any

import pytest
from django.conf import settings as product

from common import throttle
from common.keys import uuid7_floor
from common.tenancy.context import tenant
from metrics.models import Measurement, Metric, Source
from portfolio.models import Pilot, Site, Vendor
from tenants.models import IdempotencyRecord
from tenants.rules import Scope
from tests.api import Api
from tests.conftest import NOW, Cast, _token

PROBLEM = "application/problem+json"
ITEM = {
    "metric": "otif",
    "event_at": "2026-03-02T08:00:00+01:00",
    "source": "erp",
    "external_id": "1",
    "value": 0.5,
}


@pytest.fixture
def api(cast: Cast) -> Api:
    with tenant(cast.acme):
        Source.objects.create(code="erp", name="ERP")
        site = Site.objects.create(code="north", name="North", zone="Europe/Berlin")
        Metric.objects.create(
            code="otif",
            name="OTIF",
            kind="proportion",
            unit="%",
            direction="up",
            zone="Europe/Berlin",
        )
        for number in range(5):
            Pilot.objects.create(
                code=f"P-{number}", name=f"Pilot {number}", site=site, start_date="2026-09-01"
            )
    return Api(cast.api)


def test_every_answer_names_the_tenant(api: Api) -> None:
    for response in (api.get("pilots/"), api.get("pilots/none/"), api.get("pilots/?limit=x")):
        assert response["X-Tenant"] == "acme"
        assert response.json()["tenant"] == "acme"


def test_a_stranger_finds_nothing_of_another_tenant(api: Api, cast: Cast) -> None:
    stranger = Api(cast.stranger_api)

    assert stranger.get("pilots/P-1/").status_code == 404
    assert stranger.get("metrics/otif/").status_code == 404
    assert stranger.get("measurements/?metric=otif").status_code == 404
    assert stranger.get("snapshots/?metric=otif").status_code == 404
    assert stranger.get("pilots/").json()["pilots"] == []
    assert stranger.get("sites/").json()["sites"] == []
    assert stranger.get("sources/").json()["sources"] == []


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "nowhere/", 404),
        ("POST", "nowhere/", 404),
        ("GET", "/api/v2/pilots/", 404),
        ("GET", "pilots", 404),
        ("GET", "pilots/none/", 404),
        ("GET", "pilots/P-01%0a/", 404),
        ("GET", "/api/%0a", 404),
        ("DELETE", "pilots/", 405),
        ("PUT", "measurements/", 405),
        ("POST", "schema/", 405),
        ("GET", "pilots/?limit=0", 400),
        ("GET", "pilots/?limit=many", 400),
        ("GET", "pilots/?colour=red", 400),
        ("GET", "pilots/?limit=1&limit=2", 400),
        ("GET", "pilots/?cursor=abc", 400),
        ("GET", "measurements/", 400),
        ("GET", "measurements/?metric=o%00f", 400),
        ("GET", "measurements/?metric=otif&from=yesterday", 400),
        ("POST", "measurements/", 415),
    ],
)
def test_a_request_that_fails_is_a_problem(api: Api, method: str, path: str, status: int) -> None:
    response = api.call(method, path, kind="text/plain")

    assert response.status_code == status, response.content
    assert response["Content-Type"] == PROBLEM
    assert response.json()["status"] == status
    assert response.json()["detail"]
    assert response.json()["code"]


def test_an_answer_in_another_type_is_refused(api: Api) -> None:
    response = api.get("pilots/", Accept="text/html")

    assert (response.status_code, response["Content-Type"]) == (406, PROBLEM)


def test_a_body_above_the_limit_is_refused(api: Api, settings: Any) -> None:
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 100

    response = api.post("measurements/", b"x" * 200)

    assert (response.status_code, response["Content-Type"]) == (413, PROBLEM)


def test_head_has_the_head_of_get_and_no_body(api: Api) -> None:
    got, head = api.get("pilots/"), api.call("HEAD", "pilots/")

    assert head.status_code == 200
    assert head.content == b""
    assert head["ETag"] == got["ETag"]
    assert head["Content-Length"] == str(len(got.content))


def test_options_says_which_methods_there_are(api: Api) -> None:
    response = api.call("OPTIONS", "measurements/")

    assert response.status_code == 204
    assert response["Allow"] == "GET, POST, HEAD, OPTIONS"


def test_an_unchanged_answer_is_not_sent_twice(api: Api) -> None:
    first = api.get("pilots/P-1/")

    again = api.get("pilots/P-1/", If_None_Match=first["ETag"])

    assert (again.status_code, again.content) == (304, b"")
    assert again["ETag"] == first["ETag"]


def test_a_changed_object_has_another_etag(api: Api, cast: Cast) -> None:
    before = api.get("pilots/P-1/")["ETag"]
    with tenant(cast.acme):
        Pilot.objects.filter(code="P-1").update(name="Renamed", version=2)

    after = api.get("pilots/P-1/", If_None_Match=before)

    assert after.status_code == 200
    assert after["ETag"].startswith('"2-')


def test_pages_hold_every_row_once(api: Api) -> None:
    codes, path = [], "pilots/?limit=2"
    for _ in range(3):
        body = api.get(path).json()
        codes += [pilot["code"] for pilot in body["pilots"]]
        path = f"pilots/?limit=2&cursor={body['next_cursor']}"

    assert codes == [f"P-{number}" for number in range(5)]
    assert body["next_cursor"] is None


@pytest.mark.parametrize("name", ["pilots", "sites", "vendors", "metrics", "sources"])
@pytest.mark.parametrize("archived", ["false", "true"])
def test_every_list_by_code_is_cut_into_pages(
    api: Api, cast: Cast, name: str, archived: str
) -> None:
    with tenant(cast.acme):
        for code in ("a-1", "b-2", "c-3"):
            old = {"archived_at": NOW if code == "b-2" else None}
            Vendor.objects.create(code=code, name=code, **old)
            Source.objects.create(code=code, name=code, **old)
            site = Site.objects.create(code=code, name=code, zone="UTC", **old)
            Pilot.objects.create(code=code, name=code, site=site, start_date="2026-01-05", **old)
            metric = {"kind": "mean", "unit": "d", "direction": "down", "zone": "UTC"}
            Metric.objects.create(code=code, name=code, **metric, **old)
    whole = api.get(f"{name}/?archived={archived}").json()[name]
    pages: list[list[str]] = []
    cursor = ""

    while cursor is not None and len(pages) < 20:
        body = api.get(
            f"{name}/?limit=1&archived={archived}{cursor and '&cursor=' + cursor}"
        ).json()
        pages.append([row["code"] for row in body[name]])
        cursor = body["next_cursor"]

    assert pages == [[row["code"]] for row in whole]
    assert ("b-2" in [row["code"] for row in whole]) == (archived == "true")


def test_a_cursor_serves_only_its_tenant_and_its_filters(api: Api, cast: Cast) -> None:
    cursor = api.get("pilots/?limit=2").json()["next_cursor"]

    assert Api(cast.stranger_api).get(f"pilots/?cursor={cursor}").status_code == 400
    assert api.get(f"pilots/?archived=true&cursor={cursor}").status_code == 400
    assert api.get(f"sites/?cursor={cursor}").status_code == 400
    assert api.get(f"pilots/?cursor={cursor[:-1]}").status_code == 400


def test_a_repeated_write_gets_the_same_answer_and_does_nothing_twice(api: Api) -> None:
    body = {"measurements": [ITEM, ITEM | {"external_id": ""}]}

    first = api.post("measurements/", body, Idempotency_Key="a-1")
    again = api.post("measurements/", body, Idempotency_Key="a-1")

    assert first.json()["created"] == 1
    assert (again.status_code, again.content) == (first.status_code, first.content)
    assert again["Idempotent-Replayed"] == "true"
    assert "Idempotent-Replayed" not in first
    assert again["X-Tenant"] == "acme"


def test_a_refusal_is_repeated_too(api: Api, cast: Cast) -> None:
    body = {"measurements": [ITEM | {"metric": "later"}]}
    first = api.post("measurements/", body, Idempotency_Key="b-1")
    with tenant(cast.acme):
        Metric.objects.create(
            code="later", name="L", kind="mean", unit="", direction="up", zone="UTC"
        )

    again = api.post("measurements/", body, Idempotency_Key="b-1")

    assert (first.status_code, again.status_code) == (422, 422)
    assert again["Content-Type"] == PROBLEM
    with tenant(cast.acme):
        assert not Measurement.objects.exists()


def test_a_key_used_for_another_request_is_refused(api: Api) -> None:
    api.post("measurements/", {"measurements": [ITEM]}, Idempotency_Key="c-1")

    other = api.post("measurements/", {"measurements": []}, Idempotency_Key="c-1")

    assert other.status_code == 422
    assert other.json()["code"] == "idempotency_key_reused"


def test_a_key_belongs_to_its_client(api: Api, cast: Cast) -> None:
    api.post("measurements/", {"measurements": [ITEM]}, Idempotency_Key="d-1")

    stranger = Api(cast.stranger_api).post(
        "measurements/", {"measurements": []}, Idempotency_Key="d-1"
    )

    assert stranger.status_code == 200
    assert stranger.json()["tenant"] == "borealis"


@pytest.mark.parametrize("key", ["", "with blank", "x" * 201])
def test_a_key_that_is_none_is_refused(api: Api, key: str) -> None:
    response = api.post("measurements/", {"measurements": []}, Idempotency_Key=key)

    assert response.status_code == 400


def test_a_key_is_forgotten_after_a_day(api: Api, cast: Cast) -> None:
    api.post("measurements/", {"measurements": [ITEM]}, Idempotency_Key="e-1")
    then = datetime.now(UTC) - timedelta(hours=24, seconds=1)
    with tenant(cast.acme):
        record = IdempotencyRecord.objects.get()
        IdempotencyRecord.objects.all().delete()
        record.id, record.created_at = uuid7_floor(then), then
        record.save(force_insert=True)

    again = api.post("measurements/", {"measurements": [ITEM]}, Idempotency_Key="e-1")

    assert again.json()["unchanged"] == 1
    with tenant(cast.acme):
        assert IdempotencyRecord.objects.count() == 1


@pytest.fixture
def fresh(cast: Cast) -> Api:
    """A client with a token of its own, that no other test has counted."""
    with tenant(cast.acme):
        return Api(_token(cast.admin, list(Scope)))


def test_a_token_above_its_limit_waits(fresh: Api, settings: Any) -> None:
    settings.API_RATE_TOKEN = 2

    answers = [fresh.get("pilots/") for _ in range(3)]

    assert [one.status_code for one in answers] == [200, 200, 429]
    assert [one["RateLimit-Remaining"] for one in answers] == ["1", "0", "0"]
    assert 1 <= int(answers[2]["Retry-After"]) <= 60
    assert answers[2]["Content-Type"] == PROBLEM
    assert "Retry-After" not in answers[1]


def test_a_tenant_above_its_limit_waits_with_every_token(fresh: Api, settings: Any) -> None:
    settings.API_RATE_TENANT = 0

    assert fresh.get("pilots/").status_code == 429


def test_without_redis_the_api_answers_and_does_not_wait(fresh: Api, settings: Any) -> None:
    settings.REDIS_URL = "redis://10.255.255.1:6390/0"
    settings.API_RATE_TOKEN = 0
    started = time.monotonic()

    answers = [fresh.get("pilots/").status_code for _ in range(10)]

    assert answers == [200] * 10
    assert time.monotonic() - started < 2


def test_counters_rise_together_and_expire() -> None:
    counter = throttle.Counter(product.REDIS_URL)
    key = f"w12:test:{time.time_ns()}"
    limits = [throttle.Limit(f"{{{key}}}:a", 1), throttle.Limit(f"{{{key}}}:b", 5)]

    first = counter.take(limits, window_seconds=1)
    second = counter.take(limits, window_seconds=1)
    other = counter.take(limits[1:], window_seconds=1)
    time.sleep(1.05)
    third = counter.take(limits, window_seconds=1)

    assert first is not None and second is not None and third is not None
    assert (first.exceeded, second.exceeded, third.exceeded) == (False, True, False)
    assert (first.most, first.rest) == (1, 0)
    assert other == throttle.Quota(most=5, rest=2, reset_seconds=1, exceeded=False)


def test_no_two_requests_that_count_at_once_get_the_same_count() -> None:
    limit = throttle.Limit(f"w12:test:{time.time_ns()}", 1_000)
    start = Barrier(8)

    def count() -> list[throttle.Quota | None]:
        counter = throttle.Counter(product.REDIS_URL)  # as each process has its own
        start.wait()
        return [counter.take([limit], 60) for _ in range(50)]

    with ThreadPoolExecutor(8) as pool:
        counted = [
            quota for one in [pool.submit(count) for _ in range(8)] for quota in one.result()
        ]

    # On a busy machine Redis may be waited for in vain, and then some are not counted.
    rests = [quota.rest for quota in counted if quota]
    assert len(rests) > 20
    assert len(set(rests)) == len(rests)


def test_schema_and_docs_need_no_token() -> None:
    nobody = Api("")

    schema, docs = nobody.get("schema/"), nobody.get("docs/")

    assert schema.json()["openapi"].startswith("3.1")
    assert docs.status_code == 200
    assert b"/api/v1/measurements/" in docs.content
    assert b"<script>" not in docs.content
    assert nobody.get("schema/", If_None_Match=schema["ETag"]).status_code == 304
