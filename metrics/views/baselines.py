"""The page of a metric's baseline: what history shows, what the plan can see, the lock."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from common import formats
from common.web import Request
from portfolio import queries as portfolio
from portfolio import rules as path
from portfolio.models import Pilot
from portfolio.views import archived
from tenants.access import needs
from tenants.rules import Permission, can
from tenants.views.saving import Done, attempt, save

from .. import queries
from ..actions import baselines as actions
from ..forms import baselines as forms
from ..models import Baseline, PilotMetric
from ..queries import verdicts
from ..rules import baselines as rules
from .editing import PILOTS, own_pilot, pilot_crumbs, target_words

edits = require_http_methods(["GET", "HEAD", "POST"])


@require_safe
@needs(Permission.BROWSE)
def baseline(request: Request, slug: str, code: str, key: UUID) -> HttpResponse:
    """Show the baseline of a metric, and what stands between it and its lock."""
    pilot = portfolio.get_pilot(code)
    row = queries.get_target(pilot, key)
    found = verdicts.find_baseline(row)
    compared = found is not None and found.comparison_id is not None
    parts = portfolio.parts_of(request.member.person_id, pilot)

    def open_to(permission: Permission) -> bool:
        return pilot.archived_at is None and bool(can(request.member.actor, permission, parts))

    number = path.week_number(
        start_date=pilot.start_date, day=verdicts.judged_day(row, request.now)
    )
    grain = found.grain if found else Baseline.Grain.WEEK
    window = verdicts.baseline_window(row, compared=compared, now=request.now, grain=grain)
    pending = found is not None and _is_pending(found, request.now)
    if found is not None and pending:
        actions.call_planner(found)
    context = {
        **_around(slug, pilot, row),
        "baseline": found,
        "window": window,
        "daily": grain == Baseline.Grain.DAY,
        "few_weeks": is_short_of_weeks(found, window),
        "least_weeks": rules.LEAST_PLAIN_WEEKS,
        "level_words": LEVEL_WORDS[found.level if found and found.level else window.level],
        "weak": found is not None and actions.is_weak(found),
        "pending": pending,
        "offers": offers(found, row) if found else [],
        "after_weeks": rules.AFTER_WEEKS,
        "plan_words": PLAN_WORDS.get((found.plan or {}).get("reason", ""), "") if found else "",
        "matters_words": stated(found.matters, row) if found else "",
        "swing_words": stated(found.season_swing, row) if found else "",
        "finding": finding(found, row),
        "blockers": blockers(
            found, row, number=number, window=window, pending=pending, now=request.now
        )
        if found
        else [],
        "superseded": verdicts.list_superseded(row),
        "may_lock": open_to(Permission.LOCK_BASELINE),
        "may_accept": open_to(Permission.AGREE_TARGET),
        "may_replace": open_to(Permission.CHANGE_LOCKED_BASELINE),
        **archived.around(request, pilot),
    }
    return render(request, "metrics/baseline.html", context)


@edits
@needs(Permission.LOCK_BASELINE)
def baseline_edit(request: Request, slug: str, code: str, key: UUID) -> HttpResponse:
    """Write the draft of a baseline, or change it."""
    pilot = own_pilot(request, code, Permission.LOCK_BASELINE)
    if closed := archived.instead_of_form(request, pilot):
        return closed
    row = queries.get_target(pilot, key)
    found = verdicts.find_baseline(row)
    address = reverse("baseline", args=[slug, code, key])

    def act(**values: Any) -> Done:
        actions.draft_baseline(row=row, by=request.member, now=request.now, **values)
        return Done("Saved. What this plan can see is worked out now.", address)

    window = verdicts.baseline_window(row, compared=False, now=request.now)
    chosen = request.POST.get("grain") or (found.grain if found else "")
    daily = chosen == Baseline.Grain.DAY or verdicts.may_be_daily(row, window, request.now)
    context = {
        **_around(slug, pilot, row),
        "baseline": found,
        "window": window,
        "cancel_url": address,
    }
    lines = verdicts.list_comparable(row)
    if found is None:
        proposed = verdicts.propose_matters(row, window)
        initial = {"matters": forms.proposed_change(proposed, row.metric)}
        new = forms.NewBaselineForm(
            request.POST or None, metric=row.metric, lines=lines, daily=daily, initial=initial
        )
        return save(request, new, act, template="metrics/edit_baseline.html", context=context)
    return save(
        request,
        forms.BaselineForm(
            request.POST or None,
            metric=row.metric,
            lines=lines,
            daily=daily,
            initial=forms.baseline_values(found),
        ),
        act,
        template="metrics/edit_baseline.html",
        context=context,
        now=lambda: forms.baseline_values(verdicts.find_baseline(row) or found),
    )


@edits
@needs(Permission.AGREE_TARGET)
def baseline_accept(request: Request, slug: str, code: str, key: UUID) -> HttpResponse:
    """Accept by name that the plan cannot see the change that matters."""
    pilot = own_pilot(request, code, Permission.AGREE_TARGET)
    if closed := archived.instead_of_form(request, pilot):
        return closed
    row = queries.get_target(pilot, key)
    found = _get(row)

    def act(version: int, reason: str) -> Done:
        actions.accept_plan(
            baseline=found, version=version, by=request.member, now=request.now, reason=reason
        )
        words = "You accepted that this plan may end without a clear answer."
        return Done(words, reverse("baseline", args=[slug, code, key]))

    return _reason(request, act, row, title="Accept a plan that sees too little", submit="Accept")


@require_POST
@needs(Permission.LOCK_BASELINE)
def baseline_lock(request: Request, slug: str, code: str, key: UUID) -> HttpResponse:
    """Lock the baseline as it was seen."""
    pilot = own_pilot(request, code, Permission.LOCK_BASELINE)
    row = queries.get_target(pilot, key)
    found = _get(row)
    address = reverse("baseline", args=[slug, code, key])
    form = forms.SeenForm(request.POST)

    def act() -> Done:
        seen = form.cleaned_data["version"] if form.is_valid() else 0
        actions.lock_baseline(baseline=found, version=seen, by=request.member, now=request.now)
        return Done(f"The baseline of {row.metric.name} is locked.", address)

    return attempt(request, act, back=address)


@edits
@needs(Permission.CHANGE_LOCKED_BASELINE)
def baseline_replace(request: Request, slug: str, code: str, key: UUID) -> HttpResponse:
    """Replace a locked baseline by a new draft, with a reason."""
    pilot = own_pilot(request, code, Permission.CHANGE_LOCKED_BASELINE)
    if closed := archived.instead_of_form(request, pilot):
        return closed
    row = queries.get_target(pilot, key)
    found = _get(row)

    def act(version: int, reason: str) -> Done:
        actions.supersede_baseline(
            baseline=found, version=version, by=request.member, now=request.now, reason=reason
        )
        words = "Replaced. The old baseline stays below; the new one is a draft."
        return Done(words, reverse("baseline", args=[slug, code, key]))

    return _reason(request, act, row, title="Replace a locked baseline", submit="Replace it")


PLAN_WORDS = {
    "too_few": "There are too few figures to say what it can see.",
    "no_variation": "The figures are all the same, so nothing tells how sure a change would be.",
}
LEVEL_WORDS = {
    "A": "against a comparison line that the pilot does not touch",
    "B": "against own history, with its season and trend taken out",
    "C": "plain before and after: the season can stand in for the pilot",
}


def is_short_of_weeks(found: Baseline | None, window: rules.Window) -> bool:
    """Return whether a draft compares weeks of which there are too few for any verdict."""
    draft = found is not None and found.locked_at is None
    few = window.level == Baseline.Level.BEFORE_AFTER and not window.daily
    return draft and few and len(window.periods) < rules.LEAST_PLAIN_WEEKS


def length(found: Baseline) -> str:
    """Return how much a locked baseline was made of, in words."""
    return f"{len(found.weeks or [])} {found.grain}s"


def size(change: float | None, row: PilotMetric) -> str:
    """Return how large a change is, in words without a sign: "2.0 pts"."""
    return formats.difference(change, row.metric.unit, row.metric.decimals).lstrip("+")


def stated(change: float | None, row: PilotMetric) -> str:
    """Return how large a change is that somebody stated, with every digit of it."""
    return formats.stated(change, row.metric.unit, row.metric.decimals)


def finding(found: Baseline | None, row: PilotMetric) -> str:
    """Return the page in one sentence."""
    unit, decimals = row.metric.unit, row.metric.decimals
    if found is None:
        return (
            "No baseline yet. It says what was usual before the pilot, and cannot be chosen later."
        )
    if found.locked_at is not None:
        return f"Locked: {formats.measure(found.value, unit, decimals)} over {length(found)}."
    seen = actions.detectable(found)
    if found.plan is None:
        return "A draft. What it can see is not known yet."
    if seen is None:
        return "A draft. Nothing tells which change this plan could see."
    sees, matters = size(seen, row), stated(found.matters, row)
    if actions.is_weak(found):
        return f"This plan sees a change of {sees} or more; {matters} would already matter."
    return f"This plan sees a change of {sees} or more, and {matters} matter."


def blockers(
    found: Baseline,
    row: PilotMetric,
    *,
    number: int,
    window: rules.Window,
    pending: bool,
    now: datetime,
) -> list[str]:
    """Return what stands between a draft and its lock, each as what is to be done."""
    doing, agreed = [], queries.find_agreed(row)
    if row.target is None:
        doing.append("Set a target.")
    elif agreed is None:
        doing.append("Let the sponsor or an executive agree the target.")
    elif agreed.number < window.definition:
        doing.append("Let the sponsor or an executive agree again: the wording has changed since.")
    if window.daily and verdicts.count_weeks(row, now) >= rules.LEAST_PLAIN_WEEKS:
        doing.append("Change the draft to compare weeks: enough of them are usable by now.")
    elif window.daily and len(window.periods) < rules.LEAST_DAYS:
        doing.append(
            f"Send figures of {rules.LEAST_DAYS} days up to the end of week 2, or compare weeks:"
            f" {len(window.periods)} are usable so far."
        )
    elif window.value is None:
        doing.append(
            "Send figures: no week up to week 2 has one by the wording that holds at its end."
        )
    if actions.is_weak(found) and found.accepted_at is None:
        doing.append("Let the sponsor or an executive accept a plan that may see too little.")
    aside_until = verdicts.aside_until(row, found.comparison_id, now)
    if aside_until is not None:
        moment = formats.moment(aside_until, row.metric.zone)
        doing.append(
            f"Wait for a week that takes too long to compute: it is tried again at {moment}."
        )
    elif verdicts.are_figures_due(row, found.comparison_id):
        doing.append("Wait a few seconds: figures that arrived are still being added up.")
    if pending:
        doing.append("Wait a few seconds: what the plan can see is worked out now.")
    if number <= rules.LAST_WEEK:
        day = rules.lock_day(first_monday=path.first_monday(row.pilot.start_date))
        doing.append(f"Wait until {formats.day(day)}: the baseline ends with week 2.")
    return doing


def offers(found: Baseline, row: PilotMetric) -> list[dict[str, Any]]:
    """Return the rows of the table that says what more history or more weeks after would buy."""
    plan: dict[str, Any] = found.plan or {}
    rows: dict[int, list[str]] = {}
    for offer in plan.get("offers", []):
        rows.setdefault(offer["history"], []).append(size(offer["mde"], row))
    return [{"history": history, "cells": cells} for history, cells in rows.items()]


def _reason(
    request: Request, act: Any, row: PilotMetric, *, title: str, submit: str
) -> HttpResponse:
    """Ask for a reason, and do what it is for."""
    slug, found = request.tenant.slug, _get(row)
    context = {
        **_around(slug, row.pilot, row),
        "title": title,
        "submit": submit,
        "baseline": found,
        "finding": finding(found, row),
        "cancel_url": reverse("baseline", args=[slug, row.pilot.code, row.pk]),
    }
    form = forms.ReasonForm(request.POST or None, initial={"version": found.version})
    return save(
        request,
        form,
        act,
        template="metrics/edit_reason.html",
        context=context,
        now=lambda: {"version": _get(row).version},
    )


def _around(slug: str, pilot: Pilot, row: PilotMetric) -> dict[str, Any]:
    return {
        **PILOTS,
        "pilot": pilot,
        "row": row,
        "metric": row.metric,
        "target_words": target_words(row),
        "crumbs": pilot_crumbs(slug, pilot),
    }


def _is_pending(found: Baseline, now: datetime) -> bool:
    """Return whether a draft's plan is not the one that its history calls for."""
    if found.locked_at is not None:
        return False
    return not verdicts.plan_history(found, now).is_of(found.plan)


def _get(row: PilotMetric) -> Baseline:
    """Return the baseline in force or its draft; 404 when there is none."""
    found = verdicts.find_baseline(row)
    if found is None:
        raise Http404("no baseline")
    return found
