"""The brief: the portfolio on one sheet of paper, weekly on its page and monthly by mail."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from audit import queries as audit
from common import formats
from common.web import Request
from metrics.queries import board as metrics
from metrics.queries.board import Headline
from portfolio import rules
from tenants.access import needs
from tenants.queries import Member
from tenants.rules import Permission

from .. import queries
from ..models import PilotReview
from . import choice as choices
from . import rows, words
from .board import read_everything
from .pilot import AHEAD, tell
from .rows import Read, Row

# What one sheet holds: more of each is counted in a last line.
MOST_PILOTS = 12
MOST_DECISIONS = 5
MOST_CHANGES = 6
A_WEEK = timedelta(days=7)
# Far more than two months of a portfolio bring; keeps one read in bounds, and more are not counted.
MOST_LINES = 200
DECISIONS = frozenset({"PILOT_EXTENDED", "PILOT_GRADUATED", "PILOT_STOPPED"})
CHANGES = (
    *DECISIONS,
    "BASELINE_LOCKED",
    "BASELINE_SUPERSEDED",
    "PILOT_ARCHIVED",
    "PILOT_CREATED",
    "READ_OUT_FROZEN",
    "TARGET_AGREED",
    "VERDICT_ACKNOWLEDGED",
)


@dataclass(frozen=True, slots=True)
class Figure:
    """One of the four figures, and what it counts."""

    value: str
    text: str


@dataclass(frozen=True, slots=True)
class Decision:
    """What somebody is to decide about a pilot; at_stake: a year, assumed, None when unknown."""

    title: str
    text: str
    url: str
    at_stake: Decimal | None


@dataclass(frozen=True, slots=True)
class Standing:
    """A pilot against its baseline. week, before: in words, empty where there is none.

    outcome: what was decided about it and on which day, in words; empty before.
    review: what was written of this week or the last one; None when nobody wrote.
    """

    row: Row
    week: str
    before: str
    outcome: str
    review: PilotReview | None


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that happened to a pilot."""

    pilot: str
    who: str
    what: str
    day: date


@require_safe
@needs(Permission.READ_BRIEF)
def brief(request: Request, slug: str) -> HttpResponse:
    """Show the portfolio as it is printed for a meeting: the same to every reader."""
    said = contents(request.member, since=request.now - A_WEEK, now=request.now)
    context = {"nav_current": "brief", **said}
    return render(request, "portfolio/brief.html", context)


def contents(member: Member, *, since: datetime, now: datetime) -> dict[str, Any]:
    """Read what the brief says, on its page and by mail. member: any; all read the same.

    since: from when on it tells what changed.
    """
    read = read_everything(member, now=now)
    done = changes(read, zone=member.tenant.zone, since=since, now=now)
    return {
        **sheet(member, read, now=now),
        "changes": done[:MOST_CHANGES],
        "more_changes": rest_of(done),
    }


def rest_of(done: Sequence[Change]) -> str:
    """Return how many changes the sheet does not hold, in words; empty when it holds all."""
    if len(done) > MOST_LINES:
        return _("more than %(n)s") % {"n": MOST_LINES - MOST_CHANGES}
    return str(len(done) - MOST_CHANGES) if len(done) > MOST_CHANGES else ""


def sheet(member: Member, read: Read, *, now: datetime) -> dict[str, Any]:
    """Return what the brief says of the portfolio as it stands."""
    company = member.tenant
    every = [rows.row(one, read, member=member, now=now) for one in read.pilots]
    active = [row for row in every if row.pilot.archived_at is None]
    ordered = sorted(choices.ordered(active, "attention"), key=lambda row: row.over)
    asked = rows.to_decide(active, now=now)
    found = metrics.headline(read.read_out, zone=company.zone)
    to_come = sum(len(row.unread) for row in active)
    finding = words.finding(pilots=len(active), found=found, to_come=to_come)
    written = queries.list_newest_reviews()
    locked = sum(row.locked for row in active)
    today = rules.local_day(now, company.zone)
    return {
        "today": today,
        "title": f"{finding} {words.decisions(len(asked))}" if active else finding,
        "currency": company.currency,
        "figures": figures(active, found, asked=len(asked), currency=company.currency)
        if active
        else [],
        "decisions": [decision(*one, slug=company.slug) for one in asked[:MOST_DECISIONS]],
        "more_decisions": max(len(asked) - MOST_DECISIONS, 0),
        "pilots": len(active),
        "standings": [
            standing(row, written.get(row.pilot.id), today=today) for row in ordered[:MOST_PILOTS]
        ],
        "more_pilots": max(len(active) - MOST_PILOTS, 0),
        "band": words.band(locked=locked, of=len(active)),
    }


