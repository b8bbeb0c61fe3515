"""Pilots without a path to production: what the board and their page say, and the money in them."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from itertools import product

import pytest

from common.tenancy.context import tenant
from metrics.actions import outcomes
from portfolio import actions, queries
from portfolio.models import Part, Pilot
from portfolio.queries import budget
from portfolio.rules.budget import is_funded
from tenants.models import Membership, Person
from tests.conftest import Cast, signed_in
from tests.plant import Plant
from tests.portfolio.test_board import open_board, plant, rows, text
from tests.queries import counted

EVERYTHING = (
    "No path: no agreed target, no locked baseline, no named operator, no funded production budget"
)


def spend(
    acme: Plant, pilot: Pilot, money: int, *, phase: str = "poc", funded: bool = False
) -> None:
    line = actions.add_budget_line(
        pilot=pilot,
        phase_class=phase,
        title="T",
        planned_money=Decimal(money),
        actual_money=Decimal(money),
        by=acme.cast.lead,
    )
    if funded:
        actions.fund_budget_line(line=line, version=1, by=acme.cast.coo, now=acme.now)


def operate(acme: Plant, pilot: Pilot) -> None:
    actions.set_party(
        pilot=pilot,
        part=Part.OPERATOR,
        person=acme.cast.operator.person,
        by=acme.cast.lead,
        now=acme.now,
    )


def on_its_way(acme: Plant, name: str = "On its way", *, week: int = 5) -> Pilot:
    """Add a pilot that lacks nothing for a path to production."""
    pilot = acme.whole(name, week=week, locked=True)
    operate(acme, pilot)
    spend(acme, pilot, 5_000, phase="run", funded=True)
    return pilot


def test_the_board_tells_what_each_pilot_lacks_and_totals_their_spend(cast: Cast) -> None:
    with plant(cast) as acme:
        on_its_way(acme)
        spend(acme, acme.pilot("Bare", lead=cast.lead), 40_000)
        spend(acme, acme.whole("Targeted", locked=True), 2_000, phase="run")

    page = text(open_board(cast.reader))

    assert "2 of 3 pilots have no path to production; €42K was spent on them." in page
    assert EVERYTHING in page
    assert "No path: no named operator, no funded production budget" in page
    assert sorted(rows(open_board(cast.reader, "?state=no_path"))) == ["Bare", "Targeted"]


def test_where_each_pilot_has_a_path_the_board_says_nothing_of_it(cast: Cast) -> None:
    with plant(cast) as acme:
        on_its_way(acme)

    page = text(open_board(cast.reader))

    assert "no path" not in page.lower()


def test_without_money_nothing_is_said_to_be_spent(cast: Cast) -> None:
    with plant(cast) as acme:
        acme.pilot("Bare", lead=cast.lead)

    page = text(open_board(cast.reader))

    assert "1 of 1 pilot has no path to production; nothing is written down as spent" in page


def test_an_operator_who_was_removed_operates_nothing(cast: Cast) -> None:
    with plant(cast) as acme:
        on_its_way(acme)
        Membership.objects.filter(pk=cast.operator.pk).update(removed_at=acme.now)

    for path in ("", "pilots/P-01/"):
        assert "No path: no named operator" in text(open_board(cast.reader, path))


@pytest.mark.parametrize(("days", "operates"), [(0, True), (-1, False)])
def test_an_operator_operates_to_the_last_day_and_no_longer(
    cast: Cast, days: int, operates: bool
) -> None:
    with plant(cast) as acme:
        on_its_way(acme)
        day = acme.today + timedelta(days=days)
        Person.objects.filter(pk=cast.operator.person_id).update(leaves_on=day)

    for path in ("", "pilots/P-01/"):
        assert ("No path: no named operator" not in text(open_board(cast.reader, path))) is operates


def test_a_pilot_that_is_over_or_archived_is_asked_no_more(cast: Cast) -> None:
    with plant(cast) as acme:
        stopped = acme.pilot("Stopped", week=5, lead=cast.lead, sponsor=cast.sponsor)
        spend(acme, stopped, 9_000)
        outcomes.decide_pilot(
            pilot=stopped, version=1, word="stop", reason="R", by=cast.coo, now=acme.now
        )
        gone = acme.pilot("Gone", lead=cast.lead)
        actions.archive_pilot(pilot=gone, by=cast.admin, now=acme.now)

    for path in ("", "pilots/P-01/", "pilots/P-02/", "?state=archived"):
        assert "no path" not in text(open_board(cast.reader, path)).lower()


def test_the_pilots_page_tells_its_budget_and_what_it_lacks(cast: Cast) -> None:
    with plant(cast) as acme:
        spend(acme, acme.pilot("Bare", lead=cast.lead), 40_000)

    page = text(open_board(cast.reader, "pilots/P-01/"))

    assert "Planned €40,000 So far €40,000 No money" in page
    assert "No money is planned for production, so no production budget is funded." in page
    assert "The proof of concept takes 100.0 % of the planned money;" in page
    assert f"{EVERYTHING}." in page


def test_a_pilot_without_a_budget_says_so(cast: Cast) -> None:
    with plant(cast) as acme:
        acme.pilot("Bare", lead=cast.lead)

    assert "No budget is written down." in text(open_board(cast.reader, "pilots/P-01/"))


@pytest.mark.parametrize(
    ("phases", "money", "archived"),
    list(product(["", "poc", "run", "poc run", "run monitoring"], [0, 5], [False, True])),
)
def test_the_board_and_the_rules_agree_what_is_funded(
    cast: Cast, phases: str, money: int, archived: bool
) -> None:
    with plant(cast) as acme:
        pilot = acme.pilot("Bare", lead=cast.lead)
        for place, phase in enumerate(phases.split()):
            line = actions.add_budget_line(
                pilot=pilot,
                phase_class=phase,
                title="T",
                planned_money=Decimal(money),
                by=cast.lead,
            )
            if money and place == 0:
                line = actions.fund_budget_line(line=line, version=1, by=cast.coo, now=acme.now)
            if archived and place == 1:
                actions.archive_budget_line(line=line, version=1, by=cast.lead, now=acme.now)

        kept = [one.line for one in budget.list_lines(pilot) if one.archived_at is None]
        (row,) = queries.list_board_rows()

    assert row.funded is is_funded(kept)


def test_the_board_asks_no_more_of_twenty_pilots_with_budgets_than_of_two(cast: Cast) -> None:
    client, counts = signed_in(cast.reader), []
    with plant(cast) as acme:
        pass
    for more in (2, 18):
        with tenant(cast.acme):
            for number in range(more):
                pilot = acme.pilot(f"Pilot {more} {number}", lead=cast.lead)
                spend(acme, pilot, 10)
                spend(acme, pilot, 10, phase="run", funded=True)
        client.get("/t/acme/")
        counts.append(len(counted(lambda: client.get("/t/acme/"))[1]))

    assert counts[0] == counts[1]
