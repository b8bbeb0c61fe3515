"""Candidates for a pilot: ranked by the whole way, kept by pages, and begun as pilots."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction

from audit.models import AuditEvent
from common.errors import Changed, Refused
from common.tenancy.context import tenant
from common.writing import constraint_of
from gates.rules.states import Code
from portfolio import actions as portfolio
from portfolio.actions import candidates as actions
from portfolio.models import Candidate, Pilot
from portfolio.rules import candidates as rules
from portfolio.rules.candidates import Arc, Gate, Outlook
from tests.conftest import signed_in
from tests.plant import Plant
from tests.portfolio.test_budget_pages import pilot, plant, words
from tests.queries import check_count, counted

__all__ = ["pilot", "plant"]  # fixtures

HOME = "/t/acme/candidates/"
NEW = "/t/acme/pilots/new/"
NOWHERE = "00000000-0000-0000-0000-000000000000"
CLEAR = (Outlook.CLEAR,) * 6
# The example of docs/rules/candidates.md, computed there by hand.
ORDERS = {
    "items_per_year": Decimal(50_000),
    "benefit": Decimal(300_000),
    "proof": Decimal(40_000),
    "production": Decimal(120_000),
    "item_cost": Decimal("0.80"),
    "overhead": Decimal(60_000),
}


def arc(outlook: tuple[Outlook, ...] = CLEAR, **values: Any) -> Arc:
    return Arc(outlook=outlook, **{**ORDERS, **values})


def test_the_worked_example_comes_to_what_was_computed_by_hand() -> None:
    orders = arc()

    assert orders.beginning == 160_000
    assert orders.running() == 100_000 and orders.running(3) == 180_000
    assert orders.net() == 200_000 and orders.net(3) == 120_000
    assert orders.payback == Decimal("9.6")
    shares = orders.shares
    assert shares is not None
    assert [round(share, 4) for share in shares] == [
        Decimal("0.1538"),
        Decimal("0.4615"),
        Decimal("0.3846"),
    ]
    assert not orders.forgets_production


def test_what_is_paid_back_sooner_comes_first_and_the_larger_benefit_does_not_decide() -> None:
    large = arc(benefit=Decimal(500_000), production=Decimal(600_000))  # 19.2 months
    never = arc(benefit=Decimal(90_000))
    stopped = arc((*CLEAR[:5], Outlook.STOPS), benefit=Decimal(900_000))
    listed = [("Stopped", stopped), ("Never", never), ("Large", large), ("Small", arc())]

    ranked, unranked = rules.rank(listed)

    assert [listed[index][0] for index in ranked] == ["Small", "Large", "Never", "Stopped"]
    assert unranked == []
    assert stopped.stops == (Gate.OWNERSHIP,)


def test_equals_stand_by_name() -> None:
    ranked, _ = rules.rank([("B", arc()), ("A", arc())])

    assert ranked == [1, 0]


@pytest.mark.parametrize("name", rules.FIGURES)
def test_without_one_of_its_figures_a_candidate_has_no_rank(name: str) -> None:
    lacking = arc(**{name: None})

    assert lacking.missing == (name,)
    assert lacking.payback is None
    assert rules.rank([("A", lacking)]) == ([], [0])


def test_a_gate_that_nobody_looked_at_leaves_a_candidate_without_rank() -> None:
    assert arc((Outlook.OPEN, *CLEAR[1:])).missing == ("gates",)


@pytest.mark.parametrize(
    ("values", "months"),
    [
        ({"benefit": Decimal(100_000)}, None),
        ({"benefit": Decimal("100000.01")}, Decimal(192_000_000)),
        ({"proof": Decimal(0), "production": Decimal(0)}, Decimal(0)),
    ],
)
def test_what_brings_no_more_than_it_costs_is_never_paid_back(
    values: dict[str, Decimal], months: Decimal | None
) -> None:
    assert arc(**values).payback == months


@pytest.mark.parametrize(
    ("proof", "forgets"), [(Decimal(30_000), False), (Decimal("30000.01"), True)]
)
def test_a_proof_of_more_than_thirty_percent_forgets_what_comes_after(
    proof: Decimal, forgets: bool
) -> None:
    assert arc(proof=proof, production=Decimal(70_000)).forgets_production is forgets


def test_what_costs_nothing_has_no_shares_and_forgets_nothing() -> None:
    nothing = arc(**dict.fromkeys(rules.FIGURES, Decimal(0)))

    assert nothing.shares is None
    assert not nothing.forgets_production


def test_the_gates_of_a_candidate_are_those_of_a_pilot() -> None:
    assert [gate.value for gate in Gate] == [code.value for code in Code]


def add(plant: Plant, name: str = "Late orders", **values: Any) -> Candidate:
    given = {
        "site": plant.site,
        "use_case": "Tells who will be late.",
        "figures": ORDERS,
        "outlook": CLEAR,
        "consulted": ["finance", "security"],
        "advice": "Finance: count the licences.",
        "by": plant.cast.lead,
        **values,
    }
    return actions.add_candidate(name=name, **given)


@pytest.mark.usefixtures("acme")
def test_a_candidate_is_changed_archived_and_brought_back(plant: Plant) -> None:
    row = add(plant)
    same: dict[str, Any] = {
        "name": row.name,
        "site": plant.site,
        "use_case": row.use_case,
        "figures": ORDERS,
        "outlook": CLEAR,
        "consulted": ["security", "finance"],
        "advice": row.advice,
        "by": plant.cast.lead,
    }
    actions.change_candidate(candidate=row, version=1, **same)
    same["figures"] = {**ORDERS, "benefit": None}
    changed = actions.change_candidate(candidate=row, version=1, **same)
    with pytest.raises(Changed):
        actions.change_candidate(candidate=row, version=1, **same)
    actions.archive_candidate(candidate=row, version=2, by=plant.cast.lead, now=plant.now)
    with pytest.raises(Refused, match="bring it back first"):
        actions.change_candidate(candidate=row, version=3, **same)
    actions.restore_candidate(candidate=row, version=3, by=plant.cast.lead)

    assert changed.benefit is None and changed.proof == ORDERS["proof"]
    about = AuditEvent.objects.filter(object=f"candidate:{row.pk}")
    assert [one.action for one in about.order_by("seq")] == [
        "CANDIDATE_ADDED",
        "CANDIDATE_CHANGED",
        "CANDIDATE_ARCHIVED",
        "CANDIDATE_RESTORED",
    ]


@pytest.mark.usefixtures("acme")
@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"name": "  "}, "name"),
        ({"figures": {"benefit": Decimal(-1)}}, "benefit"),
        ({"figures": {"item_cost": Decimal(10**10)}}, "item_cost"),
        ({"outlook": CLEAR[:5]}, ""),
        ({"consulted": ["astrology"]}, "consulted"),
    ],
)
def test_a_candidate_that_cannot_be_is_refused_at_its_field(
    plant: Plant, values: dict[str, Any], field: str
) -> None:
    with pytest.raises(Refused) as refused:
        add(plant, **values)

    assert refused.value.field == field
    assert not Candidate.objects.exists()


@pytest.mark.usefixtures("acme")
def test_a_candidate_of_an_archived_site_is_refused(plant: Plant) -> None:
    closed = portfolio.add_site(name="Plant Porto", zone="Europe/Lisbon", by=plant.cast.admin)
    portfolio.archive_site(site=closed, used_by=lambda _: [], by=plant.cast.admin, now=plant.now)
    closed.refresh_from_db()

    with pytest.raises(Refused, match="Plant Porto is archived"):
        add(plant, site=closed)


def start(plant: Plant, candidate: Candidate, name: str = "A pilot") -> Pilot:
    return portfolio.add_pilot(
        name=name,
        site=plant.site,
        start_date=plant.today,
        by=plant.cast.lead,
        now=plant.now,
        candidate=candidate,
    )


@pytest.mark.usefixtures("acme")
def test_a_candidate_is_begun_once_and_then_stays_as_it_was(plant: Plant) -> None:
    row = add(plant)
    begun = start(plant, row)

    with pytest.raises(Refused, match=f"{begun.code} was started from this candidate"):
        start(plant, row, "Another")
    with pytest.raises(Refused, match="it stays as it was then"):
        actions.archive_candidate(candidate=row, version=2, by=plant.cast.lead, now=plant.now)
    assert Pilot.objects.count() == 1
    assert AuditEvent.objects.get(action="CANDIDATE_BEGUN").payload["pilot"] == begun.code


@pytest.mark.usefixtures("acme")
def test_no_pilot_is_started_from_an_archived_candidate(plant: Plant) -> None:
    row = add(plant)
    actions.archive_candidate(candidate=row, version=1, by=plant.cast.lead, now=plant.now)

    with pytest.raises(Refused, match="bring it back first"):
        start(plant, row)

    assert not Pilot.objects.exists()


def refused(broken: Callable[[], Any]) -> str:
    with pytest.raises(IntegrityError) as violated, transaction.atomic():
        broken()
    return constraint_of(violated.value)


@pytest.mark.usefixtures("acme")
@pytest.mark.parametrize(
    ("values", "name"),
    [
        ({"name": ""}, "portfolio_candidate_name"),
        ({"benefit": Decimal(-1)}, "portfolio_candidate_amounts"),
        ({"item_cost": Decimal("1000000000.01")}, "portfolio_candidate_amounts"),
        ({"outlook": ["clear"] * 5}, "portfolio_candidate_outlook"),
        ({"outlook": ["clear"] * 5 + ["sunny"]}, "portfolio_candidate_outlook"),
        ({"consulted": ["astrology"]}, "portfolio_candidate_consulted"),
        ({"site_id": NOWHERE}, "portfolio_candidate_site_fk"),
        ({"begun_as_id": NOWHERE}, "portfolio_candidate_begun_fk"),
    ],
)
def test_the_database_takes_no_candidate_that_is_none(
    plant: Plant, values: dict[str, Any], name: str
) -> None:
    given = {"name": "N", "use_case": "", "advice": "", "outlook": ["clear"] * 6, **values}
    given.setdefault("site_id", plant.site.pk)

    assert refused(lambda: Candidate.objects.create(**given)) == name


@pytest.mark.usefixtures("acme")
def test_the_database_lets_one_pilot_begin_one_candidate_that_is_not_archived(
    plant: Plant, pilot: Pilot
) -> None:
    given: dict[str, Any] = {
        "name": "N",
        "use_case": "",
        "advice": "",
        "outlook": ["clear"] * 6,
        "site": plant.site,
        "begun_as": pilot,
    }
    archived = refused(lambda: Candidate.objects.create(**given, archived_at=plant.now))
    Candidate.objects.create(**given)

    assert archived == "portfolio_candidate_begun_stays"
    assert refused(lambda: Candidate.objects.create(**given)) == "portfolio_candidate_begun_once"


@pytest.mark.usefixtures("acme")
def test_the_database_changes_nothing_of_a_candidate_that_was_begun(plant: Plant) -> None:
    start(plant, add(plant))

    def change() -> None:
        with connection.cursor() as cursor:
            cursor.execute("UPDATE portfolio_candidate SET benefit = 1, begun_as_id = NULL")

    assert refused(change) == "portfolio_candidate_begun_held"


ANSWERS = {
    "name": "Late orders",
    "use_case": "Tells who will be late.",
    "items_per_year": "50000",
    "benefit": "300000",
    "proof": "40000",
    "production": "120000",
    "item_cost": "0.80",
    "overhead": "60000",
    "gate_data": "work",
    **{f"gate_{gate.value}": "clear" for gate in list(Gate)[1:]},
    "consulted": ["finance", "security"],
    "advice": "Finance: count the licences.",
}


def test_a_lead_ranks_candidates_and_begins_the_first_by_pages(plant: Plant) -> None:
    lead = signed_in(plant.cast.lead)
    answers = {**ANSWERS, "site": plant.site.code}
    empty = words(lead.get(HOME))
    added = words(lead.post(f"{HOME}new/", answers, follow=True))
    with tenant(plant.cast.acme):
        key = Candidate.objects.get().pk
    lacking = words(
        lead.post(f"{HOME}{key}/", {**answers, "version": 1, "benefit": ""}, follow=True)
    )
    stale = lead.post(f"{HOME}{key}/", {**answers, "version": 1})
    again = words(lead.post(f"{HOME}{key}/", {**answers, "version": 2}, follow=True))
    form = words(lead.get(f"{NEW}?candidate={key}"))
    code = {
        "code": "P-07",
        "name": "Late orders",
        "site": plant.site.code,
        "start_date": "2026-10-05",
        "part_lead": str(plant.cast.lead.person_id),
    }
    started = words(lead.post(f"{NEW}?candidate={key}", code, follow=True))
    after, closed = words(lead.get(HOME)), words(lead.get(f"{HOME}{key}/"))
    refused_page = words(lead.get(f"{NEW}?candidate={key}", follow=True))
    twice = words(lead.post(f"{NEW}?candidate={key}", {**code, "code": "P-08"}))

    assert "Which workflow comes next?" in empty
    assert "1 candidate has a rank." in added
    assert "After 10 months" in added and "among the first five" in added
    assert "work on Data" in added and "Security, Finance" in added
    assert "15 % go into the proof, 46 % into the way to production, 38 % into running" in added
    assert "Nobody said yet: what it brings." in lacking
    assert stale.status_code == 409 and "By now this is: empty." in words(stale)
    assert "After 10 months" in again
    assert "From the candidate Late orders" in form
    assert "P-07 Late orders is started." in started
    assert "Expected then: €160K until it runs, €200K a year after." in after
    assert "Started as pilots" in after and "No candidate is written down." in after
    assert "A pilot was started from this candidate." in closed
    assert "was started from this candidate" in twice
    assert "was started from this candidate" in refused_page and "Started as" in refused_page


def test_what_nobody_said_of_a_candidate_is_named_before_it_is_started(plant: Plant) -> None:
    lead = signed_in(plant.cast.lead)
    with tenant(plant.cast.acme):
        key = add(plant, figures={**ORDERS, "benefit": None}, outlook=()).pk
        known = add(plant, "Known").pk
    listed = words(lead.get(HOME))
    form, full = (words(lead.get(f"{NEW}?candidate={one}")) for one in (key, known))
    sent = {
        "code": "P-07",
        "name": "Late orders",
        "site": plant.site.code,
        "start_date": "2026-10-05",
        "part_lead": str(plant.cast.lead.person_id),
    }
    lead.post(f"{NEW}?candidate={key}", sent)

    assert "Start Late orders as a pilot" in listed
    assert "Nobody said yet: what it brings, a look at each gate." in form
    assert "has no rank" not in full
    with tenant(plant.cast.acme):
        kept = AuditEvent.objects.get(action="CANDIDATE_BEGUN").payload
    assert kept["missing"] == ["benefit", "gates"]


def test_an_archived_candidate_is_brought_back_from_the_list(plant: Plant) -> None:
    lead = signed_in(plant.cast.lead)
    with tenant(plant.cast.acme):
        key = add(plant).pk
    gone = words(lead.post(f"{HOME}{key}/archive/", {"version": 1}, follow=True))
    old = words(lead.post(f"{HOME}{key}/restore/", {"version": 1}, follow=True))
    back = words(lead.post(f"{HOME}{key}/restore/", {"version": 2}, follow=True))

    assert "Late orders is archived." in gone
    assert "changed by someone else" in old
    assert "Late orders is back." in back


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("name", "", "Fill this in."),
        ("site", "nowhere", "is not one of the choices"),
        ("benefit", "much", "This is not a number"),
        ("proof", "-1", "This is at least 0."),
        ("gate_data", "sunny", "is not one of the choices"),
        ("consulted", "astrology", "is not one of the choices"),
    ],
)
def test_bad_input_is_named_at_its_field(plant: Plant, field: str, value: str, said: str) -> None:
    given = {**ANSWERS, "site": plant.site.code, field: value}

    answer = signed_in(plant.cast.lead).post(f"{HOME}new/", given)

    assert answer.status_code == 422
    assert said in words(answer)


@pytest.mark.parametrize(("benefit", "pays"), [("132000", True), ("131999.99", False)])
def test_five_years_are_the_longest_that_is_worth_beginning(benefit: str, pays: bool) -> None:
    assert arc(benefit=Decimal(benefit)).pays is pays


@pytest.mark.parametrize("asked", ["nothing", NOWHERE])
def test_a_pilot_of_no_known_candidate_is_not_found(plant: Plant, asked: str) -> None:
    assert signed_in(plant.cast.lead).get(f"{NEW}?candidate={asked}").status_code == 404


def test_what_never_pays_and_what_a_gate_stops_is_not_among_the_first(plant: Plant) -> None:
    with tenant(plant.cast.acme):
        add(plant, "Never", figures={**ORDERS, "benefit": Decimal(1)}, consulted=[])
        add(plant, "Stopped", outlook=(Outlook.STOPS, *CLEAR[1:]))
        add(plant, "Late", figures={**ORDERS, "benefit": Decimal("131999.99")})
        add(plant, "Dear", figures={**ORDERS, "item_cost": Decimal("2.20")})

    page = words(signed_in(plant.cast.reader).get(HOME))

    assert page.count("among the first five") == 1
    assert "Not within five years" in page
    assert "Never: it brings no more than it costs" in page
    assert "stopped by Data" in page and "nobody yet" in page
    assert "At three times the cost of an item it does not pay." in page
    assert "Start Dear as a pilot" not in page


def test_more_candidates_cost_no_more_queries(plant: Plant) -> None:
    client = signed_in(plant.cast.coo)
    with tenant(plant.cast.acme):
        add(plant)
        start(plant, add(plant, "Begun"))
    _, listed = counted(lambda: client.get(HOME))
    check_count("candidates", listed)
    with tenant(plant.cast.acme):
        for number in range(3):
            add(plant, f"More {number}")
            start(plant, add(plant, f"Begun {number}"), f"Pilot {number}")

    assert len(counted(lambda: client.get(HOME))[1]) == len(listed)
