"""Pages of a pilot's budget: its split in words, and who may change and confirm what."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

import pytest
from django.utils.html import strip_tags

from common.tenancy.context import tenant
from portfolio import actions
from portfolio.models import BudgetLine, Pilot
from tests.conftest import Cast, signed_in
from tests.plant import Plant

HOME = "/t/acme/pilots/P-01/budget/"
ANSWERS = {
    "phase_class": "hardening",
    "title": "Tests on the line",
    "planned_money": "70000",
    "actual_money": "",
    "planned_hours": "700",
    "actual_hours": "12.5",
}


@pytest.fixture
def plant(cast: Cast) -> Plant:
    with tenant(cast.acme):
        return Plant(cast)


@pytest.fixture
def pilot(plant: Plant) -> Pilot:
    with tenant(plant.cast.acme):
        return plant.pilot(lead=plant.cast.lead, sponsor=plant.cast.sponsor)


def words(response: Any) -> str:
    apart = re.sub(r"<(td|th|p|span|div)\b", r" <\1", response.content.decode())
    return " ".join(strip_tags(apart).split())


def read(who: Any) -> str:
    return words(signed_in(who).get(HOME))


def add(plant: Plant, pilot: Pilot, phase: str, money: int, hours: int = 0, **values: Any) -> Any:
    with tenant(plant.cast.acme):
        return actions.add_budget_line(
            pilot=pilot,
            phase_class=phase,
            title=f"For {phase}",
            planned_money=Decimal(money),
            planned_hours=Decimal(hours),
            by=plant.cast.lead,
            **values,
        )


def test_a_lead_writes_a_budget_and_the_sponsor_confirms_it_by_pages_alone(
    plant: Plant, pilot: Pilot
) -> None:
    lead, sponsor = signed_in(plant.cast.lead), signed_in(plant.cast.sponsor)
    empty = words(lead.get(HOME))

    added = lead.post(f"{HOME}new/", ANSWERS)
    key = re.search(rf"{HOME}([0-9a-f-]{{36}})/", lead.get(HOME).content.decode())
    assert key is not None
    before = read(plant.cast.reader)
    confirmed = sponsor.post(f"{HOME}{key[1]}/fund/", {"version": 1}, follow=True)

    assert "No budget is written down." in empty
    assert added.status_code == 302, words(added)
    assert "€0 of €70K planned is spent." in before
    assert "The production budget is not funded: 0 of 1 line is confirmed." in before
    assert "Tests on the line is confirmed as funded." in words(confirmed)
    after = read(plant.cast.reader)
    assert "The production budget is funded: who pays confirmed each line of it." in after
    assert "Sponsor," in after
    taken = sponsor.post(f"{HOME}{key[1]}/unfund/", {"version": 2}, follow=True)
    assert "Tests on the line is not funded any more." in words(taken)


def test_a_plan_of_nothing_but_concept_is_told_what_it_forgets(plant: Plant, pilot: Pilot) -> None:
    add(plant, pilot, "poc", 60_000, 31)
    add(plant, pilot, "integration", 40_000, 69)

    page = read(plant.cast.reader)

    assert (
        "The proof of concept takes 60.0 % of the planned money and 31.0 % of the planned"
        " hours; more than 30 % leaves too little for the rest." in page
    )
    assert "Nothing is planned for hardening, monitoring, run:" in page


def test_exactly_thirty_per_cent_and_a_full_plan_is_no_warning(plant: Plant, pilot: Pilot) -> None:
    add(plant, pilot, "poc", 30_000, 30)
    for phase in ("hardening", "integration", "monitoring"):
        add(plant, pilot, phase, 20_000, 20)
    add(plant, pilot, "run", 10_000, 10)

    page = read(plant.cast.reader)

    assert "30.0 %" in page
    assert "The proof of concept takes" not in page
    assert "Nothing is planned for" not in page


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"phase_class": ""}, "Choose one."),
        ({"title": ""}, "Fill this in."),
        ({"planned_money": "-1"}, "This is at least 0."),
        ({"planned_money": "much"}, "This is not a number"),
        ({"planned_money": "70,000"}, "can be read two ways"),
        ({"actual_money": "0.001"}, "At most 2 digits fit behind the point."),
        ({"planned_hours": "99999999"}, "This is at most 10000000."),
    ],
)
def test_a_bad_answer_is_named_at_its_field_and_nothing_is_lost(
    plant: Plant, pilot: Pilot, values: dict[str, str], said: str
) -> None:
    done = signed_in(plant.cast.lead).post(f"{HOME}new/", {**ANSWERS, **values})

    assert done.status_code == 422
    assert said in words(done)
    assert 'value="12.5"' in done.content.decode()
    with tenant(plant.cast.acme):
        assert not BudgetLine.objects.exists()


def test_a_stale_form_is_answered_with_409_and_both_are_shown(plant: Plant, pilot: Pilot) -> None:
    row = add(plant, pilot, "run", 500)
    client = signed_in(plant.cast.lead)
    client.post(f"{HOME}{row.pk}/", {**ANSWERS, "version": 1})

    stale = client.post(f"{HOME}{row.pk}/", {**ANSWERS, "planned_money": "9", "version": 1})

    assert stale.status_code == 409
    assert "By now this is: 70000." in words(stale)
    assert 'value="9"' in stale.content.decode()


@pytest.mark.parametrize("version", ["1", "", "x", "-2", "9" * 30])
def test_a_press_beside_an_amount_that_changed_confirms_nothing(
    plant: Plant, pilot: Pilot, version: str
) -> None:
    row = add(plant, pilot, "run", 500)
    signed_in(plant.cast.lead).post(f"{HOME}{row.pk}/", {**ANSWERS, "version": 1})

    done = signed_in(plant.cast.sponsor).post(
        f"{HOME}{row.pk}/fund/", {"version": version}, follow=True
    )

    assert "This was changed by someone else since you opened it." in words(done)
    with tenant(plant.cast.acme):
        assert BudgetLine.objects.get().funded_at is None


def test_a_line_is_archived_and_brought_back(plant: Plant, pilot: Pilot) -> None:
    row = add(plant, pilot, "run", 500)
    client = signed_in(plant.cast.lead)

    gone = client.post(f"{HOME}{row.pk}/archive/", {"version": 1}, follow=True)
    back = client.post(f"{HOME}{row.pk}/restore/", {"version": 2}, follow=True)

    assert "For run is archived." in words(gone)
    assert "Archived lines" in words(gone)
    assert "For run is back." in words(back)
    assert "Archived lines" not in words(back)


def test_a_line_into_which_money_went_is_not_archived(plant: Plant, pilot: Pilot) -> None:
    row = add(plant, pilot, "run", 500, actual_money=Decimal(1))

    done = signed_in(plant.cast.lead).post(f"{HOME}{row.pk}/archive/", {"version": 1}, follow=True)

    assert "Money or hours went into this line, so it stays." in words(done)


@pytest.mark.parametrize(
    ("who", "verb", "status"),
    [
        ("reader", "archive", 403),
        ("sponsor", "archive", 403),
        ("lead", "fund", 403),
        ("admin", "fund", 403),
        ("reviewer", "unfund", 403),
        ("stranger", "fund", 404),
        ("coo", "fund", 302),
        ("admin", "archive", 302),
    ],
)
def test_a_press_is_for_those_who_may(
    plant: Plant, pilot: Pilot, who: str, verb: str, status: int
) -> None:
    row = add(plant, pilot, "run", 500)

    done = signed_in(getattr(plant.cast, who)).post(f"{HOME}{row.pk}/{verb}/", {"version": 1})

    assert done.status_code == status


def test_a_line_of_another_pilot_is_none_of_this_one(plant: Plant, pilot: Pilot) -> None:
    with tenant(plant.cast.acme):
        other = plant.pilot("Other", lead=plant.cast.lead)
    row = add(plant, other, "run", 500)

    assert signed_in(plant.cast.lead).get(f"{HOME}{row.pk}/").status_code == 404


def test_an_archived_pilots_budget_is_read_only(plant: Plant, pilot: Pilot) -> None:
    row = add(plant, pilot, "run", 500)
    with tenant(plant.cast.acme):
        actions.archive_pilot(pilot=pilot, by=plant.cast.admin, now=plant.now)

    pages = [read(plant.cast.lead), read(plant.cast.sponsor)]
    sent = signed_in(plant.cast.lead).post(f"{HOME}{row.pk}/", {**ANSWERS, "version": 1})

    assert all("Add a line" not in page for page in pages)
    assert all("Confirm as funded" not in page for page in pages)
    assert sent.status_code == 422
