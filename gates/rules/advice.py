"""What an adviser says of a gate; it opens and closes nothing.

Source: docs/rules/gates.md, "Advice".
"""

from __future__ import annotations

from enum import StrEnum
from uuid import UUID

from tenants.rules import Actor, Parts, Permission, can


class Stance(StrEnum):
    """How somebody advises the one who decides."""

    FOR = "for"
    AGAINST = "against"
    REMARK = "remark"


NOT_ASKED = "You are not asked to advise on this gate."
NOTHING_WAITS = "The gate waits for no decision: there is nothing to advise."


def may_take_off(
    actor: Actor, member_id: UUID, *, decider_id: UUID | None, named_by_id: UUID
) -> bool:
    """Say whether one of those who name advisers of a gate may ask one of them no more.

    Who decides may, who named them, and who may change any pilot: a lead drops no adviser of the
    decider's.
    """
    own = member_id in (decider_id, named_by_id)
    return own or bool(can(actor, Permission.EDIT_PILOT, Parts()))
