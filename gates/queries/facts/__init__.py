"""What the product knows of a pilot that its gates ask for. Source: docs/rules/gates.md, "Facts"."""

from __future__ import annotations

from datetime import datetime

from portfolio.models import Pilot

from ...rules.criteria import Fact
from . import accuracy, cost, data, failure, foundation, integration, ownership

# One module a gate; each says what it knows by the names that templates ask for.
GATES = (data, foundation, accuracy, failure, integration, cost, ownership)


def gather(pilot: Pilot, *, now: datetime) -> dict[str, Fact]:
    """Return every fact about a pilot by its name, in as many queries for each pilot."""
    return {name: fact for gate in GATES for name, fact in gate.gather(pilot, now=now).items()}
