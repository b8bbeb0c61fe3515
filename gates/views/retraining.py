"""The pages of what calls for training a pilot's model anew."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from common import formats
from common.web import Request
from metrics import queries as metrics
from portfolio import queries as portfolio
from portfolio import rules as path
from portfolio.views import archived
from tenants import queries as tenants
from tenants.access import needs
from tenants.rules import Permission, can
from tenants.views.saving import Done, attempt, save

from .. import forms
from ..actions import retraining as actions
from ..models import TriggerFiring
from ..queries import retraining, watch
from ..queries.retraining import Line, say_threshold
from .frame import around, below, edits, own_pilot


def _finding(lines: list[Line], firings: list[TriggerFiring]) -> str:
    """Return the sentence that the page begins with."""
    if any(not one.tried and one.answered_at is None for one in firings):
        return _("The model is to be trained anew: nobody said yet what was done.")
    if not lines:
        return _("No figure is named that calls for training the model anew.")
    ready = sum(not one.lacks for one in lines)
    return ngettext(
        "%(ready)s of %(of)s trigger was tried and answered.",
        "%(ready)s of %(of)s triggers were tried and answered.",
        len(lines),
    ) % {"ready": ready, "of": len(lines)}


@require_safe
@needs(Permission.BROWSE)
def retraining_list(request: Request, slug: str, code: str) -> HttpResponse:
    """Show which figures call for training, who is told, and each time one did."""
    pilot = portfolio.get_pilot(code)
    day = path.local_day(request.now, pilot.site.zone)
    lines, firings = retraining.list_lines(pilot, day=day), retraining.list_firings(pilot)
    parts = portfolio.parts_of(request.member.person_id, pilot)
    live = pilot.archived_at is None
    may = live and bool(can(request.member.actor, Permission.SUBMIT_EVIDENCE, parts))
    context = {
        **around(request, pilot),
        "finding": _finding(lines, firings),
        "lines": lines,
        "firings": [
            {
                "row": one,
                "words": say_threshold(one.trigger, one.side, one.threshold),
                "readings": _readings(one),
                "may": live and retraining.may_answer(one, request.member.id, parts),
            }
            for one in firings
        ],
        "set_aside": [
            (one, retraining.say_rule(one)) for one in retraining.list_archived_triggers(pilot)
        ],
        "may": may,
        **watch.of_pilot(pilot, slug=slug, now=request.now, stopped=watch.is_stopped(pilot)),
    }
    return render(request, "gates/retraining.html", context)


def _readings(firing: TriggerFiring) -> str:
    metric = firing.trigger.metric
    return ", ".join(
        formats.measure(value, metric.unit, metric.decimals) for _week, value in firing.readings
    )


@edits
@needs(Permission.SUBMIT_EVIDENCE)
def trigger_new(request: Request, slug: str, code: str) -> HttpResponse:
    """Write down which figure calls for training."""
    pilot = own_pilot(request, code, Permission.SUBMIT_EVIDENCE)
    if closed := archived.instead_of_form(request, pilot):
        return closed

    def act(**values: Any) -> Done:
        actions.add_trigger(pilot=pilot, by=request.member, **values)
        return Done("The trigger is written down. Try it next.", _home(slug, code))

    form = forms.NewTriggerForm(
        request.POST or None, metrics=metrics.list_metrics(), members=tenants.list_members()
    )
    context = {
        **below(request, pilot, "retraining", _("Retraining")),
        "title": "Name a figure that calls for training",
        "submit": "Write it down",
        "note": "It looks at whole weeks, every hour, from now on.",
    }
    return save(request, form, act, template="gates/edit.html", context=context)


@edits
@needs(Permission.SUBMIT_EVIDENCE)
def trigger_edit(request: Request, slug: str, code: str, key: UUID) -> HttpResponse:
    """Change a trigger."""
    row = retraining.get_trigger(portfolio.get_pilot(code), key)
    pilot = own_pilot(request, code, Permission.SUBMIT_EVIDENCE)
    if closed := archived.instead_of_form(request, pilot):
        return closed

    def act(**values: Any) -> Done:
        actions.change_trigger(row=row, by=request.member, **values)
        return Done("Saved.", _home(slug, code))

    form = forms.TriggerForm(
        request.POST or None,
        figure=row.metric,
        members=tenants.list_members(),
        initial=forms.trigger_values(row),
    )
    context = {
        **below(request, pilot, "retraining", _("Retraining")),
        "title": retraining.say_rule(row),
        "submit": "Save",
        "lead": _("It looks at %(figure)s. For another figure, write down another trigger.")
        % {"figure": row.metric.name},
        "note": "Once changed it is to be tried anew, and a gate that was passed on it opens again.",
        "archive_url": ""
        if row.archived_at
        else reverse("trigger_archive", args=[slug, code, row.pk]),
        "archive_words": "It fires no more. What it did stays, and it can be brought back.",
    }
    return save(
        request,
        form,
        act,
        template="gates/edit.html",
        context=context,
        now=lambda: forms.trigger_values(retraining.get_trigger(pilot, key)),
    )


@require_POST
@needs(Permission.SUBMIT_EVIDENCE)
def trigger_archive(request: Request, slug: str, code: str, key: UUID) -> HttpResponse:
    """Put a trigger aside."""
    row = retraining.get_trigger(portfolio.get_pilot(code), key)
    own_pilot(request, code, Permission.SUBMIT_EVIDENCE)

    def act() -> Done:
        actions.archive_trigger(row=row, by=request.member, now=request.now)
        return Done("The trigger is archived.", _home(slug, code))

    return attempt(request, act, back=_home(slug, code))


@require_POST
@needs(Permission.SUBMIT_EVIDENCE)
def trigger_restore(request: Request, slug: str, code: str, key: UUID) -> HttpResponse:
    """Bring a trigger back."""
    row = retraining.get_trigger(portfolio.get_pilot(code), key)
    own_pilot(request, code, Permission.SUBMIT_EVIDENCE)

    def act() -> Done:
        actions.restore_trigger(row=row, by=request.member)
        return Done("The trigger is back.", _home(slug, code))

    return attempt(request, act, back=_home(slug, code))


@require_POST
@needs(Permission.SUBMIT_EVIDENCE)
def trigger_try(request: Request, slug: str, code: str, key: UUID) -> HttpResponse:
    """Fire a trigger as a trial."""
    row = retraining.get_trigger(portfolio.get_pilot(code), key)
    own_pilot(request, code, Permission.SUBMIT_EVIDENCE)

    def act() -> Done:
        actions.try_trigger(row=row, by=request.member, now=request.now)
        return Done(f"{row.receiver.person.name} is asked to answer.", _home(slug, code))

    return attempt(request, act, back=_home(slug, code))


@edits
@needs(Permission.BROWSE)
def firing_answer(request: Request, slug: str, code: str, key: UUID) -> HttpResponse:
    """Say what was done about a firing, or that a trial arrived."""
    pilot = portfolio.get_pilot(code)
    row = retraining.get_firing(pilot, key)
    if closed := archived.instead_of_form(request, pilot):
        return closed
    parts = portfolio.parts_of(request.member.person_id, pilot)
    if request.method != "POST" and not retraining.may_answer(row, request.member.id, parts):
        return redirect(_home(slug, code))

    def act(**values: Any) -> Done:
        actions.answer_firing(row=row, by=request.member, now=request.now, **values)
        return Done("The answer is kept.", _home(slug, code))

    rule = retraining.say_rule(row.trigger)
    context = {
        **below(request, pilot, "retraining", _("Retraining")),
        "title": _("A trial: does it reach you?")
        if row.tried
        else _("The model calls for training"),
        "lead": f"{rule}. {row.trigger.task}",
        "submit": "Keep it",
        "note": "It is answered once, and stays to be seen.",
    }
    return save(
        request,
        forms.AnswerForm(request.POST or None),
        act,
        template="gates/edit.html",
        context=context,
    )


def _home(slug: str, code: str) -> str:
    return reverse("retraining", args=[slug, code])
