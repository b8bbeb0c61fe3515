"""When people are reminded of evidence that ends, and of a gate that waits for its decider.

Source: docs/rules/gates.md, "Reminders".
"""

from __future__ import annotations

from datetime import date, timedelta

# So many days before its last one, the first that is over first.
EXPIRES_IN = (3, 14)
# A gate for which nobody said a day is to be decided within these.
REVIEW_DAYS = 14


def expiry_mark(*, until: date, since: date, day: date) -> int | None:
    """Return which reminder of a last day is due on a day, 14 or 3; None when none is.

    since: the day on which the evidence was brought: what ended soon when it came is no news.
    """
    left = (until - day).days
    found = next((mark for mark in EXPIRES_IN if 0 <= left <= mark), None)
    if found is None or since > until - timedelta(days=found):
        return None
    return found


def decide_by(*, due: date | None, asked: date) -> date:
    """Return the last day on which a gate is decided in time. asked: when it was submitted."""
    return due if due is not None and due >= asked else asked + timedelta(days=REVIEW_DAYS)
