"""What an adviser says of a gate; it opens and closes nothing.

Source: docs/rules/gates.md, "Advice".
"""

from __future__ import annotations

from enum import StrEnum


class Stance(StrEnum):
    """How somebody advises the one who decides."""

    FOR = "for"
    AGAINST = "against"
    REMARK = "remark"
