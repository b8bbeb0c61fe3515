"""Feeds, sources and times in every look, and by keyboard alone, with and without script."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import cast

import pytest
from django.conf import settings

from common.tenancy.context import tenant
from metrics.actions import feeds
from metrics.models import Metric, PilotSource
from tenants.models import Membership
from tests.browser.pages import Visitor
from tests.browser.test_first_pilot import found_company
from tests.conftest import Cast, signed_in
from tests.gates.plant import list_source, write_times
from tests.metrics.test_feeds import HOUR, arrive, item
from tests.metrics.test_timestamps import at
from tests.plant import Plant

SLUG = "feeds"


@dataclass(frozen=True)
class Desk:
    """A late feed, four sources and delayed entries; sessions of lead and admin."""

    home: str
    pilot: str
    source: str
    metric: str
    lead: dict[str, str]
    admin: dict[str, str]


@pytest.fixture(scope="module")
def desk(committed: None) -> Desk:
    """Fill a company by its own actions."""
    company = found_company(SLUG)
    with tenant(company.id):
        plant = Plant(cast(Cast, company))
        pilot = plant.whole()
        metric = Metric.objects.get()
        late(plant, metric)
        entered(plant, metric)
        for name, kind, days in (
            ("SAP", "erp", 0),
            ("Shift book", "paper", 3),
            ("CMMS", "cmms", 90),
        ):
            list_source(
                plant,
                pilot,
                name=name,
                kind=kind,
                source=plant.source if kind == "erp" else None,
                maintainer=company.lead.person if kind == "erp" else None,
                updated_on=(plant.now - timedelta(days=days)).date(),
                gives=f"What stands in {name}",
                faults="Empty fields.\nTyped at five." if kind == "paper" else "",
            )
        write_times(plant, pilot)
        feeds.judge_feeds(now=plant.now)
        source = PilotSource.objects.get(name="CMMS")
    home = f"/t/{SLUG}/"
    return Desk(
        home=home,
        pilot=f"{home}pilots/{pilot.code}/",
        source=f"{home}pilots/{pilot.code}/sources/{source.pk}/",
        metric=metric.code,
        lead=session(company.lead),
        admin=session(company.admin),
    )


def late(plant: Plant, metric: Metric) -> None:
    """Let figures arrive 40 minutes late for some hours, after the feed has begun."""
    first = plant.now - timedelta(days=10)
    arrive(plant, first, [item(metric, "first", first - timedelta(days=1))])
    for hours in range(1, 6):
        when = plant.now - hours * HOUR
        lag = timedelta(minutes=8 * hours)
        arrive(plant, when, [item(metric, f"{hours} {n}", when - lag) for n in range(4)])


def entered(plant: Plant, metric: Metric) -> None:
    """Send lines that were entered days after they happened."""
    plant.deliver(
        item(metric, f"entered {n}", at(3, n % 5), recorded_at=at(3, n % 5) + timedelta(days=n))
        for n in range(10)
    )


def session(member: Membership) -> dict[str, str]:
    name = settings.SESSION_COOKIE_NAME
    return {name: signed_in(member).cookies[name].value}


def test_the_pages_of_feeds_sources_and_times_are_accessible_and_fit(
    visitor: Visitor, desk: Desk
) -> None:
    problems: list[str] = []

    for name, path in (
        ("board", desk.home),
        ("pilot", desk.pilot),
        ("list", f"{desk.home}settings/feeds/"),
        ("feed", f"{desk.home}settings/feeds/erp/{desk.metric}/"),
        ("source", f"{desk.home}settings/sources/erp/"),
        ("sources", f"{desk.pilot}sources/"),
        ("source-form", desk.source),
        ("times", f"{desk.home}metrics/{desk.metric}/timestamps/"),
        ("times-form", f"{desk.home}metrics/{desk.metric}/timestamps/erp/"),
    ):
        problems += visitor.faults(path, name=f"feeds-{name}", cookies=desk.admin)

    assert problems == []


@pytest.mark.parametrize("script", [True, False])
def test_a_lead_lists_a_source_by_keyboard(visitor: Visitor, desk: Desk, script: bool) -> None:
    page = visitor.open(f"{desk.pilot}sources/", cookies=desk.lead, script=script)
    name = f"Dispatch board {script}"
    page.get_by_role("link", name="Add a source").focus()
    page.keyboard.press("Enter")
    page.get_by_label("Name").fill(name)
    page.get_by_label("Kind").select_option("paper")
    page.get_by_label("What the decision needs from it").fill("Promised dates")
    page.keyboard.press("Enter")

    page.get_by_text(f"{name} is on the list.").wait_for()
    assert page.get_by_text(f"Promised dates: {name} is carried by hand.").is_visible()
