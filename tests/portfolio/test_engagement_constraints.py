"""Each named constraint of engagements and requirements refuses what breaks it, whoever writes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from django.db import IntegrityError, ProgrammingError, transaction

from common.writing import constraint_of
from portfolio.models import Engagement, Pilot, Requirement, RequirementFile
from tenants.models import Membership
from tests.conftest import NOW, Cast
from tests.portfolio.test_constraints import START, pilot

pytestmark = pytest.mark.usefixtures("acme")


def member() -> Membership:
    found: Membership = Membership.objects.order_by("id")[0]
    return found


def row(model: Any, given: dict[str, Any], values: dict[str, Any]) -> Any:
    if "pilot_id" not in values:
        given["pilot"] = Pilot.objects.first() or pilot()
    return model.objects.create(**given | values)


def engagement(**values: Any) -> Any:
    return row(Engagement, {"area": "security", "due_week": 2}, values)


def said(**values: Any) -> Any:
    """A function that took part and spoke."""
    whole = {
        "member": member(),
        "engaged_on": START,
        "outcome": "no_objection",
        "said_by": member(),
        "said_at": NOW,
    }
    return engagement(**whole | values)


def requirement(**values: Any) -> Any:
    given = {"number": 1, "area": "legal", "text": "T", "alike": "t", "found_on": START}
    return row(Requirement, given, values)


def file(**values: Any) -> Any:
    given: dict[str, Any] = {"name": "a.csv", "rows": [], "expires_at": NOW}
    if "member_id" not in values:
        given["member"] = member()
    return row(RequirementFile, given, values)


CASES: dict[str, Callable[[], Any]] = {
    "portfolio_engagement_pilot_fk": lambda: engagement(pilot_id=uuid4()),
    "portfolio_engagement_member_fk": lambda: engagement(member_id=uuid4()),
    "portfolio_engagement_said_by_fk": lambda: said(said_by=None, said_by_id=uuid4()),
    "portfolio_engagement_once": lambda: [engagement(), engagement()],
    "portfolio_engagement_area_known": lambda: engagement(area="canteen"),
    "portfolio_engagement_week": lambda: engagement(due_week=13),
    "portfolio_engagement_lead": lambda: engagement(lead_weeks=105),
    "portfolio_engagement_outcome_known": lambda: said(outcome="fine", note="N"),
    "portfolio_engagement_named": lambda: engagement(engaged_on=START),
    "portfolio_engagement_engaged": lambda: said(engaged_on=None),
    "portfolio_engagement_explained": lambda: said(outcome="objected"),
    "portfolio_engagement_said_whole": lambda: said(said_at=None),
    "portfolio_requirement_pilot_fk": lambda: requirement(pilot_id=uuid4()),
    "portfolio_requirement_settled_fk": lambda: requirement(
        state="met", evidence="E", settled_by_id=uuid4(), settled_at=NOW
    ),
    "portfolio_requirement_number": lambda: [requirement(), requirement(alike="other")],
    "portfolio_requirement_once": lambda: [requirement(), requirement(number=2)],
    "portfolio_requirement_area_known": lambda: requirement(area="canteen"),
    "portfolio_requirement_text": lambda: requirement(text=""),
    "portfolio_requirement_state_known": lambda: requirement(
        state="later", evidence="E", settled_by=member(), settled_at=NOW
    ),
    "portfolio_requirement_url": lambda: requirement(url="javascript:alert(1)"),
    "portfolio_requirement_settled_whole": lambda: requirement(state="met", evidence="E"),
    "portfolio_requirementfile_pilot_fk": lambda: file(pilot_id=uuid4()),
    "portfolio_requirementfile_member_fk": lambda: file(member_id=uuid4()),
    "portfolio_requirementfile_done_whole": lambda: file(done_at=NOW),
}


@pytest.mark.parametrize("name", CASES)
def test_the_database_refuses_by_name(name: str) -> None:
    with pytest.raises(IntegrityError) as violated, transaction.atomic():
        CASES[name]()

    assert constraint_of(violated.value) == name


def test_no_constraint_is_without_its_test() -> None:
    named = {
        constraint.name
        for model in (Engagement, Requirement, RequirementFile)
        for constraint in model._meta.constraints
        if not constraint.name.endswith(("_iso", "_tenant_key"))
    }

    assert named == set(CASES)


@pytest.mark.parametrize(
    "values",
    [
        {"state": "open", "settled_by": True, "settled_at": NOW},
        {"state": "met", "settled_by": True, "settled_at": NOW},
        {"state": "dropped", "settled_at": NOW, "evidence": "E"},
    ],
)
def test_what_is_open_no_more_says_why_and_by_whom(values: dict[str, Any]) -> None:
    given = {**values, "settled_by": member()} if "settled_by" in values else values

    with pytest.raises(IntegrityError) as violated, transaction.atomic():
        requirement(**given)

    assert constraint_of(violated.value) == "portfolio_requirement_settled_whole"


@pytest.mark.parametrize("model", [Engagement, Requirement])
def test_neither_can_be_deleted(model: Any) -> None:
    engagement(), requirement()

    with pytest.raises(ProgrammingError, match="permission denied"), transaction.atomic():
        model.objects.all()._raw_delete("default")  # past the ORM's own refusals


def test_somebody_of_another_company_is_refused_as_if_there_were_none(cast: Cast) -> None:
    with pytest.raises(IntegrityError) as violated, transaction.atomic():
        engagement(member_id=cast.stranger.pk)

    assert constraint_of(violated.value) == "portfolio_engagement_member_fk"
