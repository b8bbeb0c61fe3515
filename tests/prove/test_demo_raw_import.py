"""The raw public files through the product's own import path and recompute, dirt and all."""

from __future__ import annotations

import csv
import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import pytest

from common.tenancy.context import tenant
from common.tenancy.erase import erase_demo_tenant
from demo.raw import READERS
from demo.rules import TENANTS, MetricPlan, PilotPlan, TenantPlan, monday
from demo.table import read_figures
from metrics.models import Measurement, Metric, Snapshot
from tests.demo.loaded import DAYS, as_of, run, tenant_ids
from tests.prove.test_demo_raw import ABSENT, HALF_DIGIT, RAW

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not RAW.is_dir(), reason=ABSENT),
]

SERIES = [
    pytest.param(plan, pilot, metric, id=f"{plan.slug}-{pilot.code}-{metric.code}")
    for plan in TENANTS
    for pilot, metric in plan.series()
]
Weeks = dict[date, dict[str, str]]


@pytest.fixture(scope="module")
def published() -> dict[str, Weeks]:
    found: dict[str, Weeks] = defaultdict(dict)
    with (RAW / "weekly_series.csv").open(encoding="utf-8", newline="") as lines:
        for row in csv.DictReader(lines):
            found[row["metric"]][date.fromisoformat(row["week_start"])] = row
    return found


@pytest.fixture(scope="module", params=DAYS)
def imported(
    request: pytest.FixtureRequest, django_db_setup: None, django_db_blocker: Any
) -> Iterator[tuple[str, str]]:
    """Import the raw files as of a winter day, then of a summer day; give the day and the report."""
    with django_db_blocker.unblock():
        report = run("--reset", "--raw", str(RAW), "--as-of", request.param)
    yield request.param, report
    with django_db_blocker.unblock():
        for tenant_id in tenant_ids().values():
            erase_demo_tenant(tenant_id)


@pytest.mark.parametrize(("plan", "pilot", "metric"), SERIES)
def test_every_weekly_value_of_the_raw_rows_is_the_published_one(
    imported: tuple[str, str],
    published: dict[str, Weeks],
    db: None,
    plan: TenantPlan,
    pilot: PilotPlan,
    metric: MetricPlan,
) -> None:
    day, _ = imported
    moved = timedelta(weeks=pilot.weeks_moved(pilot.start_date(as_of(day).date())))
    expected = {w: row for w, row in published[metric.code].items() if pilot.covers(w, metric)}
    kept = {f.week: f for f in read_figures() if f.metric == metric.code}

    # An order line without air freight and without value is 0 over 0: refused, and in no sum.
    silent = Counter(
        monday(row.at.date())
        for row in READERS[metric.code](RAW)
        if row.denominator == 0 and (row.counted() or row).numerator == 0
    )

    with tenant(tenant_ids()[plan.slug]):
        row = Metric.objects.get(code=metric.code)
        found = {s.week - moved: s for s in Snapshot.objects.filter(metric_id=row.id)}

    assert set(found) == set(expected)
    for week, line in expected.items():
        snapshot, figure = found[week], kept[week]
        assert abs(snapshot.value - float(line["value"])) <= HALF_DIGIT
        if line["n_rows"]:
            assert snapshot.n == int(line["n_rows"]) - silent[week]
        exact = figure.value
        if exact is None:
            exact = figure.numerator / figure.denominator
            assert snapshot.numerator == pytest.approx(figure.numerator, rel=1e-9)
            assert snapshot.denominator == pytest.approx(figure.denominator, rel=1e-9)
        assert snapshot.value == pytest.approx(exact, rel=1e-9)


def test_the_dirt_is_refused_in_words(imported: tuple[str, str]) -> None:
    _, report = imported

    for metric in ("garment_target_attainment", "garment_overtime_min_per_worker_day"):
        assert f"refused 1 of {metric}: implausible_date: 1905 is not a plausible year" in report
    assert re.search(
        r"refused \d{2,4} of scms_air_freight_pct_of_value: wrong_type: '.+' is not a number",
        report,
    )
    assert "1905" not in report.replace("1905 is not a plausible year", "")


def test_no_company_of_the_delivery_file_enters_the_database(
    imported: tuple[str, str], db: None
) -> None:
    with tenant(tenant_ids()["fictional-coatings"]):
        metric = Metric.objects.get(code="scms_on_time_lines")
        ids = Measurement.objects.filter(metric_id=metric.id).values_list("external_id", flat=True)
        shapes = {re.sub(r"\d", "9", one).lstrip("9") for one in ids}

    assert shapes == {"@9999-99-99"}


def test_importing_the_same_rows_again_changes_nothing(imported: tuple[str, str], db: None) -> None:
    day, _ = imported

    report = run("--raw", str(RAW), "--as-of", day)

    for plan in TENANTS:
        assert f"{plan.slug}: there already; 0 measurements new" in report
