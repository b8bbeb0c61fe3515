"""What a company may add to what a gate asks. Source: docs/rules/gates.md, "Templates"."""

from __future__ import annotations

import math
from collections.abc import Iterable

from .criteria import Asked, Check

# A gate that asks more than somebody reads is no gate.
MOST = 30
# Codes of what a company asks itself begin so; none of the product's own does.
OWN = "own_"
LONGEST_DAYS = 3_650


def is_own(code: str) -> bool:
    """Say whether a criterion is the company's own and not the product's."""
    return code.startswith(OWN)


def next_code(used: Iterable[str]) -> str:
    """Return a code that no version of the gate ever used: "own_3"."""
    numbers = [int(code.removeprefix(OWN)) for code in used]
    return f"{OWN}{max(numbers, default=0) + 1}"


def criterion_refusal(asked: Asked) -> str:
    """Return why a company cannot ask this, in words; empty when it can."""
    if not asked.text.strip():
        return "Say what is asked."
    if asked.check is Check.FACT or asked.fact:
        return "What the product knows, it asks itself."
    if asked.check is Check.NUMBER and (asked.side is None or asked.limit is None):
        return "Give the number's limit, and on which side of it the number must lie."
    if asked.limit is not None and not math.isfinite(asked.limit):
        return "Give the limit as a number."
    if asked.valid_days is not None and not 1 <= asked.valid_days <= LONGEST_DAYS:
        return f"Evidence counts for 1 to {LONGEST_DAYS:,} days."
    return ""
