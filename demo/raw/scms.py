"""scms-deliveries: one row per delivered order line of a public health supply programme.

Only dates, figures and the line's number are read: no company name leaves the file.
"""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from .rows import Row, cell, read, wall_clock

BY_AIR = ("Air", "Air Charter")
LATE_DAYS = 14
RECORDED_DAYS = 1


def on_time_lines(folder: Path) -> Iterator[Row]:
    """Yield each line, on its scheduled date, as 1 of 1 when delivered by then, else 0 of 1."""
    for line in _lines(folder):
        scheduled, delivered = (
            _day(line["scheduled_delivery_date"]),
            _day(line["delivered_date"]),
        )
        yield Row(
            key=line["id"],
            at=scheduled,
            numerator=float(delivered <= scheduled),
            denominator=1.0,
        )


def late_lines(folder: Path) -> Iterator[Row]:
    """Yield each line delivered more than 14 days late as one event on its scheduled date.

    A week without one is a 0 because the whole span is reported, not because a row says so.
    """
    for line in _lines(folder):
        scheduled, delivered = (
            _day(line["scheduled_delivery_date"]),
            _day(line["delivered_date"]),
        )
        if (delivered - scheduled).days > LATE_DAYS:
            yield Row(key=line["id"], at=scheduled, value=1.0)


def air_freight(folder: Path) -> Iterator[Row]:
    """Yield each line, on its delivery date, with its air freight and its goods value.

    The freight cell of 2 224 air lines holds words ("See DN-..", "Freight Included in Commodity
    Cost"): refused, then counted as no freight, for the formula adds up numeric freight only.
    """
    for line in _lines(folder):
        freight = cell(line["freight_cost_usd"]) if line["shipment_mode"] in BY_AIR else 0.0
        yield Row(
            key=line["id"],
            at=_day(line["delivered_date"]),
            numerator=freight,
            denominator=cell(line["line_value_usd"]),
            otherwise=0.0 if isinstance(freight, str) else None,
        )


def recorded_in_a_day(folder: Path) -> Iterator[Row]:
    """Yield each line, on its delivery date, as 1 of 1 when recorded at most a day later."""
    for line in _lines(folder):
        delivered, recorded = (
            _day(line["delivered_date"]),
            _day(line["delivery_recorded_date"]),
        )
        yield Row(
            key=line["id"],
            at=delivered,
            recorded_at=recorded,
            numerator=float((recorded - delivered).days <= RECORDED_DAYS),
            denominator=1.0,
        )


def _lines(folder: Path) -> Iterator[dict[str, str]]:
    return read(folder / "scms-deliveries" / "deliveries.csv")


def _day(text: str) -> datetime:
    """Read "2-Jun-06", in any language of the machine."""
    day, month, year = text.split("-")
    return wall_clock(2000 + int(year), MONTHS.index(month) + 1, int(day))


MONTHS = (
    "Jan",
    "Feb",
    "Mar",
    "Apr",
    "May",
    "Jun",
    "Jul",
    "Aug",
    "Sep",
    "Oct",
    "Nov",
    "Dec",
)
