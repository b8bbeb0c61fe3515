"""Neighbouring charts of a pilot begin on one line, however long the words above them are."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from common.tenancy.context import tenant
from metrics import wire
from metrics.actions import definitions, recompute, sync, targets
from portfolio import actions as portfolio
from portfolio.models import Part
from tests.browser.pages import Visitor, shoot, sideways
from tests.browser.test_editing import _session
from tests.browser.test_first_pilot import found_company
from tests.conftest import NOW

SLUG = "aligned"
WORDINGS = (
    "lines",
    "lines that were delivered in full and on the day that the customer confirmed in the order,"
    " counted on the dock and not in the system that plans the route",
    "Pieces",
    "pieces that were made again, whatever the reason, of one shift",
)
TOPS = """() => [...document.querySelectorAll(".charts > .chart")].map(card =>
  ["svg.xmr", ".more"].map(one => Math.round(card.querySelector(one).getBoundingClientRect().top)))"""


@pytest.fixture(scope="module")
def session(committed: None) -> dict[str, str]:
    """Fill a company with a pilot that has four metrics of eight weeks, worded short and long."""
    company = found_company(SLUG)
    monday = date(2026, 9, 7)
    with tenant(company.id):
        lead = company.lead
        pilot = portfolio.add_pilot(
            name="Late orders",
            site=portfolio.add_site(name="Lyon", zone="Europe/Berlin", by=company.admin),
            start_date=monday,
            by=lead,
            now=NOW,
            parties=[portfolio.PartyDraft(part=Part.LEAD, person=lead.person)],
        )
        definitions.add_source(name="ERP", kind="erp", code="erp", by=company.admin)
        items: list[dict[str, object]] = []
        for number, words in enumerate(WORDINGS):
            metric = definitions.add_metric(
                name=f"Metric {number}",
                kind="proportion",
                unit="share",
                direction="up",
                numerator=words,
                denominator="all",
                by=lead,
                now=NOW,
            )
            targets.add_target(
                pilot=pilot, metric=metric, role="guard", comparison="gt", target=0.9, by=lead
            )
            items += [
                {
                    "metric": metric.code,
                    "event_at": (monday + timedelta(weeks=week)).isoformat(),
                    "source": "erp",
                    "external_id": f"{number}-{week}",
                    "numerator": 80 + week,
                    "denominator": 100,
                }
                for week in range(8)
            ]
        sync.record_measurements(
            wire.decode_rows(iter(enumerate(items)), "all_or_nothing"),
            actor=lead.audit_name,
            channel="api",
            now=NOW,
            default_zone="Europe/Berlin",
        )
        recompute.recompute()
    return _session(company)


@pytest.mark.parametrize("width", [390, 1440])
def test_charts_beside_each_other_begin_on_one_line(
    visitor: Visitor, session: dict[str, str], width: int
) -> None:
    page = visitor.open(f"/t/{SLUG}/pilots/P-01/", cookies=session, width=width)
    shoot(page, f"aligned-{width}")

    tops = page.evaluate(TOPS)

    assert sideways(page) == []
    assert len(tops) == len(WORDINGS)
    if width == 1440:
        assert (tops[0], tops[2]) == (tops[1], tops[3])
    else:
        assert tops == sorted(tops)
        assert len({top for top, _ in tops}) == len(WORDINGS)


def test_the_board_of_a_company_without_metrics_prints_words_instead_of_a_figure(
    visitor: Visitor, committed: None
) -> None:
    company = found_company("unmeasured")
    with tenant(company.id):
        portfolio.add_pilot(
            name="Late orders",
            site=portfolio.add_site(name="Lyon", zone="Europe/Berlin", by=company.admin),
            start_date=date(2026, 9, 7),
            by=company.lead,
            now=NOW,
        )
    page = visitor.open("/t/unmeasured/", cookies=_session(company), width=390)
    shoot(page, "unmeasured-390")

    assert page.get_by_text("No metrics yet").count() == 1
    assert sideways(page) == []
