"""What the board says, to whom, and what it asks of the database."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from html import unescape
from typing import Any

import pytest

from common import formats
from common.tenancy.context import tenant
from metrics.actions import outcomes
from metrics.models import Source
from portfolio import actions, queries
from tenants.models import Membership
from tests.conftest import Cast, signed_in
from tests.plant import Plant, monday
from tests.queries import check_count, counted


@contextmanager
def plant(cast: Cast) -> Iterator[Plant]:
    """Open Acme Castings and its plant."""
    with tenant(cast.acme):
        yield Plant(cast)


def open_board(member: Membership, query: str = "", **headers: str) -> Any:
    """Open the board as a member."""
    return signed_in(member).get(f"/t/acme/{query}", headers=headers or None)


def text(response: Any) -> str:
    """Return the words of a page, without its markup."""
    page = re.sub(r"<(script|style)\b.*?</\1>", " ", response.content.decode(), flags=re.DOTALL)
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", page)).split())


def rows(response: Any) -> list[str]:
    """Return the names of the pilots in the table, in order."""
    return re.findall(r"<a data-main href=\"[^\"]+\">([^<]+)</a>", response.content.decode())


def test_an_empty_board_offers_the_first_pilot_to_those_who_may_add_one(cast: Cast) -> None:
    page = open_board(cast.lead)

    assert page.status_code == 200
    assert "No pilots yet" in text(page)
    assert "/t/acme/pilots/new/" in page.content.decode()


def test_an_empty_board_tells_a_reader_whom_to_ask(cast: Cast) -> None:
    page = open_board(cast.reader)

    assert "Ask one of them" in text(page)
    assert "pilots/new" not in page.content.decode()


def test_the_title_says_that_no_pilot_has_a_verdict(cast: Cast) -> None:
    with plant(cast) as acme:
        acme.whole("Late orders")
        acme.whole("Stock alarm")

    page = text(open_board(cast.reader))

    assert "None of 2 pilots has a verdict yet. Nothing waits for you." in page
    assert "No baseline" in page
    assert not re.search(r"Proven|Improved|Worse|No change|Not enough evidence", page)


def test_a_row_shows_week_phase_metric_target_and_people(cast: Cast) -> None:
    with plant(cast) as acme:
        acme.whole("Late orders", week=5)

    page = text(open_board(cast.coo))

    assert "Late orders" in page
    assert "Plant Lyon · Kestrel · Sponsor" in page
    assert "Week 5 of 12 Deploy" in page
    assert "86.0" in page and "target > 94.0" in page
    assert "no money given" in page


@pytest.mark.parametrize(
    ("week", "words"),
    [
        (-1, "Starts in 2 weeks"),
        (0, "Starts next week"),
        (12, "Week 12 of 12"),
        (14, "Week 12 + 2"),
    ],
)
def test_a_row_says_where_a_pilot_is_outside_its_twelve_weeks(
    cast: Cast, week: int, words: str
) -> None:
    with plant(cast) as acme:
        acme.whole(week=week)

    assert words in text(open_board(cast.coo))


def test_a_pilot_without_a_lead_needs_attention_and_asks_the_admin(cast: Cast) -> None:
    with plant(cast) as acme:
        acme.pilot("Late orders", sponsor=cast.sponsor)

    admin, lead = text(open_board(cast.admin)), text(open_board(cast.lead))

    assert "Name a lead for Late orders" in admin
    assert "1 needs you" in admin
    assert "Needs attention · 1" in lead
    assert "Name a lead for Late orders" not in lead
    assert "Nothing waits for you." in lead


@pytest.mark.parametrize(("part", "words"), [("lead", "Name a lead"), ("sponsor", "Name a spon")])
def test_who_was_removed_leads_and_sponsors_no_pilot_any_more(
    cast: Cast, part: str, words: str
) -> None:
    with plant(cast) as acme:
        acme.whole("Late orders", locked=True)
    assert "Needs attention · " not in text(open_board(cast.admin))

    with tenant(cast.acme):
        gone = Membership.objects.filter(pk=getattr(cast, part).pk)
        gone.update(removed_at=datetime.now(UTC))
    board = text(open_board(cast.admin))
    pilot = text(signed_in(cast.reader).get("/t/acme/pilots/P-01/"))
    people = text(signed_in(cast.admin).get("/t/acme/pilots/P-01/people/"))

    assert "Needs attention · 1" in board
    assert words in board and "1 of 1 pilot" in board
    assert f"{part.capitalize()} {part} no member any more" in pilot
    assert f"no member any more: name another {part}" in people


def test_the_board_and_the_pilot_read_the_same_people(cast: Cast) -> None:
    with plant(cast) as acme:
        acme.whole("Late orders")
        Membership.objects.filter(pk=cast.lead.pk).update(removed_at=acme.now)
        board, pilot = queries.list_board_parties(cast.coo.person_id), queries.list_parties()

    assert board == pilot
    assert {party.part: party.removed for party in board} == {"lead": True, "sponsor": False}


def test_a_day_of_another_year_is_written_with_its_year(cast: Cast) -> None:
    with plant(cast) as acme:
        acme.pilot("Typed wrong", week=1 + (monday() - date(2000, 1, 3)).days // 7)
        metric = acme.metric()
        acme.send(metric, weeks=1, until=60)
        acme.aim(acme.pilot("Long silent", lead=cast.lead, sponsor=cast.sponsor), metric)

    page, of_metric = text(open_board(cast.reader)), signed_in(cast.reader)

    assert "due 3 Jan 2000" in page
    last = formats.day(monday(60))
    assert f"the oldest ends on {last}" in page
    assert f"week from {last}" in page
    assert f"in the week from {last}" in text(of_metric.get(f"/t/acme/metrics/{metric.code}/"))


def test_a_proposed_target_waits_for_the_pilots_own_sponsor(cast: Cast) -> None:
    with plant(cast) as acme:
        mine = acme.pilot("Late orders", lead=cast.lead, sponsor=cast.sponsor)
        other = acme.pilot("Stock alarm", lead=cast.lead, sponsor=cast.coo)
        for pilot in (mine, other):
            metric = acme.metric(f"{pilot.name} on time")
            acme.send(metric)
            acme.aim(pilot, metric, agreed=False)

    sponsor, coo = text(open_board(cast.sponsor)), text(open_board(cast.coo))

    assert "Agree the target of Late orders Week 5 of 12." in sponsor
    assert "Agree the target of Stock alarm Week 5 of 12." not in sponsor
    assert "Agree the target of Late orders Week 5 of 12." in coo
    assert "Agree the target of Stock alarm Week 5 of 12." in coo


def test_a_gap_that_is_not_due_yet_leaves_a_pilot_on_its_path(cast: Cast) -> None:
    with plant(cast) as acme:
        pilot = acme.pilot(week=-2, lead=cast.lead, sponsor=cast.sponsor)
        metric = acme.metric()
        acme.send(metric)
        acme.aim(pilot, metric, agreed=False)

    page = text(open_board(cast.sponsor))

    assert "On path · 1" in page


@pytest.mark.parametrize("role", ["primary", "guard"])
def test_a_target_that_waits_for_the_reader_is_theirs_before_it_is_due(
    cast: Cast, role: str
) -> None:
    with plant(cast) as acme:
        pilot = acme.pilot(week=0, lead=cast.lead, sponsor=cast.sponsor)
        metric = acme.metric()
        acme.send(metric)
        row = acme.aim(pilot, metric, agreed=False, role=role)

    page, lead = open_board(cast.sponsor), text(open_board(cast.lead))

    assert "Agree the target of Late orders Starts next week." in text(page)
    assert f"{row.pk}/agree/" in page.content.decode()
    assert "Agree the target of Late orders Starts" not in lead


def test_a_pilot_past_week_twelve_is_neither_on_path_nor_behind(cast: Cast) -> None:
    with plant(cast) as acme:
        acme.whole("Done", week=14, locked=True)
        acme.whole("Running", week=6, locked=True)

    page = text(open_board(cast.coo))

    assert "Past week 12 · 1" in page
    assert "On path · 1" in page
    assert "Needs attention · " not in page


def test_past_week_twelve_nobody_is_asked_while_the_read_out_waits_for_its_figures(
    cast: Cast,
) -> None:
    with plant(cast) as acme:
        pilot = acme.whole("Done", week=14, locked=True)

    page = text(open_board(cast.coo))
    row = page.partition("Past week 12 · 1")[2].partition("Key")[0]

    assert "Week 12 is over; read out once its figures are complete" in row
    assert f"{cast.lead.person.name} ·" not in row
    assert "read out after week 12, once its figures are complete" in text(
        open_board(cast.coo, f"pilots/{pilot.code}/")
    )


def test_a_pilot_waits_for_its_lead_to_lock_the_baseline_and_then_for_its_read_out(
    cast: Cast,
) -> None:
    with plant(cast) as acme:
        pilot = acme.whole("Late orders", week=3)
        row = pilot.metrics.get()
    address = f"/t/acme/pilots/{pilot.code}/metrics/{row.pk}/baseline/"

    before, sponsor = open_board(cast.lead), text(open_board(cast.sponsor))
    with tenant(cast.acme):
        acme.lock_baseline(row)
    after = text(open_board(cast.lead))

    assert "No baseline Lock" not in text(before)
    assert "1 needs you" in text(before)
    assert "Lock the baseline of Late orders Week 3 of 12." in text(before)
    assert before.content.decode().count(address) == 3  # the request, the row and the card
    assert "Lock the baseline of Late orders on time You · by" in text(before)
    assert "Without a locked baseline 1 of 1 pilot In order until the end of week 3" in text(before)
    assert "Nothing waits for you." in sponsor
    assert "Nothing waits for you." in after
    assert "Too early" in after and "No baseline" not in after
    assert "Without a locked baseline 0 of 1 pilot Every primary metric has one" in after


def test_a_baseline_that_was_not_locked_in_week_three_is_late(cast: Cast) -> None:
    with plant(cast) as acme:
        acme.whole("Late orders", week=4)

    page = text(open_board(cast.coo))

    assert "Needs attention · 1" in page
    assert "Lock the baseline of Late orders on time Lead · due" in page
    assert "1 is past week 3" in page


def test_money_is_at_stake_once_a_baseline_is_locked(cast: Cast) -> None:
    with plant(cast) as acme:
        rows_of = {}
        for name in ("Stock", "Orders", "Scrap", "Silent"):
            pilot = acme.pilot(name, lead=cast.lead, sponsor=cast.sponsor)
            metric = acme.metric(f"{name} in time")
            acme.send(metric)
            money = {"Stock": (100, 40), "Orders": (2000, 40), "Scrap": (9000, 25)}.get(name)
            rows_of[name] = acme.aim(pilot, metric, money=money)
        for name in ("Stock", "Orders"):
            acme.lock_baseline(rows_of[name])

    page = open_board(cast.coo, "?sort=money")
    pilots = {
        name: text(open_board(cast.coo, f"pilots/P-0{n}/")) for n, name in enumerate(rows_of, 1)
    }

    words = text(page)
    assert rows(page) == ["Orders", "Stock", "Scrap", "Silent"]
    # 88 % before, over two rounds of 85 to 91: 0.06 x 2,000 x 40 x 52 = 249,600; of 100: 12,480.
    assert "€250K assumed" in words
    assert "€12.5K assumed" in words
    assert "€25 a unit, assumed no baseline yet" in words
    assert words.count("no money given") == 2  # the row and the card
    assert "€40 a unit, 2,000 units a week, assumed; €250K a year at stake" in pilots["Orders"]
    assert "€25 a unit, 9,000 units a week, assumed; no baseline yet" in pilots["Scrap"]
    assert "no money given" in pilots["Silent"]


def test_a_silent_source_is_named_with_the_pilots_it_makes_stale(cast: Cast) -> None:
    with plant(cast) as acme:
        pilot = acme.pilot(lead=cast.lead, sponsor=cast.sponsor)
        metric = acme.metric()
        acme.send(metric, until=5)
        acme.aim(pilot, metric)

    page = text(open_board(cast.lead))

    assert "The newest figure of On-time lines from ERP is of" in page
    assert "Late orders shows figures up to then." in page
    assert "Find out why figures of Late orders stopped" in page
    assert "Metrics that stopped arriving 1 of 1 metric" in page


def test_without_a_metric_no_source_is_said_to_be_in_time(cast: Cast) -> None:
    with plant(cast) as acme:
        acme.pilot(lead=cast.lead, sponsor=cast.sponsor)

    page = text(open_board(cast.lead))

    assert "Metrics that stopped arriving No metrics yet Every pilot chooses one by" in page
    assert "0 of 0" not in page
    assert "Every source is in time" not in page


def test_a_pilot_past_week_twelve_is_not_in_production(cast: Cast) -> None:
    with plant(cast) as acme:
        for week in (7, 8, 12, 13):
            acme.pilot(f"In week {week}", week=week)

    assert rows(open_board(cast.reader, "?state=production&sort=name")) == [
        "In week 12",
        "In week 8",
    ]


def test_a_source_in_time_is_no_finding(cast: Cast) -> None:
    with plant(cast) as acme:
        acme.whole()
        Source.objects.update(stale_after_hours=24 * 60)

    page = text(open_board(cast.lead))

    assert "The newest figure of" not in page
    assert "Every source is in time" in page


def test_each_button_under_needs_you_opens_for_the_one_who_is_asked(cast: Cast) -> None:
    with plant(cast) as acme:
        acme.pilot("No lead", sponsor=cast.sponsor)
        acme.pilot("No sponsor", lead=cast.lead)
        acme.pilot("No metric", lead=cast.lead, sponsor=cast.sponsor)
        acme.aim(acme.pilot("No data", lead=cast.lead, sponsor=cast.sponsor), acme.metric("Lines"))
        stopped = acme.metric("Stock")
        acme.send(stopped, until=6)
        acme.aim(acme.pilot("Stopped", lead=cast.lead, sponsor=cast.sponsor), stopped)
        acme.aim(
            acme.pilot("Proposed", lead=cast.lead, sponsor=cast.sponsor),
            acme.metric("Orders"),
            agreed=False,
        )

    opened = 0
    for member in (cast.admin, cast.lead, cast.sponsor, cast.coo):
        browser = signed_in(member)
        board = browser.get("/t/acme/").content.decode()
        for address in re.findall(
            r'class="btn(?: pri)?" href="([^"]+)"', board.split("filters")[0]
        ):
            assert browser.get(unescape(address)).status_code == 200, (member.pk, address)
            opened += 1
    assert opened >= 10


def test_at_most_five_asks_are_shown_and_the_rest_counted(cast: Cast) -> None:
    with plant(cast) as acme:
        for number in range(7):
            acme.pilot(f"Pilot {number}", sponsor=cast.sponsor)

    page = open_board(cast.admin)

    assert page.content.decode().count('class="ask"') == 5
    assert "2 more" in text(page)


def test_a_stopped_pilot_that_has_no_metric_is_decided_and_asks_for_none(cast: Cast) -> None:
    with plant(cast) as acme:
        pilot = acme.pilot("Stock alarm", week=5)
    before = text(open_board(cast.admin))
    with tenant(cast.acme):
        outcomes.decide_pilot(
            pilot=pilot, version=1, word="stop", reason="No use.", by=cast.coo, now=acme.now
        )

    page = text(open_board(cast.admin))

    assert "Name a lead" in before
    assert re.search("Decided.*Stock alarm.*Stopped", page)
    assert "Name a lead" not in page


def test_archived_pilots_have_a_filter_of_their_own(cast: Cast) -> None:
    with plant(cast) as acme:
        acme.whole("Kept")
        gone = acme.whole("Gone")
        actions.archive_pilot(pilot=gone, by=cast.admin, now=acme.now)

    assert rows(open_board(cast.lead)) == ["Kept"]
    assert rows(open_board(cast.lead, "?state=archived")) == ["Gone"]


def test_a_filter_without_rows_says_how_to_see_all(cast: Cast) -> None:
    with plant(cast) as acme:
        acme.whole()

    page = text(open_board(cast.lead, "?q=nothing-like-it"))

    assert "No pilot fits" in page
    assert "Show all pilots" in page


def test_htmx_gets_the_list_alone(cast: Cast) -> None:
    with plant(cast) as acme:
        acme.whole()

    part = open_board(cast.lead, "?state=mine", **{"HX-Request": "true"})

    page = part.content.decode()
    assert "<html" not in page and page.lstrip().startswith('<section id="pilots"')
    assert "HX-Request" in part["Vary"]


def test_words_of_a_search_are_escaped(cast: Cast) -> None:
    with plant(cast) as acme:
        acme.whole()

    page = open_board(cast.lead, "?q=%3Cscript%3Ealert(1)%3C/script%3E").content.decode()

    assert "<script>alert(1)" not in page
    assert "&lt;script&gt;" in page


def test_a_stranger_finds_nothing(cast: Cast) -> None:
    with plant(cast) as acme:
        acme.whole()

    assert open_board(cast.stranger).status_code == 404


def test_a_week_without_figures_breaks_the_line(cast: Cast) -> None:
    with plant(cast) as acme:
        pilot = acme.pilot(lead=cast.lead, sponsor=cast.sponsor)
        metric = acme.metric()
        acme.send(metric, weeks=4, until=8)
        acme.send(metric, weeks=4, until=1)
        acme.aim(pilot, metric)

    page = open_board(cast.lead).content.decode()

    assert page.count('<path class="line"') == 4  # two pieces, in the table and on the card


@pytest.mark.parametrize("count", [1, 2, 12, 20])
def test_the_board_asks_the_same_at_any_number_of_pilots(cast: Cast, count: int) -> None:
    with plant(cast) as acme:
        for number in range(count):
            acme.whole(f"Pilot {number}", weeks=6)
    browser = signed_in(cast.coo)

    page, statements = counted(lambda: browser.get("/t/acme/"))

    assert len(rows(page)) == count
    check_count("board", statements)


def test_the_boards_own_data_takes_five_statements(cast: Cast) -> None:
    with plant(cast) as acme:
        acme.whole()
    browser = signed_in(cast.coo)

    _, statements = counted(lambda: browser.get("/t/acme/"))

    # The gates are another statement: it reads at which site each pilot is, for the day there.
    others = [sql for sql in statements if "FROM gates_gate g\n" not in sql]
    own = [sql for sql in others if re.search(r"portfolio_|metrics_", sql)]
    assert len(others) == len(statements) - 1
    assert len(own) <= 5


def test_marks_that_wait_are_said_when_they_wait_too_long(cast: Cast) -> None:
    from metrics.models import Mark

    with plant(cast) as acme:
        acme.whole()
        metric = acme.metric("Other")
        Mark.objects.create(
            metric_id=metric.pk, week=acme.today, made_at=acme.now - timedelta(minutes=5)
        )

    assert "New figures are being computed" in text(open_board(cast.lead))


def test_a_week_that_is_set_aside_is_no_new_figure_of_the_next_moment(cast: Cast) -> None:
    from metrics.models import Mark

    with plant(cast) as acme:
        acme.whole()
        week = {"metric_id": acme.metric("Other").pk, "week": acme.today}
        Mark.objects.create(**week, made_at=acme.now - timedelta(minutes=5))
        Mark.objects.create(**week, aside_until=datetime.now(UTC) + timedelta(hours=1))

    assert "New figures are being computed" not in text(open_board(cast.lead))
