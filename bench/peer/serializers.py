"""Serializers of the rival."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from hashlib import blake2b
from typing import Any

from rest_framework import serializers

from audit import actions as audit
from common import jobs
from common.keys import uuid7
from common.tenancy.context import require_tenant_id
from metrics.models import Mark, Measurement, Metric, Source, SyncBatch
from metrics.rules.weeks import monday
from portfolio.rules import local_day

EARLIEST = datetime(1990, 1, 1, tzinfo=UTC)
UPDATED = [
    "revision",
    "event_at",
    "recorded_at",
    "numerator",
    "denominator",
    "site_id",
    "batch_id",
]


class MeasurementListSerializer(serializers.ListSerializer[Any]):
    """A batch: one query for the metrics, one for the sources, one insert."""

    def validate(self, attrs: list[dict[str, Any]]) -> list[dict[str, Any]]:
        metrics = {
            metric.code: metric
            for metric in Metric.objects.filter(
                code__in={item["metric"] for item in attrs}, archived_at=None
            ).only("id", "code", "kind", "zone")
        }
        sources = dict(
            Source.objects.filter(
                code__in={item["source"] for item in attrs}, archived_at=None
            ).values_list("code", "id")
        )
        errors: list[dict[str, list[str]]] = []
        for item in attrs:
            problems = {}
            if item["metric"] not in metrics:
                problems["metric"] = ["There is no such metric."]
            if item["source"] not in sources:
                problems["source"] = ["There is no such source."]
            errors.append(problems)
        if any(errors):
            raise serializers.ValidationError(errors)  # type: ignore[arg-type]  # a list is fine
        for item in attrs:
            item["metric"] = metrics[item["metric"]]
            item["source"] = sources[item["source"]]
        return attrs

    def create(self, validated_data: list[dict[str, Any]]) -> list[Measurement]:
        tenant_id, actor = require_tenant_id(), self.context["actor"]
        batch = SyncBatch.objects.create(
            id=uuid7(),
            actor=actor,
            channel="api",
            created=len(validated_data),
            superseded=0,
            unchanged=0,
            rejected=0,
            content_hash=b"",
        )
        rows = {}
        for item in validated_data:
            metric, source_id = item["metric"], item["source"]
            identity = f"{source_id}\x1f{item['external_id']}"
            key = blake2b(identity.encode(), digest_size=16).digest()
            rows[metric.id, key] = Measurement(
                tenant_id=tenant_id,
                metric_id=metric.id,
                key=key,
                source_id=source_id,
                external_id=item["external_id"],
                revision=item["revision"],
                event_at=item["event_at"],
                recorded_at=item.get("recorded_at"),
                numerator=item["numerator"],
                denominator=item["denominator"],
                batch_id=batch.id,
            )
        stored = Measurement.objects.bulk_create(
            rows.values(),
            update_conflicts=True,
            unique_fields=["tenant_id", "metric_id", "key"],
            update_fields=UPDATED,
            batch_size=5_000,  # a prepared statement takes 65 535 parameters
        )
        weeks = {
            (item["metric"].id, monday(local_day(item["event_at"], item["metric"].zone)))
            for item in validated_data
        }
        Mark.objects.bulk_create(
            Mark(tenant_id=tenant_id, metric_id=metric_id, week=week) for metric_id, week in weeks
        )
        audit.record(
            actor=actor,
            action="MEASUREMENTS_SYNCED",
            object=f"batch:{batch.id}",
            payload={"created": len(stored)},
        )
        jobs.enqueue("metrics.recompute")
        return stored


class MeasurementSerializer(serializers.Serializer[Any]):
    """One measurement."""

    metric = serializers.CharField(max_length=60)
    event_at = serializers.DateTimeField()
    source = serializers.CharField(max_length=40)
    external_id = serializers.CharField(max_length=200)
    recorded_at = serializers.DateTimeField(required=False, allow_null=True)
    value = serializers.FloatField(required=False)
    numerator = serializers.FloatField(required=False)
    denominator = serializers.FloatField(required=False, min_value=0)
    revision = serializers.IntegerField(default=0, min_value=0, max_value=2**31 - 1)

    class Meta:
        list_serializer_class = MeasurementListSerializer

    def validate_event_at(self, value: datetime) -> datetime:
        if not EARLIEST <= value <= datetime.now(UTC) + timedelta(days=1):
            raise serializers.ValidationError("This date is not plausible.")
        return value

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if "value" in attrs:
            attrs["numerator"] = attrs.pop("value")
            attrs.setdefault("denominator", 1.0)
        if "numerator" not in attrs or "denominator" not in attrs:
            raise serializers.ValidationError("Send a value, or numerator and denominator.")
        return attrs
