"""What readings of live data show of each class of error, and who checks the costly ones."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from portfolio import rules as path
from portfolio.models import Pilot

from ...rules import errors as rules
from ...rules.criteria import Fact
from ...rules.errors import Word
from .. import errors
from ..errors import Line

NO_CLASS = Fact(met=False, words="No class of error is written down yet.")


def gather(pilot: Pilot, *, now: datetime) -> dict[str, Fact]:
    """Return the facts of the gate Accuracy, in two queries."""
    lines = errors.list_lines(pilot, day=path.local_day(now, pilot.site.zone))
    return {"errors_within": _within(lines), "costly_checked": _checked(lines)}


def _within(lines: Sequence[Line]) -> Fact:
    """Judge each class by itself: one percentage over all of them hides the costly ones."""
    if not lines:
        return NO_CLASS
    faults = [errors.tell(one) for one in lines if one.word is not Word.WITHIN]
    if faults:
        return Fact(met=False, words=" ".join(faults))
    until = min(one.live.counts_until(rules.LIVE_DAYS) for one in lines if one.live)
    return Fact(True, " ".join(errors.tell(one) for one in lines), _refers(lines), until)


def _checked(lines: Sequence[Line]) -> Fact:
    if not lines:
        return NO_CLASS
    costly = [one for one in lines if one.row.is_costly]
    if not costly:
        return Fact(True, "No class is costly.", _refers(lines))
    open_to = [one.row.name for one in costly if not one.row.checked_by]
    if open_to:
        return Fact(met=False, words=f"Nobody checks each case of: {', '.join(open_to)}.")
    words = "; ".join(f"{one.row.name}: {one.row.checked_by}" for one in costly)
    return Fact(True, words, _refers(lines))


def _refers(lines: Sequence[Line]) -> str:
    """Return the classes with their versions: another tolerance or cost is to be decided anew."""
    return " ".join(sorted(f"{one.row.pk}:{one.row.version}" for one in lines))
