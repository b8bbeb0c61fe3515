"""The pages of what gates ask: everybody reads them, an admin alone adds."""

from __future__ import annotations

from dataclasses import replace
from html import unescape
from typing import Any

import pytest
from django.utils.html import strip_tags

from common.tenancy.context import tenant
from portfolio.models import Pilot
from tests.conftest import signed_in
from tests.gates.plant import made, name, pilot, plant
from tests.gates.test_templates import BUILT_IN, OURS, add, change, codes
from tests.plant import Plant
from tests.queries import check_count, counted

__all__ = ["made", "pilot", "plant"]  # fixtures

HOME = "/t/acme/settings/gates/"
SENT = {
    "text": "The works council has agreed",
    "check": "evidence",
    "valid_days": "365",
    "mandatory": "on",
    "reason": "Agreed with the council in May.",
}


def words(response: Any) -> str:
    page = response.content.decode().replace("<", " <")
    return " ".join(unescape(strip_tags(page)).split())


def test_an_admin_adds_rewords_and_retires_by_pages_alone(plant: Plant) -> None:
    client = signed_in(plant.cast.admin)
    added = client.post(f"{HOME}data/new/", {**SENT, "version": 1}, follow=True)
    clearer = {**SENT, "text": "The council agreed", "version": 2, "reason": "Shorter."}
    reworded = client.post(f"{HOME}data/criteria/own_1/", clearer, follow=True)
    gone = {"reason": "Done.", "version": 3}
    retired = client.post(f"{HOME}data/criteria/own_1/retire/", gone, follow=True)

    assert "Data: version 2" in words(added)
    assert "The works council has agreed a file, a link or a note 365 days your own" in words(added)
    assert "The council agreed" in words(reworded)
    assert "Data: version 4" in words(retired)
    assert "Version 4" in words(retired)
    assert "Admin: “Done.”" in words(retired)
    assert "The council agreed" not in words(retired)


def test_a_number_is_asked_with_its_limit(plant: Plant) -> None:
    client = signed_in(plant.cast.admin)
    number = {**SENT, "check": "number", "side": "le", "limit": "2.5", "unit": "%", "version": 1}

    without = client.post(f"{HOME}data/new/", {**number, "limit": ""})
    contradicts = client.post(f"{HOME}data/new/", {**number, "check": "evidence"})
    done = client.post(f"{HOME}data/new/", number, follow=True)

    assert (without.status_code, contradicts.status_code) == (422, 422)
    assert "Give the limit." in words(without)
    assert "leave the limit out" in words(contradicts)
    assert "a number ≤ 2.5 %" in words(done)


def test_a_stale_form_shows_both_versions(plant: Plant) -> None:
    with tenant(plant.cast.acme):
        add(plant)
        change(plant, asked=replace(OURS, text="The council agreed in writing"))

    stale = signed_in(plant.cast.admin).post(
        f"{HOME}data/criteria/own_1/", {**SENT, "text": "The council said yes", "version": 2}
    )

    assert stale.status_code == 409
    assert "By now version 3 is there: “Clearer.”" in words(stale)
    assert "By now this is: The council agreed in writing." in words(stale)
    assert 'value="The council said yes"' in stale.content.decode()


@pytest.mark.parametrize(
    "who", ["coo", "sponsor", "lead", "reviewer", "owner", "operator", "reader"]
)
def test_everybody_reads_what_gates_ask_and_an_admin_alone_adds_to_it(
    plant: Plant, who: str
) -> None:
    client = signed_in(getattr(plant.cast, who))

    read = [client.get(HOME).status_code, client.get(f"{HOME}data/").status_code]
    refused = client.post(f"{HOME}data/new/", {**SENT, "version": 1})

    assert read == [200, 200]
    assert refused.status_code == 403
    assert "Add to it" not in words(client.get(f"{HOME}data/"))
    with tenant(plant.cast.acme):
        assert codes() == BUILT_IN


def test_another_tenant_finds_nothing(plant: Plant) -> None:
    with tenant(plant.cast.acme):
        add(plant)

    client = signed_in(plant.cast.stranger)

    assert client.get(HOME).status_code == 404
    assert client.get("/t/borealis/settings/gates/data/criteria/own_1/").status_code == 404


@pytest.mark.parametrize("criterion", ["production_data", "own_9"])
def test_what_is_none_of_the_companys_own_has_no_form(plant: Plant, criterion: str) -> None:
    client = signed_in(plant.cast.admin)

    assert client.get(f"{HOME}data/criteria/{criterion}/").status_code == 404


def test_the_page_says_how_many_gates_keep_what_they_began_with(plant: Plant, pilot: Pilot) -> None:
    with tenant(plant.cast.acme):
        name(plant, pilot)
        add(plant)

    page = words(signed_in(plant.cast.reader).get(f"{HOME}data/"))

    assert "1 gate began with an older version and keeps it." in page


@pytest.mark.parametrize("count", [2, 20])
def test_the_page_asks_the_same_at_any_number_of_criteria(plant: Plant, count: int) -> None:
    with tenant(plant.cast.acme):
        for number in range(count):
            add(plant, replace(OURS, text=f"Thing {number}"), version=number + 1)
    browser = signed_in(plant.cast.admin)

    _, statements = counted(lambda: browser.get(f"{HOME}data/"))
    _, listed = counted(lambda: browser.get(HOME))

    check_count("gates, settings/gates/<gate>/", statements)
    check_count("gates, settings/gates/", listed)
