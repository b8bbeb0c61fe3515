"""The portfolio board: every pilot of the tenant on one page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from common import formats
from common.web import Request
from gates.queries import phases, strips, watch
from metrics.queries import board as metrics
from portfolio import rules
from tenants.access import needs
from tenants.queries import Member
from tenants.rules import Permission, can

from .. import queries
from ..queries.around import Around, map_around
from ..rules import load as load_rules
from . import choice as choices
from . import engagement, load, rows, words
from .choice import Choice
from .rows import Read, Row

MOST_ASKS = 5
MOST_SILENT = 3
MOST_GATES = 12
# Figures usually follow within a second; the page speaks of it when they do not.
WAITS = timedelta(seconds=30)


@require_safe
@needs(Permission.BROWSE)
def board(request: Request, slug: str) -> HttpResponse:
    """Show every pilot on one page; htmx gets the list alone."""
    choice = Choice.read(request.GET)
    read = read_everything(request.member, now=request.now)
    every = [rows.row(one, read, member=request.member, now=request.now) for one in read.pilots]
    found = choices.found(every, choice)
    context = listed(every, found, choice, request.tenant.currency)
    if request.htmx and not request.htmx.history_restore_request:
        response = render(request, "portfolio/board.html#pilots", context)
    else:
        response = render(
            request, "portfolio/board.html", {**context, **around(request, every, choice, read)}
        )
    response["Vary"] = "HX-Request, Cookie"
    return response


def read_everything(member: Member, *, now: datetime) -> Read:
    """Read all that the board shows, in five queries at any size."""
    found = metrics.read_targets()
    targets = rows.by_pilot(found.in_use)
    arrived = metrics.read_arrived(
        drawn=rows.key_metrics(targets), weighed=rows.weighed_metrics(targets)
    )
    return Read(
        pilots=queries.list_board_rows(),
        parties=rows.by_pilot(queries.list_board_parties(member.person_id)),
        targets=targets,
        read_out=found.read_out,
        series=arrived.series,
        waiting_since=arrived.waiting_since,
        gates=strips.map_strips(now=now),
    )


def listed(
    every: Sequence[Row], found: Sequence[Row], choice: Choice, currency: str
) -> dict[str, Any]:
    """Return what the list of pilots prints."""
    shown = choices.ordered(
        (row for row in found if choices.in_state(row, choice.state)), choice.sort
    )
    if choice.sort == "attention":
        quiet = [row for row in shown if not row.attention]
        groups = [
            (_("Needs attention"), [row for row in shown if row.attention]),
            (_("Past week 12"), [row for row in quiet if row.past and not row.over]),
            (_("On path"), [row for row in quiet if not row.past and not row.over]),
            (_("Decided"), [row for row in quiet if row.over]),
        ]
    else:
        groups = [("", shown)]
    language = get_language() or ""
    return {
        "groups": [
            (title, [rows.printed(row.line, currency, language) for row in members])
            for title, members in groups
            if members
        ],
        "choice": choice,
        "states": choices.states(found, choice),
        "sorts": choices.sorts(choice),
        "sites": choices.sites(every, choice),
        "shown": len(shown),
    }


def around(request: Request, every: Sequence[Row], choice: Choice, read: Read) -> dict[str, Any]:
    """Return what the page prints around the list of pilots.

    In two more queries at any size.
    """
    active = [row for row in every if row.pilot.archived_at is None]
    waiting = rows.waiting(active, member=request.member, now=request.now)
    since, today = read.waiting_since, rules.local_day(request.now, request.tenant.zone)
    may_create = bool(can(request.member.actor, Permission.CREATE_PILOT))
    beside = map_around(today=today)
    return {
        "nav_current": "portfolio",
        "title": words.headline(
            pilots=len(active),
            mine=len(waiting),
            found=metrics.headline(read.read_out, zone=request.tenant.zone),
            to_come=sum(len(row.unread) for row in active),
        ),
        "today": today,
        "newest": newest(active),
        "facts": facts(active, now=request.now, today=today),
        "asks": [rows.ask(*found, slug=request.tenant.slug) for found in waiting[:MOST_ASKS]],
        "reviews": bool(can(request.member.actor, Permission.PASS_GATE)),
        "more_asks": max(len(waiting) - MOST_ASKS, 0),
        "no_path": no_path(active, request.tenant.currency),
        "no_path_url": choice.url(state="no_path"),
        "silent": silent(active, now=request.now)[:MOST_SILENT],
        "blocked": reasons(active, request.tenant.slug, of_open=False),
        "waivers": reasons(active, request.tenant.slug, of_open=True),
        "excepted": excepted(active, beside, request.tenant.slug),
        "stacked": stacked(active, beside, request.tenant.slug),
        "under_way": under_way(active, request.tenant.slug),
        "unread": watch.list_unread(
            [
                row.pilot
                for row in active
                if row.pilot.outcome is None or row.pilot.outcome.word != "stop"
            ],
            beside,
            now=request.now,
            zone=request.tenant.zone,
            slug=request.tenant.slug,
        ),
        "early": engagement.of_board(
            request, [row.pilot for row in active if not row.over], beside
        ),
        "waiting": since is not None and request.now - since > WAITS,
        "pilots": len(every),
        "verdicts": words.verdicts([row.line.chip for row in active]),
        "create_url": reverse("pilot_new", args=[request.tenant.slug]) if may_create else "",
        "search_words": choice.words,
        "search_live": True,
    }


def reasons(active: Sequence[Row], slug: str, *, of_open: bool) -> list[dict[str, str]]:
    """Return each gate that stands as it does for a reason: of which pilot, how, by whom and why.

    of_open: those that are waived; otherwise those that were sent back or opened again.
    """
    return [
        {
            "pilot": row.pilot.name,
            "gate": gate.name,
            "word": gate.word,
            "why": gate.why,
            "lacks": gate.lacks,
            "url": reverse("gate", args=[slug, row.pilot.code, gate.code]),
        }
        for row in active
        for gate in row.line.gates
        if gate.why and gate.open is of_open
    ]


def excepted(
    active: Sequence[Row], beside: Mapping[UUID, Around], slug: str
) -> list[phases.Excepted]:
    """Return each phase that is closed by exception, of the pilots that are shown, in their order."""
    return [
        phases.excepted(step, slug=slug, code=row.pilot.code, of=row.pilot.name)
        for row in active
        for step in phases.in_order(beside[row.pilot.id].excepted)
    ]


def stacked(
    active: Sequence[Row], beside: Mapping[UUID, Around], slug: str
) -> list[dict[str, str]]:
    """Return each pilot beside which so much else runs that somebody has to decide, and did not."""
    found = [(row.pilot, beside[row.pilot.id]) for row in active if not row.over]
    return [
        {
            "name": pilot.name,
            "words": load.finding(len(near.beside), pilot.site_name),
            "url": reverse("load", args=[slug, pilot.code]),
        }
        for pilot, near in found
        if load_rules.asks(beside=near.beside, decided=near.decided)
    ]


def under_way(active: Sequence[Row], slug: str) -> dict[str, Any]:
    """Return the gates that are in progress or submitted with what each lacks, and when that was so.

    lines: of which pilot, how it stands, what it lacks. more: how many have no line any more.
    """
    found = [
        (row, gate)
        for row in active
        if not row.over
        for gate in row.line.gates
        if gate.lacks and not gate.why
    ]
    lines = [
        {
            "name": f"{gate.name}, {row.pilot.name}",
            "word": gate.word,
            "lacks": gate.lacks,
            "url": reverse("gate", args=[slug, row.pilot.code, gate.code]),
        }
        for row, gate in found[:MOST_GATES]
    ]
    looked = [gate.looked_at for _, gate in found if gate.looked_at is not None]
    return {
        "count": len(found),
        "lines": lines,
        "more": max(len(found) - MOST_GATES, 0),
        "at": min(looked, default=None),
    }


def no_path(active: Sequence[Row], currency: str) -> str:
    """Return how many of the pilots that run have no path to production, and their spend.

    Empty when each has one.
    """
    running = [row for row in active if not row.over]
    lost = [row for row in running if row.line.lacking]
    if not lost:
        return ""
    spent = sum((row.pilot.spent for row in lost), Decimal(0))
    return words.without_path(
        pilots=len(lost),
        of=len(running),
        spent=formats.money_short(spent, currency, get_language()) if spent else "",
    )


def facts(active: Sequence[Row], *, now: datetime, today: date) -> list[dict[str, Any]]:
    """Return the four facts of the portfolio, each with its consequence."""
    if not active:
        return []
    total = ngettext("of %(n)s pilot", "of %(n)s pilots", len(active)) % {"n": len(active)}
    return [
        path_fact(active, total),
        baseline_fact(active, total),
        people_fact(active, total),
        arrival_fact(active, now=now, today=today),
    ]


def path_fact(active: Sequence[Row], total: str) -> dict[str, Any]:
    running = sum(1 <= row.week <= rules.WEEKS for row in active)
    late = sum(rules.PRODUCTION_FROM <= row.week <= rules.WEEKS for row in active)
    past = sum(row.week > rules.WEEKS for row in active)
    if past:
        text = ngettext("%(n)s is past week 12", "%(n)s are past week 12", past) % {"n": past}
    else:
        text = ngettext("%(n)s is in production", "%(n)s are in production", late) % {"n": late}
    return {"label": _("On their twelve weeks"), "figure": running, "unit": total, "text": text}


def baseline_fact(active: Sequence[Row], total: str) -> dict[str, Any]:
    lacking = [row for row in active if not row.locked]
    no_target = sum(row.week > rules.AGREED_BY_WEEK and not row.agreed for row in lacking)
    overdue = sum(row.week > rules.LOCKED_BY_WEEK for row in lacking)
    look = {"tone": "warn", "icon": "tri"} if no_target or overdue else {}
    if no_target:
        text = ngettext("%(n)s has no agreed target", "%(n)s have no agreed target", no_target) % {
            "n": no_target
        }
    elif overdue:
        text = ngettext("%(n)s is past week 3", "%(n)s are past week 3", overdue) % {"n": overdue}
    elif lacking:
        text = _("In order until the end of week 3")
    else:
        text = _("Every primary metric has one")
    label = _("Without a locked baseline")
    return {"label": label, "figure": len(lacking), "unit": total, "text": text, **look}


def people_fact(active: Sequence[Row], total: str) -> dict[str, Any]:
    no_lead = sum(not row.lead for row in active)
    lacking = sum(not (row.lead and row.sponsor) for row in active)
    look = {"tone": "bad", "icon": "noperson"} if lacking else {}
    if no_lead:
        text = ngettext("%(n)s has no lead", "%(n)s have no lead", no_lead) % {"n": no_lead}
    elif lacking:
        text = _("An executive must decide at their week 12")
    else:
        text = _("Every pilot has both")
    label = _("Without a lead or a sponsor")
    return {"label": label, "figure": lacking, "unit": total, "text": text, **look}


def arrival_fact(active: Sequence[Row], *, now: datetime, today: date) -> dict[str, Any]:
    label = _("Metrics that stopped arriving")
    metrics_of = {metric.target.metric_id: metric for row in active for metric in row.metrics}
    if not metrics_of:
        text = _("Every pilot chooses one by the end of week 2")
        return {"label": label, "figure": "", "unit": _("No metrics yet"), "text": text}
    stopped = [metric for metric in metrics_of.values() if metric.stopped(now)]
    late = sum(metric.late(now) for metric in metrics_of.values())
    never = sum(metric.known_until is None for metric in metrics_of.values())
    unit = ngettext("of %(n)s metric", "of %(n)s metrics", len(metrics_of)) % {"n": len(metrics_of)}
    look = {"tone": "warn", "icon": "tri"} if stopped or late or never else {}
    if stopped:
        oldest = min(metric.last_day for metric in stopped if metric.last_day)
        text = _("the oldest ends on %(day)s") % {"day": formats.day(oldest, today=today)}
    elif late:
        text = ngettext("%(n)s arrives late", "%(n)s arrive late", late) % {"n": late}
    elif never:
        text = ngettext("%(n)s never arrived", "%(n)s never arrived", never) % {"n": never}
    else:
        text = _("Every source is in time")
    return {"label": label, "figure": len(stopped), "unit": unit, "text": text, **look}


@dataclass(frozen=True, slots=True)
class Silence:
    """Metrics of one source that tell too little of today, and what that makes stale."""

    title: str
    text: str


def silent(active: Sequence[Row], *, now: datetime) -> list[Silence]:
    """Return the metrics that stopped, oldest figures first, then those that arrive late.

    Each with the pilots they make stale.
    """
    stopped: dict[tuple[date, str], tuple[set[str], set[str]]] = {}
    late: dict[str, tuple[set[str], set[str]]] = {}
    for row in active:
        for metric in row.metrics:
            line, day = metric.series, metric.last_day
            if line is None or day is None:
                continue
            if metric.stopped(now):
                names, stale = stopped.setdefault((day, line.source_name), (set(), set()))
            elif metric.late(now):
                names, stale = late.setdefault(line.source_name, (set(), set()))
            else:
                continue
            names.add(metric.target.name)
            stale.add(row.pilot.name)
    return [
        Silence(
            words.newest_of(sorted(names), source, formats.day(day)), words.stale(sorted(stale))
        )
        for (day, source), (names, stale) in sorted(stopped.items(), key=lambda entry: entry[0])
    ] + [
        Silence(words.late_of(sorted(names), source), words.late_for(sorted(stale)))
        for source, (names, stale) in sorted(late.items())
    ]


def newest(active: Sequence[Row]) -> date | None:
    """Return the day of the newest measurement of any pilot, on its own clock."""
    days = [metric.last_day for row in active for metric in row.metrics if metric.last_day]
    return max(days, default=None)
