"""What waits for whom, and how long gates waited."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from django.db import connection

from common.tenancy.context import require_tenant_id
from tenants.models import Membership

from ..rules.states import Code
from ..rules.waiting import Turn

# Each time somebody was asked to decide, and what came of it; waived ones nobody waited for to the end.
TURNS = """
SELECT p.code, p.name, p.archived_at IS NOT NULL, g.code, g.decider_id, g.due_date,
    s.at, n.at, n.verb, n.member_id
FROM gates_gatedecision s
JOIN gates_gate g ON g.tenant_id = s.tenant_id AND g.id = s.gate_id
JOIN portfolio_pilot p ON p.tenant_id = g.tenant_id AND p.id = g.pilot_id
LEFT JOIN gates_gatedecision n
    ON n.tenant_id = s.tenant_id AND n.gate_id = s.gate_id AND n.number = s.number + 1
WHERE s.tenant_id = %s AND s.verb = 'submit'
ORDER BY s.at, s.id
"""


@dataclass(frozen=True, slots=True)
class Asked:
    """A gate that somebody was asked to decide.

    decider_id: who is asked now. until, verb, by_id: when, how and by whom it was decided, None
    while it waits.
    """

    pilot_code: str
    pilot: str
    archived: bool
    gate: Code
    decider_id: UUID | None
    due_date: date | None
    since: datetime
    until: datetime | None
    verb: str | None
    by_id: UUID | None

    @property
    def waits(self) -> bool:
        """Say whether somebody is to decide it still."""
        return self.until is None and not self.archived


def list_asked() -> list[Asked]:
    """Return each time a gate of any pilot was submitted, oldest first, in one query."""
    with connection.cursor() as cursor:
        cursor.execute(TURNS, [require_tenant_id()])
        return [
            Asked(code, name, archived, Code(gate), *rest)
            for code, name, archived, gate, *rest in cursor.fetchall()
        ]


def map_functions() -> dict[UUID, tuple[str, ...]]:
    """Return the functions that each member reviews for, those too who left."""
    rows = Membership.objects.order_by("id").values_list("id", "functions")
    return {key: tuple(functions) for key, functions in rows}


def list_turns(asked: list[Asked]) -> list[Turn]:
    """Return how long gates waited for whose functions, in one query; waivers are left out."""
    functions = map_functions()
    return [
        Turn(functions.get(who, ()), one.since, one.until)
        for one in asked
        for who in [one.decider_id if one.until is None else one.by_id]
        if who is not None and (one.waits or one.verb in {"pass", "send_back"})
    ]
