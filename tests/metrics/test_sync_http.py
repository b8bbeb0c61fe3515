"""The sync endpoint over HTTP: formats, modes, counts, revisions, and dirt with clear words."""

from __future__ import annotations

import csv
import io
import json
from datetime import UTC, date, datetime
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from audit.models import AuditEvent
from common.tenancy.context import tenant
from metrics.models import Mark, Measurement, MeasurementRevision, Metric, Source, SyncBatch
from portfolio.models import Site
from tests.api import Api
from tests.conftest import Cast

ZONE = "Europe/Berlin"
PROBLEM = "application/problem+json"


PADS = st.sampled_from(["{}", " {}", "{}\t", "\u00a0{} ", "\r\n{}\n"])
NAMES = st.text(max_size=8) | st.text('\t\r\n ,;"#\\\u200b\u2028', max_size=4)
INSTANTS = st.builds(
    "{:%Y-%m-%d}{}{:%H:%M:%S}{}{}".format,
    st.dates(date(1985, 1, 1), date(2026, 10, 1)),
    st.sampled_from(["T", "t", " "]),
    st.times(),
    st.just("") | st.integers(0, 10**12).map(".{}".format),
    st.sampled_from(["Z", "z", "+01:00", "-0930", "+23:59", "-00:00"]),
) | st.dates(date(1985, 1, 1), date(2026, 10, 1)).map(str)
ITEMS = st.fixed_dictionaries(
    {
        "metric": st.builds(str.format, PADS, st.sampled_from(["mean", "west"])),
        "event_at": INSTANTS,
        "source": st.builds(str.format, PADS, st.sampled_from(["erp", "erp", "none"])),
        "value": st.floats(allow_nan=False, allow_infinity=False) | st.integers(-(2**60), 2**60),
    },
    optional={
        "recorded_at": INSTANTS,
        "revision": st.integers(0, 2**31 - 1),
        "site": st.builds(str.format, PADS, st.just("north")),
    },
)


@pytest.fixture
def api(cast: Cast) -> Api:
    now = datetime.now(UTC)
    with tenant(cast.acme):
        Site.objects.create(code="north", name="North", zone=ZONE)
        Source.objects.create(code="erp", name="ERP")
        Source.objects.create(code="old-erp", name="Old", archived_at=now)
        for kind in ("mean", "median", "proportion", "ratio", "rate"):
            Metric.objects.create(
                code=kind,
                name=kind,
                kind=kind,
                unit="",
                direction="up",
                zone=ZONE,
                exposure="day" if kind == "rate" else "",
            )
        Metric.objects.create(
            code="gone",
            name="Gone",
            kind="mean",
            unit="",
            direction="up",
            zone=ZONE,
            archived_at=now,
        )
        Metric.objects.create(
            code="west",
            name="West",
            kind="mean",
            unit="",
            direction="up",
            zone="America/Los_Angeles",
        )
    return Api(cast.api)


def item(**changes: object) -> dict[str, object]:
    """Return a good item; a change to None leaves the field out."""
    whole = {
        "metric": "mean",
        "event_at": "2026-03-04T08:00:00+01:00",
        "source": "erp",
        "external_id": "1",
        "value": 4.5,
        **changes,
    }
    return {name: value for name, value in whole.items() if value is not None}


def send(api: Api, *items: object, mode: str = "keep_good") -> Any:
    return api.post("measurements/", {"mode": mode, "measurements": list(items)})


def counts(response: Any) -> tuple[int, int, int, int]:
    body = response.json()
    return body["created"], body["superseded"], body["unchanged"], len(body["rejected"])


def reasons(response: Any) -> list[tuple[int, str]]:
    return [(line["index"], line["code"]) for line in response.json()["rejected"]]


# Formats


def test_json_is_stored(api: Api, cast: Cast) -> None:
    response = send(api, item(), item(external_id="2", site="north"))

    assert response.status_code == 200
    assert response.json() == {
        "tenant": "acme",
        "created": 2,
        "superseded": 0,
        "unchanged": 0,
        "rejected": [],
    }
    with tenant(cast.acme):
        assert Measurement.objects.count() == 2
        batch = SyncBatch.objects.get()
        assert (batch.created, batch.channel) == (2, "api")
        assert AuditEvent.objects.filter(action="MEASUREMENTS_SYNCED").count() == 1


