"""One metric of a pilot with its weeks, ready to print: chart, table and the raw before and now."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID

from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from common import charts, formats
from metrics.queries import sentences, watching
from metrics.queries.board import Series, TargetRow, WeekRow
from metrics.queries.history import Agreed, Wording, agreed_wording
from metrics.queries.watching import Judged
from portfolio import rules

from . import watches, words
from .rows import Money, Monitored, money_of, read_out_url

# As many weeks before the start as the chart has room for; the usual range is drawn over them.
WEEKS_BEFORE = 26


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a metric was read out as after week 12; raw: before and after, in words.

    holds: whether a change holds after correction, empty where none is claimed.
    """

    told: sentences.Told
    holds: str
    raw: str
    url: str


@dataclass(frozen=True, slots=True)
class Panel:
    """A metric in a pilot. `usual` and `figure` are raw: no verdict stands behind them.

    today: the day it is on the metric's own clock. locked: value of the locked baseline in words,
    empty while none is locked. usual: range around it, or while none is locked before the start.
    """

    target: TargetRow
    today: date
    url: str
    role: str
    wording: str
    points: list[charts.WeekPoint]
    table: list[charts.WeekRow]
    label: str
    baseline: charts.Baseline | None
    aim: charts.Target | None
    usual: str
    figure: words.Figure
    target_words: str
    agreed: Agreed | None
    locked: str
    money: Money | None
    monitored: Monitored
    gaps: str
    verdict: Verdict | None
    watch: watches.Watch | None
    assurance: str

    @property
    def agreed_day(self) -> date | None:
        """Return the day the target was agreed, on the metric's own clock."""
        agreed_at = self.target.agreed_at
        return rules.local_day(agreed_at, self.target.zone) if agreed_at else None

    @property
    def has_figures(self) -> bool:
        return any(point.value is not None for point in self.points)


def panel(
    target: TargetRow,
    *,
    weeks: Sequence[WeekRow],
    series: Series | None,
    wordings: Sequence[Wording],
    start_date: date,
    go_live: date | None,
    today: date,
    holding: Collection[UUID],
    slug: str,
    code: str,
) -> Panel:
    """Return one metric's panel from what was read; today is that of the metric's own clock.

    start_date, go_live, code: of the pilot. holding: keys of the metrics whose change holds after
    correction.
    """
    locale = get_language()
    begins = rules.first_monday(start_date)
    earliest = begins - timedelta(weeks=WEEKS_BEFORE)
    shown = [row for row in weeks if row.week >= earliest]
    whole = [row for row in shown if charts.is_over(row.week, today)]
    judged = _judged(target, whole)
    marked = {one.week: one for one in judged}
    points = [_point(row, target, marked.get(row.week)) for row in shown]
    baseline = locked_baseline(target, judged) or usual_range(
        [point for point in points if charts.is_over(point.week_start, today)],
        ends=target.ends,
        begins=begins,
    )
    unit, decimals = target.unit, target.decimals
    newest = charts.newest(
        [point.week_start for point in points], [point.value for point in points], today=today
    )
    figure = words.figure(
        newest, unit, decimals, today=today, arrived=bool(shown), target=target.target
    )
    aim = formats.target(target.target, target.sign, unit, decimals, locale)
    return Panel(
        target=target,
        today=today,
        url=reverse("metric", args=[slug, target.code]),
        role=words.role(target.role),
        wording=words.wording(wordings, today),
        points=points,
        table=charts.week_rows(
            points, start_week=begins, today=today, unit=unit, decimals=decimals, locale=locale
        ),
        label=words.line(target.name, len(points), figure, aim),
        baseline=baseline,
        aim=charts.Target(target.target, target.sign) if target.target is not None else None,
        usual=_usual(baseline, target, locale),
        figure=figure,
        target_words=aim,
        agreed=agreed_wording(target.agreed_at, wordings),
        locked=formats.measure(target.baseline, unit, decimals, locale)
        if target.baseline is not None
        else "",
        money=money_of(target),
        monitored=Monitored(target, series),
        gaps=_gaps(shown, target.kind, today),
        verdict=_verdict(target, holding, slug=slug, code=code),
        watch=watches.watch(target, judged),
        assurance=watches.assurance(
            watching.assure(target, judged, start_date=start_date, go_live=go_live)
        ),
    )


def _judged(target: TargetRow, whole: Sequence[WeekRow]) -> list[Judged]:
    known = [(row, row.value) for row in whole if row.value is not None]
    return watching.judge(
        target,
        [row.week for row, _value in known],
        [value for _row, value in known],
        [row.denominator for row, _value in known],
    )


