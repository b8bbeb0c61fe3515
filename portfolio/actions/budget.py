"""Writes of a pilot's budget: its lines, and who confirms that they are funded."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import transaction

from audit import actions as audit
from common.errors import Refused
from common.writing import change, explained, lock, told
from tenants.models import Membership
from tenants.queries import Member

from ..models import BudgetLine, Pilot
from .archived import refuse_archived_pilot

WHO_PAYS = Refused(
    "An executive or the pilot's sponsor confirms that a line is funded, never its lead.",
    code="not_who_pays",
)
# What the database refuses of a confirmation, by part and role as they are at that moment.
UNPAID = {
    "portfolio_budgetline_by_who_pays": WHO_PAYS,
    "portfolio_budgetline_not_by_lead": WHO_PAYS,
}
# What a confirmation is about: other money, or money for something else, is confirmed anew.
CONFIRMED = ("planned_money", "phase_class")


@transaction.atomic
def add_budget_line(
    *,
    pilot: Pilot,
    phase_class: str,
    title: str,
    by: Member | Membership,
    planned_money: Decimal = Decimal(0),
    actual_money: Decimal = Decimal(0),
    planned_hours: Decimal = Decimal(0),
    actual_hours: Decimal = Decimal(0),
) -> BudgetLine:
    """Add a line to a pilot's budget: money in the company's currency, and hours.

    Raises Refused for an archived pilot. Audit: BUDGET_LINE_ADDED.
    """
    refuse_archived_pilot(lock(pilot))
    values = {
        "phase_class": phase_class,
        "title": title.strip(),
        "planned_money": planned_money,
        "actual_money": actual_money,
        "planned_hours": planned_hours,
        "actual_hours": actual_hours,
    }
    made: BudgetLine = BudgetLine.objects.create(pilot=pilot, **values)
    _record(pilot, made, by, "BUDGET_LINE_ADDED", {n: str(value) for n, value in values.items()})
    return made


@transaction.atomic
def change_budget_line(
    *, line: BudgetLine, version: int, by: Member | Membership, **values: Any
) -> BudgetLine:
    """Change a line; other planned money, or for something else, is to be confirmed anew.

    values: as of `add_budget_line`. The same ones change and record nothing. Raises Changed for an
    old version, Refused for an archived line or pilot. Audit: BUDGET_LINE_CHANGED.
    """
    line, pilot = _own(line, version)
    if line.archived_at is not None:
        raise Refused("This line is archived: bring it back first.", code="archived")
    values["title"] = values["title"].strip()
    if any(getattr(line, name) != values[name] for name in CONFIRMED):
        values |= {"funded_at": None, "funded_by": None}
    moved = change(line, values)
    if moved:
        _record(pilot, line, by, "BUDGET_LINE_CHANGED", told(moved))
    return line


@transaction.atomic
def archive_budget_line(
    *, line: BudgetLine, version: int, by: Member | Membership, now: datetime
) -> BudgetLine:
    """Take a line out of the budget; it stays to be seen, and nobody's confirmation with it.

    Raises Changed for an old version; Refused for a line on which something was spent, which stays
    spent, and for an archived pilot. Audit: BUDGET_LINE_ARCHIVED.
    """
    line, pilot = _own(line, version)
    if line.archived_at is not None:
        return line
    if line.actual_money or line.actual_hours:
        raise Refused(
            "Money or hours went into this line, so it stays. Plan nothing more for it, or correct"
            " what was spent where that is a slip.",
            code="spent",
        )
    change(line, {"archived_at": now, "funded_at": None, "funded_by": None})
    _record(pilot, line, by, "BUDGET_LINE_ARCHIVED", {})
    return line


@transaction.atomic
def restore_budget_line(*, line: BudgetLine, version: int, by: Member | Membership) -> BudgetLine:
    """Bring a line back into the budget; it is to be confirmed anew.

    Raises Changed for an old version, Refused for an archived pilot. Audit: BUDGET_LINE_RESTORED.
    """
    line, pilot = _own(line, version)
    if change(line, {"archived_at": None}):
        _record(pilot, line, by, "BUDGET_LINE_RESTORED", {})
    return line


@transaction.atomic
def fund_budget_line(
    *, line: BudgetLine, version: int, by: Member | Membership, now: datetime
) -> BudgetLine:
    """Confirm by name that the planned money of a line is there.

    version: of the line that was seen, so that nobody confirms another amount. Raises Changed for an
    old one, Refused for anybody but an executive or the pilot's sponsor, and for its lead; for a line
    without planned money, for an archived line and an archived pilot.
    Audit: BUDGET_LINE_FUNDED.
    """
    line, pilot = _own(line, version)
    if line.archived_at is not None or not line.planned_money:
        raise Refused("There is no planned money in this line to confirm.", code="no_money")
    if line.funded_at is None:
        with explained(UNPAID):
            change(line, {"funded_at": now, "funded_by": Membership.objects.get(pk=by.id)})
        payload = {"planned_money": str(line.planned_money)}
        _record(pilot, line, by, "BUDGET_LINE_FUNDED", payload)
    return line


@transaction.atomic
def unfund_budget_line(*, line: BudgetLine, version: int, by: Member | Membership) -> BudgetLine:
    """Take back that the planned money of a line is there.

    Raises Changed for an old version, Refused for an archived pilot. Audit: BUDGET_LINE_UNFUNDED.
    """
    line, pilot = _own(line, version)
    if change(line, {"funded_at": None, "funded_by": None}):
        _record(pilot, line, by, "BUDGET_LINE_UNFUNDED", {})
    return line


def _own(line: BudgetLine, version: int) -> tuple[BudgetLine, Pilot]:
    """Return a line as it is now and its pilot, both locked; Refused for an archived pilot."""
    pilot = lock(line.pilot)
    refuse_archived_pilot(pilot)
    return lock(line, version=version), pilot


def _record(
    pilot: Pilot, line: BudgetLine, by: Member | Membership, action: str, payload: dict[str, Any]
) -> None:
    audit.record(
        actor=by.audit_name,
        action=action,
        object=f"pilot:{pilot.code}",
        payload={"line": str(line.pk), **payload},
    )
