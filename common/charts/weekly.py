"""The weekly chart of one metric: what was normal, what was agreed, what happened."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from common import formats
from common.charts import drawing
from common.charts.points import (
    Baseline,
    Measured,
    Target,
    WeekPoint,
    Words,
    filled,
    running,
    week_number,
    why,
)

# Weeks 3 to 8 are transition: shown grey, used by no verdict. Week 12 is the last one.
TRANSITION = (3, 8)
LAST_WEEK = 12
# Room kept for axis words, by the character of the largest size app.css gives them.
CHARACTER = 8.7
LABEL_GAP = 16.0
USUAL = "usual range before the start"
LOCKED = "locked baseline"
EXPECTED = "expected"
# A chart wider than this is shown only where its words keep their size; app.css shows the one after
# it elsewhere.
WIDE = 600


@dataclass(frozen=True, slots=True)
class Size:
    """A chart's size in its own pixels, and how many weeks before the start it has room for."""

    width: int = 400
    height: int = 210
    before: int | None = 26


def weekly_chart(
    weeks: Sequence[WeekPoint],
    *,
    label: str,
    start_week: date | None = None,
    today: date | None = None,
    baseline: Baseline | None = None,
    target: Target | None = None,
    measured: Measured | None = None,
    unit: str = "",
    decimals: int = 1,
    locale: str | None = None,
    before: int | None = 26,
    width: int = 400,
    height: int = 210,
) -> str:
    """Draw weekly values over what was usual before, with target, start and week 12.

    weeks: any order, weeks that are missing become gaps; values in the metric's stored unit.
    label: a whole sentence for people who cannot see it; it is escaped here.
    start_week: Monday of week 1; before it and in weeks 9 to 12 points are dark, in weeks 3 to
    8 pale. today: cuts a week that has not ended yet into a hollow point, and its year goes
    without saying on the axis.
    measured: a short line over its weeks, whose value is written beside the plot instead of the
    newest one.
    before: number of weeks shown before the start, None for all.
    A week with a mark is a diamond where it is better than usual and a triangle where it is worse;
    without one no point is called either. Neither is a verdict.
    """
    plot = _Plot(
        weeks=_shown(filled(weeks), start_week, before),
        start_week=start_week,
        today=today,
        baseline=baseline if baseline and _drawable(baseline) else None,
        target=target if target and drawing.known(target.value) is not None else None,
        measured=measured,
        words=Words(unit, decimals, locale),
        width=width,
        height=height,
    )
    return "".join(
        [
            drawing.opening("xmr wide" if width > WIDE else "xmr", width, height, label),
            *plot.transition(),
            *plot.usual_range(),
            *plot.verticals(),
            *plot.target_line(),
            *plot.expected_line(),
            *plot.values(),
            *plot.measured_line(),
            *plot.axis(),
            *plot.right_labels(),
            "</svg>",
        ]
    )


