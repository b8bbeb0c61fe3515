"""A gate as strips, lists and headings print it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.utils.translation import gettext as _

from common import formats
from portfolio.models import Pilot

from ..models import GateDecision
from ..rules.states import KINDS, Code, State, Verb
from . import Standpoint, all_six, find_production, map_states

# Look on the strip, tone and icon of the chip. Blocked is what was sent back or opened again.
LOOKS = {
    State.NOT_STARTED: ("n", "muted", "dash"),
    State.IN_PROGRESS: ("r", "muted", "clock"),
    State.SUBMITTED: ("r", "muted", "clock"),
    State.CHANGES: ("f", "bad", "cross"),
    State.PASSED: ("p", "goodline", "check"),
    State.WAIVED: ("r", "gap", "flag"),
    State.REOPENED: ("f", "bad", "cross"),
}


# How a pass or a waiver looks that holds no more and that no look has reopened yet.
LAPSED = ("f", "bad", "cross")

# A sentence names so many criteria; the rest is counted.
MOST_NAMED = 2


@dataclass(frozen=True, slots=True)
class Shown:
    """One gate of a pilot in words and looks.

    open: passed or waived, and not lapsed. why: the reason of the last step. lacks: what was not met
    at looked_at, in a sentence, or why it lapsed; empty before the product looked.
    """

    code: str
    letter: str
    name: str
    asks: str
    word: str
    look: str
    tone: str
    glyph: str
    open: bool
    url: str = ""
    why: str = ""
    lacks: str = ""
    looked_at: datetime | None = None


def word(state: State, until: date | None = None) -> str:
    """Return a state in words; a waiver with its day."""
    if state is State.WAIVED and until is not None:
        return _("Waived until %(day)s") % {"day": formats.day(until)}
    return {
        State.NOT_STARTED: _("Not started"),
        State.IN_PROGRESS: _("In progress"),
        State.SUBMITTED: _("Submitted"),
        State.CHANGES: _("Changes requested"),
        State.PASSED: _("Passed"),
        State.WAIVED: _("Waived"),
        State.REOPENED: _("Reopened"),
    }[state]


def did(step: GateDecision) -> str:
    """Return what somebody did with a gate, to be said behind their name."""
    until = formats.day(step.until) if step.until else ""
    said = {
        Verb.SUBMIT: _("submitted it"),
        Verb.PASS: _("passed it, until %(day)s") if until else _("passed it"),
        Verb.SEND_BACK: _("sent it back"),
        Verb.WAIVE: _("waived it until %(day)s"),
        Verb.REOPEN: _("reopened it"),
    }[Verb(step.verb)]
    return said % {"day": until}


def name(code: Code) -> str:
    """Return a gate's name."""
    return _(KINDS[code].name)


def of(point: Standpoint, url: str = "", *, lapsed: str = "") -> Shown:
    """Return a gate as strips print it. lapsed: why a pass or a waiver holds no more."""
    look, tone, glyph = LAPSED if lapsed else LOOKS[point.state]
    kind = point.kind
    return Shown(
        code=point.code.value,
        letter=kind.letter,
        name=name(point.code),
        asks=_(kind.asks),
        word=_("Lapsed") if lapsed else word(point.state, point.until),
        look=look,
        tone=tone,
        glyph=glyph,
        open=point.state in {State.PASSED, State.WAIVED} and not lapsed,
        url=url,
        why=_("%(who)s: “%(reason)s”")
        % {"who": point.who or _("Week Twelve"), "reason": point.reason}
        if point.reason and not lapsed
        else "",
        lacks=lapsed or (stands(point) if point.looked_at else ""),
        looked_at=point.looked_at,
    )


def gone(name: str) -> str:
    """Return in words that the storage has a file no more, for a list of what is not met."""
    return _("%(name)s: gone from the storage, or changed there") % {"name": name}


def over(point: Standpoint, now: datetime) -> str:
    """Return in words that the last day of a pass or a waiver is over; empty while it is not."""
    if not point.ended(now):
        return ""
    return _("Its last day was %(day)s.") % {"day": formats.day(point.until)}


def stands(point: Standpoint) -> str:
    """Return what a gate lacks that something was done with; empty once it is passed or waived."""
    if point.state in {State.NOT_STARTED, State.PASSED, State.WAIVED}:
        return ""
    return lacking(point.lacks, decided_by=point.decided_by) or _("Every criterion is met.")


def lacking(criteria: Sequence[str], *, decided_by: bool) -> str:
    """Return in a sentence what a gate lacks, no more than two criteria by name; empty for nothing.

    criteria: those that are not met, in order. decided_by: whether somebody is named to decide.
    """
    names = ", ".join(f"“{one}”" for one in criteria[:MOST_NAMED])
    more = len(criteria) - MOST_NAMED
    said = ""
    if more > 0:
        said = _("Not met: %(names)s and %(more)s more.") % {"names": names, "more": more}
    elif criteria:
        said = _("Not met: %(names)s.") % {"names": names}
    nobody = "" if decided_by else _("Nobody is named to decide it.")
    return f"{said} {nobody}".strip()


def around(pilot: Pilot, *, now: datetime) -> dict[str, Any]:
    """Return what a pilot's page prints of its gates, in two queries."""
    points = all_six(map_states(pilot).get(pilot.pk, {}))
    six = [of(one, lapsed=over(one, now)) for one in points]
    entered = find_production(pilot)
    count = sum(gate.open for gate in six)
    words = _("%(open)s of 6 passed or waived.") % {"open": count}
    if entered is not None:
        day = formats.day(entered.entered_on)
        words = _("In production since %(day)s.") % {"day": day}
    return {"gates": six, "gates_open": count, "gates_words": words}


def not_started() -> tuple[Shown, ...]:
    """Return the strip of a pilot with whose gates nothing was done."""
    return tuple(of(one) for one in all_six({}))


def map_strips(*, now: datetime) -> dict[object, tuple[Shown, ...]]:
    """Return the strip of each pilot with whose gates something was done, in one query."""
    return {
        pilot_id: tuple(of(one, lapsed=over(one, now)) for one in all_six(found))
        for pilot_id, found in map_states().items()
    }