def test_ndjson_is_stored_line_by_line(api: Api) -> None:
    lines = b"\n".join(
        [
            json.dumps(item()).encode(),
            b"",
            b"{broken",
            json.dumps(item(external_id="2")).encode(),
            b"",
        ]
    )

    response = api.post("measurements/", lines, "application/x-ndjson")

    assert counts(response) == (2, 0, 0, 1)
    assert reasons(response) == [(1, "malformed")]


def test_csv_is_stored_row_by_row(api: Api) -> None:
    rows = (
        "\ufeffmetric,event_at,source,external_id,value,revision\r\n"
        'mean,2026-03-04,erp,"a, b",4.5,\r\n'
        "mean,2026-03-04,erp,c,text,0\r\n"
    )

    response = api.post("measurements/", rows.encode(), "text/csv; charset=utf-8")

    assert counts(response) == (1, 0, 0, 1)
    assert reasons(response) == [(1, "wrong_type")]


@pytest.mark.parametrize("bad", [{"metric": "none"}, {"value": "text"}])
@pytest.mark.parametrize("kind", ["application/json", "application/x-ndjson", "text/csv"])
def test_the_index_counts_the_items_sent_and_no_empty_line(
    api: Api, kind: str, bad: dict[str, str]
) -> None:
    items = [item(external_id=str(n)) for n in range(4)]
    items[2] |= bad
    head = list(items[0])
    bodies = {
        "application/json": json.dumps({"measurements": items}),
        "application/x-ndjson": "\n\n \r\n".join(json.dumps(one) for one in items),
        "text/csv": "\n\n  \n".join(
            [",".join(head), *[",".join(str(one[name]) for name in head) for one in items]]
        ),
    }

    response = api.post("measurements/", bodies[kind].encode(), kind)

    assert response.json()["created"] == 3
    assert [line["index"] for line in response.json()["rejected"]] == [2]


def test_the_three_formats_mean_the_same(api: Api) -> None:
    send(api, item(value=4.5, revision=2))
    ndjson = json.dumps(item(value=4.5, revision=2)).encode()
    csv = (
        b"metric,event_at,source,external_id,value,revision\n"
        b"mean,2026-03-04T08:00:00+01:00,erp,1,4.5,2\n"
    )

    assert counts(api.post("measurements/", ndjson, "application/x-ndjson")) == (0, 0, 1, 0)
    assert counts(api.post("measurements/", csv, "text/csv")) == (0, 0, 1, 0)


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"", "application/json"),
        (b"[]", "application/json"),
        (b"{}", "application/json"),
        (b'{"measurements": {}}', "application/json"),
        (b'{"measurements": [], "mode": "some"}', "application/json"),
        (b'{"measurements": [], "colour": 1}', "application/json"),
        (b'{"measurements": [NaN]}', "application/json"),
        (b'{"measurements": [{"value": NaN}]}', "application/json"),
        (b'\xef\xbb\xbf\xff{"measurements": []}', "application/json"),
        (b'{"measurements": ["\\ud800"]}', "application/json"),
        (b'{"measurements": ' + b"[" * 100_000, "application/json"),
        (b'{"measurements": ' + b"[" * 5_000 + b"]" * 5_000 + b"}", "application/json"),
        (b"", "text/csv"),
        (b"metric,colour\nx,y\n", "text/csv"),
        (b"metric,metric\nx,y\n", "text/csv"),
        (b"metric\n\xff\n", "text/csv"),
        (b'metric\n"open\n', "text/csv"),
    ],
)
def test_a_malformed_body_is_a_problem(api: Api, body: bytes, kind: str) -> None:
    response = api.post("measurements/", body, kind)

    assert response.status_code == 400, response.content
    assert response["Content-Type"] == PROBLEM
    assert response.json()["code"] == "malformed"


def test_a_byte_order_mark_before_json_does_no_harm(api: Api) -> None:
    response = api.post(
        "measurements/", b"\xef\xbb\xbf" + json.dumps({"measurements": [item()]}).encode()
    )

    assert counts(response) == (1, 0, 0, 0)


