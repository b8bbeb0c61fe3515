"""The shape of what the story tells of a pilot's gates, functions and requirements.

Days count from the Monday of the pilot's week 1. Everything here is invented, and its words say so
where somebody could take it for a measurement.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

MON, TUE, WED, THU, FRI = range(5)
INVENTED = "Invented for the demo: no AI decided here."


def on(week: int, weekday: int = MON) -> int:
    """Return the day of a weekday of a week of the path."""
    return (week - 1) * 7 + weekday


@dataclass(frozen=True, kw_only=True)
class ErrorPlan:
    """One way to decide wrongly. cost: assumed. tolerated: share of decisions."""

    name: str
    consequence: str
    cost: int
    tolerated: str
    checked_by: str = ""


@dataclass(frozen=True, kw_only=True)
class ReadingPlan:
    """A reading of the week before a day. errors: by class, in their order."""

    day: int
    decisions: int
    errors: tuple[int, ...]
    dataset: str = "live"


@dataclass(frozen=True, kw_only=True)
class ModePlan:
    """One way to fail. receiver: the key of who is alerted, empty for nobody yet."""

    kind: str
    name: str
    noticed: str
    threshold: str
    fallback: str
    receiver: str = ""


@dataclass(frozen=True, kw_only=True)
class DrillPlan:
    """A drill of one of the ways to fail, by its kind."""

    kind: str
    day: int
    seen: str
    held: bool = True
    next_step: str = ""


@dataclass(frozen=True, kw_only=True)
class NeedPlan:
    """A source on the pilot's list. dataset: by which it sends, empty where it does not.

    updated: days before the list was written on which somebody brought it up to date.
    """

    name: str
    kind: str
    gives: str
    maintainer: str = ""
    dataset: str = ""
    by_hand: bool = False
    updated: int | None = None
    limit_days: int = 31
    faults: str = ""


@dataclass(frozen=True, kw_only=True)
class CostPlan:
    """A version of the cost at full volume, all of it assumed.

    signed: the day on which Finance signed it, None where it has not. accepted: why it may lose
    money at three times the unit cost.
    """

    day: int
    items_per_day: int
    cost_per_call: str
    overhead: int
    labour_minutes: str
    hourly_rate: int
    errors_before: int
    errors_after: int
    note: str = ""
    signed: int | None = None
    accepted: str = ""


@dataclass(frozen=True, kw_only=True)
class StepPlan:
    """A step of a gate: submit, pass, send_back or waive.

    by: the key of who waives; the lead submits, the decider passes and sends back. lasts: days from
    the day of loading to the last one of a waiver.
    """

    verb: str
    day: int
    reason: str = ""
    by: str = ""
    lasts: int = 0


@dataclass(frozen=True, kw_only=True)
class AdvicePlan:
    """Who was asked to advise on a gate as it began, and what they said.

    day: on which they said it, None where they have not. stance: for, against or remark.
    """

    by: str
    day: int | None = None
    stance: str = ""
    reason: str = ""


@dataclass(frozen=True, kw_only=True)
class GatePlan:
    """One gate that was begun. begun: the day on which its decider was named and evidence brought.

    lacks: codes of the criteria for which nothing was brought. ends: days from the day of loading to
    the last one of a criterion's evidence, where that is not what the criterion says. numbers: what
    was brought for a criterion that asks for one, where that is not 0.
    """

    code: str
    decider: str
    begun: int
    steps: tuple[StepPlan, ...] = ()
    lacks: tuple[str, ...] = ()
    ends: Mapping[str, int] = field(default_factory=dict)
    numbers: Mapping[str, float] = field(default_factory=dict)
    advice: tuple[AdvicePlan, ...] = ()


@dataclass(frozen=True, kw_only=True)
class FunctionPlan:
    """How a function takes part. member: the key of who stands for it, empty for nobody.

    day: since when, None where it does not. by: the key of who wrote it down.
    """

    area: str
    by: str
    member: str = ""
    day: int | None = None
    outcome: str = ""
    note: str = ""
    lead_weeks: int | None = None


@dataclass(frozen=True, kw_only=True)
class RequirementPlan:
    """What a function asks. day: found on; settled: when it was no more open, None while it is."""

    area: str
    text: str
    day: int
    blocking: bool = False
    settled: int | None = None
    state: str = "open"
    evidence: str = ""


@dataclass(frozen=True, kw_only=True)
class GateStory:
    """All of it for one pilot.

    listed: the day on which sources and snapshot were written down. rows_lack: what the snapshot
    knows nothing of, where it is shorter than a year. production: the day on which the pilot
    entered production, None where it has not. excepted: why the sponsor closed Deploy without what
    it has to leave behind; empty where nobody did.
    """

    pilot: str
    listed: int
    needs: tuple[NeedPlan, ...]
    rows_lack: str = ""
    errors: tuple[ErrorPlan, ...] = ()
    readings: tuple[ReadingPlan, ...] = ()
    modes: tuple[ModePlan, ...] = ()
    drills: tuple[DrillPlan, ...] = ()
    costs: tuple[CostPlan, ...] = ()
    gates: tuple[GatePlan, ...] = ()
    functions: tuple[FunctionPlan, ...] = ()
    requirements: tuple[RequirementPlan, ...] = ()
    production: int | None = None
    excepted: str = ""


# On which day after a gate was begun it is submitted; what is passed is passed on the Friday after.
SUBMITTED_AFTER = {
    "data": 3,
    "accuracy": 2,
    "failure": 3,
    "integration": 1,
    "cost": 2,
    "ownership": 2,
}


def passed(
    code: str, decider: str, begun: int, *, ends: Mapping[str, int] | None = None
) -> GatePlan:
    """Return a gate that was begun on a Monday, submitted in that week and passed on its Friday."""
    steps = (
        StepPlan(verb="submit", day=begun + SUBMITTED_AFTER[code]),
        StepPlan(verb="pass", day=begun + FRI),
    )
    return GatePlan(code=code, decider=decider, begun=begun, steps=steps, ends=ends or {})


def submitted(
    code: str, decider: str, begun: int, *, advice: tuple[AdvicePlan, ...] = ()
) -> GatePlan:
    """Return a gate that waits for its decider."""
    step = StepPlan(verb="submit", day=begun + 3)
    return GatePlan(code=code, decider=decider, begun=begun, steps=(step,), advice=advice)


def sent_back(code: str, decider: str, begun: int, day: int, reason: str) -> GatePlan:
    """Return a gate that its decider sent back on a day."""
    steps = (
        StepPlan(verb="submit", day=begun + 3),
        StepPlan(verb="send_back", day=day, reason=reason),
    )
    return GatePlan(code=code, decider=decider, begun=begun, steps=steps)


def four_ways(*, output: str, fallback: str, receiver: str) -> tuple[ModePlan, ...]:
    """Return the four ways in which every tool fails. output: what it gives, as in "the list"."""
    return (
        ModePlan(
            kind="wrong",
            name="Wrong proposal",
            noticed=f"A person looks at every tenth line of {output}",
            threshold="Two wrong lines in one shift",
            fallback=fallback,
            receiver=receiver,
        ),
        ModePlan(
            kind="unsure",
            name="Not sure enough",
            noticed=f"Lines of {output} marked as uncertain",
            threshold="More than a tenth of a day's lines",
            fallback="A person decides each marked line",
            receiver=receiver,
        ),
        ModePlan(
            kind="late",
            name="Comes too late",
            noticed=f"The time that stands on {output}",
            threshold="An hour after the shift began",
            fallback=fallback,
            receiver=receiver,
        ),
        ModePlan(
            kind="silent",
            name="No answer",
            noticed=f"Nothing new on {output}",
            threshold="No line for half a day",
            fallback=fallback,
            receiver=receiver,
        ),
    )


def drilled(
    day: int, *, kinds: tuple[str, ...] = ("wrong", "unsure", "late", "silent")
) -> tuple[DrillPlan, ...]:
    """Return a drill of each way to fail, all of one day, that held."""
    return tuple(
        DrillPlan(
            kind=kind,
            day=day,
            seen=f"The one who is alerted called within 20 minutes. {INVENTED}",
        )
        for kind in kinds
    )


def counted(
    day: int, *, curated: tuple[int, ...], live: tuple[int, ...], decisions: int = 1_200
) -> tuple[ReadingPlan, ...]:
    """Return a reading of prepared cases and one of live ones, as many decisions each."""
    return (
        ReadingPlan(day=day, decisions=decisions, errors=curated, dataset="curated"),
        ReadingPlan(day=day, decisions=decisions, errors=live),
    )
