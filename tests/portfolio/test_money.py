"""The money page: claims are assumed, read-outs support estimates, and the two are never added."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

import pytest

from common import formats
from common.tenancy.context import tenant
from metrics.actions import baselines, readouts
from metrics.models import PilotMetric
from portfolio import actions
from portfolio.models import Pilot
from tests.conftest import Cast, signed_in
from tests.metrics.test_read_outs import lock, measure
from tests.plant import Plant
from tests.portfolio.test_board import plant, text
from tests.queries import check_count, counted


def read_out(acme: Plant, name: str, *, numerator: int = 96, money: bool = True) -> Pilot:
    """Add a pilot past week 12 that is read out; each unit of it is worth 35, 400 a week."""
    pilot = acme.whole(name, week=15, weeks=104, money=(400, 35) if money else None)
    row = PilotMetric.objects.select_related("metric", "pilot__site").get(pilot=pilot)
    measure(acme, row, numerator)
    draft = baselines.draft_baseline(row=row, by=acme.cast.lead, now=acme.now, matters=0.02)
    readouts.read_out(baseline=lock(acme, draft), now=acme.now)
    return pilot


def open_money(cast: Cast) -> str:
    return text(signed_in(cast.reader).get("/t/acme/money/"))


def amounts(words: str) -> list[Decimal]:
    """Return the amounts in some words, in thousands."""
    return [Decimal(found) for found in re.findall(r"€([\d.]+)K", words)]


def test_a_company_without_pilots_has_no_money_to_show(cast: Cast) -> None:
    assert "No pilots yet" in open_money(cast)


def test_a_claim_is_assumed_and_still_to_be_told_before_the_read_out(cast: Cast) -> None:
    with plant(cast) as acme:
        acme.whole("Late orders", week=6, weeks=40, locked=True, money=(100, 20))
        acme.pilot("Stock alarm")

    page = open_money(cast)

    assert "Claimed a year €6.24K assumed, of 1 pilot 1 pilot has no baseline or no money" in page
    assert "Of the claims, still to be told €6.24K assumed, of 1 pilot" in page
    assert f"Supported by read-outs {formats.MISSING} No read-out claims a change" in page
    assert "Late orders Late orders on time Too early €6.24K assumed still to be told" in page
    assert "Stock alarm no metric yet No baseline no money given" in page


def test_what_read_outs_support_is_summed_with_the_sums_of_their_ends(cast: Cast) -> None:
    with plant(cast) as acme:
        read_out(acme, "Late orders")
        read_out(acme, "Stock alarm")
        read_out(acme, "Unpriced", money=False)

    page = open_money(cast)

    rows = re.findall(r"estimated (€\S+ \(95 % sure: €\S+ to €\S+)\)", page)
    each = [amounts(row) for row in rows]
    found = re.search(
        r"read-outs (€\S+) estimated, of 2 pilots the ends of all ranges add up to (€\S+ to €\S+)",
        page,
    )
    assert found is not None
    assert len(each) == 2
    for both, one, other in zip(amounts(" ".join(found.groups())), *each, strict=True):
        assert abs(both - one - other) <= Decimal("0.5")
    assert re.search(r"Unpriced on time (Improved|Proven) no money given no money given", page)
    assert f"Of the claims, still to be told {formats.MISSING}" in page


def test_a_read_out_that_claims_nothing_counts_no_money(cast: Cast) -> None:
    with plant(cast) as acme:
        read_out(acme, "Late orders", numerator=88)

    page = open_money(cast)

    assert "not counted: no change is claimed" in page
    assert f"Supported by read-outs {formats.MISSING}" in page


def test_an_archived_pilot_is_left_out(cast: Cast) -> None:
    with plant(cast) as acme:
        pilot = acme.whole("Late orders", week=6, weeks=40, locked=True, money=(100, 20))
        actions.archive_pilot(pilot=pilot, by=acme.cast.admin, now=acme.now)

    assert "€" not in open_money(cast)


@pytest.mark.parametrize("count", [1, 6])
def test_the_page_asks_the_same_at_any_number_of_pilots(cast: Cast, count: int) -> None:
    with plant(cast) as acme:
        for number in range(count):
            acme.whole(f"Pilot {number}", weeks=6)
    browser: Any = signed_in(cast.coo)

    _, statements = counted(lambda: browser.get("/t/acme/money/"))

    check_count("money", statements)


def test_the_board_leads_there(cast: Cast) -> None:
    with tenant(cast.acme):
        Plant(cast).pilot()

    assert 'href="/t/acme/money/"' in signed_in(cast.reader).get("/t/acme/").content.decode()
