"""When a function is late, when its review starts too late, and when a requirement was found."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portfolio.models import Area
from portfolio.rules import engagement as rules
from portfolio.rules.engagement import State
from tenants.models import Function

# A Monday: week 1 begins with it, week 2 ends on 20 September, deploy starts on 28 September.
START = date(2026, 9, 7)


def stand(**values: object) -> rules.Standing:
    given: dict[str, object] = {
        "start_date": START,
        "go_live_date": date(2026, 11, 16),
        "due_week": 2,
        "lead_weeks": None,
        "engaged_on": None,
        "outcome": "",
        "day": date(2026, 9, 7),
    }
    return rules.stand(**given | values)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("values", "state"),
    [
        ({"day": date(2026, 9, 6)}, State.NOT_DUE),
        ({"day": date(2026, 9, 7)}, State.DUE),
        ({"day": date(2026, 9, 20)}, State.DUE),
        ({"day": date(2026, 9, 21)}, State.LATE),
        ({"day": date(2026, 9, 21), "due_week": 6}, State.NOT_DUE),
        ({"engaged_on": date(2026, 9, 8), "day": date(2026, 12, 1)}, State.ENGAGED),
        ({"engaged_on": date(2026, 10, 8), "day": date(2026, 12, 1)}, State.ENGAGED),
        ({"engaged_on": date(2026, 9, 8), "outcome": "conditions"}, State.ENGAGED),
        ({"engaged_on": date(2026, 9, 8), "outcome": "objected"}, State.OBJECTED),
        ({"outcome": "not_needed", "day": date(2026, 12, 1)}, State.NOT_NEEDED),
        # A review of 26 weeks before go-live on 16 November starts by 18 May.
        ({"lead_weeks": 26, "day": date(2026, 5, 4)}, State.NOT_DUE),
        ({"lead_weeks": 26, "day": date(2026, 5, 5)}, State.DUE),
        ({"lead_weeks": 26, "day": date(2026, 5, 18)}, State.DUE),
        ({"lead_weeks": 26, "day": date(2026, 5, 19)}, State.LATE),
    ],
)
def test_a_function_stands_as_its_week_and_its_review_say(
    values: dict[str, object], state: State
) -> None:
    assert stand(**values).state is state


def test_days_late_are_counted_from_the_end_of_its_week() -> None:
    assert stand(engaged_on=date(2026, 9, 20)).days_late == 0
    assert stand(engaged_on=date(2026, 9, 24)).days_late == 4
    assert stand(day=date(2026, 9, 24)).days_late == 4


def test_a_review_that_began_after_its_day_starts_late_until_it_said_something() -> None:
    begun = {"lead_weeks": 10, "engaged_on": date(2026, 9, 10)}

    assert stand(**begun).start_by == date(2026, 9, 7)
    assert stand(**begun).starts_late
    assert not stand(**begun, outcome="no_objection").starts_late
    assert not stand(**begun | {"engaged_on": date(2026, 9, 7)}).starts_late


def test_without_a_go_live_the_monday_of_week_8_counts() -> None:
    assert rules.go_live(start_date=START, go_live_date=None) == date(2026, 10, 26)
    assert stand(go_live_date=None, lead_weeks=2).start_by == date(2026, 10, 12)


@pytest.mark.parametrize(
    ("found_on", "phase", "late"),
    [
        (date(2026, 9, 6), "planning", False),
        (date(2026, 9, 7), "audit", False),
        (date(2026, 9, 14), "ownership", False),
        (date(2026, 9, 27), "ownership", False),
        (date(2026, 9, 28), "deploy", True),
        (date(2026, 10, 26), "production", True),
        (date(2026, 11, 15), "production", True),
        (date(2026, 11, 16), "live", True),
    ],
)
def test_a_requirement_was_found_in_the_last_phase_that_had_begun(
    found_on: date, phase: str, late: bool
) -> None:
    live = date(2026, 11, 16)

    assert rules.found_phase(start_date=START, go_live_date=live, found_on=found_on) == phase
    assert rules.is_found_late(start_date=START, go_live_date=live, found_on=found_on) is late


def test_behind_week_12_a_requirement_was_found_after_it() -> None:
    def phase(day: date) -> str:
        return rules.found_phase(start_date=START, go_live_date=None, found_on=day)

    assert phase(date(2026, 11, 29)) == "measure"
    assert phase(date(2026, 11, 30)) == "after"


def test_a_go_live_before_week_4_is_when_deploy_started() -> None:
    early = date(2026, 9, 16)

    assert rules.deploy_starts(start_date=START, go_live_date=early) == early
    assert rules.deploy_starts(start_date=START, go_live_date=None) == date(2026, 9, 28)


@given(day=st.dates(date(2026, 1, 1), date(2027, 12, 31)), weeks=st.integers(0, 104))
def test_no_day_makes_a_late_function_less_late(day: date, weeks: int) -> None:
    today = stand(day=day, lead_weeks=weeks)
    tomorrow = stand(day=day + timedelta(days=1), lead_weeks=weeks)

    order = [State.NOT_DUE, State.DUE, State.LATE]
    assert order.index(tomorrow.state) >= order.index(today.state)
    assert tomorrow.days_late >= today.days_late


def test_every_function_of_the_plant_can_take_part_and_each_review_has_one_that_answers() -> None:
    assert set(Function.values) <= set(Area.values)
    assert set(Area.values) - set(Function.values) == set(rules.REVIEWS)
    assert set(rules.REVIEWS.values()) <= set(Function.values)
    assert set(rules.MANDATORY) <= set(Function.values)
    assert set(rules.TIMED) <= set(Area.values)
