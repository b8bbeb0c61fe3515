"""Advisers on the pages of a gate, on its record and over the API."""

from __future__ import annotations

from html import unescape
from typing import Any

import msgspec
import pytest
from django.utils.html import strip_tags

from common.tenancy.context import tenant
from gates import actions
from gates.api import GateAnswer
from gates.models import Advice, Adviser
from gates.rules.advice import Stance
from gates.rules.states import Code
from portfolio import actions as portfolio
from portfolio.models import Part, Pilot, PilotParty
from tenants.models import Membership
from tests.api import Api
from tests.conftest import signed_in
from tests.gates.plant import made, pilot, plant, submitted
from tests.gates.test_advice import ask, say, take_off
from tests.plant import Plant
from tests.queries import check_count, counted

__all__ = ["made", "pilot", "plant"]  # fixtures

HOME = "/t/acme/pilots/P-01/gates/data/"


def words(response: Any) -> str:
    page = response.content.decode().replace("<", " <")
    return " ".join(unescape(strip_tags(page)).split())


def read(who: Any, path: str = "") -> str:
    return words(signed_in(who).get(f"{HOME}{path}"))


def post(who: Any, path: str, **answer: Any) -> Any:
    return signed_in(who).post(f"{HOME}{path}", answer)


def told(plant: Plant, pilot: Pilot, **values: Any) -> None:
    """Submit the gate and let the reader advise on it."""
    with tenant(plant.cast.acme):
        ask(plant, pilot, plant.cast.reader)
        submitted(plant, pilot)
        say(plant, pilot, plant.cast.reader, **values)


def test_a_lead_asks_somebody_who_advises_and_the_decider_reads_it_by_pages_alone(
    plant: Plant, pilot: Pilot
) -> None:
    reader = plant.cast.reader
    named = post(plant.cast.lead, "advisers/new/", adviser=str(reader.pk))
    with tenant(plant.cast.acme):
        submitted(plant, pilot)
    offered = read(reader)

    advised = post(reader, "advice/", version=2, stance="against", reason="Where is line 2?")

    assert (named.status_code, advised.status_code) == (302, 302)
    assert "Who advises One person decides; advice blocks nothing. Reader No advice yet" in offered
    assert "Reader decides" not in offered
    page = read(plant.cast.reviewer)
    assert "Reader Against passing it Where is line 2?" in page
    assert "Reader advised against passing it: “Where is line 2?”" in page
    assert "Pass the gate" in page


def test_an_adviser_is_offered_to_advise_while_the_gate_waits_and_nobody_else(
    plant: Plant, pilot: Pilot
) -> None:
    link = f'href="{HOME}advice/"'
    with tenant(plant.cast.acme):
        ask(plant, pilot, plant.cast.reader)
    before = signed_in(plant.cast.reader).get(HOME).content.decode()
    with tenant(plant.cast.acme):
        submitted(plant, pilot)

    assert link not in before
    assert link in signed_in(plant.cast.reader).get(HOME).content.decode()
    for who in (plant.cast.coo, plant.cast.reviewer, plant.cast.lead):
        assert link not in signed_in(who).get(HOME).content.decode()


def test_who_may_not_advise_finds_the_reason_and_no_form(plant: Plant, pilot: Pilot) -> None:
    with tenant(plant.cast.acme):
        ask(plant, pilot, plant.cast.reader)
    early = signed_in(plant.cast.reader).get(f"{HOME}advice/")
    with tenant(plant.cast.acme):
        submitted(plant, pilot)
        actions.send_back(
            pilot=pilot,
            code=Code.DATA,
            step=2,
            reason="Not yet.",
            by=plant.cast.reviewer,
            now=plant.now,
        )
    late = signed_in(plant.cast.reader).get(f"{HOME}advice/")
    with tenant(plant.cast.acme):
        actions.submit_gate(pilot=pilot, code=Code.DATA, step=3, by=plant.cast.lead, now=plant.now)

    for found in (early, late):
        assert "The gate waits for no decision: there is nothing to advise." in words(found)
        assert "<textarea" not in found.content.decode()
    for who in (plant.cast.coo, plant.cast.reviewer):
        found = signed_in(who).get(f"{HOME}advice/")
        assert "You are not asked to advise on this gate." in words(found)
        assert "<textarea" not in found.content.decode()
    assert signed_in(plant.cast.lead).get(f"{HOME}advice/").status_code == 403
    assert "<textarea" in signed_in(plant.cast.reader).get(f"{HOME}advice/").content.decode()


