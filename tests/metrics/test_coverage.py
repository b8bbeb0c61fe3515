"""A feed declares that it reported a span in full."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from audit.models import AuditEvent
from common.errors import Refused
from common.tenancy.context import tenant
from metrics.actions import definitions, recompute
from metrics.models import Coverage, Mark, Metric, Snapshot, Source
from tests.api import Api
from tests.conftest import Cast

SPAN = {"metric": "stops", "from": "2026-03-04", "through": "2026-03-18"}


@pytest.fixture
def api(cast: Cast) -> Api:
    with tenant(cast.acme):
        Source.objects.create(code="mes", name="MES")
        Source.objects.create(code="old", name="Old", archived_at=datetime.now(UTC))
        for code, archived in (("stops", None), ("gone", datetime.now(UTC))):
            Metric.objects.create(
                code=code,
                name=code,
                kind="rate",
                unit="stops",
                direction="down",
                exposure="day",
                zone="Europe/Berlin",
                archived_at=archived,
            )
    return Api(cast.api)


def test_a_reported_span_marks_each_of_its_weeks(api: Api, cast: Cast) -> None:
    response = api.post("feeds/mes/reported/", SPAN)

    assert response.status_code == 200, response.content
    assert response.json() == SPAN | {"tenant": "acme", "source": "mes", "new": True, "weeks": 3}
    with tenant(cast.acme):
        weeks = sorted(Mark.objects.values_list("week", flat=True))
        assert weeks == [date(2026, 3, 2), date(2026, 3, 9), date(2026, 3, 16)]
        assert AuditEvent.objects.filter(action="SPAN_REPORTED").count() == 1


def test_a_reported_week_without_events_is_a_zero(api: Api, cast: Cast) -> None:
    api.post("feeds/mes/reported/", SPAN)

    with tenant(cast.acme):
        recompute.recompute()
        rows = Snapshot.objects.order_by("week").values_list("value", "days_reported")
        assert list(rows) == [(0, 5), (0, 7), (0, 3)]


def test_the_same_span_again_changes_nothing(api: Api, cast: Cast) -> None:
    api.post("feeds/mes/reported/", SPAN)

    again = api.post("feeds/mes/reported/", SPAN)

    assert (again.status_code, again.json()["new"]) == (200, False)
    with tenant(cast.acme):
        assert Coverage.objects.count() == 1
        assert Mark.objects.count() == 3
        assert AuditEvent.objects.filter(action="SPAN_REPORTED").count() == 1


@pytest.mark.parametrize(
    ("change", "status", "code"),
    [
        ({"metric": "none"}, 409, "unknown_metric"),
        ({"metric": "gone"}, 409, "archived_metric"),
        ({"through": "2026-03-03"}, 409, "empty_span"),
        ({"from": "2024-03-01"}, 409, "long_span"),
        ({"from": "0202-03-02"}, 409, "early_span"),
        ({"through": str(datetime.now(UTC).date() + timedelta(days=3))}, 409, "future_span"),
        ({"from": "04.03.2026"}, 400, "bad_body"),
        ({"extra": 1}, 400, "bad_body"),
        ({"metric": "sto\u0000ps"}, 400, "bad_body"),
    ],
)
def test_a_span_that_cannot_be_is_refused(
    api: Api, cast: Cast, change: dict[str, object], status: int, code: str
) -> None:
    response = api.post("feeds/mes/reported/", SPAN | change)

    assert (response.status_code, response.json()["code"]) == (status, code)
    with tenant(cast.acme):
        assert not Mark.objects.exists()


@pytest.mark.parametrize("zone", ["Pacific/Kiritimati", "Pacific/Pago_Pago"])
def test_a_span_may_end_yesterday_by_the_metrics_clock_and_not_today(
    api: Api, cast: Cast, zone: str
) -> None:
    with tenant(cast.acme):
        Metric.objects.filter(code="stops").update(zone=zone)
    today = datetime.now(ZoneInfo(zone)).date()
    span = SPAN | {"from": str(today - timedelta(days=7))}

    refused = api.post("feeds/mes/reported/", span | {"through": str(today)})
    taken = api.post("feeds/mes/reported/", span | {"through": str(today - timedelta(days=1))})

    assert (refused.status_code, refused.json()["code"]) == (409, "future_span")
    assert f"it is still {today}" in refused.json()["detail"]
    assert taken.status_code == 200


def test_a_reported_week_without_events_is_listed_as_the_api_says(api: Api, cast: Cast) -> None:
    api.post("feeds/mes/reported/", SPAN)
    with tenant(cast.acme):
        recompute.recompute()

    listed = api.get("snapshots/?metric=stops").json()["snapshots"]
    described = api.get("schema/").content.decode()

    assert [(one["week"], one["n"], one["value"]) for one in listed] == [
        ("2026-03-02", 0, 0),
        ("2026-03-09", 0, 0),
        ("2026-03-16", 0, 0),
    ]
    assert "A week is listed when it has measurements, or when days of it were" in described
    assert "A week without measurements is not listed" not in described


def test_an_archived_source_reports_nothing(api: Api) -> None:
    response = api.post("feeds/old/reported/", SPAN)

    assert (response.status_code, response.json()["code"]) == (409, "archived_source")


def test_another_tenants_source_is_not_found(api: Api, cast: Cast) -> None:
    other, nobodys = Api(cast.stranger_api), "feeds/nope/reported/"

    answers = [other.post("feeds/mes/reported/", SPAN), api.post(nobodys, SPAN)]

    said = [(one.status_code, one.json()["code"], one.json()["detail"]) for one in answers]
    assert said == [
        (404, "unknown_source", "There is no source 'mes'."),
        (404, "unknown_source", "There is no source 'nope'."),
    ]


@pytest.mark.parametrize("path", ["snapshots/", "measurements/"])
def test_a_metric_that_is_not_there_is_named_and_so_is_another_tenants(
    api: Api, cast: Cast, path: str
) -> None:
    other = Api(cast.stranger_api).get(f"{path}?metric=stops")
    nobodys = api.get(f"{path}?metric=nope")

    assert (other.status_code, other.json()["detail"]) == (404, "There is no metric 'stops'.")
    assert (nobodys.status_code, nobodys.json()["code"]) == (404, "unknown_metric")


def test_a_token_that_reads_reports_nothing(api: Api, cast: Cast) -> None:
    assert Api(cast.api_reader).post("feeds/mes/reported/", SPAN).status_code == 403


def test_a_metric_with_reported_zeros_keeps_what_they_mean(api: Api, cast: Cast) -> None:
    api.post("feeds/mes/reported/", SPAN)

    with tenant(cast.acme):
        metric = Metric.objects.get(code="stops")
        with pytest.raises(Refused) as refused:
            definitions.change_metric(
                metric=metric,
                version=metric.version,
                name=metric.name,
                kind="mean",
                unit=metric.unit,
                direction=metric.direction,
                exposure="",
                decimals=metric.decimals,
                site=None,
                by=cast.admin,
            )

    assert refused.value.code == "measured"
