"""The page of a read-out: the word, the sentence, what it rests on, and the exact inputs."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import get_language
from django.views.decorators.http import require_http_methods, require_safe

from common import charts, formats
from common.web import Request
from portfolio import queries as portfolio
from portfolio import rules as path
from portfolio.views import archived
from tenants.access import needs
from tenants.rules import Permission, can
from tenants.views.saving import Done, save

from .. import queries
from ..actions import acknowledgements
from ..forms import baselines as forms
from ..models import Baseline, Metric, PilotMetric, ReadOut
from ..queries import sentences, verdicts
from ..rules.baselines import pool_weeks
from ..rules.verdict.words import Level
from ..rules.weeks import monday
from .editing import PILOTS, own_pilot, pilot_crumbs

# Two years do not fit on a phone; the table has them all.
CHART = (charts.Size(width=800, height=250, before=None), charts.Size())


@dataclass(frozen=True, slots=True)
class Version:
    """One version of a read-out as the list of versions shows it."""

    read_out: ReadOut
    told: sentences.Told
    standing: bool
    note: Any


@require_safe
@needs(Permission.BROWSE)
def read_out(request: Request, slug: str, code: str, key: UUID, week: int) -> HttpResponse:
    """Show the read-out that stands, and every other version of it."""
    pilot = portfolio.get_pilot(code)
    row = queries.get_target(pilot, key)
    versions = _versions(row, week)
    standing = next((one for one in versions if one.standing), None)
    if standing is None:
        raise Http404("not read out yet")
    parts = portfolio.parts_of(request.member.person_id, pilot)
    metric, result = row.metric, standing.read_out.result
    baseline = standing.read_out.baseline
    context = {
        **PILOTS,
        **archived.around(request, pilot),
        "crumbs": pilot_crumbs(slug, pilot),
        "pilot": pilot,
        "row": row,
        "metric": metric,
        "week": week,
        "target_words": formats.target(
            baseline.target,
            PilotMetric(comparison=baseline.side).get_comparison_display(),
            metric.unit,
            metric.decimals,
            get_language(),
        ),
        "found": standing,
        "result": result,
        "waiting": [one for one in versions[:1] if _is_open(one)],
        "versions": versions,
        "other_weeks": [one for one in verdicts.list_read_weeks(row) if one != week],
        "effect": sentences.change(result["effect"], result, metric),
        "interval": interval(result, row),
        "matters": sentences.matters(result, metric),
        "season": season(baseline, metric) if result["level"] == Level.BEFORE_AFTER else "",
        "worth": sentences.worth(result, row, request.tenant.currency),
        "lines": lines(result),
        "daily": is_daily(result),
        "chart": drawn(result, baseline),
        "chart_label": f"{metric.name} week by week: {standing.told.sentence}",
        "begins": path.first_monday(pilot.start_date),
        "may_acknowledge": pilot.archived_at is None
        and bool(can(request.member.actor, Permission.ACKNOWLEDGE_VERDICT, parts)),
        "chart_sizes": CHART,
    }
    return render(request, "metrics/read_out.html", context)


@require_safe
@needs(Permission.BROWSE)
def read_out_file(
    request: Request, slug: str, code: str, key: UUID, week: int, number: UUID
) -> HttpResponse:
    """Give the exact inputs and results of one version, to be computed again anywhere."""
    row = queries.get_target(portfolio.get_pilot(code), key)
    found = next((one for one in verdicts.list_versions(row, week) if one.pk == number), None)
    if found is None:
        raise Http404("no such version")
    body = {
        "pilot": code,
        "metric": row.metric.code,
        "week": week,
        "version": found.number,
        "as_of": found.as_of.isoformat(),
        "engine": found.engine,
        "digest": bytes(found.digest).hex(),
        "inputs": found.inputs,
        "result": found.result,
    }
    name = f"{slug}-{code}-{row.metric.code}-week-{week}-version-{found.number}.json"
    return HttpResponse(
        json.dumps(body, indent=1),
        content_type="application/json",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


@require_http_methods(["GET", "HEAD", "POST"])
@needs(Permission.ACKNOWLEDGE_VERDICT)
def read_out_acknowledge(
    request: Request, slug: str, code: str, key: UUID, week: int, number: UUID
) -> HttpResponse:
    """Take note by name of a read-out that corrected figures have changed."""
    pilot = own_pilot(request, code, Permission.ACKNOWLEDGE_VERDICT)
    if closed := archived.instead_of_form(request, pilot):
        return closed
    row = queries.get_target(pilot, key)
    found = next((one for one in _versions(row, week) if one.read_out.pk == number), None)
    if found is None:
        raise Http404("no such version")
    address = reverse("read_out", args=[slug, code, key, week])

    def act(version: int, reason: str) -> Done:
        acknowledgements.acknowledge(
            read_out=found.read_out, by=request.member, now=request.now, reason=reason
        )
        return Done("You took note. This version stands from now on.", address)

    context = {
        **PILOTS,
        "crumbs": pilot_crumbs(slug, pilot),
        "pilot": pilot,
        "metric": row.metric,
        "title": "Take note of a changed read-out",
        "submit": "Take note",
        "finding": found.told.sentence,
        "cancel_url": address,
    }
    form = forms.ReasonForm(request.POST or None, initial={"version": 1})
    return save(request, form, act, template="metrics/edit_reason.html", context=context)


@dataclass(frozen=True, slots=True)
class Line:
    """One week or day that counted; expected: what the pilot's absence would have led to expect."""

    day: date
    value: float
    denominator: float
    measured: bool
    expected: float | None


