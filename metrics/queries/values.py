"""Every read of which value stands for which, and of what arrived that nobody mapped."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID

from django.db.models import BooleanField, Exists, ExpressionWrapper, OuterRef, Q, Sum
from django.shortcuts import get_object_or_404

from common.errors import Refused
from portfolio.models import Site

from ..models import FieldDefinition, MappedValue, Metric, Source, UnmappedValue
from ..rules import cells
from ..rules.values import WORDS, What

SHOWN_DAYS = 14


@dataclass(frozen=True, slots=True)
class Arrived:
    """What arrived on a day and nobody had mapped. mended: whether it is known by now."""

    row: UnmappedValue
    mended: bool


@dataclass(frozen=True, slots=True)
class Known:
    """What a table may name: sources and sites by code or name, fields by name, units of metrics."""

    sources: dict[str, Source]
    sites: dict[str, Site]
    fields: dict[str, FieldDefinition]
    units: list[cells.Known]

    def source(self, word: str) -> Source:
        if word.lower() not in self.sources:
            raise Refused(f"there is no source “{word[:40]}”.", code="source")
        return self.sources[word.lower()]

    def site(self, word: str) -> Site:
        if word.lower() not in self.sites:
            raise Refused(f"there is no site “{word[:40]}”.", code="site")
        return self.sites[word.lower()]

    def what(self, word: str) -> tuple[What, FieldDefinition | None]:
        if word.lower() in WORDS:
            return WORDS[word.lower()], None
        if word.lower() not in self.fields:
            words = f"there is no field “{word[:40]}”, nor is it “location” or “unit”."
            raise Refused(words, code="field")
        return What.FIELD, self.fields[word.lower()]


def list_mapped() -> list[MappedValue]:
    """Return what is mapped, by source, what it is and value, with all it names."""
    rows = MappedValue.objects.filter(ended_at=None).select_related("source", "field", "site")
    return list(rows.order_by("source__code", "what", "field__name", "value", "id"))


def list_ended() -> list[MappedValue]:
    """Return what is mapped no more, newest end first, with all it names."""
    rows = MappedValue.objects.filter(ended_at__isnull=False)
    return list(rows.select_related("source", "field", "site").order_by("-ended_at", "id"))


def get_mapped(key: UUID) -> MappedValue:
    """Return one mapped value, ended or not, with all it names; 404 when there is none."""
    rows = MappedValue.objects.select_related("source", "field", "site")
    found: MappedValue = get_object_or_404(rows, pk=key)
    return found


def list_unmapped(today: date) -> list[Arrived]:
    """Return what arrived in two weeks that nobody had mapped then, newest day first, by how often.

    Each with its source.
    """
    rows = UnmappedValue.objects.filter(day__gt=_before(today)).annotate(mended=_is_known())
    rows = rows.select_related("source").order_by("-day", "-times", "what", "value", "id")
    return [Arrived(row, row.mended) for row in rows]


def count_by_source(today: date) -> dict[int | None, int]:
    """Return by source how many figures of two weeks were refused for what nobody mapped by now."""
    rows = UnmappedValue.objects.filter(~Q(_is_known()), day__gt=_before(today))
    counts = rows.values("source_id").annotate(total=Sum("times"))
    return {source: int(total) for source, total in counts.values_list("source_id", "total")}


def _before(today: date) -> date:
    """Return the last day that is not shown any more."""
    return today - timedelta(days=SHOWN_DAYS)


def _is_known() -> ExpressionWrapper[Q]:
    """Return whether what arrived is mapped by now, or is a site."""
    mapped = MappedValue.objects.filter(
        source=OuterRef("source"), what=OuterRef("what"), value=OuterRef("value"), ended_at=None
    )
    sites = Site.objects.filter(code=OuterRef("value"))
    known = Exists(mapped) | (Q(what=What.LOCATION.value) & Exists(sites))
    return ExpressionWrapper(known, output_field=BooleanField())


def read_units() -> dict[str, dict[str, cells.Mapped]]:
    """Return by source code what its units stand for, by what it calls them."""
    rows = MappedValue.objects.filter(what=What.UNIT, ended_at=None)
    found: dict[str, dict[str, cells.Mapped]] = {}
    for source, value, agreed, factor in rows.values_list(
        "source__code", "value", "agreed", "factor"
    ):
        found.setdefault(source, {})[value] = (agreed, float(factor))
    return found


def list_units() -> list[cells.Known]:
    """Return the kinds and units of the metrics in use, each once."""
    rows = Metric.objects.filter(archived_at=None).values_list("kind", "unit").distinct()
    return [cells.Known(kind, unit, "") for kind, unit in rows.order_by("kind", "unit")]


def list_source_ids() -> dict[str, int]:
    """Return the ids of the sources that take measurements, by code."""
    return dict(Source.objects.filter(archived_at=None).values_list("code", "id"))


def read_known() -> Known:
    """Return what a table may name, without what is archived."""
    sources = list(Source.objects.filter(archived_at=None).order_by("id"))
    sites = list(Site.objects.filter(archived_at=None).order_by("id"))
    fields = FieldDefinition.objects.filter(archived_at=None)
    return Known(
        {one.name.lower(): one for one in sources} | {one.code.lower(): one for one in sources},
        {one.name.lower(): one for one in sites} | {one.code.lower(): one for one in sites},
        {one.name.lower(): one for one in fields},
        list_units(),
    )
