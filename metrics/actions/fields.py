"""Writes of what fields mean, where that is something else, and which pilots need them."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import transaction

from audit import actions as audit
from common.errors import Refused
from common.writing import change, explained, lock, told
from portfolio.actions import refuse_archived_pilot
from portfolio.models import Pilot, Site
from tenants.models import Membership
from tenants.queries import Doer, Member

from ..models import FieldDefinition, FieldNeed, FieldSettlement, FieldVariant, Source
from ..queries import fields as queries
from ..rules import fields as rules
from ..rules.fields import Outcome, Stand

NAME_TAKEN = {
    "metrics_fielddefinition_name_once": Refused(
        "Another field has this name.", code="name_taken", field="name"
    )
}
PLACE_TAKEN = {
    "metrics_fieldvariant_place_once": Refused(
        "What is meant there is written down already: change that.", code="place_taken"
    )
}
NEEDED_ALREADY = {
    "metrics_fieldneed_once": Refused(
        "This field is on the list already.", code="needed_already", field="field"
    )
}


@transaction.atomic
def add_field(
    *, name: str, meaning: str, unit: str, owner: Membership, by: Doer
) -> FieldDefinition:
    """Write down what a field means, in which unit, and who answers for it.

    Raises Refused for a name that is taken and an owner who left. Audit: FIELD_ADDED.
    """
    _refuse_left(owner)
    with explained(NAME_TAKEN):
        found: FieldDefinition = FieldDefinition.objects.create(
            name=name, meaning=meaning, unit=unit, owner_id=owner.pk
        )
    _record("FIELD_ADDED", found, by, {"meaning": meaning, "unit": unit, "owner": str(owner.pk)})
    return found


@transaction.atomic
def change_field(
    *,
    row: FieldDefinition,
    version: int,
    name: str,
    meaning: str,
    unit: str,
    owner: Membership,
    by: Doer,
) -> FieldDefinition:
    """Change a field. Another meaning or unit opens each variant: it was compared with the old one.

    Raises Changed for an old version, Refused as `add_field` does and for one that is archived.
    Audit: FIELD_CHANGED.
    """
    row = lock(row, version=version)
    _refuse_archived(row)
    if owner.pk != row.owner_id:
        _refuse_left(owner)
    anew = (meaning, unit) != (row.meaning, row.unit)
    values = {"name": name, "meaning": meaning, "unit": unit, "owner_id": owner.pk}
    with explained(NAME_TAKEN):
        moved = change(row, values | {"wording": row.wording + anew})
    if moved:
        _record("FIELD_CHANGED", row, by, told(moved))
    return row


@transaction.atomic
def archive_field(*, row: FieldDefinition, by: Doer, now: datetime) -> FieldDefinition:
    """Put a field aside. Doing it again changes nothing.

    Raises Refused while a pilot needs it. Audit: FIELD_ARCHIVED.
    """
    row = lock(row)
    if row.archived_at is not None:
        return row
    names = queries.list_needing(row)
    if names:
        raise Refused(
            f"Pilots need it: {', '.join(names)}. Take it off their lists first.", code="needed"
        )
    change(row, {"archived_at": now})
    _record("FIELD_ARCHIVED", row, by, {})
    return row


@transaction.atomic
def restore_field(*, row: FieldDefinition, by: Doer) -> FieldDefinition:
    """Bring a field back. Raises Refused while another one has its name. Audit: FIELD_RESTORED."""
    row = lock(row)
    with explained(NAME_TAKEN):
        moved = change(row, {"archived_at": None})
    if moved:
        _record("FIELD_RESTORED", row, by, {})
    return row


@transaction.atomic
def add_variant(*, row: FieldDefinition, by: Doer, **values: Any) -> FieldVariant:
    """Write down what a site or a source means by a field; values: as `_checked` takes them.

    Raises Refused for an archived field, a place that is there already or none, and a conversion that
    is not whole. Audit: FIELD_VARIANT_ADDED, which says whether it is a conflict.
    """
    row = lock(row)
    _refuse_archived(row)
    values = _checked(**values)
    with explained(PLACE_TAKEN):
        found: FieldVariant = FieldVariant.objects.create(field=row, wording=row.wording, **values)
    _record_variant("FIELD_VARIANT_ADDED", found, by, {"meaning": found.meaning})
    return found


@transaction.atomic
def change_variant(*, row: FieldVariant, version: int, by: Doer, **values: Any) -> FieldVariant:
    """Change what is meant somewhere; values: as `_checked` takes them.

    Other words are not what was settled: a difference that might stand is a conflict again. Raises
    Changed for an old version, Refused as `add_variant` does, and for what would end a conflict:
    that is settled, with a reason. Audit: FIELD_VARIANT_CHANGED.
    """
    _refuse_archived(lock(row.field))
    row = lock(row, version=version)
    _refuse_ended(row)
    values = _checked(was=row, **values)
    if row.stand == Stand.DIFFERS and values["stand"] != Stand.DIFFERS:
        raise Refused(
            "This would end a conflict. Settle it instead: that keeps who did, when and why.",
            code="settle",
            field="stand",
        )
    words = {name: value for name, value in values.items() if name != "said_by"}
    if any(getattr(row, name) != value for name, value in words.items()):
        values["settled"] = None
    with explained(PLACE_TAKEN):
        moved = change(row, values)
    if moved:
        _record_variant("FIELD_VARIANT_CHANGED", row, by, told(moved))
    return row


@transaction.atomic
def end_variant(*, row: FieldVariant, by: Doer, now: datetime) -> FieldVariant:
    """Say that nobody uses a field there any more. Doing it again changes nothing.

    Raises Refused for a conflict, which is settled with a reason. Audit: FIELD_VARIANT_ENDED.
    """
    field = lock(row.field)
    row = lock(row)
    if row.ended_at is not None:
        return row
    if row.stand == Stand.DIFFERS or rules.is_open(row, field.wording):
        raise Refused(
            "This would end a conflict. Settle it instead: that keeps who did, when and why.",
            code="settle",
        )
    change(row, {"ended_at": now})
    _record_variant("FIELD_VARIANT_ENDED", row, by, {})
    return row


@transaction.atomic
def restore_variant(*, row: FieldVariant, by: Doer) -> FieldVariant:
    """Put what is meant somewhere back; where it differs it is a conflict again.

    Raises Refused for an archived field, and while the same place is there.
    Audit: FIELD_VARIANT_RESTORED.
    """
    _refuse_archived(lock(row.field))
    row = lock(row)
    if row.ended_at is None:
        return row
    with explained(PLACE_TAKEN):
        change(row, {"ended_at": None, "settled": None})
    _record_variant("FIELD_VARIANT_RESTORED", row, by, {})
    return row


@transaction.atomic
def settle(
    *,
    row: FieldVariant,
    version: int,
    outcome: str,
    factor: Decimal | None = None,
    plus: Decimal | None = None,
    reason: str,
    by: Member | Membership,
    now: datetime,
) -> FieldSettlement:
    """Settle a conflict: by the agreed meaning, a conversion, a yes to the difference, or its end.

    Raises Changed for an old version, Refused for somebody who neither owns the field nor is an admin
    or leads a pilot that needs it, without a reason or a whole conversion, and where there is no
    conflict. Audit: FIELD_SETTLED.
    """
    field = lock(row.field)
    _refuse_archived(field)
    row = lock(row, version=version)
    if words := queries.settle_refusal(field, by):
        raise Refused(words, code="not_settler")
    _refuse_ended(row)
    if row.stand != Stand.DIFFERS and not rules.is_open(row, field.wording):
        raise Refused("There is no conflict to settle.", code="no_conflict")
    if not reason.strip():
        raise Refused("Say why.", code="reason", field="reason")
    chosen = Outcome(outcome)
    if chosen is Outcome.CONVERTED:
        _refuse_numbers(factor, plus)
    else:
        factor = plus = None
    made: FieldSettlement = FieldSettlement.objects.create(
        variant=row,
        variant_version=row.version,
        wording=field.wording,
        meaning=row.meaning,
        outcome=chosen.value,
        factor=factor,
        plus=plus,
        reason=reason.strip(),
        member_id=by.id,
        at=now,
    )
    change(row, _settled(row, field, made, now))
    payload = {"outcome": chosen.value, "reason": made.reason}
    _record_variant("FIELD_SETTLED", row, by, payload)
    return made


def _settled(
    row: FieldVariant, field: FieldDefinition, made: FieldSettlement, now: datetime
) -> dict[str, Any]:
    """Return the values of what is meant somewhere once its conflict was settled."""
    outcome = Outcome(made.outcome)
    values: dict[str, Any] = {"settled": row.version, "wording": field.wording}
    if outcome is Outcome.GONE:
        return values | {"ended_at": now}
    stand = rules.LEADS_TO[outcome]
    return values | {
        "stand": stand.value,
        "meaning": field.meaning if stand is Stand.SAME else row.meaning,
        "factor": made.factor,
        "plus": made.plus,
        "cannot": (row.cannot or made.reason) if stand is Stand.DIFFERS else "",
    }


@transaction.atomic
def add_need(*, pilot: Pilot, field: FieldDefinition, used_for: str, by: Doer) -> FieldNeed:
    """Put a field on the list of what a pilot's decision needs.

    Raises Refused for an archived pilot or field, and one that is on the list.
    Audit: FIELD_NEED_ADDED.
    """
    refuse_archived_pilot(lock(pilot))
    field = lock(field)
    _refuse_archived(field)
    with explained(NEEDED_ALREADY):
        found: FieldNeed = FieldNeed.objects.create(pilot=pilot, field=field, used_for=used_for)
    _record_need("FIELD_NEED_ADDED", found, by, {"used_for": used_for})
    return found


@transaction.atomic
def change_need(*, row: FieldNeed, version: int, used_for: str, by: Doer) -> FieldNeed:
    """Say anew what a pilot needs a field for.

    Raises Changed for an old version, Refused for an archived pilot. Audit: FIELD_NEED_CHANGED.
    """
    refuse_archived_pilot(lock(row.pilot))
    row = lock(row, version=version)
    moved = change(row, {"used_for": used_for})
    if moved:
        _record_need("FIELD_NEED_CHANGED", row, by, told(moved))
    return row


@transaction.atomic
def end_need(*, row: FieldNeed, by: Doer, now: datetime) -> FieldNeed:
    """Take a field off a pilot's list. Doing it again changes nothing.

    Raises Refused for an archived pilot. Audit: FIELD_NEED_ENDED.
    """
    refuse_archived_pilot(lock(row.pilot))
    row = lock(row)
    if row.ended_at is None:
        change(row, {"ended_at": now})
        _record_need("FIELD_NEED_ENDED", row, by, {})
    return row


@transaction.atomic
def restore_need(*, row: FieldNeed, by: Doer) -> FieldNeed:
    """Put a field back on a pilot's list.

    Raises Refused for an archived pilot or field, and one that is on the list again already.
    Audit: FIELD_NEED_RESTORED.
    """
    refuse_archived_pilot(lock(row.pilot))
    _refuse_archived(lock(row.field))
    row = lock(row)
    with explained(NEEDED_ALREADY):
        moved = change(row, {"ended_at": None})
    if moved:
        _record_need("FIELD_NEED_RESTORED", row, by, {})
    return row


def _checked(
    *,
    site: Site | None,
    source: Source | None,
    meaning: str,
    stand: str,
    factor: Decimal | None,
    plus: Decimal | None,
    cannot: str,
    said_by: str,
    was: FieldVariant | None = None,
) -> dict[str, Any]:
    """Return the values of a variant, or raise Refused for what cannot be."""
    if site is None and source is None:
        raise Refused("Choose a site, a source, or both.", code="nowhere", field="site")
    for name, one in (("site", site), ("source", source)):
        if one is not None and one.archived_at is not None and one != (was and getattr(was, name)):
            raise Refused(f"{one.name} is archived.", code="archived", field=name)
    if stand == Stand.CONVERT:
        _refuse_numbers(factor, plus)
    elif factor is not None or plus is not None:
        raise Refused(
            "A factor belongs to what is converted. Leave it empty, or say that it is converted.",
            code="not_converted",
            field="factor" if factor is not None else "plus",
        )
    if stand == Stand.DIFFERS and not cannot.strip():
        raise Refused("Say why it cannot be converted.", code="cannot", field="cannot")
    return {
        "site": site,
        "source": source,
        "meaning": meaning,
        "stand": stand,
        "factor": factor,
        "plus": plus,
        "cannot": cannot.strip() if stand == Stand.DIFFERS else "",
        "said_by": said_by,
    }


def _refuse_numbers(factor: Decimal | None, plus: Decimal | None) -> None:
    """Raise Refused for a conversion that is not whole, and for one that loses every value."""
    for name, number in (("factor", factor), ("plus", plus)):
        if number is None:
            raise Refused("Fill this in.", code=name, field=name)
        if not -rules.MOST <= number <= rules.MOST:
            raise Refused("This number is too large.", code=name, field=name)
    if factor == 0:
        raise Refused("Times 0 every value is lost.", code="factor", field="factor")


def _refuse_left(owner: Membership) -> None:
    if owner.removed_at is not None:
        raise Refused(
            f"{owner.person.name} is no member any more: name somebody else.",
            code="owner_left",
            field="owner",
        )


def _refuse_archived(row: FieldDefinition) -> None:
    if row.archived_at is not None:
        raise Refused(f"{row.name} is archived. Bring it back first.", code="field_archived")


def _refuse_ended(row: FieldVariant) -> None:
    if row.ended_at is not None:
        raise Refused("Nobody uses it there any more. Put it back first.", code="ended")


def _record(action: str, row: FieldDefinition, by: Doer, payload: dict[str, Any]) -> None:
    audit.record(
        actor=by.audit_name,
        action=action,
        object=f"field:{row.pk}",
        payload={"name": row.name, **payload},
    )


def _record_variant(action: str, row: FieldVariant, by: Doer, payload: dict[str, Any]) -> None:
    said = {"variant": str(row.pk), "place": row.place, "stand": row.stand}
    _record(action, row.field, by, said | payload)


def _record_need(action: str, row: FieldNeed, by: Doer, payload: dict[str, Any]) -> None:
    audit.record(
        actor=by.audit_name,
        action=action,
        object=f"pilot:{row.pilot.code}",
        payload={"field": str(row.field_id), "name": row.field.name, **payload},
    )
