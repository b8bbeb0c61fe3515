"""What pages say of the last day of somebody, and who says it there."""

from __future__ import annotations

from datetime import timedelta

import pytest

from audit.models import AuditEvent
from common import formats
from common.tenancy.context import tenant
from gates.actions import retraining
from gates.rules.states import Code
from portfolio.models import Pilot
from tenants.models import Membership, Notification, Person
from tests.conftest import signed_in
from tests.gates.plant import made, passed, pilot, plant
from tests.gates.test_last_days import leaves
from tests.gates.test_pages import read
from tests.gates.test_retraining import above_all
from tests.plant import Plant

__all__ = ["made", "pilot", "plant"]  # fixtures


def form_of(plant: Plant, member: Membership) -> dict[str, str]:
    """Return what the form of a person sends as it stands."""
    person = Person.objects.get(pk=member.person_id)
    return {
        "version": str(person.version),
        "name": person.name,
        "email": person.email,
        "job_title": person.job_title,
        "function": person.function,
        "leaves_on": "",
    }


def test_an_admin_says_the_last_day_of_the_operator_and_takes_it_back(
    plant: Plant, pilot: Pilot
) -> None:
    day = plant.today + timedelta(days=20)
    address = f"/t/acme/settings/people/{plant.cast.operator.person_id}/"
    admin = signed_in(plant.cast.admin)
    with tenant(plant.cast.acme):
        asked = form_of(plant, plant.cast.operator)
        passed(plant, pilot, Code.OWNERSHIP)

    done = admin.post(address, asked | {"leaves_on": day.isoformat()})
    late = admin.post(address, asked | {"leaves_on": plant.today.isoformat()})
    said = f"last day {formats.day(day)}"
    pages = ("settings/people/", f"pilots/{pilot.code}/", f"pilots/{pilot.code}/people/")
    shown = [said in admin.get(f"/t/acme/{page}").content.decode() for page in pages]
    gate = read(plant.cast.reader, "ownership/")

    assert (done.status_code, late.status_code) == (302, 409)
    assert shown == [True, True, True]
    assert f"Operator, 6 hours a week, {said}" in gate
    assert f"It holds until {formats.day(day)}: then something that it rests on ends." in gate
    with tenant(plant.cast.acme):
        [line] = AuditEvent.objects.filter(action="PERSON_CHANGED")
        assert line.payload == {"changed": ["leaves_on"]}
        again = form_of(plant, plant.cast.operator)
    assert admin.post(address, again).status_code == 302
    assert said not in admin.get(f"/t/acme/pilots/{pilot.code}/").content.decode()


def test_a_slip_of_the_keyboard_is_no_last_day(plant: Plant, pilot: Pilot) -> None:
    address = f"/t/acme/settings/people/{plant.cast.operator.person_id}/"
    with tenant(plant.cast.acme):
        asked = form_of(plant, plant.cast.operator) | {"leaves_on": "0026-11-30"}

    answer = signed_in(plant.cast.admin).post(address, asked)

    assert answer.status_code == 422
    assert "This day is in no plausible year." in answer.content.decode()


def test_nobody_without_the_right_says_a_last_day(plant: Plant, pilot: Pilot) -> None:
    address = f"/t/acme/settings/people/{plant.cast.operator.person_id}/"
    with tenant(plant.cast.acme):
        asked = form_of(plant, plant.cast.operator) | {"leaves_on": plant.today.isoformat()}

    answers = [
        signed_in(one).post(address, asked) for one in (plant.cast.sponsor, plant.cast.reader)
    ]

    assert [one.status_code for one in answers] == [403, 403]


def test_the_pages_say_whose_last_day_is_over(plant: Plant, pilot: Pilot) -> None:
    with tenant(plant.cast.acme):
        day = leaves(plant, "operator", -1)
    lead = signed_in(plant.cast.lead)

    found = lead.get(f"/t/acme/pilots/{pilot.code}/").content.decode()
    people = lead.get(f"/t/acme/pilots/{pilot.code}/people/").content.decode()

    assert f"last day was {formats.day(day)}" in found
    assert "the last day is over: name another operator" in people
    assert f"The last day of Operator was {formats.day(day)}." in read(
        plant.cast.reader, "ownership/"
    )


def test_the_pages_of_failures_and_of_training_say_the_last_day_of_who_is_told(
    plant: Plant, pilot: Pilot
) -> None:
    with tenant(plant.cast.acme):
        day = leaves(plant, "sponsor", 5)
    lead = signed_in(plant.cast.lead)

    for page in ("failures", "retraining"):
        found = lead.get(f"/t/acme/pilots/{pilot.code}/{page}/").content.decode()
        assert f"(last day {formats.day(day)})" in found


@pytest.mark.parametrize(("days", "asked"), [(0, "sponsor"), (-1, "lead")])
def test_after_the_last_day_of_who_is_told_of_training_the_lead_is_told_and_asked(
    plant: Plant, pilot: Pilot, days: int, asked: str
) -> None:
    def waits(who: str) -> bool:
        page = signed_in(getattr(plant.cast, who)).get("/t/acme/waiting/")
        return "train" in page.content.decode().lower()

    before = waits("lead")
    with tenant(plant.cast.acme):
        above_all(plant, pilot)
        leaves(plant, "sponsor", days)
        [fired] = retraining.judge_triggers(now=plant.now)
        lines = Notification.objects.filter(dedup_key__startswith=f"retraining:{fired.pk}")
        told = [one.member_id for one in lines]

    assert not before
    assert told == [getattr(plant.cast, asked).pk]
    assert waits("lead") is (asked == "lead")
    # Who is told finds it there for as long as they can sign in.
    assert waits("sponsor")
