"""How the demo's dates move: whole weeks of wall-clock time, over clock changes too."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from demo.rules import TENANTS, monday, shift

WINTER, SUMMER = date(2026, 1, 14), date(2026, 7, 15)
SERIES = [
    pytest.param(tenant, pilot, id=f"{tenant.slug}-{pilot.code}")
    for tenant in TENANTS
    for pilot in tenant.pilots
]


@pytest.mark.parametrize("zone", ["Europe/Amsterdam", "America/New_York", "Asia/Seoul"])
@pytest.mark.parametrize("weeks", [364, 387, 413, 640])
def test_a_moved_time_keeps_its_clock_and_weekday(zone, weeks):
    local = datetime(2018, 7, 11, 23, 59)

    moved = shift(local, weeks, zone)

    assert (moved.hour, moved.minute, moved.weekday()) == (23, 59, 2)
    assert moved.date() == date(2018, 7, 11) + timedelta(weeks=weeks)
    assert moved.utcoffset() == moved.replace(tzinfo=ZoneInfo(zone)).utcoffset()


def test_a_monday_midnight_of_summer_is_a_monday_midnight_of_winter():
    moved = shift(datetime(2018, 7, 9), 392, "Europe/Amsterdam")

    assert moved.isoformat() == "2026-01-12T00:00:00+01:00"


def test_the_last_minute_of_a_winter_week_stays_in_that_week_in_summer():
    moved = shift(datetime(2018, 1, 14, 23, 59), 443, "Europe/Amsterdam")

    assert moved.isoformat() == "2026-07-12T23:59:00+02:00"


def test_an_hour_that_the_clock_skips_becomes_the_next_one():
    # On 29 March 2026 the clock goes from 2 to 3 in Amsterdam.
    moved = shift(datetime(2018, 4, 1, 2, 30), 417, "Europe/Amsterdam")

    assert moved.isoformat() == "2026-03-29T03:30:00+02:00"


def test_an_hour_that_the_clock_shows_twice_is_the_first_of_both():
    # On 25 October 2026 the clock goes from 3 back to 2 in Amsterdam.
    moved = shift(datetime(2018, 10, 28, 2, 30), 417, "Europe/Amsterdam")

    assert moved.isoformat() == "2026-10-25T02:30:00+02:00"


def test_a_time_with_an_offset_is_not_a_wall_clock_time():
    with pytest.raises(ValueError, match="no offset"):
        shift(datetime(2018, 7, 9, tzinfo=UTC), 1, "Europe/Amsterdam")


@pytest.mark.parametrize("today", [WINTER, SUMMER])
@pytest.mark.parametrize(("tenant", "pilot"), SERIES)
def test_a_pilot_is_in_its_week_on_the_day_it_is_loaded(tenant, pilot, today):
    start = pilot.start_date(today)

    assert start.weekday() == 0
    assert (monday(today) - start).days // 7 + 1 == pilot.week_now
    moved = pilot.first_week + timedelta(weeks=pilot.weeks_moved(start))
    assert moved == start
    assert pilot.running_week + timedelta(weeks=pilot.weeks_moved(start)) == monday(today)
