"""Writes of the register of requirements, by hand and from spreadsheets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import date, datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Max

from audit import actions as audit
from common import sheets
from common.errors import Refused
from common.writing import change, explained, lock, told
from tenants.models import Membership
from tenants.queries import Member

from .. import rules as path
from ..models import Area, Pilot, Requirement, RequirementFile
from ..queries import engagement as queries
from ..rules import register
from ..rules.register import Draft
from .archived import refuse_archived_pilot
from .engagement import refuse_other_function

KEPT_FOR = timedelta(hours=24)
OPEN = Requirement.State.OPEN.value
TWICE = {
    "portfolio_requirement_once": Refused(
        "This function asks the same in this pilot already.", code="twice", field="text"
    )
}


@transaction.atomic
def add_requirement(
    *, pilot: Pilot, draft: Draft, by: Member | Membership, now: datetime
) -> Requirement:
    """Write down what a function asks of a pilot, under the pilot's next number.

    Raises Refused for somebody who neither edits the pilot nor answers for the function, for a text
    that stands there already, a day to come, for what is settled without a word why, and for an
    archived pilot. Audit: REQUIREMENT_ADDED.
    """
    pilot = lock(pilot)
    refuse_archived_pilot(pilot)
    refuse_other_function(pilot, draft.area, _seat(pilot, draft), by)
    _refuse(pilot, draft, now)
    with explained(TWICE):
        made: Requirement = Requirement.objects.create(
            pilot=pilot, number=_next(pilot), **_values(draft, None, by, now)
        )
    audit.record(
        actor=by.audit_name,
        action="REQUIREMENT_ADDED",
        object=f"pilot:{pilot.code}",
        payload={"number": made.number, "function": made.area, "text": made.text},
    )
    return made


@transaction.atomic
def change_requirement(
    *,
    requirement: Requirement,
    draft: Draft,
    version: int,
    by: Member | Membership,
    now: datetime,
) -> Requirement:
    """Change a requirement, or say what became of it. The same again changes nothing.

    Raises Changed for an old version, and Refused as `add_requirement`.
    Audit: REQUIREMENT_CHANGED.
    """
    pilot = lock(requirement.pilot)
    refuse_archived_pilot(pilot)
    found = lock(requirement, version=version)
    for area in {found.area, draft.area}:
        refuse_other_function(pilot, area, queries.find_engagement(pilot, Area(area)), by)
    _refuse(pilot, draft, now)
    with explained(TWICE):
        moved = change(found, _values(draft, found, by, now))
    if moved:
        moved.pop("alike", None)
        audit.record(
            actor=by.audit_name,
            action="REQUIREMENT_CHANGED",
            object=f"pilot:{pilot.code}",
            payload={"number": found.number, **told(moved)},
        )
    return found


def _seat(pilot: Pilot, draft: Draft) -> Any:
    return queries.find_engagement(pilot, Area(draft.area))


def _refuse(pilot: Pilot, draft: Draft, now: datetime) -> None:
    if not path.EARLIEST <= draft.found_on <= path.local_day(now, pilot.site.zone):
        raise Refused("It was found today or earlier.", code="found_on", field="found_on")
    if draft.state != OPEN and not (draft.evidence.strip() or draft.url.strip()):
        raise Refused(
            "Say what shows it, or why it was accepted or dropped; or leave it open.",
            code="evidence",
            field="evidence",
        )


def _values(
    draft: Draft, before: Requirement | None, by: Member | Membership, now: datetime
) -> dict[str, Any]:
    """Return the fields of a requirement; who settled it is who moved its state, or what shows it."""
    values = {
        **asdict(draft),
        "text": draft.text.strip(),
        "evidence": draft.evidence.strip(),
        "url": draft.url.strip(),
        "alike": register.alike(draft.text),
    }
    if draft.state == OPEN:
        return values | {"settled_by_id": None, "settled_at": None}
    shows = ("state", "evidence", "url")
    if before is not None and all(getattr(before, name) == values[name] for name in shows):
        return values
    return values | {"settled_by_id": by.id, "settled_at": now}


def _next(pilot: Pilot) -> int:
    """Return the next number of a pilot that is locked."""
    last = Requirement.objects.filter(pilot=pilot).aggregate(last=Max("number"))["last"]
    return (last or 0) + 1


def read_file(*, pilot: Pilot, content: bytes, found_on: date, now: datetime) -> register.Reading:
    """Read an uploaded spreadsheet; nothing is written.

    found_on: of rows that name no day. Raises Refused, with words for the person, when it is no
    table: too large, damaged, or unpacking to more than a table of people holds.
    """
    try:
        table = sheets.read_table(content)
    except sheets.Unreadable as unreadable:
        raise Refused(str(unreadable), code="unreadable", field="file") from None
    return register.read(
        table.header,
        table.rows,
        areas={area.value: str(area.label) for area in Area},
        found_on=found_on,
        today=path.local_day(now, pilot.site.zone),
    )


def keep_file(
    *, pilot: Pilot, name: str, reading: register.Reading, by: Member | Membership, now: datetime
) -> RequirementFile:
    """Keep what was read for a day, until its person takes it; old ones are dropped.

    Raises Refused while a row has a fault, and for an archived pilot.
    """
    refuse_archived_pilot(pilot)
    if reading.faults or not reading.rows:
        raise Refused("Mend the rows that are named, then upload the file again.", code="faults")
    RequirementFile.objects.filter(expires_at__lte=now).delete()
    kept: RequirementFile = RequirementFile.objects.create(
        pilot=pilot,
        member_id=by.id,
        name=name[:200],
        rows=[_kept(number, draft) for number, draft in reading.rows],
        expires_at=now + KEPT_FOR,
    )
    return kept


def _kept(number: int, draft: Draft) -> dict[str, Any]:
    return {"row": number, **asdict(draft), "found_on": draft.found_on.isoformat()}


def drafts_of(file: RequirementFile) -> list[tuple[int, Draft]]:
    """Return the rows of a file with their number."""
    return [
        (row["row"], Draft(**_fields(row) | {"found_on": date.fromisoformat(row["found_on"])}))
        for row in file.rows
    ]


def _fields(row: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in row.items() if name != "row"}


@transaction.atomic
def take_file(*, file: RequirementFile, by: Member | Membership, now: datetime) -> RequirementFile:
    """Write every row of a file into the register that does not stand there already, or none.

    Doing it twice does it once. Raises Refused for an archived pilot, and for a function that the
    person may not write for. Audit: REQUIREMENTS_IMPORTED.
    """
    pilot = lock(file.pilot)
    refuse_archived_pilot(pilot)
    file = lock(file)
    if file.done_at is not None:
        return file
    drafts = [draft for _, draft in drafts_of(file)]
    for area in sorted({draft.area for draft in drafts}):
        refuse_other_function(pilot, area, queries.find_engagement(pilot, Area(area)), by)
    new = list_new(pilot, drafts)
    first = _next(pilot)
    Requirement.objects.bulk_create(
        Requirement(
            tenant_id=pilot.tenant_id,
            pilot=pilot,
            number=number,
            **_values(draft, None, by, now),
        )
        for number, draft in enumerate(new, start=first)
    )
    file.taken, file.done_at, file.rows = len(new), now, []
    file.save(update_fields=["taken", "done_at", "rows"])
    audit.record(
        actor=by.audit_name,
        action="REQUIREMENTS_IMPORTED",
        object=f"pilot:{pilot.code}",
        payload={
            "file": file.name,
            "rows": len(drafts),
            "new": len(new),
            "first": first if new else None,
        },
    )
    return file


def list_new(pilot: Pilot, drafts: Sequence[Draft]) -> list[Draft]:
    """Return the rows that do not stand in the register of a pilot yet."""
    there = set(Requirement.objects.filter(pilot=pilot).values_list("area", "alike"))
    return [draft for draft in drafts if (draft.area, draft.alike) not in there]
