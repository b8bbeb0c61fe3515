"""Whether a pilot was read on curated and on live data, and what it lost between them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from common import formats
from portfolio import rules as path
from portfolio.models import Pilot

from ...rules import errors as rules
from ...rules.criteria import Fact
from ...rules.errors import Count
from .. import errors
from ..errors import Line


def gather(pilot: Pilot, *, now: datetime) -> dict[str, Fact]:
    """Return the facts of the gate Data, in two queries."""
    day = path.local_day(now, pilot.site.zone)
    return {"clean_to_live": _drop(errors.list_lines(pilot, day=day), day)}


def _drop(lines: Sequence[Line], day: date) -> Fact:
    """Say what is lost from curated to live data; how much is too much, the decider judges."""
    if not lines:
        return Fact(met=False, words="No class of error is written down yet.")
    faults = [
        words
        for one in lines
        for what, count, days in (
            ("curated", one.curated, rules.CURATED_DAYS),
            ("live", one.live, rules.LIVE_DAYS),
        )
        if (words := _fault(one.row.name, what, count, days, day))
    ]
    if faults:
        return Fact(met=False, words=" ".join(faults))
    until = min(
        count.counts_until(days)
        for one in lines
        for count, days in ((one.curated, rules.CURATED_DAYS), (one.live, rules.LIVE_DAYS))
        if count
    )
    refers = " ".join(sorted(str(one.row.pk) for one in lines))
    return Fact(True, tell(errors.total(lines)), refers, until)


def _fault(name: str, what: str, count: Count | None, days: int, day: date) -> str:
    """Return what is wrong with a class's count on one set of data; empty when nothing is."""
    if count is None:
        return f"{name}: not counted on {what} data yet."
    if count.decisions < rules.FEWEST:
        return f"{name}: {count.decisions} {what} decisions; at least {rules.FEWEST} are asked."
    if count.counts_until(days) < day:
        last = formats.day(count.last_day)
        return f"{name}: the {what} reading of {last} is older than {days} days."
    return ""


def tell(found: errors.Total) -> str:
    """Return both accuracies and the points between them, in one sentence."""
    curated, live = (
        formats.measure(one, "share") for one in (found.curated_accuracy, found.live_accuracy)
    )
    points = formats.stated(round(abs(found.drop or 0), 3), "share")
    if not found.drop or abs(found.drop) < 0.0005:
        return f"{curated} right on curated data and as many on live data."
    word = "lower" if found.drop > 0 else "higher"
    return f"{curated} right on curated data, {live} on live data: {points} {word}."
