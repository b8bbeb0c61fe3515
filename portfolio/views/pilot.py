"""The page of one pilot."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from audit import queries as audit
from common import charts
from common.web import Request
from gates.queries import phases, strips, watch
from metrics.queries import board as metrics
from metrics.queries import history, verdicts
from portfolio import rules
from portfolio.models import Part, Pilot
from tenants import queries as tenants
from tenants.access import needs
from tenants.rules import Parts, Permission, can

from .. import queries
from ..queries.budget import list_lines
from . import archived, budget, commitments, engagement, load, panels, plan, reviews, words
from .panels import Panel
from .rows import PHASES, chip_of, lacking_of, own_parts

# Parts that are shown without a name too, and those among them that every pilot must have.
SHOWN = (Part.SPONSOR, Part.LEAD, Part.OPERATOR)
NEEDED = (Part.SPONSOR, Part.LEAD)
# Two charts stand beside each other; a single one has the whole width, on a phone with fewer weeks.
PAIRED = (charts.Size(),)
ALONE = (charts.Size(width=800, height=250), charts.Size(before=12))
MOST_LINES = 8
LINES_SINCE = timedelta(days=400)
# The database's clock may be a little ahead of the web server's.
AHEAD = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Place:
    """A part in the pilot and who has it; without a name nobody does.

    gap: what is wrong with it, empty when nothing is. needed: whether every pilot must have it.
    """

    part: str
    name: str
    text: str
    gap: str
    needed: bool


@dataclass(frozen=True, slots=True)
class Done:
    """One line of what happened to the pilot."""

    at: datetime
    who: str
    initials: str
    what: str


@dataclass(frozen=True, slots=True)
class Decided:
    """What was decided about the pilot, in words."""

    words: str
    reason: str
    who: str
    at: datetime


@require_safe
@needs(Permission.BROWSE)
def pilot(request: Request, slug: str, code: str) -> HttpResponse:
    """Show one pilot: where it is, what it measures and who takes part."""
    found = queries.get_pilot(code)
    parties = queries.list_parties(pilot_id=found.pk)
    shown = read_panels(request, found)
    parts = own_parts(parties, request.member)
    today = rules.local_day(request.now, found.site.zone)
    week = rules.week_number(start_date=found.start_date, day=today)
    begins = rules.first_monday(found.start_date)
    primaries = [panel for panel in shown if panel.target.role == "primary"]
    locked = sum(bool(panel.locked) for panel in shown)
    chip, chip_reason = chip_of([panel.target for panel in primaries])
    outcomes = verdicts.list_outcomes(found)
    told = budget.told(list_lines(found), request.tenant.currency)
    decisions = [
        Decided(words.outcome(one.word, one.until_week), one.reason, one.member.person.name, one.at)
        for one in outcomes
    ]
    ended_at = outcomes[0].at if outcomes and outcomes[0].word != "extend" else None
    may = _may(request, found, parts, over=ended_at is not None)
    context = {
        "nav_current": "portfolio",
        "pilot": found,
        "home": reverse("board", args=[slug]),
        **archived.around(request, found),
        **commitments.around(
            found, slug=slug, today=today, may_add=may["may_edit"] and bool(shown)
        ),
        "chip": chip,
        "chip_reason": chip_reason,
        "verdict": primaries[0].verdict if primaries else None,
        "finding": panels.finding(shown, week=week, start=begins),
        "week": week,
        "today": today,
        "begins": begins,
        "ends": rules.week_ends(start_date=found.start_date, number=rules.WEEKS),
        "phases": PHASES,
        "currency": request.tenant.currency,
        "panels": shown,
        "band": words.band(locked=locked, of=len(shown)),
        "before": words.before(locked=locked, of=len(shown)),
        "attribution": found.attribution
        if found.attribution not in {panel.target.attribution for panel in shown}
        else "",
        "chart_sizes": ALONE if len(shown) == 1 else PAIRED,
        **strips.around(found, now=request.now),
        **watch.of_pilot(
            found, slug=slug, now=request.now, stopped=bool(outcomes) and outcomes[0].word == "stop"
        ),
        **phases.of_pilot(found, slug=slug, week=week, over=ended_at is not None),
        **engagement.of_pilot(request, found, today=today, over=ended_at is not None),
        **load.of_pilot(found, slug=slug, over=ended_at is not None),
        **plan.of_pilot(found, slug=slug, today=today, over=ended_at is not None),
        "stopped": [panel for panel in shown if panel.monitored.stopped(request.now)],
        "late": [panel for panel in shown if panel.monitored.late(request.now)],
        "has_primary": bool(primaries),
        "places": places(parties, today),
        "lines": read_lines(found, shown, now=request.now),
        "budget": told,
        "no_path": _no_path(primaries, parties, today, funded=told["funded"])
        if ended_at is None and found.archived_at is None
        else "",
        "reviews": reviews.around(request, found, parts, ended_at=ended_at),
        "decisions": decisions,
        "over": ended_at is not None,
        **may,
        "decide_url": reverse("pilot_decide", args=[slug, code]),
        "edit_url": reverse("pilot_edit", args=[slug, code]),
        "people_url": reverse("party_set", args=[slug, code]),
        "measure_url": reverse("target_new", args=[slug, code]),
        "metrics_url": reverse("metric_list", args=[slug]),
    }
    return render(request, "portfolio/pilot.html", context)


def _may(request: Request, found: Pilot, parts: Parts, *, over: bool) -> dict[str, bool]:
    """Return what the person asking may do with a pilot. over: graduated or stopped."""

    def can_do(permission: Permission) -> bool:
        return bool(can(request.member.actor, permission, parts))

    live = found.archived_at is None
    return {
        "may_edit": live and can_do(Permission.EDIT_PILOT),
        "may_measure": live and not over and can_do(Permission.EDIT_PILOT),
        "may_decide": live and can_do(Permission.DECIDE_PILOT),
        "may_archive": can_do(Permission.ARCHIVE_PILOT),
        "may_agree": live and not over and can_do(Permission.AGREE_TARGET),
    }


def _no_path(
    primaries: Sequence[Panel],
    parties: Sequence[queries.PartyRow],
    today: date,
    *,
    funded: bool,
) -> str:
    """Return what a pilot lacks on its path to production, in words; empty when nothing."""
    named = any(one.part == Part.OPERATOR and not one.left(today) for one in parties)
    return words.no_path(
        lacking_of([panel.target for panel in primaries], operator=named, funded=funded)
    )


def read_panels(request: Request, found: Pilot) -> list[Panel]:
    """Read the pilot's metrics with their weeks, in four queries.

    A fifth one reads what was read out of all pilots, when this one claims a change.
    """
    targets = metrics.list_targets(found.pk)
    ids = [target.metric_id for target in targets]
    weeks, series = metrics.list_weeks(ids), metrics.list_series(ids)
    wordings = history.list_wordings(ids)
    holding = (
        metrics.find_holding(metrics.read_targets().read_out, zone=request.tenant.zone)
        if any(target.claims for target in targets)
        else ()
    )
    return [
        panels.panel(
            target,
            weeks=weeks[target.metric_id],
            series=series.get(target.metric_id),
            wordings=wordings[target.metric_id],
            start_date=found.start_date,
            go_live=found.go_live_date,
            today=rules.local_day(request.now, target.zone),
            holding=holding,
            slug=request.tenant.slug,
            code=found.code,
        )
        for target in targets
    ]


def places(parties: Sequence[queries.PartyRow], today: date) -> list[Place]:
    """Return who takes part: sponsor, lead and operator always, then whoever else is named."""
    named = {part: [party for party in parties if party.part == part] for part in Part.values}
    found = []
    for part in Part:
        holders = named[part.value]
        found += [
            Place(
                str(part.label),
                party.name,
                words.place(
                    party.job_title if party.job_title != party.name else "",
                    party.hours_per_week,
                    None if party.left(today) else party.leaves_on,
                ),
                _gone(party, today),
                part in NEEDED,
            )
            for party in holders
        ]
        if not holders and part in SHOWN:
            found.append(Place(str(part.label), "", "", words.nobody(), part in NEEDED))
    return found


def _gone(party: queries.PartyRow, today: date) -> str:
    """Return why nobody answers by a part, in words; empty while somebody does."""
    if party.removed:
        return words.no_member()
    return words.left(party.leaves_on) if party.left(today) else ""


def read_lines(found: Pilot, shown: Sequence[Panel], *, now: datetime) -> list[Done]:
    """Read the latest lines of the trail about the pilot, in as many queries as `tell` and one."""
    lines = audit.list_about(
        [f"pilot:{found.code}"], since=now - LINES_SINCE, until=now + AHEAD, limit=MOST_LINES
    )
    return tell(lines, {panel.target.code: panel.target.name for panel in shown})


def tell(lines: Sequence[audit.Line], known: Mapping[str, str]) -> list[Done]:
    """Return lines of the trail in words, in one query. known: names of metrics by code.

    A second one names the metrics that were taken away since, when there are any.
    """
    people = {_person(line) for line in lines}
    names = tenants.list_actor_names({line.actor for line in lines} | people)
    codes = {str(line.payload["metric"]) for line in lines if "metric" in line.payload}
    metric_names = {**known, **history.list_names(codes - known.keys())}
    return [_done(line, names, metric_names) for line in lines]


def _done(line: audit.Line, names: Mapping[str, str], metric_names: Mapping[str, str]) -> Done:
    """Return a line of the trail in words, with the names of whom and what it is about."""
    what = words.done(
        line.action,
        part=str(line.payload.get("part") or line.payload.get("function", "")),
        person=names.get(_person(line), ""),
        metric=metric_names.get(str(line.payload.get("metric", "")), ""),
    )
    return Done(line.at, names[line.actor], words.initials(names[line.actor]), what)


def _person(line: audit.Line) -> str:
    """Return whom a line is about, as the names of the trail are asked for."""
    return f"person:{line.payload.get('person', '')}"
