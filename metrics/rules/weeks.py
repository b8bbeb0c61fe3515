"""Weeks of a plant: Monday 00:00 to the next Monday 00:00 in its own time zone."""

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo


def monday(day: date) -> date:
    """Return the Monday of the day's week."""
    return day - timedelta(days=day.weekday())


def day_start(day: date, zone: str) -> datetime:
    """Return the instant at which a local day begins."""
    return datetime.combine(day, time.min, ZoneInfo(zone))
