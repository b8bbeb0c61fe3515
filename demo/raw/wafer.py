"""wafer-yield: in-house line tests of a semiconductor process; 1 is a fail, -1 a pass."""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from .rows import Row, read

FAIL = "1"


def fail_rate(folder: Path) -> Iterator[Row]:
    """Yield each test as 1 of 1 when it failed.

    Several tests share a minute, so a test's identity is its place in the file.
    """
    tests = read(folder / "wafer-yield" / "house_line_tests.csv")
    for place, test in enumerate(tests, start=1):
        yield Row(
            key=f"row-{place}",
            at=_moment(test["tested_at"]),
            numerator=float(test["result"] == FAIL),
            denominator=1.0,
        )


def _moment(text: str) -> datetime:
    """Read "19/07/2008 11:55:00", day first."""
    day, clock = text.split(" ")
    return datetime.fromisoformat("-".join(reversed(day.split("/"))) + " " + clock)
