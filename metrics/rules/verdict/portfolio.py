"""Many metrics at once: which changes hold after correction. Source: docs/methods/many-metrics.md."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from .words import CannotFit, Verdict

FALSE_SHARE = 0.05
# The words that claim one.
CHANGES = frozenset({Verdict.IMPROVED, Verdict.WORSE})


@dataclass(frozen=True, slots=True)
class Counted:
    """A primary metric that was read out.

    due_date: of the read-out, on the company's clock. p: 0..1, None where the engine gave none.
    """

    due_date: date
    word: Verdict
    p: float | None

    @property
    def quarter(self) -> tuple[int, int]:
        """Return the year and which of its quarters the read-out belongs to."""
        return self.due_date.year, (self.due_date.month - 1) // 3

    @property
    def claims(self) -> bool:
        """Say whether the word claims a change."""
        return self.word in CHANGES


@dataclass(frozen=True, slots=True)
class Headline:
    """What a portfolio says in one line; holding: improved ones that hold after correction."""

    read_out: int
    improved: int
    holding: int
    worse: int
    not_enough: int


def adjust(ps: Sequence[float]) -> tuple[float, ...]:
    """Return p values corrected for their number (Benjamini and Hochberg, JRSS B 57, 1995).

    ps: 0..1, in any order; the answer is in the same order. Raises CannotFit outside 0..1.
    """
    if not all(0 <= p <= 1 for p in ps):
        raise CannotFit("A p value lies between 0 and 1.")
    order = sorted(range(len(ps)), key=lambda place: ps[place], reverse=True)
    found, least = [0.0] * len(ps), 1.0
    for behind, place in enumerate(order):
        least = min(least, ps[place] * len(ps) / (len(ps) - behind))
        found[place] = least
    return tuple(found)


def holding(ps: Sequence[float], *, share: float = FALSE_SHARE) -> tuple[bool, ...]:
    """Return which of some p values hold when at most a share of those claimed may be false."""
    return tuple(p <= share for p in adjust(ps))


def claims_holding(read_outs: Sequence[Counted]) -> tuple[bool, ...]:
    """Return which read-outs claim a change that holds among all those of its quarter.

    One that claims none is counted with a p of 1: it was looked at, and helps no other to hold.
    One without p is not counted.
    """
    families: defaultdict[tuple[int, int], list[int]] = defaultdict(list)
    ps = [one.p if one.claims or one.p is None else 1.0 for one in read_outs]
    for place, one in enumerate(read_outs):
        families[one.quarter].append(place)
    found = [False] * len(read_outs)
    for places in families.values():
        known = {place: p for place in places if (p := ps[place]) is not None}
        for place, held in zip(known, holding(list(known.values())), strict=True):
            found[place] = held
    return tuple(found)


def headline(read_outs: Sequence[Counted]) -> Headline:
    """Return how many read-outs say what, each quarter corrected by itself."""
    words = Counter(one.word for one in read_outs)
    marked = zip(read_outs, claims_holding(read_outs), strict=True)
    return Headline(
        read_out=len(read_outs),
        improved=words[Verdict.IMPROVED],
        holding=sum(held and one.word is Verdict.IMPROVED for one, held in marked),
        worse=words[Verdict.WORSE],
        not_enough=words[Verdict.NOT_ENOUGH],
    )
