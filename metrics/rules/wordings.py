"""Who may change a metric that pilots use, what was agreed to, and which days stay as worded.

Source: docs/rules/wordings.md.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from portfolio.rules import LATEST as LAST_DAY

from .items import FIRST_DAY
from .weeks import monday

MOST_NAMES = 5


@dataclass(frozen=True, slots=True)
class Using:
    """A pilot that has a metric, whatever the metric's role there.

    key: of the metric in the pilot. lead_id, lead: who leads the pilot now, as a person; None and
    empty while nobody does. agreed_by_id: the member who agreed to the target, None for nobody.
    """

    key: UUID
    code: str
    pilot: str
    lead_id: UUID | None
    lead: str
    agreed_by_id: UUID | None


def change_refusal(metric: str, using: Sequence[Using], admins: Sequence[str]) -> str:
    """Say why a person may not change a metric, and who may.

    using: every pilot that uses it, by code. admins: names of those who may in any case.
    """
    pilots = " and ".join(f"{one.pilot} (lead: {one.lead or 'nobody'})" for one in using)
    leads = {one.lead_id: one.lead for one in using}
    lead = leads.popitem()[1] if len(leads) == 1 else ""
    who = f"{lead} or a tenant admin" if lead else "a tenant admin"
    return (
        f"{metric} is used in {pilots}. Renaming it, wording it anew or archiving it is up to {who}"
        f"{': ' + _listed(admins) if admins else ''}."
    )


def begins(number: int, valid_from: date) -> date | None:
    """Return the first day of a wording, None for the first one: it holds from the beginning.

    What was measured before somebody typed it was counted by it as well.
    """
    return valid_from if number > 1 else None


def day_refusal(valid_from: date) -> str:
    """Say why no wording begins on a day of an implausible year; empty when one may.

    A day before the first measurements or after the last pilots is a slip of the keyboard.
    """
    if FIRST_DAY <= valid_from <= LAST_DAY:
        return ""
    return (
        f"A wording begins between {FIRST_DAY.year} and {LAST_DAY.year}; this day is in"
        f" {valid_from.year}. Check the year."
    )


@dataclass(frozen=True, slots=True)
class Agreed:
    """The version of a wording that an agreement is about, and the newest one."""

    number: int
    newest: int

    @property
    def changed(self) -> bool:
        return self.number < self.newest


def agreed_to(agreed_at: datetime, written: Iterable[tuple[int, datetime]]) -> Agreed:
    """Return which wording somebody agreed to: the newest there was at that moment.

    written: number and moment of each version, at least the first. Where all are younger than the
    agreement, as in history that was loaded later, it is about the first.
    """
    versions = list(written)
    before = [number for number, at in versions if at <= agreed_at]
    return Agreed(max(before, default=1), max(number for number, _ in versions))


def first_free_day(periods: Sequence[Sequence[object]]) -> date | None:
    """Return the Monday after the last of a locked baseline's weeks or days; None without one.

    periods: oldest first, each beginning with its first day as text.
    """
    return monday(date.fromisoformat(str(periods[-1][0]))) + timedelta(days=7) if periods else None


def _listed(names: Sequence[str]) -> str:
    more = len(names) - MOST_NAMES
    said = ", ".join(names[:MOST_NAMES])
    return f"{said} or {more} more" if more > 0 else said
