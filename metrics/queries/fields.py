"""Every read of what fields mean, where that is something else, and which pilots need them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db.models import F, OuterRef, QuerySet, Subquery
from django.db.models.functions import Lower
from django.shortcuts import get_object_or_404

from portfolio.models import Part, Pilot, PilotParty
from tenants.models import Membership, Person
from tenants.queries import Member
from tenants.rules import Role

from ..models import FieldDefinition, FieldNeed, FieldSettlement, FieldVariant
from ..rules import fields as rules
from ..rules.fields import Stand


@dataclass(frozen=True, slots=True)
class Told:
    """What is meant somewhere. settlement: the one that holds, with its member; None for none."""

    row: FieldVariant
    wording: int
    settlement: FieldSettlement | None = None

    @property
    def open(self) -> bool:
        return rules.is_open(self.row, self.wording)

    @property
    def behind(self) -> bool:
        return rules.is_behind(self.row, self.wording)

    @property
    def conversion(self) -> str:
        """Return how it is converted: "times 1.4, plus 2"; empty where it is not."""
        if self.row.factor is None or self.row.plus is None:
            return ""
        return rules.conversion(self.row.factor, self.row.plus)

    @property
    def words(self) -> str:
        """Return in words how it stands, without who settled it."""
        if self.behind:
            return f"{self.row.place}: compared with an earlier meaning, and not since"
        if self.open:
            return f"{self.row.place} means {self.row.meaning}"
        if self.row.stand == Stand.CONVERT:
            return f"{self.row.place}: {self.conversion}"
        if self.row.stand == Stand.DIFFERS and self.settlement is not None:
            return f"{self.row.place}: may differ, {self.settlement.reason.rstrip('.')}"
        return f"{self.row.place}: as agreed"


@dataclass(frozen=True, slots=True)
class Field:
    """A field with what is meant by it at its sites and sources, by their names."""

    row: FieldDefinition
    told: Sequence[Told]

    @property
    def left(self) -> bool:
        """Say whether its owner is no member any more."""
        return self.row.owner.removed_at is not None

    @property
    def open(self) -> list[Told]:
        return [one for one in self.told if one.open]

    @property
    def dissenting(self) -> list[Told]:
        """Return where something else is meant, converted or not, settled or not."""
        return [one for one in self.told if one.open or one.row.stand != Stand.SAME]

    @property
    def refers(self) -> str:
        """Return what its agreement rests on: the wording, and each place that differs from it."""
        rests = sorted(f"{one.row.pk}:{one.row.version}" for one in self.dissenting)
        return " ".join([f"{self.row.pk}:{self.row.wording}", *rests])


@dataclass(frozen=True, slots=True)
class Need:
    """A field that a pilot's decision needs."""

    row: FieldNeed
    field: Field


def list_fields() -> list[Field]:
    """Return the fields in use by name, in three queries; loads the owner's person."""
    rows = FieldDefinition.objects.filter(archived_at=None).select_related("owner__person")
    return _with_told(list(rows.order_by(Lower("name"), "id")))


def list_archived_fields() -> list[FieldDefinition]:
    """Return the fields that were put aside, by name."""
    rows = FieldDefinition.objects.filter(archived_at__isnull=False)
    return list(rows.order_by(Lower("name"), "id"))


def get_field(key: UUID) -> FieldDefinition:
    """Return one field, archived or not, with its owner's person; 404 when there is none."""
    rows = FieldDefinition.objects.select_related("owner__person")
    found: FieldDefinition = get_object_or_404(rows, pk=key)
    return found


def read_field(row: FieldDefinition) -> Field:
    """Return a field with what is meant by it at its sites and sources, in two queries."""
    (found,) = _with_told([row])
    return found


def get_variant(field: FieldDefinition, key: UUID) -> FieldVariant:
    """Return one variant of a field, ended or not, with field, site and source; 404 without."""
    rows = FieldVariant.objects.select_related("field__owner__person", "site", "source")
    found: FieldVariant = get_object_or_404(rows, field=field, pk=key)
    return found


def list_ended_variants(field: FieldDefinition) -> list[FieldVariant]:
    """Return what was once meant somewhere, newest end first, with site and source."""
    rows = FieldVariant.objects.filter(field=field, ended_at__isnull=False)
    return list(rows.select_related("site", "source").order_by("-ended_at", "id"))


def list_settlements(field: FieldDefinition) -> list[FieldSettlement]:
    """Return every settlement of a field, newest first, with its place and member."""
    rows = FieldSettlement.objects.filter(variant__field=field).select_related(
        "variant__site", "variant__source", "member__person"
    )
    return list(rows.order_by("-at", "-id"))


