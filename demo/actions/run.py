"""What every step of one tenant's load needs, and what it did."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from metrics.actions import sync
from portfolio.models import Site, Vendor
from tenants.models import Membership, Person
from tenants.queries import System

from ..rules import TenantPlan
from ..table import Figure

BY = System("demo")


@dataclass(slots=True)
class Loaded:
    """What one tenant's load did.

    refused: how many items were refused, by metric and code; example: the words for one of them.
    """

    tenant: str
    is_new: bool
    created: int = 0
    unchanged: int = 0
    refused: Counter[tuple[str, str]] = field(default_factory=Counter)
    example: dict[tuple[str, str], str] = field(default_factory=dict)

    def add(self, metric: str, outcome: sync.Outcome) -> None:
        """Count a batch's outcome."""
        self.created += outcome.created
        self.unchanged += outcome.unchanged
        for rejection in outcome.rejected:
            self.refused[metric, rejection.code] += 1
            self.example.setdefault((metric, rejection.code), rejection.detail)


@dataclass(frozen=True, slots=True)
class Load:
    """What every step of one tenant's load needs."""

    plan: TenantPlan
    now: datetime
    raw: Path | None
    figures: tuple[Figure, ...]
    loaded: Loaded


@dataclass(frozen=True, slots=True)
class Cast:
    """The rows that pilots refer to, by the story's own keys."""

    people: dict[str, Person]
    members: dict[str, Membership]
    sites: dict[str, Site]
    vendors: dict[str, Vendor]
