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
@pytest.mark.parametrize("verb", ["reported", "withdrawn"])
def test_a_span_that_cannot_be_is_refused(
    api: Api, cast: Cast, verb: str, change: dict[str, object], status: int, code: str
) -> None:
    response = api.post(f"feeds/mes/{verb}/", SPAN | change)

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


@pytest.mark.parametrize("verb", ["reported", "withdrawn"])
def test_an_archived_source_reports_and_withdraws_nothing(api: Api, verb: str) -> None:
    response = api.post(f"feeds/old/{verb}/", SPAN)

    assert (response.status_code, response.json()["code"]) == (409, "archived_source")


@pytest.mark.parametrize("verb", ["reported", "withdrawn"])
def test_another_tenants_source_is_not_found(api: Api, cast: Cast, verb: str) -> None:
    other, nobodys = Api(cast.stranger_api), f"feeds/nope/{verb}/"

    answers = [other.post(f"feeds/mes/{verb}/", SPAN), api.post(nobodys, SPAN)]

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


@pytest.mark.parametrize("verb", ["reported", "withdrawn"])
def test_a_token_that_reads_reports_and_withdraws_nothing(api: Api, cast: Cast, verb: str) -> None:
    assert Api(cast.api_reader).post(f"feeds/mes/{verb}/", SPAN).status_code == 403


MIDDLE = SPAN | {"from": "2026-03-09", "through": "2026-03-15"}


def weeks(tenant_id: int) -> list[tuple[str, float | None, int]]:
    """Return week, value and days reported of each snapshot, after the marks were worked off."""
    with tenant(tenant_id):
        recompute.recompute()
        rows = Snapshot.objects.order_by("week").values_list("week", "value", "days_reported")
        return [(str(week), value, days) for week, value, days in rows]


def spans(tenant_id: int) -> list[tuple[str, str, str]]:
    """Return the spans that stand, with their sources."""
    with tenant(tenant_id):
        rows = Coverage.objects.order_by("from_date", "source__code")
        return [(row.source.code, str(row.from_date), str(row.through_date)) for row in rows]


def test_days_reported_by_mistake_are_gaps_again_and_those_around_them_stay(
    api: Api, cast: Cast
) -> None:
    api.post("feeds/mes/reported/", SPAN)
    before = weeks(cast.acme)

    response = api.post("feeds/mes/withdrawn/", MIDDLE)

    assert response.json() == MIDDLE | {
        "tenant": "acme",
        "source": "mes",
        "withdrawn": True,
        "weeks": 1,
    }
    assert before == [("2026-03-02", 0, 5), ("2026-03-09", 0, 7), ("2026-03-16", 0, 3)]
    assert weeks(cast.acme) == [("2026-03-02", 0, 5), ("2026-03-16", 0, 3)]
    assert spans(cast.acme) == [
        ("mes", "2026-03-04", "2026-03-08"),
        ("mes", "2026-03-16", "2026-03-18"),
    ]


def test_what_is_left_of_a_span_keeps_who_declared_it_and_when(api: Api, cast: Cast) -> None:
    api.post("feeds/mes/reported/", SPAN)
    with tenant(cast.acme):
        Coverage.objects.all().delete()
        declared = Coverage.objects.create(
            source=Source.objects.get(code="mes"),
            metric=Metric.objects.get(code="stops"),
            from_date="2026-03-04",
            through_date="2026-03-18",
            actor="client:first",
            created_at=datetime(2026, 3, 19, 8, tzinfo=UTC),
        )

    api.post("feeds/mes/withdrawn/", MIDDLE)

    with tenant(cast.acme):
        left = Coverage.objects.values_list("actor", "created_at")
        assert list(left) == [("client:first", declared.created_at)] * 2


def test_a_withdrawal_names_who_and_which_span_in_the_trail(api: Api, cast: Cast) -> None:
    api.post("feeds/mes/reported/", SPAN)
    api.post("feeds/mes/withdrawn/", MIDDLE)

    with tenant(cast.acme):
        told = {
            row.action: (row.actor, row.object, row.payload) for row in AuditEvent.objects.all()
        }

    assert told["SPAN_WITHDRAWN"] == (
        told["SPAN_REPORTED"][0],
        "metric:stops",
        {"source": "mes", "from": "2026-03-09", "through": "2026-03-15"},
    )


def test_the_same_withdrawal_again_changes_nothing(api: Api, cast: Cast) -> None:
    api.post("feeds/mes/reported/", SPAN)
    api.post("feeds/mes/withdrawn/", MIDDLE)
    with tenant(cast.acme):
        marks = Mark.objects.count()

    again = api.post("feeds/mes/withdrawn/", MIDDLE)

    assert (again.status_code, again.json()["withdrawn"]) == (200, False)
    with tenant(cast.acme):
        assert Mark.objects.count() == marks
        assert AuditEvent.objects.filter(action="SPAN_WITHDRAWN").count() == 1
    assert len(spans(cast.acme)) == 2


def test_overlapping_spans_each_lose_the_days_withdrawn(api: Api, cast: Cast) -> None:
    for first, last in (("04", "10"), ("08", "12"), ("11", "18")):
        api.post(
            "feeds/mes/reported/",
            SPAN | {"from": f"2026-03-{first}", "through": f"2026-03-{last}"},
        )

    api.post("feeds/mes/withdrawn/", SPAN | {"from": "2026-03-06", "through": "2026-03-11"})

    assert spans(cast.acme) == [
        ("mes", "2026-03-04", "2026-03-05"),
        ("mes", "2026-03-12", "2026-03-12"),
        ("mes", "2026-03-12", "2026-03-18"),
    ]


def test_what_another_source_metric_or_tenant_reported_stays(api: Api, cast: Cast) -> None:
    for tenant_id in (cast.acme, cast.borealis):
        with tenant(tenant_id):
            if tenant_id == cast.borealis:
                Source.objects.create(code="mes", name="MES")
            Source.objects.create(code="plc", name="PLC")
            for code in ("stops", "slips"):
                Metric.objects.get_or_create(
                    code=code,
                    defaults={
                        "name": code,
                        "kind": "rate",
                        "unit": "stops",
                        "direction": "down",
                        "exposure": "day",
                        "zone": "Europe/Berlin",
                    },
                )
    api.post("feeds/mes/reported/", SPAN)
    api.post("feeds/plc/reported/", SPAN)
    api.post("feeds/mes/reported/", SPAN | {"metric": "slips"})
    Api(cast.stranger_api).post("feeds/mes/reported/", SPAN)
    known = weeks(cast.borealis)

    api.post("feeds/mes/withdrawn/", SPAN)

    assert spans(cast.acme) == [
        ("mes", "2026-03-04", "2026-03-18"),
        ("plc", "2026-03-04", "2026-03-18"),
    ]
    assert weeks(cast.acme) == sorted(known * 2)
    assert weeks(cast.borealis) == known
    assert len(known) == 3


def test_days_that_items_report_themselves_stay_known(api: Api, cast: Cast) -> None:
    item = {
        "metric": "stops",
        "source": "mes",
        "external_id": "week-11",
        "event_at": "2026-03-09",
        "numerator": 0,
        "denominator": 7,
    }
    api.post("feeds/mes/reported/", SPAN)
    sent = api.post("measurements/", {"measurements": [item]})

    api.post("feeds/mes/withdrawn/", SPAN)

    assert sent.json()["created"] == 1, sent.content
    assert weeks(cast.acme) == [("2026-03-09", 0, 1)]


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