def test_another_content_type_is_refused(api: Api) -> None:
    response = api.post("measurements/", b"<xml/>", "application/xml")

    assert (response.status_code, response["Content-Type"]) == (415, PROBLEM)


# Statuses and modes


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b'{"measurements": []}', "application/json"),
        (b"", "application/x-ndjson"),
        (b"metric,event_at,source,external_id,value\n", "text/csv"),
    ],
)
def test_an_empty_list_is_fine(api: Api, cast: Cast, body: bytes, kind: str) -> None:
    response = api.post("measurements/", body, kind)

    assert (response.status_code, counts(response)) == (200, (0, 0, 0, 0))
    with tenant(cast.acme):
        assert not SyncBatch.objects.exists()


def test_good_items_are_kept_and_bad_ones_named(api: Api) -> None:
    response = send(api, item(metric="none"), item(), item(external_id=""))

    assert response.status_code == 200
    assert counts(response) == (1, 0, 0, 2)
    assert reasons(response) == [(0, "unknown_metric"), (2, "empty_external_id")]


def test_only_bad_items_are_a_422(api: Api, cast: Cast) -> None:
    response = send(api, item(metric="none"), item(source="none"))

    assert (response.status_code, response["Content-Type"]) == (422, PROBLEM)
    assert counts(response) == (0, 0, 0, 2)
    with tenant(cast.acme):
        assert not Measurement.objects.exists()


def test_an_unchanged_item_beside_bad_ones_is_a_200(api: Api) -> None:
    send(api, item())

    response = send(api, item(), item(metric="none"))

    assert (response.status_code, counts(response)) == (200, (0, 0, 1, 1))


@pytest.mark.parametrize("bad", [{"metric": "none"}, {"value": "x"}, {"event_at": "soon"}])
def test_all_or_nothing_stores_nothing(api: Api, cast: Cast, bad: dict[str, object]) -> None:
    response = send(api, item(), item(external_id="2", **bad), mode="all_or_nothing")

    assert response.status_code == 422
    assert counts(response) == (0, 0, 0, 1)
    assert reasons(response)[0][0] == 1
    with tenant(cast.acme):
        assert not Measurement.objects.exists()
        assert not Mark.objects.exists()
        assert not AuditEvent.objects.filter(action="MEASUREMENTS_SYNCED").exists()


def test_a_conflict_undoes_all_or_nothing(api: Api, cast: Cast) -> None:
    send(api, item())

    response = send(api, item(external_id="2"), item(value=9), mode="all_or_nothing")

    assert (response.status_code, reasons(response)) == (422, [(1, "revision_conflict")])
    with tenant(cast.acme):
        assert Measurement.objects.count() == 1


def test_all_or_nothing_stores_all_when_all_are_good(api: Api) -> None:
    response = send(api, item(), item(external_id="2"), mode="all_or_nothing")

    assert (response.status_code, counts(response)) == (200, (2, 0, 0, 0))


def test_lines_take_their_mode_from_the_address(api: Api) -> None:
    lines = json.dumps(item()).encode() + b"\n{}"

    response = api.post("measurements/?mode=all_or_nothing", lines, "application/x-ndjson")

    assert (response.status_code, counts(response)) == (422, (0, 0, 0, 1))


@pytest.mark.parametrize("bad", [{"metric": "none"}, {"value": "x"}])
def test_json_takes_its_mode_from_the_address_where_the_body_names_none(
    api: Api, cast: Cast, bad: dict[str, object]
) -> None:
    body = {"measurements": [item(), item(external_id="2", **bad)]}

    response = api.post("measurements/?mode=all_or_nothing", body)

    assert (response.status_code, counts(response)) == (422, (0, 0, 0, 1))
    with tenant(cast.acme):
        assert not Measurement.objects.exists()


