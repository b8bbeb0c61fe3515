"""What the weekly brief says, the same to every reader, and what it asks of the database."""

from __future__ import annotations

from typing import Any

import pytest

from audit import actions as audit
from portfolio import actions
from tenants.models import Membership
from tests.conftest import Cast, signed_in
from tests.portfolio.test_board import plant, text
from tests.queries import check_count, counted


def open_brief(member: Membership) -> Any:
    """Open the brief as a member."""
    return signed_in(member).get("/t/acme/brief/")


def test_the_brief_of_a_company_without_pilots_says_so(cast: Cast) -> None:
    page = text(open_brief(cast.reader))

    assert "No pilots yet." in page
    assert "Decide this week" not in page


def test_the_brief_sets_each_pilot_against_its_baseline_and_says_what_to_decide(
    cast: Cast,
) -> None:
    with plant(cast) as acme:
        acme.whole("Late orders", week=6, weeks=40, locked=True, money=(100, 20))
        pilot = acme.pilot("Stock alarm", lead=cast.lead, sponsor=cast.sponsor)
        metric = acme.metric("Stock-outs")
        acme.send(metric)
        acme.aim(pilot, metric, agreed=False)

    page = text(open_brief(cast.reader))

    assert "None of 2 pilots has a verdict yet. 1 pilot waits for a decision." in page
    assert "2 metrics still to be read out" in page
    assert "at stake a year, assumed; 1 pilot without" in page
    assert "Agree the target of Stock alarm." in page
    assert "Too early" in page and "No baseline" in page
    assert "Late orders : Lead locked the baseline of Late orders on time" in page


def test_a_pilot_that_is_archived_is_no_longer_in_the_brief(cast: Cast) -> None:
    with plant(cast) as acme:
        pilot = acme.whole("Late orders")
        acme.whole("Stock alarm")
        actions.archive_pilot(pilot=pilot, by=cast.admin, now=acme.now)

    page = text(open_brief(cast.reader))

    assert "1 pilot against its baseline" in page
    assert "archived the pilot" in page


@pytest.mark.parametrize(
    ("changes", "said"), [(200, "And 194 more"), (201, "And more than 194 more")]
)
def test_the_brief_names_no_number_of_changes_that_it_did_not_count(
    cast: Cast, changes: int, said: str
) -> None:
    with plant(cast) as acme:
        pilot = acme.pilot("Late orders")
        for _ in range(changes - 1):  # the first is that it was created
            audit.record(
                actor="system:test", action="READ_OUT_FROZEN", object=f"pilot:{pilot.code}"
            )

    assert f"{said} on the pages of the pilots." in text(open_brief(cast.reader))


@pytest.mark.parametrize("count", [2, 14])
def test_the_brief_asks_the_same_at_any_number_and_counts_what_its_sheet_does_not_hold(
    cast: Cast, count: int
) -> None:
    with plant(cast) as acme:
        for number in range(count):
            acme.whole(f"Pilot {number}", weeks=6)
    browser = signed_in(cast.coo)

    page, statements = counted(lambda: browser.get("/t/acme/brief/"))

    assert ("And 2 more on the board." in text(page)) is (count == 14)
    assert ("more on the pages of the pilots" in text(page)) is (count == 14)
    check_count("brief", statements)