@dataclass
class _Plot:
    """Positions of one weekly chart; each method returns the SVG of one layer."""

    weeks: list[WeekPoint]
    start_week: date | None
    today: date | None
    baseline: Baseline | None
    target: Target | None
    measured: Measured | None
    words: Words
    width: int
    height: int

    def __post_init__(self) -> None:
        self.points = [drawing.known(week.value) for week in self.weeks]
        self.expected = [drawing.known(week.expected) for week in self.weeks]
        self.first = self.weeks[0].week_start if self.weeks else self.start_week
        self.top, self.floor = 14.0, self.height - 30.0
        levels = self._levels()
        self.y = drawing.value_scale(
            [
                *self.points,
                *self.expected,
                *levels,
                self.target.value if self.target else None,
                *(drawing.known(end) for week in self.weeks for end in (week.lower, week.upper)),
            ],
            bottom=self.floor - 8,
            top=self.top + 6,
        )
        widest = max([26.0, *(len(self.words.value(level)) * CHARACTER for level in levels)])
        self.left = round(min(widest + 8, self.width * 0.3), 1)
        self.labels = self._labels()
        beside = max([26.0, *(len(words) * CHARACTER for _, _, words in self.labels)])
        self.right = round(max(self.width - beside - 12, self.width * 0.6), 1)
        self.x = drawing.Scale(0, self._last_position(), self.left + 8, self.right - 8)

    def _labels(self) -> list[tuple[str, float, str]]:
        """Return class, value and words of what is written right of the plot."""
        labels = []
        newest = self._newest()
        if self.measured:
            labels.append(("now", self.measured.value, self.words.value(self.measured.value)))
        elif newest is not None:
            labels.append(("now", newest, self.words.value(newest)))
        expected = [value for value in self.expected if value is not None]
        if expected:
            labels.append(("exp", expected[-1], EXPECTED))
        if self.target:
            labels.append(("tgt", self.target.value, self.words.target(self.target)))
        return labels

    def _newest(self) -> float | None:
        """Return the value of the last week that counts, or of the last one at all."""
        pairs = list(zip(self.weeks, self.points, strict=True))
        full = [value for week, value in pairs if value is not None and not self._hollow(week)]
        present = [value for value in self.points if value is not None]
        known = full or present
        return known[-1] if known else None

    def _hollow(self, week: WeekPoint) -> str:
        """Return why a week is drawn hollow; empty when it is not."""
        if week.left_out:
            return f"left out: {week.left_out}"
        return running(week, self.today)

    def _levels(self) -> list[float]:
        """Return the values written on the left axis, highest first."""
        if self.baseline:
            levels = (self.baseline.hi, self.baseline.mean, self.baseline.lo)
            return [level for level in levels if level is not None]
        present = [value for value in self.points if value is not None]
        return sorted({max(present), min(present)}, reverse=True) if present else []

    def _last_position(self) -> float:
        """Return the position of the last week of the axis: the data's or week 12."""
        end = len(self.weeks) - 1
        if self.start_week and self.first:
            end = max(end, self.position(LAST_WEEK))
        return max(end, 1)

    def position(self, week: int) -> int:
        """Return where a pilot week lies on the axis; only with a start and a first week."""
        assert self.start_week and self.first
        return (self.start_week - self.first).days // 7 + week - 1

    def transition(self) -> list[str]:
        """Return the pale ground of weeks 3 to 8, which no verdict uses."""
        if not self.start_week or not self.first:
            return []
        left, right = (
            self.position(TRANSITION[0]) - 0.5,
            self.position(TRANSITION[1]) + 0.5,
        )
        return [drawing.rect("transit", self.x(left), self.x(right), self.top, self.floor)]

    def usual_range(self) -> list[str]:
        """Return the band, lighter after its last week, and the centre of a locked baseline."""
        if not self.baseline or not self.first:
            return []
        named = USUAL if self.baseline.mean is None else LOCKED
        end = self.right
        last = (self.baseline.through - self.first).days // 7 + 0.5
        split = self.left if last < 0 else min(self.x(last), end)
        begin = self.left
        if self.baseline.since and self.baseline.since > self.first:
            begin = min(self.x((self.baseline.since - self.first).days // 7 - 0.5), split)
        levels = [self.y(level) for level in self._levels()]
        high, low = levels[0], levels[-1]
        words_at = self._words_at(high, low)
        words = []
        if words_at is not None and split - begin > CHARACTER * len(named) * 0.75:
            words = [drawing.text("says", begin + 4, round(words_at, 1), named)]
        return [*self._band(begin, split, end), *self._center(begin, split, end), *words]

    def _words_at(self, high: float, low: float) -> float | None:
        """Return where the name of the band is written; None where the target would strike it.

        Beside the band where there is room, else in it.
        """
        aim = self.y(self.target.value) if self.target else None
        bases = [low - 5, high + 12]
        if self.floor - low >= LABEL_GAP:
            bases.insert(0, low + 12)
        if high - self.top >= LABEL_GAP:
            bases.insert(0, high - 5)
        free = (b for b in bases if aim is None or not b - LABEL_GAP < aim < b + 4)
        return next(free, None)

    def _band(self, begin: float, split: float, end: float) -> list[str]:
        """Return the band between the limits, where they are known."""
        if self.baseline is None or self.baseline.lo is None or self.baseline.hi is None:
            return []
        if any(week.lower is not None for week in self.weeks):
            return self._steps(begin, split, end, self.baseline.lo, self.baseline.hi)
        high, low = self.y(self.baseline.hi), self.y(self.baseline.lo)
        return [
            drawing.rect("band", begin, split, high, low),
            drawing.rect("band-ext", split, end, high, low),
            drawing.line("limit", split, end, high, high),
            drawing.line("limit", split, end, low, low),
        ]

    def _steps(self, begin: float, split: float, end: float, low: float, high: float) -> list[str]:
        """Return the band as steps, where each week has limits of its own.

        A week without any has those of the week before it, and what is to come those of the newest.
        low, high: of weeks before the first that has some.
        """
        steps = []
        for at, week in enumerate(self.weeks):
            if week.lower is not None and week.upper is not None:
                low, high = week.lower, week.upper
            last = at == len(self.weeks) - 1
            left = begin if at == 0 else self.x(at - 0.5)
            steps.append((left, end if last else self.x(at + 0.5), low, high))
        return [
            *self._stairs("band", [cut for one in steps if (cut := _cut(one, begin, split))]),
            *self._stairs("band-ext", [cut for one in steps if (cut := _cut(one, split, end))]),
        ]

    def _stairs(self, cls: str, steps: Sequence[Step]) -> list[str]:
        """Return the area between the upper and the lower stairs."""
        if not steps:
            return []
        above = [(x, self.y(high)) for left, right, _, high in steps for x in (left, right)]
        below = [(x, self.y(low)) for left, right, low, _ in steps for x in (left, right)]
        return [f'<path class="{cls}" d="{drawing.path([*above, *reversed(below)])}z"/>']

    def _center(self, begin: float, split: float, end: float) -> list[str]:
        """Return the line of a locked baseline's value."""
        if self.baseline is None or self.baseline.mean is None:
            return []
        mean = self.y(self.baseline.mean)
        return [
            drawing.line("mean", begin, split, mean, mean),
            drawing.line("mean ext", split, end, mean, mean),
        ]

    def verticals(self) -> list[str]:
        """Return the lines of start and week 12 with their words below the plot."""
        base = self.height - 9
        if not self.weeks:
            words = "No week has data yet"
            middle = round((self.left + self.right) / 2, 1)
            return [drawing.text("tick", middle, self.height / 2, words, "middle")]
        out = [drawing.line("axisline", self.left, self.right, self.floor, self.floor)]
        first = formats.day(self.weeks[0].week_start, self.words.locale, today=self.today)
        if not self.start_week or not self.first:
            last = formats.day(self.weeks[-1].week_start, self.words.locale, today=self.today)
            out.append(drawing.text("tick", self.left, base, first))
            out.append(drawing.text("tick", self.right, base, last, "end"))
            return out
        start, end = self.x(self.position(1) - 0.5), self.x(self.position(LAST_WEEK))
        if start - self.left > CHARACTER * (len(first) + 3):
            out.append(drawing.text("tick", self.left, base, first))
        out.append(drawing.line("golive", start, start, self.top - 6, self.floor))
        out.append(drawing.line("wk12", end, end, self.top - 6, self.floor))
        out.append(drawing.text("tick", start, base, "Start", "middle"))
        if end - start > CHARACTER * 7:
            out.append(drawing.text("tick", end, base, "Wk 12", "middle"))
        return out

    def target_line(self) -> list[str]:
        """Return the dashed target with an arrowhead at each end towards its good side."""
        if not self.target:
            return []
        y = self.y(self.target.value)
        away = -5 if self.target.comparison.startswith(">") else 5
        heads = [
            f'<path class="side" d="M{round(x, 1)} {y}h5l-2.5 {away}z"/>'
            for x in (self.left + 1, self.right - 6)
        ]
        return [drawing.line("target", self.left, self.right, y, y), *heads]

    def expected_line(self) -> list[str]:
        """Return what was to be expected, in dashes and dots of its own."""
        return self._lines("expected", self.expected)

    def measured_line(self) -> list[str]:
        """Return the short line of the measured weeks' value."""
        if not self.measured or not self.first:
            return []
        ends = (self.measured.since, self.measured.through)
        left, right = (self.x((week - self.first).days // 7) for week in ends)
        y = self.y(self.measured.value)
        return [drawing.line("after", left, right, y, y)]

    def _lines(self, cls: str, values: Sequence[float | None]) -> list[str]:
        """Return a line through values, one a week, broken where there is none."""
        found = []
        for run in drawing.runs(values):
            spots = [(self.x(i), self.y(v)) for i in run if (v := values[i]) is not None]
            if len(spots) > 1:
                found.append(f'<path class="{cls}" d="{drawing.path(spots)}"/>')
        return found

    def values(self) -> list[str]:
        """Return the broken line and its points, each with its words on hover."""
        out = self._lines("line", self.points)
        step = (self.right - self.left) / max(self._last_position(), 1)
        radius = 3.0 if step >= 8 else 2.2 if step >= 4.5 else 1.5
        for at, (week, value) in enumerate(zip(self.weeks, self.points, strict=True)):
            if value is not None:
                cls, title = self._kind(week), self._title(week, value)
                shape = drawing.SHAPES.get(cls, drawing.point)
                out.append(shape(cls, self.x(at), self.y(value), radius, title))
        return out

    def _kind(self, week: WeekPoint) -> str:
        """Return the class of one point; none of them is a verdict, not even a marked one."""
        if self._hollow(week):
            return "pt-out"
        if week.mark:
            return "pt-good" if week.mark.better else "pt-worse"
        number = week_number(week.week_start, self.start_week)
        if number is not None and TRANSITION[0] <= number <= TRANSITION[1]:
            return "pt-transit"
        return "pt-usual"

    def _title(self, week: WeekPoint, value: float) -> str:
        """Return a point's week, value and number of items in words."""
        number = week_number(week.week_start, self.start_week)
        when = formats.day(week.week_start, self.words.locale)
        parts = [f"Week {number}, {when}" if number is not None and number > 0 else when]
        parts.append(self.words.value(value))
        if week.n is not None:
            parts.append(f"{formats.number(week.n, 0, self.words.locale)} items")
        return ", ".join([*parts, *filter(None, [self._hollow(week), why(week)])])

    def axis(self) -> list[str]:
        """Return the left labels: limits and centre, or the extremes where neither is known."""
        levels = self._levels()
        wanted = [self.y(level) + 4 for level in levels]
        places = drawing.spread(wanted, gap=LABEL_GAP, low=self.top, high=self.floor)
        x = round(self.left - 6, 1)
        return [
            drawing.text("axis", x, y, self.words.value(level), "end")
            for level, y in zip(levels, places, strict=True)
        ]

    def right_labels(self) -> list[str]:
        """Return the newest value and the target beside the plot, never on top of each other."""
        wanted = [self.y(value) + 4 for _, value, _ in self.labels]
        places = drawing.spread(wanted, gap=LABEL_GAP + 1, low=self.top, high=self.floor)
        x = round(self.right + 5, 1)
        return [
            drawing.text(cls, x, y, words)
            for (cls, _, words), y in zip(self.labels, places, strict=True)
        ]


def _drawable(baseline: Baseline) -> bool:
    """Say whether there is anything to draw of a baseline, and all of it is finite."""
    levels = [level for level in (baseline.lo, baseline.mean, baseline.hi) if level is not None]
    return bool(levels) and all(drawing.known(level) is not None for level in levels)


# Left, right, lower and upper end.
Step = tuple[float, float, float, float]


def _cut(step: Step, begin: float, end: float) -> Step | None:
    """Return the part of a step between two places; None where there is none."""
    left, right, low, high = step
    left, right = max(left, begin), min(right, end)
    return (left, right, low, high) if right > left else None


def _shown(weeks: list[WeekPoint], start_week: date | None, before: int | None) -> list[WeekPoint]:
    """Return the weeks the chart has room for: so many before the start, and all since."""
    if before is None or not weeks:
        return weeks
    anchor = start_week or weeks[-1].week_start + timedelta(weeks=1)
    return [week for week in weeks if week.week_start >= anchor - timedelta(weeks=before)]
