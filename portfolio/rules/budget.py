"""What a pilot's budget is split into, what is wrong with the split, and what a path to production needs.

Source: docs/rules/budget.md.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

# A proof of concept takes 20 to 30 % of the effort; a plan with more of it forgot what comes after.
MOST_CONCEPT = Decimal("0.30")


class PhaseClass(StrEnum):
    """What money and hours are for, in the order of the work."""

    CONCEPT = "poc"
    HARDENING = "hardening"
    INTEGRATION = "integration"
    MONITORING = "monitoring"
    RUN = "run"


PRODUCTION = tuple(PhaseClass)[1:]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sums:
    """Planned and actual money and hours of one phase class, or of all."""

    planned_money: Decimal = Decimal(0)
    actual_money: Decimal = Decimal(0)
    planned_hours: Decimal = Decimal(0)
    actual_hours: Decimal = Decimal(0)

    @property
    def is_planned(self) -> bool:
        """Say whether any money or time is planned."""
        return self.planned_money > 0 or self.planned_hours > 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Line(Sums):
    """One line of a budget. funded: whether who pays confirmed its planned money."""

    phase: PhaseClass
    funded: bool = False


def add_up(lines: Iterable[Sums]) -> Sums:
    """Return what lines come to together."""
    listed = list(lines)
    return Sums(
        planned_money=sum((one.planned_money for one in listed), Decimal(0)),
        actual_money=sum((one.actual_money for one in listed), Decimal(0)),
        planned_hours=sum((one.planned_hours for one in listed), Decimal(0)),
        actual_hours=sum((one.actual_hours for one in listed), Decimal(0)),
    )


def by_phase(lines: Sequence[Line]) -> dict[PhaseClass, Sums]:
    """Return what each phase class comes to, all five in order."""
    return {phase: add_up(one for one in lines if one.phase is phase) for phase in PhaseClass}


def concept_shares(lines: Sequence[Line]) -> tuple[Decimal | None, Decimal | None]:
    """Return the share of the proof of concept in the planned money and in the planned hours.

    Each 0..1, None where nothing is planned of it.
    """
    concept, whole = by_phase(lines)[PhaseClass.CONCEPT], add_up(lines)
    return (
        concept.planned_money / whole.planned_money if whole.planned_money else None,
        concept.planned_hours / whole.planned_hours if whole.planned_hours else None,
    )


def too_much_concept(lines: Sequence[Line]) -> bool:
    """Say whether the proof of concept takes more than 30 % of the planned money or hours."""
    return any(share is not None and share > MOST_CONCEPT for share in concept_shares(lines))


def empty_phases(lines: Sequence[Line]) -> list[PhaseClass]:
    """Return the phase classes after the proof of concept for which nothing is planned."""
    sums = by_phase(lines)
    return [phase for phase in PRODUCTION if not sums[phase].is_planned]


def funded_of(lines: Sequence[Line]) -> tuple[int, int]:
    """Return how many lines of production with planned money are confirmed, and how many there are."""
    wanted = [one for one in lines if one.phase in PRODUCTION and one.planned_money > 0]
    return sum(one.funded for one in wanted), len(wanted)


def is_funded(lines: Sequence[Line]) -> bool:
    """Say whether the production budget is funded: there is one, and each line of it is confirmed."""
    confirmed, of = funded_of(lines)
    return of > 0 and confirmed == of


class Lacking(StrEnum):
    """What a pilot lacks for a path to production, in the order in which it is said."""

    TARGET = "target"
    BASELINE = "baseline"
    OPERATOR = "operator"
    BUDGET = "budget"


def list_lacking(
    *, agreed: bool, locked: bool, operator: bool, funded: bool
) -> tuple[Lacking, ...]:
    """Return what a pilot lacks for a path to production; with any of it, it has none.

    Week 12 is dated for every pilot: its start date gives it.
    """
    has = {
        Lacking.TARGET: agreed,
        Lacking.BASELINE: locked,
        Lacking.OPERATOR: operator,
        Lacking.BUDGET: funded,
    }
    return tuple(one for one in Lacking if not has[one])
