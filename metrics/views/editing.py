"""Pages that define metrics, word them anew, and judge pilots by them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import get_language
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from common import formats
from common.web import Request
from portfolio import queries as portfolio
from portfolio.models import Pilot
from portfolio.views.archived import instead_of_form
from tenants.access import needs, require
from tenants.rules import Permission, can
from tenants.views.saving import Done, attempt, save

from .. import queries
from ..actions import definitions, targets
from ..forms import editing as forms
from ..models import Metric, PilotMetric
from ..queries import verdicts
from ..rules.kinds import KINDS, TABLE

METRICS = {"nav_current": "metrics"}
PILOTS = {"nav_current": "portfolio"}
edits = require_http_methods(["GET", "HEAD", "POST"])


@edits
@needs(Permission.DEFINE_METRIC)
def metric_new(request: Request, slug: str) -> HttpResponse:
    """Define a metric: first what kind of number it is, then the rest with examples for it.

    With `pilot` in the address, saving goes on to that pilot's target.
    """
    kind, pilot = request.GET.get("kind", ""), request.GET.get("pilot", "")
    around = {**METRICS, "crumbs": _metric_crumbs(slug), "pilot_code": pilot}
    if kind not in KINDS:
        return render(request, "metrics/choose_kind.html", {**around, "kinds": TABLE})

    def act(**values: Any) -> Done:
        metric = definitions.add_metric(by=request.member, now=request.now, **values)
        words = f"{metric.name} is defined. Systems send it as “{metric.code}”."
        return Done(words, _after_metric(slug, metric, pilot))

    initial = {"direction": KINDS[kind].direction, "unit": KINDS[kind].units[0]}
    form = forms.NewMetricForm(request.POST or None, kind=kind, initial=initial)
    context = {
        **around,
        "title": "Define a metric",
        "submit": "Define the metric",
        "kind": KINDS[kind],
        "cancel_url": reverse("metric_list", args=[slug]),
    }
    return save(request, form, act, template="metrics/edit_metric.html", context=context)


def _after_metric(slug: str, metric: Metric, pilot: str) -> str:
    """Return where a new metric leads: to the target of the pilot that asked, else to its page."""
    if portfolio.find_pilot(pilot) is None:
        return reverse("metric", args=[slug, metric.code])
    return reverse("target_new", args=[slug, pilot]) + f"?metric={metric.code}"


@edits
@needs(Permission.CHANGE_METRIC)
def metric_edit(request: Request, slug: str, code: str) -> HttpResponse:
    """Change a metric; archive it or bring it back below."""
    metric = own_metric(request, code)
    measured = queries.is_measured(metric)

    def act(**values: Any) -> Done:
        definitions.change_metric(metric=metric, by=request.member, **values)
        return Done("Saved.", reverse("metric", args=[slug, code]))

    verb = "restore" if metric.archived_at else "archive"
    context = {
        **METRICS,
        "crumbs": _metric_crumbs(slug, metric),
        "title": f"Edit {metric.name}",
        "submit": "Save",
        "metric": metric,
        "measured": measured,
        "kind": KINDS[metric.kind],
        "cancel_url": reverse("metric", args=[slug, code]),
        "archive_url": reverse(f"metric_{verb}", args=[slug, code]),
        "wordings": queries.list_definitions(metric),
    }
    form = forms.MetricForm(
        request.POST or None,
        metric=metric,
        measured=measured,
        initial=forms.metric_values(metric),
    )
    return save(
        request,
        form,
        act,
        template="metrics/edit_metric.html",
        context=context,
        now=lambda: forms.metric_values(queries.get_metric(code)),
    )


@require_POST
@needs(Permission.CHANGE_METRIC)
def metric_archive(request: Request, slug: str, code: str) -> HttpResponse:
    """Archive a metric that no pilot is judged by."""
    metric = own_metric(request, code)

    def act() -> Done:
        definitions.archive_metric(metric=metric, by=request.member, now=request.now)
        return Done(
            f"{metric.name} is archived. Its figures are kept.",
            reverse("metric_archived", args=[slug]),
        )

    return attempt(request, act, back=reverse("metric_edit", args=[slug, code]))


@require_POST
@needs(Permission.DEFINE_METRIC)
def metric_restore(request: Request, slug: str, code: str) -> HttpResponse:
    """Bring a metric back."""
    metric = queries.get_metric(code)

    def act() -> Done:
        definitions.restore_metric(metric=metric, by=request.member)
        return Done(f"{metric.name} is back.", reverse("metric", args=[slug, code]))

    return attempt(request, act, back=reverse("metric_archived", args=[slug]))


@require_safe
@needs(Permission.BROWSE)
def metric_archived(request: Request, slug: str) -> HttpResponse:
    """List the archived metrics."""
    may = bool(can(request.member.actor, Permission.DEFINE_METRIC))
    context = {**METRICS, "metrics": queries.list_archived_metrics(), "may": may}
    return render(request, "metrics/archived.html", context)


@edits
@needs(Permission.CHANGE_METRIC)
def definition_new(request: Request, slug: str, code: str) -> HttpResponse:
    """Word a metric anew from a day on."""
    metric = own_metric(request, code)
    address = reverse("metric", args=[slug, code])

    def act(**values: Any) -> Done:
        wording = definitions.add_definition(metric=metric, by=request.member, **values)
        day = formats.day(wording.valid_from)
        return Done(f"Version {wording.number} holds from {day}.", address)

    today = request.now.astimezone(ZoneInfo(metric.zone)).date()
    initial = {
        **forms.definition_values(queries.latest_definition(metric)),
        "valid_from": today + timedelta(days=7 - today.weekday()),
    }
    context = {
        **METRICS,
        "crumbs": _metric_crumbs(slug, metric),
        "metric": metric,
        "wordings": queries.list_definitions(metric),
        "cancel_url": address,
    }
    form = forms.DefinitionForm(request.POST or None, kind=metric.kind, initial=initial)
    return save(request, form, act, template="metrics/edit_definition.html", context=context)


@edits
@needs(Permission.EDIT_PILOT)
def target_new(request: Request, slug: str, code: str) -> HttpResponse:
    """Judge a pilot by a metric: first which metric, then role and target in its unit."""
    pilot = own_pilot(request, code, Permission.EDIT_PILOT)
    if closed := instead_of_form(request, pilot):
        return closed
    free = queries.list_free_metrics(pilot)
    wanted = request.GET.get("metric", "")
    metric = next((one for one in free if one.code == wanted), None)
    if metric is None and request.method == "POST" and wanted:
        # Sent a second time: the form's key, or the action, says what became of the first.
        metric = queries.get_metric(wanted)
    around = {**PILOTS, "pilot": pilot, "crumbs": pilot_crumbs(slug, pilot)}
    if metric is None:
        may_define = bool(can(request.member.actor, Permission.DEFINE_METRIC))
        context = {**around, "metrics": free, "may_define": may_define}
        return render(request, "metrics/choose_metric.html", context)

    def act(**values: Any) -> Done:
        targets.add_target(pilot=pilot, metric=metric, by=request.member, **values)
        verb = "is judged by" if values["role"] == "primary" else "also watches"
        words = f"{pilot.name} {verb} {metric.name}."
        if values["target"] is not None:
            words += " Its target waits to be agreed by the sponsor or an executive."
        return Done(words, reverse("pilot", args=[slug, code]))

    currency = request.tenant.currency
    form = forms.NewTargetForm(request.POST or None, metric=metric, currency=currency)
    context = {
        **around,
        "metric": metric,
        "title": f"Judge {pilot.name} by {metric.name}",
        "submit": "Add the metric",
        "cancel_url": reverse("pilot", args=[slug, code]),
    }
    return save(request, form, act, template="metrics/edit_target.html", context=context)


@edits
@needs(Permission.EDIT_PILOT)
def target_edit(request: Request, slug: str, code: str, key: UUID) -> HttpResponse:
    """Change role, target or money; another target withdraws the agreement."""
    pilot = own_pilot(request, code, Permission.EDIT_PILOT)
    if closed := instead_of_form(request, pilot):
        return closed
    row = queries.get_target(pilot, key)

    def act(**values: Any) -> Done:
        saved = targets.change_target(row=row, by=request.member, **values)
        withdrawn = row.agreed_at is not None and saved.agreed_at is None
        words = "Saved. The agreement is withdrawn: the sponsor agrees anew." if withdrawn else ""
        return Done(words or "Saved.", reverse("pilot", args=[slug, code]))

    parts = portfolio.parts_of(request.member.person_id, pilot)
    context = {
        **PILOTS,
        "pilot": pilot,
        "row": row,
        "metric": row.metric,
        "crumbs": pilot_crumbs(slug, pilot),
        "title": f"{row.metric.name} in {pilot.name}",
        "submit": "Save",
        "cancel_url": reverse("pilot", args=[slug, code]),
        "target_words": target_words(row),
        "held": verdicts.find_holding(row),
        "may_agree": bool(can(request.member.actor, Permission.AGREE_TARGET, parts)),
    }
    form = forms.TargetForm(
        request.POST or None,
        metric=row.metric,
        currency=request.tenant.currency,
        initial=forms.target_values(row),
    )
    return save(
        request,
        form,
        act,
        template="metrics/edit_target.html",
        context=context,
        now=lambda: forms.target_values(queries.get_target(pilot, key)),
    )


@edits
@needs(Permission.AGREE_TARGET)
def target_agree(request: Request, slug: str, code: str, key: UUID) -> HttpResponse:
    """Show a target and who asks for it; agree to exactly what is shown."""
    pilot = own_pilot(request, code, Permission.AGREE_TARGET)
    if closed := instead_of_form(request, pilot):
        return closed
    row = queries.get_target(pilot, key)

    wordings = queries.list_definitions(row.metric)
    newest = wordings[0]

    def act(**seen: int) -> Done:
        targets.agree_target(row=row, by=request.member, now=request.now, **seen)
        words = f"You agreed: {row.metric.name} {target_words(row)}."
        return Done(words, reverse("pilot", args=[slug, code]))

    context = {
        **PILOTS,
        "pilot": pilot,
        "row": row,
        "metric": row.metric,
        "crumbs": pilot_crumbs(slug, pilot),
        "target_words": target_words(row),
        "wording": newest,
        "agreed": queries.find_agreed(row),
        "wordings": wordings,
        "held": verdicts.find_holding(row),
        "cancel_url": reverse("pilot", args=[slug, code]),
    }
    form = forms.AgreeForm(
        request.POST or None, initial={"version": row.version, "wording": newest.number}
    )
    return save(
        request,
        form,
        act,
        template="metrics/edit_agree.html",
        context=context,
        now=lambda: {
            "version": queries.get_target(pilot, key).version,
            "wording": newest.number,
        },
    )


@require_POST
@needs(Permission.EDIT_PILOT)
def target_retire(request: Request, slug: str, code: str, key: UUID) -> HttpResponse:
    """Stop judging a pilot by a metric."""
    pilot = own_pilot(request, code, Permission.EDIT_PILOT)
    row = queries.get_target(pilot, key)

    def act() -> Done:
        targets.retire_target(row=row, by=request.member, now=request.now)
        words = f"{pilot.name} is no longer judged by {row.metric.name}. Its figures are kept."
        return Done(words, reverse("pilot", args=[slug, code]))

    return attempt(request, act, back=reverse("target_edit", args=[slug, code, key]))


def own_metric(request: Request, code: str) -> Metric:
    """Return the metric when this member may change it in every pilot that uses it; else 403."""
    metric = queries.get_metric(code)
    words = queries.change_refusal(metric, request.member)
    if words:
        raise PermissionDenied(words)
    return metric


def own_pilot(request: Request, code: str, permission: Permission) -> Pilot:
    """Return the pilot when this member may, with the part they have in it; else 403."""
    pilot = portfolio.get_pilot(code)
    require(request, permission, portfolio.parts_of(request.member.person_id, pilot))
    return pilot


def target_words(row: PilotMetric) -> str:
    """Return a target in words: "above 94.0 %"."""
    metric, side = row.metric, row.get_comparison_display()
    return formats.target(row.target, side, metric.unit, metric.decimals, get_language())


def _metric_crumbs(slug: str, metric: Metric | None = None) -> list[dict[str, str]]:
    crumbs = [{"url": reverse("metric_list", args=[slug]), "label": "Metrics"}]
    if metric is not None:
        address = reverse("metric", args=[slug, metric.code])
        crumbs.append({"url": address, "label": metric.name})
    return crumbs


def pilot_crumbs(slug: str, pilot: Pilot) -> list[dict[str, str]]:
    """Return the way to a page below a pilot."""
    return [
        {"url": reverse("board", args=[slug]), "label": "Portfolio"},
        {"url": reverse("pilot", args=[slug, pilot.code]), "label": pilot.name},
    ]
