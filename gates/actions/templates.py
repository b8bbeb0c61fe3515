"""A company adds to what its gates ask: each change is the next version, for gates that begin then."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from django.db import transaction

from audit import actions as audit
from common.characters import likeness
from common.errors import Changed, Refused
from tenants.models import Membership
from tenants.queries import Member

from ..models import Criterion, Template
from ..queries.templates import list_own_codes
from ..rules import templates as rules
from ..rules.criteria import Asked
from ..rules.states import Code
from .gates import newest_template, write_criteria


@transaction.atomic
def add_criterion(
    *,
    code: Code,
    version: int,
    asked: Asked,
    reason: str,
    by: Member | Membership,
    now: datetime,
) -> Template:
    """Let a gate ask one thing more from its next version on; return that.

    version: the number of the one that was seen. asked: its code is chosen here. Raises Changed
    where somebody wrote a version meanwhile; Refused without a reason, for what no evidence or
    number can answer, and for what the gate asks already. Audit: GATE_TEMPLATE_WRITTEN.
    """

    def more(before: list[Asked]) -> list[Asked]:
        if len(before) >= rules.MOST:
            raise Refused(
                f"A gate asks {rules.MOST} things at most: retire one first.", code="many"
            )
        _refuse(asked, before)
        return [*before, replace(asked, code=rules.next_code(list_own_codes(code)))]

    return _write(code, version, more, f"Added: {asked.text}", reason, by, now)


@transaction.atomic
def reword_criterion(
    *,
    code: Code,
    criterion: str,
    version: int,
    asked: Asked,
    reason: str,
    by: Member | Membership,
    now: datetime,
) -> Template:
    """Let a gate ask one of the company's own things in another way. Raises as `add_criterion`.

    criterion: its code; Refused for one of the product's own.
    """

    def other(before: list[Asked]) -> list[Asked]:
        _own(criterion, before)
        _refuse(asked, [one for one in before if one.code != criterion])
        return [replace(asked, code=criterion) if one.code == criterion else one for one in before]

    return _write(code, version, other, f"Reworded: {asked.text}", reason, by, now)


@transaction.atomic
def retire_criterion(
    *,
    code: Code,
    criterion: str,
    version: int,
    reason: str,
    by: Member | Membership,
    now: datetime,
) -> Template:
    """Let a gate ask one of the company's own things no more. Raises as `reword_criterion`."""

    def fewer(before: list[Asked]) -> list[Asked]:
        _own(criterion, before)
        return [one for one in before if one.code != criterion]

    return _write(code, version, fewer, "Retired", reason, by, now)


def _write(
    code: Code,
    version: int,
    change: Callable[[list[Asked]], list[Asked]],
    what: str,
    reason: str,
    by: Member | Membership,
    now: datetime,
) -> Template:
    newest = newest_template(code, now)  # alone with it from here on
    if newest.number != version:
        raise Changed(f"By now version {newest.number} is there: “{newest.reason}”")
    if not reason.strip():
        raise Refused("Say why.", code="reason", field="reason")
    rows = Criterion.objects.filter(template=newest).order_by("position", "id")
    before = [row.asked for row in rows]
    after = change(before)
    if after == before:
        return newest
    made: Template = Template.objects.create(
        gate=code,
        number=newest.number + 1,
        reason=reason.strip(),
        member_id=by.id,
        at=now,
    )
    write_criteria(made, after)
    audit.record(
        actor=by.audit_name,
        action="GATE_TEMPLATE_WRITTEN",
        object=f"gate:{code.value}",
        payload={"version": made.number, "what": what, "reason": made.reason},
    )
    return made


def _refuse(asked: Asked, others: list[Asked]) -> None:
    if words := rules.criterion_refusal(asked):
        raise Refused(words, code="criterion")
    if any(likeness(one.text) == likeness(asked.text) for one in others):
        raise Refused("The gate asks this already.", code="twice", field="text")


def _own(criterion: str, before: list[Asked]) -> None:
    if not rules.is_own(criterion):
        raise Refused("What the product asks stays: a company adds to it.", code="built_in")
    if criterion not in {one.code for one in before}:
        raise Refused("This gate does not ask that any more.", code="retired")
