"""Pages on which a metric that pilots use is changed: who reaches them, and what they ask."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import pytest

from common.tenancy.context import tenant
from metrics.actions import definitions, targets
from metrics.models import Metric, MetricDefinition, PilotMetric
from portfolio import actions as portfolio
from portfolio.models import Part, Pilot
from tenants.models import Membership
from tests.api import Api
from tests.conftest import Cast, signed_in
from tests.metrics.drafts import draft, lock, made
from tests.plant import Plant, monday
from tests.portfolio.test_board import text as plain
from tests.portfolio.test_editing_pages import initial, text, url

__all__ = ["made"]  # fixture
CODE = "late-orders-on-time"
PAGES = ["metric_edit", "definition_new"]


@pytest.fixture
def plant(made: Plant, cast: Cast) -> Plant:
    return deepcopy(made)


@pytest.fixture
def pilot(plant: Plant) -> Pilot:
    with tenant(plant.cast.acme):
        found: Pilot = Pilot.objects.get()
        return found


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


def agree_page(cast: Cast) -> str:
    with tenant(cast.acme):
        return url("target_agree", "P-01", PilotMetric.objects.get(retired_at=None).pk)


def worded_anew(cast: Cast) -> None:
    admin, address = signed_in(cast.admin), url("definition_new", CODE)
    changes = {"numerator": "In full", "reason": "why"}
    assert admin.post(address, initial(admin, address) | changes).status_code == 302


def test_an_agreement_says_on_pilot_and_metric_to_which_version_it_was_given(
    cast: Cast, pilot: Pilot
) -> None:
    sponsor = signed_in(cast.sponsor)
    pages = [plain(sponsor.get(url(*name))) for name in (("pilot", "P-01"), ("metric", CODE))]

    assert all("to version 1" in page for page in pages)
    assert not any("has changed since" in page for page in pages)


def test_after_another_wording_pilot_metric_and_form_say_so_and_the_target_is_agreed_again(
    cast: Cast, pilot: Pilot
) -> None:
    worded_anew(cast)
    sponsor, address = signed_in(cast.sponsor), agree_page(cast)
    before = [url("pilot", "P-01"), url("metric", CODE), address]
    said = "to version 1; the wording has changed since (version 2)"
    assert all(said in plain(sponsor.get(one)) for one in before[1:])
    page = text(sponsor.get(before[0]))
    assert "the wording has changed since (version 2)" in page
    assert f'href="{address}">Agree again' in page

    assert sponsor.post(address, initial(sponsor, address)).status_code == 302

    after = [plain(sponsor.get(one)) for one in before]
    assert all("to version 2" in page for page in after)
    assert not any("has changed since" in page for page in after)


def test_the_first_wording_holds_from_the_beginning_on_every_page_and_in_the_api(
    cast: Cast, pilot: Pilot
) -> None:
    lead, sponsor = signed_in(cast.lead), signed_in(cast.sponsor)
    worded_anew(cast)

    assert "Version 1, from the beginning" in plain(lead.get(url("metric", CODE)))
    assert "Version 1 · from the beginning" in plain(lead.get(url("definition_new", CODE)))
    assert "Version 1 · from the beginning" in plain(sponsor.get(agree_page(cast)))
    wordings = Api(cast.api).get(f"metrics/{CODE}/").json()["definitions"]
    days = {one["number"]: one["valid_from"] for one in wordings}
    assert days[1] is None and days[2] is not None


@pytest.mark.parametrize("role", ["primary", "guard"])
def test_who_agreed_to_an_older_wording_finds_it_on_the_board_until_agreed_again(
    cast: Cast, plant: Plant, pilot: Pilot, role: str
) -> None:
    with tenant(cast.acme):
        row = PilotMetric.objects.get()
        targets.retire_target(row=row, by=cast.lead, now=plant.now)
        plant.aim(pilot, row.metric, role=role)
    sponsor, board = signed_in(cast.sponsor), url("board")
    request = "Agree again to the target of Late orders<"
    assert request not in text(sponsor.get(board))

    worded_anew(cast)
    asked = text(sponsor.get(board))

    assert request in asked
    assert "Late orders on time was worded anew after its target was agreed to." in asked
    address = agree_page(cast)
    assert f'href="{address}">Agree again' in asked
    assert request not in text(signed_in(cast.lead).get(board))
    sponsor.post(address, initial(sponsor, address))
    assert request not in text(sponsor.get(board))


def test_only_who_may_agree_is_offered_to_agree_again(cast: Cast, pilot: Pilot) -> None:
    worded_anew(cast)

    assert "Agree again" not in text(signed_in(cast.lead).get(url("pilot", "P-01")))


def test_a_yes_to_a_wording_that_moved_under_the_sponsor_is_asked_for_anew(
    cast: Cast, pilot: Pilot
) -> None:
    worded_anew(cast)
    sponsor, address = signed_in(cast.sponsor), agree_page(cast)
    answers = initial(sponsor, address) | {"wording": "1"}

    refused = sponsor.post(address, answers)

    assert refused.status_code == 409
    assert "changed by someone else" in text(refused)
    assert '<input type="hidden" name="wording" value="2"' in text(refused)


def test_under_a_locked_baseline_the_form_says_what_comes_first(cast: Cast, plant: Plant) -> None:
    with tenant(cast.acme):
        lock(plant, draft(plant, PilotMetric.objects.get()))
    worded_anew(cast)

    page = plain(signed_in(cast.sponsor).get(agree_page(cast)))

    assert "An administrator can replace the baseline" in page
    assert "Agree again" not in page
    pilot = plain(signed_in(cast.sponsor).get(url("pilot", "P-01")))
    assert "Agree again" not in plain(signed_in(cast.sponsor).get(url("board")))
    assert "the wording has changed since (version 2)" in pilot
    assert "Agree again" not in pilot


def test_a_past_day_is_warned_of_with_its_weeks_and_done_by_a_second_press(
    cast: Cast, pilot: Pilot
) -> None:
    lead, address = signed_in(cast.lead), url("definition_new", CODE)
    typed = {"numerator": "In full", "reason": "why", "valid_from": monday(3).isoformat()}

    warned: Any = lead.post(address, initial(lead, address) | typed)

    assert warned.status_code == 422
    assert "for 3 weeks that are counted already, from" in plain(warned)
    form = warned.context["form"]
    kept = {name: str(form[name].value()) for name in form.fields}
    assert {name: kept[name] for name in typed} == typed
    with tenant(cast.acme):
        assert MetricDefinition.objects.count() == 1

    earlier = lead.post(address, kept | {"valid_from": monday(6).isoformat()})
    assert "for 6 weeks that are counted already, from" in plain(earlier)

    assert lead.post(address, kept).status_code == 302
    with tenant(cast.acme):
        assert MetricDefinition.objects.latest("number").valid_from == monday(3)


@pytest.mark.parametrize("day", ["0001-01-02", "0206-01-02", "9999-12-31"])
def test_an_implausible_day_is_refused_at_its_field_and_no_error_of_the_server(
    cast: Cast, pilot: Pilot, day: str
) -> None:
    lead, address = signed_in(cast.lead), url("definition_new", CODE)
    typed = {"numerator": "In full", "reason": "why", "valid_from": day}

    refused = lead.post(address, initial(lead, address) | typed)

    assert refused.status_code == 422
    assert 'id="id_valid_from_error"' in text(refused)
    assert "Check the year." in plain(refused)


def test_a_day_in_a_locked_baseline_is_refused_at_its_field(cast: Cast, plant: Plant) -> None:
    with tenant(cast.acme):
        lock(plant, draft(plant, PilotMetric.objects.get()))
    lead, address = signed_in(cast.lead), url("definition_new", CODE)
    typed = {"numerator": "In full", "reason": "why", "valid_from": monday(3).isoformat()}

    refused = lead.post(address, initial(lead, address) | typed)

    assert refused.status_code == 422
    assert 'id="id_valid_from_error"' in text(refused)
    assert "is locked, and its weeks up to" in plain(refused)


def test_the_page_of_a_baseline_says_that_the_target_is_agreed_again_before_the_lock(
    cast: Cast, plant: Plant
) -> None:
    with tenant(cast.acme):
        row = PilotMetric.objects.get()
        draft(plant, row)
        definitions.add_definition(
            metric=row.metric,
            numerator="In full",
            denominator="All lines",
            valid_from=monday(90),
            reason="why",
            by=cast.admin,
            known_weeks=20,
        )

    page = plain(signed_in(cast.lead).get(url("baseline", "P-01", row.pk)))

    assert "Let the sponsor or an executive agree again: the wording has changed since." in page
