"""The tenant's metrics, and how each figure of one metric came about."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from common import charts, formats
from common.web import Request
from portfolio import rules as path
from portfolio.views import words
from tenants import queries as tenants
from tenants.access import needs
from tenants.rules import Permission, can

from .. import queries
from ..models import Metric, Snapshot
from ..queries import board, history
from ..queries.board import Series
from ..queries.history import Item, Moved, Replaced, Wording
from ..rules.gaps import Gap
from ..rules.kinds import KINDS
from ..rules.rare import LEAST, MOST, Between, days_between
from ..rules.units import in_words
from ..rules.weeks import day_start, monday

WEEKS_A_PAGE = 26
ITEMS_A_PAGE = 100
MOST_SPANS = 50
CHART = (charts.Size(width=800, height=250, before=None), charts.Size(before=None))


@dataclass(frozen=True, slots=True)
class Line:
    """One metric in the list."""

    metric: Metric
    url: str
    figure: words.Figure
    values: list[float | None]
    over: int
    label: str
    series: Series | None
    last_day: date | None
    state: str
    pilots: list[history.Use]


@dataclass(frozen=True, slots=True)
class Week:
    """One computed week in words."""

    snapshot: Snapshot
    url: str
    value: str
    numerator: str
    denominator: str
    over: bool
    gap: Gap | None


@dataclass(frozen=True, slots=True)
class Received:
    """One measurement of a week in words, with what it replaced; who and when for each."""

    item: Item
    value: str
    sender: str
    replaced: list[tuple[Replaced, str, str]]


@require_safe
@needs(Permission.BROWSE)
def metric_list(request: Request, slug: str) -> HttpResponse:
    """Show every metric of the tenant with its latest value."""
    series, uses = board.list_series(), history.list_uses()
    lines = [
        line(metric, series.get(metric.pk), uses.get(metric.pk, []), request=request)
        for metric in queries.list_metrics()
    ]
    stopped = sum(line.state == "stopped" for line in lines)
    context = {
        "nav_current": "metrics",
        "title": list_title(len(lines), stopped, sum(line.state == "late" for line in lines)),
        "lines": lines,
        "may_define": bool(can(request.member.actor, Permission.DEFINE_METRIC)),
        "new_url": reverse("metric_new", args=[slug]),
    }
    return render(request, "metrics/list.html", context)


def list_title(count: int, stopped: int, late: int) -> str:
    """Return the finding of the list of metrics."""
    if count == 0:
        return _("No metrics yet.")
    said = [ngettext("%(n)s metric is defined.", "%(n)s metrics are defined.", count)]
    if stopped:
        said.append(
            ngettext("%(n)s has stopped arriving.", "%(n)s have stopped arriving.", stopped)
        )
    if late:
        said.append(ngettext("%(n)s arrives late.", "%(n)s arrive late.", late))
    if not (stopped or late):
        said.append(_("None has stopped arriving."))
    counts = [count, *(n for n in (stopped, late) if n), 0]
    return " ".join(one % {"n": n} for one, n in zip(said, counts, strict=False))


def line(
    metric: Metric, series: Series | None, pilots: list[history.Use], *, request: Request
) -> Line:
    """Return one metric of the list from what was read."""
    mondays, values = charts.filled_weeks(*(series.weeks, series.values) if series else ([], []))
    today = path.local_day(request.now, metric.zone)
    newest = charts.newest(mondays, values, today=today)
    figure = words.figure(newest, metric.unit, metric.decimals, today=today)
    return Line(
        metric=metric,
        url=reverse("metric", args=[request.tenant.slug, metric.code]),
        figure=figure,
        values=values,
        over=sum(charts.is_over(week, today) for week in mondays),
        label=words.line(metric.name, len(values), figure),
        series=series,
        last_day=series.last_day(metric.zone) if series else None,
        state=arrival(series, now=request.now),
        pilots=pilots,
    )


def arrival(series: Series | None, *, now: datetime) -> str:
    """Say whether figures arrive: never, stopped, late or fine."""
    if series is None or series.known_until is None or series.stale_after_hours is None:
        return "never"
    stopped = path.is_stopped(
        known_until=series.known_until, stale_after_hours=series.stale_after_hours, now=now
    )
    if stopped:
        return "stopped"
    return "late" if series.late_since else "fine"


@require_safe
@needs(Permission.BROWSE)
def metric(request: Request, slug: str, code: str) -> HttpResponse:
    """Show a metric's definition, weeks, measurements and their revisions.

    `?week=` opens one week; htmx gets that week alone.
    """
    found = queries.get_metric(code)
    chosen = read_week(request.GET.get("week", ""))
    opened = read_opened(request, found, chosen) if chosen else {"opened": None}
    context = {"metric": found, "here": request.path, **opened}
    if request.htmx and not request.htmx.history_restore_request and chosen:
        response = render(request, "metrics/history.html#opened-week", context)
    else:
        context |= read_around(request, found)
        response = render(request, "metrics/history.html", context)
    response["Vary"] = "HX-Request, Cookie"
    return response


def read_week(text: str) -> date | None:
    """Return the Monday an address asks for; None for none. Raises 404 for what is no Monday."""
    if not text:
        return None
    try:
        week = date.fromisoformat(text)
    except ValueError:
        raise Http404("not a week") from None
    if week != monday(week) or not 1990 <= week.year <= 2200:
        raise Http404("not a week")
    return week


def read_page(text: str) -> int:
    """Return a page number of an address, 1 for anything else."""
    return int(text) if text.isascii() and text.isdigit() and 0 < len(text) < 6 and int(text) else 1


def read_around(request: Request, found: Metric) -> dict[str, Any]:
    """Read everything of a metric but the opened week."""
    page = read_page(request.GET.get("weeks", ""))
    snapshots = history.list_snapshots(
        found.pk, limit=WEEKS_A_PAGE + 1, offset=(page - 1) * WEEKS_A_PAGE
    )
    series = board.list_series([found.pk]).get(found.pk)
    today = path.local_day(request.now, found.zone)
    shown = snapshots[:WEEKS_A_PAGE]
    parts = (
        formats.decimals_of_sums(row.numerator for row in shown),
        formats.decimals_of_sums(row.denominator for row in shown),
    )
    weeks = [
        week(snapshot, found, here=request.path, today=today, parts=parts) for snapshot in shown
    ]
    spans = history.list_coverage(found.pk, limit=MOST_SPANS)
    wordings = history.list_wordings([found.pk])[found.pk]
    changes = bool(can(request.member.actor, Permission.CHANGE_METRIC))
    return {
        "nav_current": "metrics",
        "list_url": reverse("metric_list", args=[request.tenant.slug]),
        "finding": finding(found, series, today=today),
        "series": series,
        "state": arrival(series, now=request.now),
        "last_day": series.last_day(found.zone) if series else None,
        "waiting": history.count_waiting(found.pk),
        "aside": history.list_aside(request.now, metric_id=found.pk),
        "wordings": wordings,
        "spans": spans,
        "senders": tenants.list_actor_names({span.actor for span in spans}),
        "uses": [
            (use, history.agreed_wording(use.agreed_at, wordings))
            for use in history.list_agreed_uses(found.pk)
        ],
        "unit_words": in_words(found.unit),
        "weeks": weeks,
        "gaps": [week for week in weeks if week.gap and week.over],
        "points": [
            charts.WeekPoint(row.week, row.value, row.n, row.numerator, row.denominator)
            for row in shown
        ],
        "chart_label": chart_label(found, shown, today=today),
        "chart_sizes": CHART,
        "between": between(found, series, wordings, today=today),
        "today": today,
        "newer": f"?weeks={page - 1}" if page > 1 else "",
        "older": f"?weeks={page + 1}" if len(snapshots) > WEEKS_A_PAGE else "",
        "may_change": changes,
        "refusal": queries.change_refusal(found, request.member) if changes else "",
    }


def between(
    found: Metric, series: Series | None, wordings: Sequence[Wording], *, today: date
) -> tuple[Between, str] | None:
    """Return the days between rare events and what they say; None where events are not rare.

    Only events as they are worded today.
    """
    known = series.last_day(found.zone) if series else None
    if known is None or not KINDS[found.kind].per_time:
        return None
    since = next((one.begins for one in wordings if (one.begins or today) <= today), None)
    days = history.list_event_days(found.pk, zone=found.zone, since=since, limit=MOST + 1)
    if len(days) <= LEAST:
        return None
    weeks = history.list_known_weeks(found.pk, since=monday(days[-1]))
    shown = days_between(days, known=known, weeks=weeks)
    return (shown, between_words(shown)) if shown else None


def between_words(shown: Between) -> str:
    """Return what the newest distance of rare events says beside what is usual."""
    locale, newest = get_language(), shown.distances[-1]
    names = {
        "days": formats.measure(newest, "days", 0, locale),
        "most": formats.number(int(shown.upper), 0, locale),
        "since": formats.measure(shown.since, "days", 0, locale),
    }
    if shown.lasts:
        return _("None for %(since)s: longer than is usual, up to %(most)s.") % names
    if newest is None:
        said = _("Up to %(most)s days are usual.")
    elif newest > shown.upper:
        said = _("The newest two lie %(days)s apart: longer than is usual, up to %(most)s.")
    else:
        said = _("The newest two lie %(days)s apart; up to %(most)s are usual.")
    if shown.since:
        said += " " + _("None for %(since)s since.")
    if None in (*shown.distances, shown.since):
        said += " " + _("Days that no source reported are left out.")
    return said % names


def week(
    snapshot: Snapshot, found: Metric, *, here: str, today: date, parts: tuple[int, int]
) -> Week:
    """Return one computed week in words.

    parts: with how many decimals the columns of numerators and denominators are written.
    """
    locale = get_language()
    return Week(
        snapshot=snapshot,
        url=f"{here}?week={snapshot.week.isoformat()}",
        value=formats.measure(snapshot.value, found.unit, found.decimals, locale),
        numerator=formats.summed(snapshot.numerator, locale, decimals=parts[0]),
        denominator=formats.summed(snapshot.denominator, locale, decimals=parts[1]),
        over=charts.is_over(snapshot.week, today),
        gap=snapshot.gap(found.kind),
    )


def plain(value: float | None) -> str:
    """Write a sum or a count of the page."""
    return formats.summed(value, get_language())


def finding(found: Metric, series: Series | None, *, today: date) -> str:
    """Return the metric's one sentence: its newest week and where it came from."""
    newest = charts.newest(series.weeks, series.values, today=today) if series else None
    if series is not None and series.snapshots and not series.values:
        return _("Figures have arrived, but no week has a value yet.")
    if series is None or newest is None:
        return _("No figure has arrived yet.")
    figure = words.figure(newest, found.unit, found.decimals, today=today)
    said = _("%(value)s in the %(week)s, newest figures from %(source)s.") % {
        "value": figure.value,
        "week": figure.week,
        "source": series.source_name or _("an unknown source"),
    }
    return said + words.aside(figure)