@pytest.mark.parametrize("value", [1, "2026-03-02", "x"])
@pytest.mark.parametrize(
    ("asked", "named"), [("all_or_nothing", "keep_good"), ("keep_good", "all_or_nothing")]
)
def test_an_address_and_a_body_of_different_modes_are_refused(
    api: Api, cast: Cast, asked: str, named: str, value: object
) -> None:
    body = {"measurements": [item(value=value)], "mode": named}

    response = api.post(f"measurements/?mode={asked}", body)

    assert (response.status_code, response.json()["code"]) == (400, "bad_query")
    assert asked in response.json()["detail"]
    assert named in response.json()["detail"]
    assert response.json()["errors"][0]["field"] == "mode"
    with tenant(cast.acme):
        assert not Measurement.objects.exists()


def test_the_same_mode_in_address_and_body_is_one_mode(api: Api) -> None:
    body = {"measurements": [item(), item(metric="none")], "mode": "keep_good"}

    response = api.post("measurements/?mode=keep_good", body)

    assert (response.status_code, counts(response)) == (200, (1, 0, 0, 1))


def test_an_unknown_mode_is_refused(api: Api) -> None:
    assert api.post("measurements/?mode=some", b"", "text/csv").status_code == 400


@pytest.mark.slow
def test_ten_thousand_items_are_taken_and_one_more_is_not(api: Api) -> None:
    items = [item(external_id=str(number)) for number in range(10_001)]

    most, more = send(api, *items[:-1]), send(api, *items)
    lines = b"\n".join(json.dumps(one).encode() for one in items)

    assert counts(most) == (10_000, 0, 0, 0)
    assert more.status_code == 400
    assert "10000" in more.json()["detail"].replace(" ", "")
    assert api.post("measurements/", lines, "application/x-ndjson").status_code == 400


# Revisions


def test_the_same_again_is_unchanged(api: Api, cast: Cast) -> None:
    send(api, item(recorded_at="2026-03-05T00:00:00Z", site="north"))
    with tenant(cast.acme):
        marks = Mark.objects.count()

    response = send(api, item(recorded_at="2026-03-05T00:00:00Z", site="north"))

    assert counts(response) == (0, 0, 1, 0)
    with tenant(cast.acme):
        assert Mark.objects.count() == marks


def test_the_same_instant_in_another_offset_is_the_same(api: Api) -> None:
    send(api, item())

    assert counts(send(api, item(event_at="2026-03-04T07:00:00Z"))) == (0, 0, 1, 0)


@pytest.mark.parametrize(
    "change",
    [
        {"value": 5},
        {"event_at": "2026-03-04T08:00:01+01:00"},
        {"recorded_at": "2026-03-05T00:00:00Z"},
        {"site": "north"},
        {"value": None, "numerator": 9, "denominator": 2},
    ],
)
def test_the_same_revision_with_other_content_is_a_conflict(
    api: Api, cast: Cast, change: dict[str, object]
) -> None:
    send(api, item())

    response = send(api, item(**change))

    assert reasons(response) == [(0, "revision_conflict")]
    with tenant(cast.acme):
        assert Measurement.objects.get().numerator == 4.5
        assert not MeasurementRevision.objects.exists()


def test_an_older_revision_is_unchanged_whatever_it_says(api: Api, cast: Cast) -> None:
    send(api, item(revision=3))

    response = send(api, item(revision=2, value=9))

    assert counts(response) == (0, 0, 1, 0)
    with tenant(cast.acme):
        assert Measurement.objects.get().numerator == 4.5


def test_a_newer_revision_supersedes_and_marks_both_weeks(api: Api, cast: Cast) -> None:
    send(api, item())
    with tenant(cast.acme):
        before = Mark.objects.latest("id")

    response = send(api, item(revision=1, value=9, event_at="2026-03-11T08:00:00+01:00"))

    assert counts(response) == (0, 1, 0, 0)
    with tenant(cast.acme):
        assert Measurement.objects.get().numerator == 9
        kept = MeasurementRevision.objects.get()
        assert (kept.revision, kept.numerator) == (0, 4.5)
        marked = Mark.objects.filter(id__gt=before.id).values_list("week", flat=True)
        assert sorted(marked) == [date(2026, 3, 2), date(2026, 3, 9)]


