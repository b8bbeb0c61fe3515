"""What becomes of a pilot is decided by name, with a reason, and kept for good."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.utils.html import strip_tags

from audit.models import AuditEvent
from common import formats
from common.errors import Changed, Refused
from common.tenancy.context import tenant
from metrics.actions import acknowledgements, baselines, outcomes, readouts
from metrics.models import Baseline, PilotMetric, PilotOutcome
from metrics.queries import verdicts
from portfolio.actions import set_party
from portfolio.models import Part, Pilot
from tests.conftest import signed_in
from tests.metrics.test_read_outs import (
    address,
    baseline,
    correct,
    drafted,
    go_live,
    lock,
    made,
    measure,
    plant,
)
from tests.plant import Plant, monday

__all__ = ["baseline", "made", "plant"]  # fixtures
NOWHERE = "00000000-0000-0000-0000-000000000000"
REASON = "The planners use it every morning."


@pytest.fixture
def pilot(plant: Plant, baseline: Baseline) -> Pilot:
    """A pilot in week 15 that is read out as improved."""
    with tenant(plant.cast.acme):
        readouts.read_out(baseline=baseline, now=plant.now)
    return baseline.target_row.pilot


def words(response: Any) -> str:
    return " ".join(strip_tags(response.content.decode()).split())


def decide(plant: Plant, pilot: Pilot, **values: Any) -> PilotOutcome:
    given = {"version": 1, "word": "graduate", "reason": REASON, "by": plant.cast.coo, **values}
    return outcomes.decide_pilot(pilot=pilot, now=plant.now, **given)


def post(who: Any, pilot: Pilot, **answer: Any) -> Any:
    client, path = signed_in(who), f"/t/acme/pilots/{pilot.code}/decide/"
    shown = re.search(r'name="seen" value="([^"]*)"', client.get(path).content.decode())
    given = {"version": 1, "word": "graduate", "reason": REASON, "seen": (shown and shown[1]) or ""}
    return client.post(path, given | answer)


def test_a_pilot_that_was_read_out_waits_for_a_decision_of_executive_or_sponsor(
    plant: Plant, pilot: Pilot
) -> None:
    asked = {
        name: "Graduate, extend or stop Late orders"
        in words(signed_in(getattr(plant.cast, name)).get("/t/acme/"))
        for name in ("coo", "sponsor", "lead", "reader")
    }

    assert asked == {"coo": True, "sponsor": True, "lead": False, "reader": False}


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ({"word": "graduate"}, "Graduated"),
        ({"word": "extend", "until_week": "16"}, "Extended, read out anew after week 16"),
        ({"word": "stop"}, "Stopped"),
    ],
    ids=["graduate", "extend", "stop"],
)
def test_a_decision_stands_on_the_pilots_page_and_the_board_with_name_and_reason(
    plant: Plant, pilot: Pilot, answer: dict[str, str], said: str
) -> None:
    done = post(plant.cast.coo, pilot, **answer)

    page = words(signed_in(plant.cast.reader).get(f"/t/acme/pilots/{pilot.code}/"))
    board = words(signed_in(plant.cast.coo).get("/t/acme/"))
    brief = words(signed_in(plant.cast.reader).get("/t/acme/brief/"))
    assert done.status_code == 302
    assert f"{said}: {REASON}{plant.cast.coo.person.name}, " in page
    assert f"{said} · " in brief
    assert said in board
    assert "Graduate, extend or stop Late orders" not in board


def test_a_change_after_the_decision_is_still_asked_of_the_sponsor(
    plant: Plant, pilot: Pilot
) -> None:
    with tenant(plant.cast.acme):
        decide(plant, pilot)
        row = PilotMetric.objects.select_related("metric", "pilot__site").get(pilot=pilot)
        measure(plant, row, 70, revision=2)
        for baseline in verdicts.list_due_baselines(plant.now):
            readouts.read_out(baseline=baseline, now=plant.now)

    board = words(signed_in(plant.cast.sponsor).get("/t/acme/"))

    assert "Take note of the changed read-out of Late orders" in board


def test_a_decision_keeps_what_it_rests_on_and_the_trail_says_so(
    plant: Plant, pilot: Pilot
) -> None:
    with tenant(plant.cast.acme):
        found = decide(plant, pilot)
        [event] = AuditEvent.objects.filter(action="PILOT_GRADUATED")

    [kept] = found.evidence
    assert (kept["week"], kept["version"], kept["word"]) == (12, 1, "improved")
    assert re.fullmatch("[0-9a-f]{64}", kept["digest"])
    assert event.payload["evidence"] == found.evidence
    assert event.payload["reason"] == REASON


def test_the_lead_never_decides_about_an_own_pilot(plant: Plant, pilot: Pilot) -> None:
    assert post(plant.cast.lead, pilot).status_code == 403
    assert post(plant.cast.reader, pilot).status_code == 403
    with tenant(plant.cast.acme):
        assert not PilotOutcome.objects.exists()


def test_who_hands_a_pilot_over_to_decide_about_it_does_not(plant: Plant, pilot: Pilot) -> None:
    with tenant(plant.cast.acme):
        for lead in (plant.cast.coo, plant.cast.lead):
            set_party(
                pilot=pilot, part=Part.LEAD, person=lead.person, by=plant.cast.admin, now=plant.now
            )

    refused = signed_in(plant.cast.coo).get(f"/t/acme/pilots/{pilot.code}/decide/")

    assert refused.status_code == 403
    assert "Who ever led a pilot may not do this for it" in words(refused)
    assert post(plant.cast.sponsor, pilot).status_code == 302


def test_who_led_a_pilot_before_it_began_does_not_decide_either(plant: Plant, pilot: Pilot) -> None:
    with tenant(plant.cast.acme):
        for lead in (plant.cast.coo, plant.cast.lead):
            set_party(
                pilot=pilot,
                part=Part.LEAD,
                person=lead.person,
                by=plant.cast.admin,
                now=plant.now - timedelta(weeks=20),
            )

    assert post(plant.cast.coo, pilot).status_code == 403


def test_before_the_read_out_a_pilot_can_only_be_stopped(plant: Plant) -> None:
    with tenant(plant.cast.acme):
        young = plant.whole("Idle robots", week=5, locked=True)
        for word, until in (("graduate", None), ("extend", 16)):
            with pytest.raises(Refused, match="not read out yet"):
                decide(plant, young, word=word, until_week=until)
        assert decide(plant, young, word="stop").evidence == []


def test_nobody_decides_on_a_read_out_that_corrected_figures_change(
    plant: Plant, baseline: Baseline
) -> None:
    found = baseline.target_row.pilot
    correct(plant, baseline, 70)
    page = signed_in(plant.cast.coo).get(f"/t/acme/pilots/{found.code}/decide/")

    assert (
        "Corrected figures or another baseline would change the read-out of week 12: Late orders"
        in words(page)
    )
    assert f'href="{address(baseline)}">See what changed' in page.content.decode()
    with tenant(plant.cast.acme):
        with pytest.raises(Refused, match="Take note of that first"):
            decide(plant, found)
        assert decide(plant, found, word="stop").number == 1


def test_nobody_decides_on_another_read_out_than_the_page_showed(
    plant: Plant, baseline: Baseline
) -> None:
    found = baseline.target_row.pilot
    with tenant(plant.cast.acme):
        readouts.read_out(baseline=baseline, now=plant.now)
        seen = verdicts.seen(verdicts.list_evidence(found))
        measure(plant, baseline.target_row, 70, revision=2)
        readouts.read_out(baseline=baseline, now=plant.now)
        [waiting] = verdicts.list_waiting(found)
        acknowledgements.acknowledge(
            read_out=waiting, by=plant.cast.sponsor, now=plant.now, reason="Counted twice."
        )

    refused = post(plant.cast.coo, found, seen=seen)

    assert refused.status_code == 409
    assert REASON in refused.content.decode()
    assert "Late orders on time fell by" in words(refused)
    assert post(plant.cast.coo, found).status_code == 302


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ({"word": "extend"}, "Say after which week it is read out anew."),
        ({"word": "stop", "until_week": "16"}, "Only an extension is read out anew."),
        ({"reason": " "}, "Fill this in."),
        ({"word": "pause"}, "is not one of the choices"),
        ({"word": "extend", "until_week": "18"}, "is not one of the choices"),
    ],
)
def test_half_a_decision_is_refused_and_nothing_typed_is_lost(
    plant: Plant, pilot: Pilot, answer: dict[str, str], said: str
) -> None:
    refused = post(plant.cast.coo, pilot, **answer)

    assert refused.status_code == 422
    assert said in words(refused)
    if answer.get("reason") != " ":
        assert REASON in refused.content.decode()


def extend(plant: Plant, pilot: Pilot, **later: int) -> PilotOutcome:
    return outcomes.decide_pilot(
        pilot=pilot,
        version=1,
        word="extend",
        until_week=16,
        reason=REASON,
        by=plant.cast.coo,
        now=plant.now + timedelta(**later),
    )


def test_an_extension_to_a_week_that_is_over_is_refused(plant: Plant, pilot: Pilot) -> None:
    last = formats.day(monday(14) + timedelta(weeks=16, days=-1))

    with tenant(plant.cast.acme):
        with pytest.raises(Refused, match=f"What week 16 measures ended on {last}"):
            extend(plant, pilot, weeks=3)


def test_an_extension_measures_later_where_going_live_slipped(plant: Plant, pilot: Pilot) -> None:
    with tenant(plant.cast.acme):
        slipped = plant.whole("Slipped", week=15, weeks=104)
        row = PilotMetric.objects.select_related("metric", "pilot__site").get(pilot=slipped)
        baseline = lock(plant, drafted(plant, row))
    go_live(plant, slipped, slipped.start_date + timedelta(weeks=9))
    last = formats.day(monday(14) + timedelta(weeks=17, days=-1))

    page = words(signed_in(plant.cast.coo).get(f"/t/acme/pilots/{slipped.code}/decide/"))
    with tenant(plant.cast.acme):
        readouts.read_out(baseline=baseline, now=plant.now + timedelta(weeks=2))
        kept = extend(plant, slipped, weeks=2)

    assert f"week 16, measured until {last}" in page
    assert kept.until_week == 16


def test_without_a_locked_baseline_a_pilot_is_not_extended(plant: Plant, pilot: Pilot) -> None:
    with tenant(plant.cast.acme):
        baseline = Baseline.objects.get()
        baselines.supersede_baseline(
            baseline=baseline,
            version=baseline.version,
            by=plant.cast.admin,
            now=plant.now,
            reason="The meter was replaced.",
        )
        with pytest.raises(Refused, match="is replaced, and what the new one shows"):
            extend(plant, pilot)


def test_two_people_who_decide_at_once_do_not_both(plant: Plant, pilot: Pilot) -> None:
    first, second = post(plant.cast.coo, pilot), post(plant.cast.sponsor, pilot, word="stop")

    assert (first.status_code, second.status_code) == (302, 409)
    with tenant(plant.cast.acme):
        assert [one.word for one in PilotOutcome.objects.all()] == ["graduate"]
        with pytest.raises(Changed):
            decide(plant, pilot)
        assert decide(plant, pilot, version=2, word="stop").number == 2


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE metrics_pilotoutcome SET reason = 'x'",
        "DELETE FROM metrics_pilotoutcome",
        "TRUNCATE metrics_pilotoutcome",
    ],
)
def test_a_decision_is_never_changed(plant: Plant, pilot: Pilot, statement: str) -> None:
    with tenant(plant.cast.acme):
        decide(plant, pilot)
        with pytest.raises(DatabaseError, match="permission denied"):
            with transaction.atomic(), connection.cursor() as cursor:
                cursor.execute(statement)


INSERT = """
INSERT INTO metrics_pilotoutcome (tenant_id, id, pilot_id, number, word, until_week, reason,
    member_id, at, evidence)
