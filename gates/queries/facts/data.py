"""What a pilot lost from curated to live data, and which snapshots of data it was tried on."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from common import formats
from portfolio import rules as path
from portfolio.models import Pilot

from ...models import DataSnapshot
from ...rules import errors as rules
from ...rules import snapshots as covering
from ...rules.criteria import Fact
from ...rules.errors import Count
from .. import errors, snapshots
from ..errors import Line

NO_SNAPSHOT = Fact(met=False, words="No data snapshot is written down yet.")


def gather(pilot: Pilot, *, now: datetime) -> dict[str, Fact]:
    """Return the facts of the gate Data, in three queries."""
    day = path.local_day(now, pilot.site.zone)
    taken = snapshots.list_newest(pilot)
    return {
        "clean_to_live": _drop(errors.list_lines(pilot, day=day), day),
        "snapshots_taken": _taken(taken, day),
        "season_covered": _season(taken),
    }


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


def _taken(rows: Sequence[DataSnapshot], day: date) -> Fact:
    if not rows:
        return NO_SNAPSHOT
    old = [one for one in rows if covering.counts_until(one.taken_on) < day]
    if old:
        words = (
            f"{one.source}: the snapshot of {formats.day(one.taken_on)} is older than a year."
            for one in old
        )
        return Fact(met=False, words=" ".join(words))
    until = min(covering.counts_until(one.taken_on) for one in rows)
    return Fact(True, " ".join(snapshots.tell(one) for one in rows), _keys(rows), until)


def _season(rows: Sequence[DataSnapshot]) -> Fact:
    """Accept a sample shorter than a cycle only where somebody says what it knows nothing of."""
    if not rows:
        return NO_SNAPSHOT
    briefer = [one for one in rows if one.days_lacking]
    silent = [one for one in briefer if not one.lacks]
    if silent:
        words = (
            f"{one.source}: {snapshots.short(one)} of {one.cycle_weeks} weeks, and nobody says what"
            " it lacks."
            for one in silent
        )
        return Fact(met=False, words=" ".join(words))
    return Fact(True, " ".join(_covers(one) for one in rows), _keys(rows))


def _covers(row: DataSnapshot) -> str:
    """Say what a snapshot covers of its cycle, whose length somebody chose."""
    if row.days_lacking:
        weeks = f"{snapshots.short(row)} of {row.cycle_weeks} weeks"
        return f"{row.source}: {weeks}. It lacks: {row.lacks}"
    weeks = "1 week" if row.cycle_weeks == 1 else f"{row.cycle_weeks} weeks"
    return f"{row.source}: covers its cycle of {weeks}."


def _keys(rows: Sequence[DataSnapshot]) -> str:
    return " ".join(str(one.pk) for one in rows)
