"""A change plan: what it takes, what it counts, when work on the data is too short or too late."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, ProgrammingError, connection, transaction

from audit.models import AuditEvent
from common.errors import Changed, Refused
from common.writing import constraint_of
from portfolio import actions as portfolio
from portfolio.actions import plan as actions
from portfolio.models import Pilot, PlanItem
from portfolio.rules import plan as rules
from portfolio.rules.plan import NEEDS, USES, Fault, Kind, Line
from tenants.models import Person
from tests.conftest import Cast
from tests.plant import Plant, today

pytestmark = pytest.mark.usefixtures("acme")
START = date(2026, 10, 5)  # week 1 begins that day; Deploy on 26 October
NOWHERE = "00000000-0000-0000-0000-000000000000"
# An item of each kind, with what it cannot do without.
LEAST: dict[Kind, dict[str, Any]] = {
    Kind.PROMISE: {},
    Kind.ROLE: {"text": "They confirm instead of planning."},
    Kind.TRAINING: {"who": "Planners", "people_needed": 12},
    Kind.CONCERN: {},
    Kind.MESSAGE: {"who": "Both shifts"},
    Kind.PROCESS: {"before": "By experience.", "after": "By the list, then experience."},
    Kind.FOUNDATION: {"starts_on": START, "due_on": START + timedelta(days=41)},
}


@pytest.fixture
def plant(cast: Cast, acme: int) -> Plant:
    return Plant(cast)


@pytest.fixture
def pilot(plant: Plant) -> Pilot:
    return plant.pilot(lead=plant.cast.lead, sponsor=plant.cast.sponsor)


def add(plant: Plant, pilot: Pilot, kind: Kind = Kind.CONCERN, **values: Any) -> PlanItem:
    given = {"title": f"About {kind}", **LEAST[kind], **values}
    return actions.add_item(pilot=pilot, kind=kind, by=plant.cast.lead, now=plant.now, **given)


def alter(plant: Plant, item: PlanItem, **values: Any) -> PlanItem:
    kept = {name: getattr(item, name) for name in ("title", *USES[Kind(item.kind)])}
    given = {"version": item.version, "by": plant.cast.admin, **kept, **values}
    return actions.change_item(item=item, now=plant.now, **given)


@pytest.mark.parametrize(
    ("starts", "days", "faults"),
    [
        (START, 42, []),
        (START, 41, [Fault.SHORT]),
        (date(2026, 10, 26), 42, []),
        (date(2026, 10, 27), 42, [Fault.LATE]),
        (date(2026, 10, 27), 14, [Fault.SHORT, Fault.LATE]),
    ],
)
def test_work_on_the_data_takes_six_weeks_and_starts_before_deploy(
    starts: date, days: int, faults: list[Fault]
) -> None:
    ends = starts + timedelta(days=days - 1)

    found = rules.foundation_faults(starts_on=starts, ends_on=ends, start_date=START)

    assert found == faults


def line(kind: Kind, **values: Any) -> Line:
    given = {"people_needed": None, "people_done": None, "due_on": None, "done_on": None, **values}
    return Line(kind=kind, **given)


def test_a_plan_counts_who_is_trained_and_what_is_past_its_day() -> None:
    counts = rules.count(
        [
            line(Kind.ROLE, people_needed=40),
            line(Kind.TRAINING, people_needed=12, people_done=5, due_on=START),
            line(Kind.TRAINING, people_needed=3, people_done=3, due_on=START),
            line(Kind.PROCESS, people_needed=8),
            line(Kind.CONCERN, due_on=START),
            line(Kind.CONCERN, due_on=START, done_on=START),
            line(Kind.MESSAGE, due_on=START + timedelta(days=1)),
            line(Kind.FOUNDATION, due_on=START),
            line(Kind.FOUNDATION, due_on=START, done_on=START),
        ],
        today=START + timedelta(days=1),
    )

    assert (counts.roles, counts.done, counts.needed) == (1, 8, 23)
    assert (counts.concerns, counts.overdue) == (1, 3)


@pytest.mark.parametrize("kind", list(Kind))
def test_each_kind_is_added_changed_archived_and_brought_back(
    plant: Plant, pilot: Pilot, kind: Kind
) -> None:
    made = add(plant, pilot, kind)
    changed = alter(plant, made, title="Another")
    gone = actions.archive_item(item=changed, version=2, by=plant.cast.lead, now=plant.now)
    with pytest.raises(Refused, match="bring it back first"):
        alter(plant, gone, title="Third")
    back = actions.restore_item(item=gone, version=3, by=plant.cast.lead)

    assert (back.title, back.version, back.archived_at) == ("Another", 4, None)
    assert back.member_id == plant.cast.admin.pk
    trail = AuditEvent.objects.filter(action__startswith="PLAN_ITEM").order_by("seq")
    assert [one.action for one in trail] == [
        "PLAN_ITEM_ADDED",
        "PLAN_ITEM_CHANGED",
        "PLAN_ITEM_ARCHIVED",
        "PLAN_ITEM_RESTORED",
    ]


@pytest.mark.parametrize(
    ("kind", "name"), [(kind, name) for kind in Kind for name in sorted(NEEDS[kind])]
)
def test_what_a_kind_cannot_do_without_is_asked_for_at_its_field(
    plant: Plant, pilot: Pilot, kind: Kind, name: str
) -> None:
    empty = None if name in {"people_needed", "starts_on", "due_on"} else "  "

    with pytest.raises(Refused, match="Fill this in") as refused:
        add(plant, pilot, kind, **{name: empty})

    assert refused.value.field == name


@pytest.mark.parametrize(
    ("kind", "values", "field"),
    [
        (Kind.TRAINING, {"people_needed": 0}, "people_needed"),
        (Kind.TRAINING, {"people_needed": 100_001}, "people_needed"),
        (Kind.TRAINING, {"people_done": 13}, "people_done"),
        (Kind.PROCESS, {"people_done": 1}, "people_needed"),
        (Kind.FOUNDATION, {"due_on": START - timedelta(days=1)}, "due_on"),
        (Kind.FOUNDATION, {"due_on": date(9999, 1, 1)}, "due_on"),
        (Kind.CONCERN, {"done_on": START}, "text"),
        (Kind.CONCERN, {"title": "  "}, "title"),
    ],
)
def test_what_cannot_be_is_refused_at_its_field(
    plant: Plant, pilot: Pilot, kind: Kind, values: dict[str, Any], field: str
) -> None:
    with pytest.raises(Refused) as refused:
        add(plant, pilot, kind, **values)

    assert refused.value.field == field
    assert not PlanItem.objects.exists()


def test_nothing_is_done_on_a_day_to_come(plant: Plant, pilot: Pilot) -> None:
    with pytest.raises(Refused, match="still to come"):
        add(plant, pilot, Kind.MESSAGE, done_on=today() + timedelta(days=1))
    assert add(plant, pilot, Kind.MESSAGE, done_on=today()).done_on == today()


def test_what_a_kind_does_not_use_stays_empty(plant: Plant, pilot: Pilot) -> None:
    item = add(plant, pilot, Kind.ROLE, who="X", before="X", starts_on=START)

    assert (item.who, item.before, item.starts_on) == ("", "", None)


def test_an_archived_person_sees_to_nothing(plant: Plant, pilot: Pilot) -> None:
    person = Person.objects.get(pk=plant.cast.reader.person_id)
    person.archived_at = plant.now

    with pytest.raises(Refused, match="is archived") as refused:
        add(plant, pilot, owner=person)

    assert refused.value.field == "owner"


def test_who_was_archived_meanwhile_goes_on_seeing_to_it_until_somebody_else_does(
    plant: Plant, pilot: Pilot
) -> None:
    person = Person.objects.get(pk=plant.cast.reader.person_id)
    item = add(plant, pilot, owner=person)
    Person.objects.filter(pk=person.pk).update(archived_at=plant.now)
    item = PlanItem.objects.select_related("owner").get(pk=item.pk)

    kept = alter(plant, item, title="Another")
    left = alter(plant, kept, owner=None)

    assert (kept.owner_id, left.owner_id) == (person.pk, None)
    person.refresh_from_db()
    with pytest.raises(Refused, match="is archived"):
        alter(plant, left, owner=person)


def test_a_pilot_has_one_promise(plant: Plant, pilot: Pilot) -> None:
    first = add(plant, pilot, Kind.PROMISE)
    with pytest.raises(Refused, match="a promise already"):
        add(plant, pilot, Kind.PROMISE)
    actions.archive_item(item=first, version=1, by=plant.cast.lead, now=plant.now)
    add(plant, pilot, Kind.PROMISE)

    with pytest.raises(Refused, match="a promise already"):
        actions.restore_item(item=first, version=2, by=plant.cast.lead)


def test_the_same_again_changes_and_records_nothing(plant: Plant, pilot: Pilot) -> None:
    item = add(plant, pilot, who="Planners")

    assert alter(plant, item).version == 1
    assert not AuditEvent.objects.filter(action="PLAN_ITEM_CHANGED").exists()


def test_an_old_version_is_refused(plant: Plant, pilot: Pilot) -> None:
    item = add(plant, pilot)
    alter(plant, item, title="First")

    with pytest.raises(Changed):
        alter(plant, item, title="Second", version=1)
    with pytest.raises(Changed):
        actions.archive_item(item=item, version=1, by=plant.cast.lead, now=plant.now)


def test_the_plan_of_an_archived_pilot_stays_as_it_is(plant: Plant, pilot: Pilot) -> None:
    item = add(plant, pilot)
    portfolio.archive_pilot(pilot=pilot, by=plant.cast.admin, now=plant.now)

    for write in (
        lambda: add(plant, pilot),
        lambda: alter(plant, item, title="X"),
        lambda: actions.archive_item(item=item, version=1, by=plant.cast.lead, now=plant.now),
        lambda: actions.restore_item(item=item, version=1, by=plant.cast.lead),
    ):
        with pytest.raises(Refused, match="archived"):
            write()


def refused(broken: Callable[[], Any]) -> str:
    with pytest.raises(IntegrityError) as violated, transaction.atomic():
        broken()
    return constraint_of(violated.value)


@pytest.mark.parametrize(
    ("kind", "values", "name"),
    [
        (Kind.CONCERN, {"kind": "rumour"}, "portfolio_planitem_kind"),
        (Kind.CONCERN, {"title": ""}, "portfolio_planitem_title"),
        (Kind.CONCERN, {"done_on": START}, "portfolio_planitem_answered"),
        (Kind.TRAINING, {"people_done": 13}, "portfolio_planitem_people"),
        (Kind.TRAINING, {"people_needed": 100_001}, "portfolio_planitem_people"),
        (Kind.PROCESS, {"people_done": 1}, "portfolio_planitem_people"),
        (Kind.ROLE, {"text": ""}, "portfolio_planitem_whole"),
        (Kind.TRAINING, {"who": ""}, "portfolio_planitem_whole"),
        (Kind.TRAINING, {"people_needed": None}, "portfolio_planitem_whole"),
        (Kind.MESSAGE, {"who": ""}, "portfolio_planitem_whole"),
        (Kind.PROCESS, {"before": ""}, "portfolio_planitem_whole"),
        (Kind.PROCESS, {"after": ""}, "portfolio_planitem_whole"),
        (Kind.FOUNDATION, {"starts_on": None}, "portfolio_planitem_whole"),
        (Kind.FOUNDATION, {"due_on": None}, "portfolio_planitem_ends_after"),
        (Kind.FOUNDATION, {"due_on": START - timedelta(1)}, "portfolio_planitem_ends_after"),
        (Kind.CONCERN, {"pilot_id": NOWHERE}, "portfolio_planitem_pilot_fk"),
        (Kind.CONCERN, {"owner_id": NOWHERE}, "portfolio_planitem_owner_fk"),
        (Kind.CONCERN, {"member_id": NOWHERE}, "portfolio_planitem_member_fk"),
        (Kind.CONCERN, {"title": " \t"}, "portfolio_planitem_title"),
    ],
)
def test_the_database_takes_no_item_that_is_none(
    plant: Plant, pilot: Pilot, kind: Kind, values: dict[str, Any], name: str
) -> None:
    given = {
        "pilot_id": pilot.pk,
        "kind": kind.value,
        "title": "T",
        "member_id": plant.cast.lead.pk,
        "written_at": plant.now,
        **LEAST[kind],
        **values,
    }

    assert refused(lambda: PlanItem.objects.create(**given)) == name


def test_the_database_keeps_the_plan_of_an_archived_pilot_as_it_is(
    plant: Plant, pilot: Pilot
) -> None:
    item = add(plant, pilot)
    portfolio.archive_pilot(pilot=pilot, by=plant.cast.admin, now=plant.now)
    given = {"kind": "concern", "title": "T", "written_at": plant.now}

    def write() -> PlanItem:
        return PlanItem.objects.create(pilot=pilot, member_id=plant.cast.lead.pk, **given)

    def rename() -> int:
        return PlanItem.objects.filter(pk=item.pk).update(title="Another")

    assert refused(write) == "portfolio_planitem_in_use"
    assert refused(rename) == "portfolio_planitem_in_use"


def test_the_database_takes_one_promise(plant: Plant, pilot: Pilot) -> None:
    add(plant, pilot, Kind.PROMISE)
    another = {"pilot": pilot, "kind": "promise", "title": "T", "written_at": plant.now}

    def write() -> PlanItem:
        return PlanItem.objects.create(member_id=plant.cast.lead.pk, **another)

    assert refused(write) == "portfolio_planitem_one_promise"


def test_nobody_of_another_company_sees_to_anything(plant: Plant, pilot: Pilot) -> None:
    item = add(plant, pilot)
    stranger = plant.cast.stranger.person_id

    def write() -> int:
        return PlanItem.objects.filter(pk=item.pk).update(owner_id=stranger)

    assert refused(write) == "portfolio_planitem_owner_fk"


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE portfolio_planitem SET pilot_id = pilot_id",
        "UPDATE portfolio_planitem SET kind = 'message'",
        "DELETE FROM portfolio_planitem",
    ],
)
def test_an_item_stays_its_pilots_and_of_its_kind(
    plant: Plant, pilot: Pilot, statement: str
) -> None:
    add(plant, pilot)

    with (
        pytest.raises(ProgrammingError, match="permission denied"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(statement)
