"""The health of the data: is it arriving, is it being worked off."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from common.web import Request
from portfolio import queries as portfolio
from portfolio import rules as pilots
from tenants import queries as tenants
from tenants import rules as members
from tenants.access import needs
from tenants.rules import Permission

from .. import queries
from ..models import Metric
from ..queries import board as reads
from ..queries import history
from ..queries.board import Series
from ..rules.health import State, judge_arrival, judge_process, judge_waiting


@require_safe
@needs(Permission.READ_HEALTH)
def health(request: Request, slug: str) -> HttpResponse:
    """Show background processes, waiting weeks and every metric's last arrival, worst first."""
    beats, waiting = tenants.find_heartbeats(), history.count_waiting()
    processes = [
        (name, beats.get(key), judge_process(beats.get(key), request.now))
        for key, name in PROCESSES
    ]
    arrivals = _arrivals(request.now)
    aside = history.list_aside(request.now)
    unsent = _unsent(request)
    undelivered = _undelivered(request)
    waiting_state = judge_waiting(waiting.oldest_at, request.now)
    context = {
        "nav_current": "settings",
        "settings_current": "health",
        "processes": processes,
        "waiting": waiting,
        "waiting_state": waiting_state,
        "aside": aside,
        "unsent": unsent,
        "undelivered": undelivered,
        "arrivals": arrivals,
        "late": sum(row.state is not State.FINE for row in arrivals),
        "background_fine": waiting_state is State.FINE
        and all(state is State.FINE for _, _, state in processes),
    }
    return render(request, "metrics/health.html", context)


PROCESSES = [("worker", "Background worker"), ("sweep", "Sweep of waiting weeks")]


@dataclass(frozen=True, slots=True)
class Unsent:
    """A brief or digest that could not be mailed. again_at: when it is tried next, None for never."""

    name: str
    tries: int
    again_at: datetime | None


def _unsent(request: Request) -> list[Unsent]:
    """Return this month's briefs that were tried in vain, by name."""
    zone = request.tenant.zone
    month = pilots.local_day(request.now, zone).replace(day=1)
    return [
        Unsent(
            mail.member.person.name,
            mail.tries,
            None
            if pilots.is_brief_given_up(
                tries=mail.tries,
                due_at=max(mail.due_at, request.now),
                month=month,
                zone=zone,
            )
            else mail.due_at,
        )
        for mail in portfolio.list_unsent_briefs(month)
    ]


def _undelivered(request: Request) -> list[Unsent]:
    """Return today's digests that were tried in vain, by name."""
    zone = request.tenant.zone
    day = pilots.local_day(request.now, zone)
    return [
        Unsent(
            mail.member.person.name,
            mail.tries,
            None
            if members.is_digest_given_up(
                tries=mail.tries, due_at=max(mail.due_at, request.now), day=day, zone=zone
            )
            else mail.due_at,
        )
        for mail in tenants.list_unsent_digests(day)
    ]


@dataclass(frozen=True, slots=True)
class Arrival:
    """How one metric's data arrives."""

    metric: Metric
    series: Series | None
    last: datetime | None
    state: State


def _arrivals(now: datetime) -> list[Arrival]:
    """Return every metric, those without fresh data first."""
    series = reads.list_series()
    rows = []
    for metric in queries.list_metrics():
        found = series.get(metric.id)
        last = found.known_until if found else None
        limit = found.stale_after_hours if found else None
        state = judge_arrival(last, timedelta(hours=limit) if limit else None, now)
        rows.append(Arrival(metric, found, last, state))
    return sorted(rows, key=lambda row: (row.state is State.FINE, row.metric.code))
