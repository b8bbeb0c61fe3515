"""With Redis away nothing is lost and nothing answers 5xx; with it back the marks are worked off."""

from __future__ import annotations

import http.client
import http.cookiejar
import json
import signal
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from .product import Product

WEEKS = 6


@pytest.fixture
def plant(product: Product) -> dict[str, Any]:
    """Return one of the proofs' tenants."""
    return product.make_plants()[0]


def test_without_redis_measurements_are_stored_pages_open_and_marks_wait(
    product: Product, plant: dict[str, Any]
) -> None:
    browser = sign_in(product, plant)
    stop_redis(product)

    answers = [send(product, plant, week) for week in range(WEEKS)]
    pages = {path: browser(path) for path in pages_of(plant)}
    ready, _ = product.get("/readyz")

    assert answers == [200] * WEEKS
    assert pages == dict.fromkeys(pages, 200)
    assert ready == 200
    assert count(product, "metrics_measurement") == WEEKS
    assert count(product, "metrics_mark") == WEEKS
    assert count(product, "metrics_snapshot") == 0

    start_redis(product)
    wait_for(product, "metrics_mark", 0)

    assert count(product, "metrics_snapshot") == WEEKS
    assert send(product, plant, WEEKS) == 200
    wait_for(product, "metrics_snapshot", WEEKS + 1)


def stop_redis(product: Product) -> None:
    """Stop Redis and hold its supervisor still, so that nobody starts it again."""
    (redis,) = product.processes("redis")
    product.send_signal(product.processes("supervisor")[0], signal.SIGSTOP)
    product.kill(redis)


def start_redis(product: Product) -> None:
    """Let the supervisor go on: it finds Redis dead and starts it, empty."""
    product.send_signal(product.processes("supervisor")[0], signal.SIGCONT)


def pages_of(plant: dict[str, Any]) -> list[str]:
    """Return pages that read most of what there is."""
    base = f"/t/{plant['slug']}/"
    return [base, f"{base}metrics/", f"{base}metrics/mean/", f"{base}settings/health/"]


def send(product: Product, plant: dict[str, Any], week: int) -> int:
    """Send one measurement of its own week; return the status."""
    at = datetime(2026, 3, 2, 8, tzinfo=UTC) + timedelta(weeks=week)
    item = {
        "metric": "mean",
        "event_at": at.isoformat(),
        "source": "erp",
        "external_id": f"{week}",
        "value": 4.0,
    }
    web = http.client.HTTPConnection("127.0.0.1", product.port, timeout=15)
    try:
        web.request(
            "POST",
            "/api/v1/measurements/",
            json.dumps({"measurements": [item]}),
            {"Authorization": f"Bearer {plant['token']}", "Content-Type": "application/json"},
        )
        answer = web.getresponse()
        answer.read()
        return answer.status
    finally:
        web.close()


def sign_in(product: Product, plant: dict[str, Any]) -> Callable[[str], int]:
    """Sign in as a person does; return how to open a page, which gives its status."""
    cookies = http.cookiejar.CookieJar()
    opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(cookies))
    base = f"http://127.0.0.1:{product.port}"
    opener.open(f"{base}/accounts/login/", timeout=15).close()
    token = next(cookie.value for cookie in cookies if "csrf" in cookie.name)
    form = {"login": plant["email"], "password": plant["password"], "csrfmiddlewaretoken": token}
    opener.open(
        f"{base}/accounts/login/", urllib.parse.urlencode(form).encode(), timeout=15
    ).close()

    def status_of(path: str) -> int:
        try:
            with opener.open(base + path, timeout=15) as answer:
                assert answer.url == base + path, f"{path} led to {answer.url}"
                return int(answer.status)
        except urllib.error.HTTPError as refused:
            refused.close()
            return refused.code

    assert status_of(pages_of(plant)[0]) == 200
    return status_of


def count(product: Product, table: str) -> int:
    """Return how many rows a table holds."""
    with product.database() as admin:
        row = admin.execute(f"SELECT count(*) FROM {table}").fetchone()
    assert row
    return int(row[0])


def wait_for(product: Product, table: str, rows: int, seconds: float = 60) -> None:
    """Wait until a table holds so many rows."""
    deadline = time.monotonic() + seconds
    while count(product, table) != rows:
        assert time.monotonic() < deadline, f"{count(product, table)} rows in {table}"
        time.sleep(0.2)
