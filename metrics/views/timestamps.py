"""When a metric's figures happened and when they were entered, and what that does to its weeks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from common import formats
from common.web import Request
from tenants.access import needs
from tenants.rules import Permission, can
from tenants.views.saving import Done, attempt, save

from .. import queries
from ..actions import timestamps as actions
from ..forms import timestamps as forms
from ..models import Metric
from ..queries import timestamps as reads
from ..queries.timestamps import Timing
from ..rules.feeds import duration
from ..rules.kinds import KINDS
from ..rules.timestamps import Bias, BothWays
from .editing import edits, own_metric


@dataclass(frozen=True, slots=True)
class Line:
    """A source of the metric as the page prints it."""

    timing: Timing
    url: str

    @property
    def median(self) -> str:
        return _late(self.timing.delays.median if self.timing.delays else None)

    @property
    def p90(self) -> str:
        return _late(self.timing.delays.p90 if self.timing.delays else None)

    @property
    def p95(self) -> str:
        return _late(self.timing.delays.p95 if self.timing.delays else None)

    @property
    def within_day(self) -> str:
        share = self.timing.delays.within_day if self.timing.delays else None
        return formats.measure(share, "share", 1, get_language())

    @property
    def kept(self) -> str:
        """Return yes or no where a rule asks for it and the time of entry is told."""
        rule, delays = self.timing.rule, self.timing.delays
        if rule is None or delays is None or delays.p95 is None:
            return ""
        return "yes" if delays.within(rule.limit_hours) else "no"


@dataclass(frozen=True, slots=True)
class Week:
    """A week's value both ways in words."""

    found: BothWays
    by_event: str
    by_entry: str
    off: str


@require_safe
@needs(Permission.BROWSE)
def timestamp_list(request: Request, slug: str, code: str) -> HttpResponse:
    """Show for each source of a metric how late it is entered, and the bias that this would make."""
    metric = queries.get_metric(code)
    timings = reads.list_timings(metric, now=request.now)
    bias = reads.read_bias(metric, now=request.now)
    changes = bool(can(request.member.actor, Permission.CHANGE_METRIC))
    context = {
        **_around(slug, metric),
        "title": finding(metric, bias),
        "lines": [
            Line(one, reverse("timestamp_edit", args=[slug, code, one.source.code]))
            for one in timings
        ],
        "weeks": [_week(metric, one) for one in bias.weeks] if bias.moved is not None else [],
        "events_only": KINDS[metric.kind].per_time,
        "may": changes and not queries.change_refusal(metric, request.member),
    }
    return render(request, "metrics/timestamps.html", context)


@edits
@needs(Permission.CHANGE_METRIC)
def timestamp_edit(request: Request, slug: str, code: str, source: str) -> HttpResponse:
    """Say what the two times of a metric from a source are."""
    metric, sender = own_metric(request, code), queries.get_source(source)
    row = reads.find_rule(metric, sender)
    listed = reverse("timestamp_list", args=[slug, code])

    def act(**values: Any) -> Done:
        actions.write_rule(metric=metric, source=sender, by=request.member, **values)
        return Done("Saved.", listed)

    def stands() -> dict[str, Any]:
        return forms.rule_values(reads.find_rule(metric, sender), none_yet=actions.NONE_YET)

    around = _around(slug, metric)
    context = {
        **around,
        "crumbs": [*around["crumbs"], {"url": listed, "label": _("Times")}],
        "title": f"Times of {metric.name} from {sender.name}",
        "submit": "Save",
        "cancel_url": listed,
        "source": sender,
        "row": row if row is not None and row.in_force else None,
    }
    form = forms.TimestampRuleForm(request.POST or None, initial=stands())
    template = "metrics/edit_timestamps.html"
    return save(request, form, act, template=template, context=context, now=stands)


@require_POST
@needs(Permission.CHANGE_METRIC)
def timestamp_end(request: Request, slug: str, code: str, source: str) -> HttpResponse:
    """Let a rule hold no more."""
    metric = own_metric(request, code)
    row = reads.find_rule(metric, queries.get_source(source))
    if row is None:
        raise Http404
    listed = reverse("timestamp_list", args=[slug, code])

    def act() -> Done:
        actions.end_rule(row=row, by=request.member, now=request.now)
        return Done("The rule holds no more.", listed)

    return attempt(request, act, back=listed)


def finding(metric: Metric, bias: Bias) -> str:
    """Return the sentence that the page begins with."""
    if bias.moved is None:
        return _("No source of %(metric)s says when it was entered.") % {"metric": metric.name}
    locale = get_language()
    names = {
        "metric": metric.name,
        "moved": formats.measure(bias.moved, "share", 1, locale),
        "off": _off(metric, bias.largest),
    }
    if not bias.largest:
        return _("By time of entry no week of %(metric)s would be another.") % names
    return (
        _(
            "By time of entry %(moved)s of the figures lie in another week; one week is off by %(off)s."
        )
        % names
    )


def _week(metric: Metric, found: BothWays) -> Week:
    locale = get_language()

    def said(value: float | None) -> str:
        if KINDS[metric.kind].per_time:
            return formats.summed(value, locale)
        return formats.measure(value, metric.unit, metric.decimals, locale)

    return Week(found, said(found.by_event), said(found.by_entry), _off(metric, found.off))


def _off(metric: Metric, value: float | None) -> str:
    if value is None:
        return ""
    if KINDS[metric.kind].per_time:
        words = ngettext("%(n)s event", "%(n)s events", abs(round(value)))
        return words % {"n": formats.exact(value, get_language())}
    return formats.difference(value, metric.unit, metric.decimals, get_language())


def _late(hours: float | None) -> str:
    """Return a delay of entry in words."""
    if hours is None:
        return ""
    return _("before it happened") if hours < 0 else duration(hours * 60)


def _around(slug: str, metric: Metric) -> dict[str, Any]:
    return {
        "nav_current": "metrics",
        "metric": metric,
        "crumbs": [
            {"url": reverse("metric_list", args=[slug]), "label": "Metrics"},
            {"url": reverse("metric", args=[slug, metric.code]), "label": metric.name},
        ],
    }
