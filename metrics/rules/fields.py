"""What a field means, where a site means something else by it, and when that is a conflict.

Source: docs/rules/fields.md.
"""

from __future__ import annotations

from decimal import Decimal
from enum import StrEnum
from typing import Protocol

# What a factor and what is added may be, either way.
MOST = 10**10


class Stand(StrEnum):
    """How what a site or a source means compares with what was agreed."""

    SAME = "same"
    CONVERT = "convert"
    DIFFERS = "differs"


class Outcome(StrEnum):
    """How a conflict was settled."""

    ADOPTED = "adopted"
    CONVERTED = "converted"
    ACCEPTED = "accepted"
    GONE = "gone"


# How what is meant somewhere stands once its conflict was settled so; where nobody uses it any more,
# as it stood.
LEADS_TO = {
    Outcome.ADOPTED: Stand.SAME,
    Outcome.CONVERTED: Stand.CONVERT,
    Outcome.ACCEPTED: Stand.DIFFERS,
}


class Told(Protocol):
    """What a site or a source means by a field.

    wording: of the agreed meaning that it was compared with. settled: the version of it whose
    conflict was settled, None where nothing holds.
    """

    @property
    def stand(self) -> str: ...
    @property
    def wording(self) -> int: ...
    @property
    def settled(self) -> int | None: ...


def is_behind(one: Told, wording: int) -> bool:
    """Say whether the agreed meaning was worded anew since somebody compared with it."""
    return one.wording != wording


def is_open(one: Told, wording: int) -> bool:
    """Say whether it is an open conflict: other than agreed, not converted, and nobody settled it.

    wording: of the agreed meaning as it is now. What was compared with another one is open too.
    """
    if is_behind(one, wording):
        return True
    return one.stand == Stand.DIFFERS and one.settled is None


def convert(value: Decimal, *, factor: Decimal, plus: Decimal) -> Decimal:
    """Return a value in the agreed meaning: what stands there times the factor, plus the rest."""
    return value * factor + plus


def conversion(factor: Decimal, plus: Decimal) -> str:
    """Return a conversion in words: "times 1.4, minus 2"."""
    times = f"times {_plain(factor)}"
    if not plus:
        return times
    return f"{times}, {'plus' if plus > 0 else 'minus'} {_plain(abs(plus))}"


def _plain(number: Decimal) -> str:
    return f"{number.normalize():f}"
