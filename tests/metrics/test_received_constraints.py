"""What the database refuses of imports, coverage and computed rows, by the constraint's name."""

import os
from collections.abc import Callable
from typing import Any

import psycopg
import pytest
from django.db import IntegrityError, transaction

from common.tenancy.context import tenant
from metrics.models import Coverage, ImportFile, Metric, Source
from tests.conftest import NOW, Cast


def kept(cast: Cast, **changes: Any) -> None:
    values = {"member_id": cast.lead.id, "name": "a.csv", "content": b"", "expires_at": NOW}
    ImportFile.objects.create(**{**values, **changes})


def span(cast: Cast, **changes: Any) -> None:
    with tenant(cast.acme):
        source = Source.objects.get_or_create(code="s", defaults={"name": "S"})[0]
        fields = {"name": "M", "kind": "mean", "unit": "n", "direction": "up", "zone": "UTC"}
        metric = Metric.objects.get_or_create(code="m", defaults=fields)[0]
    values = {
        "source_id": source.pk,
        "metric_id": metric.pk,
        "from_date": "2026-01-05",
        "through_date": "2026-01-11",
        "actor": "system:test",
    }
    Coverage.objects.create(**{**values, **changes})


def span_twice(cast: Cast) -> None:
    span(cast)
    span(cast)


REFUSED: dict[str, Callable[[Cast], None]] = {
    "metrics_importfile_member_fk": lambda c: kept(c, member_id=c.stranger.id),
    "metrics_importfile_done_whole": lambda c: kept(c, done_at=NOW),
    "metrics_coverage_source_fk": lambda c: span(c, source_id=10**9),
    "metrics_coverage_metric_fk": lambda c: span(c, metric_id=10**9),
    "metrics_coverage_span": lambda c: span(c, through_date="2026-01-04"),
    "metrics_coverage_once": span_twice,
}


@pytest.mark.parametrize("name", REFUSED)
def test_the_database_refuses_by_name(cast: Cast, name: str) -> None:
    with (
        tenant(cast.acme),
        pytest.raises(IntegrityError, match=name),
        transaction.atomic(),
    ):
        REFUSED[name](cast)


def test_the_same_rows_without_the_fault_are_taken(cast: Cast) -> None:
    with tenant(cast.acme):
        kept(cast)
        span(cast)

        assert (ImportFile.objects.count(), Coverage.objects.count()) == (1, 1)


@pytest.mark.parametrize(
    ("name", "statement"),
    [
        (
            "metrics_snapshot_metric_fk",
            "INSERT INTO metrics_snapshot (tenant_id, metric_id, week, n, denominator,"
            " days_reported, digest, computed_at) VALUES (%s, 0, '2026-01-05', 1, 1, 1, 1, now())",
        ),
        (
            "metrics_summary_metric_fk",
            "INSERT INTO metrics_summary (tenant_id, metric_id, weeks, values, snapshots,"
            " computed_at) VALUES (%s, 0, '{}', '{}', 0, now())",
        ),
    ],
)
def test_nothing_is_computed_for_a_metric_that_is_not_there(
    cast: Cast, database_name: str, name: str, statement: str
) -> None:
    admin_url = os.environ["DATABASE_ADMIN_URL"]
    with psycopg.connect(admin_url, dbname=database_name) as admin:
        with pytest.raises(psycopg.errors.ForeignKeyViolation, match=name):
            admin.execute(statement, [cast.acme])
        admin.rollback()
