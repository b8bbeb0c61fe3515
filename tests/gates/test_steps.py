"""A gate is submitted, decided by one person, and opens again when what it rests on goes."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from celery import current_app
from django.db import transaction

from audit.models import AuditEvent
from common.errors import Changed, Refused
from common.tenancy.tasks import HEADER
from gates import actions, queries
from gates.models import Evidence, GateDecision
from gates.rules.states import Code, State
from metrics.models import PilotSource
from portfolio import actions as portfolio
from portfolio.actions.parties import set_party
from portfolio.models import Part, Pilot, PilotParty
from tenants.models import Membership, Notification
from tests.gates.plant import (
    all_passed,
    bring,
    bring_one,
    made,
    name,
    passed,
    pilot,
    plant,
    reopen_due,
    submitted,
    whole_pilot,
)
from tests.plant import Plant

__all__ = ["made", "pilot", "plant"]  # fixtures

pytestmark = pytest.mark.usefixtures("acme")


def state(plant: Plant, pilot: Pilot, code: Code = Code.DATA, **later: int) -> State:
    now = plant.now + timedelta(**later)
    return queries.get_seen(pilot, code, now=now).state


def test_a_gate_goes_from_not_started_to_passed(plant: Plant, pilot: Pilot) -> None:
    states = [state(plant, pilot)]
    name(plant, pilot)
    states.append(state(plant, pilot))
    bring(plant, pilot)
    actions.submit_gate(pilot=pilot, code=Code.DATA, step=1, by=plant.cast.lead, now=plant.now)
    states.append(state(plant, pilot))
    actions.pass_gate(pilot=pilot, code=Code.DATA, step=2, by=plant.cast.reviewer, now=plant.now)
    states.append(state(plant, pilot))

    assert states == [State.NOT_STARTED, State.IN_PROGRESS, State.SUBMITTED, State.PASSED]


def test_a_pass_keeps_every_criterion_as_it_stood_and_holds_as_long_as_its_evidence(
    plant: Plant, pilot: Pilot
) -> None:
    found = passed(plant, pilot)

    assert [one["code"] for one in found.facts] == [
        "production_data",
        "clean_to_live",
        "snapshots",
        "sources_listed",
        "sources_current",
        "fields_agreed",
        "entered_in_time",
        "seasons",
    ]
    assert all(one["met"] and one["refers"] for one in found.facts)
    # The live reading ends first: 90 days after yesterday.
    assert found.until == plant.today + timedelta(days=89)


def test_each_step_is_a_line_of_the_trail(plant: Plant, pilot: Pilot) -> None:
    passed(plant, pilot)

    kinds = AuditEvent.objects.filter(action__startswith="GATE_").values_list("action", flat=True)
    assert list(kinds.order_by("seq")) == [
        "GATE_DECIDER_NAMED",
        "GATE_EVIDENCE_ADDED",
        "GATE_SUBMITTED",
        "GATE_PASSED",
    ]


def test_the_decider_and_then_the_team_find_a_line_in_the_inbox(plant: Plant, pilot: Pilot) -> None:
    passed(plant, pilot)

    lines = Notification.objects.filter(topic="gate").order_by("id")
    assert {(one.member_id, one.title) for one in lines} == {
        (plant.cast.reviewer.pk, "The gate Data of Late orders waits for you"),
        (plant.cast.lead.pk, "Reviewer passed the gate Data of Late orders"),
        (plant.cast.sponsor.pk, "Reviewer passed the gate Data of Late orders"),
    }


def test_a_gate_with_a_criterion_open_cannot_be_submitted(plant: Plant, pilot: Pilot) -> None:
    name(plant, pilot)

    with pytest.raises(Refused, match="No evidence yet") as refused:
        actions.submit_gate(pilot=pilot, code=Code.DATA, step=1, by=plant.cast.lead, now=plant.now)

    assert refused.value.code == "not_met"
    assert not GateDecision.objects.exists()


def test_a_gate_without_a_decider_cannot_be_submitted(plant: Plant, pilot: Pilot) -> None:
    bring(plant, pilot)

    with pytest.raises(Refused, match="Name who decides first"):
        actions.submit_gate(pilot=pilot, code=Code.DATA, step=1, by=plant.cast.lead, now=plant.now)


def test_nobody_but_the_decider_passes_a_gate(plant: Plant, pilot: Pilot) -> None:
    submitted(plant, pilot)

    with pytest.raises(Refused, match="One person decides this gate: Reviewer"):
        actions.pass_gate(pilot=pilot, code=Code.DATA, step=2, by=plant.cast.coo, now=plant.now)


def test_the_second_of_two_who_decide_hears_that_it_is_decided(plant: Plant, pilot: Pilot) -> None:
    passed(plant, pilot)

    with pytest.raises(Changed):
        actions.send_back(
            pilot=pilot,
            code=Code.DATA,
            step=2,
            reason="Too late",
            by=plant.cast.reviewer,
            now=plant.now,
        )


def test_a_gate_that_was_sent_back_is_submitted_again(plant: Plant, pilot: Pilot) -> None:
    submitted(plant, pilot)
    actions.send_back(
        pilot=pilot,
        code=Code.DATA,
        step=2,
        reason="The sample is of one shift.",
        by=plant.cast.reviewer,
        now=plant.now,
    )

    found = actions.submit_gate(
        pilot=pilot, code=Code.DATA, step=3, by=plant.cast.lead, now=plant.now
    )

    assert (found.number, found.state) == (3, State.SUBMITTED)


@pytest.mark.parametrize(
    ("days", "words"),
    [(0, "ends on a day that is to come"), (400, "within a year"), (None, "Say until which day")],
)
def test_a_waiver_ends_on_a_day_of_the_year_to_come(
    plant: Plant, pilot: Pilot, days: int | None, words: str
) -> None:
    until = None if days is None else plant.today + timedelta(days=days)

    with pytest.raises(Refused, match=words):
        waive(plant, pilot, until=until)


def waive(plant: Plant, pilot: Pilot, **values: Any) -> GateDecision:
    given = {
        "step": 1,
        "reason": "The line stands still until spring.",
        "until": plant.today + timedelta(days=30),
        "by": plant.cast.coo,
        **values,
    }
    return actions.waive_gate(pilot=pilot, code=Code.DATA, now=plant.now, **given)


def test_a_waiver_opens_again_the_day_after_it_ends(plant: Plant, pilot: Pilot) -> None:
    waive(plant, pilot)

    before = reopen_due(plant.now + timedelta(days=30))
    after = reopen_due(plant.now + timedelta(days=31))
    again = reopen_due(plant.now + timedelta(days=31))

    assert (before, [one.reason for one in after], again) == ([], ["The waiver has ended."], [])
    assert state(plant, pilot, days=31) is State.REOPENED


def test_the_lead_of_a_pilot_neither_decides_nor_waives_its_gates(
    plant: Plant, pilot: Pilot
) -> None:
    plant.cast.lead.roles = ["lead", "reviewer", "executive"]
    plant.cast.lead.save()

    with pytest.raises(Refused, match="decides none of its gates"):
        name(plant, pilot, decider=plant.cast.lead)
    with pytest.raises(Refused, match="passes and waives none"):
        waive(plant, pilot, by=plant.cast.lead)


def test_another_start_lets_nobody_decide_who_led_the_pilot_before(plant: Plant) -> None:
    before = plant.cast.reader
    before.roles = ["reviewer", "executive"]
    before.save()
    pilot = plant.pilot("Handed over", lead=before)
    set_party(
        pilot=pilot,
        part=Part.LEAD,
        person=plant.cast.lead.person,
        by=plant.cast.admin,
        now=plant.now,
    )
    pilot.refresh_from_db()
    moved = portfolio.change_pilot(
        pilot=pilot,
        version=pilot.version,
        name=pilot.name,
        use_case="",
        goal="",
        site=pilot.site,
        vendor=pilot.vendor,
        start_date=plant.today + timedelta(days=30),
        go_live_date=None,
        by=plant.cast.lead,
    )

    with pytest.raises(Refused, match="another start changes that"):
        name(plant, moved, decider=before)
    with pytest.raises(Refused, match="another start changes that"):
        waive(plant, moved, by=before)


def test_who_ever_led_a_pilot_neither_decides_nor_waives_its_gates(
    plant: Plant, pilot: Pilot
) -> None:
    plant.cast.reader.roles = ["reviewer", "executive"]
    plant.cast.reader.save()
    PilotParty.objects.create(
        pilot=pilot, person_id=plant.cast.reader.person_id, part="lead", ended_at=plant.now
    )

    with pytest.raises(Refused, match="decides none of its gates"):
        name(plant, pilot, decider=plant.cast.reader)
    with pytest.raises(Refused, match="passes and waives none"):
        waive(plant, pilot, by=plant.cast.reader)


def test_somebody_without_the_role_is_not_named_as_decider(plant: Plant, pilot: Pilot) -> None:
    with pytest.raises(Refused, match="Only a gate reviewer"):
        name(plant, pilot, decider=plant.cast.reader)


def test_expired_evidence_opens_a_passed_gate_again(plant: Plant, pilot: Pilot) -> None:
    passed(plant, pilot)

    found = reopen_due(plant.now + timedelta(days=182))

    assert [one.state for one in found] == [State.REOPENED]
    assert "Its evidence has expired." in found[0].reason
    assert found[0].member is None


def test_evidence_taken_back_opens_a_gate_that_was_passed_on_it(plant: Plant, pilot: Pilot) -> None:
    passed(plant, pilot)
    piece = queries.get_seen(pilot, Code.DATA, now=plant.now).evidence[0]

    actions.withdraw_evidence(
        pilot=pilot,
        code=Code.DATA,
        key=piece.pk,
        reason="It was of another line.",
        by=plant.cast.lead,
        now=plant.now,
    )

    last = queries.get_seen(pilot, Code.DATA, now=plant.now).last
    assert last is not None
    assert (last.state, last.reason) == (
        State.REOPENED,
        f"{piece.title} was withdrawn: It was of another line.",
    )


def test_evidence_that_nobody_who_decides_saw_carries_no_pass(plant: Plant, pilot: Pilot) -> None:
    passed(plant, pilot)
    [piece] = queries.get_seen(pilot, Code.DATA, now=plant.now).evidence
    bring_one(plant, pilot, Code.DATA, "production_data", captured_on=plant.today)
    assert reopen_due(plant.now) == []

    withdrawn = {"withdrawn_by": plant.cast.lead, "withdrawn_reason": "R"}
    Evidence.objects.filter(pk=piece.pk).update(withdrawn_at=plant.now, **withdrawn)
    [found] = reopen_due(plant.now)

    assert found.reason.startswith("What it was passed on was taken back: ")


def test_taking_back_what_a_gate_was_passed_on_opens_it_whatever_was_brought_since(
    plant: Plant, pilot: Pilot
) -> None:
    passed(plant, pilot)
    [piece] = queries.get_seen(pilot, Code.DATA, now=plant.now).evidence
    bring_one(plant, pilot, Code.DATA, "production_data", captured_on=plant.today)

    given = {"reason": "Of line 2.", "by": plant.cast.lead, "now": plant.now}
    actions.withdraw_evidence(pilot=pilot, code=Code.DATA, key=piece.pk, **given)

    assert queries.get_seen(pilot, Code.DATA, now=plant.now).state is State.REOPENED


def test_an_operator_who_leaves_opens_the_gate_of_ownership(plant: Plant, pilot: Pilot) -> None:
    passed(plant, pilot, Code.OWNERSHIP)
    PilotParty.objects.filter(pilot=pilot, part="operator").update(ended_at=plant.now)

    found = reopen_due(plant.now)

    assert "No operator is named." in found[0].reason


def test_another_operator_than_was_decided_on_opens_the_gate(plant: Plant, pilot: Pilot) -> None:
    passed(plant, pilot, Code.OWNERSHIP)
    PilotParty.objects.filter(pilot=pilot, part="operator").update(
        person_id=plant.cast.reader.person_id
    )

    found = reopen_due(plant.now)

    assert found[0].reason.startswith("This changed since it was passed: A named operator")


def test_a_feed_that_falls_silent_opens_the_gate_of_integration(plant: Plant, pilot: Pilot) -> None:
    passed(plant, pilot, Code.INTEGRATION)

    found = reopen_due(plant.now + timedelta(days=40))

    assert "has stopped arriving" in found[0].reason


def in_job(plant: Plant, name: str, **ids: str) -> None:
    """Run a job as a worker does, in the tenant of its message."""
    current_app.loader.import_default_modules()
    job = current_app.tasks[name]
    job.push_request(headers={HEADER: plant.cast.acme}, **{HEADER: plant.cast.acme})
    try:
        job(**ids)
    finally:
        job.pop_request()


def test_what_goes_wrong_with_one_pilot_leaves_no_gate_of_another_closed(
    plant: Plant, pilot: Pilot, django_capture_on_commit_callbacks: Any
) -> None:
    passed(plant, pilot, Code.OWNERSHIP)
    broken = whole_pilot(plant, "Broken")
    passed(plant, broken, Code.OWNERSHIP)
    # What no page lets anybody write: a day that no calendar has.
    PilotSource.objects.filter(pilot=broken).update(
        source=None, updated_on=plant.today, limit_days=2_000_000_000
    )
    PilotParty.objects.filter(pilot=pilot, part="operator").update(ended_at=plant.now)

    with django_capture_on_commit_callbacks() as sent:
        in_job(plant, "gates.reopen_due")
    with pytest.raises(OverflowError), transaction.atomic():
        in_job(plant, "gates.reopen_pilot", pilot_id=str(broken.pk))
    in_job(plant, "gates.reopen_pilot", pilot_id=str(pilot.pk))

    assert len(sent) == 2
    assert state(plant, pilot, Code.OWNERSHIP) is State.REOPENED


def test_an_archived_pilots_gates_stay_as_they_are(plant: Plant, pilot: Pilot) -> None:
    passed(plant, pilot)
    portfolio.archive_pilot(pilot=pilot, by=plant.cast.admin, now=plant.now)

    with pytest.raises(Refused, match="archived"):
        bring_one(plant, pilot, Code.DATA, "production_data")

    assert reopen_due(plant.now + timedelta(days=400)) == []


def test_a_pilot_enters_production_with_six_gates_and_a_waiver_counts(
    plant: Plant, pilot: Pilot
) -> None:
    all_passed(plant, pilot, but=Code.DATA)
    waive(plant, pilot)

    found = actions.enter_production(pilot=pilot, by=plant.cast.coo, now=plant.now)
    again = actions.enter_production(pilot=pilot, by=plant.cast.coo, now=plant.now)

    assert found.pk == again.pk
    assert [one["state"] for one in found.gates] == ["waived", *["passed"] * 5]


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"criterion": "nothing"}, "does not ask that"),
        (
            {"criterion": "production_data", "kind": "number", "value": 1.0},
            "takes a file, a link or a note",
        ),
        ({"code": Code.ACCURACY, "criterion": "costly_missed"}, "met by a number"),
        ({"code": Code.OWNERSHIP, "criterion": "operator"}, "answers this itself"),
    ],
)
def test_evidence_that_a_criterion_cannot_take_is_refused(
    plant: Plant, pilot: Pilot, values: dict[str, Any], words: str
) -> None:
    given = {"code": Code.DATA, "kind": "note", "title": "T", "text": "T", **values}

    with pytest.raises(Refused, match=words):
        actions.add_evidence(
            pilot=pilot,
            captured_on=plant.today,
            by=plant.cast.lead,
            now=plant.now,
            **given,
        )


@pytest.mark.parametrize(("ago", "words"), [(-1, "of today or earlier"), (400, "expired already")])
def test_evidence_of_a_day_that_cannot_count_is_refused(
    plant: Plant, pilot: Pilot, ago: int, words: str
) -> None:
    day = plant.today - timedelta(days=ago)

    with pytest.raises(Refused, match=words):
        bring_one(plant, pilot, Code.DATA, "production_data", captured_on=day)


def test_a_newer_number_counts_and_not_an_older_and_better_one(plant: Plant, pilot: Pilot) -> None:
    bring_one(plant, pilot, Code.ACCURACY, "costly_missed")
    bring_one(plant, pilot, Code.ACCURACY, "costly_missed", value=3.0, captured_on=plant.today)

    seen = queries.get_seen(pilot, Code.ACCURACY, now=plant.now)
    found = next(one for one in seen.standings if one.asked.code == "costly_missed")

    assert (found.met, found.words) == (False, "3")


def test_evidence_counts_no_longer_than_its_criterion_says(plant: Plant, pilot: Pilot) -> None:
    with pytest.raises(Refused, match="counts for 90 days from the day") as refused:
        bring_one(
            plant,
            pilot,
            Code.ACCURACY,
            "costly_missed",
            captured_on=plant.today - timedelta(days=300),
            expires_on=plant.today + timedelta(days=300),
        )

    assert refused.value.field == "expires_on"


def test_an_older_number_does_not_stand_for_a_newer_one_that_expired(
    plant: Plant, pilot: Pilot
) -> None:
    bring_one(plant, pilot, Code.ACCURACY, "costly_missed")
    bring_one(
        plant,
        pilot,
        Code.ACCURACY,
        "costly_missed",
        value=3.0,
        captured_on=plant.today,
        expires_on=plant.today,
    )

    seen = queries.get_seen(pilot, Code.ACCURACY, now=plant.now + timedelta(days=2))
    found = next(one for one in seen.standings if one.asked.code == "costly_missed")

    assert (found.met, found.words) == (False, "Its evidence has expired.")


def test_a_pilot_whose_operator_left_enters_no_production_before_the_job_looks(
    plant: Plant, pilot: Pilot
) -> None:
    all_passed(plant, pilot)
    PilotParty.objects.filter(pilot=pilot, part="operator").update(ended_at=plant.now)

    with pytest.raises(Refused, match="No operator is named") as refused:
        actions.enter_production(pilot=pilot, by=plant.cast.coo, now=plant.now)

    assert refused.value.code == "gates_open"
    assert queries.find_production(pilot) is None


def test_a_gate_is_not_submitted_to_a_decider_who_left(plant: Plant, pilot: Pilot) -> None:
    name(plant, pilot)
    bring(plant, pilot)
    Membership.objects.filter(pk=plant.cast.reviewer.pk).update(removed_at=plant.now)

    with pytest.raises(Refused, match="Reviewer is no member any more: name somebody else"):
        actions.submit_gate(pilot=pilot, code=Code.DATA, step=1, by=plant.cast.lead, now=plant.now)


def lines_of(member: Any) -> list[tuple[str, bool]]:
    rows = Notification.objects.filter(topic="gate", member_id=member.pk).order_by("id")
    return [(one.title, one.read_at is not None) for one in rows]


def test_the_line_that_asks_for_a_decision_is_settled_by_it(plant: Plant, pilot: Pilot) -> None:
    submitted(plant, pilot)
    asks = "The gate Data of Late orders waits for you"
    before = lines_of(plant.cast.reviewer)
    actions.pass_gate(pilot=pilot, code=Code.DATA, step=2, by=plant.cast.reviewer, now=plant.now)

    assert (before, lines_of(plant.cast.reviewer)) == ([(asks, False)], [(asks, True)])


def test_a_gate_that_waits_is_asked_of_its_new_decider(plant: Plant, pilot: Pilot) -> None:
    submitted(plant, pilot)
    Membership.objects.filter(pk=plant.cast.owner.pk).update(roles=["reviewer"])
    owner = Membership.objects.get(pk=plant.cast.owner.pk)
    asks = "The gate Data of Late orders waits for you"

    name(plant, pilot, decider=owner, version=2)

    assert lines_of(plant.cast.reviewer) == [(asks, True)]
    assert lines_of(owner) == [(asks, False)]
