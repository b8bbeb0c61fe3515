"""Writes of a pilot's metrics: role, target, agreement and money."""

from __future__ import annotations

import math
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import transaction
from django.urls import reverse

from audit import actions as audit
from common import formats
from common.errors import Changed, Refused
from common.writing import change, explained, lock, told
from portfolio.actions import refuse_archived_pilot
from portfolio.models import Part, Pilot
from portfolio.queries import list_parties
from tenants import actions as tenants
from tenants.models import Membership
from tenants.queries import Doer, Member, current_slug

from .. import queries
from ..models import Metric, PilotMetric
from ..rules.kinds import KINDS
from .paying import WHO_PAYS

Comparison = PilotMetric.Comparison
GOOD_SIDES = {
    Metric.Direction.UP: {Comparison.GT, Comparison.GE},
    Metric.Direction.DOWN: {Comparison.LT, Comparison.LE},
}
SLOTS = (1, 2, 3)
# What a sponsor agreed to; other fields may change under an agreement.
AGREED_FIELDS = frozenset({"role", "comparison", "target"})
# What a line that asked for an agreement says once it is settled.
DONE, NO_LONGER = "Done.", "No longer asked."
HELD = {
    "metrics_pilotmetric_once": Refused(
        "The pilot has this metric already. Change its target there.",
        code="metric_twice",
        field="metric",
    ),
    "metrics_pilotmetric_money_whole": Refused(
        "Give both, units a week and value of a unit, each above zero; or leave both empty.",
        code="money_half",
        field="value_per_unit",
    ),
    "metrics_pilotmetric_baseline_held": Refused(
        "A baseline is locked, and with it the targets and guards of the pilot that were agreed. An"
        " administrator can replace the baseline, with a reason.",
        code="baseline_locked",
    ),
    "metrics_pilotmetric_not_compared": Refused(
        "This metric is the comparison line of a locked baseline of this pilot: what the pilot shall"
        " move is compared with it. An administrator can replace that baseline, with a reason.",
        code="is_comparison",
        field="metric",
    ),
}


@transaction.atomic
def add_target(
    *,
    pilot: Pilot,
    metric: Metric,
    role: str,
    by: Doer,
    comparison: str = "",
    target: float | None = None,
    units_per_week: Decimal | None = None,
    value_per_unit: Decimal | None = None,
) -> PilotMetric:
    """Let a pilot be judged by a metric, with the target it shall reach.

    target: in the metric's stored unit, shares 0 to 1; None with an empty comparison for none yet.
    A primary metric takes the first free of three slots.
    Raises Refused for an archived pilot or metric, a fourth primary, a metric it has already or
    that a locked baseline of it is compared with, half a target, a target on the bad side or half
    of the money. Audit: TARGET_ADDED.
    The sponsors find a line in their inbox that it waits for their agreement.
    """
    pilot = _locked_pilot(pilot)
    metric = lock(metric)
    if metric.archived_at is not None:
        raise Refused(
            f"{metric.name} is archived. Bring it back first.",
            code="metric_archived",
            field="metric",
        )
    comparison, target = checked(metric, comparison, target)
    with explained(HELD):
        row: PilotMetric = PilotMetric.objects.create(
            pilot=pilot,
            metric=metric,
            role=role,
            slot=_slot(pilot, role, None),
            comparison=comparison,
            target=target,
            units_per_week=units_per_week,
            value_per_unit=value_per_unit,
        )
    _ask_to_agree(row, pilot, metric)
    audit.record(
        actor=by.audit_name,
        action="TARGET_ADDED",
        object=f"pilot:{pilot.code}",
        payload={
            "metric": metric.code,
            "role": role,
            "comparison": comparison,
            "target": target,
        },
    )
    return row