def test_an_item_of_another_source_is_another_item(api: Api, cast: Cast) -> None:
    with tenant(cast.acme):
        Source.objects.create(code="mes", name="MES")

    assert counts(send(api, item(), item(source="mes"))) == (2, 0, 0, 0)


def test_the_same_id_of_another_metric_is_another_item(api: Api) -> None:
    assert counts(send(api, item(), item(metric="west"))) == (2, 0, 0, 0)


@pytest.mark.parametrize("field", ["external_id", "metric", "source", "site"])
@pytest.mark.parametrize("padded", [" {}", "{} ", "\t{}\n", "\u00a0{}\u2003"])
def test_blanks_around_a_name_do_not_make_another_item(
    api: Api, cast: Cast, field: str, padded: str
) -> None:
    plain = item(site="north", event_at="2026-03-04")
    spaced = plain | {field: padded.format(plain[field])}
    table = io.StringIO()
    csv.writer(table).writerows([spaced.keys(), spaced.values()])

    assert counts(send(api, spaced)) == (1, 0, 0, 0)
    assert counts(send(api, plain)) == (0, 0, 1, 0)
    assert counts(send(api, plain, spaced)) == (0, 0, 2, 0)
    assert counts(api.post("measurements/", table.getvalue().encode(), "text/csv")) == (0, 0, 1, 0)
    with tenant(cast.acme):
        assert Measurement.objects.get().external_id == "1"


@given(st.data())
@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_the_same_item_is_one_item_in_every_format(api: Api, data: st.DataObject) -> None:
    sent = data.draw(ITEMS)
    sent["external_id"] = data.draw(PADS).format(f"{uuid4()}{data.draw(NAMES)}")
    text = json.dumps(sent, ensure_ascii=data.draw(st.booleans()))
    table = io.StringIO(newline="")
    csv.writer(table).writerows([sent.keys(), sent.values()])

    stored = api.post("measurements/", f'{{"measurements": [{text}]}}'.encode())
    line = api.post("measurements/", text.encode(), "application/x-ndjson")
    row = api.post("measurements/", table.getvalue().encode(), "text/csv")

    if stored.status_code == 422:
        assert reasons(stored) == reasons(line) == reasons(row)
    else:
        assert counts(stored) == (1, 0, 0, 0)
        assert counts(line) == counts(row) == (0, 0, 1, 0)


@pytest.mark.parametrize(
    ("first", "second", "expected", "value"),
    [
        ({}, {}, (1, 0, 1, 0), 4.5),
        ({"revision": 1, "value": 7}, {"revision": 0}, (1, 0, 1, 0), 7),
        ({"revision": 0}, {"revision": 1, "value": 7}, (1, 0, 1, 0), 7),
        ({}, {"value": 7}, (1, 0, 0, 1), 4.5),
    ],
)
def test_one_item_twice_in_a_batch_counts_once(
    api: Api,
    cast: Cast,
    first: dict[str, object],
    second: dict[str, object],
    expected: tuple[int, ...],
    value: float,
) -> None:
    response = send(api, item(**first), item(**second))

    assert counts(response) == expected
    with tenant(cast.acme):
        assert Measurement.objects.get().numerator == value


# Time


@pytest.mark.parametrize(
    ("metric", "sent", "utc"),
    [
        ("mean", "2026-01-15", "2026-01-14T23:00:00+00:00"),
        ("mean", "2026-07-15", "2026-07-14T22:00:00+00:00"),
        ("mean", "2026-03-29", "2026-03-28T23:00:00+00:00"),
        ("mean", "2026-03-30", "2026-03-29T22:00:00+00:00"),
        ("west", "2026-03-08", "2026-03-08T08:00:00+00:00"),
        ("west", "2026-03-09", "2026-03-09T07:00:00+00:00"),
        ("mean", "2026-03-04t08:00:00z", "2026-03-04T08:00:00+00:00"),
        ("mean", "2026-03-04T08:00:00.123456+05:30", "2026-03-04T02:30:00.123456+00:00"),
    ],
)
def test_instants_are_read_in_their_offset_and_dates_in_the_metrics_zone(
    api: Api, cast: Cast, metric: str, sent: str, utc: str
) -> None:
    response = send(api, item(metric=metric, event_at=sent))

    assert counts(response) == (1, 0, 0, 0), response.content
    with tenant(cast.acme):
        assert Measurement.objects.get().event_at == datetime.fromisoformat(utc)


