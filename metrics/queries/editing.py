"""What the pages and actions that change sources, metrics and targets need to know."""

from __future__ import annotations

from datetime import date, timedelta
from uuid import UUID

from django.db import connection
from django.db.models import Count, Min
from django.shortcuts import get_object_or_404

from common.tenancy.context import require_tenant_id
from portfolio.models import Part, Pilot, PilotParty, Site
from portfolio.queries import was_removed
from tenants.models import Membership, Person
from tenants.queries import Member, System, list_names_with
from tenants.rules import GRANTS, Parts, Permission, Role, can

from ..models import (
    Baseline,
    Coverage,
    Measurement,
    Metric,
    MetricDefinition,
    PilotMetric,
    PilotSource,
    Snapshot,
    Source,
)
from ..rules import wordings as rules
from ..rules.wordings import Agreed, Using

Changer = Member | Membership | System

FED_BY = """
SELECT m.id FROM metrics_metric m
CROSS JOIN LATERAL (
    SELECT x.source_id FROM metrics_measurement x
    WHERE x.tenant_id = m.tenant_id AND x.metric_id = m.id
    ORDER BY x.event_at DESC LIMIT 1
) newest
WHERE m.tenant_id = %s AND m.archived_at IS NULL AND newest.source_id = %s
"""


def list_sources(*, archived: bool = False) -> list[Source]:
    """Return the sources in use, or the archived ones, by name, with their maintainer."""
    return list(
        Source.objects.filter(archived_at__isnull=not archived)
        .select_related("maintainer")
        .order_by("name", "code")
    )


def get_source(code: str) -> Source:
    """Return one source, archived or not; 404 when there is none."""
    return get_object_or_404(Source, code=code)


def list_metrics_fed_by(source: Source) -> list[Metric]:
    """Return the metrics in use whose newest figure came from a source, by code."""
    with connection.cursor() as cursor:
        cursor.execute(FED_BY, [require_tenant_id(), source.pk])
        ids = [row[0] for row in cursor.fetchall()]
    return list(Metric.objects.filter(pk__in=ids).order_by("code"))


def list_metrics_at(site: Site) -> list[Metric]:
    """Return the metrics in use whose weeks are cut at a site, by code."""
    return list(Metric.objects.filter(site=site, archived_at=None).order_by("code"))


def list_sources_of(person: Person) -> list[Source]:
    """Return the sources in use that a person maintains, by code."""
    return list(Source.objects.filter(maintainer=person, archived_at=None).order_by("code"))


def list_pilot_sources_of(person: Person) -> list[PilotSource]:
    """Return what a person maintains of what pilots in use need, with the pilot, by its code."""
    rows = PilotSource.objects.filter(
        maintainer=person, ended_at=None, pilot__archived_at=None
    ).select_related("pilot")
    return list(rows.order_by("pilot__code", "name", "id"))


def list_pilots_with(metric: Metric) -> list[Pilot]:
    """Return the pilots, not archived, that are judged by a metric, by code."""
    return list(
        Pilot.objects.filter(
            metrics__metric=metric, metrics__retired_at=None, archived_at=None
        ).order_by("code")
    )


def list_pilots_aiming(metric: Metric) -> list[Pilot]:
    """Return the pilots with a target for a metric, by code, archived ones too: they may return."""
    return list(
        Pilot.objects.filter(
            pk__in=PilotMetric.objects.filter(
                metric=metric, retired_at=None, target__isnull=False
            ).values("pilot_id")
        ).order_by("code")
    )


def list_using(metric: Metric) -> list[Using]:
    """Return the pilots, not archived, that use a metric, by code, with who leads each now."""
    rows = list(
        PilotMetric.objects.filter(metric=metric, retired_at=None, pilot__archived_at=None)
        .order_by("pilot__code")
        .values_list("pilot_id", "id", "pilot__code", "pilot__name", "agreed_by_id")
    )
    parties = PilotParty.objects.filter(
        ~was_removed(), pilot_id__in=[row[0] for row in rows], part=Part.LEAD, ended_at=None
    ).values_list("pilot_id", "person_id", "person__name")
    leads = {pilot: (person, name) for pilot, person, name in parties}
    return [
        Using(key, code, name, *leads.get(pilot, (None, "")), agreed_by)
        for pilot, key, code, name, agreed_by in rows
    ]


