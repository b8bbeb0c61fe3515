"""Who may change a metric that pilots use. Source: docs/rules/wordings.md."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

MOST_NAMES = 5


@dataclass(frozen=True, slots=True)
class Using:
    """A pilot that has a metric, whatever the metric's role there.

    key: of the metric in the pilot. lead_id, lead: who leads the pilot now, as a person; None and
    empty while nobody does. agreed_by_id: the member who agreed to the target, None for nobody.
    """

    key: UUID
    code: str
    pilot: str
    lead_id: UUID | None
    lead: str
    agreed_by_id: UUID | None


def change_refusal(metric: str, using: Sequence[Using], admins: Sequence[str]) -> str:
    """Say why a person may not change a metric, and who may.

    using: every pilot that uses it, by code. admins: names of those who may in any case.
    """
    pilots = " and ".join(f"{one.pilot} (lead: {one.lead or 'nobody'})" for one in using)
    leads = {one.lead_id: one.lead for one in using}
    lead = leads.popitem()[1] if len(leads) == 1 else ""
    who = f"{lead} or a tenant admin" if lead else "a tenant admin"
    return (
        f"{metric} is used in {pilots}. Renaming it, wording it anew or archiving it is up to {who}"
        f"{': ' + _listed(admins) if admins else ''}."
    )


def _listed(names: Sequence[str]) -> str:
    more = len(names) - MOST_NAMES
    said = ", ".join(names[:MOST_NAMES])
    return f"{said} or {more} more" if more > 0 else said
