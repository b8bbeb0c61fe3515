"""The demo loaded through the product: its weekly values, twice, swept anew, and taken away."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import date, timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connections, transaction
from django.db.models import Value
from django.db.models.functions import Concat

from common.tenancy.context import tenant
from common.tenancy.erase import erase_demo_tenant
from demo.rules import REPLAY_NOTE, TENANTS, TenantPlan
from demo.table import Figure, read_figures
from metrics import wire
from metrics.actions import readouts, sync
from metrics.models import (
    Baseline,
    Measurement,
    MeasurementRevision,
    Metric,
    PilotMetric,
    ReadOut,
    Snapshot,
    Source,
)
from metrics.queries import verdicts
from portfolio.models import Part, Pilot, PilotParty
from portfolio.rules import local_day, week_number
from tenants.models import Membership
from tenants.queries import list_tenant_ids
from tests.conftest import signed_in
from tests.demo.loaded import DAYS, as_of, run, tenant_ids

FIRST = TENANTS[0].pilots[0]

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def demo_tenants(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    """Take the demo away again after the last test that loads it."""
    yield
    with django_db_blocker.unblock():
        for tenant_id in tenant_ids().values():
            erase_demo_tenant(tenant_id)


@pytest.fixture(scope="module")
def day(request: pytest.FixtureRequest, demo_tenants: None, django_db_blocker: Any) -> str:
    """Have the demo loaded as of a day, committed, once for all tests that name the day."""
    wanted: str = request.param
    with django_db_blocker.unblock():
        if loaded_start() != FIRST.start_date(as_of(wanted).date()):
            run("--reset", "--as-of", wanted)
    return wanted


in_winter = pytest.mark.parametrize("day", DAYS[:1], indirect=True)
in_winter_and_summer = pytest.mark.parametrize("day", DAYS, indirect=True)


def loaded_start() -> date | None:
    """Return the start of the first pilot of the demo as it is loaded; None when it is not."""
    tenant_id = tenant_ids().get(TENANTS[0].slug)
    if tenant_id is None:
        return None
    with tenant(tenant_id):
        start_date: date = Pilot.objects.get(code=FIRST.code).start_date
        return start_date


@pytest.fixture
def committed(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    """Work on what is committed, without the transaction around an ordinary test."""
    with django_db_blocker.unblock():
        yield


@in_winter_and_summer
@pytest.mark.parametrize("plan", TENANTS, ids=lambda plan: plan.slug)
def test_every_weekly_value_is_that_of_the_table(day: str, db: None, plan: TenantPlan) -> None:
    with tenant(tenant_ids()[plan.slug]):
        for pilot, metric in plan.series():
            moved = timedelta(weeks=pilot.weeks_moved(pilot.start_date(as_of(day).date())))
            figures = {
                figure.week + moved: figure
                for figure in read_figures()
                if figure.metric == metric.code and pilot.covers(figure.week, metric)
            }
            row = Metric.objects.get(code=metric.code)
            snapshots = {row.week: row for row in Snapshot.objects.filter(metric_id=row.id)}

            assert set(snapshots) == set(figures), metric.code
            for week, figure in figures.items():
                assert_equal(snapshots[week], figure)


def assert_equal(found: Snapshot, figure: Figure) -> None:
    """Check a snapshot with the figure it was synced from, exactly."""
    if figure.value is not None:
        assert (found.value, found.denominator) == (figure.value, figure.count), figure
        return
    assert figure.numerator is not None
    assert figure.denominator is not None
    assert (found.numerator, found.denominator) == (figure.numerator, figure.denominator), figure
    assert found.value == figure.numerator / figure.denominator, figure


@in_winter_and_summer
@pytest.mark.parametrize("plan", TENANTS, ids=lambda plan: plan.slug)
def test_each_pilot_is_in_its_week_with_its_people_and_targets(
    day: str, db: None, plan: TenantPlan
) -> None:
    names = {person.key: person.name for person in plan.people}

    with tenant(tenant_ids()[plan.slug]):
        for expected in plan.pilots:
            pilot = Pilot.objects.select_related("site").get(code=expected.code)
            today = local_day(as_of(day), pilot.site.zone)
            assert week_number(start_date=pilot.start_date, day=today) == expected.week_now
            assert REPLAY_NOTE in pilot.attribution
            parties = {
                party.part: party.person.name
                for party in PilotParty.objects.filter(pilot=pilot).select_related("person")
            }
            assert parties[Part.SPONSOR] == names[expected.sponsor]
            assert parties[Part.LEAD] == names[expected.lead]
            targets = {
                found.metric.code: (found.role, found.comparison, found.target)
                for found in PilotMetric.objects.filter(pilot=pilot).select_related("metric")
            }
            assert targets == {
                metric.code: (metric.role, metric.comparison, metric.target)
                for metric in expected.metrics
            }


@in_winter
@pytest.mark.parametrize("plan", TENANTS, ids=lambda plan: plan.slug)
def test_each_primary_metric_has_a_baseline_locked_by_its_lead_when_it_was_due(
    day: str, db: None, plan: TenantPlan
) -> None:
    with tenant(tenant_ids()[plan.slug]):
        for pilot, metric in plan.series():
            found = Baseline.objects.filter(target_row__metric__code=metric.code).first()
            assert (found is not None) == (metric.role == "primary"), metric.code
            if found is None:
                continue
            row = found.target_row
            assert found.locked_at is not None and found.locked_by is not None
            on = local_day(found.locked_at, row.pilot.site.zone)
            assert on == row.pilot.start_date + timedelta(weeks=2)
            assert found.late_week is None
            assert found.season_swing == metric.season
            assert found.locked_by.person.email == plan.email(
                next(person for person in plan.people if person.key == pilot.lead)
            )
            last = row.pilot.start_date + timedelta(weeks=1)
            assert max(week for week, *_ in found.weeks) <= last.isoformat()


# What the demo is to show of its pilots past week 12: word, target, reasons, effect and interval as
# printed, with the allowance for the season. docs/demo.md explains them.
READ_OUT = {
    "P-01": ("improved", "on_target_not_sure", [], ["26.1", "8.3", "46.5"]),
    "P-02": (
        "not_enough_evidence",
        "on_target_not_sure",
        ["interval_too_wide"],
        ["0.6", "-3.1", "4.9"],
    ),
    "P-03": ("improved", "met", [], ["-9.5", "-18.8", "-0.9"]),
    "P-04": (
        "not_enough_evidence",
        None,
        ["baseline_too_short", "season_unknown"],
        [],
    ),
    "P-05": ("worse", "not_met", [], ["76.3", "42.6", "115.9"]),
}


@in_winter_and_summer
def test_the_pilots_past_week_twelve_are_read_out_with_the_words_of_the_plan(
    day: str, db: None
) -> None:
    found = {}
    with tenant(tenant_ids()[TENANTS[0].slug]):
        for one in ReadOut.objects.select_related("baseline__target_row__metric"):
            row, result = one.baseline.target_row, one.result
            scale = 100 if row.metric.unit == "share" else 1
            ends = result["interval"] or []
            figures = [f"{value * scale:.1f}" for value in [result["effect"], *ends] if ends]
            said = (one.word, result["target"], result["reasons"], figures)
            found[row.pilot.code] = said
            assert result["guards_missed"] == []

    assert found == READ_OUT


@in_winter
def test_loading_again_on_a_later_day_changes_nothing(day: str, db: None) -> None:
    before = digests()

    later = (as_of(day) + timedelta(days=9)).date().isoformat()
    text = run("--as-of", later)

    assert digests() == before
    for plan in TENANTS:
        assert f"{plan.slug}: there already; 0 measurements new" in text
        with tenant(tenant_ids()[plan.slug]):
            assert not MeasurementRevision.objects.exists()


@in_winter
def test_the_peak_tariff_has_a_second_wording_from_next_week_on(day: str, db: None) -> None:
    with tenant(tenant_ids()["fictional-coatings"]):
        metric = Metric.objects.get(code="steel_peak_tariff_share")
        start = Pilot.objects.get(code="P-09").start_date
        wordings = [
            (wording.number, wording.valid_from)
            for wording in metric.definitions.order_by("number")
        ]

    assert wordings[1] == (2, start + timedelta(weeks=4))
    assert as_of(day).date() < wordings[1][1] <= as_of(day).date() + timedelta(weeks=1)


@in_winter
def test_every_measurement_keeps_its_original_week(day: str, db: None) -> None:
    with tenant(tenant_ids()["fictional-apparel"]):
        ids = set(Measurement.objects.values_list("external_id", flat=True))

    assert "week@2014-12-29" in ids
    assert all(found.startswith("week@") for found in ids)


@in_winter
def test_swept_anew_from_the_measurements_every_digest_returns(day: str, committed: None) -> None:
    before = digests()
    for tenant_id in tenant_ids().values():
        delete_as_owner(tenant_id, "metrics_snapshot", "metrics_mark")
    assert digests() == {}

    call_command("sweep", stdout=StringIO())

    assert digests() == before
    assert before


@in_winter
def test_read_out_anew_every_digest_and_result_returns(day: str, committed: None) -> None:
    tenant_id, now = tenant_ids()[TENANTS[0].slug], as_of(day)
    before = kept(tenant_id)
    with transaction.atomic(using="owner"), connections["owner"].cursor() as cursor:
        cursor.execute("SET LOCAL row_security = on")
        cursor.execute("SELECT set_config('app.tenant_id', %s, true)", [str(tenant_id)])
        cursor.execute("ALTER TABLE metrics_readout DISABLE TRIGGER metrics_readout_append_only")
        cursor.execute("DELETE FROM metrics_readout WHERE tenant_id = %s", [tenant_id])
        cursor.execute("ALTER TABLE metrics_readout ENABLE TRIGGER metrics_readout_append_only")
    assert kept(tenant_id) == {}

    with tenant(tenant_id):
        for baseline in verdicts.list_due_baselines(now):
            readouts.read_out(baseline=baseline, now=now)

    assert kept(tenant_id) == before
    assert len(before) == len(READ_OUT)


@in_winter
def test_a_raw_load_on_top_of_weekly_figures_is_refused(day: str, db: None, tmp_path: Any) -> None:
    with pytest.raises(CommandError, match="--reset"):
        run("--raw", str(tmp_path))


@in_winter
@pytest.mark.parametrize("own", [True, False], ids=["the demo's metric", "their own metric"])
def test_a_row_that_somebody_sent_makes_no_raw_demo_of_a_weekly_one(
    day: str, db: None, tmp_path: Any, own: bool
) -> None:
    slug = TENANTS[0].slug
    with tenant(tenant_ids()[slug]):
        weeks = Measurement.objects.count()
        send_a_row("line-1", own=own)

    again = run("--as-of", day)
    with pytest.raises(CommandError, match="holds weekly figures"):
        run("--as-of", day, "--raw", str(tmp_path))

    assert f"{slug}: there already; 0 measurements new, {weeks} unchanged" in again


@in_winter
def test_a_raw_demo_gets_no_weekly_figures_whatever_else_was_sent(day: str, db: None) -> None:
    slug = TENANTS[0].slug
    with tenant(tenant_ids()[slug]):
        Measurement.objects.update(external_id=Concat(Value("raw-"), "external_id"))
        send_a_row("week@2026-01-05", own=False)
        rows = Measurement.objects.count()

    again = run("--as-of", day)

    assert f"{slug}: there already; 0 measurements new, 0 unchanged" in again
    with tenant(tenant_ids()[slug]):
        assert Measurement.objects.count() == rows


@in_winter
def test_a_real_company_at_the_demos_address_is_left_alone(day: str, committed: None) -> None:
    slug = TENANTS[0].slug
    tenant_id = tenant_ids()[slug]

    try:
        as_owner(tenant_id, "UPDATE tenants_tenant SET is_demo = false WHERE id = %s")
        with pytest.raises(CommandError, match="is no demo"):
            run("--as-of", day)
    finally:
        as_owner(tenant_id, "UPDATE tenants_tenant SET is_demo = true WHERE id = %s")


@in_winter
def test_only_an_empty_database_gets_the_demo_by_itself(day: str, db: None) -> None:
    text = run("--if-empty")

    assert text == "There are tenants already: the demo is not loaded.\n"


@in_winter
def test_reset_deletes_every_row_of_the_demo_and_none_of_anybody_else(
    day: str, committed: None
) -> None:
    others = rows_of(acme())
    ids = tenant_ids()

    for tenant_id in ids.values():
        erase_demo_tenant(tenant_id)

    assert [rows_of(tenant_id) for tenant_id in ids.values()] == [{}, {}]
    assert rows_of(acme()) == others
    assert others
    run("--as-of", day)


def test_a_tenant_that_is_no_demo_is_never_deleted(committed: None) -> None:
    before = rows_of(acme())

    with pytest.raises(ValueError, match="not a demo"):
        erase_demo_tenant(acme())

    assert rows_of(acme()) == before
    assert before


@in_winter
def test_after_a_reset_the_audit_trail_refuses_deletes_again(day: str, committed: None) -> None:
    acme_id = acme()

    with pytest.raises(DatabaseError, match="append-only"):
        delete_as_owner(acme_id, "audit_event")


def test_the_personas_are_listed_with_their_roles(db: None) -> None:
    text = run("--personas")

    assert "coo@fictional-coatings.example: COO (executive, sponsor)" in text
    assert "Fictional Apparel Works (demo), /t/fictional-apparel/" in text


def test_a_day_that_is_none_is_refused_in_words(db: None) -> None:
    with pytest.raises(CommandError, match="not a day"):
        run("--as-of", "14.01.2026")


def send_a_row(external_id: str, *, own: bool) -> None:
    """Send one measurement, to the demo's first metric or to one of somebody else's."""
    planned = FIRST.metrics[0]
    metric, source = Metric.objects.get(code=planned.code), planned.dataset
    if not own:
        metric.pk, metric.code, source = None, "theirs", "theirs"
        metric.save(force_insert=True)
        Source.objects.create(code=source, name=source)
    item = {
        "metric": metric.code,
        "source": source,
        "external_id": external_id,
        "event_at": "2025-12-03T08:00:00Z",
        "numerator": 1,
        "denominator": 1,
    }
    body = json.dumps({"measurements": [item]}).encode()
    done = sync.record_measurements(
        wire.decode_json(body),
        actor="system:test",
        channel="api",
        now=as_of(DAYS[0]),
        default_zone="UTC",
    )
    assert done.created == 1


def acme() -> int:
    """Return the id of a tenant that is no demo."""
    return min(set(list_tenant_ids()) - set(tenant_ids().values()))


def digests() -> dict[tuple[int, int, str], tuple[int, float | None]]:
    """Return digest and value of every snapshot of the demo."""
    found = {}
    for tenant_id in tenant_ids().values():
        with tenant(tenant_id):
            for row in Snapshot.objects.all():
                found[tenant_id, row.metric_id, row.week.isoformat()] = (row.digest, row.value)
    return found


def kept(tenant_id: int) -> dict[tuple[str, int, int], tuple[bytes, Any]]:
    """Return digest and result of every read-out."""
    with tenant(tenant_id):
        rows = ReadOut.objects.select_related("baseline__target_row__metric")
        return {
            (one.baseline.target_row.metric.code, one.week, one.number): (
                bytes(one.digest),
                one.result,
            )
            for one in rows
        }


def delete_as_owner(tenant_id: int, *tables: str) -> None:
    """Delete a tenant's rows of some tables as the owner of the tables."""
    as_owner(tenant_id, *(f"DELETE FROM {table} WHERE tenant_id = %s" for table in tables))