def chart_label(found: Metric, shown: Sequence[Snapshot], *, today: date) -> str:
    """Return what the chart says to people who cannot see it; shown: newest first."""
    weeks, values = [row.week for row in reversed(shown)], [row.value for row in reversed(shown)]
    newest = charts.newest(weeks, values, today=today)
    figure = words.figure(newest, found.unit, found.decimals, today=today, arrived=bool(weeks))
    said = words.line(found.name, len(weeks), figure)
    return said + ". " + _("The table below has the same figures.")


def read_opened(request: Request, found: Metric, chosen: date) -> dict[str, Any]:
    """Read one week of a metric: its items, what they replaced, who sent them. Five queries."""
    page = read_page(request.GET.get("page", ""))
    since, until = day_start(chosen, found.zone), day_start(chosen + timedelta(days=7), found.zone)
    snapshot = history.find_snapshot(found.pk, chosen)
    items = history.list_items(
        found.pk,
        since=since,
        until=until,
        limit=ITEMS_A_PAGE + 1,
        offset=(page - 1) * ITEMS_A_PAGE,
    )
    shown = items[:ITEMS_A_PAGE]
    replaced = history.list_replaced(found.pk, [item.key for item in shown])
    moved = history.list_moved(found.pk, since=since, until=until)
    actors = {item.actor for item in shown}
    actors |= {one.actor for revisions in replaced.values() for one in revisions}
    names = tenants.list_actor_names(actors)
    here = f"{request.path}?week={chosen.isoformat()}"
    return {
        "opened": chosen,
        "opened_through": chosen + timedelta(days=6),
        "snapshot": snapshot,
        "gap": snapshot.gap(found.kind) if snapshot else None,
        "formula": formula(snapshot, found) if snapshot else "",
        "digest": f"{snapshot.digest & 0xFFFFFFFFFFFFFFFF:016x}" if snapshot else "",
        "items": [received(item, replaced.get(item.key, []), names, found) for item in shown],
        "moved": [(one, leaving(one, found)) for one in moved],
        "newer_items": f"{here}&page={page - 1}" if page > 1 else "",
        "older_items": f"{here}&page={page + 1}" if len(items) > ITEMS_A_PAGE else "",
        "first_item": (page - 1) * ITEMS_A_PAGE + 1,
    }


