"""The page of a pilot's change plan, and what the pilot's page says of it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from common.tenancy.context import tenant
from portfolio import actions as portfolio
from portfolio.models import Pilot, PlanItem
from portfolio.rules.plan import Kind
from tenants.models import Person
from tests.conftest import signed_in
from tests.plant import Plant, monday, today
from tests.portfolio.test_budget_pages import pilot, plant, words
from tests.portfolio.test_plan import START, add
from tests.queries import check_count, counted

__all__ = ["pilot", "plant"]  # fixtures

HOME = "/t/acme/pilots/P-01/change/"
PAGE = "/t/acme/pilots/P-01/"


def read(who: Any, path: str = HOME) -> str:
    return words(signed_in(who).get(path))


def post(member: Any, path: str, **answer: Any) -> Any:
    return signed_in(member).post(f"{HOME}{path}", answer, follow=True)


@pytest.mark.parametrize(
    ("kind", "answers", "said"),
    [
        ("promise", {"title": "No figure judges a person."}, "published by Lead"),
        ("role", {"title": "Planners", "text": "They confirm."}, "They confirm."),
        (
            "training",
            {"title": "The list", "who": "Planners", "people_needed": "12", "people_done": "5"},
            "5 of 12 trained",
        ),
        ("concern", {"title": "It replaces us", "who": "Planners"}, "1 concern waits"),
        ("message", {"title": "What it is", "who": "Both shifts"}, "To be said"),
        (
            "process",
            {"title": "QP-7", "before": "By hand", "after": "By list", "people_needed": "3"},
            "Before: By hand After: By list",
        ),
        (
            "foundation",
            {"title": "ERP lines", "starts_on": "2026-10-05", "due_on": "2026-10-18"},
            "14 days are planned; a focused scope takes 6 to 10 weeks.",
        ),
    ],
)
def test_a_lead_adds_each_kind_and_everybody_reads_it(
    plant: Plant, pilot: Pilot, kind: str, answers: dict[str, str], said: str
) -> None:
    added = words(post(plant.cast.lead, f"new/{kind}/", **answers))
    page = read(plant.cast.reader)

    assert "It is added." in added
    assert answers["title"] in page and said in page
    assert "Add a concern" not in page


def test_an_empty_plan_says_what_belongs_into_it(plant: Plant, pilot: Pilot) -> None:
    page = read(plant.cast.lead)

    assert "No change plan is written down." in page
    for said in ("No concern is written down. Somebody has one.", "Publish a promise"):
        assert said in page


def test_the_pilot_page_tells_counts_promise_and_data_work_that_is_late(
    plant: Plant, pilot: Pilot
) -> None:
    late = monday() + timedelta(weeks=4)
    with tenant(plant.cast.acme):
        add(plant, pilot, Kind.PROMISE, title="No figure judges a person.")
        add(plant, pilot, Kind.TRAINING, people_done=5)
        add(
            plant,
            pilot,
            Kind.FOUNDATION,
            title="ERP lines",
            starts_on=late,
            due_on=late + timedelta(days=60),
        )
    page = read(plant.cast.reader, PAGE)

    assert "Promised: No figure judges a person." in page
    assert "Trainings of a person5 of 12 done" in page
    assert "ERP lines starts on" in page and "after Deploy begins on" in page


def test_two_trainings_of_the_same_people_are_not_called_twice_as_many_people(
    plant: Plant, pilot: Pilot
) -> None:
    with tenant(plant.cast.acme):
        first = add(plant, pilot, Kind.TRAINING, people_needed=1)
    one = read(plant.cast.reader)
    with tenant(plant.cast.acme):
        PlanItem.objects.filter(pk=first.pk).update(people_needed=4, people_done=4)
        add(plant, pilot, Kind.TRAINING, people_needed=4)

    for page in (read(plant.cast.reader), read(plant.cast.reader, PAGE)):
        assert "4 of 8 trainings of a person are done." in page
        assert "people are trained" not in page
    assert "0 of 1 training of a person is done." in one


def test_work_on_the_data_of_one_day_is_one_day(plant: Plant, pilot: Pilot) -> None:
    with tenant(plant.cast.acme):
        add(plant, pilot, Kind.FOUNDATION, due_on=START)

    assert "About foundation: 1 day is planned; a focused" in read(plant.cast.reader)


def test_who_was_archived_meanwhile_stays_the_owner_when_something_else_is_changed(
    plant: Plant, pilot: Pilot
) -> None:
    with tenant(plant.cast.acme):
        person = Person.objects.get(pk=plant.cast.reader.person_id)
        item = add(plant, pilot, owner=person)
        other = add(plant, pilot)
        Person.objects.filter(pk=person.pk).update(archived_at=plant.now)
    client, path = signed_in(plant.cast.lead), f"{HOME}{item.pk}/"

    shown = client.get(path).content.decode()
    saved = client.post(path, {"version": 1, "title": "New", "owner": str(person.pk)})
    offered = words(client.get(f"{HOME}{other.pk}/"))

    assert f'<option value="{person.pk}" selected>{person.name} (archived)</option>' in shown
    assert saved.status_code == 302
    with tenant(plant.cast.acme):
        assert PlanItem.objects.get(pk=item.pk).owner_id == person.pk
    assert "(archived)" not in offered


def test_what_is_past_its_day_is_said_first(plant: Plant, pilot: Pilot) -> None:
    with tenant(plant.cast.acme):
        add(plant, pilot, due_on=today() - timedelta(days=2))

    page = read(plant.cast.reader)

    assert "1 thing of the change plan is past its day." in page
    assert "Past its day" in page


def test_a_concern_is_answered_and_archived_by_pages(plant: Plant, pilot: Pilot) -> None:
    with tenant(plant.cast.acme):
        item = add(plant, pilot, title="It replaces us")
    lead, path = plant.cast.lead, f"{item.pk}/"
    given = {"version": 1, "title": "It replaces us", "done_on": today().isoformat()}

    bare = signed_in(lead).post(f"{HOME}{path}", given)
    answered = words(post(lead, path, **given, text="Nobody is let go; see the promise."))
    gone = words(post(lead, f"{path}archive/", version=2))
    back = words(post(lead, f"{path}restore/", version=3))

    assert bare.status_code == 422 and "Write down what was answered." in words(bare)
    assert "Answered" in answered and "Nobody is let go" in answered
    assert "It is archived." in gone and "Bring back It replaces us" in gone
    assert "It is back." in back


def test_a_stale_form_gets_409_and_shows_both(plant: Plant, pilot: Pilot) -> None:
    with tenant(plant.cast.acme):
        item = add(plant, pilot)
    lead = signed_in(plant.cast.lead)
    lead.post(f"{HOME}{item.pk}/", {"version": 1, "title": "Theirs"})

    stale = lead.post(f"{HOME}{item.pk}/", {"version": 1, "title": "Mine"})

    assert stale.status_code == 409
    assert "By now this is: Theirs." in words(stale) and 'value="Mine"' in stale.content.decode()


@pytest.mark.parametrize("sent", ["", "x", "1", "9" * 12])
def test_a_button_beside_an_old_version_does_nothing(plant: Plant, pilot: Pilot, sent: str) -> None:
    with tenant(plant.cast.acme):
        item = add(plant, pilot)
        PlanItem.objects.filter(pk=item.pk).update(version=2)

    said = words(post(plant.cast.lead, f"{item.pk}/archive/", version=sent))

    assert "This was changed by someone else" in said
    assert "Bring back" not in said


@pytest.mark.parametrize("who", ["reader", "sponsor", "coo", "reviewer"])
def test_only_lead_and_admin_write_the_plan(plant: Plant, pilot: Pilot, who: str) -> None:
    with tenant(plant.cast.acme):
        item = add(plant, pilot)
    client = signed_in(getattr(plant.cast, who))

    assert client.get(f"{HOME}new/concern/").status_code == 403
    assert client.post(f"{HOME}{item.pk}/", {"version": 1, "title": "X"}).status_code == 403
    assert client.post(f"{HOME}{item.pk}/archive/", {"version": 1}).status_code == 403


def test_unknown_kinds_and_items_of_other_pilots_are_not_found(plant: Plant, pilot: Pilot) -> None:
    with tenant(plant.cast.acme):
        item = add(plant, plant.pilot("Another", lead=plant.cast.lead))
    client = signed_in(plant.cast.lead)

    assert client.get(f"{HOME}new/rumour/").status_code == 404
    assert client.get(f"{HOME}{item.pk}/").status_code == 404


@pytest.mark.parametrize(
    ("kind", "field", "value", "said"),
    [
        ("concern", "title", "x" * 301, "At most 300 characters fit here"),
        ("training", "people_needed", "many", "This is not a whole number"),
        ("training", "people_needed", "-1", "This is at least 0."),
        ("foundation", "starts_on", "soon", "Write the day as"),
        ("process", "after", "", "Fill this in."),
        ("message", "owner", "nobody", "is not one of the choices"),
    ],
)
def test_bad_input_is_named_at_its_field(
    plant: Plant, pilot: Pilot, kind: str, field: str, value: str, said: str
) -> None:
    answer = signed_in(plant.cast.lead).post(f"{HOME}new/{kind}/", {field: value})

    assert answer.status_code == 422
    assert said in words(answer)


def test_the_plan_of_an_archived_pilot_is_read_only(plant: Plant, pilot: Pilot) -> None:
    with tenant(plant.cast.acme):
        item = add(plant, pilot)
        portfolio.archive_pilot(pilot=pilot, by=plant.cast.admin, now=plant.now)
    page = read(plant.cast.lead)

    assert "About concern" in page and "Add a concern" not in page
    assert "archived" in words(signed_in(plant.cast.lead).get(f"{HOME}{item.pk}/"))


def test_more_items_cost_no_more_queries(plant: Plant, pilot: Pilot) -> None:
    client = signed_in(plant.cast.lead)
    with tenant(plant.cast.acme):
        add(plant, pilot, owner=plant.cast.reader.person)
    _, before = counted(lambda: client.get(HOME))
    check_count("change plan", before)
    with tenant(plant.cast.acme):
        for kind in Kind:
            add(plant, pilot, kind, owner=plant.cast.sponsor.person)

    _, after = counted(lambda: client.get(HOME))

    assert len(after) == len(before)