def test_the_form_begins_with_what_the_adviser_said_and_the_newer_word_stands(
    plant: Plant, pilot: Pilot
) -> None:
    told(plant, pilot)
    form = signed_in(plant.cast.reader).get(f"{HOME}advice/").content.decode()

    post(plant.cast.reader, "advice/", version=2, stance="for", reason="It is there.")

    assert "Too thin.</textarea>" in form
    page = read(plant.cast.reader)
    assert "Reader For passing it It is there." in page
    assert "Reader advised to pass it: “It is there.”" in page
    assert "Reader advised against passing it: “Too thin.”" in page


def test_advice_without_a_stance_or_a_reason_is_asked_for_it(plant: Plant, pilot: Pilot) -> None:
    with tenant(plant.cast.acme):
        ask(plant, pilot, plant.cast.reader)
        submitted(plant, pilot)

    done = post(plant.cast.reader, "advice/", version=2, reason="")

    assert done.status_code == 422
    with tenant(plant.cast.acme):
        assert not Advice.objects.exists()


def test_advice_behind_a_decision_is_told_so_and_kept_on_the_page(
    plant: Plant, pilot: Pilot
) -> None:
    with tenant(plant.cast.acme):
        ask(plant, pilot, plant.cast.reader)
        submitted(plant, pilot)
        actions.pass_gate(
            pilot=pilot, code=Code.DATA, step=2, by=plant.cast.reviewer, now=plant.now
        )

    done = post(plant.cast.reader, "advice/", version=2, stance="for", reason="It is there.")

    assert done.status_code == 409
    assert "Read how the gate stands by now." in words(done)
    assert "It is there.</textarea>" in done.content.decode()


def test_nobody_is_offered_twice_nor_its_decider_nor_who_leads_or_led_it(
    plant: Plant, pilot: Pilot
) -> None:
    with tenant(plant.cast.acme):
        ask(plant, pilot, plant.cast.reader)
        submitted(plant, pilot)
        PilotParty.objects.create(
            pilot=pilot, person_id=plant.cast.owner.person_id, part=Part.LEAD, ended_at=plant.now
        )

    page = signed_in(plant.cast.lead).get(f"{HOME}advisers/new/").content.decode()

    assert f'value="{plant.cast.coo.pk}"' in page
    for who in (plant.cast.reader, plant.cast.reviewer, plant.cast.lead, plant.cast.owner):
        assert f'value="{who.pk}"' not in page


def test_the_decider_takes_an_adviser_off_and_what_they_said_stays_to_be_read(
    plant: Plant, pilot: Pilot
) -> None:
    told(plant, pilot)
    with tenant(plant.cast.acme):
        key = Adviser.objects.get().pk

    done = signed_in(plant.cast.reviewer).post(f"{HOME}advisers/{key}/remove/", follow=True)

    assert "Reader is asked no more." in words(done)
    assert "Reader Against passing it (asked no more) Too thin." in words(done)


def test_a_lead_takes_off_whom_they_named_and_nobody_whom_the_decider_named(
    plant: Plant, pilot: Pilot
) -> None:
    cast = plant.cast
    with tenant(cast.acme):
        submitted(plant, pilot)
        own = ask(plant, pilot, cast.coo)
        named = ask(plant, pilot, cast.reader, by=cast.reviewer)
    pages = {
        who: signed_in(getattr(cast, who)).get(HOME).content.decode()
        for who in ("lead", "reviewer", "admin", "coo")
    }

    refused = signed_in(cast.lead).post(f"{HOME}advisers/{named.pk}/remove/", follow=True)

    offered = {
        who: tuple(f"advisers/{one.pk}/remove/" in page for one in (own, named))
        for who, page in pages.items()
    }
    assert offered == {
        "lead": (True, False),
        "reviewer": (True, True),
        "admin": (True, True),
        "coo": (False, False),
    }
    assert "Reviewer asked Reader: they, the gate's decider or an admin may" in words(refused)
    with tenant(cast.acme):
        named.refresh_from_db()
        assert named.ended_at is None
        assert take_off(plant, pilot, named, by=cast.admin).ended_by == cast.admin


