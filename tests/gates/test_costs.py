"""A pilot's cost at full volume: versions, Finance's signature, and what the gate makes of them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from django.db import IntegrityError, ProgrammingError, connection, transaction

from audit.models import AuditEvent
from common.errors import Changed, Refused
from common.writing import constraint_of
from gates import actions, queries
from gates.models import CostModel, CostSignature
from gates.queries import costs
from gates.rules.criteria import Standing
from gates.rules.states import Code, State
from portfolio import actions as portfolio
from portfolio.models import Pilot, PilotParty
from tenants.models import Membership, Notification
from tests.gates.plant import PRICES, TOO_DEAR, made, passed, pilot, plant, price, reopen_due
from tests.plant import Plant

__all__ = ["made", "pilot", "plant"]  # fixtures

pytestmark = pytest.mark.usefixtures("acme")
NOWHERE = UUID(int=0)
AGAIN = {"version": 1, "note": "Calls are dearer."}


def sign(plant: Plant, pilot: Pilot, **values: Any) -> CostSignature:
    given = {"version": 2, "reason": "", "by": plant.cast.reviewer, "now": plant.now, **values}
    return actions.sign_cost(pilot=pilot, **given)


def facts(plant: Plant, pilot: Pilot) -> dict[str, Standing]:
    seen = queries.get_seen(pilot, Code.COST, now=plant.now)
    return {one.asked.code: one for one in seen.standings}


def dearer(plant: Plant, pilot: Pilot) -> CostModel:
    """Write version 2, which does not pay at three times the unit cost."""
    return price(plant, pilot, **AGAIN, **TOO_DEAR)


def test_the_gate_tells_the_year_the_signature_and_the_worse_case(
    plant: Plant, pilot: Pilot
) -> None:
    found = facts(plant, pilot)

    assert all(one.met for one in found.values())
    assert found["at_volume"].words == "Version 1 leaves €720K a year, estimated"
    assert found["cost_signed"].words.startswith("Version 1, signed by Reviewer on ")
    assert (
        found["worse_case"].words
        == "Version 1 leaves €420K a year at 3 times the unit cost, estimated"
    )


def test_without_a_version_nothing_of_the_gate_is_met(plant: Plant) -> None:
    bare = plant.pilot("Bare", lead=plant.cast.lead)

    found = facts(plant, bare)

    assert {one.met for one in found.values()} == {False}
    assert {one.words for one in found.values()} == {"The cost at full volume is not written down."}


def test_a_new_version_asks_for_a_new_signature_and_the_old_one_stays(
    plant: Plant, pilot: Pilot
) -> None:
    price(plant, pilot, **AGAIN, cost_per_call=Decimal("0.011"))

    found = facts(plant, pilot)
    assert (found["at_volume"].met, found["cost_signed"].met) == (True, False)
    assert "not signed version 2" in found["cost_signed"].words
    versions = costs.list_versions(pilot)
    assert [(one.number, one.signature is not None) for one in versions] == [(2, False), (1, True)]


def test_a_version_that_is_no_other_one_writes_nothing(plant: Plant, pilot: Pilot) -> None:
    assert price(plant, pilot, **AGAIN).number == 1
    assert CostModel.objects.count() == 1


def test_a_version_without_volume_is_no_cost_at_full_volume(plant: Plant, pilot: Pilot) -> None:
    price(plant, pilot, **AGAIN, items_per_day=Decimal(0))

    found = facts(plant, pilot)["at_volume"]

    assert (found.met, found.words) == (False, "Version 2 has no volume.")


def test_what_does_not_pay_at_three_times_is_accepted_by_name_and_with_a_reason(
    plant: Plant, pilot: Pilot
) -> None:
    dearer(plant, pilot)
    before = facts(plant, pilot)["worse_case"]

    with pytest.raises(Refused, match="does not pay") as refused:
        sign(plant, pilot)
    sign(plant, pilot, reason=" The price is fixed for two years. ")

    after = facts(plant, pilot)["worse_case"]
    assert refused.value.field == "reason"
    assert (before.met, "Finance has not accepted that." in before.words) == (False, True)
    assert after.met
    assert "Accepted by Reviewer: “The price is fixed for two years.”" in after.words


def test_a_reason_is_kept_only_where_something_was_accepted(plant: Plant, pilot: Pilot) -> None:
    price(plant, pilot, **AGAIN, overhead=Decimal(180_001))

    assert sign(plant, pilot, reason="Because.").reason == ""


def test_a_new_version_opens_a_passed_gate_again(plant: Plant, pilot: Pilot) -> None:
    passed(plant, pilot, Code.COST)
    before = reopen_due(plant.now)
    price(plant, pilot, **AGAIN, overhead=Decimal(180_001))

    after = reopen_due(plant.now)

    assert before == []
    assert "Finance has not signed version 2." in after[0].reason


def test_a_version_that_was_signed_anew_opens_a_passed_gate_again(
    plant: Plant, pilot: Pilot
) -> None:
    passed(plant, pilot, Code.COST)
    price(plant, pilot, **AGAIN, overhead=Decimal(180_001))
    sign(plant, pilot)

    after = reopen_due(plant.now)

    assert after[0].reason.startswith("This changed since it was passed: Cost at full volume")
    assert queries.get_seen(pilot, Code.COST, now=plant.now).state is State.REOPENED


def test_each_version_and_signature_is_a_line_of_the_trail(plant: Plant, pilot: Pilot) -> None:
    dearer(plant, pilot)
    sign(plant, pilot, reason="R")

    rows = AuditEvent.objects.filter(action__startswith="COST_").order_by("seq")
    assert list(rows.values_list("action", "payload")) == [
        ("COST_MODEL_WRITTEN", {"version": 1}),
        ("COST_MODEL_SIGNED", {"version": 1}),
        ("COST_MODEL_WRITTEN", {"version": 2, "note": "Calls are dearer."}),
        ("COST_MODEL_SIGNED", {"version": 2, "reason": "R"}),
    ]


def test_finance_is_asked_and_the_team_hears_of_the_signature(plant: Plant, pilot: Pilot) -> None:
    dearer(plant, pilot)
    lines = Notification.objects.filter(topic="cost", member=plant.cast.reviewer).order_by("id")
    asked = [(one.title, one.read_at is None) for one in lines]
    sign(plant, pilot, reason="R")

    assert asked == [
        ("The cost of Late orders is to be signed for Finance, version 1", False),
        ("The cost of Late orders is to be signed again for Finance, version 2", True),
    ]
    assert not lines.filter(read_at=None).exists()
    told = Notification.objects.filter(
        topic="cost",
        title__contains="version 2",
        member__in=[plant.cast.lead.pk, plant.cast.sponsor.pk],
    )
    assert {one.title for one in told} == {"Reviewer signed the cost of Late orders, version 2"}
    assert told.count() == 2


def test_who_writes_second_hears_that_it_changed(plant: Plant, pilot: Pilot) -> None:
    with pytest.raises(Changed):
        price(plant, pilot, version=0)
    with pytest.raises(Changed):
        sign(plant, pilot, version=2)


def test_a_new_version_says_what_changed(plant: Plant, pilot: Pilot) -> None:
    with pytest.raises(Refused, match="Say what changed") as refused:
        price(plant, pilot, version=1, overhead=Decimal(1))

    assert refused.value.field == "note"


def test_a_version_is_signed_once(plant: Plant, pilot: Pilot) -> None:
    with pytest.raises(Refused, match="signed already"):
        sign(plant, pilot, version=1)


def test_nobody_but_finance_signs(plant: Plant, pilot: Pilot) -> None:
    dearer(plant, pilot)
    Membership.objects.filter(pk=plant.cast.reviewer.pk).update(functions=["legal"])
    Membership.objects.filter(pk=plant.cast.reader.pk).update(functions=["finance"])

    for member in (plant.cast.reviewer, plant.cast.reader):
        with pytest.raises(Refused, match="gate reviewer whose functions include Finance"):
            sign(plant, pilot, by=member, reason="R")


def let_do_everything(member: Membership) -> None:
    member.roles = ["lead", "reviewer", "admin"]
    member.functions = ["finance"]
    member.save(update_fields=["roles", "functions"])


def test_neither_the_lead_nor_who_wrote_a_version_signs_it(plant: Plant, pilot: Pilot) -> None:
    let_do_everything(plant.cast.lead)
    dearer(plant, pilot)

    with pytest.raises(Refused, match="or ever led it, does not sign"):
        sign(plant, pilot, by=plant.cast.lead, reason="R")
    price(plant, pilot, version=2, note="N", overhead=Decimal(1), by=plant.cast.reviewer)
    with pytest.raises(Refused, match="You wrote this version"):
        sign(plant, pilot, version=3, reason="R")


def test_who_ever_led_the_pilot_is_not_asked_to_sign_and_does_not(
    plant: Plant, pilot: Pilot
) -> None:
    dearer(plant, pilot)
    asked = costs.list_finance(pilot)
    PilotParty.objects.create(
        pilot=pilot, person_id=plant.cast.reviewer.person_id, part="lead", ended_at=plant.now
    )

    assert (asked, costs.list_finance(pilot)) == ([plant.cast.reviewer], [])
    with pytest.raises(Refused, match="or ever led it, does not sign"):
        sign(plant, pilot, reason="R")


def test_an_archived_pilots_cost_stays_as_it_is(plant: Plant, pilot: Pilot) -> None:
    dearer(plant, pilot)
    portfolio.archive_pilot(pilot=pilot, by=plant.cast.admin, now=plant.now)

    with pytest.raises(Refused, match="archived"):
        price(plant, pilot, version=2, note="N", overhead=Decimal(1))
    with pytest.raises(Refused, match="archived"):
        sign(plant, pilot, reason="R")


def refused(broken: Callable[[], Any]) -> str:
    with pytest.raises(IntegrityError) as violated, transaction.atomic():
        broken()
    return constraint_of(violated.value)


def version(plant: Plant, pilot: Pilot, **values: Any) -> CostModel:
    given = {
        "pilot": pilot,
        "number": 2,
        "note": "N",
        "member_id": plant.cast.lead.pk,
        "at": plant.now,
        **PRICES,
        **values,
    }
    return CostModel.objects.create(**given)


@pytest.mark.parametrize(
    ("constraint", "values"),
    [
        ("gates_costmodel_amounts", {"items_per_day": -1}),
        ("gates_costmodel_amounts", {"items_per_day": 10**9 + 1}),
        ("gates_costmodel_amounts", {"cost_per_call": Decimal("-0.00000001")}),
        ("gates_costmodel_amounts", {"errors_after": -1}),
        ("gates_costmodel_labelled", {"overhead_basis": "known"}),
        ("gates_costmodel_labelled", {"errors_before_basis": ""}),
        ("gates_costmodel_counted", {"counted": "some"}),
        ("gates_costmodel_counted", {"sites": 0}),
        ("gates_costmodel_counted", {"days_per_year": 367}),
        ("gates_costmodel_note", {"note": ""}),
        ("gates_costmodel_note", {"number": 0}),
        ("gates_costmodel_number_once", {"number": 1}),
        ("gates_costmodel_in_order", {"number": 3}),
        ("gates_costmodel_pilot_fk", {"pilot": None, "pilot_id": NOWHERE, "number": 1}),
        ("gates_costmodel_member_fk", {"member_id": NOWHERE}),
    ],
)
def test_half_a_version_is_refused(
    plant: Plant, pilot: Pilot, constraint: str, values: dict[str, Any]
) -> None:
    given = dict(values)
    if given.pop("pilot", pilot) is None:
        assert (
            refused(lambda: CostModel.objects.create(**_without_pilot(plant, given))) == constraint
        )
        return

    assert refused(lambda: version(plant, pilot, **given)) == constraint


def _without_pilot(plant: Plant, values: dict[str, Any]) -> dict[str, Any]:
    return {"note": "", "member_id": plant.cast.lead.pk, "at": plant.now, **PRICES, **values}


def test_a_version_of_an_archived_pilot_is_refused(plant: Plant, pilot: Pilot) -> None:
    Pilot.objects.filter(pk=pilot.pk).update(archived_at=plant.now)

    assert refused(lambda: version(plant, pilot)) == "gates_costmodel_in_use"


def signature(plant: Plant, found: CostModel, **values: Any) -> CostSignature:
    given = {
        "cost_model_id": found.pk,
        "member_id": plant.cast.reviewer.pk,
        "reason": "R",
        "at": plant.now,
        **values,
    }
    return CostSignature.objects.create(**given)


def test_the_signature_that_the_cases_break_is_taken(plant: Plant, pilot: Pilot) -> None:
    assert signature(plant, dearer(plant, pilot)).reason == "R"


@pytest.mark.parametrize(
    ("constraint", "values"),
    [
        ("gates_costsignature_accepted", {"reason": ""}),
        ("gates_costsignature_model_fk", {"cost_model_id": NOWHERE}),
        ("gates_costsignature_member_fk", {"member_id": NOWHERE}),
    ],
)
def test_half_a_signature_is_refused(
    plant: Plant, pilot: Pilot, constraint: str, values: dict[str, Any]
) -> None:
    found = dearer(plant, pilot)

    assert refused(lambda: signature(plant, found, **values)) == constraint


@pytest.mark.parametrize(
    "values", [{"functions": []}, {"roles": ["executive"]}, {"removed_at": "now"}]
)
def test_the_database_takes_a_signature_of_finance_alone(
    plant: Plant, pilot: Pilot, values: dict[str, Any]
) -> None:
    found = dearer(plant, pilot)
    given = {name: plant.now if value == "now" else value for name, value in values.items()}
    Membership.objects.filter(pk=plant.cast.reviewer.pk).update(**given)

    assert refused(lambda: signature(plant, found)) == "gates_costsignature_by_finance"


def test_the_database_takes_no_signature_of_the_lead(plant: Plant, pilot: Pilot) -> None:
    found = dearer(plant, pilot)
    PilotParty.objects.filter(pilot=pilot, part="lead").update(ended_at=plant.now)
    PilotParty.objects.create(pilot=pilot, person_id=plant.cast.reviewer.person_id, part="lead")

    assert refused(lambda: signature(plant, found)) == "gates_costsignature_not_by_lead"


@pytest.mark.parametrize("days", [0, 400])
def test_the_database_takes_no_signature_of_who_ever_led(
    plant: Plant, pilot: Pilot, days: int
) -> None:
    found = dearer(plant, pilot)
    PilotParty.objects.create(
        pilot=pilot,
        person_id=plant.cast.reviewer.person_id,
        part="lead",
        ended_at=plant.now - timedelta(days=days),
    )

    assert refused(lambda: signature(plant, found)) == "gates_costsignature_not_by_lead"


def test_the_database_takes_no_signature_of_who_wrote_the_version(
    plant: Plant, pilot: Pilot
) -> None:
    found = version(plant, pilot, member_id=plant.cast.reviewer.pk)

    assert refused(lambda: signature(plant, found)) == "gates_costsignature_not_by_author"


def test_the_database_takes_no_signature_of_a_version_that_was_replaced(
    plant: Plant, pilot: Pilot
) -> None:
    found = dearer(plant, pilot)
    version(plant, pilot, number=3)

    assert refused(lambda: signature(plant, found)) == "gates_costsignature_newest"


def test_the_database_takes_one_signature_a_version(plant: Plant, pilot: Pilot) -> None:
    found = dearer(plant, pilot)
    signature(plant, found)

    assert refused(lambda: signature(plant, found)) == "gates_costsignature_once"


def test_the_database_takes_no_signature_of_an_archived_pilots_cost(
    plant: Plant, pilot: Pilot
) -> None:
    found = dearer(plant, pilot)
    Pilot.objects.filter(pk=pilot.pk).update(archived_at=plant.now)

    assert refused(lambda: signature(plant, found)) == "gates_costsignature_in_use"


@pytest.mark.parametrize("counted", ["together", "each"])
@pytest.mark.parametrize("call", ["0.019999", "0.02", "0.020001", "0.05"])
@pytest.mark.parametrize(("before", "after"), [(10, 25), (25, 10), (0, 0)])
@pytest.mark.parametrize("overhead", [0, 150_000, 180_000])
def test_the_database_computes_what_three_times_the_unit_cost_leaves_as_the_rules_do(
    plant: Plant, pilot: Pilot, counted: str, call: str, before: int, after: int, overhead: int
) -> None:
    found = version(
        plant,
        pilot,
        counted=counted,
        cost_per_call=Decimal(call),
        errors_before=before,
        errors_after=after,
        overhead=overhead,
    )
    found.refresh_from_db()
    current = costs.find_current(pilot)
    assert current is not None

    if current.worst.pays:
        signature(plant, found, reason="")
    else:
        broken = refused(lambda: signature(plant, found, reason=""))
        assert broken == "gates_costsignature_accepted"


@pytest.mark.parametrize("table", ["gates_costmodel", "gates_costsignature"])
@pytest.mark.parametrize(
    "verb", ["DELETE FROM {}", "UPDATE {} SET at = now()", "TRUNCATE {} CASCADE"]
)
def test_the_application_changes_and_deletes_nothing_of_a_cost(
    plant: Plant, pilot: Pilot, table: str, verb: str
) -> None:
    with pytest.raises(ProgrammingError, match="permission denied"), transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(verb.format(table))
