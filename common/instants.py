"""Instants as text, the same in every format. Source: docs/rules/measurements.md."""

from __future__ import annotations

import re
from datetime import date, datetime

DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
# RFC 3339; the offset may be written without its colon, as the JSON decoder reads it.
INSTANT = re.compile(
    r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(?:\.\d+)?(?:[Zz]|[+-]\d\d:?\d\d)", re.ASCII
)


def parse(text: str) -> datetime | date | None:
    """Read RFC 3339 with offset, or a bare date; None for anything else.

    Of a fraction the first six digits count: nothing is rounded into the next second or week.
    """
    try:
        if DAY.fullmatch(text):
            return date.fromisoformat(text)
        if INSTANT.fullmatch(text):
            return datetime.fromisoformat(text.upper())
    except ValueError:
        pass
    return None
