"""Many metrics at once: which changes hold after correction. Source: docs/methods/many-metrics.md."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from .words import CannotFit, Verdict

FALSE_SHARE = 0.05


@dataclass(frozen=True, slots=True)
class Headline:
    """What a portfolio says in one line: improved and worse ones, and those of them that hold."""

    read_out: int
    improved: int
    improved_holding: int
    worse: int
    worse_holding: int


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


def headline(read_outs: Sequence[tuple[Verdict, float | None]]) -> Headline:
    """Return the headline of a quarter's primary metrics.

    read_outs: the word and its p, None where the engine had nothing to say; pending ones excluded.
    """
    done = [one for one in read_outs if one[0] is not Verdict.PENDING]
    ps = [p for _, p in done if p is not None]
    holds = iter(holding(ps))
    marked = [(word, p is not None and next(holds)) for word, p in done]
    return Headline(
        read_out=len(done),
        improved=sum(word is Verdict.IMPROVED for word, _ in marked),
        improved_holding=sum(word is Verdict.IMPROVED and held for word, held in marked),
        worse=sum(word is Verdict.WORSE for word, _ in marked),
        worse_holding=sum(word is Verdict.WORSE and held for word, held in marked),
    )