@pytest.mark.parametrize("zone", ["Z", "z", "+01:00", "+0100", "\\u002B01:00"])
@pytest.mark.parametrize(
    ("fraction", "kept"), [("9999999", 999999), ("1234565", 123456), ("1234564999", 123456)]
)
def test_of_a_fraction_six_digits_count_in_every_format(
    api: Api, cast: Cast, zone: str, fraction: str, kept: int
) -> None:
    at = f"2026-03-01T23:59:59.{fraction}{zone}"
    text = json.dumps(item(event_at="at", recorded_at="at")).replace('"at"', f'"{at}"')
    cells = at.replace("\\u002B", "+")
    table = (
        f"metric,event_at,recorded_at,source,external_id,value\nmean,{cells},{cells},erp,1,4.5\n"
    )

    stored = api.post("measurements/", f'{{"measurements": [{text}]}}'.encode())
    line = api.post("measurements/", text.encode(), "application/x-ndjson")
    row = api.post("measurements/", table.encode(), "text/csv")

    assert [counts(one) for one in (stored, line, row)] == [
        (1, 0, 0, 0),
        (0, 0, 1, 0),
        (0, 0, 1, 0),
    ]
    with tenant(cast.acme):
        found = Measurement.objects.get()
    assert (found.event_at.second, found.event_at.microsecond) == (59, kept)
    assert found.recorded_at == found.event_at


def test_digits_that_look_like_a_fine_instant_stay_in_an_identifier(api: Api, cast: Cast) -> None:
    name = '"event_at":"2026-03-01T23:59:59.1234567Z'

    send(api, item(external_id=name, event_at="2026-03-01T23:59:59.1234567Z"))

    with tenant(cast.acme):
        assert Measurement.objects.get().external_id == name


@pytest.mark.parametrize("kind", ["application/json", "application/x-ndjson", "text/csv"])
@pytest.mark.parametrize(
    "at",
    [
        "2026-03-04T06:00+01:00",
        "2026-03-04T06:00:00,5+01:00",
        "2026-03-04T06:00:00.+01:00",
        "2026-03-04T06:00:00+01",
        "2026-03-04T06:00:00+01:00:30",
        "2026-03-04T060000Z",
        "2026-03-04_06:00:00Z",
        "2026-03-04T06:00:00 Z",
    ],
)
def test_an_instant_that_is_not_rfc_3339_is_refused_in_every_format(
    api: Api, kind: str, at: str
) -> None:
    text = json.dumps(item(event_at=at))
    body = {
        "application/json": f'{{"measurements": [{text}]}}',
        "application/x-ndjson": text,
        "text/csv": f'metric,event_at,source,external_id,value\nmean,"{at}",erp,1,4.5\n',
    }[kind]

    assert reasons(api.post("measurements/", body.encode(), kind)) == [(0, "bad_instant")]


@pytest.mark.parametrize("field", ["event_at", "recorded_at"])
@pytest.mark.parametrize(
    ("metric", "at", "taken"),
    [
        ("mean", "1990-01-01", True),
        ("west", "1990-01-01", True),
        ("mean", "1989-12-31T23:00:00Z", True),
        ("mean", "1989-12-31T22:59:59Z", False),
        ("west", "1990-01-01T07:59:59Z", False),
        ("mean", "1989-12-31", False),
    ],
)
def test_measurements_begin_with_1990_on_the_clock_of_their_metric(
    api: Api, metric: str, at: str, taken: bool, field: str
) -> None:
    response = send(api, item(**{"metric": metric, field: at}))

    assert counts(response) == ((1, 0, 0, 0) if taken else (0, 0, 0, 1)), response.content
    if not taken:
        assert "before 1990 in the metric's time zone" in response.json()["rejected"][0]["detail"]


def test_a_date_and_an_instant_stand_side_by_side(api: Api) -> None:
    response = send(api, item(event_at="2026-03-04"), item(external_id="2"))

    assert counts(response) == (2, 0, 0, 0)


