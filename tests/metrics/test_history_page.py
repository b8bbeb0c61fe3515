"""Every figure leads to the rows it was made of, and to what they replaced."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from common.tenancy.context import tenant
from metrics.actions import coverage, definitions
from metrics.models import Mark, Metric
from tenants.models import Membership
from tests.conftest import Cast, signed_in
from tests.metrics.drafts import set_aside
from tests.plant import Plant, monday
from tests.portfolio.test_board import plant, text
from tests.queries import check_count, counted

PAGE = "/t/acme/metrics/otif/"


def open_metric(member: Membership, query: str = "", **headers: str) -> Any:
    return signed_in(member).get(f"{PAGE}{query}", headers=headers or None)


def item(number: int = 1, *, weeks_ago: int = 2, **changes: object) -> dict[str, object]:
    return {
        "metric": "otif",
        "event_at": monday(weeks_ago).isoformat(),
        "source": "erp",
        "external_id": f"line-{number}",
        "numerator": 9,
        "denominator": 10,
        **changes,
    }


def measured(acme: Plant, *items: dict[str, object]) -> Metric:
    """Define the metric and send items of it."""
    metric = acme.metric("On-time lines", code="otif")
    acme.deliver(items)
    return metric


def week(weeks_ago: int) -> str:
    return f"?week={monday(weeks_ago).isoformat()}"


def test_a_week_stands_with_its_value_its_parts_and_when_it_was_computed(cast: Cast) -> None:
    with plant(cast) as acme:
        measured(acme, item(1), item(2, numerator=7))

    page = text(open_metric(cast.reader))

    assert "80.0 % 16 20 2 1" in page


def test_a_column_of_parts_has_one_precision(cast: Cast) -> None:
    with plant(cast) as acme:
        measured(acme, item(1, numerator=5.7), item(2, weeks_ago=3, numerator=9))

    page = text(open_metric(cast.reader))

    assert "57.0 % 5.70 10 1 1" in page
    assert "90.0 % 9.00 10 1 1" in page


def test_small_parts_give_the_result_that_is_printed(cast: Cast) -> None:
    with plant(cast) as acme:
        definitions.add_metric(
            name="Waste per part",
            kind="ratio",
            unit="share",
            direction="down",
            numerator="Waste",
            denominator="Part",
            code="otif",
            site=acme.site,
            decimals=2,
            by=cast.admin,
            now=acme.now,
        )
        acme.deliver([item(1, numerator=0.004, denominator=0.002)])

    listed, opened = text(open_metric(cast.reader)), text(open_metric(cast.reader, week(2)))

    assert "200.00 % 0.004 0.002 1 1" in listed
    assert "200.00 % = 0.004 / 0.002, summed over 1 item." in opened
    assert "line-1 ERP 0.004 / 0.002 0" in opened


def test_the_definition_names_the_unit_in_words(cast: Cast) -> None:
    with plant(cast) as acme:
        measured(acme, item(1))

    page = text(open_metric(cast.reader))

    assert "Unit % (a share) Good" in page


def test_the_page_says_when_a_week_that_takes_too_long_is_tried_again(cast: Cast) -> None:
    with plant(cast) as acme:
        measured(acme, item(1))
        until = datetime.now(UTC) + timedelta(hours=1)
        set_aside(Metric.objects.get(), ago=1, until=until)

    page = text(open_metric(cast.reader))

    assert "1 week of this metric takes too long to compute." in page
    assert "is tried again at" in page
    assert f"{until.astimezone(ZoneInfo('Europe/Berlin')):%H:%M}" in page
    assert "New figures are being computed" not in page


def test_an_opened_week_shows_each_item_and_who_sent_it(cast: Cast) -> None:
    with plant(cast) as acme:
        measured(acme, item(1), item(2, numerator=7))

    page = text(open_metric(cast.reader, week(2)))

    assert "80.0 % = 16 / 20, summed over 2 items." in page
    assert "line-1 ERP 9 / 10 0" in page
    assert "line-2 ERP 7 / 10 0" in page
    assert "Admin, api" in page


def test_a_correction_shows_what_it_replaced_and_by_whom(cast: Cast) -> None:
    with plant(cast) as acme:
        measured(acme, item(1))
        acme.deliver([item(1, revision=3, numerator=4)], by=cast.lead)

    page = text(open_metric(cast.reader, week(2)))

    assert "40.0 % = 4 / 10" in page
    assert "line-1 ERP 4 / 10 3" in page
    assert "Lead, api" in page
    assert "9 / 10 0" in page
    assert "replaced" in page


def test_an_item_that_moved_is_named_in_the_week_it_left(cast: Cast) -> None:
    with plant(cast) as acme:
        measured(acme, item(1, weeks_ago=3), item(2, weeks_ago=3))
        acme.deliver([item(1, weeks_ago=2, revision=1)])

    left, entered = open_metric(cast.reader, week(3)), open_metric(cast.reader, week(2))

    assert "Moved to another week" in text(left)
    assert week(2) in left.content.decode()
    assert "line-1" in text(entered)
    assert "Moved to another week" not in text(entered)


def test_a_week_without_figures_is_a_gap_and_no_zero(cast: Cast) -> None:
    with plant(cast) as acme:
        measured(acme, item(1))

    page = text(open_metric(cast.reader, week(9)))

    assert "it is a gap, not a zero" in page
    assert "No measurement lies in this week" in page


@pytest.mark.parametrize("query", ["?week=2026-11-18", "?week=nonsense", "?week=1200-01-06"])
def test_what_is_no_week_is_not_there(cast: Cast, query: str) -> None:
    with plant(cast) as acme:
        measured(acme, item(1))

    assert open_metric(cast.reader, query).status_code == 404


def test_htmx_gets_the_opened_week_alone(cast: Cast) -> None:
    with plant(cast) as acme:
        measured(acme, item(1))

    part = open_metric(cast.reader, week(2), **{"HX-Request": "true"}).content.decode()

    assert "<html" not in part
    assert part.lstrip().startswith('<section id="opened-week"')
    assert "line-1" in part


def test_items_of_a_full_week_are_paged(cast: Cast) -> None:
    with plant(cast) as acme:
        measured(acme, *(item(number) for number in range(130)))

    first, second = open_metric(cast.reader, week(2)), open_metric(cast.reader, week(2) + "&page=2")

    assert first.content.decode().count("line-") == 100
    assert second.content.decode().count("line-") == 30
    assert "from item 101" in text(second)


@pytest.mark.parametrize("page", ["0", "-1", "x", "999999", "2"])
def test_a_page_number_that_is_none_is_no_error(cast: Cast, page: str) -> None:
    with plant(cast) as acme:
        measured(acme, item(1))

    assert open_metric(cast.reader, f"?weeks={page}").status_code == 200
    assert open_metric(cast.reader, f"{week(2)}&page={page}").status_code == 200


def test_weeks_are_paged(cast: Cast) -> None:
    with plant(cast) as acme:
        measured(acme, *(item(number, weeks_ago=number) for number in range(1, 31)))

    first, second = open_metric(cast.reader), open_metric(cast.reader, "?weeks=2")

    assert first.content.decode().count('id="week-') == 26
    assert second.content.decode().count('id="week-') == 4


def test_spans_reported_in_full_are_listed(cast: Cast) -> None:
    with plant(cast) as acme:
        measured(acme, item(1))
        coverage.report_span(
            source=acme.source,
            metric_code="otif",
            from_date=monday(2),
            through_date=monday(2) + timedelta(days=6),
            actor=cast.admin.audit_name,
            now=acme.now,
        )

    page = text(open_metric(cast.reader))

    assert "No feed has declared" not in page
    assert f"Reported in full {monday(2).day} " in page


def test_wordings_stand_in_words_with_who_wrote_them(cast: Cast) -> None:
    with plant(cast) as acme:
        measured(acme)

    page = text(open_metric(cast.reader))

    assert "Lines delivered on time divided by All lines" in page
    assert "Version 1, from" in page
    assert "No figure has arrived yet." in page
    assert "No weeks yet" in page


def test_marks_that_wait_are_said(cast: Cast) -> None:
    with plant(cast) as acme:
        metric = measured(acme, item(1))
        Mark.objects.create(metric_id=metric.pk, week=monday(2))

    assert "1 week mark waits" in text(open_metric(cast.reader))


def test_a_silent_source_is_said(cast: Cast) -> None:
    with plant(cast) as acme:
        measured(acme, item(1, weeks_ago=5))

    page = text(open_metric(cast.reader))

    assert "The newest figure from ERP is of" in page
    assert "stopped arriving" in page


def test_a_stranger_finds_no_metric(cast: Cast) -> None:
    with plant(cast) as acme:
        measured(acme, item(1))

    assert open_metric(cast.stranger).status_code == 404
    assert signed_in(cast.stranger).get("/t/borealis/metrics/otif/").status_code == 404


def test_external_ids_are_escaped(cast: Cast) -> None:
    with plant(cast) as acme:
        measured(acme, item(1, external_id="<b>x</b>"))

    page = open_metric(cast.reader, week(2)).content.decode()

    assert "<b>x</b>" not in page
    assert "&lt;b&gt;x&lt;/b&gt;" in page


@pytest.mark.parametrize("items", [1, 20])
def test_an_opened_week_asks_the_same_at_any_number_of_items(cast: Cast, items: int) -> None:
    with plant(cast) as acme:
        measured(acme, *(item(number) for number in range(items)))
        acme.deliver([item(number, revision=1) for number in range(items)])
    browser = signed_in(cast.reader)

    _, statements = counted(lambda: browser.get(f"{PAGE}{week(2)}"))

    check_count("metric, one week open", statements)


def test_the_list_says_what_arrives_and_what_stopped(cast: Cast) -> None:
    with tenant(cast.acme):
        acme = Plant(cast)
        acme.whole("Late orders")
        quiet = acme.metric("Quiet")
        acme.send(quiet, until=6)
        acme.metric("Silent")

    page = text(signed_in(cast.reader).get("/t/acme/metrics/"))

    assert "3 metrics are defined. 1 has stopped arriving." in page
    assert "86.0 %" in page
    assert "Late orders" in page
    assert "in time" in page and "stopped arriving" in page and "never arrived" in page


def test_an_empty_list_offers_the_first_metric_to_those_who_may(cast: Cast) -> None:
    lead, reader = (signed_in(one).get("/t/acme/metrics/") for one in (cast.lead, cast.reader))

    assert "Define the first metric" in text(lead)
    assert "Define the first metric" not in text(reader)
    assert "No metrics yet" in text(reader)


@pytest.mark.parametrize("count", [2, 20])
def test_the_list_asks_the_same_at_any_number_of_metrics(cast: Cast, count: int) -> None:
    with plant(cast) as acme:
        for number in range(count):
            acme.metric(f"Metric {number}")
    browser = signed_in(cast.reader)

    _, statements = counted(lambda: browser.get("/t/acme/metrics/"))

    check_count("metrics", statements)
