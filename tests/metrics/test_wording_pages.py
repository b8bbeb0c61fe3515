"""Pages on which a metric that pilots use is changed: who reaches them, and what they ask."""

from __future__ import annotations

import pytest

from common.tenancy.context import tenant
from metrics.models import Metric, MetricDefinition
from portfolio import actions as portfolio
from portfolio.models import Part, Pilot
from tenants.models import Membership
from tests.conftest import Cast, signed_in
from tests.plant import Plant
from tests.portfolio.test_editing_pages import initial, text, url

CODE = "late-orders-on-time"
PAGES = ["metric_edit", "definition_new"]


@pytest.fixture
def pilot(cast: Cast) -> Pilot:
    with tenant(cast.acme):
        return Plant(cast).whole()


@pytest.fixture
def other(cast: Cast) -> Membership:
    """Return another project lead, who leads nothing."""
    with tenant(cast.acme):
        Membership.objects.filter(pk=cast.operator.pk).update(roles=["lead"])
    return cast.operator


@pytest.mark.parametrize("name", [*PAGES, "metric_archive"])
def test_an_address_that_changes_anothers_metric_says_who_may(
    cast: Cast, pilot: Pilot, other: Membership, name: str
) -> None:
    client = signed_in(other)
    method = client.post if name == "metric_archive" else client.get

    response = method(url(name, CODE))

    assert response.status_code == 403
    assert "is up to Lead or a tenant admin: Admin." in text(response)


@pytest.mark.parametrize("name", PAGES)
def test_a_form_opened_before_somebody_else_took_the_pilot_is_not_obeyed(
    cast: Cast, pilot: Pilot, other: Membership, name: str
) -> None:
    lead, words = signed_in(cast.lead), {"numerator": "other", "reason": "why", "name": "OTIF"}
    answers = initial(lead, url(name, CODE))
    with tenant(cast.acme):
        portfolio.set_party(
            pilot=pilot, part=Part.LEAD, person=other.person, by=cast.admin, now=pilot.created_at
        )

    response = lead.post(url(name, CODE), answers | words)

    assert response.status_code == 403
    with tenant(cast.acme):
        assert Metric.objects.get().name == "Late orders on time"
        assert MetricDefinition.objects.count() == 1


@pytest.mark.parametrize(
    ("who", "offered", "told"),
    [
        ("lead", True, False),
        ("admin", True, False),
        ("operator", False, True),
        ("reader", False, False),
    ],
)
def test_the_page_of_a_metric_offers_a_change_to_who_may_and_tells_another_lead_who_may(
    cast: Cast, pilot: Pilot, other: Membership, who: str, offered: bool, told: bool
) -> None:
    page = text(signed_in(getattr(cast, who)).get(url("metric", CODE)))

    assert all((f'href="{url(name, CODE)}"' in page) is offered for name in PAGES)
    assert ("is up to Lead or a tenant admin: Admin." in page) is told


def test_the_page_of_a_pilot_says_under_latest_what_was_changed(cast: Cast, pilot: Pilot) -> None:
    admin = signed_in(cast.admin)
    for name, changes in (
        ("metric_edit", {"name": "OTIF"}),
        ("definition_new", {"numerator": "In full", "reason": "why"}),
    ):
        answers = initial(admin, url(name, CODE))
        assert admin.post(url(name, CODE), answers | changes).status_code == 302

    page = text(admin.get(url("pilot", "P-01")))

    latest = page[page.index("<h2>Latest</h2>") :]
    assert "Admin worded OTIF anew" in latest
    assert "Admin gave OTIF its name" in latest
