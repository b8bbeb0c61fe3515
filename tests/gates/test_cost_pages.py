"""Pages of a pilot's cost at full volume: writing, reading and signing it."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

import pytest
from django.utils.html import strip_tags

from common.formats import MINUS, MISSING
from common.tenancy.context import tenant
from gates.models import CostModel, CostSignature
from portfolio import actions as portfolio
from portfolio.models import Pilot
from tests.conftest import signed_in
from tests.gates.plant import PRICES, TOO_DEAR, let_sign_for_finance, made, pilot, plant, price
from tests.plant import Plant

__all__ = ["made", "pilot", "plant"]  # fixtures

HOME = "/t/acme/pilots/P-01/cost/"
DEARER = {"version": 1, "note": "Calls are dearer.", **TOO_DEAR}


def words(response: Any) -> str:
    """Return what a page says, with a minus and a dash as they are typed."""
    apart = re.sub(r"<(td|th|p|span)\b", r" <\1", response.content.decode())
    text = " ".join(strip_tags(apart).split())
    return text.replace(MINUS, "-").replace(MISSING, "-")


def read(who: Any, path: str = "") -> str:
    return words(signed_in(who).get(f"{HOME}{path}"))


def form(**values: Any) -> dict[str, str]:
    given = {"version": 1, "note": "Calls are dearer.", **PRICES, **values}
    return {name: str(value) for name, value in given.items()}


def test_a_lead_writes_the_first_version_and_finance_signs_it_by_pages_alone(
    plant: Plant, pilot: Pilot
) -> None:
    with tenant(plant.cast.acme):
        bare = plant.pilot("Bare", lead=plant.cast.lead)
    home = f"/t/acme/pilots/{bare.code}/cost/"
    lead, finance = signed_in(plant.cast.lead), signed_in(plant.cast.reviewer)

    empty = words(lead.get(home))
    written = lead.post(f"{home}edit/", form(version=0))
    offered = words(finance.get(home))
    signed = finance.post(f"{home}sign/", {"version": 1})

    assert "What Bare costs at full volume is not written down." in empty
    assert (written.status_code, signed.status_code) == (302, 302)
    assert "Finance has not signed version 1. It can be signed by Reviewer" in offered
    assert "Sign it" in offered
    page = words(signed_in(plant.cast.reader).get(home))
    assert "Bare pays at full volume, at three times the unit cost too." in page
    assert "Reviewer signed version 1 for Finance" in page
    assert "Write the next version" not in page


def test_the_page_tells_a_year_at_one_two_and_three_times_the_unit_cost(
    plant: Plant, pilot: Pilot
) -> None:
    page = read(plant.cast.reader)

    assert "A year at 10,000,000 items" in page
    assert "Labour replaced measured €1,200,000 €1,200,000 €1,200,000" in page
    assert "Errors cost more measured -€150,000 -€150,000 -€150,000" in page
    assert "Calls of the AI measured -€150,000 -€300,000 -€450,000" in page
    assert "Overhead estimated -€180,000 -€180,000 -€180,000" in page
    assert "Left a year estimated €720,000 €570,000 €420,000" in page
    assert "Left an item estimated €0.072 €0.057 €0.042" in page
    assert "Cost a year estimated -€330,000 -€480,000 -€630,000" in page
    assert "2,000,000 items a year, 8,000 a day 2,400,000 items a year, 9,600 a day" in page
    assert "40,000 at 3 sites together" in page


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"labour_minutes": Decimal(0), "errors_after": 10}, "does not pay at full volume."),
        ({"labour_minutes": Decimal(0)}, "never: an item costs more than it saves"),
        ({"cost_per_call": Decimal("0.07")}, "never: an item leaves nothing"),
        ({"overhead": Decimal(0)}, "the first item"),
        ({"items_per_day": Decimal(0)}, "Left an item estimated - - -"),
        ({"counted": "each"}, "40,000 at each of 3 sites: 120,000 together"),
        ({"sites": 1}, "40,000 at one site"),
        ({"errors_before": Decimal(40)}, "Errors cost less measured €150,000"),
        (TOO_DEAR, "pays at full volume, but not at three times the unit cost."),
    ],
)
def test_each_border_is_said_in_words(
    plant: Plant, pilot: Pilot, values: dict[str, Any], said: str
) -> None:
    with tenant(plant.cast.acme):
        price(plant, pilot, **{"version": 1, "note": "N", **values})

    page = read(plant.cast.reader)

    assert said in page


def test_a_version_that_was_replaced_can_still_be_seen(plant: Plant, pilot: Pilot) -> None:
    with tenant(plant.cast.acme):
        price(plant, pilot, **DEARER)

    page = read(plant.cast.reader, "?version=1")

    assert "Version 1 of what Late orders costs was replaced." in page
    assert "This is version 1. Version 2 stands now." in page
    assert "Reviewer signed version 1 for Finance" in page
    assert "Calls of the AI measured -€150,000" in page
    assert "Calls are dearer." in page


@pytest.mark.parametrize("asked", ["9", "0", "x", "", "-1"])
def test_a_version_that_is_none_has_no_page(plant: Plant, pilot: Pilot, asked: str) -> None:
    assert signed_in(plant.cast.reader).get(f"{HOME}?version={asked}").status_code == 404


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"items_per_day": ""}, "Fill this in."),
        ({"items_per_day": "many"}, "This is not a number"),
        ({"items_per_day": "-1"}, "This is at least 0."),
        ({"items_per_day": "NaN"}, "This is not a number"),
        ({"items_per_day": "9" * 12}, "This is at most 1000000000."),
        ({"cost_per_call": "0.000000001"}, "At most 8 digits fit behind the point."),
        ({"overhead": "2,500"}, "can be read two ways"),
        ({"overhead_basis": ""}, "Choose one."),
        ({"counted": "some"}, "is not one of the choices"),
        ({"sites": "0"}, "This is at least 1."),
        ({"days_per_year": "367"}, "This is at most 366."),
        ({"note": "", "overhead": "1"}, "Say what changed."),
    ],
)
def test_a_bad_answer_is_named_at_its_field_and_nothing_is_lost(
    plant: Plant, pilot: Pilot, values: dict[str, str], said: str
) -> None:
    done = signed_in(plant.cast.lead).post(f"{HOME}edit/", form(hourly_rate="36.55", **values))

    assert done.status_code == 422
    assert said in words(done)
    assert 'value="36.55"' in done.content.decode()
    with tenant(plant.cast.acme):
        assert CostModel.objects.count() == 1


def test_the_largest_answers_that_fit_are_shown(plant: Plant, pilot: Pilot) -> None:
    most = form(
        items_per_day=10**9,
        counted="each",
        sites=1000,
        days_per_year=366,
        calls_per_item=10**4,
        cost_per_call=10**6,
        overhead=10**12,
        labour_minutes=10**5,
        hourly_rate=10**5,
        errors_before=10**9,
        errors_after="0.01",
    )

    done = signed_in(plant.cast.lead).post(f"{HOME}edit/", most)

    assert done.status_code == 302, words(done)
    assert "does not pay at full volume" in read(plant.cast.reader)
    assert signed_in(plant.cast.reader).get("/t/acme/pilots/P-01/gates/cost/").status_code == 200


def test_a_stale_form_is_answered_with_409_and_both_are_shown(plant: Plant, pilot: Pilot) -> None:
    with tenant(plant.cast.acme):
        price(plant, pilot, **DEARER)
    client = signed_in(plant.cast.lead)

    stale = client.post(f"{HOME}edit/", form(cost_per_call="0.02"))
    again = client.post(f"{HOME}edit/", form(version=2, cost_per_call="0.02"))

    assert stale.status_code == 409
    assert "changed by someone else" in words(stale)
    assert "By now this is: 0.03." in words(stale)
    assert 'value="0.02"' in stale.content.decode()
    assert 'name="version" value="2"' in stale.content.decode()
    assert again.status_code == 302


def test_a_signature_of_a_version_that_was_replaced_meanwhile_is_no_signature(
    plant: Plant, pilot: Pilot
) -> None:
    with tenant(plant.cast.acme):
        price(plant, pilot, **DEARER)

    stale = signed_in(plant.cast.reviewer).post(f"{HOME}sign/", {"version": 1, "reason": "R"})

    assert stale.status_code == 409
    assert "Read the version that is there by now" in words(stale)
    with tenant(plant.cast.acme):
        assert CostSignature.objects.count() == 1


def test_signing_what_does_not_pay_asks_for_a_reason(plant: Plant, pilot: Pilot) -> None:
    with tenant(plant.cast.acme):
        price(plant, pilot, **DEARER)
    client = signed_in(plant.cast.reviewer)

    shown = words(client.get(f"{HOME}sign/"))
    without = client.post(f"{HOME}sign/", {"version": 2, "reason": ""})
    done = client.post(f"{HOME}sign/", {"version": 2, "reason": "A fixed price."})

    assert "It does not pay at three times the unit cost." in shown
    assert (without.status_code, done.status_code) == (422, 302)
    assert "Fill this in." in words(without)
    assert "“A fixed price.”" in read(plant.cast.reader)


def test_who_is_not_of_finance_is_told_who_signs(plant: Plant, pilot: Pilot) -> None:
    with tenant(plant.cast.acme):
        price(plant, pilot, **DEARER)
        plant.cast.reviewer.functions = ["legal"]
        plant.cast.reviewer.save()
    client = signed_in(plant.cast.reviewer)

    page = words(client.get(f"{HOME}sign/", follow=True))
    sent = client.post(f"{HOME}sign/", {"version": 2, "reason": "R"})

    assert "a gate reviewer whose functions include Finance" in page
    assert "Nobody here reviews gates for Finance" in page
    assert "Sign it" not in page
    assert sent.status_code == 422
    assert "a gate reviewer whose functions include Finance" in words(sent)


def test_a_signed_version_is_not_signed_again(plant: Plant, pilot: Pilot) -> None:
    client = signed_in(plant.cast.reviewer)

    assert "This version is signed already." in words(client.get(f"{HOME}sign/", follow=True))
    assert client.post(f"{HOME}sign/", {"version": 1}).status_code == 422


@pytest.mark.parametrize(
    ("who", "path", "status"),
    [
        ("reader", "edit/", 403),
        ("reviewer", "edit/", 403),
        ("coo", "edit/", 403),
        ("lead", "sign/", 403),
        ("coo", "sign/", 403),
        ("stranger", "", 404),
        ("stranger", "edit/", 404),
        ("stranger", "sign/", 404),
    ],
)
def test_a_page_is_for_those_who_may(
    plant: Plant, pilot: Pilot, who: str, path: str, status: int
) -> None:
    assert signed_in(getattr(plant.cast, who)).get(f"{HOME}{path}").status_code == status


def test_a_lead_who_reviews_for_finance_does_not_sign_the_own_pilots_cost(
    plant: Plant, pilot: Pilot
) -> None:
    with tenant(plant.cast.acme):
        plant.cast.lead.roles = ["lead", "reviewer"]
        plant.cast.lead.save()
        let_sign_for_finance(plant.cast.lead)

    assert signed_in(plant.cast.lead).get(f"{HOME}sign/").status_code == 403
    assert "Sign it" not in read(plant.cast.lead)


def test_an_archived_pilots_cost_is_read_only(plant: Plant, pilot: Pilot) -> None:
    with tenant(plant.cast.acme):
        price(plant, pilot, **DEARER)
        portfolio.archive_pilot(pilot=pilot, by=plant.cast.admin, now=plant.now)
    lead, finance = signed_in(plant.cast.lead), signed_in(plant.cast.reviewer)

    pages = [read(plant.cast.lead), read(plant.cast.reviewer)]
    sent = lead.post(f"{HOME}edit/", form(version=2))
    signed = finance.post(f"{HOME}sign/", {"version": 2, "reason": "R"})

    assert all("Write the next version" not in page for page in pages)
    assert all("Sign it" not in page for page in pages)
    assert (sent.status_code, signed.status_code) == (422, 422)
    assert "archived" in words(sent)
    assert lead.get(f"{HOME}edit/").status_code == 200


def test_the_gate_links_each_fact_to_the_page(plant: Plant, pilot: Pilot) -> None:
    page = signed_in(plant.cast.reader).get("/t/acme/pilots/P-01/gates/cost/").content.decode()

    assert page.count(f'href="{HOME}"') == 3
