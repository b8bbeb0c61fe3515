"""The table that stands for a weekly chart."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from common import formats
from common.charts import drawing
from common.charts.points import WeekPoint, Words, filled, running, week_number, why


@dataclass(frozen=True, slots=True)
class WeekRow:
    """One line of the table that stands for the chart, already in words."""

    week_start: date
    day: str
    week: str
    value: str
    n: str
    numerator: str
    denominator: str
    note: str


def week_rows(
    weeks: Sequence[WeekPoint],
    *,
    start_week: date | None,
    today: date | None = None,
    unit: str = "",
    decimals: int = 1,
    locale: str | None = None,
) -> list[WeekRow]:
    """Return the chart's weeks as words for its table, newest first; gaps say "no data", weeks with items and
    without a value "no value".

    today: of which a week that has not ended yet says so in its note.
    """
    words = Words(unit, decimals, locale)
    return [_row(point, start_week, today, words) for point in reversed(filled(weeks))]


def _row(point: WeekPoint, start_week: date | None, today: date | None, words: Words) -> WeekRow:
    number, locale = week_number(point.week_start, start_week), words.locale
    return WeekRow(
        week_start=point.week_start,
        day=formats.day(point.week_start, locale),
        week=str(number) if number is not None and number > 0 else "before",
        value=_value(point, words),
        n=formats.number(point.n, 0, locale),
        numerator=formats.summed(point.numerator, locale),
        denominator=formats.summed(point.denominator, locale),
        note=", ".join(filter(None, [point.left_out, running(point, today), why(point)])),
    )


def _value(point: WeekPoint, words: Words) -> str:
    value = drawing.known(point.value)
    if value is None:
        return "no data" if point.n is None else "no value"
    return words.value(value)
