"""What the demo's gates, functions, requirements and feeds tell, loaded as of now."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from common.tenancy.context import tenant
from common.tenancy.erase import erase_demo_tenant
from demo.actions import gates as telling
from demo.actions.run import Cast, Load, Loaded
from demo.rules import TENANTS
from gates import actions, queries
from gates.models import Advice, Adviser, CostSignature, Drill, GateDecision, Production
from gates.queries import facts, phases
from gates.rules.failures import counts_until
from gates.rules.states import Code
from metrics.models import FieldSettlement, Measurement, Metric
from metrics.queries.feeds import list_feeds
from metrics.queries.fields import list_fields
from portfolio.models import Engagement, LoadDecision, Pilot, PlanItem, Requirement
from portfolio.queries import candidates, load, parts_of
from portfolio.queries.around import map_around
from portfolio.rules import candidates as ranking
from portfolio.rules import local_day
from portfolio.rules.engagement import is_found_late
from tenants.models import Membership
from tenants.rules import Permission, can
from tests.conftest import signed_in
from tests.demo.loaded import run, tenant_ids
from tests.plant import today

COATINGS, APPAREL = "fictional-coatings", "fictional-apparel"

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def ids(django_db_setup: None, django_db_blocker: Any) -> Iterator[dict[str, int]]:
    """The demo as of now, committed, once for the tests of this module."""
    with django_db_blocker.unblock():
        run("--reset")
        found = tenant_ids()
    yield found
    with django_db_blocker.unblock():
        for tenant_id in found.values():
            erase_demo_tenant(tenant_id)


# P passed, W waived, S submitted, C changes requested, R reopened, I in progress, - not started;
# data, accuracy, failure handling, integration, cost, ownership.
LETTERS = {
    "P": "passed",
    "W": "waived",
    "S": "submitted",
    "C": "changes_requested",
    "R": "reopened",
    "I": "in_progress",
    "-": "not_started",
}
STATES = {
    COATINGS: {
        "P-01": "P P R P P P",
        "P-02": "P P P P R P",
        "P-03": "P P P P P P",
        "P-04": "P C - I - I",
        "P-05": "P R P P I P",
        "P-06": "P P W P P P",
        "P-07": "P I I I - I",
        "P-08": "P P S P I P",
        "P-09": "I - - - - -",
        "P-10": "R C I C - P",
    },
    APPAREL: {
        "P-01": "P P P P S P",
        "P-02": "P S I - - I",
        "P-03": "- - - I - -",
    },
}


@pytest.mark.parametrize(
    ("slug", "code", "states"),
    [
        pytest.param(slug, code, states, id=f"{slug}-{code}")
        for slug, pilots in STATES.items()
        for code, states in pilots.items()
    ],
)
def test_the_gates_of_each_pilot_stand_as_the_story_says(
    ids: dict[str, int], db: None, slug: str, code: str, states: str
) -> None:
    with tenant(ids[slug]):
        pilot = Pilot.objects.get(code=code)
        six = queries.all_six(queries.map_states(pilot).get(pilot.pk, {}))

    assert [one.state for one in six] == [LETTERS[letter] for letter in states.split()]


@pytest.mark.parametrize("slug", STATES)
def test_nothing_that_the_story_passed_lapses_as_it_is_loaded(
    ids: dict[str, int], db: None, slug: str
) -> None:
    with tenant(ids[slug]):
        for pilot in queries.list_settled_pilots():
            assert actions.reopen_due(pilot=pilot, now=timezone.now()) == [], pilot.code


@pytest.mark.parametrize(
    ("code", "gate", "words"),
    [
        ("P-10", Code.DATA, "Receipts recorded within a day is entered late: 95 of 100 within"),
        ("P-01", Code.FAILURE, "No answer: the drill of"),
        ("P-02", Code.COST, "Finance has not signed version 2."),
        ("P-05", Code.ACCURACY, "Sent to the wrong person: 118 in 800, 14.8"),
    ],
)
def test_the_product_itself_reopened_what_did_not_hold(
    ids: dict[str, int], db: None, code: str, gate: Code, words: str
) -> None:
    with tenant(ids[COATINGS]):
        last = step(code, gate)
        zone = Pilot.objects.select_related("site").get(code=code).site.zone
        monday = _today(zone) - timedelta(days=_today(zone).weekday())

        assert (last.verb, last.member) == ("reopen", None)
        assert words in last.reason
        assert local_day(last.at, zone) == monday


def test_phases_are_closed_as_far_as_their_outputs_go_and_one_by_exception(
    ids: dict[str, int], db: None
) -> None:
    with tenant(ids[COATINGS]):
        closed = {
            pilot.code: "".join(
                "x" if one.excepted else "c" if one.closed else "-"
                for one in phases.list_standings(pilot)
            )
            for pilot in Pilot.objects.all()
        }
        around = map_around(today=today())
        [exception] = [one for near in around.values() for one in near.excepted]

    assert closed == {
        "P-01": "cc---",
        "P-02": "ccc--",
        "P-03": "ccccc",
        "P-04": "cc--c",
        "P-05": "cc---",
        "P-06": "ccc--",
        "P-07": "ccx--",
        "P-08": "cc---",
        "P-09": "c----",
        "P-10": "cc---",
    }
    assert exception.lacking == ["accuracy", "failure"]
    assert exception.who == "VP quality"


def test_one_conflict_about_a_field_is_open_and_one_is_settled_by_name(
    ids: dict[str, int], db: None
) -> None:
    with tenant(ids[COATINGS]):
        found = {one.row.name: one for one in list_fields()}
        settlement = FieldSettlement.objects.select_related("member__person").get()
        peak = Pilot.objects.select_related("site").get(code="P-09")
        fact = facts.gather(peak, now=timezone.now(), wanted=["fields_agreed"])["fields_agreed"]

    assert [name for name, one in found.items() if one.open] == ["Peak hour"]
    assert not fact.met
    assert "and nobody settled it." in fact.words
    assert settlement.variant_id == found["Delivered on"].told[0].row.pk
    assert settlement.member.person.name == "Data steward"
    assert "There is no other record of it" in settlement.reason


def test_two_gates_wait_behind_the_data_gate_of_goods_receipts(
    ids: dict[str, int], db: None
) -> None:
    with tenant(ids[COATINGS]):
        behind = [step("P-10", code) for code in (Code.ACCURACY, Code.INTEGRATION)]
        failed = step("P-10", Code.DATA)
        for one in behind:
            assert one.verb == "send_back"
            assert one.reason.startswith("Behind the data gate")
            assert one.at >= failed.at


def test_the_figure_of_week_6_alone_came_without_the_time_of_its_entry(
    ids: dict[str, int], db: None
) -> None:
    with tenant(ids[COATINGS]):
        start = Pilot.objects.get(code="P-10").start_date
        rows = {
            local_day(one.event_at, "America/New_York"): one.recorded_at
            for one in Measurement.objects.filter(
                metric_id=Metric.objects.get(code="scms_recorded_within_1_day").pk
            )
        }

    weeks = [rows[start + timedelta(weeks=number)] for number in range(6)]
    assert [one is None for one in weeks] == [False] * 5 + [True]


def test_accuracy_of_the_inspection_is_open_for_too_few_decisions_and_one_missed_piece(
    ids: dict[str, int], db: None
) -> None:
    with tenant(ids[COATINGS]):
        pilot = Pilot.objects.select_related("site").get(code="P-07")
        seen = queries.get_seen(pilot, Code.ACCURACY, now=timezone.now())
        missing = {one.asked.code: one.words for one in seen.missing}

    assert set(missing) == {"by_consequence", "costly_missed"}
    assert "Faulty piece passed" in missing["by_consequence"]
    assert missing["costly_missed"] == "1"


def test_a_waiver_has_a_reason_and_ends_in_forty_days(ids: dict[str, int], db: None) -> None:
    with tenant(ids[COATINGS]):
        found = step("P-06", Code.FAILURE)

        assert (found.verb, found.member.person.name) == ("waive", "COO")
        assert "a month's end" in found.reason
        assert found.until == _today() + timedelta(days=40)


def test_of_two_advisers_of_a_gate_that_waits_one_spoke(ids: dict[str, int], db: None) -> None:
    with tenant(ids[COATINGS]):
        asked = Adviser.objects.filter(gate__pilot__code="P-08", gate__code=Code.FAILURE)
        said = Advice.objects.filter(step__gate__pilot__code="P-08").select_related(
            "member__person"
        )

        assert {one.member.person.name for one in asked.select_related("member__person")} == {
            "IT manager",
            "Quality manager",
        }
        [advice] = said
        assert (advice.member.person.name, advice.stance) == ("IT manager", "for")
        assert advice.reason.startswith("The meter was unplugged for an hour")


def test_evidence_of_one_passed_gate_ends_in_five_days(ids: dict[str, int], db: None) -> None:
    with tenant(ids[COATINGS]):
        assert step("P-02", Code.INTEGRATION).until == _today("America/New_York") + timedelta(5)


def test_one_pilot_has_a_drill_older_than_90_days_as_its_newest(
    ids: dict[str, int], db: None
) -> None:
    newest: dict[tuple[str, str], date] = {}
    with tenant(ids[COATINGS]):
        for one in Drill.objects.select_related("mode__pilot").order_by("ran_on"):
            newest[one.mode.pilot.code, one.mode.kind] = one.ran_on

    assert [key for key, day in newest.items() if counts_until(day) < _today()] == [
        ("P-01", "silent")
    ]


def test_the_pilot_that_was_graduated_and_one_with_a_waiver_are_in_production(
    ids: dict[str, int], db: None
) -> None:
    with tenant(ids[COATINGS]):
        found = {
            one.pilot.code: (one.entered_on - one.pilot.start_date).days // 7 + 1
            for one in Production.objects.select_related("pilot")
        }

    assert found == {"P-03": 8, "P-06": 8}


def test_a_load_of_a_day_to_come_tells_nothing_of_gates() -> None:
    plan = TENANTS[0]
    later = datetime.now(UTC) + timedelta(days=3)

    # With nobody in the cast every step would fail.
    telling.tell(Load(plan, later, None, (), Loaded(plan.slug, is_new=True)), Cast({}, {}, {}, {}))


@pytest.mark.parametrize("slug", STATES)
def test_every_step_was_taken_by_a_persona_who_may_take_it(
    ids: dict[str, int], db: None, slug: str
) -> None:
    needed = {
        "submit": Permission.SUBMIT_EVIDENCE,
        "pass": Permission.PASS_GATE,
        "send_back": Permission.PASS_GATE,
        "waive": Permission.WAIVE_GATE,
    }
    with tenant(ids[slug]):
        for one in GateDecision.objects.exclude(verb="reopen").select_related(
            "gate__pilot", "member__person"
        ):
            parts = parts_of(one.member.person_id, one.gate.pilot)
            assert can(one.member.actor, needed[one.verb], parts), one
        for said in Engagement.objects.exclude(said_by=None).select_related("said_by", "pilot"):
            parts = parts_of(said.said_by.person_id, said.pilot)
            assert can(said.said_by.actor, Permission.ENGAGE, parts), said


def test_steps_lie_in_the_weeks_of_their_pilots_and_none_is_to_come(
    ids: dict[str, int], db: None
) -> None:
    with tenant(ids[COATINGS]):
        for one in GateDecision.objects.select_related("gate__pilot__site"):
            pilot = one.gate.pilot
            assert pilot.start_date <= local_day(one.at, pilot.site.zone)
            assert one.at <= timezone.now()
        for pilot in Pilot.objects.all():
            for code in Code:
                steps = list(
                    GateDecision.objects.filter(gate__pilot=pilot, gate__code=code)
                    .order_by("number")
                    .values_list("at", flat=True)
                )
                assert steps == sorted(steps)


def test_finance_signed_what_is_passed_and_one_price_rose_since(
    ids: dict[str, int], db: None
) -> None:
    with tenant(ids[COATINGS]):
        rows = CostSignature.objects.select_related("cost_model__pilot", "member__person")
        signed = {one.cost_model.pilot.code: one.cost_model.number for one in rows}
        assert {one.member.person.name for one in rows} == {"Financial controller"}

    assert signed == {"P-01": 1, "P-02": 1, "P-03": 1, "P-06": 1}


def test_every_feed_is_in_time_but_the_one_that_somebody_uploads(
    ids: dict[str, int], db: None
) -> None:
    states = {}
    for slug, tenant_id in ids.items():
        with tenant(tenant_id):
            for feed in list_feeds(now=timezone.now()):
                states[slug, feed.metric_code] = feed.state.value
                assert feed.lately.count or feed.by_hand, feed.metric_code

    by_hand = states.pop((APPAREL, "p2p_invoice_to_booking_days"))
    assert by_hand == "By hand"
    assert set(states.values()) == {"In time"}


def test_one_function_is_late_one_objects_and_one_review_starts_late(
    ids: dict[str, int], db: None
) -> None:
    with tenant(ids[COATINGS]):
        reader = Membership.objects.get(person__name="Internal auditor")
        objected = [
            (one.pilot.code, one.area)
            for one in Engagement.objects.filter(outcome="objected").select_related("pilot")
        ]
        silent = [
            (one.pilot.code, one.area)
            for one in Engagement.objects.filter(engaged_on=None, outcome="").select_related(
                "pilot"
            )
        ]
    browser = signed_in(reader)
    page = browser.get(f"/t/{COATINGS}/engagement/").content.decode()
    late = browser.get(f"/t/{COATINGS}/pilots/P-09/functions/").content.decode()

    assert objected == [("P-07", "compliance")]
    assert silent == [("P-09", "legal")]
    assert "1 function is late, over 8 pilots" in page
    assert page.count("starts late") == 1
    assert "7 of 8 functions take part in Peak-load shifting, 1 is late" in late


def test_requirements_found_after_deploy_started_are_as_many_as_the_board_says(
    ids: dict[str, int], db: None
) -> None:
    with tenant(ids[COATINGS]):
        reader = Membership.objects.get(person__name="Internal auditor")
        late = [
            one
            for one in Requirement.objects.select_related("pilot")
            if one.pilot.code != "P-03"
            and one.pilot.code != "P-04"
            and is_found_late(
                start_date=one.pilot.start_date, go_live_date=None, found_on=one.found_on
            )
        ]
    page = signed_in(reader).get(f"/t/{COATINGS}/").content.decode()

    assert len(late) == 11
    assert "11 requirements found after deploy started" in page


def step(code: str, gate: Code) -> GateDecision:
    """Return the last step of a gate."""
    found = (
        GateDecision.objects.filter(gate__pilot__code=code, gate__code=gate)
        .select_related("member__person")
        .order_by("-number")
        .first()
    )
    assert found is not None
    return found


def _today(zone: str = "Europe/Amsterdam") -> date:
    return local_day(timezone.now(), zone)


@pytest.mark.django_db
def test_candidates_programmes_and_change_plans_stand_around_the_pilots(
    ids: dict[str, int],
) -> None:
    with tenant(ids[COATINGS]):
        listed = candidates.list_candidates()
        ranked, unranked = ranking.rank([(one.name, one.arc) for one in listed])
        beside = {
            pilot.code: len(load.list_beside(pilot))
            for pilot in Pilot.objects.select_related("site")
        }
        [decided] = LoadDecision.objects.select_related("pilot")
        open_concerns = set(
            PlanItem.objects.filter(kind="concern", done_on=None).values_list(
                "pilot__code", flat=True
            )
        )

    assert [listed[index].name for index in ranked] == [
        "Safety stock of slow movers",
        "Order confirmations read by machine",
        "Answers to customers' questions",
        "Colour matching from photographs",
    ]
    assert [listed[index].name for index in unranked] == ["Maintenance orders by vibration"]
    assert (decided.pilot.code, decided.word, decided.beside) == ("P-06", "go", 4)
    assert {code for code, many in beside.items() if many > 3} == {"P-06"}
    assert open_concerns == {"P-05", "P-07", "P-09"}
