"""Writes of a pilot's change plan: what changes for whom, who is trained, what worries people."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from audit import actions as audit
from common.errors import Refused
from common.writing import change, explained, lock, told
from tenants.models import Membership
from tenants.queries import Member

from .. import rules as path
from ..models import Pilot, PlanItem
from ..rules.plan import MOST_PEOPLE, NEEDS, USES, Kind
from .archived import refuse_archived_pilot

TEXTS = ("who", "text", "before", "after")
ONE_PROMISE = {
    "portfolio_planitem_one_promise": Refused(
        "This pilot has a promise already: change that one, or archive it.", code="one_promise"
    )
}


@transaction.atomic
def add_item(
    *, pilot: Pilot, kind: Kind, title: str, by: Member | Membership, now: datetime, **values: Any
) -> PlanItem:
    """Add something to a pilot's change plan.

    values: what `rules.plan.USES` names for the kind; what is left out is empty. Raises Refused for
    what the kind cannot do without, more trained than need it, a work on the data that ends before it
    starts, a concern that is answered without an answer, a day in no plausible year or done on a day
    to come, an archived owner, a second promise, and an archived pilot. Audit: PLAN_ITEM_ADDED.
    """
    refuse_archived_pilot(lock(pilot))
    given = _checked(pilot, kind, title, values, now)
    with explained(ONE_PROMISE):
        made: PlanItem = PlanItem.objects.create(
            pilot=pilot, kind=kind.value, member_id=by.id, written_at=now, **given
        )
    payload = {"kind": kind.value, "title": made.title}
    _record(pilot, made, by, "PLAN_ITEM_ADDED", payload)
    return made


@transaction.atomic
def change_item(
    *,
    item: PlanItem,
    version: int,
    title: str,
    by: Member | Membership,
    now: datetime,
    **values: Any,
) -> PlanItem:
    """Change something of a pilot's change plan; the same values change and record nothing.

    Raises Changed for an old version, Refused for an archived item and as `add_item` does.
    Audit: PLAN_ITEM_CHANGED.
    """
    item, pilot = _own(item, version)
    if item.archived_at is not None:
        raise Refused("This is archived: bring it back first.", code="archived")
    given = _checked(pilot, Kind(item.kind), title, values, now, owned_by=item.owner_id)
    if all(getattr(item, name) == value for name, value in given.items()):
        return item
    moved = change(item, {**given, "member_id": by.id, "written_at": now})
    kept = {name: pair for name, pair in moved.items() if name in given}
    _record(pilot, item, by, "PLAN_ITEM_CHANGED", told(kept))
    return item


@transaction.atomic
def archive_item(
    *, item: PlanItem, version: int, by: Member | Membership, now: datetime
) -> PlanItem:
    """Take something out of a pilot's change plan; it stays to be seen.

    Raises Changed for an old version, Refused for an archived pilot. Audit: PLAN_ITEM_ARCHIVED.
    """
    item, pilot = _own(item, version)
    if item.archived_at is None:
        change(item, {"archived_at": now})
        _record(pilot, item, by, "PLAN_ITEM_ARCHIVED", {"title": item.title})
    return item


@transaction.atomic
def restore_item(*, item: PlanItem, version: int, by: Member | Membership) -> PlanItem:
    """Bring something back into a pilot's change plan.

    Raises Changed for an old version, Refused for a second promise and an archived pilot.
    Audit: PLAN_ITEM_RESTORED.
    """
    item, pilot = _own(item, version)
    with explained(ONE_PROMISE):
        moved = change(item, {"archived_at": None})
    if moved:
        _record(pilot, item, by, "PLAN_ITEM_RESTORED", {"title": item.title})
    return item


def _own(item: PlanItem, version: int) -> tuple[PlanItem, Pilot]:
    """Return an item as it is now and its pilot, both locked; Refused for an archived pilot."""
    pilot = lock(item.pilot)
    refuse_archived_pilot(pilot)
    return lock(item, version=version), pilot


def _checked(
    pilot: Pilot,
    kind: Kind,
    title: str,
    values: dict[str, Any],
    now: datetime,
    *,
    owned_by: UUID | None = None,
) -> dict[str, Any]:
    """Return the columns that a kind uses, the others empty; Refused for what does not fit.

    owned_by: the owner until now, who stays although archived.
    """
    used = {name: values.get(name) for name in USES[kind]}
    given: dict[str, Any] = {"title": title.strip()}
    for name in TEXTS:
        given[name] = (used.get(name) or "").strip()
    for name in ("people_needed", "people_done", "starts_on", "due_on", "done_on", "owner"):
        given[name] = used.get(name)
    if not given["title"]:
        raise Refused("Fill this in.", code="missing", field="title")
    for name in USES[kind]:
        if name in NEEDS[kind] and given[name] in (None, ""):
            raise Refused("Fill this in.", code="missing", field=name)
    _refuse_people(kind, given["people_needed"], given["people_done"])
    _refuse_days(pilot, given, now)
    if kind is Kind.CONCERN and given["done_on"] and not given["text"]:
        raise Refused("Write down what was answered.", code="no_answer", field="text")
    owner = given["owner"]
    if owner is not None and owner.archived_at is not None and owner.pk != owned_by:
        raise Refused(f"{owner.name} is archived.", code="archived", field="owner")
    return given


def _refuse_people(kind: Kind, needed: int | None, done: int | None) -> None:
    if needed is not None and not (kind is Kind.TRAINING) <= needed <= MOST_PEOPLE:
        raise Refused("This is no number of people.", code="people", field="people_needed")
    if done is not None and needed is None:
        raise Refused("Say how many need it.", code="people", field="people_needed")
    if done is not None and needed is not None and not 0 <= done <= needed:
        raise Refused(f"At most the {needed} who need it.", code="people", field="people_done")


def _refuse_days(pilot: Pilot, given: dict[str, Any], now: datetime) -> None:
    for name in ("starts_on", "due_on", "done_on"):
        day: date | None = given[name]
        if day is not None and not path.EARLIEST <= day <= path.LATEST:
            raise Refused("This day is in no plausible year.", code="implausible", field=name)
    if given["starts_on"] and given["due_on"] and given["due_on"] < given["starts_on"]:
        raise Refused("It ends on or after the day it starts.", code="ends", field="due_on")
    if given["done_on"] and given["done_on"] > path.local_day(now, pilot.site.zone):
        raise Refused("This day is still to come.", code="to_come", field="done_on")


def _record(
    pilot: Pilot, item: PlanItem, by: Member | Membership, action: str, payload: dict[str, Any]
) -> None:
    audit.record(
        actor=by.audit_name,
        action=action,
        object=f"pilot:{pilot.code}",
        payload={"item": str(item.pk), **payload},
    )
