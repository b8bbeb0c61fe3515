"""How functions usually take part in the story's pilots: in weeks 1 and 2, with what they said."""

from __future__ import annotations

from collections.abc import Mapping

from .gates import FunctionPlan

# Function or review, day, outcome, words, weeks that its review takes.
USUAL: tuple[tuple[str, int | None, str, str, int | None], ...] = (
    ("operations", 1, "no_objection", "", None),
    ("technology", 1, "no_objection", "", None),
    ("finance", 2, "no_objection", "", None),
    ("security", 2, "conditions", "It may read, and write nothing back without a person.", 3),
    ("data_governance", 3, "no_objection", "", None),
    ("legal", 4, "no_objection", "", None),
    ("compliance", 8, "no_objection", "", None),
    ("sales", None, "not_needed", "No customer sees what it proposes.", None),
    ("customer_service", None, "not_needed", "No customer sees what it proposes.", None),
    ("privacy", None, "not_needed", "Its figures name no person.", None),
    ("retention", 9, "conditions", "What it proposed is kept for two years.", 2),
    ("cross_boundary", None, "not_needed", "Nothing leaves the plant's own country.", None),
)


def take_part(
    speakers: Mapping[str, str], lead: str, *instead: FunctionPlan
) -> tuple[FunctionPlan, ...]:
    """Return how the functions take part in a pilot.

    speakers: the key of who speaks for a function or review; the lead writes down the others.
    instead: those that take part otherwise than usual.
    """
    other = {one.area: one for one in instead}
    return tuple(
        other.get(area)
        or FunctionPlan(
            area=area,
            by=speakers.get(area, lead),
            member=speakers.get(area, lead) if day is not None else "",
            day=day,
            outcome=outcome,
            note=note,
            lead_weeks=weeks,
        )
        for area, day, outcome, note, weeks in USUAL
    )