# Dirt


@pytest.mark.parametrize(
    ("change", "code", "field"),
    [
        ({"metric": None}, "wrong_type", "metric"),
        ({"external_id": None}, "wrong_type", "external_id"),
        ({"metric": "none"}, "unknown_metric", "metric"),
        ({"metric": "me\u0000an"}, "unknown_metric", "metric"),
        ({"metric": "gone"}, "archived_metric", "metric"),
        ({"source": "none"}, "unknown_source", "source"),
        ({"source": "old-erp"}, "unknown_source", "source"),
        ({"site": "none"}, "unknown_site", "site"),
        ({"site": "no\u0000rth"}, "unknown_site", "site"),
        ({"external_id": ""}, "empty_external_id", "external_id"),
        ({"external_id": "x" * 201}, "long_external_id", "external_id"),
        ({"external_id": "a\u0000b"}, "control_character", "external_id"),
        ({"external_id": "a\nb"}, "control_character", "external_id"),
        ({"external_id": " "}, "empty_external_id", "external_id"),
        ({"external_id": "\u00a0\t\n"}, "empty_external_id", "external_id"),
        ({"external_id": "\u202e"}, "unseen_external_id", "external_id"),
        ({"external_id": "\u3164\u00a0\u200b"}, "unseen_external_id", "external_id"),
        ({"external_id": 7}, "wrong_type", "external_id"),
        ({"event_at": "04.03.2026"}, "bad_instant", "event_at"),
        ({"event_at": "03/04/2026"}, "bad_instant", "event_at"),
        ({"event_at": "2026-03-04T08:00:00"}, "bad_instant", "event_at"),
        ({"event_at": "2026-02-30"}, "bad_instant", "event_at"),
        ({"event_at": "2026-W10-1"}, "bad_instant", "event_at"),
        ({"event_at": ""}, "bad_instant", "event_at"),
        ({"event_at": "2026-03-04T25:00:00Z"}, "bad_instant", "event_at"),
        ({"recorded_at": "yesterday"}, "bad_instant", "recorded_at"),
        ({"event_at": 1_772_600_000}, "wrong_type", "event_at"),
        ({"event_at": "1905-03-04"}, "implausible_date", "event_at"),
        ({"event_at": "0001-01-01T00:00:00+23:59"}, "implausible_date", "event_at"),
        ({"event_at": "9999-12-31T23:59:59-23:59"}, "implausible_date", "event_at"),
        ({"event_at": "9999-12-31"}, "implausible_date", "event_at"),
        ({"value": "4,5"}, "wrong_type", "value"),
        ({"value": "12 %"}, "wrong_type", "value"),
        ({"value": True}, "wrong_type", "value"),
        ({"value": None}, "no_value", "value"),
        ({"numerator": 1, "denominator": 2}, "two_forms", "value"),
        ({"value": None, "numerator": 1}, "no_value", "value"),
        ({"value": None, "numerator": 1, "denominator": 0}, "zero_denominator", "denominator"),
        (
            {"value": None, "numerator": 1, "denominator": -1},
            "negative_denominator",
            "denominator",
        ),
        ({"metric": "ratio"}, "needs_parts", "value"),
        ({"metric": "proportion"}, "not_a_share", "value"),
        (
            {"metric": "proportion", "value": None, "numerator": 3, "denominator": 2},
            "not_a_share",
            "numerator",
        ),
        ({"metric": "rate", "value": -1}, "negative_count", "value"),
        (
            {"metric": "median", "value": None, "numerator": 1, "denominator": 2},
            "needs_value",
            "value",
        ),
        ({"revision": -1}, "bad_revision", "revision"),
        ({"revision": 2**31}, "bad_revision", "revision"),
        ({"revision": 10**30}, "bad_revision", "revision"),
        ({"revision": 1.5}, "wrong_type", "revision"),
        ({"colour": "red"}, "wrong_type", "colour"),
    ],
)
def test_a_bad_item_gets_its_reason(
    api: Api, change: dict[str, object], code: str, field: str
) -> None:
    response = send(api, item(external_id="good"), item(**change))

    assert response.status_code == 200, response.content
    assert reasons(response) == [(1, code)], response.content
    line = response.json()["rejected"][0]
    assert line["field"] == field
    assert line["detail"].endswith((".", "?"))
    assert "\x00" not in line["detail"]


