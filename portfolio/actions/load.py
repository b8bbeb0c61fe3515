"""Writes of what else runs at a site, and of what is decided about a pilot that stacks on it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.urls import reverse

from audit import actions as audit
from common.errors import Changed, Refused
from common.writing import change, explained, lock, told
from tenants import actions as tenants
from tenants.models import Membership
from tenants.queries import Member, current_slug

from .. import rules as path
from ..models import LoadDecision, Pilot, Programme, Site
from ..queries import load as queries
from ..rules.load import MOST_BESIDE, MOST_ROLES, Word, asks
from .archived import refuse_archived_pilot

# What a line that asked for a decision says once nothing is asked any more.
NO_LONGER = "No longer asked."
REFUSALS = {
    "portfolio_loaddecision_number_once": Changed(),
    "portfolio_loaddecision_by_who_may": Refused(
        "An executive or the pilot's sponsor decides, never who leads or led the pilot.",
        code="not_who_may",
    ),
}


@transaction.atomic
def add_programme(
    *,
    name: str,
    kind: str,
    site: Site,
    roles: Sequence[str],
    starts_on: date,
    ends_on: date | None,
    by: Member | Membership,
) -> Programme:
    """Write down another programme at a site.

    Raises Refused for an archived site, no or too many roles, a day in no plausible year, and an end
    before the start. Audit: PROGRAMME_ADDED.
    """
    values = _checked(name, kind, site, roles, starts_on, ends_on)
    made: Programme = Programme.objects.create(**values)
    _record(made, by, "PROGRAMME_ADDED", {"name": made.name, "site": site.code})
    return made


@transaction.atomic
def change_programme(
    *,
    programme: Programme,
    version: int,
    name: str,
    kind: str,
    site: Site,
    roles: Sequence[str],
    starts_on: date,
    ends_on: date | None,
    by: Member | Membership,
) -> Programme:
    """Change a programme; the same values change and record nothing.

    Raises Changed for an old version, Refused for an archived one and as `add_programme` does.
    Audit: PROGRAMME_CHANGED.
    """
    programme = lock(programme, version=version)
    if programme.archived_at is not None:
        raise Refused("This is archived: bring it back first.", code="archived")
    before = programme.site
    moved = change(programme, _checked(name, kind, site, roles, starts_on, ends_on))
    if moved:
        _record(programme, by, "PROGRAMME_CHANGED", told(moved))
        ask_in_vain_no_more(before)
    return programme


@transaction.atomic
def archive_programme(
    *, programme: Programme, version: int, by: Member | Membership, now: datetime
) -> Programme:
    """Put a programme aside; it counts no more. Raises Changed for an old version.

    Audit: PROGRAMME_ARCHIVED.
    """
    programme = lock(programme, version=version)
    if programme.archived_at is None:
        change(programme, {"archived_at": now})
        _record(programme, by, "PROGRAMME_ARCHIVED", {"name": programme.name})
        ask_in_vain_no_more(programme.site)
    return programme


@transaction.atomic
def restore_programme(*, programme: Programme, version: int, by: Member | Membership) -> Programme:
    """Bring a programme back. Raises Changed for an old version. Audit: PROGRAMME_RESTORED."""
    programme = lock(programme, version=version)
    if change(programme, {"archived_at": None}):
        _record(programme, by, "PROGRAMME_RESTORED", {"name": programme.name})
    return programme


@transaction.atomic
def decide_load(
    *,
    pilot: Pilot,
    version: int,
    seen: str,
    word: Word,
    reason: str,
    by: Member | Membership,
    now: datetime,
) -> LoadDecision:
    """Decide whether a pilot that stacks on much else goes ahead, or waits.

    version: the number of the decision, and seen: what ran beside it (`queries.load.seen_of`), both as
    the person saw them. Raises Changed for others; Refused where not more than a few things run beside
    it and nothing was decided yet, without a reason, for anybody but an executive or the pilot's
    sponsor, for whoever leads or led it, and for a pilot that is archived, graduated or stopped.
    Audit: LOAD_DECIDED. The lines that asked for it are settled.
    """
    pilot = lock(pilot)
    refuse_archived_pilot(pilot)
    if queries.is_over(pilot):
        raise Refused("This pilot is over: nothing is to be decided.", code="over")
    number = LoadDecision.objects.filter(pilot=pilot).count() + 1
    beside = queries.list_beside(pilot)
    if number != version or seen != queries.seen_of(beside):
        raise Changed
    if not reason.strip():
        raise Refused("Say why.", code="reason", field="reason")
    if number == 1 and len(beside) <= MOST_BESIDE:
        raise Refused("Nothing is to be decided: little else runs beside it.", code="little_else")
    with explained(REFUSALS):
        made: LoadDecision = LoadDecision.objects.create(
            pilot=pilot,
            number=number,
            word=word.value,
            beside=len(beside),
            things=[one.key for one in beside],
            reason=reason.strip(),
            member_id=by.id,
            at=now,
        )
    tenants.settle(dedup_prefix=_asks(pilot.pk), words="It is decided.")
    audit.record(
        actor=by.audit_name,
        action="LOAD_DECIDED",
        object=f"pilot:{pilot.code}",
        payload={"word": made.word, "beside": made.beside, "reason": made.reason},
    )
    return made


def refuse_unseen_load(*, site: Site, start_date: date, seen: str) -> None:
    """Refuse a start that stacks on more than a few things, until whoever starts it saw them.

    seen: what the page said would run beside it (`queries.load.seen_of`). What else is wrong with the
    start is refused by `add_pilot`.
    """
    if not path.EARLIEST <= start_date <= path.LATEST:
        return
    beside = queries.list_ahead(site, start_date)
    if len(beside) > MOST_BESIDE and seen != queries.seen_of(beside):
        raise Refused(
            f"{len(beside)} other things run at {site.name} in these weeks. They are listed in this"
            " form: read them, then start the pilot or choose another start.",
            code="load_unseen",
        )


def ask_about_load(pilot: Pilot, *, only: UUID | None = None) -> None:
    """Tell who may decide about a pilot's load that it waits for them; nobody where nothing does.

    only: one person, where the others were told before. The caller holds the pilot.
    """
    beside = queries.list_beside(pilot)
    decisions = queries.list_load_decisions(pilot)
    decided = decisions[0].things if decisions else None
    if not asks(beside=[one.key for one in beside], decided=decided) or queries.is_over(pilot):
        return
    for member in queries.list_load_deciders(pilot):
        if only is None or member.person_id == only:
            tenants.notify(
                member_id=member.pk,
                topic="load",
                title=f"{pilot.name} starts beside {len(beside)} other things at {pilot.site.name}:"
                " decide whether it goes ahead",
                path=reverse("load", args=[current_slug(), pilot.code]),
                dedup_key=f"{_asks(pilot.pk)}{pilot.version}",
            )


def ask_no_more_load(pilot: Pilot) -> None:
    """Settle the lines that ask about a pilot's load, and of others at its site that stood beside it."""
    tenants.settle(dedup_prefix=_asks(pilot.pk), words=NO_LONGER)
    ask_in_vain_no_more(pilot.site)


