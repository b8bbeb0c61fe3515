"""What the pages of gates say: states, criteria, what is missing, and what happened."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from common import formats
from portfolio.models import Pilot
from tenants.rules import initials

from ..models import Evidence, GateDecision, Production
from ..queries import Seen, Standpoint
from ..queries.strips import Shown, did, gone, of, stands
from ..rules.criteria import Check, Standing, must_be
from ..rules.states import State

# The page of a pilot on which what the product knows can be read, and changed by those who may.
FACT_PAGES = {
    "clean_to_live": "error_list",
    "snapshots_taken": "snapshot_list",
    "season_covered": "snapshot_list",
    "errors_within": "error_list",
    "costly_checked": "error_list",
    "modes_ready": "failure_list",
    "modes_drilled": "failure_list",
    "at_volume": "cost",
    "cost_signed": "cost",
    "worse_case": "cost",
    "operator_named": "pilot",
    "deputy_named": "pilot",
    "retraining_ready": "retraining",
    "feed_arrives": "pilot",
    "feed_on_time": "pilot",
    "sources_listed": "pilot_source_list",
    "sources_current": "pilot_source_list",
    "no_manual_handoff": "pilot_source_list",
    "fields_agreed": "need_list",
}
# The page of a metric on which it is kept, for each metric that it is about.
METRIC_PAGES = {"entered_in_time": "timestamp_list"}


# The files that are lost to a gate; None while the storage does not answer.
Lost = Sequence[Evidence] | None


@dataclass(frozen=True, slots=True)
class Line:
    """One criterion as the page prints it. links: address and name of where it is kept.

    met: not where a file that it rests on is lost. lost: what is said of those.
    """

    standing: Standing
    met: bool
    must_be: str
    by_product: bool
    links: tuple[tuple[str, str], ...]
    pieces: tuple[Evidence, ...]
    withdrawn: tuple[Evidence, ...]
    lost: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Happened:
    """One line of a gate's history."""

    at: datetime
    who: str
    words: str
    reason: str

    @property
    def initials(self) -> str:
        return initials(self.who)


def shown(seen: Seen, url: str = "", *, lost: Lost = ()) -> Shown:
    """Return a gate as lists print it."""
    point = Standpoint(
        seen.code,
        seen.state,
        seen.holds_until,
        lacks=(
            *(one.asked.text for one in seen.missing),
            *(gone(one.file_name) for one in lost or ()),
            *([_("The storage does not answer")] if lost is None else []),
        ),
        decided_by=seen.gate is not None
        and seen.gate.decider is not None
        and seen.gate.decider.removed_at is None,
    )
    return replace(of(point, url, lapsed=seen.lapsed), lacks=seen.lapsed or stands(point))


def lapsed(seen: Seen) -> str:
    """Return why a pass or a waiver holds no more and what comes of it; empty while it holds."""
    if not seen.lapsed:
        return ""
    return _("It holds no more: %(why)s") % {"why": seen.lapsed}


def finding(pilot: Pilot, seen: Sequence[Seen], entered: Production | None) -> str:
    """Return the sentence that the page of all six begins with."""
    closed = [one for one in seen if not one.lets_through]
    names = {"pilot": pilot.name, "open": len(seen) - len(closed), "of": len(seen)}
    if entered is not None:
        day = formats.day(entered.entered_on)
        return _("%(pilot)s is in production since %(day)s.") % {"pilot": pilot.name, "day": day}
    if not closed:
        return _("All six gates let %(pilot)s into production.") % names
    return _("%(open)s of %(of)s gates let %(pilot)s into production.") % names


def blocked(seen: Seen, lost: Lost = ()) -> str:
    """Return in one sentence what the gate lacks; empty where every criterion is met."""
    count = len(seen.missing)
    if lost:
        return _gone_words(lost)
    if not count:
        return ""
    return ngettext("%(count)s criterion is not met.", "%(count)s criteria are not met.", count) % {
        "count": count
    }


def _gone_words(lost: Sequence[Evidence]) -> str:
    names = ", ".join(one.file_name for one in lost)
    return _(
        "Gone from the storage, or changed there: %(names)s. Take it back and bring it again."
    ) % {"names": names}


