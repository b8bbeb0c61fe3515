"""Whether each way to fail is written down, and was tried of late."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from portfolio import rules as path
from portfolio.models import Pilot

from ...rules import failures as rules
from ...rules.criteria import Fact
from ...rules.failures import Word
from ...rules.states import earliest
from .. import failures
from ..failures import Line

NO_MODE = Fact(met=False, words="No way to fail is written down yet.")


def gather(pilot: Pilot, *, now: datetime) -> dict[str, Fact]:
    """Return the facts of the gate Failure handling, in two queries."""
    lines = failures.list_lines(pilot, day=path.local_day(now, pilot.site.zone))
    return {"modes_ready": _ready(lines), "modes_drilled": _drilled(lines)}


def _ready(lines: Sequence[Line]) -> Fact:
    if not lines:
        return NO_MODE
    faults = [f"{one.row.name} lacks {', '.join(one.lacks)}." for one in lines if one.lacks]
    if open_to := rules.not_thought_of({one.row.kind for one in lines}):
        faults.append(f"Not written down: {', '.join(open_to)}.")
    if faults:
        return Fact(met=False, words=" ".join(faults))
    words = ", ".join(one.row.name for one in lines)
    refers = " ".join(sorted(f"{one.row.pk}:{one.row.version}" for one in lines))
    receivers = [one.row.receiver for one in lines if one.row.receiver is not None]
    until = earliest(one.person.leaves_on for one in receivers)
    return Fact(True, words, refers, until)


def _drilled(lines: Sequence[Line]) -> Fact:
    if not lines:
        return NO_MODE
    faults = [failures.tell_drill(one) for one in lines if one.word is not Word.HELD]
    if faults:
        return Fact(met=False, words=" ".join(faults))
    until = min(rules.counts_until(one.newest.ran_on) for one in lines if one.newest)
    words = " ".join(failures.tell_drill(one) for one in lines)
    return Fact(True, words, " ".join(sorted(str(one.row.pk) for one in lines)), until)