def ask_in_vain_no_more(site: Site) -> None:
    """Settle the lines that ask about pilots of a site beside which little runs by now."""
    for key in queries.list_asked_in_vain(site):
        tenants.settle(dedup_prefix=_asks(key), words=NO_LONGER)


def _asks(pilot_id: UUID) -> str:
    """Return how the keys of the lines begin that ask for a decision about a pilot's load."""
    return f"{queries.LINE}{pilot_id}:"


def _checked(
    name: str,
    kind: str,
    site: Site,
    roles: Sequence[str],
    starts_on: date,
    ends_on: date | None,
) -> dict[str, Any]:
    if site.archived_at is not None:
        raise Refused(f"{site.name} is archived.", code="archived", field="site")
    named = [one.strip() for one in roles if one.strip()]
    if not 1 <= len(named) <= MOST_ROLES:
        raise Refused(f"Name 1 to {MOST_ROLES} roles.", code="roles", field="roles")
    for field, day in (("starts_on", starts_on), ("ends_on", ends_on)):
        if day is not None and not path.EARLIEST <= day <= path.LATEST:
            raise Refused("This day is in no plausible year.", code="implausible", field=field)
    if ends_on is not None and ends_on < starts_on:
        raise Refused("It ends on or after the day it starts.", code="ends", field="ends_on")
    return {
        "name": name.strip(),
        "kind": kind,
        "site": site,
        "roles": named,
        "starts_on": starts_on,
        "ends_on": ends_on,
    }


def _record(
    programme: Programme, by: Member | Membership, action: str, payload: dict[str, Any]
) -> None:
    audit.record(
        actor=by.audit_name,
        action=action,
        object=f"programme:{programme.pk}",
        payload=payload,
    )
