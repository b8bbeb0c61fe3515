"""The six gates, the states they are in, and what leads from one to another.

Source: docs/rules/gates.md, "States".
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

# A waiver ends: what is waived longer was never meant to be met.
LONGEST_WAIVER = timedelta(days=366)


class Code(StrEnum):
    """The gates, in the order in which they are shown."""

    DATA = "data"
    ACCURACY = "accuracy"
    FAILURE = "failure"
    INTEGRATION = "integration"
    COST = "cost"
    OWNERSHIP = "ownership"


class State(StrEnum):
    """How a gate stands."""

    NOT_STARTED = "not_started"
    IN_PROGRESS = "in_progress"
    SUBMITTED = "submitted"
    CHANGES = "changes_requested"
    PASSED = "passed"
    WAIVED = "waived"
    REOPENED = "reopened"


class Verb(StrEnum):
    """What somebody, or the product, does with a gate."""

    SUBMIT = "submit"
    PASS = "pass"  # noqa: S105  # no password
    SEND_BACK = "send_back"
    WAIVE = "waive"
    REOPEN = "reopen"


# Where each verb leads, and from which states.
LEADS_TO = {
    Verb.SUBMIT: State.SUBMITTED,
    Verb.PASS: State.PASSED,
    Verb.SEND_BACK: State.CHANGES,
    Verb.WAIVE: State.WAIVED,
    Verb.REOPEN: State.REOPENED,
}
FROM: dict[Verb, frozenset[State]] = {
    Verb.SUBMIT: frozenset({State.NOT_STARTED, State.IN_PROGRESS, State.CHANGES, State.REOPENED}),
    Verb.PASS: frozenset({State.SUBMITTED}),
    Verb.SEND_BACK: frozenset({State.SUBMITTED}),
    Verb.WAIVE: frozenset(State) - {State.PASSED, State.WAIVED},
    Verb.REOPEN: frozenset({State.PASSED, State.WAIVED}),
}


@dataclass(frozen=True, slots=True)
class GateKind:
    """One of the six gates in words. letter: on the strip. asks: the question it answers."""

    code: Code
    letter: str
    name: str
    asks: str


KINDS = {
    kind.code: kind
    for kind in (
        GateKind(
            Code.DATA, "D", "Data", "Does it still work on the data the plant really produces?"
        ),
        GateKind(
            Code.ACCURACY,
            "A",
            "Accuracy, by consequence",
            "Does it stay right on the errors that cost most?",
        ),
        GateKind(
            Code.FAILURE, "F", "Failure handling", "Who does what when it is wrong or silent?"
        ),
        GateKind(
            Code.INTEGRATION,
            "I",
            "Integration",
            "Do its data arrive by themselves and in time?",
        ),
        GateKind(Code.COST, "C", "Cost", "What does it cost at full volume, and who signed that?"),
        GateKind(Code.OWNERSHIP, "O", "Ownership", "Who runs it when the project is over?"),
    )
}


def earliest(days: Iterable[date | None]) -> date | None:
    """Return the first of the days on which evidence ends; None when none of it does."""
    return min((day for day in days if day is not None), default=None)


def verbs(state: State) -> frozenset[Verb]:
    """Return what can be done with a gate in a state."""
    return frozenset(verb for verb, states in FROM.items() if state in states)


def waiver_refusal(*, until: date | None, day: date) -> str:
    """Return why a gate cannot be waived until a day, in words; empty when it can."""
    if until is None:
        return "Say until which day it is waived."
    if until <= day:
        return "A waiver ends on a day that is to come."
    if until - day > LONGEST_WAIVER:
        return "A waiver ends within a year; then it is asked again."
    return ""


def blocked_by(closed: Collection[str]) -> str:
    """Return in words why a pilot does not enter production. closed: names of gates, in order."""
    names = ", ".join(closed)
    if len(closed) == 1:
        return f"The gate {names} is neither passed nor waived today."
    return f"{len(closed)} of six gates are neither passed nor waived today: {names}."