def lines(result: dict[str, Any]) -> list[Line]:
    """Return the weeks or days that counted, oldest first."""
    return [Line(date.fromisoformat(day), *rest) for day, *rest in result["points"]]


@dataclass(frozen=True, slots=True)
class Drawn:
    """What the chart of a read-out shows besides its words. expects: whether it has such a line."""

    points: list[charts.WeekPoint]
    expects: bool
    locked: charts.Baseline
    target: charts.Target | None
    measured: charts.Measured | None


def drawn(result: dict[str, Any], baseline: Baseline) -> Drawn:
    """Return what counted beside what was expected, locked and agreed.

    Plain before and after (level C) expects nothing but the baseline again, which has its line.
    Days are drawn as the weeks they make up: the table has them one by one.
    """
    shown = _weekly(lines(result)) if is_daily(result) else lines(result)
    measured = [one.day for one in shown if one.measured]
    before = sorted(monday(date.fromisoformat(day)) for day, *_ in baseline.weeks or [])
    expects = result["level"] != Level.BEFORE_AFTER and any(
        one.expected is not None for one in shown
    )
    sign = {"lt": "<", "le": "<=", "gt": ">", "ge": ">="}[baseline.side]
    return Drawn(
        points=[
            charts.WeekPoint(one.day, one.value, expected=one.expected if expects else None)
            for one in shown
        ],
        expects=expects,
        locked=charts.Baseline(baseline.value, None, None, since=before[0], through=before[-1]),
        target=charts.Target(baseline.target, sign) if baseline.target is not None else None,
        measured=charts.Measured(result["after"], measured[0], measured[-1])
        if measured and result["after"] is not None
        else None,
    )


def season(baseline: Baseline, metric: Metric) -> str:
    """Return how far somebody stated that the season moves a metric; empty where nobody did."""
    if baseline.season_swing is None:
        return ""
    return formats.stated(baseline.season_swing, metric.unit, metric.decimals)


def is_daily(result: dict[str, Any]) -> bool:
    """Return whether days were compared; results of weeks say nothing of it."""
    return "baseline_days" in result


def _weekly(days: Sequence[Line]) -> list[Line]:
    """Return the weeks that days make up, without what was expected of each."""
    measured = {monday(one.day) for one in days if one.measured}
    weeks = pool_weeks((one.day, one.value, one.denominator) for one in days)
    return [Line(first, value, weight, first in measured, None) for first, value, weight in weeks]


def interval(result: dict[str, Any], row: PilotMetric) -> str:
    """Return the interval of the effect in words; empty where there is none."""
    if result["interval"] is None:
        return ""
    low, high = (sentences.change(end, result, row.metric) for end in result["interval"])
    return f"{low} to {high}"


def _versions(row: PilotMetric, week: int) -> list[Version]:
    """Return every version of a read-out, newest first; one of them stands."""
    found = verdicts.list_versions(row, week)
    stands = next((one for one in found if not one.waits or _note(one)), None)
    return [
        Version(one, sentences.tell(one.result, row.metric), one is stands, _note(one))
        for one in found
    ]


def _is_open(newest: Version) -> bool:
    """Say whether the newest version waits for somebody to take note of it."""
    is_current = newest.read_out.baseline.superseded_at is None
    return newest.read_out.waits and newest.note is None and is_current


def _note(read_out: ReadOut) -> Any:
    """Return who took note of a version; None while nobody did."""
    taken: Any = read_out
    return taken.taken_note[0] if taken.taken_note else None