@transaction.atomic
def change_target(
    *,
    row: PilotMetric,
    version: int,
    role: str,
    comparison: str,
    target: float | None,
    units_per_week: Decimal | None,
    value_per_unit: Decimal | None,
    by: Doer,
) -> PilotMetric:
    """Change how a pilot is judged by a metric. Another role or target withdraws the agreement.

    Raises Changed for an old version, Refused as `add_target` does and for a retired row, one
    whose baseline is locked and an agreed guard of a pilot with a locked baseline. Audit:
    TARGET_CHANGED, with the agreement that was withdrawn.
    """
    pilot = _locked_pilot(row.pilot)
    row = lock(row, version=version)
    _refuse_retired(row)
    comparison, target = checked(lock(row.metric), comparison, target)
    values: dict[str, Any] = {
        "role": role,
        "slot": row.slot if role == row.role else _slot(pilot, role, row),
        "comparison": comparison,
        "target": target,
        "units_per_week": units_per_week,
        "value_per_unit": value_per_unit,
    }
    if any(getattr(row, name) != values[name] for name in AGREED_FIELDS):
        values |= {"agreed_by": None, "agreed_at": None}
    with explained(HELD):
        moved = change(row, values)
    if moved:
        if moved.keys() & AGREED_FIELDS:
            tenants.settle(dedup_prefix=asks(row.pk), words=NO_LONGER)
            _ask_to_agree(row, pilot, row.metric)
        audit.record(
            actor=by.audit_name,
            action="TARGET_CHANGED",
            object=f"pilot:{pilot.code}",
            payload={"metric": row.metric.code, **told(moved)},
        )
    return row


@transaction.atomic
def agree_target(
    *,
    row: PilotMetric,
    version: int,
    by: Member | Membership,
    now: datetime,
    wording: int | None = None,
) -> PilotMetric:
    """Agree to a target as it was seen: one that moved since, or is worded anew, is not agreed.

    wording: number of the metric's wording that was seen, None for the newest.
    Agreeing a second time changes nothing, unless the wording did since. Raises Changed for an old
    version or wording, Refused without a target, for a retired row and for another agreement under
    a locked baseline. Audit: TARGET_AGREED. The leads find a line in their inbox; those that asked
    for the agreement are read.
    """
    pilot = _locked_pilot(row.pilot)
    row = lock(row)
    if row.agreed_at is not None and row.version == version + 1 and row.agreed_by_id == by.id:
        return row
    row = lock(row, version=version)
    _refuse_retired(row)
    if row.target is None:
        raise Refused("There is no target to agree to yet.", code="no_target")
    newest = queries.latest_definition(lock(row.metric)).number
    if wording not in (None, newest):
        raise Changed
    agreed = queries.find_agreed(row)
    if agreed is None or agreed.changed:
        with explained(HELD | WHO_PAYS):
            change(row, {"agreed_by_id": by.id, "agreed_at": now})
        tenants.settle(dedup_prefix=asks(row.pk), words=DONE)
        tell(
            pilot,
            Part.LEAD,
            title=f"The target for {row.metric.name} is agreed",
            path=reverse("pilot", args=[current_slug(), pilot.code]),
            key=f"target:{row.pk}:{row.version}",
        )
        audit.record(
            actor=by.audit_name,
            action="TARGET_AGREED",
            object=f"pilot:{pilot.code}",
            payload={
                "metric": row.metric.code,
                "comparison": row.comparison,
                "target": row.target,
                "wording": newest,
            },
        )
    return row


@transaction.atomic
def retire_target(*, row: PilotMetric, by: Doer, now: datetime) -> PilotMetric:
    """Stop judging a pilot by a metric; the row stays in its history. Audit: TARGET_RETIRED."""
    pilot = _locked_pilot(row.pilot)
    row = lock(row)
    if row.retired_at is None:
        with explained(HELD):
            change(row, {"retired_at": now})
        tenants.settle(dedup_prefix=asks(row.pk), words=NO_LONGER)
        audit.record(
            actor=by.audit_name,
            action="TARGET_RETIRED",
            object=f"pilot:{pilot.code}",
            payload={"metric": row.metric.code},
        )
    return row


