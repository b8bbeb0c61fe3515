"""What a gate asks, what answers it, and whether it is met.

Source: docs/rules/gates.md, "Criteria".
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum


class Check(StrEnum):
    """How a criterion is checked: by a document or link, by a number, or by what the product knows."""

    EVIDENCE = "evidence"
    NUMBER = "number"
    FACT = "fact"


class Side(StrEnum):
    """On which side of its limit a number must lie."""

    LT = "lt"
    LE = "le"
    GE = "ge"
    GT = "gt"


# Facts whose words move with every figure that arrives; what they rest on does not.
MOVING = frozenset({"feed_arrives", "feed_on_time", "entered_in_time"})

SIGNS = {Side.LT: "<", Side.LE: "≤", Side.GE: "≥", Side.GT: ">"}


@dataclass(frozen=True, slots=True)
class Asked:
    """One criterion as a template words it.

    side, limit, unit: of a number. fact: which one, of a fact. valid_days: how long evidence for it
    holds unless it says otherwise, None for no end.
    """

    code: str
    text: str
    why: str
    check: Check = Check.EVIDENCE
    side: Side | None = None
    limit: float | None = None
    unit: str = ""
    fact: str = ""
    mandatory: bool = True
    valid_days: int | None = None


@dataclass(frozen=True, slots=True)
class Piece:
    """A piece of evidence as a criterion sees it. value: the number that it carries, None for none."""

    key: str
    title: str
    value: float | None
    expires_on: date | None


@dataclass(frozen=True, slots=True)
class Fact:
    """What the product knows: whether it is met, what stands there, and until when that holds.

    refers: what the answer rests on; another one is another answer. about: code and name of each
    metric that it tells of, where it is kept with the metric and not with the pilot.
    """

    met: bool
    words: str
    refers: str = ""
    until: date | None = None
    about: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Standing:
    """How one criterion stands. words: what stands there, or what is missing.

    until: the last day on which it is met, None for no end. about: as of `Fact`.
    """

    asked: Asked
    met: bool
    words: str
    pieces: tuple[Piece, ...] = ()
    until: date | None = None
    refers: str = ""
    about: tuple[tuple[str, str], ...] = ()


def judge(asked: Asked, pieces: Sequence[Piece], fact: Fact | None, *, day: date) -> Standing:
    """Say how a criterion stands on a day.

    pieces: its evidence that nobody withdrew, newest first. fact: of a criterion that asks for one.
    """
    if asked.check is Check.FACT:
        found = fact or Fact(met=False, words="The product cannot tell.")
        return Standing(asked, found.met, found.words, (), found.until, found.refers, found.about)
    # The newest number counts alone: once it has expired, an older one does not stand for it.
    rests_on = pieces[:1] if asked.check is Check.NUMBER else pieces
    current = tuple(one for one in rests_on if one.expires_on is None or one.expires_on >= day)
    if not current:
        words = "Its evidence has expired." if pieces else "No evidence yet."
        return Standing(asked, False, words, tuple(pieces))
    if asked.check is Check.NUMBER:
        return _judge_number(asked, current)
    # The piece that holds longest carries it.
    ends = [one.expires_on for one in current if one.expires_on is not None]
    until = None if len(ends) < len(current) else max(ends)
    return Standing(asked, True, current[0].title, current, until, _keys(current))


def _judge_number(asked: Asked, current: tuple[Piece, ...]) -> Standing:
    """Judge the newest number: an older and better one does not count."""
    newest = current[0]
    if newest.value is None or asked.side is None or asked.limit is None:
        return Standing(asked, False, "Its evidence has no number.", current)
    met = {
        Side.LT: newest.value < asked.limit,
        Side.LE: newest.value <= asked.limit,
        Side.GE: newest.value >= asked.limit,
        Side.GT: newest.value > asked.limit,
    }[asked.side]
    words = f"{newest.value:g} {asked.unit}".strip()
    return Standing(asked, met, words, current, newest.expires_on, _keys((newest,)))


def _keys(pieces: Sequence[Piece]) -> str:
    return " ".join(one.key for one in pieces)


def must_be(asked: Asked) -> str:
    """Return what a criterion's number must be: "≤ 5 %"; empty for one without a number."""
    if asked.side is None or asked.limit is None:
        return ""
    return f"{SIGNS[asked.side]} {asked.limit:g} {asked.unit}".strip()


def missing(standings: Sequence[Standing]) -> list[Standing]:
    """Return the mandatory criteria that are not met, in order."""
    return [one for one in standings if one.asked.mandatory and not one.met]


def digest(standings: Sequence[Standing]) -> str:
    """Return 32 hex digits that are others once criteria stand otherwise, and no sooner.

    Each is told by whether it is met, its words, its evidence and what its fact rests on; a fact of
    `MOVING` without its words.
    """
    said = sorted(
        (
            one.asked.code,
            one.asked.text,
            one.met,
            "" if one.asked.fact in MOVING else one.words,
            one.refers,
            [piece.key for piece in one.pieces],
        )
        for one in standings
    )
    return hashlib.sha256(json.dumps(said).encode()).hexdigest()[:32]
