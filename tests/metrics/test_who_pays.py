"""Agreeing, taking note and deciding are of who pays, whatever a row says: the database asks too."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.db import IntegrityError

from common.errors import Refused
from common.tenancy.context import tenant
from common.writing import constraint_of
from metrics.actions import acknowledgements, commitments, outcomes, targets
from metrics.models import Baseline, PilotMetric
from portfolio.actions import set_party
from portfolio.models import Part, Pilot, PilotParty
from tenants.models import Membership
from tests.metrics.test_read_outs import baseline, correct, made, plant
from tests.plant import Plant, today

__all__ = ["baseline", "made", "plant"]  # fixtures


def agree(plant: Plant, baseline: Baseline) -> Callable[[Membership], Any]:
    pilot = plant.pilot("Other", lead=plant.cast.lead, sponsor=plant.cast.sponsor)
    row = plant.aim(pilot, plant.metric("Another"), agreed=False)
    return lambda by: targets.agree_target(row=row, version=row.version, by=by, now=plant.now)


def decide(plant: Plant, baseline: Baseline) -> Callable[[Membership], Any]:
    given = {"version": 1, "word": "stop", "reason": "R", "now": plant.now}
    pilot = baseline.target_row.pilot
    return lambda by: outcomes.decide_pilot(pilot=pilot, by=by, **given)


def take_note(plant: Plant, baseline: Baseline) -> Callable[[Membership], Any]:
    _, second = correct(plant, baseline, 70)
    given = {"read_out": second, "now": plant.now, "reason": "Seen."}
    return lambda by: acknowledgements.acknowledge(by=by, **given)


def waive(plant: Plant, baseline: Baseline) -> Callable[[Membership], Any]:
    promised = commitments.add_commitment(
        row=baseline.target_row,
        comparison="ge",
        target=0.94,
        due_date=today(),
        remedy="Half of the fee",
        source="Clause 7",
        by=plant.cast.lead,
        now=plant.now,
    )
    given = {
        "commitment": promised,
        "version": 1,
        "word": "waived",
        "reason": "R",
        "now": plant.now,
    }
    return lambda by: commitments.decide_commitment(by=by, **given)


def lead_once(plant: Plant, pilots: list[Pilot]) -> Membership:
    """Let the COO lead them for a moment."""
    for pilot in pilots:
        for member in (plant.cast.coo, plant.cast.lead):
            given = {"person": member.person, "by": plant.cast.admin, "now": plant.now}
            set_party(pilot=pilot, part=Part.LEAD, **given)
    return plant.cast.coo


def pay_no_more(plant: Plant, pilots: list[Pilot]) -> Membership:
    """Let somebody else be the sponsor."""
    for pilot in pilots:
        given = {"person": plant.cast.coo.person, "by": plant.cast.admin, "now": plant.now}
        set_party(pilot=pilot, part=Part.SPONSOR, **given)
    return plant.cast.sponsor


WHO: dict[str, Callable[[Plant, list[Pilot]], Membership]] = {
    "its lead": lambda plant, _: plant.cast.lead,
    "an executive who led it once": lead_once,
    "who was its sponsor": pay_no_more,
    "a reviewer": lambda plant, _: plant.cast.reviewer,
    "an admin": lambda plant, _: plant.cast.admin,
}
DOORS = {
    "metrics_pilotmetric_by_who_pays": agree,
    "metrics_pilotoutcome_by_who_pays": decide,
    "metrics_acknowledgement_by_who_pays": take_note,
    "metrics_commitmentdecision_by_who_pays": waive,
}


@pytest.mark.parametrize("who", WHO)
@pytest.mark.parametrize("constraint", DOORS)
def test_what_who_pays_decides_is_refused_to_everybody_else(
    plant: Plant, baseline: Baseline, constraint: str, who: str
) -> None:
    with tenant(plant.cast.acme):
        act = DOORS[constraint](plant, baseline)
        by = WHO[who](plant, list(Pilot.objects.all()))

        with pytest.raises(Refused, match="executive or the pilot's sponsor") as refused:
            act(by)

        assert isinstance(refused.value.__cause__, IntegrityError)
        assert constraint_of(refused.value.__cause__) == constraint


@pytest.mark.parametrize("name", ["coo", "sponsor"])
@pytest.mark.parametrize("constraint", DOORS)
def test_executive_and_sponsor_decide(
    plant: Plant, baseline: Baseline, constraint: str, name: str
) -> None:
    with tenant(plant.cast.acme):
        assert DOORS[constraint](plant, baseline)(getattr(plant.cast, name)).pk


def test_what_was_agreed_stays_agreed_when_the_sponsor_changes(
    plant: Plant, baseline: Baseline
) -> None:
    with tenant(plant.cast.acme):
        agree(plant, baseline)(plant.cast.sponsor)
        pay_no_more(plant, list(Pilot.objects.all()))
        row = PilotMetric.objects.get(pilot__name="Other")

        changed = targets.change_target(
            row=row,
            version=row.version,
            role=row.role,
            comparison=row.comparison,
            target=row.target,
            units_per_week=5,
            value_per_unit=2,
            by=plant.cast.admin,
        )

        assert changed.agreed_by_id == plant.cast.sponsor.pk
        assert (
            PilotParty.objects.filter(person=plant.cast.sponsor.person, ended_at=None).count() == 0
        )
