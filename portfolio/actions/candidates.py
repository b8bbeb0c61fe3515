"""Writes of candidates for a pilot."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import transaction

from audit import actions as audit
from common.errors import Refused
from common.writing import change, lock, told
from tenants.models import Membership
from tenants.queries import Doer, Member

from ..models import Candidate, Pilot, Site
from ..models.candidates import MOST
from ..models.engagement import KNOWN
from ..rules.candidates import FIGURES, Gate, Outlook


@transaction.atomic
def add_candidate(
    *,
    name: str,
    site: Site,
    by: Member | Membership,
    use_case: str = "",
    figures: Mapping[str, Decimal | None] | None = None,
    outlook: Sequence[Outlook] = (),
    consulted: Sequence[str] = (),
    advice: str = "",
) -> Candidate:
    """Write down a workflow that might become a pilot.

    figures: by the names of `FIGURES`, what is not given is not known. outlook: of the six gates in
    their order, none for all open. Raises Refused for an archived site, a figure below zero or out of
    reach, an outlook that is not of six gates, and an unknown function. Audit: CANDIDATE_ADDED.
    """
    values = _checked(name, site, use_case, figures or {}, outlook, consulted, advice)
    made: Candidate = Candidate.objects.create(**values)
    _record(made, by, "CANDIDATE_ADDED", {"name": made.name, "site": site.code})
    return made


@transaction.atomic
def change_candidate(
    *,
    candidate: Candidate,
    version: int,
    name: str,
    site: Site,
    by: Member | Membership,
    use_case: str = "",
    figures: Mapping[str, Decimal | None] | None = None,
    outlook: Sequence[Outlook] = (),
    consulted: Sequence[str] = (),
    advice: str = "",
) -> Candidate:
    """Change a candidate; the same values change and record nothing.

    Raises Changed for an old version, Refused for an archived or begun one and as `add_candidate`
    does. Audit: CANDIDATE_CHANGED.
    """
    candidate = lock(candidate, version=version)
    refuse_closed(candidate)
    values = _checked(name, site, use_case, figures or {}, outlook, consulted, advice)
    moved = change(candidate, values)
    if moved:
        _record(candidate, by, "CANDIDATE_CHANGED", told(moved))
    return candidate


@transaction.atomic
def archive_candidate(
    *, candidate: Candidate, version: int, by: Member | Membership, now: datetime
) -> Candidate:
    """Put a candidate aside; it has no rank any more.

    Raises Changed for an old version, Refused for one that was begun. Audit: CANDIDATE_ARCHIVED.
    """
    candidate = lock(candidate, version=version)
    if candidate.archived_at is None:
        refuse_closed(candidate)
        change(candidate, {"archived_at": now})
        _record(candidate, by, "CANDIDATE_ARCHIVED", {"name": candidate.name})
    return candidate


@transaction.atomic
def restore_candidate(*, candidate: Candidate, version: int, by: Member | Membership) -> Candidate:
    """Bring a candidate back. Raises Changed for an old version. Audit: CANDIDATE_RESTORED."""
    candidate = lock(candidate, version=version)
    if change(candidate, {"archived_at": None}):
        _record(candidate, by, "CANDIDATE_RESTORED", {"name": candidate.name})
    return candidate


def begin_candidate(*, candidate: Candidate, pilot: Pilot, by: Doer) -> None:
    """Note the pilot that was started from a candidate, within the transaction that starts it.

    Raises Refused for an archived one and one that was begun before. Audit: CANDIDATE_BEGUN, with what
    nobody had said of it.
    """
    candidate = lock(candidate)
    refuse_closed(candidate)
    change(candidate, {"begun_as": pilot})
    payload = {
        "name": candidate.name,
        "pilot": pilot.code,
        "missing": list(candidate.arc.missing),
    }
    _record(candidate, by, "CANDIDATE_BEGUN", payload)


def refuse_closed(candidate: Candidate) -> None:
    """Refuse to touch a candidate that is archived or was begun."""
    if candidate.archived_at is not None:
        raise Refused("This candidate is archived: bring it back first.", code="archived")
    if candidate.begun_as is not None:
        raise Refused(
            f"{candidate.begun_as.code} was started from this candidate: it stays as it was then.",
            code="begun",
        )


def _checked(
    name: str,
    site: Site,
    use_case: str,
    figures: Mapping[str, Decimal | None],
    outlook: Sequence[Outlook],
    consulted: Sequence[str],
    advice: str,
) -> dict[str, Any]:
    if not name.strip():
        raise Refused("Give it a name.", code="name", field="name")
    if site.archived_at is not None:
        raise Refused(f"{site.name} is archived.", code="archived", field="site")
    amounts = {field: figures.get(field) for field in FIGURES}
    for field, amount in amounts.items():
        if amount is not None and not Decimal(0) <= amount <= MOST[field]:
            raise Refused(f"Between 0 and {MOST[field]}.", code="range", field=field)
    looks = list(outlook) or [Outlook.OPEN] * len(Gate)
    if len(looks) != len(Gate):
        raise Refused("Say it of each of the six gates.", code="outlook")
    if unknown := set(consulted) - set(KNOWN):
        words = f"{min(unknown)} is no function."
        raise Refused(words, code="unknown_function", field="consulted")
    return {
        "name": name.strip(),
        "site": site,
        "use_case": use_case.strip(),
        **amounts,
        "outlook": [one.value for one in looks],
        "consulted": [one for one in KNOWN if one in consulted],
        "advice": advice.strip(),
    }


def _record(candidate: Candidate, by: Doer, action: str, payload: dict[str, Any]) -> None:
    audit.record(
        actor=by.audit_name,
        action=action,
        object=f"candidate:{candidate.pk}",
        payload=payload,
    )
