"""steel-energy: a small steel plant, every quarter hour of 2018, local Korean time."""

from collections.abc import Iterator
from datetime import datetime, time, timedelta
from pathlib import Path

from .rows import Row, cell, read, wall_clock

QUARTER = timedelta(minutes=15)
LOW_POWER_FACTOR = 85.0
PEAK, LIGHT = "Maximum_Load", "Light_Load"


def low_power_factor(folder: Path) -> Iterator[Row]:
    """Yield each quarter hour outside the light band as 1 of 1 when its power factor is low."""
    for row in _quarters(folder):
        if row["load_type"] != LIGHT:
            low = float(row["lagging_power_factor"]) < LOW_POWER_FACTOR
            yield Row(
                key=row["date"],
                at=_start(row["date"]),
                numerator=float(low),
                denominator=1.0,
            )


def peak_share(folder: Path) -> Iterator[Row]:
    """Yield each quarter hour with its kWh, and those of them drawn at the peak tariff.

    One quarter hour of the year drew nothing: it is refused as saying nothing, and changes no sum.
    """
    for row in _quarters(folder):
        kwh = cell(row["usage_kwh"])
        yield Row(
            key=row["date"],
            at=_start(row["date"]),
            numerator=kwh if row["load_type"] == PEAK else 0.0,
            denominator=kwh,
        )


def _quarters(folder: Path) -> Iterator[dict[str, str]]:
    return read(folder / "steel-energy" / "energy_15min.csv")


def _start(text: str) -> datetime:
    """Return when a quarter hour begins; the file names when it ends, day first.

    The row of 00:00 carries the date of the day that ends there: its last quarter hour.
    """
    day, month, rest = text.split("/")
    year, clock = rest.split(" ")
    hour, minute = (int(part) for part in clock.split(":"))
    ends = wall_clock(int(year), int(month), int(day), hour, minute)
    if ends.time() == time.min:
        ends += timedelta(days=1)
    return ends - QUARTER