def list_needs_of(field: FieldDefinition) -> list[FieldNeed]:
    """Return which pilots in use need a field, by code, with the pilot."""
    return list(_active_needs(field).select_related("pilot").order_by("pilot__code", "id"))


def map_needing() -> dict[UUID, int]:
    """Return how many pilots in use need each field, by its key; those that none needs are left out."""
    found: dict[UUID, int] = defaultdict(int)
    rows = FieldNeed.objects.filter(ended_at=None, pilot__archived_at=None)
    for key in rows.values_list("field_id", flat=True):
        found[key] += 1
    return dict(found)


def list_needing(field: FieldDefinition) -> list[str]:
    """Return the names of the pilots that need a field, archived ones among them, by code."""
    rows = FieldNeed.objects.filter(field=field, ended_at=None).order_by("pilot__code", "id")
    return [f"{code} {name}" for code, name in rows.values_list("pilot__code", "pilot__name")]


def read_needs(pilot: Pilot) -> list[Need]:
    """Return the fields that a pilot's decision needs, by name, in three queries."""
    rows = list(
        FieldNeed.objects.filter(pilot=pilot, ended_at=None)
        .select_related("field__owner__person")
        .order_by(Lower("field__name"), "id")
    )
    fields = _with_told([one.field for one in rows])
    return [Need(row, field) for row, field in zip(rows, fields, strict=True)]


def list_ended_needs(pilot: Pilot) -> list[FieldNeed]:
    """Return the fields that a pilot needs no more, newest end first, but for what it needs again."""
    again = FieldNeed.objects.filter(pilot=pilot, ended_at=None).values("field_id")
    newest = FieldNeed.objects.filter(pilot=pilot, field=OuterRef("field")).order_by(
        "-ended_at", "-id"
    )
    rows = FieldNeed.objects.filter(pilot=pilot, ended_at__isnull=False).exclude(field_id__in=again)
    rows = rows.filter(pk=Subquery(newest.values("pk")[:1]))
    return list(rows.select_related("field").order_by("-ended_at", "id"))


def get_need(pilot: Pilot, key: UUID) -> FieldNeed:
    """Return one field of a pilot's list, ended or not; 404 when there is none."""
    rows = FieldNeed.objects.select_related("pilot__site", "field__owner__person")
    found: FieldNeed = get_object_or_404(rows, pilot=pilot, pk=key)
    return found


def list_offered(pilot: Pilot) -> list[FieldDefinition]:
    """Return the fields that a pilot can put on its list, by name."""
    needed = FieldNeed.objects.filter(pilot=pilot, ended_at=None).values("field_id")
    rows = FieldDefinition.objects.filter(archived_at=None).exclude(pk__in=needed)
    return list(rows.order_by(Lower("name"), "id"))


def list_fields_of(person: Person) -> list[FieldDefinition]:
    """Return the fields in use that a person answers for, by name."""
    rows = FieldDefinition.objects.filter(owner__person=person, archived_at=None)
    return list(rows.order_by(Lower("name"), "id"))


def settle_refusal(field: FieldDefinition, by: Member | Membership) -> str:
    """Return why somebody may not settle a conflict of a field; empty when they may."""
    if by.id != field.owner_id and Role.ADMIN not in by.actor.roles:
        return "Who owns the field settles it, or an admin."
    led = PilotParty.objects.filter(
        person_id=by.person_id,
        part=Part.LEAD,
        pilot__in=_active_needs(field).values("pilot"),
    )
    if led.exists():
        return (
            "Who leads a pilot that needs the field, or ever led it, settles none of its conflicts."
        )
    return ""


def _active_needs(field: FieldDefinition) -> QuerySet[FieldNeed]:
    return FieldNeed.objects.filter(field=field, ended_at=None, pilot__archived_at=None)


def _with_told(rows: Collection[FieldDefinition]) -> list[Field]:
    """Return fields with what is meant by them, in two queries."""
    wordings = {row.pk: row.wording for row in rows}
    variants = list(
        FieldVariant.objects.filter(field_id__in=list(wordings), ended_at=None).select_related(
            "site", "source"
        )
    )
    held = FieldSettlement.objects.filter(
        variant__field_id__in=list(wordings), variant__settled=F("variant_version")
    ).select_related("member__person")
    settlements = {one.variant_id: one for one in held}
    told: dict[UUID, list[Told]] = defaultdict(list)
    for one in sorted(variants, key=lambda one: (one.place.casefold(), str(one.pk))):
        told[one.field_id].append(Told(one, wordings[one.field_id], settlements.get(one.pk)))
    return [Field(row, told[row.pk]) for row in rows]
