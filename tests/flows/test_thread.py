"""The thin thread: HTTP in, recompute, out again."""

import json
from typing import Any

from django.test import Client

from common.tenancy.context import tenant
from metrics.actions import recompute
from metrics.models import Metric, Snapshot, Source
from tests.conftest import Cast


def post(token: str, body: object) -> Any:
    return Client().post(
        "/api/v1/measurements/",
        json.dumps(body),
        content_type="application/json",
        headers={"Authorization": f"Bearer {token}"},
    )


def test_a_measurement_sent_over_http_becomes_a_weekly_value(cast: Cast) -> None:
    with tenant(cast.acme):
        Source.objects.create(code="erp", name="ERP")
        Metric.objects.create(
            code="otif",
            name="OTIF",
            kind="mean",
            unit="%",
            direction="up",
            zone="Europe/Berlin",
        )
    item = {
        "metric": "otif",
        "event_at": "2026-03-02",
        "source": "erp",
        "external_id": "1",
        "value": 4.5,
    }

    response = post(cast.api, {"measurements": [item]})

    assert response.status_code == 200, response.content
    assert json.loads(response.content)["created"] == 1
    with tenant(cast.acme):
        recompute.recompute()
        assert Snapshot.objects.get().value == 4.5


def test_a_token_that_only_reads_is_refused(cast: Cast) -> None:
    response = post(cast.api_reader, {"measurements": []})

    assert response.status_code == 403


def test_without_a_token_the_answer_says_what_to_send(cast: Cast) -> None:
    response = post("nonsense", {"measurements": []})

    assert response.status_code == 401
    assert "Bearer" in response["WWW-Authenticate"]