def figures(active: Sequence[Row], found: Headline, *, asked: int, currency: str) -> list[Figure]:
    """Return the four figures of the portfolio."""
    to_come = sum(len(row.unread) for row in active)
    holding = ngettext("%(n)s holds", "%(n)s hold", found.holding) % {"n": found.holding}
    return [
        Figure(
            f"{found.improved} / {found.read_out}" if found.read_out else "0",
            _("metrics read out improved; %(hold)s after correction") % {"hold": holding}
            if found.read_out
            else _("metrics read out"),
        ),
        money(active, currency),
        Figure(
            str(asked),
            ngettext("pilot waits for a decision", "pilots wait for a decision", asked),
        ),
        Figure(
            str(to_come),
            ngettext("metric still to be read out", "metrics still to be read out", to_come),
        ),
    ]


def money(active: Sequence[Row], currency: str) -> Figure:
    """Return what pilots that are not decided have at stake a year, and how many say nothing."""
    running = [row for row in active if not row.over]
    known = [row.at_stake for row in running if row.at_stake is not None]
    silent = len(running) - len(known)
    if not known:
        return Figure(
            formats.MISSING, _("at stake a year: no pilot has both a baseline and money given")
        )
    text = _("at stake a year, assumed")
    if silent:
        text += ngettext("; %(n)s pilot without", "; %(n)s pilots without", silent) % {"n": silent}
    return Figure(formats.money_short(sum(known, Decimal(0)), currency, get_language()), text)


def decision(line: Row, gap: rules.Missing, *, slug: str) -> Decision:
    """Return what waits to be decided about a pilot, with its figures."""
    code, url = line.pilot.code, line.line.url
    metric = rows.metric_name(gap, line.targets)
    changed = None if gap.metric is None else line.targets[gap.metric].changed_week
    figures = against_target(line)
    return Decision(
        title=words.request(gap.gap, pilot=line.pilot.name, metric=metric),
        text=figures
        if figures and gap.gap is rules.Gap.UNDECIDED
        else words.consequence(gap.gap, metric, changed),
        url=rows.look_url(gap, line.targets, slug=slug, code=code, url=url),
        at_stake=line.at_stake,
    )


def against_target(line: Row) -> str:
    """Return a pilot's key metric before and in the measured weeks beside its target.

    Empty without both: what is decided rests on these weeks, and on no later one.
    """
    key, first = line.line.key, line.primaries[0] if line.primaries else None
    result = first.result if first else None
    if first is None or key is None or result is None or result["after"] is None:
        return ""
    before, after = (words.beside_target(result[when], first) for when in ("before", "after"))
    return _("%(before)s → %(after)s in weeks %(first)s to %(last)s, target %(target)s.") % {
        "before": before,
        "after": after,
        "first": result["first_week"],
        "last": result["last_week"],
        "target": key.target,
    }


def standing(row: Row, review: PilotReview | None, *, today: date) -> Standing:
    """Return a pilot's line of the table."""
    recent = review is not None and review.week in rules.review_weeks(row.week)
    return Standing(
        row=row,
        week=words.short_week(row.week),
        before=before_of(row),
        outcome=decided_of(row, today=today),
        review=review if recent else None,
    )


def decided_of(row: Row, *, today: date) -> str:
    """Return what was decided last about a pilot and on which day of its site; empty before."""
    found = row.pilot.outcome
    if found is None:
        return ""
    day = formats.day(rules.local_day(found.at, row.pilot.zone), get_language(), today=today)
    return f"{words.outcome(found.word, found.until_week)} · {day}"


def before_of(row: Row) -> str:
    """Return the locked baseline of a pilot's first primary metric; empty while there is none."""
    first = row.primaries[0] if row.primaries else None
    if first is None or first.baseline is None:
        return ""
    return words.beside_target(first.baseline, first)


def changes(read: Read, *, zone: str, since: datetime, now: datetime) -> list[Change]:
    """Read what happened to the pilots since then in two queries: decisions, then the rest.

    Both newest first. A third one names the metrics that were taken away since, when there are any.
    """
    names = {f"pilot:{pilot.code}": pilot.name for pilot in read.pilots}
    lines = audit.list_about(
        list(names), since=since, until=now + AHEAD, limit=MOST_LINES + 1, actions=CHANGES
    )
    lines.sort(key=lambda line: line.action not in DECISIONS)
    known = {target.code: target.name for of in read.targets.values() for target in of}
    return [
        Change(names[line.object], done.who, done.what, rules.local_day(line.at, zone))
        for line, done in zip(lines, tell(lines, known), strict=True)
    ]
