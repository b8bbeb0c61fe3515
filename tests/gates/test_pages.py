"""Pages of the gates: what they say, who may do what, and what a stale or bad form is told."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.utils.html import strip_tags

from common import formats
from common.tenancy.context import tenant
from gates import actions, queries
from gates.rules.first import FIRST
from gates.rules.states import Code, State
from portfolio.models import Pilot, PilotParty
from tenants.models import Membership
from tests.conftest import signed_in
from tests.gates.plant import all_passed, bring, made, name, passed, pilot, plant, submitted
from tests.gates.walker import begun
from tests.plant import Plant
from tests.queries import counted

__all__ = ["made", "pilot", "plant"]  # fixtures

HOME = "/t/acme/pilots/P-01/gates/"


def words(response: Any) -> str:
    return " ".join(strip_tags(response.content.decode()).split())


def read(who: Any, path: str = "") -> str:
    return words(signed_in(who).get(f"{HOME}{path}"))


def post(who: Any, path: str, **answer: Any) -> Any:
    return signed_in(who).post(f"{HOME}{path}", answer)


def sign(who: Any, path: str, **answer: Any) -> Any:
    """Open the page of a step and send its form, filled in."""
    client = signed_in(who)
    return client.post(f"{HOME}{path}", begun(client, f"{HOME}{path}") | answer)


def state(plant: Plant, pilot: Pilot, code: Code = Code.DATA) -> State:
    with tenant(plant.cast.acme):
        return queries.get_seen(pilot, code, now=plant.now).state


def test_a_lead_and_a_reviewer_bring_a_gate_through_by_pages_alone(
    plant: Plant, pilot: Pilot
) -> None:
    lead, reviewer = plant.cast.lead, plant.cast.reviewer
    day = plant.today.isoformat()
    post(lead, "ownership/decider/", version=1, decider=str(reviewer.pk), due_date="")
    done = post(
        lead,
        "ownership/criteria/retraining/",
        kind="link",
        title="When it is trained anew",
        url="https://docs.plant.example/training",
        captured_on=day,
    )
    assert done.status_code == 302, words(done)

    submitted = post(lead, "ownership/submit/", version=1)
    decided = sign(reviewer, "ownership/pass/")

    assert (submitted.status_code, decided.status_code) == (302, 302)
    assert state(plant, pilot, Code.OWNERSHIP) is State.PASSED
    page = read(plant.cast.reader, "ownership/")
    assert "Passed" in page
    assert "It holds until" in page
    assert "RReviewer passed it, until" in page  # initials, then the name


def test_the_page_of_all_six_says_how_many_let_the_pilot_into_production(
    plant: Plant, pilot: Pilot
) -> None:
    with tenant(plant.cast.acme):
        passed(plant, pilot)

    page = read(plant.cast.coo)

    assert "1 of 6 gates let Late orders into production." in page
    assert "Put into production" not in page


def test_an_executive_puts_a_pilot_with_six_gates_into_production(
    plant: Plant, pilot: Pilot
) -> None:
    with tenant(plant.cast.acme):
        all_passed(plant, pilot)
    client = signed_in(plant.cast.coo)
    shown = words(client.get(HOME))

    done = client.post("/t/acme/pilots/P-01/production/", follow=True)

    assert "All six gates let Late orders into production." in shown
    assert "Late orders is in production since" in words(done)
    assert "In production since" in words(client.get("/t/acme/pilots/P-01/"))


def test_the_board_and_the_pilots_page_show_the_strip_in_words(plant: Plant, pilot: Pilot) -> None:
    with tenant(plant.cast.acme):
        passed(plant, pilot)

    for path in ("/t/acme/", "/t/acme/pilots/P-01/"):
        page = signed_in(plant.cast.reader).get(path).content.decode()
        assert 'aria-label="Gates: 1 of 6 passed or waived"' in page
        assert "Data: Passed" in page
        assert "Cost: Not started" in page


def test_the_board_says_by_whom_and_why_a_gate_is_waived(plant: Plant, pilot: Pilot) -> None:
    until = plant.today + timedelta(days=30)
    with tenant(plant.cast.acme):
        actions.waive_gate(
            pilot=pilot,
            code=Code.COST,
            step=1,
            reason="Prices come in May.",
            until=until,
            by=plant.cast.coo,
            now=plant.now,
        )

    page = words(signed_in(plant.cast.reader).get("/t/acme/"))

    assert "1 gate is waived: by whom, why and until when" in page
    assert "Cost, Late orders" in page
    who = plant.cast.coo.person.name
    assert f"Waived until {formats.day(until)}. {who}: “Prices come in May.”" in page


def test_the_board_says_by_whom_and_why_a_gate_was_sent_back_or_opened_again(
    plant: Plant, pilot: Pilot
) -> None:
    with tenant(plant.cast.acme):
        submitted(plant, pilot, Code.COST)
        actions.send_back(
            pilot=pilot,
            code=Code.COST,
            step=2,
            reason="Whose hours?",
            by=plant.cast.reviewer,
            now=plant.now,
        )
        passed(plant, pilot, Code.OWNERSHIP)
        PilotParty.objects.filter(pilot=pilot, part="operator").update(ended_at=plant.now)
        actions.reopen_due(pilot=pilot, now=plant.now)

    page = words(signed_in(plant.cast.reader).get("/t/acme/"))

    assert "2 gates were sent back or opened again: by whom and why" in page
    assert "Changes requested. Reviewer: “Whose hours?”" in page
    assert "Reopened. Week Twelve: “" in page
    assert "No operator is named." in page


def test_a_stale_form_is_answered_with_409_and_how_the_gate_stands_by_now(
    plant: Plant, pilot: Pilot
) -> None:
    with tenant(plant.cast.acme):
        passed(plant, pilot)

    stale = post(plant.cast.reviewer, "data/send-back/", version=2, reason="One shift only.")

    assert stale.status_code == 409
    assert "One shift only." in words(stale)
    assert "changed by someone else" in words(stale)
    assert "By now Reviewer passed it, until" in words(stale)
    assert state(plant, pilot) is State.PASSED


def test_a_stale_form_about_who_decides_shows_both_answers(plant: Plant, pilot: Pilot) -> None:
    with tenant(plant.cast.acme):
        second = Membership.objects.get(pk=plant.cast.reader.pk)
        second.roles = ["reviewer"]
        second.save(update_fields=["roles"])
        name(plant, pilot)

    stale = post(
        plant.cast.lead, "data/decider/", version=1, decider=str(second.pk), due_date="2026-12-24"
    )

    assert stale.status_code == 409
    assert "By now this is: Reviewer." in words(stale)
    page = stale.content.decode()
    assert f'value="{second.pk}" selected' in page
    assert 'value="2026-12-24"' in page


@pytest.mark.parametrize(
    ("who", "path", "answer", "status"),
    [
        ("reader", "data/submit/", {"version": 1}, 403),
        ("sponsor", "data/submit/", {"version": 1}, 403),
        ("lead", "data/pass/", {"version": 2}, 403),
        ("coo", "data/pass/", {"version": 2}, 403),
        ("reviewer", "data/waive/", {"version": 1, "reason": "R", "until": "2030-01-01"}, 403),
        ("stranger", "data/", {}, 404),
    ],
)
def test_a_step_is_for_those_who_may(
    plant: Plant, pilot: Pilot, who: str, path: str, answer: dict[str, Any], status: int
) -> None:
    with tenant(plant.cast.acme):
        submitted(plant, pilot)

    found = post(getattr(plant.cast, who), path, **answer)

    assert found.status_code in {status, 405} if who == "stranger" else found.status_code == status
    assert state(plant, pilot) is State.SUBMITTED


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ({"kind": "link", "title": "T"}, "Give the address of the document."),
        ({"kind": "note", "title": "T"}, "Write the note."),
        (
            {"kind": "link", "title": "T", "url": "javascript:alert(1)"},
            "Give an address of the web",
        ),
        ({"kind": "link", "title": "T", "url": "ftp://a.example/b"}, "Give an address of the web"),
        ({"kind": "note", "text": "T", "title": ""}, "Fill this in."),
    ],
)
def test_evidence_that_lacks_something_is_told_what(
    plant: Plant, pilot: Pilot, answer: dict[str, str], said: str
) -> None:
    done = post(
        plant.cast.lead,
        "data/criteria/production_data/",
        captured_on=plant.today.isoformat(),
        **answer,
    )

    assert done.status_code == 422
    assert said in words(done)
    assert state(plant, pilot) is State.NOT_STARTED


def test_a_number_is_asked_with_what_it_must_be(plant: Plant, pilot: Pilot) -> None:
    page = read(plant.cast.lead, "accuracy/criteria/costly_missed/")

    assert "Must be ≤ 0." in page


@pytest.mark.parametrize(
    "path", ["nothing/", "data/criteria/nothing/", "ownership/criteria/operator/"]
)
def test_a_gate_or_criterion_that_is_none_has_no_page(
    plant: Plant, pilot: Pilot, path: str
) -> None:
    assert signed_in(plant.cast.lead).get(f"{HOME}{path}").status_code == 404


def test_evidence_is_taken_back_with_a_reason_and_stays_to_be_seen(
    plant: Plant, pilot: Pilot
) -> None:
    with tenant(plant.cast.acme):
        submitted(plant, pilot)
    page = signed_in(plant.cast.lead).get(f"{HOME}data/").content.decode()
    found = re.search(r"data/(evidence/[0-9a-f-]{36}/withdraw/)", page)
    assert found is not None

    without = post(plant.cast.lead, f"data/{found[1]}", reason="")
    done = post(plant.cast.lead, f"data/{found[1]}", reason="Of another line.")

    assert (without.status_code, done.status_code) == (422, 302)
    assert "taken back: Of another line." in read(plant.cast.reader, "data/")


def test_what_a_criterion_lacks_is_said_where_nothing_was_done_yet(
    plant: Plant, pilot: Pilot
) -> None:
    page = read(plant.cast.lead, "ownership/")

    assert "Not started" in page
    assert "1 criterion is not met." in page
    assert f"{len(FIRST[Code.OWNERSHIP]) - 1} of {len(FIRST[Code.OWNERSHIP])} met" in page
    assert "Operator, 6 hours a week" in page
    assert "Nobody is named." in page


def test_who_leads_or_led_is_not_offered_as_decider(plant: Plant, pilot: Pilot) -> None:
    before = plant.cast.reader
    with tenant(plant.cast.acme):
        for member in (plant.cast.lead, before):
            member.roles = ["lead", "reviewer"]
            member.save()
        PilotParty.objects.create(
            pilot=pilot, person_id=before.person_id, part="lead", ended_at=plant.now
        )

    page = signed_in(plant.cast.lead).get(f"{HOME}data/decider/").content.decode()

    assert f'value="{plant.cast.reviewer.pk}"' in page
    assert f'value="{plant.cast.lead.pk}"' not in page
    assert f'value="{before.pk}"' not in page


def test_the_bar_says_whose_turn_it_is(plant: Plant, pilot: Pilot) -> None:
    said = [read(plant.cast.lead, "data/")]
    with tenant(plant.cast.acme):
        name(plant, pilot)
        bring(plant, pilot)
    said += [read(plant.cast.lead, "data/"), read(plant.cast.sponsor, "data/")]
    post(plant.cast.lead, "data/submit/", version=1)
    said += [read(plant.cast.lead, "data/"), read(plant.cast.reviewer, "data/")]

    wanted = [
        "Nobody is named to decide it yet.",
        "It can be submitted.",
        "The lead submits it.",
        "Reviewer decides.",
        "You decide.",
    ]
    assert [w in s for w, s in zip(wanted, said, strict=True)] == [True] * 5


def test_a_waiver_stands_with_its_reason_and_its_end(plant: Plant, pilot: Pilot) -> None:
    until = plant.today + timedelta(days=30)

    done = sign(
        plant.cast.coo,
        "data/waive/",
        reason="The line stands still.",
        until=until.isoformat(),
    )

    assert done.status_code == 302
    page = read(plant.cast.reader, "data/")
    assert "Waived until" in page
    assert "The line stands still." in page


def waived_and_over(plant: Plant, pilot: Pilot) -> datetime:
    """Waive the gate Cost for nine days; return the day after the last."""
    with tenant(plant.cast.acme):
        actions.waive_gate(
            pilot=pilot,
            code=Code.COST,
            step=1,
            reason="Prices come in May.",
            until=plant.today + timedelta(days=9),
            by=plant.cast.coo,
            now=plant.now,
        )
    return plant.now + timedelta(days=10)


def test_a_pass_that_rests_on_what_went_is_said_to_have_lapsed_before_a_job_looks(
    plant: Plant, pilot: Pilot
) -> None:
    with tenant(plant.cast.acme):
        passed(plant, pilot, Code.OWNERSHIP)
    held = read(plant.cast.lead, "ownership/")
    with tenant(plant.cast.acme):
        PilotParty.objects.filter(pilot=pilot, part="operator").update(ended_at=plant.now)

    page, six = read(plant.cast.lead, "ownership/"), read(plant.cast.lead)

    assert "It holds until" in held
    assert "Lapsed" not in held
    assert "Ownership: Lapsed" in page
    assert "It holds no more: A named operator has hours for it every week" in page
    assert "The product looks every ten minutes and opens it again." in page
    assert "It holds until" not in page
    assert "Passed" not in page
    assert six.count("Lapsed") == 1
    assert "A named operator has hours for it every week: " in six
    assert "Passed" not in six
    assert state(plant, pilot, Code.OWNERSHIP) is State.PASSED


def test_a_waiver_whose_last_day_is_over_counts_nowhere_before_a_job_looks(
    plant: Plant, pilot: Pilot
) -> None:
    after = waived_and_over(plant, pilot)
    until = formats.day(plant.today + timedelta(days=9))
    pages = ("/t/acme/", "/t/acme/pilots/P-01/")
    reader = signed_in(plant.cast.reader)
    before = [counted(lambda path=path: reader.get(path)) for path in pages]

    with time_machine.travel(after, tick=False):
        later = signed_in(plant.cast.reader)
        gate = read(plant.cast.reader, "cost/")
        found = [counted(lambda path=path: later.get(path)) for path in pages]

    assert "It holds no more: The waiver has ended." in gate
    assert "Waived until" not in gate
    for (then, asked), (now, asks) in zip(before, found, strict=True):
        assert f"Cost: Waived until {until}" in then.content.decode()
        assert "Gates: 1 of 6 passed or waived" in then.content.decode()
        assert "Cost: Lapsed" in now.content.decode()
        assert "Gates: 0 of 6 passed or waived" in now.content.decode()
        assert len(asks) == len(asked)
    board = words(found[0][0])
    assert f"Lapsed. Its last day was {until}." in board
    assert "is waived: by whom" not in board


def test_a_waiver_counts_on_its_last_day(plant: Plant, pilot: Pilot) -> None:
    after = waived_and_over(plant, pilot)

    with time_machine.travel(after - timedelta(days=1), tick=False):
        board = signed_in(plant.cast.reader).get("/t/acme/").content.decode()
        assert "Cost: Waived until" in board
        assert "The day after, it is open again." in read(plant.cast.reader, "cost/")


def test_a_decider_who_left_is_named_as_such(plant: Plant, pilot: Pilot) -> None:
    with tenant(plant.cast.acme):
        submitted(plant, pilot)
        Membership.objects.filter(pk=plant.cast.reviewer.pk).update(removed_at=plant.now)

    page = read(plant.cast.lead, "data/")

    assert "Reviewer is no member any more: name somebody else." in page


def test_what_the_product_knows_links_to_the_page_where_it_is_kept(
    plant: Plant, pilot: Pilot
) -> None:
    page = signed_in(plant.cast.reader).get(f"{HOME}data/").content.decode()

    assert 'href="/t/acme/pilots/P-01/sources/"' in page
