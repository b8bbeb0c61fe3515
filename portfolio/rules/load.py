"""How much else runs at a pilot's site in its twelve weeks, and when somebody decides about that.

Source: docs/rules/load.md.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from enum import StrEnum

# With more than these beside it, a pilot's start is decided upon by name.
MOST_BESIDE = 3
MOST_ROLES = 20


class Kind(StrEnum):
    """What a programme is about."""

    ERP = "erp"
    WMS = "wms"
    MES = "mes"
    LEAN = "lean"
    BI = "bi"
    OTHER = "other"


class Word(StrEnum):
    """What is decided about a pilot that stacks on much else."""

    GO = "go"
    WAIT = "wait"


def by_role(named: Iterable[Iterable[str]]) -> list[tuple[str, int]]:
    """Return how many things concern each role, most first. named: the roles of each thing.

    Roles that differ in case and blanks alone are one; it is called as it came first.
    """
    counts: dict[str, int] = {}
    called: dict[str, str] = {}
    for roles in named:
        for key, role in {" ".join(one.casefold().split()): one for one in roles}.items():
            called.setdefault(key, role)
            counts[key] = counts.get(key, 0) + 1
    return sorted(
        ((called[key], count) for key, count in counts.items()), key=lambda one: (-one[1], one[0])
    )


def asks(*, beside: Collection[str], decided: Collection[str] | None) -> bool:
    """Say whether somebody has to decide about a pilot's start.

    beside: the keys of what else runs. decided: of what ran when it was decided about last, None for
    never. What was not there then asks anew.
    """
    return len(beside) > MOST_BESIDE and (decided is None or not set(beside) <= set(decided))