def as_owner(tenant_id: int, *statements: str) -> None:
    """Run statements about a tenant, whose id they take, as the owner of the tables."""
    with transaction.atomic(using="owner"), connections["owner"].cursor() as cursor:
        cursor.execute("SET LOCAL row_security = on")
        cursor.execute("SELECT set_config('app.tenant_id', %s, true)", [str(tenant_id)])
        for statement in statements:
            cursor.execute(statement, [tenant_id])


def rows_of(tenant_id: int) -> dict[str, int]:
    """Count a tenant's rows in every table that has any, as the owner."""
    with transaction.atomic(using="owner"), connections["owner"].cursor() as cursor:
        cursor.execute("SET LOCAL row_security = on")
        cursor.execute("SELECT set_config('app.tenant_id', %s, true)", [str(tenant_id)])
        cursor.execute(
            "SELECT table_name FROM information_schema.columns"
            " WHERE table_schema = 'public' AND column_name = 'tenant_id'"
        )
        counts = {}
        for (table,) in cursor.fetchall():
            cursor.execute(f"SELECT count(*) FROM {table} WHERE tenant_id = %s", [tenant_id])
            if count := cursor.fetchone()[0]:
                counts[table] = count
        return counts


@in_winter
@pytest.mark.parametrize(
    ("plan", "without"),
    [(TENANTS[0], {"P-07", "P-09"}), (TENANTS[1], set())],
    ids=lambda value: getattr(value, "slug", ""),
)
def test_only_pilots_without_a_funded_budget_have_no_path_to_production(
    day: str, db: None, plan: TenantPlan, without: set[str]
) -> None:
    with tenant(tenant_ids()[plan.slug]):
        reader = Membership.objects.get(person__name="Internal auditor")

    page = signed_in(reader).get(f"/t/{plan.slug}/?state=no_path").content.decode()

    rows = re.findall(r"<tr[^>]* data-row.*?</tr>", page, re.DOTALL)
    assert {code for row in rows for code in re.findall(r"/pilots/(P-\d\d)/\"", row)} == without
