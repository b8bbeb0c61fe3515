"""Tags and filters of the pages: `{% load ui %}`."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from functools import lru_cache
from typing import Any

from django import template
from django.core.exceptions import NON_FIELD_ERRORS
from django.forms import BoundField, CheckboxInput, CheckboxSelectMultiple, RadioSelect
from django.template.loader import render_to_string
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language

from common import charts, formats, icons

register = template.Library()

# What the chip on the board says: word, icon, look. The words are those of the glossary.
CHIPS: dict[str, tuple[str, str, str]] = {
    "proven": ("Proven", "check", "good"),
    "improved": ("Improved", "up", "goodline"),
    "no_change": ("No change", "wave", "usual"),
    "worse": ("Worse", "tri", "worse"),
    "not_enough": ("Not enough evidence", "ask", "muted"),
    "too_early": ("Too early", "clock", "muted"),
    "no_baseline": ("No baseline", "ask", "gap"),
}
# The weekly watch before the read-out: another shape, so that nobody reads it as a verdict.
WATCHES: dict[str, tuple[str, str, str]] = {
    "better_than_usual": ("Better than usual", "watchbetter", "watch good"),
    "worse_than_usual": ("Worse than usual", "watchworse", "watch worse"),
    "usual": ("Usual", "watchusual", "watch"),
}


@register.filter
def wrong_answers(form: Any) -> int:
    """Return how many fields of a form have an error; what concerns the whole is no answer."""
    return sum(name != NON_FIELD_ERRORS for name in form.errors)


@register.simple_tag
def icon(name: str, size: int = 16, label: str = "") -> SafeString:
    """Print one icon; it is decoration unless it gets a label."""
    return mark_safe(icons.icon(name, size, label))


@lru_cache(maxsize=512)
def _chip(word: str, glyph: str, tone: str, why: str) -> SafeString:
    """Render a chip once: a board prints the same few a hundred times."""
    context = {"word": word, "glyph": glyph, "tone": tone, "why": why}
    return render_to_string("ui/chip.html", context)


@register.simple_tag
def chip(code: str, why: str = "") -> SafeString:
    """Print the verdict chip of a code; why is the reason shown on hover."""
    return _chip(*CHIPS[code], why)


@register.filter
def chip_word(code: str) -> str:
    """Return the word of a verdict's chip, for what is read without its look."""
    return CHIPS[code][0]


@register.simple_tag
def watch(code: str, why: str = "") -> SafeString:
    """Print the weekly watch of a code, in a shape that is not a verdict's."""
    return _chip(*WATCHES[code], why)


@register.simple_tag
def tag(word: str, tone: str = "muted", glyph: str = "dash", why: str = "") -> SafeString:
    """Print a small state word; tone: goodline, usual, worse, bad, muted or gap."""
    return _chip(word, glyph, tone, why)


@register.filter
def number(value: float | None, decimals: int = 0) -> str:
    """Write a plain number with this many decimals."""
    return formats.number(value, decimals, get_language())


@register.filter
def exact(value: Any) -> str:
    """Write a plain number with every digit it has."""
    return formats.exact(value, get_language())


@register.simple_tag
def measure(
    value: float | None, unit: str = "", decimals: int = 1, beside: float | None = None
) -> str:
    """Write a stored value in its unit: {% measure week.value metric.unit metric.decimals %}.

    beside: what it is held against, such as a target; rounding never moves it to the other side.
    """
    digits = formats.apart(value, [beside], unit, decimals)
    return formats.measure(value, unit, digits, get_language())


@register.simple_tag
def difference(value: float | None, unit: str = "", decimals: int = 1) -> str:
    """Write a change with its sign; between shares it is points."""
    return formats.difference(value, unit, decimals, get_language())


@register.simple_tag
def span(low: float | None, high: float | None, unit: str = "", decimals: int = 1) -> str:
    """Write a range with its unit once."""
    return formats.span(low, high, unit, decimals, get_language())


@register.simple_tag
def target(value: float | None, comparison: str, unit: str = "", decimals: int = 1) -> str:
    """Write a target with its side: "> 94.0 %"."""
    return formats.target(value, comparison, unit, decimals, get_language())


@register.filter
def money(amount: Any, currency: str) -> str:
    """Write an exact amount: {{ amount|money:"EUR" }}."""
    return formats.money(amount, currency, get_language())


@register.filter
def money_short(amount: Any, currency: str) -> str:
    """Write an amount in three figures for a table."""
    return formats.money_short(amount, currency, get_language())


@register.filter
def day(value: date | None, today: date | None = None) -> str:
    """Write a date; {{ week|day:today }} leaves the year out where it is that of today."""
    return formats.day(value, get_language(), today=today)


@register.filter
def week(value: int | None) -> str:
    """Say where a pilot is on its path: "Week 9 of 12"."""
    return formats.week(value)


@register.simple_tag
def moment(value: datetime | None, zone: str = "UTC") -> SafeString | str:
    """Print an instant in a time zone as <time>, the zone's full name on hover."""
    if value is None:
        return formats.MISSING
    words = formats.moment(value, zone, get_language())
    return format_html('<time datetime="{}" title="{}">{}</time>', value.isoformat(), zone, words)


@register.simple_tag
def since(value: datetime | None, now: datetime, zone: str = "UTC") -> SafeString | str:
    """Print how long ago an instant was as <time>, the instant itself on hover."""
    words = formats.since(value, now, get_language())
    if value is None:
        return words
    exact = f"{formats.moment(value, zone, get_language())} ({zone})"
    return format_html('<time datetime="{}" title="{}">{}</time>', value.isoformat(), exact, words)


@register.simple_tag
def sparkline(values: Sequence[float | None], **options: Any) -> SafeString:
    """Draw a board row's weeks; options are those of common.charts.sparkline."""
    return mark_safe(charts.sparkline(values, **options))


@register.simple_tag
def weekly_chart(
    weeks: Sequence[charts.WeekPoint],
    sizes: Sequence[charts.Size] = (charts.Size(),),
    **options: Any,
) -> SafeString:
    """Draw a metric's weeks; options are those of common.charts.weekly_chart.

    sizes: one, or a wide one and the one that is seen where that has no room.
    """
    options.setdefault("locale", get_language())
    drawn = [
        charts.weekly_chart(
            weeks, width=size.width, height=size.height, before=size.before, **options
        )
        for size in sizes
    ]
    return mark_safe("".join(drawn))


@register.simple_tag
def between_chart(
    distances: Sequence[int], ends: Sequence[date], sizes: Sequence[charts.Size], **options: Any
) -> SafeString:
    """Draw the days between rare events; options are those of common.charts.between_chart."""
    options.setdefault("locale", get_language())
    drawn = [
        charts.between_chart(distances, ends, width=size.width, height=size.height, **options)
        for size in sizes
    ]
    return mark_safe("".join(drawn))


@register.simple_tag
def week_strip(
    number_of_week: int | None, phases: Sequence[charts.Phase] = (), late: bool = False
) -> SafeString:
    """Draw the twelve cells of a pilot."""
    return mark_safe(charts.week_strip(number_of_week, phases, late=late))


@register.filter
def phase_state(phase: charts.Phase, number_of_week: int | None) -> str:
    """Say whether a phase is done, now or next in a week."""
    return phase.state(number_of_week)


@register.filter
def field_kind(field: BoundField) -> str:
    """Say how a form field is laid out: "check", "picks" or "line"."""
    widget = field.field.widget
    if isinstance(widget, RadioSelect | CheckboxSelectMultiple):
        return "picks"
    return "check" if isinstance(widget, CheckboxInput) else "line"
