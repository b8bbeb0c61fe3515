"""The page of what calls for training a model anew, and the answer of who is told."""

from __future__ import annotations

from typing import Any

import pytest

from common.tenancy.context import tenant
from gates.actions import retraining as actions
from gates.models import RetrainingTrigger, TriggerFiring
from metrics.models import PilotMetric
from portfolio.models import Pilot
from tenants.models import Membership, Notification
from tests.conftest import signed_in
from tests.gates.plant import made, pilot, plant, tried, trigger
from tests.gates.test_pages import words
from tests.plant import Plant

__all__ = ["made", "pilot", "plant"]  # fixtures

HOME = "/t/acme/pilots/P-01/retraining/"


def trial_of(plant: Plant, pilot: Pilot) -> TriggerFiring:
    with tenant(plant.cast.acme):
        return tried(plant, trigger(plant, pilot))


def test_what_was_to_reach_somebody_who_left_waits_for_the_lead(plant: Plant, pilot: Pilot) -> None:
    trial_of(plant, pilot)
    assert "train" not in words(signed_in(plant.cast.lead).get("/t/acme/waiting/")).lower()
    with tenant(plant.cast.acme):
        Membership.objects.filter(pk=plant.cast.sponsor.pk).update(removed_at=plant.now)

    assert "Training that asks for your answer" in words(
        signed_in(plant.cast.lead).get("/t/acme/waiting/")
    )


def test_who_is_told_finds_the_trial_and_answers_it(plant: Plant, pilot: Pilot) -> None:
    trial = trial_of(plant, pilot)
    with tenant(plant.cast.acme):
        line = Notification.objects.get(dedup_key__startswith=f"retraining:{trial.pk}")
    client = signed_in(plant.cast.sponsor)

    waits = words(client.get("/t/acme/waiting/"))
    done = client.post(line.path, {"answer": "It arrived on my phone."}, follow=True)
    after = words(client.get("/t/acme/waiting/"))
    with tenant(plant.cast.acme):
        line.refresh_from_db()

    assert line.member_id == plant.cast.sponsor.pk
    assert line.title == f"Trial of {pilot.name}: answer as if its model were to be trained anew"
    assert line.read_at is not None
    assert "Waiting for you: 1 retraining" in waits
    assert "It arrived on my phone." in words(done)
    assert "Training that asks for your answer" not in after


def test_a_share_is_typed_as_per_cent(plant: Plant, pilot: Pilot) -> None:
    with tenant(plant.cast.acme):
        metric = PilotMetric.objects.filter(pilot=pilot).select_related("metric").order_by("id")[0]
    given = {
        "metric": metric.metric_id,
        "side": "gt",
        "threshold": "5,5",
        "weeks": 2,
        "rest_weeks": 4,
        "receiver": plant.cast.sponsor.pk,
        "task": "Train.",
    }
    done = signed_in(plant.cast.lead).post(f"{HOME}new/", given, follow=True)
    with tenant(plant.cast.acme):
        row = RetrainingTrigger.objects.filter(pilot=pilot).latest("id")
    shown = signed_in(plant.cast.lead).get(f"{HOME}{row.pk}/").content.decode()

    assert done.status_code == 200
    assert row.threshold == pytest.approx(0.055 if metric.metric.unit == "share" else 5.5)
    assert 'value="5.5"' in shown


def test_a_firing_stands_at_the_top_until_somebody_says_what_was_done(
    plant: Plant, pilot: Pilot
) -> None:
    with tenant(plant.cast.acme):
        trigger(plant, pilot, side="gt", threshold=-1.0)
        [fired] = actions.judge_triggers(now=plant.now)
    said = "The model is to be trained anew: nobody said yet what was done."

    before = words(signed_in(plant.cast.reader).get(HOME))
    lead = signed_in(plant.cast.lead)
    lead.post(f"/t/acme/pilots/P-01/firings/{fired.pk}/", {"answer": "Trained on July."})
    after = words(lead.get(HOME))

    assert said in before
    assert said not in after
    assert "Trained on July." in after


def test_somebody_who_was_not_told_is_led_to_the_list_and_answers_nothing(
    plant: Plant, pilot: Pilot
) -> None:
    trial = trial_of(plant, pilot)
    reader, address = signed_in(plant.cast.reader), f"/t/acme/pilots/P-01/firings/{trial.pk}/"

    assert reader.get(address)["Location"] == HOME
    refused = reader.post(address, {"answer": "Me too."})
    assert refused.status_code == 422
    assert "Who was told answers" in words(refused)


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("threshold", "", "Fill this in."),
        ("threshold", "five", "This is not a number"),
        ("weeks", "0", "This is at least 1."),
        ("weeks", "99", "This is at most 26."),
        ("receiver", "x", "is not one of the choices"),
        ("task", "", "Fill this in."),
    ],
)
def test_bad_input_is_named_at_its_field_and_what_was_typed_stays(
    plant: Plant, pilot: Pilot, field: str, value: str, said: str
) -> None:
    given: dict[str, Any] = {
        "metric": "x",
        "side": "gt",
        "threshold": "5",
        "weeks": "2",
        "rest_weeks": "4",
        "receiver": str(plant.cast.sponsor.pk),
        "task": "Train it on the last half of the year.",
        field: value,
    }

    answer = signed_in(plant.cast.lead).post(f"{HOME}new/", given)

    assert answer.status_code == 422
    assert said in words(answer)
    assert given["task"] in answer.content.decode()


def test_what_is_put_aside_can_be_brought_back(plant: Plant, pilot: Pilot) -> None:
    with tenant(plant.cast.acme):
        row = RetrainingTrigger.objects.get(pilot=pilot)
    lead = signed_in(plant.cast.lead)

    gone = words(lead.post(f"{HOME}{row.pk}/archive/", follow=True))
    back = words(lead.post(f"{HOME}{row.pk}/restore/", follow=True))

    assert "No figure is named that calls for training" in gone
    assert "Archived" in gone
    assert "0 of 1 trigger was tried and answered." in back  # and so to be tried anew
