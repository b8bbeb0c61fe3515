"""What a unit says of a metric. Source: docs/rules/weekly-values.md, "Exposure of a rate"."""

from __future__ import annotations

from dataclasses import dataclass

# What a form's list of units has for a unit of one's own.
OTHER = "other"


@dataclass(frozen=True, slots=True)
class Unit:
    """One unit of that list, and what it says of a metric.

    words: what it is called. counted_per: the unit of time that it says itself, day or week.
    lowest: 0 where it counts or lasts, for nothing lies below nothing; None where it may be less.
    """

    words: str
    counted_per: str = ""
    lowest: float | None = 0.0


LISTED = {
    "share": Unit("% (a share)"),
    "ppm": Unit("ppm (parts per million)"),
    "days": Unit("days"),
    "hours": Unit("hours"),
    "minutes": Unit("minutes"),
    "per_week": Unit("a week", counted_per="week"),
    "per_day": Unit("a day", counted_per="day"),
    "count": Unit("no unit, a plain number"),
}
NAMED = {code: unit.words for code, unit in LISTED.items()}
# The units that say themselves per which unit of time events are counted.
COUNTED_PER = {code: unit.counted_per for code, unit in LISTED.items() if unit.counted_per}


def in_words(unit: str) -> str:
    """Return what a unit is called; one that is not on the list by its own name."""
    return NAMED.get(unit or "count", unit)


def lowest(unit: str) -> float | None:
    """Return where a unit begins; None for one that may be negative or that nobody listed."""
    return LISTED[unit].lowest if unit in LISTED else None


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
