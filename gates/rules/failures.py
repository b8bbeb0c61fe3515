"""How a pilot may fail, who is told, and what a drill shows of it.

Source: docs/rules/failures.md.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, timedelta
from enum import StrEnum

# For how many days a drill counts, from the day it was run.
DRILL_DAYS = 90


class Kind(StrEnum):
    """In which way it fails."""

    WRONG = "wrong"
    UNSURE = "unsure"
    LATE = "late"
    SILENT = "silent"
    OTHER = "other"


WORDS = {
    Kind.WRONG: "Wrong",
    Kind.UNSURE: "Unsure",
    Kind.LATE: "Late",
    Kind.SILENT: "Silent",
    Kind.OTHER: "Other",
}
# What a drill tries, by field: another one of these was tried by nobody.
TRIED = {
    "noticed": "how it is noticed",
    "threshold": "the threshold",
    "fallback": "the fallback",
}
# Every pilot may fail in these: one that nobody wrote down is one that nobody thought of.
ASKED = (Kind.WRONG, Kind.UNSURE, Kind.LATE, Kind.SILENT)


class Word(StrEnum):
    """What the newest drill shows of one way to fail."""

    HELD = "held"
    FAILED = "failed"
    CHANGED = "changed"
    TOO_OLD = "too_old"
    NEVER = "never"


def counts_until(ran_on: date) -> date:
    """Return the last day on which a drill counts."""
    return ran_on + timedelta(days=DRILL_DAYS)


def judge(ran_on: date | None, *, held: bool, changed: bool, day: date) -> Word:
    """Say what the newest drill shows on a day.

    ran_on: None where none was run. changed: whether something else is written down since.
    """
    if ran_on is None:
        return Word.NEVER
    if not held:
        return Word.FAILED
    if changed:
        return Word.CHANGED
    return Word.HELD if day <= counts_until(ran_on) else Word.TOO_OLD


def not_thought_of(kinds: Collection[str]) -> list[str]:
    """Return in words which of the four ways to fail are not written down."""
    return [WORDS[kind] for kind in ASKED if kind.value not in kinds]
