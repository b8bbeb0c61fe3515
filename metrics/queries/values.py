"""Every read of which value stands for which, and of what arrived that nobody mapped."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID

from django.db.models import Sum
from django.shortcuts import get_object_or_404

from common.errors import Refused
from portfolio.models import Site

from ..models import FieldDefinition, MappedValue, Source, UnmappedValue
from ..rules import values as rules

SHOWN_DAYS = 14


@dataclass(frozen=True, slots=True)
class Unmapped:
    """What arrived on a day and no site or map knows. value: empty for the rest together."""

    day: date
    source: Source
    value: str
    times: int


@dataclass(frozen=True, slots=True)
class Known:
    """What a table may name: sources and sites by code or name, fields by name."""

    sources: dict[str, Source]
    sites: dict[str, Site]
    fields: dict[str, FieldDefinition]

    def source(self, word: str) -> Source:
        if word.lower() not in self.sources:
            raise Refused(f"there is no source “{word[:40]}”.", code="source")
        return self.sources[word.lower()]

    def site(self, word: str) -> Site:
        if word.lower() not in self.sites:
            raise Refused(f"there is no site “{word[:40]}”.", code="site")
        return self.sites[word.lower()]

    def field(self, word: str) -> FieldDefinition | None:
        if word.lower() == rules.LOCATION:
            return None
        if word.lower() not in self.fields:
            raise Refused(f"there is no field “{word[:40]}”, nor is it “location”.", code="field")
        return self.fields[word.lower()]


def list_mapped() -> list[MappedValue]:
    """Return what is mapped, by source, field and value, with all it names."""
    rows = MappedValue.objects.filter(ended_at=None).select_related("source", "field", "site")
    return list(rows.order_by("source__code", "field__name", "value", "id"))


def list_ended() -> list[MappedValue]:
    """Return what is mapped no more, newest end first, with all it names."""
    rows = MappedValue.objects.filter(ended_at__isnull=False)
    return list(rows.select_related("source", "field", "site").order_by("-ended_at", "id"))


def get_mapped(key: UUID) -> MappedValue:
    """Return one mapped value, ended or not, with all it names; 404 when there is none."""
    rows = MappedValue.objects.select_related("source", "field", "site")
    found: MappedValue = get_object_or_404(rows, pk=key)
    return found


def list_unmapped(today: date) -> list[Unmapped]:
    """Return what arrived in two weeks that nobody knew then, newest day first, by how often."""
    rows = UnmappedValue.objects.filter(day__gt=today - timedelta(days=SHOWN_DAYS))
    rows = rows.select_related("source").order_by("-day", "-times", "value", "id")
    return [Unmapped(one.day, one.source, one.value, one.times) for one in rows]


def count_unmapped(day: date) -> int:
    """Return how many items of a day named a location that nobody knew."""
    found = UnmappedValue.objects.filter(day=day).aggregate(times=Sum("times"))
    return int(found["times"] or 0)


def read_known() -> Known:
    """Return what a table may name, without what is archived."""
    sources = list(Source.objects.filter(archived_at=None).order_by("id"))
    sites = list(Site.objects.filter(archived_at=None).order_by("id"))
    fields = FieldDefinition.objects.filter(archived_at=None)
    return Known(
        {one.name.lower(): one for one in sources} | {one.code.lower(): one for one in sources},
        {one.name.lower(): one for one in sites} | {one.code.lower(): one for one in sites},
        {one.name.lower(): one for one in fields},
    )
