"""A pilot's budget: how it is split, what is funded, and what the database keeps of it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal as D
from typing import Any
from uuid import UUID

import pytest
from django.db import IntegrityError, ProgrammingError, connection, transaction

from audit.models import AuditEvent
from common.errors import Changed, Refused
from common.writing import constraint_of
from portfolio import actions
from portfolio.models import BudgetLine, Part, Pilot, PilotParty
from portfolio.queries import budget
from portfolio.rules import budget as rules
from portfolio.rules.budget import Lacking, Line, PhaseClass
from tenants.models import Membership
from tests.conftest import Cast
from tests.plant import Plant

NOWHERE = UUID(int=0)


def line(phase: str, money: str = "0", hours: str = "0", *, funded: bool = False) -> Line:
    return Line(
        phase=PhaseClass(phase), planned_money=D(money), planned_hours=D(hours), funded=funded
    )


@pytest.mark.parametrize(
    ("lines", "warned"),
    [
        ([line("poc", "30000"), line("run", "70000")], False),
        ([line("poc", "30000.01"), line("run", "70000")], True),
        ([line("poc", "30000", "30.1"), line("run", "70000", "70")], True),
        ([line("poc", "30000", "30"), line("run", "70000", "70")], False),
        ([line("poc", "29999.99"), line("run", "70000")], False),
        ([line("poc", "1")], True),
        ([line("poc", "0", "1")], True),
        ([line("run", "1")], False),
        ([line("poc")], False),
        ([], False),
    ],
)
def test_more_than_thirty_per_cent_of_the_plan_for_the_concept_is_warned_of(
    lines: list[Line], warned: bool
) -> None:
    assert rules.too_much_concept(lines) is warned


def test_what_nothing_is_planned_for_is_named_in_order() -> None:
    lines = [line("poc", "9"), line("integration", "0", "5"), line("run", "0"), line("run", "1")]

    assert rules.empty_phases(lines) == [PhaseClass.HARDENING, PhaseClass.MONITORING]
    assert rules.empty_phases([]) == list(rules.PRODUCTION)


@pytest.mark.parametrize(
    ("lines", "funded"),
    [
        ([], False),
        ([line("poc", "5", funded=True)], False),
        ([line("run", "0", "9")], False),
        ([line("run", "5")], False),
        ([line("run", "5", funded=True)], True),
        ([line("run", "5", funded=True), line("poc", "5")], True),
        ([line("run", "5", funded=True), line("hardening", "5")], False),
        ([line("run", "5", funded=True), line("hardening", "0", "9")], True),
    ],
)
def test_the_production_budget_is_funded_when_each_line_of_it_is_confirmed(
    lines: list[Line], funded: bool
) -> None:
    assert rules.is_funded(lines) is funded


def test_a_pilot_lacks_what_it_does_not_have_in_order() -> None:
    whole = {"agreed": True, "locked": True, "operator": True, "funded": True}

    assert rules.list_lacking(**whole) == ()
    assert rules.list_lacking(**dict.fromkeys(whole, False)) == tuple(Lacking)
    assert rules.list_lacking(**whole | {"operator": False}) == (Lacking.OPERATOR,)


@pytest.fixture
def plant(acme: int, cast: Cast) -> Plant:
    return Plant(cast)


@pytest.fixture
def pilot(plant: Plant) -> Pilot:
    return plant.pilot(lead=plant.cast.lead, sponsor=plant.cast.sponsor)


def add(plant: Plant, pilot: Pilot, **values: Any) -> BudgetLine:
    given = {"phase_class": "run", "title": "Licences", "planned_money": D(900), **values}
    return actions.add_budget_line(pilot=pilot, by=plant.cast.lead, **given)


def fund(plant: Plant, row: BudgetLine, **values: Any) -> BudgetLine:
    given = {"version": row.version, "by": plant.cast.sponsor, "now": plant.now, **values}
    return actions.fund_budget_line(line=row, **given)


def values_of(row: BudgetLine) -> dict[str, Any]:
    names = ("phase_class", "title", "planned_money", "actual_money", "planned_hours")
    return {name: getattr(row, name) for name in (*names, "actual_hours")}


def change(plant: Plant, row: BudgetLine, **values: Any) -> BudgetLine:
    given = {"version": row.version, **values_of(row), **values}
    return actions.change_budget_line(line=row, by=plant.cast.lead, **given)


def test_each_write_is_a_line_of_the_trail(plant: Plant, pilot: Pilot) -> None:
    row = fund(plant, add(plant, pilot))
    row = change(plant, row, title="Licences of year 1")
    row = actions.unfund_budget_line(line=row, version=row.version, by=plant.cast.coo)
    row = actions.archive_budget_line(
        line=row, version=row.version, by=plant.cast.lead, now=plant.now
    )
    actions.restore_budget_line(line=row, version=row.version, by=plant.cast.lead)

    kinds = AuditEvent.objects.filter(action__startswith="BUDGET_").order_by("seq")
    assert list(kinds.values_list("action", flat=True)) == [
        "BUDGET_LINE_ADDED",
        "BUDGET_LINE_FUNDED",
        "BUDGET_LINE_CHANGED",
        "BUDGET_LINE_UNFUNDED",
        "BUDGET_LINE_ARCHIVED",
        "BUDGET_LINE_RESTORED",
    ]


def test_doing_the_same_again_changes_and_records_nothing(plant: Plant, pilot: Pilot) -> None:
    row = fund(plant, add(plant, pilot))
    before = AuditEvent.objects.count()

    fund(plant, row)
    change(plant, row)
    actions.restore_budget_line(line=row, version=row.version, by=plant.cast.lead)

    assert AuditEvent.objects.count() == before
    assert budget.get_line(pilot, row.pk).version == row.version


@pytest.mark.parametrize(
    ("values", "kept"),
    [
        ({"title": "Other words"}, True),
        ({"actual_money": D(5)}, True),
        ({"planned_hours": D(5)}, True),
        ({"planned_money": D(901)}, False),
        ({"phase_class": "hardening"}, False),
    ],
)
def test_other_planned_money_is_confirmed_anew(
    plant: Plant, pilot: Pilot, values: dict[str, Any], kept: bool
) -> None:
    row = change(plant, fund(plant, add(plant, pilot)), **values)

    assert (row.funded_at is not None, row.funded_by is not None) == (kept, kept)


def test_who_confirms_the_amount_before_hears_that_it_changed(plant: Plant, pilot: Pilot) -> None:
    seen = add(plant, pilot)
    change(plant, seen, planned_money=D(1800))

    with pytest.raises(Changed):
        fund(plant, seen, version=1)


def test_a_line_without_money_has_nothing_to_confirm(plant: Plant, pilot: Pilot) -> None:
    with pytest.raises(Refused, match="no planned money"):
        fund(plant, add(plant, pilot, planned_money=D(0)))


def test_nobody_confirms_but_who_pays(plant: Plant, pilot: Pilot) -> None:
    row = add(plant, pilot)

    for member in (plant.cast.lead, plant.cast.reviewer):
        with pytest.raises(Refused, match="An executive or the pilot's sponsor confirms"):
            fund(plant, row, by=member)


def test_a_line_into_which_something_went_stays(plant: Plant, pilot: Pilot) -> None:
    for spent in ({"actual_money": D(1)}, {"actual_hours": D("0.5")}):
        row = add(plant, pilot, **spent)
        with pytest.raises(Refused, match="so it stays"):
            actions.archive_budget_line(line=row, version=1, by=plant.cast.lead, now=plant.now)


def test_an_archived_line_is_brought_back_before_it_changes(plant: Plant, pilot: Pilot) -> None:
    row = actions.archive_budget_line(
        line=fund(plant, add(plant, pilot)), version=2, by=plant.cast.lead, now=plant.now
    )

    assert row.funded_at is None
    with pytest.raises(Refused, match="archived"):
        change(plant, row, title="T")
    with pytest.raises(Refused, match="no planned money"):
        fund(plant, row)


def test_an_archived_pilots_budget_stays_as_it_is(plant: Plant, pilot: Pilot) -> None:
    row = add(plant, pilot)
    actions.archive_pilot(pilot=pilot, by=plant.cast.admin, now=plant.now)

    for broken in (
        lambda: add(plant, pilot),
        lambda: change(plant, row, title="T"),
        lambda: fund(plant, row),
        lambda: actions.unfund_budget_line(line=row, version=1, by=plant.cast.sponsor),
        lambda: actions.restore_budget_line(line=row, version=1, by=plant.cast.lead),
    ):
        with pytest.raises(Refused, match="archived"):
            broken()


def refused(broken: Callable[[], Any]) -> str:
    with pytest.raises(IntegrityError) as violated, transaction.atomic():
        broken()
    return constraint_of(violated.value)


def row_of(plant: Plant, pilot: Pilot, **values: Any) -> BudgetLine:
    given = {"pilot_id": pilot.pk, "phase_class": "run", "title": "T", "planned_money": 9, **values}
    return BudgetLine.objects.create(**given)


@pytest.mark.parametrize(
    ("constraint", "values"),
    [
        ("portfolio_budgetline_pilot_fk", {"pilot_id": NOWHERE}),
        ("portfolio_budgetline_phase", {"phase_class": "other"}),
        ("portfolio_budgetline_title", {"title": ""}),
        ("portfolio_budgetline_amounts", {"planned_money": -1}),
        ("portfolio_budgetline_amounts", {"actual_money": 10**12 + 1}),
        ("portfolio_budgetline_amounts", {"planned_hours": -1}),
        ("portfolio_budgetline_funded_whole", {"funded_at": "now"}),
        ("portfolio_budgetline_funded_whole", {"funded_by_id": "coo"}),
        (
            "portfolio_budgetline_funded_whole",
            {"funded_at": "now", "funded_by_id": "coo", "planned_money": 0},
        ),
        ("portfolio_budgetline_spent_stays", {"archived_at": "now", "actual_money": 1}),
        ("portfolio_budgetline_spent_stays", {"archived_at": "now", "actual_hours": 1}),
        ("portfolio_budgetline_funded_fk", {"funded_at": "now", "funded_by_id": NOWHERE}),
        ("portfolio_budgetline_by_who_pays", {"funded_at": "now", "funded_by_id": "reader"}),
        ("portfolio_budgetline_by_who_pays", {"funded_at": "now", "funded_by_id": "reviewer"}),
    ],
)
def test_half_a_line_is_refused(
    plant: Plant, pilot: Pilot, constraint: str, values: dict[str, Any]
) -> None:
    known = {
        "now": plant.now,
        **{n: getattr(plant.cast, n).pk for n in ("coo", "reader", "reviewer")},
    }
    given = {
        name: known.get(value, value) if isinstance(value, str) else value
        for name, value in values.items()
    }

    assert refused(lambda: row_of(plant, pilot, **given)) == constraint


@pytest.mark.parametrize("who", ["coo", "sponsor"])
def test_an_executive_or_the_sponsor_confirms(plant: Plant, pilot: Pilot, who: str) -> None:
    found = row_of(plant, pilot, funded_at=plant.now, funded_by_id=getattr(plant.cast, who).pk)

    assert found.funded_at is not None


def test_a_sponsor_of_another_pilot_does_not_confirm(plant: Plant, pilot: Pilot) -> None:
    other = plant.pilot("Other", lead=plant.cast.lead)
    sponsor = {"funded_at": plant.now, "funded_by_id": plant.cast.sponsor.pk}

    assert refused(lambda: row_of(plant, other, **sponsor)) == "portfolio_budgetline_by_who_pays"


def test_who_was_removed_does_not_confirm(plant: Plant, pilot: Pilot) -> None:
    Membership.objects.filter(pk=plant.cast.coo.pk).update(removed_at=plant.now)
    by = {"funded_at": plant.now, "funded_by_id": plant.cast.coo.pk}

    assert refused(lambda: row_of(plant, pilot, **by)) == "portfolio_budgetline_by_who_pays"


def test_an_executive_who_leads_the_pilot_does_not_confirm(plant: Plant, pilot: Pilot) -> None:
    PilotParty.objects.filter(pilot=pilot, part=Part.LEAD).update(ended_at=plant.now)
    PilotParty.objects.create(pilot=pilot, person_id=plant.cast.coo.person_id, part=Part.LEAD)
    by = {"funded_at": plant.now, "funded_by_id": plant.cast.coo.pk}

    assert refused(lambda: row_of(plant, pilot, **by)) == "portfolio_budgetline_not_by_lead"


def test_an_executive_who_ever_led_the_pilot_does_not_confirm(plant: Plant, pilot: Pilot) -> None:
    PilotParty.objects.create(
        pilot=pilot,
        person_id=plant.cast.coo.person_id,
        part=Part.LEAD,
        ended_at=plant.now - timedelta(days=400),
    )
    by = {"funded_at": plant.now, "funded_by_id": plant.cast.coo.pk}

    assert refused(lambda: row_of(plant, pilot, **by)) == "portfolio_budgetline_not_by_lead"


@pytest.mark.parametrize("values", [{"planned_money": 10}, {"phase_class": "hardening"}])
def test_no_confirmation_outlives_what_it_was_given_for(
    plant: Plant, pilot: Pilot, values: dict[str, Any]
) -> None:
    rows = BudgetLine.objects.filter(pk=fund(plant, add(plant, pilot)).pk)

    assert refused(lambda: rows.update(**values)) == "portfolio_budgetline_anew"


def test_a_line_stays_the_pilots(plant: Plant, pilot: Pilot) -> None:
    rows = BudgetLine.objects.filter(pk=add(plant, pilot).pk)
    other = plant.pilot("Other", lead=plant.cast.lead)

    assert refused(lambda: rows.update(pilot=other)) == "portfolio_budgetline_fixed"


@pytest.mark.parametrize("verb", ["DELETE FROM {}", "TRUNCATE {}"])
def test_the_application_deletes_no_line(plant: Plant, pilot: Pilot, verb: str) -> None:
    add(plant, pilot)

    with pytest.raises(ProgrammingError, match="permission denied"), transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(verb.format("portfolio_budgetline"))
