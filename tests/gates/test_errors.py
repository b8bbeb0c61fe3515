"""Classes of error and readings: what is asked, what is refused, and what the gates read in them."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from audit.models import AuditEvent
from common.errors import Changed, Refused
from gates import queries
from gates.actions import errors as actions
from gates.models import AccuracyReading, ErrorClass
from gates.queries import facts
from gates.rules.criteria import Fact
from gates.rules.states import Code, State
from portfolio import actions as portfolio
from portfolio.models import Pilot
from tests.gates.plant import error_class, made, passed, pilot, plant, read, reopen_due
from tests.plant import Plant

__all__ = ["made", "pilot", "plant"]  # fixtures

pytestmark = pytest.mark.usefixtures("acme")


@pytest.fixture
def missed(pilot: Pilot) -> ErrorClass:
    return ErrorClass.objects.get(pilot=pilot, name="Late order missed")


@pytest.fixture
def wasted(pilot: Pilot) -> ErrorClass:
    return ErrorClass.objects.get(pilot=pilot, name="Flagged for nothing")


def known(plant: Plant, pilot: Pilot, name: str, **later: int) -> Fact:
    return facts.gather(pilot, now=plant.now + timedelta(**later))[name]


def test_every_class_within_what_is_tolerated_lets_the_gate_pass(
    plant: Plant, pilot: Pilot
) -> None:
    found = known(plant, pilot, "errors_within")

    assert found.met
    assert found.until == plant.today + timedelta(days=89)
    assert (
        "Late order missed: 10 in 1,200: at most 1.4\u00a0%, tolerated 2.0\u00a0%." in found.words
    )
    passed(plant, pilot, Code.ACCURACY)
    assert queries.get_seen(pilot, Code.ACCURACY, now=plant.now).state is State.PASSED


def test_one_class_above_blocks_however_good_the_others_are(
    plant: Plant, pilot: Pilot, missed: ErrorClass, wasted: ErrorClass
) -> None:
    read(plant, pilot, {missed: 30, wasted: 0}, last_day=plant.today)

    found = known(plant, pilot, "errors_within")

    # 97.5 % right over all, and yet closed.
    assert (found.met, found.words) == (
        False,
        "Late order missed: 30 in 1,200, 2.5\u00a0%; tolerated 2.0\u00a0%.",
    )


def test_no_error_in_twenty_decisions_shows_nothing(
    plant: Plant, pilot: Pilot, missed: ErrorClass
) -> None:
    read(plant, pilot, {missed: 0}, decisions=20, last_day=plant.today)

    found = known(plant, pilot, "errors_within")

    assert not found.met
    assert found.words == (
        "Late order missed: 0 in 20: at most 13.9\u00a0%, tolerated 2.0\u00a0%. Too few to show it."
    )


def test_a_reading_that_is_too_old_counts_no_more(plant: Plant, pilot: Pilot) -> None:
    assert known(plant, pilot, "errors_within", days=89).met

    found = known(plant, pilot, "errors_within", days=90)

    assert not found.met
    assert "a reading counts for 90 days" in found.words


def test_a_pilot_without_classes_shows_nothing(plant: Plant) -> None:
    bare = plant.pilot("Bare")

    found = facts.gather(bare, now=plant.now)

    for name in ("errors_within", "costly_checked", "clean_to_live"):
        assert found[name] == Fact(met=False, words="No class of error is written down yet.")


def test_a_new_class_nobody_counted_opens_a_passed_gate(plant: Plant, pilot: Pilot) -> None:
    passed(plant, pilot, Code.ACCURACY)
    error_class(plant, pilot, name="Wrong plant")

    found = reopen_due(plant.now)

    assert [one.state for one in found] == [State.REOPENED]
    assert "Wrong plant: not counted on live data yet." in found[0].reason


def test_another_tolerance_is_decided_anew(plant: Plant, pilot: Pilot, missed: ErrorClass) -> None:
    passed(plant, pilot, Code.ACCURACY)
    change(plant, missed, tolerated=Decimal("0.03"))

    found = reopen_due(plant.now)

    assert found[0].reason.startswith("This changed since it was passed:")


def change(plant: Plant, row: ErrorClass, **values: Any) -> ErrorClass:
    names = ("name", "consequence", "cost", "cost_basis", "tolerated", "checked_by", "version")
    given = {name: getattr(row, name) for name in names} | values
    return actions.change_error_class(row=row, by=plant.cast.lead, **given)


def test_a_costly_class_that_nobody_checks_blocks_the_gate(
    plant: Plant, pilot: Pilot, missed: ErrorClass, wasted: ErrorClass
) -> None:
    fine = known(plant, pilot, "costly_checked")
    change(plant, missed, checked_by="")

    found = known(plant, pilot, "costly_checked")

    # Time is no costly consequence: nobody checks “Flagged for nothing”, and nobody has to.
    assert (fine.met, fine.words) == (True, "Late order missed: Planner on shift, QP-7")
    assert (found.met, found.words) == (False, "Nobody checks each case of: Late order missed.")


@pytest.mark.parametrize(
    ("consequence", "met"),
    [("safety", False), ("recall", False), ("customer", False), ("rework", True), ("time", True)],
)
def test_costly_is_what_it_leads_to_and_not_a_sum(
    plant: Plant, pilot: Pilot, missed: ErrorClass, consequence: str, met: bool
) -> None:
    change(plant, missed, consequence=consequence, cost=Decimal(1_000_000), checked_by="")

    assert known(plant, pilot, "costly_checked").met is met


def test_what_is_lost_from_curated_to_live_data_is_told_in_points(
    plant: Plant, pilot: Pilot
) -> None:
    found = known(plant, pilot, "clean_to_live")

    # 36 of 1,200 wrong against 50 of 1,200.
    assert found.words == (
        "97.0\u00a0% right on curated data, 95.8\u00a0% on live data: 1.2\u00a0pts lower."
    )
    assert found.met


def test_fewer_than_300_decisions_are_no_production_scale(
    plant: Plant, pilot: Pilot, missed: ErrorClass, wasted: ErrorClass
) -> None:
    today = plant.today
    read(plant, pilot, {missed: 1, wasted: 9}, decisions=299, last_day=today)
    short = known(plant, pilot, "clean_to_live")
    read(plant, pilot, {missed: 1, wasted: 9}, decisions=300, last_day=today)

    assert "Late order missed: 299 live decisions; at least 300 are asked." in short.words
    assert (short.met, known(plant, pilot, "clean_to_live").met) == (False, True)


def test_a_curated_reading_holds_half_a_year_and_a_live_one_90_days(
    plant: Plant, pilot: Pilot, missed: ErrorClass, wasted: ErrorClass
) -> None:
    long_ago = plant.today - timedelta(days=183)
    AccuracyReading.objects.filter(dataset="curated").update(
        withdrawn_at=plant.now, withdrawn_by_id=plant.cast.lead.pk, withdrawn_reason="R"
    )
    read(plant, pilot, {missed: 6, wasted: 30}, dataset="curated", last_day=long_ago)

    found = known(plant, pilot, "clean_to_live")

    assert not found.met
    assert "the curated reading of" in found.words
    assert "is older than 182 days" in found.words


def test_a_reading_taken_back_counts_no_more_and_the_one_before_does(
    plant: Plant, pilot: Pilot, missed: ErrorClass
) -> None:
    bad = read(plant, pilot, {missed: 300}, last_day=plant.today)
    closed = known(plant, pilot, "errors_within")

    actions.withdraw_reading(row=bad, reason="Of P-02.", by=plant.cast.lead, now=plant.now)
    again = actions.withdraw_reading(row=bad, reason="Other.", by=plant.cast.lead, now=plant.now)

    assert (closed.met, known(plant, pilot, "errors_within").met) == (False, True)
    assert again.withdrawn_reason == "Of P-02."


@pytest.mark.parametrize(
    ("values", "field", "words"),
    [
        ({"decisions": 5}, "decisions", "9 errors do not fit into 5 decisions"),
        ({"decisions": 0}, "decisions", "of 1 to 10,000,000"),
        ({"ahead": 2}, "last_day", "today or earlier"),
        ({"begins": 3}, "first_day", "begins after it ends"),
        ({"begins": -20_000}, "first_day", "too far away"),
        ({"none": True}, "", "at least one class"),
    ],
)
def test_a_reading_that_cannot_be_meant_is_refused_at_its_field(
    plant: Plant, pilot: Pilot, missed: ErrorClass, values: dict[str, Any], field: str, words: str
) -> None:
    day = plant.today - timedelta(days=1) + timedelta(days=values.pop("ahead", 0))
    first = day + timedelta(days=values.pop("begins", 0))
    found = {} if values.pop("none", False) else {missed: 9}

    with pytest.raises(Refused, match=words) as refused:
        read(plant, pilot, found, first_day=first, last_day=day, **values)

    assert refused.value.field == field


def test_a_class_that_was_archived_meanwhile_is_not_counted(
    plant: Plant, pilot: Pilot, missed: ErrorClass
) -> None:
    actions.archive_error_class(row=missed, by=plant.cast.lead, now=plant.now)

    with pytest.raises(Refused, match="archived meanwhile"):
        read(plant, pilot, {missed: 1})


@pytest.mark.parametrize("tolerated", ["0", "1", "-0.1", "1.5"])
def test_a_rate_that_nothing_shows_is_refused(plant: Plant, pilot: Pilot, tolerated: str) -> None:
    with pytest.raises(Refused, match="No reading shows that a rate is zero") as refused:
        error_class(plant, pilot, name="Other", tolerated=Decimal(tolerated))

    assert refused.value.field == "tolerated"


def test_two_classes_of_a_pilot_have_no_name_in_common(
    plant: Plant, pilot: Pilot, missed: ErrorClass, wasted: ErrorClass
) -> None:
    with pytest.raises(Refused, match="has this name") as new:
        error_class(plant, pilot, name="late ORDER missed")
    with pytest.raises(Refused, match="has this name") as other:
        change(plant, wasted, name="Late order missed")
    actions.archive_error_class(row=missed, by=plant.cast.lead, now=plant.now)
    error_class(plant, pilot)
    with pytest.raises(Refused, match="has this name") as back:
        actions.restore_error_class(row=missed, by=plant.cast.lead)

    assert {one.value.field for one in (new, other, back)} == {"name"}


def test_the_second_of_two_who_change_a_class_hears_of_the_first(
    plant: Plant, missed: ErrorClass
) -> None:
    change(plant, missed, cost=Decimal(500))

    with pytest.raises(Changed):
        change(plant, missed, cost=Decimal(600))


def test_a_class_goes_out_of_use_and_comes_back_with_its_counts(
    plant: Plant, pilot: Pilot, missed: ErrorClass
) -> None:
    passed(plant, pilot, Code.ACCURACY)
    for _ in range(2):
        actions.archive_error_class(row=missed, by=plant.cast.lead, now=plant.now)
    words = known(plant, pilot, "errors_within").words
    reopened = reopen_due(plant.now)

    for _ in range(2):
        actions.restore_error_class(row=missed, by=plant.cast.lead)

    assert "Late order missed" not in words
    assert [one.state for one in reopened] == [State.REOPENED]
    assert known(plant, pilot, "errors_within").met


def test_each_change_is_a_line_of_the_trail(plant: Plant, pilot: Pilot, missed: ErrorClass) -> None:
    begun = AuditEvent.objects.count()
    change(plant, missed, cost=Decimal(500))
    change(plant, ErrorClass.objects.get(pk=missed.pk))
    made = read(plant, pilot, {missed: 1})
    actions.withdraw_reading(row=made, reason="R", by=plant.cast.lead, now=plant.now)
    actions.archive_error_class(row=missed, by=plant.cast.lead, now=plant.now)
    actions.restore_error_class(row=missed, by=plant.cast.lead)

    found = list(AuditEvent.objects.order_by("seq").values_list("action", "payload"))[begun:]

    assert [action for action, _ in found] == [
        "ERROR_CLASS_CHANGED",
        "ACCURACY_READING_ADDED",
        "ACCURACY_READING_WITHDRAWN",
        "ERROR_CLASS_ARCHIVED",
        "ERROR_CLASS_RESTORED",
    ]
    assert found[0][1]["changed"] == {"cost": ["400.00", "500"]}
    assert found[1][1]["errors"] == {"Late order missed": 1}


def test_nothing_of_an_archived_pilot_changes(
    plant: Plant, pilot: Pilot, missed: ErrorClass
) -> None:
    bad = read(plant, pilot, {missed: 1})
    portfolio.archive_pilot(pilot=pilot, by=plant.cast.admin, now=plant.now)

    for broken in (
        lambda: error_class(plant, pilot, name="Other"),
        lambda: change(plant, missed, cost=Decimal(5)),
        lambda: read(plant, pilot, {missed: 1}),
        lambda: actions.archive_error_class(row=missed, by=plant.cast.lead, now=plant.now),
        lambda: actions.withdraw_reading(row=bad, reason="R", by=plant.cast.lead, now=plant.now),
    ):
        with pytest.raises(Refused, match="archived"):
            broken()


def test_a_reading_is_taken_back_with_a_reason(
    plant: Plant, pilot: Pilot, missed: ErrorClass
) -> None:
    made = read(plant, pilot, {missed: 1})

    with pytest.raises(Refused, match="Say why") as refused:
        actions.withdraw_reading(row=made, reason=" ", by=plant.cast.lead, now=plant.now)

    assert refused.value.field == "reason"
