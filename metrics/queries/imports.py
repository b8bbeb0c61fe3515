"""Reads of the import page."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from portfolio.models import Part, PilotParty
from portfolio.queries import was_removed

from ..models import ImportFile, Metric, PilotMetric, Source
from ..rules.cells import Known
from ..rules.imports import Judged, import_refusal


def find_file(key: UUID, member_id: UUID, now: datetime) -> ImportFile | None:
    """Return a file that a member uploaded and that is still kept; None for any other."""
    rows = ImportFile.objects.filter(expires_at__gt=now, member_id=member_id)
    found: ImportFile | None = rows.filter(pk=key).first()
    return found


def list_files(member_id: UUID, now: datetime) -> list[ImportFile]:
    """Return a member's files that are still kept, without their content, newest first."""
    rows = ImportFile.objects.filter(expires_at__gt=now, member_id=member_id)
    rows = rows.defer("content", "refused")
    return list(rows.order_by("-created_at", "-id")[:20])


def list_judged() -> dict[str, list[Judged]]:
    """Return by metric code the pilots that are judged by it, by code, with who leads each now."""
    leads = {
        pilot: (person, name)
        for pilot, person, name in PilotParty.objects.filter(
            ~was_removed(), part=Part.LEAD, ended_at=None
        ).values_list("pilot_id", "person_id", "person__name")
    }
    rows = PilotMetric.objects.filter(
        role=PilotMetric.Role.PRIMARY, retired_at=None, pilot__archived_at=None
    ).order_by("pilot__code", "id")
    found: dict[str, list[Judged]] = {}
    for code, key, pilot in rows.values_list("metric__code", "pilot_id", "pilot__name"):
        found.setdefault(code, []).append(Judged(pilot, *leads.get(key, (None, ""))))
    return found


def leads_judged(person_id: UUID) -> bool:
    """Return whether a person leads a pilot that is judged by a metric."""
    return any(one.lead_id == person_id for judged in list_judged().values() for one in judged)


def list_metric_choices(person_id: UUID) -> list[tuple[str, str]]:
    """Return code and name of the metrics whose measurements a person may import, by name."""
    own = [code for code, judged in list_judged().items() if not import_refusal(judged, person_id)]
    rows = Metric.objects.filter(archived_at=None, code__in=own).order_by("name", "code")
    return [(code, f"{name} ({code})") for code, name in rows.values_list("code", "name")]


def list_source_choices() -> list[tuple[str, str]]:
    """Return code and name of the sources that take measurements, by name."""
    rows = Source.objects.filter(archived_at=None).order_by("name", "code")
    return [(code, f"{name} ({code})") for code, name in rows.values_list("code", "name")]


def find_only_source() -> str | None:
    """Return the code of the tenant's source when there is exactly one."""
    codes = list(Source.objects.filter(archived_at=None).values_list("code", flat=True)[:2])
    return codes[0] if len(codes) == 1 else None


def find_known(codes: Collection[str]) -> dict[str, Known]:
    """Return kind, unit and zone of metrics by code; unknown codes are left out."""
    printable = [code for code in codes if code and code.isprintable()]
    rows = Metric.objects.filter(code__in=printable)
    return {
        code: Known(kind, unit, zone)
        for code, kind, unit, zone in rows.values_list("code", "kind", "unit", "zone")
    }