def _locked_pilot(pilot: Pilot) -> Pilot:
    """Return the pilot, locked: its slots are given out one at a time. Refused when archived."""
    pilot = lock(pilot)
    refuse_archived_pilot(pilot)
    return pilot


def _refuse_retired(row: PilotMetric) -> None:
    if row.retired_at is not None:
        raise Refused(
            "This metric is retired from the pilot. Add it again to judge by it.", code="retired"
        )


def _slot(pilot: Pilot, role: str, own: PilotMetric | None) -> int | None:
    """Return the first free of three slots for a primary metric, None for any other role."""
    if role != PilotMetric.Role.PRIMARY:
        return None
    primaries = [row for row in queries.list_primaries(pilot) if own is None or row.pk != own.pk]
    free = [slot for slot in SLOTS if slot not in {row.slot for row in primaries}]
    if not free:
        names = ", ".join(row.metric.name for row in primaries)
        raise Refused(
            f"A pilot has at most three primary metrics, and this one has {names}."
            " Retire one of them, or add this as a guard.",
            code="three_primary",
            field="role",
        )
    return free[0]


def checked(metric: Metric, comparison: str, target: float | None) -> tuple[str, float | None]:
    """Return a whole target or none; Refused for half of one, or one nobody could mean."""
    if target is None and not comparison:
        return "", None
    if target is None:
        raise Refused("Say the number as well.", code="target_half", field="target")
    if not comparison:
        raise Refused("Say which side of the number is good.", code="side", field="comparison")
    if not math.isfinite(target):
        raise Refused("The target is a plain number.", code="target_number", field="target")
    if comparison not in GOOD_SIDES[Metric.Direction(metric.direction)]:
        better = Metric.Direction(metric.direction).label.lower()
        sides = (
            "above or at least" if metric.direction == Metric.Direction.UP else "below or at most"
        )
        raise Refused(
            f"For {metric.name}, {better}: its target says {sides} a number.",
            code="target_side",
            field="comparison",
        )
    _refuse_out_of_reach(metric, comparison, target)
    return comparison, target


def _refuse_out_of_reach(metric: Metric, comparison: str, target: float) -> None:
    """Refuse a target that no figure can reach: outside the kind's ends, or strictly beyond one."""
    low, high = KINDS[metric.kind].natural_ends
    lowest = formats.measure(low, metric.unit, 0)
    highest = formats.measure(high, metric.unit, 0)
    if math.isfinite(high - low) and not low <= target <= high:
        words, field = f"{metric.name} lies between {lowest} and {highest}.", "target"
    elif comparison == Comparison.GT and target == high:
        words, field = f"Nothing lies above {highest}: say “at least {highest}”.", "comparison"
    elif comparison == Comparison.LT and target == low:
        words, field = f"Nothing lies below {lowest}: say “at most {lowest}”.", "comparison"
    elif not low <= target <= high:
        end = f"below {lowest}" if target < low else f"above {highest}"
        words, field = f"{metric.name} is never {end}.", "target"
    else:
        return
    raise Refused(words, code="target_outside", field=field)


def _ask_to_agree(row: PilotMetric, pilot: Pilot, metric: Metric) -> None:
    if row.target is not None:
        tell(
            pilot,
            Part.SPONSOR,
            title=f"A target for {metric.name} in {pilot.name} waits for your agreement",
            path=reverse("target_agree", args=[current_slug(), pilot.code, row.pk]),
            key=f"{asks(row.pk)}{row.version}",
        )


def asks(key: UUID) -> str:
    """Return how the keys of the lines begin that ask for the agreement to a pilot's target."""
    return f"agree:{key}:"


def tell(pilot: Pilot, *parts: Part, title: str, path: str, key: str) -> None:
    """Put a line into the inbox of everybody with one of these parts in a pilot, once for a key."""
    people = {party.person_id for party in list_parties(pilot_id=pilot.pk, parts=parts)}
    for person_id in sorted(people):
        tenants.notify_person(
            person_id=person_id, topic="target", title=title, path=path, dedup_key=key
        )