def _verdict(
    target: TargetRow, holding: Collection[UUID], *, slug: str, code: str
) -> Verdict | None:
    result = target.result
    if result is None:
        return None
    before, after = (words.beside_target(result[when], target) for when in ("before", "after"))
    raw = (
        _("Raw: %(before)s before, %(after)s in weeks %(first)s to %(last)s.")
        if result["after"] is not None
        else ""
    )
    return Verdict(
        told=sentences.tell(result, target),
        holds=words.holds(target.id in holding) if target.claims else "",
        raw=raw
        % {
            "before": before,
            "after": after,
            "first": result["first_week"],
            "last": result["last_week"],
        },
        url=read_out_url(target, slug=slug, code=code),
    )


def _point(row: WeekRow, target: TargetRow, judged: Judged | None) -> charts.WeekPoint:
    gap = row.gap(target.kind)
    limits = judged if judged and watching.varies(target) else None
    return charts.WeekPoint(
        row.week,
        row.value,
        row.n,
        row.numerator,
        row.denominator,
        left_out=gap.note if gap else "",
        lower=limits.lower if limits else None,
        upper=limits.upper if limits else None,
        mark=watches.mark(target, judged),
    )


def _gaps(weeks: Sequence[WeekRow], kind: str, today: date) -> str:
    """Return how many weeks have no value, why the newest has none and what to do; else empty.

    The running week may still get its value: it is spoken of only where it stands alone.
    """
    found = [(row, gap) for row in weeks if (gap := row.gap(kind))]
    over = [pair for pair in found if charts.is_over(pair[0].week, today)]
    if not over:
        alone = bool(found) and len(found) == len(weeks)
        return words.not_over(formats.day(found[-1][0].week, get_language())) if alone else ""
    newest, gap = over[-1]
    said = words.without_value(len(over), formats.day(newest.week, get_language()))
    return f"{said} {gap.why} {gap.remedy}"


def _usual(baseline: charts.Baseline | None, target: TargetRow, locale: str | None) -> str:
    if baseline is None or baseline.lo is None:
        return ""
    return formats.span(baseline.lo, baseline.hi, target.unit, target.decimals, locale)


def locked_baseline(target: TargetRow, judged: Sequence[Judged]) -> charts.Baseline | None:
    """Return the locked baseline and its limits; None while none is locked.

    judged: whole weeks against it; where limits differ from week to week, those of the newest.
    """
    locked = target.locked_weeks
    if locked is None:
        return None
    limits: charts.Limits | Judged | None = (
        locked.limits.cut(*target.ends) if locked.limits else None
    )
    if judged:
        limits = judged[-1]
    return charts.Baseline(
        mean=target.baseline,
        lo=limits.lower if limits else None,
        hi=limits.upper if limits else None,
        through=locked.through,
        since=locked.since,
    )


def usual_range(
    points: Sequence[charts.WeekPoint],
    *,
    ends: tuple[float | None, float | None],
    begins: date,
) -> charts.Baseline | None:
    """Return how far the weeks before the start moved; None when they are too few to say.

    A picture of the weeks, not the locked baseline that a verdict needs: it has no centre.
    """
    known = [point for point in points if point.week_start < begins]
    mondays, before = charts.filled_weeks(
        [point.week_start for point in known], [point.value for point in known], most=WEEKS_BEFORE
    )
    floor, ceiling = ends
    limits = charts.xmr_limits(before, floor=floor, ceiling=ceiling)
    if limits is None:
        return None
    return charts.Baseline(
        mean=None,
        lo=limits.lower,
        hi=limits.upper,
        through=mondays[-1],
        since=mondays[0],
    )


def finding(panels: Sequence[Panel], *, week: int, start: date) -> str:
    """Return the pilot's one sentence: its verdict, or what its first primary metric did, raw."""
    primary = next((panel for panel in panels if panel.target.role == "primary"), None)
    if primary is None:
        return _("No primary metric is chosen yet, so week 12 has nothing to read.")
    if primary.verdict is not None:
        return primary.verdict.told.sentence
    names = {
        "metric": primary.target.name,
        "value": primary.figure.value,
        "week": primary.figure.week,
        "usual": primary.usual,
        "day": formats.day(start, get_language()),
        "locked": primary.locked,
    }
    if not primary.figure.value and primary.gaps:
        return _("Figures of %(metric)s have arrived, but no week has a value yet.") % names
    if not primary.figure.value:
        return _("No figure of %(metric)s has arrived yet.") % names
    if week < 1:
        said = _("%(metric)s stood at %(value)s in the %(week)s. Week 1 begins on %(day)s.")
    elif primary.locked:
        said = _(
            "%(metric)s stood at %(value)s in the %(week)s against a locked baseline of"
            " %(locked)s. These are raw figures and no verdict."
        )
    elif primary.usual:
        said = _(
            "%(metric)s stood at %(value)s in the %(week)s; in the weeks before the start it"
            " usually lay in the range %(usual)s. These are raw figures: no baseline is locked,"
            " so there is no verdict."
        )
    else:
        said = _(
            "%(metric)s stood at %(value)s in the %(week)s. There are too few weeks before the"
            " start to say what was usual, and no baseline is locked, so there is no verdict."
        )
    return said % names + words.aside(primary.figure)
