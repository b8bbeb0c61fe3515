"""Numbers, money, dates and weeks in words."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common import formats

NOW = datetime(2026, 11, 16, 15, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("value", "unit", "decimals", "words"),
    [
        (0.94, "share", 1, "94.0\u00a0%"),
        (0.07, "share", 0, "7\u00a0%"),
        (-9.5, "days", 1, "\u22129.5\u00a0days"),
        (12345.678, "minutes", 1, "12,345.7\u00a0min"),
        (0.000375, "ppm", 0, "375\u00a0ppm"),
        (3, "pallets", 0, "3\u00a0pallets"),
        (-0.04, "", 1, "0.0"),
        (1e300, "", 0, "1.00e+300"),
        (None, "share", 1, "\u2013"),
        (float("nan"), "share", 1, "\u2013"),
    ],
)
def test_a_stored_value_is_shown_in_its_unit(value, unit, decimals, words):
    assert formats.measure(value, unit, decimals) == words


@pytest.mark.parametrize(
    ("value", "unit", "words"),
    [
        (0.03, "share", "+3.0\u00a0pts"),
        (-0.0301, "share", "\u22123.0\u00a0pts"),
        (0.00001, "share", "0.0\u00a0pts"),
        (9.5, "days", "+9.5\u00a0days"),
        (None, "days", "\u2013"),
    ],
)
def test_a_change_carries_its_sign_and_shares_change_in_points(value, unit, words):
    assert formats.difference(value, unit) == words


@pytest.mark.parametrize(
    ("value", "other", "unit", "digits"),
    [
        (0.0296, 0.03, "share", 2),  # "3.0 %" would not be below 3.0 %
        (0.02996, 0.03, "share", 3),
        (0.0295, 0.03, "share", 2),
        (0.029999, 0.03, "share", 4),
        (0.029, 0.03, "share", 1),
        (0.03, 0.03, "share", 1),
        (0.0304, 0.03, "share", 2),
        (2.96, 2.98, "days", 2),
        (-0.00004, 0.0, "share", 3),
        (0.03 + 1e-12, 0.03, "share", 1),  # how computers add
        (None, 0.03, "share", 1),
        (0.03, None, "share", 1),
    ],
)
def test_a_figure_is_never_rounded_across_what_it_is_held_against(value, other, unit, digits):
    assert formats.apart(value, [other], unit) == digits


def test_ranges_and_targets_name_their_unit_once():
    assert formats.span(0.888, 0.934, "share") == "88.8 to 93.4\u00a0%"
    assert formats.target(0.94, ">", "share") == ">\u00a094.0\u00a0%"
    assert formats.target(20, "<=", "days", 0) == "\u2264\u00a020\u00a0days"
    assert formats.target(None, "<=") == "no target"


@pytest.mark.parametrize(
    ("value", "unit", "decimals", "words"),
    [
        (0.9496, "share", 1, "94.96\u00a0%"),
        (0.95, "share", 1, "95.0\u00a0%"),
        (0.07, "share", 0, "7\u00a0%"),
        (0.949600001, "share", 1, "94.9600001\u00a0%"),
        (2.5, "days", 0, "2.5\u00a0days"),
        (1e-9, "days", 1, "0.000000001\u00a0days"),
        (1200.0, "count", 0, "1,200"),
    ],
)
def test_a_target_has_every_digit_that_is_stored(
    value: float, unit: str, decimals: int, words: str
) -> None:
    assert formats.target(value, ">", unit, decimals) == f">\u00a0{words}"
    assert formats.target(value, "above", unit, decimals) == f"above\u00a0{words}"


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (None, "\u2013"),
        (1234, "1,234"),
        (16.0, "16"),
        (5.7, "5.70"),
        (0.1 + 0.2, "0.30"),
        (1234567.891, "1,234,567.89"),
        (1.004, "1.004"),
        (0.004, "0.004"),
        (-0.0125, "\u22120.0125"),
        (0.1 / 3, "0.0333333"),
        (4e-9, "4e\u221209"),
        (1e100, "1.00e+100"),
    ],
)
def test_a_sum_keeps_six_figures_of_what_is_not_whole(value, words):
    assert formats.summed(value) == words


def test_sums_beside_each_other_have_the_decimals_of_the_finest():
    column = [0.004, 12, None, 999_999_999_999_999.0, 2e-9]

    digits = formats.decimals_of_sums(column)

    assert [formats.summed(one, decimals=digits) for one in column] == [
        "0.004", "12.000", "\u2013", "999,999,999,999,999.000", "2e\u221209",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("amount", "currency", "locale", "exact", "short"),
    [
        (1_240_000, "USD", "en", "$1,240,000", "$1.24M"),
        (Decimal("12.50"), "EUR", "en", "\u20ac12.50", "\u20ac12"),
        (Decimal("0.0042"), "EUR", "en", "\u20ac0.0042", "\u20ac0"),
        (Decimal("0.0050"), "EUR", "de", "0,005\u00a0\u20ac", "0\u00a0\u20ac"),
        (Decimal("3.1250"), "USD", "en", "$3.125", "$3"),
        (Decimal("0.5"), "JPY", "en", "\u00a50.5", "\u00a50"),
        (999_999, "EUR", "en", "\u20ac999,999", "\u20ac1M"),
        (1_240_000, "EUR", "de", "1.240.000\u00a0\u20ac", "1,24\u00a0Mio.\u00a0\u20ac"),
        (640_000, "EUR", "de", "640.000\u00a0\u20ac", "640.000\u00a0\u20ac"),
        (-5, "EUR", "en", "\u2212\u20ac5", "\u2212\u20ac5"),
        (None, "EUR", "en", "\u2013", "\u2013"),
    ],
)
def test_money_is_exact_on_pages_and_short_in_tables(amount, currency, locale, exact, short):
    assert formats.money(amount, currency, locale) == exact
    assert formats.money_short(amount, currency, locale) == short


@given(
    st.decimals(min_value=0, max_value=10**14, allow_nan=False),
    st.sampled_from(["en", "de"]),
)
def test_short_money_never_drops_or_invents_a_figure(amount, locale):
    rounded = formats.three_figures(amount)

    assert abs(rounded - amount) <= max(amount / 200, Decimal("0.5"))
    assert formats.money_short(amount, "EUR", locale)


def test_dates_follow_the_reader():
    value = date(2026, 11, 17)

    assert formats.day(value) == "17 Nov 2026"
    assert formats.day(value, "de") == "17.11.2026"
    assert formats.day(value, "en-us") == "Nov 17, 2026"
    assert formats.day(None) == "\u2013"
    assert formats.day(value, "xx-zz") == "17 Nov 2026"


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (date(2026, 1, 3), "3 Jan"),
        (date(2026, 12, 31), "31 Dec"),
        (date(2000, 1, 3), "3 Jan 2000"),
        (date(2027, 1, 3), "3 Jan 2027"),
    ],
)
def test_a_year_goes_without_saying_only_where_it_is_this_one(value, words):
    assert formats.day(value, today=date(2026, 11, 21)) == words


@pytest.mark.parametrize(
    ("zone", "words"),
    [
        ("Europe/Berlin", "Mon, 16 Nov 2026, 16:12\u00a0CET"),
        ("America/Chicago", "Mon, 16 Nov 2026, 09:12\u00a0CST"),
        ("Asia/Dhaka", "Mon, 16 Nov 2026, 21:12\u00a0UTC+06"),
        ("UTC", "Mon, 16 Nov 2026, 15:12\u00a0UTC"),
    ],
)
def test_an_instant_is_told_in_the_zone_of_the_site_with_the_name_of_its_clocks(zone, words):
    assert formats.moment(NOW, zone) == words


def test_summer_has_clocks_of_its_own():
    july = NOW.replace(month=7)

    assert formats.moment(july, "Europe/Berlin").endswith("17:12\u00a0CEST")


@pytest.mark.parametrize(
    ("away", "words"),
    [
        (timedelta(seconds=-3), "just now"),
        (timedelta(minutes=-5), "5 minutes ago"),
        (timedelta(hours=2), "in 2 hours"),
    ],
)
def test_time_away_is_told_in_words(away, words):
    assert formats.since(NOW + away, NOW) == words
    assert formats.since(None, NOW) == "never"


@pytest.mark.parametrize(
    ("week", "words"),
    [
        (None, "No start date"),
        (-1, "Starts in 2 weeks"),
        (0, "Starts next week"),
        (1, "Week 1 of 12"),
        (12, "Week 12 of 12"),
        (15, "Week 12 + 3"),
    ],
)
def test_the_week_of_a_pilot_is_told_before_during_and_after(week, words):
    assert formats.week(week) == words