def formula(snapshot: Snapshot, found: Metric) -> str:
    """Return how a week's value follows from its items, with its numbers."""
    kind = KINDS[found.kind]
    names = {
        "value": formats.measure(snapshot.value, found.unit, found.decimals, get_language()),
        "top": plain(snapshot.numerator),
        "bottom": plain(snapshot.denominator),
        "n": snapshot.n,
        "days": snapshot.days_reported,
    }
    if kind.weighted:
        return (
            ngettext(
                "%(value)s is the median of %(n)s item standing for %(bottom)s cases.",
                "%(value)s is the median of %(n)s items standing for %(bottom)s cases.",
                snapshot.n,
            )
            % names
        )
    if kind.per_time:
        return (
            ngettext(
                "%(value)s = %(top)s events / %(bottom)s, from %(n)s item on %(days)s days.",
                "%(value)s = %(top)s events / %(bottom)s, from %(n)s items on %(days)s days.",
                snapshot.n,
            )
            % names
        )
    return (
        ngettext(
            "%(value)s = %(top)s / %(bottom)s, summed over %(n)s item.",
            "%(value)s = %(top)s / %(bottom)s, summed over %(n)s items.",
            snapshot.n,
        )
        % names
    )


def received(
    item: Item, replaced: Sequence[Replaced], names: dict[str, str], found: Metric
) -> Received:
    """Return one measurement in words."""
    return Received(
        item=item,
        value=figure(item.numerator, item.denominator, found),
        sender=names[item.actor],
        replaced=[
            (one, figure(one.numerator, one.denominator, found), names[one.actor])
            for one in replaced
        ],
    )


def figure(numerator: float, denominator: float, found: Metric) -> str:
    """Write what an item says: its value, or the pair it is made of."""
    kind = KINDS[found.kind]
    if kind.weighted:
        value = formats.measure(numerator, found.unit, found.decimals, get_language())
        if denominator == 1:
            return value
        return _("%(value)s of %(n)s") % {"value": value, "n": plain(denominator)}
    if kind.per_time and denominator == 0:
        return plain(numerator)
    if kind.of_values and denominator == 1:
        return formats.measure(numerator, found.unit, found.decimals, get_language())
    return f"{plain(numerator)} / {plain(denominator)}"


def leaving(one: Moved, found: Metric) -> date:
    """Return the Monday of the week an item was moved to."""
    return monday(path.local_day(one.now_at, found.zone))