@pytest.mark.parametrize("number", ["1e999", "-1e999", "1" + "0" * 400])
def test_a_number_beyond_all_bounds_costs_only_its_item(api: Api, number: str) -> None:
    good, bad = json.dumps(item(external_id="good")), json.dumps(item()).replace("4.5", number)

    response = api.post("measurements/", f'{{"measurements": [{good}, {bad}]}}'.encode())

    assert response.status_code == 200, response.content
    assert counts(response) == (1, 0, 0, 1)


def test_deep_nesting_costs_only_its_item(api: Api) -> None:
    good = json.dumps(item(external_id="good"))
    deep = json.dumps(item()).replace("4.5", "[" * 400 + "]" * 400)

    response = api.post("measurements/", f'{{"measurements": [{good}, {deep}]}}'.encode())

    assert counts(response) == (1, 0, 0, 1)


@pytest.mark.parametrize(
    ("row", "code"),
    [
        ("mean,04.03.2026,erp,1,4.5", "bad_instant"),
        ('mean,2026-03-04,erp,1,"4,5"', "wrong_type"),
        ("mean,2026-03-04,erp,1,12 %", "wrong_type"),
        ("mean,2026-03-04,erp,1,", "no_value"),
        ("mean,2026-03-04,erp,,4.5", "wrong_type"),
        ("mean,2026-03-04,erp,1,1e999", "wrong_type"),
        ("mean,2026-03-04,erp,1,nan", "not_a_number"),
        ("mean,2026-03-04,erp,1,4.5,6", "wrong_type"),
        ("mean,2026-03-04,erp,a\x00b,4.5", "control_character"),
    ],
)
def test_a_bad_csv_row_gets_its_reason(api: Api, row: str, code: str) -> None:
    head = "metric,event_at,source,external_id,value\n"

    response = api.post("measurements/", (head + row + "\n").encode(), "text/csv")

    assert response.status_code == 422, response.content
    assert reasons(response) == [(0, code)]


def test_a_median_may_stand_for_many(api: Api, cast: Cast) -> None:
    response = send(api, item(metric="median", value=4, denominator=12))

    assert counts(response) == (1, 0, 0, 0)
    with tenant(cast.acme):
        stored = Measurement.objects.get()
        assert (stored.numerator, stored.denominator) == (4, 12)


def test_a_rate_may_carry_its_exposure(api: Api, cast: Cast) -> None:
    response = send(api, item(metric="rate", value=None, numerator=0, denominator=3))

    assert counts(response) == (1, 0, 0, 0)


def test_a_site_is_kept_as_a_filter(api: Api, cast: Cast) -> None:
    send(api, item(site="north"))

    listed = api.get("measurements/?metric=mean").json()["measurements"]

    assert [row["site"] for row in listed] == ["north"]


# Reading back


def test_what_was_sent_is_read_back_a_page_at_a_time(api: Api) -> None:
    send(api, *[item(external_id=str(n), event_at=f"2026-03-0{n % 3 + 2}") for n in range(9)])

    found, path = [], "measurements/?metric=mean&limit=4"
    for _ in range(3):
        body = api.get(path).json()
        found += body["measurements"]
        path = f"measurements/?metric=mean&limit=4&cursor={body['next_cursor']}"

    assert body["next_cursor"] is None
    assert sorted(row["external_id"] for row in found) == [str(n) for n in range(9)]
    assert [row["event_at"] for row in found] == sorted(row["event_at"] for row in found)


def test_measurements_are_read_by_time_and_source(api: Api) -> None:
    send(api, *[item(external_id=str(n), event_at=f"2026-03-0{n}") for n in range(1, 6)])

    span = api.get("measurements/?metric=mean&from=2026-03-02&before=2026-03-04").json()
    none = api.get("measurements/?metric=mean&source=old-erp").json()

    assert [row["external_id"] for row in span["measurements"]] == ["2", "3"]
    assert none["measurements"] == []
