"""The chart of rare events: how many days lie between one and the next."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from common import formats
from common.charts import drawing
from common.charts.weekly import CHARACTER, LABEL_GAP, WIDE


def between_chart(
    distances: Sequence[int | None],
    ends: Sequence[date],
    *,
    since: int | None,
    center: float,
    upper: float,
    label: str,
    today: date | None = None,
    locale: str | None = None,
    width: int = 400,
    height: int = 210,
) -> str:
    """Draw days between events, oldest first, over the usual range from 0 to `upper`.

    ends: the day of the later event of each distance, at least one. A distance of None is not known
    and breaks the line. since: days since the newest event, drawn hollow because it still grows.
    label: a whole sentence for people who cannot see it.
    """
    top, floor = 14.0, height - 30.0
    left, right = 8 + 4 * CHARACTER, width - 12 - 4 * CHARACTER
    y = drawing.value_scale([0, upper, since, *distances], bottom=floor, top=top + 6)
    x = drawing.Scale(0, len(distances), left + 8, right - 8)
    days = [formats.number(value, 0, locale) for value in (0, center, int(upper))]
    places = drawing.spread(
        [y(value) + 4 for value in (0, center, upper)], gap=LABEL_GAP, low=top, high=floor
    )
    out = [
        drawing.opening("xmr wide" if width > WIDE else "xmr", width, height, label),
        drawing.rect("band", left, right, y(upper), y(0)),
        drawing.line("mean", left, right, y(center), y(center)),
        drawing.line("axisline", left, right, floor, floor),
    ]
    for run in drawing.runs(distances):
        spots = [(x(at), y(distances[at] or 0)) for at in run]
        out.append(f'<path class="line" d="{drawing.path(spots)}"/>')
        for at, spot in zip(run, spots, strict=True):
            title = f"{formats.day(ends[at], locale)}, {_days(distances[at], locale)}"
            out.append(drawing.point("pt-usual", *spot, 3.0, title))
    if since is not None:
        last = f"{_days(since, locale)} so far"
        out.append(drawing.point("pt-out", x(len(distances)), y(since), 3.0, last))
        out.append(drawing.text("now", right + 5, y(since) + 4, formats.number(since, 0, locale)))
    out += [
        drawing.text("axis", left - 6, place, words, "end")
        for place, words in zip(places, days, strict=True)
    ]
    return "".join(
        [
            *out,
            drawing.text("tick", left, height - 9, formats.day(ends[0], locale, today=today)),
            drawing.text("tick", right, height - 9, "since then", "end"),
            "</svg>",
        ]
    )


def _days(number: int | None, locale: str | None) -> str:
    return formats.measure(number, "days", 0, locale)