def change_refusal(metric: Metric, by: Changer) -> str:
    """Say why somebody may not change a metric, and who may; empty when they may.

    A job of the product may. A person with the role may where they may in every pilot that uses it.
    """
    if isinstance(by, System):
        return ""
    using = list_using(metric)
    own = Parts(of=frozenset({Role.LEAD}))
    parts = [own if one.lead_id == by.person_id else Parts() for one in using]
    if all(can(by.actor, Permission.CHANGE_METRIC, one) for one in parts):
        return ""
    admins = list_names_with(GRANTS[Permission.CHANGE_METRIC].roles)
    return rules.change_refusal(metric.name, using, admins)


def is_measured(metric: Metric) -> bool:
    """Return whether anything was measured or reported as zero; kind, unit and zone are fixed."""
    measured = Measurement.objects.filter(metric_id=metric.pk).exists()
    return measured or Coverage.objects.filter(metric_id=metric.pk).exists()


def latest_definition(metric: Metric) -> MetricDefinition:
    """Return the newest wording of a metric, also one that begins in the future."""
    found: MetricDefinition = MetricDefinition.objects.filter(metric=metric).latest("number")
    return found


def find_agreed(row: PilotMetric) -> Agreed | None:
    """Return which wording somebody agreed to with a pilot's target; None while nobody agreed."""
    if row.agreed_at is None:
        return None
    written = MetricDefinition.objects.filter(metric_id=row.metric_id)
    return rules.agreed_to(row.agreed_at, written.values_list("number", "created_at"))


def find_counted(metric: Metric, day: date) -> tuple[int, date | None]:
    """Return how many computed weeks of a metric end on a day or later, and the first of them."""
    rows = Snapshot.objects.filter(metric_id=metric.pk, week__gt=day - timedelta(days=7))
    found = rows.aggregate(count=Count("week"), first=Min("week"))
    return found["count"], found["first"]


def list_definitions(metric: Metric) -> list[MetricDefinition]:
    """Return every wording of a metric, newest first, with the name of who wrote it."""
    return list(
        MetricDefinition.objects.filter(metric=metric)
        .select_related("created_by__person")
        .order_by("-number")
    )


def list_primaries(pilot: Pilot) -> list[PilotMetric]:
    """Return the primary metrics a pilot has now, by slot, with their metric."""
    return list(
        PilotMetric.objects.filter(pilot=pilot, retired_at=None, slot__isnull=False)
        .select_related("metric")
        .order_by("slot", "id")
    )


def list_free_metrics(pilot: Pilot) -> list[Metric]:
    """Return the metrics in use that a pilot may be judged by and is not yet, by name.

    What a locked baseline of it is compared with is none of them.
    """
    taken = PilotMetric.objects.filter(pilot=pilot, retired_at=None).values("metric_id")
    lines = Baseline.objects.filter(
        target_row__pilot=pilot,
        locked_at__isnull=False,
        superseded_at=None,
        comparison__isnull=False,
    ).values("comparison_id")
    free = Metric.objects.filter(archived_at=None).exclude(pk__in=taken).exclude(pk__in=lines)
    return list(free.order_by("name", "code"))


def get_target(pilot: Pilot, key: UUID) -> PilotMetric:
    """Return a pilot's metric with its metric, pilot, site and who agreed; 404 when there is none."""
    target: PilotMetric = get_object_or_404(
        PilotMetric.objects.select_related("metric", "pilot__site", "agreed_by__person"),
        pilot=pilot,
        pk=key,
    )
    return target


def list_archived_metrics() -> list[Metric]:
    """Return the archived metrics, by code."""
    return list(Metric.objects.exclude(archived_at=None).order_by("code"))
