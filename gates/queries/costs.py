"""Reads of a pilot's cost at full volume: its versions, who signed them, who may."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.db.models import Prefetch

from portfolio.models import Pilot
from portfolio.queries import who_led
from tenants import queries as tenants
from tenants.models import Function, Membership
from tenants.rules import Role

from ..models import CostModel, CostSignature
from ..models.costs import LABELLED, MOST
from ..rules import unit_cost as rules
from ..rules.unit_cost import Basis, Case

# What a person enters of a version.
ENTERED = (
    *MOST,
    "counted",
    "sites",
    "days_per_year",
    *(f"{name}_basis" for name in LABELLED),
)


@dataclass(frozen=True)
class Priced:
    """One version of a pilot's cost with what follows from it. signature: None until it is signed."""

    model: CostModel
    signature: CostSignature | None

    @property
    def number(self) -> int:
        return self.model.number

    @cached_property
    def cases(self) -> tuple[Case, ...]:
        """Return the year at one, two and three times the unit cost."""
        return rules.cases(self.model.unit_cost)

    @property
    def usual(self) -> Case:
        """Return the year at the unit cost as it is entered."""
        return self.cases[0]

    @property
    def worst(self) -> Case:
        """Return the year at three times the unit cost."""
        return self.cases[-1]

    @property
    def basis(self) -> Basis:
        """Return how well the result is known."""
        return rules.weakest(self.model.basis_of(name) for name in LABELLED)

    @property
    def basis_of_cost(self) -> Basis:
        """Return how well the yearly cost is known."""
        return rules.weakest(self.model.basis_of(name) for name in ("cost_per_call", "overhead"))

    @property
    def basis_of_labour(self) -> Basis:
        """Return how well the labour replaced is known."""
        names = ("labour_minutes", "hourly_rate")
        return rules.weakest(self.model.basis_of(name) for name in names)

    @property
    def basis_of_errors(self) -> Basis:
        """Return how well the cost of errors is known."""
        names = ("errors_before", "errors_after")
        return rules.weakest(self.model.basis_of(name) for name in names)

    @property
    def values(self) -> dict[str, Any]:
        """Return what a person entered, by field."""
        return {name: getattr(self.model, name) for name in ENTERED}


def list_versions(pilot: Pilot) -> list[Priced]:
    """Return every version of a pilot's cost, newest first, in two queries.

    Loads who wrote and who signed each, with their persons.
    """
    signatures = CostSignature.objects.select_related("member__person").order_by("id")
    rows = (
        CostModel.objects.filter(pilot=pilot)
        .select_related("member__person")
        .prefetch_related(Prefetch("signatures", signatures, to_attr="signed"))
        .order_by("-number")
    )
    return [Priced(row, row.signed[0] if row.signed else None) for row in rows]


def find_current(pilot: Pilot) -> Priced | None:
    """Return the newest version of a pilot's cost; None before the first."""
    found: CostModel | None = (
        CostModel.objects.filter(pilot=pilot)
        .select_related("member__person")
        .order_by("-number")
        .first()
    )
    if found is None:
        return None
    signature: CostSignature | None = (
        CostSignature.objects.filter(cost_model=found).select_related("member__person").first()
    )
    return Priced(found, signature)


def list_finance(pilot: Pilot) -> list[Membership]:
    """Return the gate reviewers of Finance who never led the pilot, by name, with their persons."""
    leads = who_led(pilot)
    return [
        one for one in tenants.list_members() if is_of_finance(one) and one.person_id not in leads
    ]


def is_of_finance(member: Membership) -> bool:
    """Say whether a member reviews gates for Finance."""
    return Role.REVIEWER in member.actor.roles and Function.FINANCE in member.functions


def names(members: Sequence[Membership]) -> str:
    """Return the names of members in one line."""
    return ", ".join(one.person.name for one in members)
