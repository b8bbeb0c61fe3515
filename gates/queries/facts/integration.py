"""How a pilot's figures arrive."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

from metrics.models import Source
from metrics.queries.board import Series, TargetRow, list_series, list_targets
from portfolio import rules as path
from portfolio.models import Pilot

from ...rules.criteria import Fact


def gather(pilot: Pilot, *, now: datetime) -> dict[str, Fact]:
    """Return the facts of the gate Integration, in three queries."""
    targets = [one for one in list_targets(pilot.pk) if one.role == "primary"]
    series = list_series([one.metric_id for one in targets])
    # What people fill by hand does not arrive by itself.
    by_hand = set(
        Source.objects.filter(kind=Source.Kind.SPREADSHEET).values_list("code", flat=True)
    )
    return {"feed_arrives": _feeds(targets, series, by_hand, now)}


def _feeds(
    targets: Sequence[TargetRow],
    series: dict[int, Series],
    by_hand: Collection[str],
    now: datetime,
) -> Fact:
    if not targets:
        return Fact(met=False, words="The pilot has no primary metric yet.")
    found = [(one, series.get(one.metric_id)) for one in targets]
    faults = [words for one, line in found if (words := _fault(one, line, by_hand, now))]
    if faults:
        return Fact(met=False, words=" ".join(faults))
    sources = sorted({series[one.metric_id].source_name for one in targets})
    refers = sorted({f"{one.metric_id} {series[one.metric_id].source_code}" for one in targets})
    return Fact(True, ", ".join(sources), " ".join(refers))


def _fault(target: TargetRow, line: Series | None, by_hand: Collection[str], now: datetime) -> str:
    """Return what is wrong with how a metric's figures arrive; empty when nothing is."""
    if line is None or line.known_until is None or line.stale_after_hours is None:
        return f"Nothing ever arrived for {target.name}."
    if line.source_code in by_hand:
        return f"{target.name} comes from a spreadsheet, {line.source_name}."
    if path.is_stopped(
        known_until=line.known_until, stale_after_hours=line.stale_after_hours, now=now
    ):
        return f"{target.name} has stopped arriving."
    return ""
