"""Writing down classes of error, and what readings found of each."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import transaction

from common.errors import Refused
from common.writing import change, explained, lock, told
from portfolio import rules as path
from portfolio.actions import refuse_archived_pilot
from portfolio.models import Pilot
from tenants.models import Membership
from tenants.queries import Member

from ..models import AccuracyReading, ErrorClass, ErrorCount
from ..rules import errors as rules
from .brought import record, take_back

NAME_TAKEN = Refused(
    "Another class of error of this pilot has this name. Choose another.",
    code="name_taken",
    field="name",
)
ONCE = {"gates_errorclass_name_once": NAME_TAKEN}


@transaction.atomic
def add_error_class(
    *,
    pilot: Pilot,
    name: str,
    consequence: str,
    cost: Decimal,
    cost_basis: str,
    tolerated: Decimal,
    checked_by: str,
    by: Member | Membership,
) -> ErrorClass:
    """Write down one way in which a pilot decides wrongly.

    cost: of one error, in the tenant's currency. tolerated: share of decisions. checked_by: who
    checks each case before it takes effect, empty for nobody.
    Raises Refused for the name of another class, a rate that nothing can show, and an archived
    pilot. Audit: ERROR_CLASS_ADDED.
    """
    refuse_archived_pilot(lock(pilot))
    values = _terms(name, consequence, cost, cost_basis, tolerated, checked_by)
    with explained(ONCE):
        made: ErrorClass = ErrorClass.objects.create(pilot=pilot, **values)
    plain = {field: str(value) for field, value in values.items()}
    record(pilot, by, "ERROR_CLASS_ADDED", {"class": str(made.pk), **plain})
    return made


@transaction.atomic
def change_error_class(
    *,
    row: ErrorClass,
    version: int,
    name: str,
    consequence: str,
    cost: Decimal,
    cost_basis: str,
    tolerated: Decimal,
    checked_by: str,
    by: Member | Membership,
) -> ErrorClass:
    """Change a class of error; a gate that was passed on it opens again.

    Raises Changed for an old version, and Refused as `add_error_class` does.
    Audit: ERROR_CLASS_CHANGED.
    """
    refuse_archived_pilot(lock(row.pilot))
    row = lock(row, version=version)
    values = _terms(name, consequence, cost, cost_basis, tolerated, checked_by)
    with explained(ONCE):
        moved = change(row, values)
    if moved:
        payload = {"class": str(row.pk), "name": row.name, **told(moved)}
        record(row.pilot, by, "ERROR_CLASS_CHANGED", payload)
    return row


def _terms(
    name: str,
    consequence: str,
    cost: Decimal,
    cost_basis: str,
    tolerated: Decimal,
    checked_by: str,
) -> dict[str, Any]:
    """Return the values of a class; Refused for a rate that no reading can show."""
    if not 0 < tolerated < 1:
        raise Refused(
            "Give a rate above 0 % and below 100 %. No reading shows that a rate is zero: without an"
            " error in 3,000 decisions it may still be 0.1 %.",
            code="tolerated",
            field="tolerated",
        )
    return {
        "name": name.strip(),
        "consequence": consequence,
        "cost": cost,
        "cost_basis": cost_basis,
        "tolerated": tolerated,
        "checked_by": checked_by.strip(),
    }


@transaction.atomic
def archive_error_class(*, row: ErrorClass, by: Member | Membership, now: datetime) -> ErrorClass:
    """Put a class of error aside; its readings stay. Doing it again changes nothing.

    Raises Refused for an archived pilot. Audit: ERROR_CLASS_ARCHIVED.
    """
    return _set_aside(row, now, by, "ERROR_CLASS_ARCHIVED")


@transaction.atomic
def restore_error_class(*, row: ErrorClass, by: Member | Membership) -> ErrorClass:
    """Bring a class of error back. Doing it again changes nothing.

    Raises Refused for an archived pilot and where another class has its name by now.
    Audit: ERROR_CLASS_RESTORED.
    """
    return _set_aside(row, None, by, "ERROR_CLASS_RESTORED")


def _set_aside(
    row: ErrorClass, at: datetime | None, by: Member | Membership, action: str
) -> ErrorClass:
    refuse_archived_pilot(lock(row.pilot))
    row = lock(row)
    if (row.archived_at is None) == (at is None):
        return row
    with explained(ONCE):
        change(row, {"archived_at": at})
    record(row.pilot, by, action, {"class": str(row.pk), "name": row.name})
    return row


@transaction.atomic
def add_reading(
    *,
    pilot: Pilot,
    dataset: str,
    first_day: date,
    last_day: date,
    decisions: int,
    source: str,
    errors: Mapping[UUID, int],
    by: Member | Membership,
    now: datetime,
) -> AccuracyReading:
    """Keep what was found in a number of decisions.

    errors: by key of the class; one that nobody counted is missing, 0 is counted and none found.
    Raises Refused for days that cannot be meant, more errors than decisions, no count at all, a
    class that is not the pilot's or is archived, and an archived pilot.
    Audit: ACCURACY_READING_ADDED.
    """
    pilot = lock(pilot)
    refuse_archived_pilot(pilot)
    _refuse_days(first_day, last_day, path.local_day(now, pilot.site.zone))
    _refuse_counts(decisions, errors)
    known = ErrorClass.objects.filter(pilot=pilot, archived_at=None).in_bulk(list(errors))
    if len(known) != len(errors):
        raise Refused(
            "A class that you counted was archived meanwhile. Open the form anew.", code="class"
        )
    made: AccuracyReading = AccuracyReading.objects.create(
        pilot=pilot,
        dataset=dataset,
        first_day=first_day,
        last_day=last_day,
        decisions=decisions,
        source=source.strip(),
        member_id=by.id,
        at=now,
    )
    ErrorCount.objects.bulk_create(
        ErrorCount(
            tenant_id=made.tenant_id,
            pilot=pilot,
            reading=made,
            error_class_id=key,
            errors=count,
        )
        for key, count in errors.items()
    )
    payload = {
        "reading": str(made.pk),
        "dataset": dataset,
        "days": [first_day.isoformat(), last_day.isoformat()],
        "decisions": decisions,
        "source": made.source,
        "errors": {known[key].name: count for key, count in errors.items()},
    }
    record(pilot, by, "ACCURACY_READING_ADDED", payload)
    return made


def _refuse_days(first_day: date, last_day: date, today: date) -> None:
    if last_day > today:
        raise Refused("A reading is of today or earlier.", code="last_day", field="last_day")
    if first_day > last_day:
        raise Refused("It begins after it ends.", code="first_day", field="first_day")
    if first_day < path.EARLIEST:
        raise Refused("This day is too far away.", code="first_day", field="first_day")


def _refuse_counts(decisions: int, errors: Mapping[UUID, int]) -> None:
    if not errors:
        raise Refused(
            "Give the errors of at least one class; 0 where you looked and found none.",
            code="no_count",
        )
    if not 1 <= decisions <= rules.MOST:
        raise Refused(
            f"A reading is of 1 to {rules.MOST:,} decisions.", code="decisions", field="decisions"
        )
    total = sum(errors.values())
    if total > decisions:
        raise Refused(
            f"{total} errors do not fit into {decisions} decisions. A decision that is wrong in two"
            " ways counts once, in the class that costs more.",
            code="too_many",
            field="decisions",
        )


@transaction.atomic
def withdraw_reading(
    *, row: AccuracyReading, reason: str, by: Member | Membership, now: datetime
) -> AccuracyReading:
    """Take a reading back, with a reason; it stays to be seen and counts no more.

    Doing it again changes nothing. Raises Refused without a reason and for an archived pilot.
    Audit: ACCURACY_READING_WITHDRAWN.
    """
    refuse_archived_pilot(lock(row.pilot))
    row = lock(row)
    if take_back(row, reason=reason, by=by, now=now):
        payload = {"reading": str(row.pk), "source": row.source, "reason": row.withdrawn_reason}
        record(row.pilot, by, "ACCURACY_READING_WITHDRAWN", payload)
    return row
