"""Lines about gates in the inboxes of those whom they concern."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from django.urls import reverse

from portfolio.models import Pilot
from tenants import actions as tenants
from tenants.queries import current_slug

from ..rules.states import KINDS, Code


def tell(*, pilot: Pilot, code: Code, title: str, people: Iterable[UUID], key: str) -> None:
    """Put one line about a gate into each inbox; key: the same one is put there once."""
    where = reverse("gate", args=[current_slug(), pilot.code, code.value])
    for person_id in sorted(set(people)):
        tenants.notify_person(
            person_id=person_id, topic="gate", title=title, path=where, dedup_key=key
        )


def tell_decider(*, pilot: Pilot, code: Code, step: UUID, person_id: UUID) -> None:
    """Tell the one who decides that a gate waits; step: the key of the step that asked for it."""
    title = f"The gate {KINDS[code].name} of {pilot.name} waits for you"
    tell(pilot=pilot, code=code, title=title, people=[person_id], key=f"gate:{step}:{person_id}")


def tell_adviser(*, pilot: Pilot, code: Code, step: UUID, adviser: UUID, person_id: UUID) -> None:
    """Tell an adviser that a gate waits for a decision; step: as of `tell_decider`."""
    title = f"Your advice is asked on the gate {KINDS[code].name} of {pilot.name}"
    tell(pilot=pilot, code=code, title=title, people=[person_id], key=f"advice:{step}:{adviser}")


def settle_advice(step: UUID, words: str, *, adviser: UUID | None = None) -> None:
    """Mark the lines as read that ask for advice on a step, of one adviser or of all."""
    tenants.settle(dedup_prefix=f"advice:{step}:{adviser or ''}", words=words)


def settle(step: UUID, words: str) -> None:
    """Mark the line as read that asks for a decision, once it is taken or asked of another."""
    tenants.settle(dedup_prefix=f"gate:{step}", words=words)
