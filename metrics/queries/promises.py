"""A vendor's commitment in whole sentences: what was promised, the clock, and how it ended."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop as _noop

from audit import queries as audit
from common import formats
from portfolio import rules as path
from tenants.queries import list_actor_names

from ..models import CommitmentFinding, Metric, PilotMetric, VendorCommitment
from ..rules import commitments as rules
from ..rules.commitments import State
from .commitments import Standing

TERMS = ("target_row_id", "comparison", "target", "due_date", "remedy", "source")
# The database's clock may be a little beside the web server's.
BESIDE = timedelta(minutes=5)
# Far more than people change; keeps one read in bounds.
MOST_CHANGES = 1_000

# Word, look and icon of each state.
TAGS: dict[State, tuple[str, str, str]] = {
    State.OPEN: (_noop("Open"), "muted", "clock"),
    State.WAITING: (_noop("Waits for figures"), "muted", "clock"),
    State.MET: (_noop("Met"), "goodline", "check"),
    State.MISSED: (_noop("Missed"), "worse", "tri"),
    State.UNKNOWN: (_noop("Not to be told"), "gap", "ask"),
    State.WAIVED: (_noop("Waived"), "muted", "dash"),
}


@dataclass(frozen=True, slots=True)
class Told:
    """A commitment in words.

    target: "above 94.0 %". promise: who promised what by when. clock: how long is left, or what
    the day came to. finding: what became of it, in one sentence, empty while it is open. figures:
    what the figures say, be it decided or waived; by: who computed that, when; both empty before.
    """

    word: str
    look: str
    icon: str
    target: str
    promise: str
    clock: str
    finding: str
    figures: str
    by: str


@dataclass(frozen=True, slots=True)
class Change:
    """Who changed the terms, when, and the terms before in words."""

    who: str
    at: datetime
    before: str


@dataclass(frozen=True, slots=True)
class Week:
    """One of the four weeks that a finding rests on; value None where it has none."""

    day: date
    value: float | None
    denominator: float | None
    counts: bool

    @property
    def last_day(self) -> date:
        return self.day + timedelta(days=6)


def tell(standing: Standing) -> Told:
    """Return a commitment and how it stands in words."""
    row = standing.commitment
    metric = row.target_row.metric
    target = _target(metric, row.comparison, row.target)
    word, look, icon = TAGS[standing.state]
    return Told(
        word=_(word),
        look=look,
        icon=icon,
        target=target,
        promise=_promise(row, metric, target, row.due_date),
        clock=_clock(standing),
        finding=_finding(standing),
        figures=said(standing.newest, standing) if standing.newest else "",
        by=_by(standing),
    )


def list_changes(row: VendorCommitment, *, now: datetime) -> list[Change]:
    """Return who changed the terms of a commitment, newest first, in three queries."""
    pilot = row.target_row.pilot
    lines = audit.list_about(
        [f"pilot:{pilot.code}"],
        since=row.written_at - BESIDE,
        until=now + BESIDE,
        limit=MOST_CHANGES,
        actions=["COMMITMENT_CHANGED"],
    )
    own = [line for line in lines if line.payload.get("commitment") == str(row.pk)]
    names = list_actor_names({line.actor for line in own})
    rows = PilotMetric.objects.filter(pilot=pilot).select_related("metric")
    metrics = {str(one.pk): one.metric for one in rows}
    terms = {name: getattr(row, name) for name in TERMS}
    found = []
    for line in own:
        terms |= {name: old for name, (old, _new) in line.payload["changed"].items()}
        found.append(Change(names[line.actor], line.at, _before(row, terms, metrics)))
    return found


def _before(row: VendorCommitment, terms: dict[str, Any], metrics: dict[str, Metric]) -> str:
    metric = metrics[str(terms["target_row_id"])]
    target = _target(metric, terms["comparison"], terms["target"])
    promise = _promise(row, metric, target, date.fromisoformat(str(terms["due_date"])))
    owed = _("Owed if missed: %(remedy)s (%(source)s).") % {
        "remedy": terms["remedy"],
        "source": terms["source"],
    }
    return f"{promise} {owed}"


def _target(metric: Metric, comparison: str, target: float) -> str:
    side = str(PilotMetric.Comparison(comparison).label)
    return formats.target(target, side, metric.unit, metric.decimals, get_language())


def _promise(row: VendorCommitment, metric: Metric, target: str, due_date: date) -> str:
    return _("%(vendor)s committed to %(metric)s of %(target)s by the end of %(day)s.") % {
        "vendor": row.vendor.name,
        "metric": metric.name,
        "target": target,
        "day": formats.day(due_date, get_language()),
    }


def weeks_of(found: CommitmentFinding) -> list[Week]:
    """Return the four weeks of a finding, oldest first, as they were when it was made."""
    weeks: list[list[Any]] = json.loads(found.inputs)["weeks"]
    return [
        Week(date.fromisoformat(day), value, denominator, counts)
        for day, value, denominator, _wording, counts in weeks
    ]


def said(found: CommitmentFinding, standing: Standing) -> str:
    """Return what the figures of one version say, in one sentence."""
    metric = standing.commitment.target_row.metric
    weeks = weeks_of(found)
    counted = sum(week.counts for week in weeks)
    names = {
        "n": counted,
        "first": formats.day(weeks[0].day, get_language()),
        "last": formats.day(weeks[-1].last_day, get_language()),
        "metric": metric.name,
        "value": formats.measure(found.value, metric.unit, metric.decimals, get_language()),
    }
    if found.word == State.UNKNOWN:
        return (
            ngettext(
                "Only %(n)s of the four weeks from %(first)s to %(last)s has a figure that counts, and"
                " three are needed: the figures cannot tell.",
                "Only %(n)s of the four weeks from %(first)s to %(last)s have figures that count, and"
                " three are needed: the figures cannot tell.",
                counted,
            )
            % names
        )
    over = (
        _("%(metric)s came to %(value)s over the four weeks from %(first)s to %(last)s")
        if counted == rules.WEEKS
        else _(
            "%(metric)s came to %(value)s over %(n)s of the four weeks from %(first)s to %(last)s"
        )
    ) % names
    ends = {"met": _("the commitment is met."), "missed": _("the commitment is missed.")}
    return f"{over}: {ends[found.word]}"


def _clock(standing: Standing) -> str:
    state, left = standing.state, standing.days_left
    if state is State.OPEN:
        if left == 0:
            return _("today is the last day")
        return ngettext("%(n)s day left", "%(n)s days left", left) % {"n": left}
    if state is State.WAITING:
        return _("its day is over; judged once its figures are complete")
    if state is State.UNKNOWN:
        return _("a person decides")
    return _("decided by name") if standing.decision else _("judged from the figures")


def _finding(standing: Standing) -> str:
    decision, newest = standing.decision, standing.newest
    if decision is not None:
        names = {"who": decision.member.person.name, "reason": decision.reason}
        words = {
            "waived": _("%(who)s waived the commitment: %(reason)s"),
            "met": _("The figures cannot tell; %(who)s decided that it is met: %(reason)s"),
            "missed": _("The figures cannot tell; %(who)s decided that it is missed: %(reason)s"),
        }
        return words[decision.word] % names
    return said(newest, standing) if newest else ""


def _by(standing: Standing) -> str:
    newest, zone = standing.newest, standing.commitment.target_row.pilot.site.zone
    if newest is None:
        return ""
    when = formats.day(path.local_day(newest.as_of, zone), get_language())
    return _("Computed by Week Twelve from the weekly figures on %(day)s, version %(n)s.") % {
        "day": when,
        "n": newest.number,
    }