def met(lines: Sequence[Line]) -> str:
    """Return how many of its criteria a gate meets, in words."""
    return _("%(met)s of %(of)s met") % {"met": sum(one.met for one in lines), "of": len(lines)}


def criteria(seen: Seen, slug: str, code: str, lost: Lost = ()) -> list[Line]:
    """Return the criteria of a gate of a pilot with their evidence, in order."""
    return [
        Line(
            standing=standing,
            met=standing.met and not _lost(lost, key),
            must_be=must_be(standing.asked)
            or (_("yes") if standing.asked.check is Check.FACT else _("on file")),
            by_product=standing.asked.check is Check.FACT,
            links=_links(standing, slug, code),
            pieces=tuple(one for one in _of(seen, key) if one.withdrawn_at is None),
            withdrawn=tuple(one for one in _of(seen, key) if one.withdrawn_at is not None),
            lost=tuple(gone(one.file_name) for one in _lost(lost, key)),
        )
        for key, standing in zip(seen.asked, seen.standings, strict=True)
    ]


def _links(standing: Standing, slug: str, code: str) -> tuple[tuple[str, str], ...]:
    """Return where what the product knows of a criterion can be read: address and name."""
    fact = standing.asked.fact
    if fact in FACT_PAGES:
        return ((reverse(FACT_PAGES[fact], args=[slug, code]), standing.asked.text),)
    if fact in METRIC_PAGES:
        page = METRIC_PAGES[fact]
        return tuple((reverse(page, args=[slug, one]), name) for one, name in standing.about)
    return ()


def _of(seen: Seen, key: object) -> list[Evidence]:
    return [one for one in seen.evidence if one.criterion_id == key]


def _lost(lost: Lost, key: object) -> list[Evidence]:
    return [one for one in lost or () if one.criterion_id == key]


def why_not(seen: Seen, *, decides: bool, brings: bool, lost: Lost = ()) -> str:
    """Return why the next step is not open to the person asking, or what it waits for."""
    decider = seen.gate.decider if seen.gate else None
    if seen.lapsed:
        return _("It holds no more. The product looks every ten minutes and opens it again.")
    if seen.state is State.PASSED:
        until = seen.holds_until
        if until is None:
            return _("It holds until something that it rests on changes.")
        return _("It holds until %(day)s: then something that it rests on ends.") % {
            "day": formats.day(until)
        }
    if seen.state is State.WAIVED:
        return _("The day after, it is open again.")
    if decider is None:
        return _("Nobody is named to decide it yet.")
    if decider.removed_at is not None:
        left = {"name": decider.person.name}
        return _("%(name)s is no member any more: name somebody else.") % left
    if seen.state is State.SUBMITTED:
        who = {"name": decider.person.name}
        return _("You decide.") if decides else _("%(name)s decides.") % who
    if seen.missing:
        return _("It can be submitted once every criterion is met.")
    if lost is None:
        return _("The storage does not answer: whether its files are there is not known.")
    if lost:
        return _("It can be submitted once the files that are gone were brought again.")
    return _("It can be submitted.") if brings else _("The lead submits it.")


def history(seen: Seen, heard: Sequence[Happened] = ()) -> list[Happened]:
    """Return what happened to a gate, newest first. heard: what advisers said of it."""
    steps = [_step(one) for one in seen.decisions]
    brought = [
        Happened(one.at, one.member.person.name, _("added %(title)s") % {"title": one.title}, "")
        for one in seen.evidence
    ]
    taken = [
        Happened(
            one.withdrawn_at,
            one.withdrawn_by.person.name,
            _("took back %(title)s") % {"title": one.title},
            one.withdrawn_reason,
        )
        for one in seen.evidence
        if one.withdrawn_at is not None and one.withdrawn_by is not None
    ]
    return sorted([*steps, *brought, *taken, *heard], key=lambda one: one.at, reverse=True)


def _step(found: GateDecision) -> Happened:
    who = found.member.person.name if found.member else _("Week Twelve")
    return Happened(found.at, who, did(found), found.reason)