VALUES (%(tenant)s, gen_random_uuid(), %(pilot)s, %(number)s, %(word)s, %(until)s, %(reason)s,
    %(member)s, now(), '[]')
"""


@pytest.mark.parametrize(
    ("values", "constraint"),
    [
        ({"word": "pause"}, "metrics_pilotoutcome_word"),
        ({"word": "extend"}, "metrics_pilotoutcome_until"),
        ({"until": 16}, "metrics_pilotoutcome_until"),
        ({"reason": ""}, "metrics_pilotoutcome_reason"),
        ({"number": 1}, "metrics_pilotoutcome_number_once"),
        ({"pilot": NOWHERE}, "metrics_pilotoutcome_pilot_fk"),
        ({"member": NOWHERE}, "metrics_pilotoutcome_member_fk"),
    ],
)
def test_the_database_refuses_what_is_no_decision(
    plant: Plant, pilot: Pilot, values: dict[str, Any], constraint: str
) -> None:
    given = {
        "tenant": plant.cast.acme,
        "pilot": pilot.pk,
        "number": 2,
        "word": "stop",
        "until": None,
        "reason": REASON,
        "member": plant.cast.coo.pk,
        **values,
    }

    with tenant(plant.cast.acme):
        decide(plant, pilot)
        with pytest.raises(IntegrityError, match=constraint):
            with transaction.atomic(), connection.cursor() as cursor:
                cursor.execute(INSERT, given)
                cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
