"""The chart of rare events: how many days lie between one and the next."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from common import formats
from common.charts import drawing
from common.charts.weekly import CHARACTER, LABEL_GAP, WIDE


def between_chart(
    distances: Sequence[int],
    ends: Sequence[date],
    *,
    since: int,
    center: float,
    upper: float,
    label: str,
    today: date | None = None,
    locale: str | None = None,
    width: int = 400,
    height: int = 210,
) -> str:
    """Draw days between events, oldest first, over the usual range from 0 to `upper`.

    ends: the day of the later event of each distance, at least one. since: days since the newest
    event, drawn hollow because it still grows. label: a whole sentence for people who cannot see it.
    """
    top, floor = 14.0, height - 30.0
    left, right = 8 + 4 * CHARACTER, width - 12 - 4 * CHARACTER
    y = drawing.value_scale([0, upper, since, *distances], bottom=floor, top=top + 6)
    x = drawing.Scale(0, len(distances), left + 8, right - 8)
    days = [formats.number(value, 0, locale) for value in (0, center, int(upper))]
    places = drawing.spread(
        [y(value) + 4 for value in (0, center, upper)], gap=LABEL_GAP, low=top, high=floor
    )
    spots = [(x(at), y(days)) for at, days in enumerate(distances)]
    return "".join(
        [
            drawing.opening("xmr wide" if width > WIDE else "xmr", width, height, label),
            drawing.rect("band", left, right, y(upper), y(0)),
            drawing.line("mean", left, right, y(center), y(center)),
            drawing.line("axisline", left, right, floor, floor),
            f'<path class="line" d="{drawing.path(spots)}"/>',
            *(
                drawing.point(
                    "pt-usual", *spot, 3.0, f"{formats.day(day, locale)}, {_days(days, locale)}"
                )
                for spot, day, days in zip(spots, ends, distances, strict=True)
            ),
            drawing.point(
                "pt-out", x(len(distances)), y(since), 3.0, f"{_days(since, locale)} so far"
            ),
            *(
                drawing.text("axis", left - 6, place, words, "end")
                for place, words in zip(places, days, strict=True)
            ),
            drawing.text("now", right + 5, y(since) + 4, formats.number(since, 0, locale)),
            drawing.text("tick", left, height - 9, formats.day(ends[0], locale, today=today)),
            drawing.text("tick", right, height - 9, "since then", "end"),
            "</svg>",
        ]
    )


def _days(number: int, locale: str | None) -> str:
    return formats.measure(number, "days", 0, locale)
