"""The sparkline of a board row: one number over its weeks, against usual range and target."""

from __future__ import annotations

from collections.abc import Sequence

from common.charts import drawing


def sparkline(
    values: Sequence[float | None],
    *,
    label: str,
    start_index: int | None = None,
    over: int | None = None,
    target: float | None = None,
    band: tuple[float, float] | None = None,
    band_weeks: tuple[int, int] | None = None,
    width: int = 116,
    height: int = 28,
) -> str:
    """Draw the weeks as a line with the usual range behind it.

    values: one per week in order, in the metric's stored unit; None is a gap and breaks the line.
    label: a whole sentence for people who cannot see it; it is escaped here.
    start_index: position of week 1. None: not started.
    target: value of the dashed line. band: lower and upper limit of the usual range.
    band_weeks: position of the first week it is made of, and of the first one after them, from
    where it is drawn lighter. None: those before the start.
    over: how many of the weeks have ended, None for all; the point of a later one is hollow.
    The last known point that is over is a grey circle whatever its value: a sparkline claims no
    verdict.
    """
    known = [drawing.known(value) for value in values]
    target = drawing.known(target)
    bounds = _finite(band)
    y = drawing.value_scale([*known, target, *(bounds or ())], bottom=height - 3.5, top=3.5)
    x = drawing.Scale(0, max(len(known) - 1, 1), 3, width - 5)
    out = [drawing.opening("spark", width, height, label, fixed=True)]
    start = None
    if start_index is not None and 0 <= start_index < len(known):
        start = 0.0 if start_index == 0 else x(start_index - 0.5)
    if bounds:
        top, bottom = y(bounds[1]), y(bounds[0])
        first, after = band_weeks or (0, len(known) if start is None else start_index or 0)
        begin = 0.0 if first <= 0 else x(first - 0.5)
        split = width if after >= len(known) else x(after - 0.5) if after > 0 else 0.0
        if split > begin:
            out.append(drawing.rect("band", begin, split, top, bottom))
        if split < width:
            out.append(drawing.rect("band-ext", max(begin, split), width, top, bottom))
    if start is not None:
        out.append(drawing.line("golive", start, start, 0, height))
    if target is not None:
        out.append(drawing.line("target", 0, width, y(target), y(target)))
    runs = drawing.runs(known)
    for run in runs:
        points = [(x(at), y(value)) for at in run if (value := known[at]) is not None]
        if len(points) == 1:
            out.append(drawing.point("pt-lone", *points[0], 1.4))
        else:
            out.append(f'<path class="line" d="{drawing.path(points)}"/>')
    ended = len(known) if over is None else over
    spots = [(at, value) for at, value in enumerate(known) if value is not None]
    full = [spot for spot in spots if spot[0] < ended]
    out += [drawing.point("pt-usual", x(at), y(value), 3) for at, value in full[-1:]]
    out += [drawing.point("pt-out", x(at), y(value), 3) for at, value in spots[len(full) :]]
    out.append("</svg>")
    return "".join(out)


def _finite(band: tuple[float, float] | None) -> tuple[float, float] | None:
    """Return the band when both of its ends can be drawn."""
    if band is None or drawing.known(band[0]) is None or drawing.known(band[1]) is None:
        return None
    return band
