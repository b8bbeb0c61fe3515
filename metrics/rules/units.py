"""What a unit says of a rate. Source: docs/rules/weekly-values.md, "Exposure of a rate"."""

from __future__ import annotations

# What a form's list of units has for a unit of one's own.
OTHER = "other"
# What the units of that list are called.
NAMED = {
    "share": "% (a share)",
    "ppm": "ppm (parts per million)",
    "days": "days",
    "hours": "hours",
    "minutes": "minutes",
    "per_week": "a week",
    "per_day": "a day",
    "count": "no unit, a plain number",
}
# The units that say themselves per which unit of time events are counted.
COUNTED_PER = {"per_day": "day", "per_week": "week"}


def in_words(unit: str) -> str:
    """Return what a unit is called; one that is not on the list by its own name."""
    return NAMED.get(unit or "count", unit)


def exposure_of(*, unit: str, exposure: str) -> str:
    """Return what a rate is counted per: as said, else as its unit says; empty when neither does.

    exposure: day, week or empty for what the unit says.
    """
    return exposure or COUNTED_PER.get(unit, "")


def exposure_refusal(*, unit: str, exposure: str) -> str:
    """Return why a rate of a unit is not counted per this, in words for who defines it; else empty.

    exposure: day or week; empty is refused too.
    """
    if not exposure:
        return "Say whether the rate counts events per day or per week."
    said = COUNTED_PER.get(unit, exposure)
    if said == exposure:
        return ""
    return (
        f"The unit is “a {said}”, but Counted says “per {exposure}”."
        f" Choose “per {said}” at Counted, or “a {exposure}” as the unit."
    )
