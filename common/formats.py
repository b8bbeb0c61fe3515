"""Numbers, units, money, dates and spans of time in words, by the reader's locale.

Shares are stored 0 to 1 and shown as per cent; a minus is U+2212, so that it is as wide as a
plus; number and unit are joined by a no-break space. Nothing here reads the clock.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from zoneinfo import ZoneInfo

from babel import Locale, UnknownLocaleError
from babel.dates import format_date, format_skeleton, format_time, format_timedelta
from babel.numbers import format_compact_currency, format_currency, format_decimal

MINUS = "\u2212"
NBSP = "\u00a0"
MISSING = "\u2013"
# From here on digits are noise: 1.00e+15.
HUGE = 10**15
# So many digits more tell two figures apart; beyond them it is how computers add.
MORE_DIGITS = 6
# Below it zeros would hide a sum: 4e-09.
TINY = 1e-6
# A board writes the same dates and figures again and again, and Babel takes its time for each.
KEPT = 4096

Number = float | int | Decimal


@dataclass(frozen=True, slots=True)
class Unit:
    """How a stored value is shown: times factor, then suffix; differences may say it otherwise."""

    suffix: str
    factor: int = 1
    difference: str = ""


# Units by their stored code. A code that is not here is printed behind the number as it is.
UNITS: dict[str, Unit] = {
    "": Unit(""),
    "count": Unit(""),
    "share": Unit(f"{NBSP}%", 100, f"{NBSP}pts"),
    "ppm": Unit(f"{NBSP}ppm", 1_000_000),
    "days": Unit(f"{NBSP}days"),
    "hours": Unit(f"{NBSP}h"),
    "minutes": Unit(f"{NBSP}min"),
    "per_week": Unit(f"{NBSP}a week"),
    "per_day": Unit(f"{NBSP}a day"),
}


@lru_cache(maxsize=KEPT)
def locale_of(code: str | None) -> Locale:
    """Return the Babel locale of a language code such as "de", "en-us" or "pt_BR".

    Empty and unknown codes give English.
    """
    try:
        return Locale.parse((code or "en").replace("-", "_"))
    except (UnknownLocaleError, ValueError):
        return Locale.parse("en")


@lru_cache(maxsize=KEPT)
def date_locale_of(code: str | None) -> Locale:
    """Return the locale for dates; plain English reads day, month, year."""
    locale = locale_of(code)
    return Locale.parse("en_GB") if str(locale) == "en" else locale


def unit_of(code: str) -> Unit:
    """Return how a unit code is shown."""
    return UNITS.get(code) or Unit(f"{NBSP}{code}")


@lru_cache(maxsize=KEPT)
def number(value: Number | None, decimals: int = 0, locale: str | None = None) -> str:
    """Write a plain number with exactly this many decimals; a dash when there is none."""
    if value is None or not math.isfinite(value):
        return MISSING
    if abs(Decimal(str(value))) >= HUGE:
        return f"{value:.2e}".replace("-", MINUS)
    # Adding 0 turns a "-0.0" that rounding left into "0.0": nothing is below nothing.
    rounded = round(Decimal(str(value)), max(decimals, 0)) + 0
    pattern = "#,##0" + (f".{'0' * decimals}" if decimals > 0 else "")
    return format_decimal(rounded, format=pattern, locale=locale_of(locale)).replace("-", MINUS)


def exact(value: Number | None, locale: str | None = None) -> str:
    """Write a plain number with every digit it has: "2,000", "0.25"."""
    return number(value, _decimals_of(value), locale)


def summed(value: Number | None, locale: str | None = None, *, decimals: int | None = None) -> str:
    """Write a sum or count, such as a numerator; what is tiny as 4e-09.

    decimals: as of `decimals_of_sums` where it stands among others; None takes its own.
    """
    if value and abs(float(value)) < TINY:
        return f"{value:.6g}".replace("-", MINUS)
    own = decimals_of_sums([value]) if decimals is None else decimals
    return number(value, own, locale)


def decimals_of_sums(values: Iterable[Number | None]) -> int:
    """Return with how many decimals sums or counts are written beside each other.

    None where all are whole; else two, and more where one needs them for six figures: what
    is printed of a numerator and a denominator has to give what is printed as their result.
    """
    return max((_decimals_of_sum(value) for value in values), default=0)


def measure(
    value: Number | None, unit: str = "", decimals: int = 1, locale: str | None = None
) -> str:
    """Write a stored value in its unit: 0.94 of unit "share" is "94.0 %"."""
    shown = _scaled(value, unit)
    return MISSING if shown is None else number(shown, decimals, locale) + unit_of(unit).suffix


def apart(
    value: Number | None, others: Iterable[Number | None], unit: str = "", decimals: int = 1
) -> int:
    """Return with how many decimals a value stays on its side of some others: at least `decimals`.

    "3.0 %" would contradict a target below 3 % that 2.96 % meets: it is written with one digit more.
    """
    shown = _scaled(value, unit)
    if shown is None:
        return decimals
    exact = Decimal(str(shown))
    limits = [Decimal(str(one)) for other in others if (one := _scaled(other, unit)) is not None]
    for digits in range(decimals, decimals + MORE_DIGITS + 1):
        rounded = round(exact, digits)
        if all(rounded.compare(limit) == exact.compare(limit) for limit in limits):
            return digits
    return decimals


def difference(
    value: Number | None, unit: str = "", decimals: int = 1, locale: str | None = None
) -> str:
    """Write a change with its sign; between two shares it is points ("+3.0 pts")."""
    shown = _scaled(value, unit)
    if shown is None:
        return MISSING
    kind = unit_of(unit)
    words = number(shown, decimals, locale)
    positive = shown > 0 and words != number(0, decimals, locale)
    return ("+" if positive else "") + words + (kind.difference or kind.suffix)


def stated(value: Number | None, unit: str = "", decimals: int = 1) -> str:
    """Write how large a change is that somebody stated: "2.0 pts", without a sign.

    It has every digit that is stored, and at least these decimals, as a target has.
    """
    digits = max(decimals, _decimals_of(_scaled(value, unit)))
    return difference(value, unit, digits).lstrip("+")


def span(
    low: Number | None,
    high: Number | None,
    unit: str = "",
    decimals: int = 1,
    locale: str | None = None,
) -> str:
    """Write a range with its unit once: "88.8 to 93.4 %"."""
    first, second = _scaled(low, unit), _scaled(high, unit)
    if first is None or second is None:
        return MISSING
    return f"{number(first, decimals, locale)} to {number(second, decimals, locale)}" + (
        unit_of(unit).suffix
    )


def target(
    value: Number | None,
    comparison: str,
    unit: str = "",
    decimals: int = 1,
    locale: str | None = None,
) -> str:
    """Write a target with its side: "> 94.0 %"; inclusive ones with the joined sign.

    comparison: a sign, or words such as "above". The number has every digit that is stored, and at
    least these decimals: a figure is rounded, but people agree to a target.
    """
    if value is None:
        return "no target"
    sign = {">=": "\u2265", "<=": "\u2264"}.get(comparison, comparison)
    digits = max(decimals, _decimals_of(_scaled(value, unit)))
    return f"{sign}{NBSP}{measure(value, unit, digits, locale)}"


def money(amount: Number | None, currency: str, locale: str | None = None) -> str:
    """Write an exact amount in its currency, cents only where there are any: "$1,240,000".

    What lies below a cent is written too: people agree to a value, and $0.0042 is not nothing.
    """
    if amount is None or not math.isfinite(amount):
        return MISSING
    if abs(Decimal(str(amount))) >= HUGE:
        return f"{number(amount)}{NBSP}{currency}"
    exact, where = Decimal(str(amount)), locale_of(locale)
    if exact == exact.to_integral_value():
        whole = where.currency_formats["standard"].pattern.replace(".00", "")
        words = format_currency(exact, currency, whole, where, currency_digits=False)
    else:
        every_digit = exact.normalize()
        words = format_currency(every_digit, currency, locale=where, decimal_quantization=False)
    return words.replace("-", MINUS)


def money_short(amount: Number | None, currency: str, locale: str | None = None) -> str:
    """Write an amount for a table in three figures: "$1.24M", "$640K", "1,24 Mio. \u20ac"."""
    if amount is None or not math.isfinite(amount) or abs(Decimal(str(amount))) >= HUGE:
        return money(amount, currency, locale)
    shown = three_figures(Decimal(str(amount)))
    words = format_compact_currency(shown, currency, locale=locale_of(locale), fraction_digits=2)
    if sum(sign.isdigit() for sign in words) > 4:
        # Some languages have no short form below a million and would drop the grouping too.
        return money(shown, currency, locale)
    return words.replace("-", MINUS)


def three_figures(amount: Decimal) -> Decimal:
    """Round an amount to three significant figures, and to whole units below a thousand."""
    return amount.quantize(Decimal(1).scaleb(max(amount.adjusted() - 2, 0)))


@lru_cache(maxsize=KEPT)
def day(value: date | None, locale: str | None = None, *, today: date | None = None) -> str:
    """Write a date: "17 Nov 2026", or "17 Nov" where its year is that of today.

    today: for lists and axes, the day it is at the plant; without it the year always stands there.
    """
    if value is None:
        return MISSING
    if today is not None and value.year == today.year:
        return format_skeleton("MMMd", _noon(value), locale=date_locale_of(locale))
    return format_date(value, "medium", date_locale_of(locale))


def moment(value: datetime | None, zone: str = "UTC", locale: str | None = None) -> str:
    """Write an instant in a time zone, and whose clock it is: "Mon 16 Nov 2026, 15:12 CET"."""
    if value is None:
        return MISSING
    local = value.astimezone(ZoneInfo(zone))
    where = date_locale_of(locale)
    weekday = format_skeleton("yMMMEd", local, locale=where)
    return f"{weekday}, {format_time(local, 'HH:mm', locale=where)}{NBSP}{_clock(local)}"


def since(value: datetime | None, now: datetime, locale: str | None = None) -> str:
    """Say how long ago something was, or in what time it comes: "5 minutes ago", "in 2 hours"."""
    if value is None:
        return "never"
    away = value - now
    if abs(away) < timedelta(seconds=45):
        return "just now"
    return format_timedelta(away, add_direction=True, threshold=0.95, locale=locale_of(locale))


def week(number_of_week: int | None) -> str:
    """Say where a pilot is on its path: "Week 9 of 12"; beyond it the watch goes on counting."""
    if number_of_week is None:
        return "No start date"
    if number_of_week < 1:
        ahead = 1 - number_of_week
        return "Starts next week" if ahead == 1 else f"Starts in {ahead} weeks"
    if number_of_week > 12:
        return f"Week 12 + {number_of_week - 12}"
    return f"Week {number_of_week} of 12"


def _clock(local: datetime) -> str:
    """Return what a zone's clocks are called on a day: CET; UTC+06 where they have no name."""
    name = local.tzname() or ""
    return f"UTC{name}" if name.startswith(("+", "-")) else name


def _scaled(value: Number | None, unit: str) -> float | Decimal | None:
    """Return a stored value in the unit it is shown in; None when there is none."""
    if value is None or not math.isfinite(value):
        return None
    factor = unit_of(unit).factor
    if factor == 1:
        return value
    # Through text, so that 0.07 is 7 and not 7.000000000000001.
    return Decimal(str(value)) * factor


def _decimals_of(value: Number | None) -> int:
    """Return how many decimals a number has."""
    if value is None:
        return 0
    exponent = Decimal(str(value)).normalize().as_tuple().exponent
    return max(-exponent, 0) if isinstance(exponent, int) else 0


def _decimals_of_sum(value: Number | None) -> int:
    """Return how many decimals one sum needs: of six figures, since additions blur the last."""
    if value is None or not math.isfinite(value) or value == int(value) or abs(float(value)) < TINY:
        return 0
    return max(_decimals_of(Decimal(f"{value:.6g}")), 2)


def _noon(value: date) -> datetime:
    """Return a date as an instant that no time zone moves to another day."""
    return datetime(value.year, value.month, value.day, 12)  # noqa: DTZ001  # a day has no zone
