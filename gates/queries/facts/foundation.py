"""What a pilot's decision needs to know, and how old that is."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime

from metrics.queries.board import Series, TargetRow, list_series, list_targets
from metrics.queries.sources import NeededRow, read_map
from metrics.queries.timestamps import map_delays, map_rules
from metrics.rules.feeds import duration
from metrics.rules.timestamps import Delays
from portfolio import rules as path
from portfolio.models import Pilot

from ...rules.criteria import Fact

NONE = Fact(met=False, words="No source is listed yet.")


def gather(pilot: Pilot, *, now: datetime) -> dict[str, Fact]:
    """Return what the pilot's list of sources says, in six queries."""
    rows = read_map(pilot).rows
    day = path.local_day(now, pilot.site.zone)
    primary = [one for one in list_targets(pilot.pk) if one.role == "primary"]
    series = list_series([one.metric_id for one in primary])
    times = {"entered_in_time": _entered(primary, now)}
    if not rows:
        return times | {"sources_listed": NONE, "sources_current": NONE, "no_manual_handoff": NONE}
    return times | {
        "sources_listed": _listed(rows, series.values()),
        "sources_current": _current(rows, day),
        "no_manual_handoff": _handoffs(rows),
    }


def _listed(rows: Sequence[NeededRow], series: Iterable[Series]) -> Fact:
    """Say whether each source has somebody who maintains it, and each primary metric's is listed."""
    unkept = [one.row.name for one in rows if not one.kept]
    known = {one.row.source.code for one in rows if one.row.source is not None}
    feeding = {one.source_code: one.source_name for one in series if one.source_code}
    unlisted = sorted(name for code, name in feeding.items() if code not in known)
    faults = [
        f"Nobody maintains {', '.join(unkept)}." if unkept else "",
        f"Figures come from {', '.join(unlisted)}, not on the list." if unlisted else "",
    ]
    if any(faults):
        return Fact(met=False, words=" ".join(filter(None, faults)))
    names = ", ".join(one.row.name for one in rows)
    refers = sorted(f"{one.row.pk} {one.row.maintainer_id}" for one in rows)
    return Fact(True, names, " ".join(refers))


def _current(rows: Sequence[NeededRow], day: date) -> Fact:
    """Say whether no source is older than it may be."""
    stale = [one.row.name for one in rows if one.stale(day)]
    if stale:
        return Fact(met=False, words=f"Older than they may be: {', '.join(stale)}.")
    # What is connected goes on: its silence is seen when it comes.
    ends = [one.until for one in rows if not one.connected and one.until is not None]
    refers = " ".join(sorted(str(one.row.pk) for one in rows))
    return Fact(True, "Each is as young as it must be.", refers, min(ends, default=None))


def _handoffs(rows: Sequence[NeededRow]) -> Fact:
    """Say whether nobody carries anything by hand."""
    carried = [one.row.name for one in rows if one.handoff]
    if carried:
        return Fact(met=False, words=f"Carried by hand: {', '.join(carried)}.")
    refers = " ".join(sorted(str(one.row.pk) for one in rows))
    return Fact(True, "Nobody carries anything by hand.", refers)


def _entered(primary: Sequence[TargetRow], now: datetime) -> Fact:
    """Say whether it is written down when things happened, and whether they are entered in time.

    By each source that sent a primary metric over four weeks.
    """
    if not primary:
        return Fact(met=False, words="The pilot has no primary metric yet.")
    ids = [one.metric_id for one in primary]
    about = tuple((one.code, one.name) for one in primary)
    delays, rules = map_delays(ids, now=now), map_rules(ids)
    faults: list[str] = []
    kept: list[str] = []
    held: list[str] = []
    for one in primary:
        senders = {source for metric, source in rules if metric == one.metric_id}
        silent = {source for metric, source in delays if metric == one.metric_id} - senders
        if silent or not senders:
            faults.append(f"Nobody wrote down what the times of {one.name} are.")
        for source in sorted(senders):
            rule, found = rules[one.metric_id, source], delays.get((one.metric_id, source))
            kept.append(f"{rule.pk} {rule.limit_hours}")
            words = _delay(one.name, found, rule.limit_hours)
            late = found is not None and found.known and not found.within(rule.limit_hours)
            (faults if late else held).append(words)
    if faults:
        return Fact(met=False, words=" ".join(faults), about=about)
    return Fact(True, " ".join(held), " ".join(kept), about=about)


def _delay(name: str, found: Delays | None, limit_hours: int) -> str:
    """Say how late a metric is entered and how late it may be, or that no source tells it."""
    if found is None or found.p95 is None:
        return (
            f"What the times of {name} are is written down; no time of entry came in four weeks, so"
            " nobody knows how late it is entered."
        )
    delay = f"within {duration(found.p95 * 60)}" if found.p95 >= 0 else "before it happened"
    late = "in time" if found.within(limit_hours) else "late"
    hours = "1 hour" if limit_hours == 1 else f"{limit_hours} hours"
    some = f" Known of {found.known} of {found.count} figures." if found.known < found.count else ""
    return f"{name} is entered {late}: 95 of 100 {delay}, allowed {hours}.{some}"
