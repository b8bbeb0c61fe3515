"""A gate as strips, lists and headings print it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.utils.translation import gettext as _

from common import formats
from portfolio.models import Pilot

from ..rules.states import KINDS, Code, State
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


@dataclass(frozen=True, slots=True)
class Shown:
    """One gate of a pilot in words and looks. open: passed or waived. why: the reason of the last step."""

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


def name(code: Code) -> str:
    """Return a gate's name."""
    return _(KINDS[code].name)


def of(point: Standpoint, url: str = "") -> Shown:
    """Return a gate as strips print it."""
    look, tone, glyph = LOOKS[point.state]
    kind = point.kind
    return Shown(
        code=point.code.value,
        letter=kind.letter,
        name=name(point.code),
        asks=_(kind.asks),
        word=word(point.state, point.until),
        look=look,
        tone=tone,
        glyph=glyph,
        open=point.state in {State.PASSED, State.WAIVED},
        url=url,
        why=_("%(who)s: “%(reason)s”")
        % {"who": point.who or _("Week Twelve"), "reason": point.reason}
        if point.reason
        else "",
    )


def around(pilot: Pilot) -> dict[str, Any]:
    """Return what a pilot's page prints of its gates, in two queries."""
    six = [of(one) for one in all_six(map_states(pilot).get(pilot.pk, {}))]
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


def map_strips() -> dict[object, tuple[Shown, ...]]:
    """Return the strip of each pilot with whose gates something was done, in one query."""
    return {
        pilot_id: tuple(of(one) for one in all_six(found))
        for pilot_id, found in map_states().items()
    }
