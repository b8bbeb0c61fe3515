"""Scales and marks that every chart shares: numbers in, SVG text out.

Marks carry classes only, never a style attribute, so the pages run under a strict content
policy and follow the light and dark colours of app.css.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape


def known(value: float | None) -> float | None:
    """Return the value, or None when it is missing or not finite: both are gaps in a chart."""
    return value if value is not None and math.isfinite(value) else None


@dataclass(frozen=True, slots=True)
class Scale:
    """A straight line from values (low..high) to pixels (start..end), cut at both ends.

    A scale without extent puts every value in the middle.
    """

    low: float
    high: float
    start: float
    end: float

    def __call__(self, value: float) -> float:
        # Halves keep the differences of huge values inside the range of a float.
        span = self.high / 2 - self.low / 2
        share = (value / 2 - self.low / 2) / span if span > 0 else 0.5
        return round(self.start + (self.end - self.start) * min(max(share, 0.0), 1.0), 1)


def value_scale(values: Iterable[float | None], *, bottom: float, top: float) -> Scale:
    """Return the vertical scale that shows all given values: low at bottom, high at top."""
    present = [value for value in map(known, values) if value is not None]
    if not present:
        return Scale(0.0, 0.0, bottom, top)
    return Scale(min(present), max(present), bottom, top)


def runs(values: Sequence[float | None]) -> list[list[int]]:
    """Split positions into unbroken runs of known values; a gap ends a run."""
    result: list[list[int]] = []
    open_run = False
    for position, value in enumerate(values):
        if value is None:
            open_run = False
        elif open_run:
            result[-1].append(position)
        else:
            result.append([position])
            open_run = True
    return result


def opening(cls: str, width: int, height: int, label: str, *, fixed: bool = False) -> str:
    """Return the opening tag of a chart that reads as one image with a sentence.

    fixed: draw at exactly this many pixels instead of filling the place it stands in.
    """
    size = f' width="{width}" height="{height}"' if fixed else ""
    return (
        f'<svg class="{cls}" viewBox="0 0 {width} {height}"{size} role="img" '
        f'aria-label="{escape(label)}">'
    )


def path(points: Sequence[tuple[float, float]]) -> str:
    """Return the path data of one line through the points."""
    return "M" + "L".join(f"{x} {y}" for x, y in points)


def line(cls: str, x1: float, x2: float, y1: float, y2: float) -> str:
    """Return a straight line; an SVG without paint of its own."""
    return f'<line class="{cls}" x1="{x1}" x2="{x2}" y1="{y1}" y2="{y2}"/>'


def rect(cls: str, left: float, right: float, top: float, bottom: float) -> str:
    """Return a rectangle between two corners, whichever way round they are given."""
    x, y = min(left, right), min(top, bottom)
    width, height = round(abs(right - left), 1), round(abs(bottom - top), 1)
    return f'<rect class="{cls}" x="{x}" y="{y}" width="{width}" height="{height}"/>'


def text(cls: str, x: float, y: float, words: str, anchor: str = "start") -> str:
    """Return a line of escaped text."""
    align = "" if anchor == "start" else f' text-anchor="{anchor}"'
    return f'<text class="{cls}" x="{x}" y="{y}"{align}>{escape(words)}</text>'


def point(cls: str, x: float, y: float, radius: float, title: str = "") -> str:
    """Return a round mark; the title shows on hover."""
    inside = f"<title>{escape(title)}</title>" if title else ""
    return f'<circle class="pt {cls}" cx="{x}" cy="{y}" r="{radius}">{inside}</circle>'


def diamond(cls: str, x: float, y: float, radius: float, title: str = "") -> str:
    """Return a mark that stands on its tip, a little larger than a round one."""
    r = radius * 1.5
    return _polygon(cls, [(x, y - r), (x + r, y), (x, y + r), (x - r, y)], title)


def triangle(cls: str, x: float, y: float, radius: float, title: str = "") -> str:
    """Return a mark of three corners, a little larger than a round one."""
    r = radius * 1.5
    return _polygon(cls, [(x, y - r), (x + r, y + r * 0.8), (x - r, y + r * 0.8)], title)


def _polygon(cls: str, corners: Sequence[tuple[float, float]], title: str) -> str:
    inside = f"<title>{escape(title)}</title>" if title else ""
    spots = [(round(x, 1), round(y, 1)) for x, y in corners]
    return f'<path class="pt {cls}" d="{path(spots)}z">{inside}</path>'


# Marks that say better or worse have a shape of their own besides their colour.
SHAPES = {"pt-good": diamond, "pt-worse": triangle}


def spread(wanted: Sequence[float], *, gap: float, low: float, high: float) -> list[float]:
    """Move label positions apart so that neighbours keep their gap, inside low..high.

    Order in is order out. When there is no room for all gaps, positions are spaced evenly.
    """
    order = sorted(range(len(wanted)), key=lambda index: wanted[index])
    if not order:
        return []
    step = min(gap, (high - low) / max(len(order) - 1, 1))
    placed = [min(max(wanted[index], low), high) for index in order]
    for at in range(1, len(placed)):
        placed[at] = max(placed[at], placed[at - 1] + step)
    overflow = placed[-1] - high
    if overflow > 0:
        placed[-1] = high
        for at in range(len(placed) - 2, -1, -1):
            placed[at] = min(placed[at], placed[at + 1] - step)
    result = [0.0] * len(wanted)
    for at, index in enumerate(order):
        result[index] = round(max(placed[at], low), 1)
    return result
