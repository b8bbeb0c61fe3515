"""Pages of errors and of ways to fail: what they say, who may do what, and what bad input is told."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.utils.html import strip_tags

from common.tenancy.context import tenant
from gates.models import AccuracyReading, Drill, ErrorClass, FailureMode
from portfolio import actions as portfolio
from portfolio.models import Pilot
from tests.conftest import signed_in
from tests.gates.plant import drill, error_class, failure_mode, made, pilot, plant
from tests.gates.plant import read as planted_read
from tests.plant import Plant
from tests.queries import check_count, counted

__all__ = ["made", "pilot", "plant"]  # fixtures

HOME = "/t/acme/pilots/P-01/"
CLASS = {
    "name": "Wrong plant",
    "consequence": "recall",
    "cost": "12000",
    "cost_basis": "assumed",
    "tolerated": "0,5",
    "checked_by": "",
}
MODE = {"name": "Camera dirty", "kind": "other"}


def words(response: Any) -> str:
    return " ".join(strip_tags(response.content.decode()).split())


def read(who: Any, path: str) -> str:
    return words(signed_in(who).get(f"{HOME}{path}"))


def post(who: Any, path: str, **answer: Any) -> Any:
    return signed_in(who).post(f"{HOME}{path}", answer)


def row_of(plant: Plant, model: Any, **values: Any) -> Any:
    with tenant(plant.cast.acme):
        return model.objects.filter(**values).order_by("id")[0]


def test_the_page_says_what_readings_show_of_each_class(plant: Plant, pilot: Pilot) -> None:
    page = read(plant.cast.reader, "errors/")

    for said in (
        "All 2 classes of error are within what is tolerated.",
        "97.0 % curated",
        "1.2 pts",
        "0.83 %, 10 in 1,200",
        "between 0.45 % and 1.4 %, to",
        "A customer notices, costly",
        "takes 149 decisions without an error",
        # 10 of 1,200 at 400 and 40 of 1,200 at 3 for each 1,000.
        "€3,433.33",
        "Planner on shift, QP-7",
    ):
        assert said in page, said


def test_a_pilot_without_classes_says_what_to_do(plant: Plant, pilot: Pilot) -> None:
    with tenant(plant.cast.acme):
        plant.pilot("Bare", lead=plant.cast.lead)

    lead, reader = (
        words(signed_in(who).get("/t/acme/pilots/P-02/errors/"))
        for who in (plant.cast.lead, plant.cast.reader)
    )

    empty = words(signed_in(plant.cast.lead).get("/t/acme/pilots/P-02/readings/new/"))
    assert "Write down a class of error first" in empty
    assert "What may it decide wrongly?" in lead
    assert "Add a class" in lead
    assert "Add a class" not in reader


def test_a_lead_writes_down_a_class_and_counts_it(plant: Plant, pilot: Pilot) -> None:
    lead, day = plant.cast.lead, plant.today.isoformat()
    written = post(lead, "errors/new/", **CLASS)
    row = row_of(plant, ErrorClass, name="Wrong plant")
    counted = post(
        lead,
        "readings/new/",
        dataset="live",
        first_day=day,
        last_day=day,
        decisions="1204",
        source="Goods issue against order",
        **{f"errors_{row.pk}": "3"},
    )

    page = read(lead, "errors/")

    assert (written.status_code, counted.status_code) == (302, 302)
    assert "2 of 3 classes of error are shown to be within what is tolerated." in page
    assert "0.25 %, 3 in 1,204" in page
    assert "Too few decisions" in page
    assert "Nobody, and it is costly" in page


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ({"name": ""}, "Fill this in."),
        ({"name": "late order MISSED"}, "has this name. Choose another."),
        ({"consequence": ""}, "Choose one."),
        ({"consequence": "luck"}, "is not one of the choices"),
        ({"cost": "-5"}, "This is at least 0."),
        ({"cost": "1.000"}, "can be read two ways"),
        ({"cost": "much"}, "This is not a number"),
        ({"tolerated": "0"}, "No reading shows that a rate is zero"),
        ({"tolerated": "100"}, "above 0 % and below 100 %"),
        ({"tolerated": "0.00000001"}, "At most 6 digits fit behind the point."),
    ],
)
def test_a_class_that_cannot_be_meant_is_told_why_and_keeps_what_was_typed(
    plant: Plant, pilot: Pilot, answer: dict[str, str], said: str
) -> None:
    done = post(plant.cast.lead, "errors/new/", **{**CLASS, "checked_by": "Ana, QP-1", **answer})

    assert done.status_code == 422
    assert said in words(done)
    assert 'value="Ana, QP-1"' in done.content.decode()


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ({"decisions": "0"}, "This is at least 1."),
        ({"decisions": "10000001"}, "This is at most 10000000."),
        ({"decisions": "2"}, "3 errors do not fit into 2 decisions."),
        ({"decisions": "some"}, "This is not a whole number"),
        ({"errors": "-1"}, "This is at least 0."),
        ({"errors": ""}, "at least one class"),
        ({"first_day": "2999-01-01"}, "It begins after it ends."),
        ({"last_day": "2999-01-01"}, "of today or earlier"),
        ({"last_day": "soon"}, "Write the day as"),
        ({"source": ""}, "Fill this in."),
        ({"dataset": ""}, "Choose one."),
    ],
)
def test_a_reading_that_cannot_be_meant_is_told_why(
    plant: Plant, pilot: Pilot, answer: dict[str, str], said: str
) -> None:
    row = row_of(plant, ErrorClass)
    day = plant.today.isoformat()
    given = {
        "dataset": "live",
        "first_day": day,
        "last_day": day,
        "decisions": "1200",
        "source": "Log",
        **answer,
    }
    given[f"errors_{row.pk}"] = given.pop("errors", "3")

    done = post(plant.cast.lead, "readings/new/", **given)

    assert done.status_code == 422
    assert said in words(done)


def test_a_stale_form_of_a_class_shows_both(plant: Plant, pilot: Pilot) -> None:
    row = row_of(plant, ErrorClass, name="Late order missed")
    first = post(plant.cast.lead, f"errors/{row.pk}/", version=1, **{**CLASS, "cost": "700"})

    stale = post(plant.cast.lead, f"errors/{row.pk}/", version=1, **{**CLASS, "cost": "800"})

    assert (first.status_code, stale.status_code) == (302, 409)
    assert "changed by someone else" in words(stale)
    assert "By now this is: 700." in words(stale)
    assert 'value="800"' in stale.content.decode()


def test_a_reading_is_taken_back_and_stays_to_be_seen(plant: Plant, pilot: Pilot) -> None:
    row = row_of(plant, AccuracyReading, dataset="live")

    without = post(plant.cast.lead, f"readings/{row.pk}/withdraw/", reason="")
    done = post(plant.cast.lead, f"readings/{row.pk}/withdraw/", reason="Of another line.")

    assert (without.status_code, done.status_code) == (422, 302)
    page = read(plant.cast.reader, "errors/")
    assert "taken back by Lead: Of another line." in page
    assert "0 of 2 classes" in page


def test_a_class_is_archived_and_brought_back_by_buttons(plant: Plant, pilot: Pilot) -> None:
    row = row_of(plant, ErrorClass, name="Late order missed")
    post(plant.cast.lead, f"errors/{row.pk}/archive/")
    gone = read(plant.cast.lead, "errors/")
    post(plant.cast.lead, f"errors/{row.pk}/restore/")

    assert "Archived classes" in gone
    assert "Archived classes" not in read(plant.cast.lead, "errors/")


def test_the_page_says_how_it_may_fail_and_what_was_tried(plant: Plant, pilot: Pilot) -> None:
    page = read(plant.cast.reader, "failures/")

    assert "4 of 4 ways to fail have a fallback that held in a drill." in page
    assert "Plan by the paper list" in page
    assert "The planner was called after 20 minutes." in page
    assert "Not written down yet" not in page


def test_a_lead_writes_down_a_way_to_fail_and_its_drill(plant: Plant, pilot: Pilot) -> None:
    lead, day = plant.cast.lead, plant.today.isoformat()
    written = post(lead, "failures/new/", **MODE)
    row = row_of(plant, FailureMode, name="Camera dirty")
    halfway = read(lead, "failures/")
    tried = post(
        lead, f"failures/{row.pk}/drills/new/", ran_on=day, held="no", seen="S", next_step="N"
    )

    assert (written.status_code, tried.status_code) == (302, 302)
    assert "4 of 5 ways to fail" in halfway
    assert "No drill" in halfway
    assert "Did not hold" in read(lead, "failures/")


@pytest.mark.parametrize(
    ("path", "answer", "said"),
    [
        ("new/", {"kind": "other"}, "Fill this in."),
        ("new/", {"name": "N", "kind": "lucky"}, "is not one of the choices"),
        ("new/", {**MODE, "receiver": "nobody"}, "is not one of the choices"),
        ("{}/drills/new/", {"held": "no", "seen": "S"}, "say what is done next"),
        ("{}/drills/new/", {"held": "yes"}, "Fill this in."),
        ("{}/drills/new/", {"held": "perhaps", "seen": "S"}, "is not one of the choices"),
        ("{}/drills/new/", {"held": "yes", "seen": "S", "ran_on": "2999-01-01"}, "or earlier"),
    ],
)
def test_what_cannot_be_meant_of_failures_is_told_why(
    plant: Plant, pilot: Pilot, path: str, answer: dict[str, str], said: str
) -> None:
    row = row_of(plant, FailureMode)
    given = {"ran_on": plant.today.isoformat(), **answer}

    done = post(plant.cast.lead, f"failures/{path.format(row.pk)}", **given)

    assert done.status_code == 422
    assert said in words(done)


def test_a_stale_form_of_a_way_to_fail_shows_both(plant: Plant, pilot: Pilot) -> None:
    row = row_of(plant, FailureMode)
    post(plant.cast.lead, f"failures/{row.pk}/", version=1, **MODE, threshold="10 minutes")

    assert "Changed since" in read(plant.cast.lead, "failures/")
    stale = post(plant.cast.lead, f"failures/{row.pk}/", version=1, **MODE, threshold="20 minutes")

    assert stale.status_code == 409
    assert "By now this is: 10 minutes." in words(stale)
    assert 'value="20 minutes"' in stale.content.decode()


def test_a_drill_is_taken_back_and_a_way_to_fail_put_aside(plant: Plant, pilot: Pilot) -> None:
    drill, mode = row_of(plant, Drill), row_of(plant, FailureMode)
    post(plant.cast.lead, f"drills/{drill.pk}/withdraw/", reason="Of another line.")
    taken = read(plant.cast.reader, "failures/")
    post(plant.cast.lead, f"failures/{mode.pk}/archive/")
    gone = read(plant.cast.lead, "failures/")
    post(plant.cast.lead, f"failures/{mode.pk}/restore/")

    assert "taken back by Lead: Of another line." in taken
    assert "Not written down yet: Wrong." in gone
    assert "Not written down yet" not in read(plant.cast.lead, "failures/")


@pytest.mark.parametrize("who", ["reader", "sponsor", "reviewer", "coo", "stranger"])
@pytest.mark.parametrize("path", ["errors/new/", "readings/new/", "failures/new/"])
def test_only_the_lead_writes(plant: Plant, pilot: Pilot, who: str, path: str) -> None:
    found = signed_in(getattr(plant.cast, who)).get(f"{HOME}{path}")

    assert found.status_code == (404 if who == "stranger" else 403)


def test_the_pages_of_an_archived_pilot_offer_nothing(plant: Plant, pilot: Pilot) -> None:
    with tenant(plant.cast.acme):
        portfolio.archive_pilot(pilot=pilot, by=plant.cast.admin, now=plant.now)

    for path in ("errors/", "failures/"):
        page = signed_in(plant.cast.lead).get(f"{HOME}{path}").content.decode()
        assert "was archived on" in page
        assert not re.search(r">(Take back|Add a (class|reading|way to fail|drill))<", page)


def test_the_page_of_a_gate_leads_to_what_it_rests_on(plant: Plant, pilot: Pilot) -> None:
    client = signed_in(plant.cast.reader)

    for gate, path in (("accuracy", "errors"), ("data", "errors"), ("failure", "failures")):
        assert f'href="{HOME}{path}/"' in client.get(f"{HOME}gates/{gate}/").content.decode()


def test_more_classes_readings_and_drills_cost_no_more_queries(plant: Plant, pilot: Pilot) -> None:
    client = signed_in(plant.cast.lead)
    before = {}
    for path in ("errors/", "failures/"):
        _, sent = counted(lambda path=path: client.get(f"{HOME}{path}"))
        check_count(f"pilot, {path}", sent)
        before[path] = len(sent)
    with tenant(plant.cast.acme):
        for number in range(8):
            row = error_class(plant, pilot, name=f"Class {number}")
            planted_read(plant, pilot, {row: number})
            drill(plant, failure_mode(plant, pilot, name=f"Mode {number}"))

    after = {
        path: len(counted(lambda path=path: client.get(f"{HOME}{path}"))[1]) for path in before
    }

    assert after == before
