"""A long word, as German makes them, keeps every page inside a phone's window."""

from __future__ import annotations

from datetime import date

import pytest

from common.tenancy.context import tenant
from metrics.actions import definitions, targets
from portfolio import actions as portfolio
from portfolio.models import Part
from tests.browser.pages import Visitor, shoot, sideways
from tests.browser.test_editing import _session
from tests.browser.test_first_pilot import found_company
from tests.conftest import NOW

SLUG = "long-words"
LONG = "Qualitätsprüfungsautomatisierung"
LONGER = "Oberflächenbeschichtungsqualitätssicherung"
PAGES = {
    "board": "",
    "pilot": "pilots/P-01/",
    "target-choose": "pilots/P-01/metrics/new/",
    "people": "pilots/P-01/people/",
    "metrics": "metrics/",
}
# Words of up to 14 letters that stand on two lines, as "word in an element".
BROKEN = """() => {
  const found = [], walk = document.createTreeWalker(document.querySelector("main"), 4);
  for (let node = walk.nextNode(); node; node = walk.nextNode()) {
    if (!node.parentElement.checkVisibility()) continue;
    if (node.parentElement.closest(".vh, svg, script, details:not([open])")) continue;
    for (const match of node.data.matchAll(/\\p{L}{2,14}(?!\\p{L})/gu)) {
      if (/\\p{L}/u.test(node.data[match.index - 1] || "")) continue;
      const range = document.createRange();
      range.setStart(node, match.index); range.setEnd(node, match.index + match[0].length);
      const tops = [...range.getClientRects()].filter(r => r.width > 0).map(r => Math.round(r.top));
      if (new Set(tops).size > 1) found.push(`${match[0]} in ${node.parentElement.tagName}`);
    }
  }
  return found;
}"""


@pytest.fixture(scope="module")
def session(committed: None) -> dict[str, str]:
    """Fill a company whose names are one long word each."""
    company = found_company(SLUG)
    with tenant(company.id):
        lead = company.lead
        pilot = portfolio.add_pilot(
            name=LONG,
            site=portfolio.add_site(name=LONGER, zone="Europe/Berlin", by=company.admin),
            vendor=portfolio.add_vendor(name=f"{LONGER} GmbH", by=lead),
            start_date=date(2026, 9, 7),
            by=lead,
            now=NOW,
            parties=[portfolio.PartyDraft(part=Part.LEAD, person=lead.person)],
        )
        for name in (f"{LONG}squote", "On-time delivery of lines"):
            metric = definitions.add_metric(
                name=name,
                kind="proportion",
                unit="share",
                direction="up",
                numerator=LONGER,
                denominator="lines delivered",
                by=lead,
                now=NOW,
            )
            if name.startswith(LONG):
                targets.add_target(
                    pilot=pilot,
                    metric=metric,
                    role="primary",
                    comparison="gt",
                    target=0.94,
                    by=lead,
                )
    return _session(company)


@pytest.mark.parametrize("name", PAGES)
def test_a_long_word_wraps_on_a_phone_and_an_ordinary_one_stays_in_one_piece(
    visitor: Visitor, session: dict[str, str], name: str
) -> None:
    looks = [(width, "light") for width in (320, 390, 834, 1440)]
    problems: list[str] = []

    for page, width, _ in visitor.looks(f"/t/{SLUG}/{PAGES[name]}", looks, cookies=session):
        shoot(page, f"long-{name}-{width}")
        if width <= 390:
            problems += sideways(page)
        if width >= 390:
            problems += [f"{width}: {one}" for one in page.evaluate(BROKEN)]

    assert problems == []