def test_an_adviser_who_left_or_leads_the_pilot_by_now_shows_as_such(
    plant: Plant, pilot: Pilot
) -> None:
    told(plant, pilot)
    with tenant(plant.cast.acme):
        ask(plant, pilot, plant.cast.coo)
        Membership.objects.filter(pk=plant.cast.reader.pk).update(removed_at=plant.now)
        PilotParty.objects.create(
            pilot=pilot, person_id=plant.cast.coo.person_id, part=Part.LEAD, ended_at=plant.now
        )

    page = read(plant.cast.reviewer)

    assert "Reader Against passing it (no member any more) Too thin." in page
    assert "Coo No advice yet (leads or led the pilot, and is asked no more)" in page


@pytest.mark.parametrize(
    ("stance", "said"),
    [
        (Stance.FOR, "For passing it"),
        (Stance.AGAINST, "Against passing it"),
        (Stance.REMARK, "A remark"),
    ],
)
def test_the_record_of_a_decision_prints_the_advice_that_stood_under_the_names_of_then(
    plant: Plant, pilot: Pilot, stance: Stance, said: str
) -> None:
    told(plant, pilot, stance=stance)
    with tenant(plant.cast.acme):
        actions.pass_gate(
            pilot=pilot, code=Code.DATA, step=2, by=plant.cast.reviewer, now=plant.now
        )
        person = plant.cast.reader.person
        person.name = "Somebody else"
        person.save(update_fields=["name"])

    assert f"What advisers said Reader {said} Too thin." in read(plant.cast.coo, "record/")
    assert "What advisers said" not in read(plant.cast.coo, "record/?step=1")


def test_nothing_is_offered_where_the_pilot_is_archived(plant: Plant, pilot: Pilot) -> None:
    told(plant, pilot)
    with tenant(plant.cast.acme):
        portfolio.archive_pilot(pilot=pilot, by=plant.cast.admin, now=plant.now)

    assert "Ask somebody to advise" not in read(plant.cast.lead)
    assert f'href="{HOME}advice/"' not in signed_in(plant.cast.reader).get(HOME).content.decode()
    done = post(plant.cast.reader, "advice/", version=2, stance="for", reason="It is there.")
    assert "archived" in words(done)
    with tenant(plant.cast.acme):
        assert Advice.objects.count() == 1


def test_an_adviser_of_another_pilot_is_not_there(plant: Plant, pilot: Pilot) -> None:
    with tenant(plant.cast.acme):
        key = ask(plant, pilot, plant.cast.reader, code=Code.COST).pk

    assert post(plant.cast.lead, f"advisers/{key}/remove/").status_code == 404


def test_the_api_tells_who_advises_what_stands_and_what_each_decision_kept(
    plant: Plant, pilot: Pilot
) -> None:
    told(plant, pilot)
    with tenant(plant.cast.acme):
        say(plant, pilot, plant.cast.reader, stance=Stance.FOR, reason="It is there.")
        take_off(plant, pilot, Adviser.objects.get())
        ask(plant, pilot, plant.cast.coo)
        actions.pass_gate(
            pilot=pilot, code=Code.DATA, step=2, by=plant.cast.reviewer, now=plant.now
        )

    answer = Api(plant.cast.api_reader).get("pilots/P-01/gates/data/")

    msgspec.json.decode(answer.content, type=GateAnswer)
    found = answer.json()
    coo, reader = found["gate"]["advisers"]
    assert (coo["name"], coo["asked"], coo["left"], coo["advice"]) == ("Coo", True, False, None)
    assert (reader["asked"], reader["advice"]["stance"]) == (False, "for")
    assert [(one["stance"], one["step"]) for one in found["advice"]] == [("for", 1), ("against", 1)]
    passed, asked = found["steps"]
    assert [(one["by"], one["stance"]) for one in passed["advice"]] == [("Reader", "for")]
    assert asked["advice"] == []


def test_no_token_advises(plant: Plant, pilot: Pilot) -> None:
    assert Api(plant.cast.api_reader).post("pilots/P-01/gates/data/advice/", {}).status_code == 404


@pytest.mark.parametrize("count", [1, 5])
def test_the_page_of_a_gate_asks_the_same_at_any_number_of_advisers(
    plant: Plant, pilot: Pilot, count: int
) -> None:
    cast = plant.cast
    with tenant(cast.acme):
        people = [cast.reader, cast.coo, cast.admin, cast.sponsor, cast.operator][:count]
        for who in people:
            ask(plant, pilot, who)
        submitted(plant, pilot)
        for who in people:
            for reason in ("One.", "Two."):
                say(plant, pilot, who, reason=reason)
    browser = signed_in(cast.reader)

    _, statements = counted(lambda: browser.get(HOME))

    check_count("gates, one gate", statements)
