"""What charts draw can be seen: WCAG 2.2, 1.4.11, asks 3:1 of graphics on their ground."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

STYLES = (Path(__file__).resolve().parent.parent.parent / "static/css/app.css").read_text()
TOKENS = dict(re.findall(r"--([\w-]+): light-dark\(([^)]+)\)", STYLES))
POINTS = ["pt-usual", "pt-good", "pt-worse", "pt-transit", "pt-out", "pt-lone"]
GROUNDS = ["surface", "band", "band-2"]


def luminance(colour: str) -> float:
    """Return the relative luminance of `#rrggbb`, 0..1, as WCAG defines it."""
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    darker, lighter = sorted(map(luminance, (one, other)))
    return (lighter + 0.05) / (darker + 0.05)


def colour(token: str, theme: int) -> str:
    return TOKENS[token].split(",")[theme].strip()


@pytest.mark.parametrize("theme", [0, 1], ids=["light", "dark"])
@pytest.mark.parametrize("point", POINTS)
def test_every_point_of_a_chart_stands_out_from_what_it_is_drawn_on(point: str, theme: int) -> None:
    [rules] = re.findall(rf"\.{point} {{([^}}]*)}}", STYLES)
    used = re.findall(r"(?:fill|stroke): var\(--([\w-]+)\)", rules)

    for ground in GROUNDS:
        best = max(contrast(colour(one, theme), colour(ground, theme)) for one in used)
        assert best >= 3, (point, ground, round(best, 2))
