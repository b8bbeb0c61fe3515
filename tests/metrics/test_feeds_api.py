"""How late feeds are, as a client of the API reads it."""

from __future__ import annotations

from functools import partial
from typing import Any

import msgspec
import pytest

from common.tenancy.context import tenant
from metrics.actions import definitions
from metrics.api.feeds import FeedList, FeedShape
from metrics.models import Metric, Source
from metrics.queries.feeds import list_feeds
from tenants.rules import Scope
from tests.api import Api
from tests.conftest import Cast
from tests.metrics.test_feeds import arrive, begin, item, judge, send
from tests.plant import Plant
from tests.portfolio.test_board import plant
from tests.queries import check_count, counted
from tests.tenants.test_url_matrix import token

pytestmark = pytest.mark.usefixtures("cast")


def read(cast: Cast, query: str = "") -> list[dict[str, Any]]:
    answer = Api(cast.api_reader).get(f"feeds/{query}")
    assert answer.status_code == 200, answer.content
    msgspec.json.decode(answer.content, type=FeedList)
    assert answer.json()["tenant"] == "acme"
    found: list[dict[str, Any]] = answer.json()["feeds"]
    return found


def names(rows: list[dict[str, Any]]) -> list[tuple[str, str]]:
    return [(one["source"], one["metric"]) for one in rows]


def fed(acme: Plant, *codes: str) -> None:
    """Define metrics, of each of which two sources sent something."""
    mes = definitions.add_source(name="MES", kind="mes", code="mes", by=acme.cast.admin)
    for code in codes:
        metric = acme.metric(code, code=code)
        for source in (acme.source.code, mes.code):
            arrive(acme, acme.now, [item(metric, source, acme.now, source=source)])


def test_a_late_feed_is_told_with_its_lag_its_limit_and_since_when(cast: Cast) -> None:
    with plant(cast) as acme:
        send(acme, begin(acme), range(1, 21))
        (turn,) = judge(acme)
        (seen,) = list_feeds(now=acme.now)

    (one,) = read(cast)

    assert (one["metric"], one["source"], one["sends"]) == ("on-time", "erp", "continuous")
    assert (one["state"], one["limit_minutes"]) == ("late", 15)
    assert one["now"] == {"hours": 24, "figures": 20, "p50_minutes": 10, "p95_minutes": 19}
    assert one["lately"] == one["now"] | {"hours": 168}
    told = msgspec.convert(one, FeedShape)
    assert told.late_since == turn.at
    assert (told.last_event_at, told.last_arrival_at) == (
        seen.last_event_at,
        seen.last_arrival_at,
    )


def test_a_feed_in_time_and_one_by_hand_have_no_moment_since_when_they_are_late(
    cast: Cast,
) -> None:
    with plant(cast) as acme:
        send(acme, begin(acme), [1])
    (in_time,) = read(cast)
    with tenant(cast.acme):
        Source.objects.filter(code="erp").update(kind="spreadsheet", interval="day")
    (by_hand,) = read(cast)

    assert (in_time["state"], in_time["late_since"]) == ("in_time", None)
    assert (by_hand["state"], by_hand["late_since"]) == ("by_hand", None)
    assert (by_hand["sends"], by_hand["limit_minutes"]) == ("day", 2 * 1440)


def test_a_feed_of_which_nothing_counts_has_no_lag(cast: Cast) -> None:
    with plant(cast) as acme:
        begin(acme)

    (one,) = read(cast)

    assert one["state"] == "silent"
    assert one["now"] == {"hours": 24, "figures": 0, "p50_minutes": None, "p95_minutes": None}


def test_feeds_are_cut_into_pages_bound_to_their_filters_in_as_many_statements_at_any_size(
    cast: Cast,
) -> None:
    api = Api(cast.api_reader)
    with plant(cast) as acme:
        fed(acme, "b")
    few, of_two = counted(partial(api.get, "feeds/"))
    with tenant(cast.acme):
        for code in ("a", "c", "d"):
            metric = acme.metric(code, code=code)
            arrive(acme, acme.now, [item(metric, code, acme.now)])

    whole, of_five = counted(partial(api.get, "feeds/"))
    rows = whole.json()["feeds"]
    paged: list[Any] = []
    cursor = ""
    for _ in rows:
        page = api.get(f"feeds/?limit=1{cursor}").json()
        paged += page["feeds"]
        cursor = f"&cursor={page['next_cursor']}"

    assert names(few.json()["feeds"]) == [("erp", "b"), ("mes", "b")]
    assert names(rows) == [("erp", "a"), ("erp", "b"), ("erp", "c"), ("erp", "d"), ("mes", "b")]
    assert (paged, page["next_cursor"]) == (rows, None)
    assert len(of_two) == len(of_five)
    check_count("api, feeds/", of_five)
    assert api.get("feeds/", If_None_Match=whole["ETag"]).status_code == 304
    elsewhere = api.get("feeds/?limit=1").json()["next_cursor"]
    assert api.get(f"feeds/?source=erp&cursor={elsewhere}").json()["code"] == "bad_cursor"


def test_feeds_are_filtered_by_metric_and_by_source(cast: Cast) -> None:
    with plant(cast) as acme:
        fed(acme, "a", "b")

    assert names(read(cast, "?metric=a")) == [("erp", "a"), ("mes", "a")]
    assert names(read(cast, "?source=mes")) == [("mes", "a"), ("mes", "b")]
    assert names(read(cast, "?metric=b&source=erp")) == [("erp", "b")]
    assert read(cast, "?source=nobodys") == []


def test_of_an_archived_metric_no_feed_is_told(cast: Cast) -> None:
    with plant(cast) as acme:
        fed(acme, "a", "b")
        Metric.objects.filter(code="a").update(archived_at=acme.now)

    assert names(read(cast)) == [("erp", "b"), ("mes", "b")]
    assert read(cast, "?metric=a") == []


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("metric=", "metric"),
        ("metric=o%00f", "metric"),
        ("source=%F0%9F%8F%AD", "source"),
        ("limit=0", "limit"),
        ("limit=1001", "limit"),
        ("state=late", "state"),
        ("source=a&source=b", "source"),
    ],
)
def test_a_filter_of_feeds_that_cannot_be_is_named(cast: Cast, query: str, field: str) -> None:
    response = Api(cast.api_reader).get(f"feeds/?{query}")

    assert (response.status_code, response.json()["code"]) == (400, "bad_query")
    assert [one["field"] for one in response.json()["errors"]] == [field]


def test_a_stranger_is_told_of_our_feeds_what_is_told_of_none(cast: Cast) -> None:
    stranger = Api(cast.stranger_api)
    with plant(cast) as acme:
        fed(acme, "ours")

    told, of_none = (stranger.get(f"feeds/?metric={code}") for code in ("ours", "none"))

    assert stranger.get("feeds/").json()["feeds"] == []
    assert stranger.get("feeds/?source=erp").json()["feeds"] == []
    assert (told.status_code, told.json()["code"]) == (404, "unknown_metric")
    assert told.content.replace(b"ours", b"none") == of_none.content


def test_feeds_are_read_with_the_scope_of_metrics_and_never_written(cast: Cast) -> None:
    other = Api("")
    other.headers = token(cast, *(one for one in Scope if one is not Scope.METRICS_READ))

    refused = other.get("feeds/")

    assert refused.status_code == 403
    assert refused.json()["detail"] == "This token lacks the scope metrics:read."
    for method in ("POST", "PUT", "PATCH", "DELETE"):
        assert Api(cast.api).call(method, "feeds/", b"{").status_code == 405
