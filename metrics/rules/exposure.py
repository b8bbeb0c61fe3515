"""Which items of a rate may join their week. Source: docs/rules/measurements.md, `mixed_exposure`."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

Week = tuple[int, datetime]  # a metric's id, and the week's first moment where the metric is


@dataclass(frozen=True, slots=True)
class Sent:
    """An item of a rate that would change something: where it goes, and what it takes away.

    tells: whether it carries its exposure. replaces: the week of the item that it replaces, None
    for a new one. told: whether that one carried its exposure.
    """

    place: int
    week: Week
    tells: bool
    replaces: Week | None = None
    told: bool = False


def find_mixed(sent: Iterable[Sent], standing: Mapping[Week, tuple[int, int]]) -> set[int]:
    """Return the places of items that tell their exposure otherwise than the rest of their week.

    standing: of each week that an item goes to, how many items stand there without and with their
    exposure. What stays decides; in a week where nothing stays, whoever tells it. A refused item
    leaves standing what it would have replaced, which may refuse others: each week is looked at
    again when that brings back a sort it no longer had, so at most three times.
    """
    stay = {week: list(counts) for week, counts in standing.items()}
    going: dict[Week, list[Sent]] = defaultdict(list)
    for one in sent:
        going[one.week].append(one)
        if one.replaces in stay:
            stay[one.replaces][one.told] -= 1
    refused: set[int] = set()
    due = deque(going)
    while due:
        week = due.popleft()
        wanted = _wanted(going[week], *stay[week])
        for one in [one for one in going[week] if one.tells not in wanted]:
            refused.add(one.place)
            if one.replaces in stay:
                stay[one.replaces][one.told] += 1
                if stay[one.replaces][one.told] == 1:
                    due.append(one.replaces)
        going[week] = [one for one in going[week] if one.tells in wanted]
    return refused


def _wanted(going: list[Sent], silent: int, telling: int) -> set[bool]:
    """Return how an item may tell its exposure in a week: with it, without it, or either."""
    if silent or telling:
        return {tells for tells, count in ((False, silent), (True, telling)) if count}
    return {any(one.tells for one in going)}
