"""What the product knows of a pilot that its gates ask for. Source: docs/rules/gates.md, "Facts"."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from types import ModuleType

from portfolio.models import Pilot

from ...rules.criteria import Fact
from . import accuracy, cost, data, failure, fields, foundation, integration, ownership

# Each module with what it knows, by the names that templates ask for.
KNOWN: dict[ModuleType, frozenset[str]] = {
    data: frozenset({"clean_to_live", "snapshots_taken", "season_covered"}),
    foundation: frozenset(
        {"sources_listed", "sources_current", "entered_in_time", "no_manual_handoff"}
    ),
    fields: frozenset({"fields_agreed"}),
    accuracy: frozenset({"errors_within", "costly_checked"}),
    failure: frozenset({"modes_ready", "modes_drilled"}),
    integration: frozenset({"feed_arrives", "feed_on_time"}),
    cost: frozenset({"at_volume", "cost_signed", "worse_case"}),
    ownership: frozenset({"operator_named", "deputy_named", "retraining_ready"}),
}


def gather(
    pilot: Pilot, *, now: datetime, wanted: Collection[str] | None = None
) -> dict[str, Fact]:
    """Return facts about a pilot by their names, in as many queries for each pilot.

    wanted: the names that are asked for, None for all; a module that knows none of them is not
    asked.
    """
    return {
        name: fact
        for module, names in KNOWN.items()
        if wanted is None or not names.isdisjoint(wanted)
        for name, fact in module.gather(pilot, now=now).items()
    }
