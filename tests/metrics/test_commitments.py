"""What a vendor's commitment promises: judged once by its figures, kept, and ended only by name."""

from __future__ import annotations

import os
from copy import deepcopy
from datetime import date, timedelta
from typing import Any

import psycopg
import pytest
from celery import current_app
from django.db import DatabaseError, IntegrityError, connection, transaction

from audit.models import AuditEvent
from common.errors import Changed, Refused
from common.tenancy.context import tenant
from common.tenancy.tasks import HEADER
from common.writing import constraint_of
from metrics.actions import commitments as actions
from metrics.actions import definitions, recompute, targets
from metrics.models import (
    CommitmentDecision,
    CommitmentFinding,
    Mark,
    PilotMetric,
    Snapshot,
    VendorCommitment,
)
from metrics.queries import commitments as stored
from metrics.rules import commitments as rules
from metrics.rules.baselines import pool
from portfolio import actions as portfolio
from portfolio.models import Pilot
from tenants.models import Notification
from tests.conftest import NOW, Cast
from tests.metrics.drafts import corrected, draft, lock, make, reword
from tests.plant import Plant, monday, today

pytestmark = pytest.mark.usefixtures("acme")
NOWHERE = "00000000-0000-0000-0000-000000000000"
REASON = "The vendor sent a credit note."
# Of the weeks 3 to 6 ago 88 to 91 of 100 lines are on time.
DUE, FIGURE = monday(2) - timedelta(days=1), 0.895
# The terms of this one may change today, whatever day of the week it is.
SUNDAY = monday(-1) - timedelta(days=1)
# Only the weeks 29 and 30 ago of those four have figures.
EARLY = monday(28) - timedelta(days=1)


@pytest.fixture(scope="module")
def made(shared: Cast, django_db_blocker: Any) -> Plant:
    plant = make(shared, django_db_blocker, week=15)
    with django_db_blocker.unblock(), tenant(shared.acme):
        plant.send(PilotMetric.objects.get().metric, weeks=10, until=21)
    return plant


@pytest.fixture
def plant(made: Plant, acme: int) -> Plant:
    return deepcopy(made)


@pytest.fixture
def row(plant: Plant) -> PilotMetric:
    found: PilotMetric = PilotMetric.objects.select_related("metric", "pilot__site").get()
    return found


def promise(plant: Plant, row: PilotMetric, **terms: Any) -> VendorCommitment:
    given = {
        "comparison": "ge",
        "target": 0.94,
        "due_date": DUE,
        "remedy": "50 % of the fee back",
        "source": "Contract, clause 7",
        "by": plant.cast.lead,
        "now": plant.now,
    }
    return actions.add_commitment(row=row, **given | terms)


def change(plant: Plant, found: VendorCommitment, **terms: Any) -> VendorCommitment:
    names = ("version", "comparison", "target", "due_date", "remedy", "source")
    given = {name: getattr(found, name) for name in names}
    given |= {"row": found.target_row, "by": plant.cast.lead, "now": plant.now}
    return actions.change_commitment(commitment=found, **given | terms)


def judge(plant: Plant, **later: int) -> list[CommitmentFinding]:
    return actions.judge_due(now=plant.now + timedelta(**later))


def standing(found: VendorCommitment) -> stored.Standing:
    return stored.get_standing(found.target_row.pilot, found.pk, today=today())


def decide(plant: Plant, found: VendorCommitment, word: str, **values: Any) -> CommitmentDecision:
    given = {"version": standing(found).seen, "by": plant.cast.coo, "now": plant.now}
    given |= {"word": word, "reason": REASON}
    return actions.decide_commitment(commitment=found, **given | values)


def correct(plant: Plant, row: PilotMetric, *, to: int, weeks: range = range(3, 7)) -> None:
    plant.deliver(corrected(row.metric, ago=ago, numerator=to) for ago in weeks)


@pytest.mark.parametrize(
    ("due", "first"),
    [
        (date(2027, 1, 3), date(2026, 12, 7)),  # a Sunday: its own week counts
        (date(2027, 1, 2), date(2026, 11, 30)),
        (date(2027, 1, 4), date(2026, 12, 7)),
    ],
)
def test_the_last_four_whole_weeks_up_to_the_day_judge_it(due: date, first: date) -> None:
    weeks = rules.weeks_of(due)

    assert weeks == tuple(first + timedelta(weeks=n) for n in range(4))


@pytest.mark.parametrize(
    ("over", "waived", "found", "decided", "state"),
    [
        (False, False, "", "", "open"),
        (True, False, "", "", "waiting"),
        (True, False, "met", "", "met"),
        (True, False, "unknown", "", "unknown"),
        (True, False, "unknown", "missed", "missed"),
        (True, False, "met", "missed", "met"),
        (True, True, "missed", "", "waived"),
    ],
)
def test_figures_that_can_tell_go_before_people_and_a_waiver_before_both(
    over: bool, waived: bool, found: str, decided: str, state: str
) -> None:
    assert rules.state(is_over=over, waived=waived, found=found, decided=decided) == state


@pytest.mark.parametrize(
    ("side", "target", "word"),
    [
        ("ge", FIGURE, "met"),
        ("gt", FIGURE, "missed"),
        ("gt", 0.8949, "met"),
        ("ge", 0.8951, "missed"),
    ],
)
def test_it_is_judged_once_by_what_its_four_weeks_add_up_to(
    plant: Plant, row: PilotMetric, side: str, target: float, word: str
) -> None:
    made = promise(plant, row, comparison=side, target=target)

    [found] = judge(plant)

    weeks = Snapshot.objects.filter(metric_id=row.metric_id, week__in=rules.weeks_of(DUE))
    assert (found.commitment_id, found.number, found.word) == (made.pk, 1, word)
    assert found.value == FIGURE == pytest.approx(pool(weeks.order_by("week")))
    assert judge(plant, hours=1) == []


def test_of_a_falling_metric_no_rounding_of_the_machine_decides(
    plant: Plant, row: PilotMetric
) -> None:
    late = definitions.add_metric(
        name="Days late",
        kind="mean",
        unit="days",
        direction="down",
        numerator="Days",
        by=plant.cast.admin,
        now=plant.now,
    )
    values = {6: 0.1, 5: 0.1, 4: 0.1, 3: 0.3}  # in floats they come to a little more than 0.15
    plant.deliver(
        {
            "metric": late.code,
            "event_at": monday(ago).isoformat(),
            "source": "erp",
            "external_id": str(ago),
            "value": value,
        }
        for ago, value in values.items()
    )
    guard = targets.add_target(pilot=row.pilot, metric=late, role="guard", by=plant.cast.admin)
    met = promise(plant, guard, comparison="le", target=0.15)
    missed = promise(plant, guard, comparison="lt", target=0.15)

    assert sum(values.values()) / 4 > 0.15
    assert {one.commitment_id: one.word for one in judge(plant)} == {
        met.pk: "met",
        missed.pk: "missed",
    }


def test_fewer_than_three_weeks_with_figures_cannot_tell(plant: Plant, row: PilotMetric) -> None:
    promise(plant, row, due_date=EARLY)
    promise(plant, row, due_date=EARLY + timedelta(weeks=1), target=0.5)

    unknown, three = sorted(judge(plant), key=lambda one: one.due_at)

    assert (unknown.word, unknown.value, three.word) == ("unknown", None, "met")


def test_hardly_reported_weeks_do_not_count(plant: Plant, row: PilotMetric) -> None:
    other = plant.metric("Orders lost")
    plant.deliver(
        {
            "metric": other.code,
            "event_at": f"{monday(ago) + timedelta(days=day)}",
            "source": "erp",
            "external_id": f"{ago} {day}",
            "numerator": 99,
            "denominator": 100,
        }
        for ago in range(3, 13)
        for day in range(4 if ago > 5 else 1)
    )
    guard = plant.aim(row.pilot, other, role="guard", agreed=False)
    promise(plant, guard)

    assert judge(plant)[0].word == "unknown"


def test_weeks_of_another_wording_do_not_count(plant: Plant, row: PilotMetric) -> None:
    reword(row.metric, plant.cast.admin, valid_from=monday(4), known_weeks=4)
    promise(plant, row)

    assert judge(plant)[0].word == "unknown"


def test_a_week_in_which_the_wording_changed_leaves_the_three_before_it(
    plant: Plant, row: PilotMetric
) -> None:
    changed = monday(3) + timedelta(days=2)
    reword(row.metric, plant.cast.admin, valid_from=changed, known_weeks=3)
    promise(plant, row)

    [found] = judge(plant)

    assert found.word == "missed"
    assert found.value == pytest.approx(0.9)


def test_it_is_not_judged_before_its_figures_are_complete(plant: Plant, row: PilotMetric) -> None:
    promise(plant, row, due_date=monday() - timedelta(days=1))
    early = judge(plant), judge(plant, days=-3)

    assert early == ([], [])
    assert len(judge(plant, weeks=1)) == 1


def test_a_locked_baseline_says_how_long_its_figures_take(plant: Plant, row: PilotMetric) -> None:
    lock(plant, draft(plant, row, maturity_days=30))
    promise(plant, row)

    assert judge(plant) == []
    assert len(judge(plant, weeks=3)) == 1


def test_figures_that_are_about_to_be_computed_anew_are_waited_for(
    plant: Plant, row: PilotMetric
) -> None:
    promise(plant, row)
    Mark.objects.create(metric_id=row.metric_id, week=monday(4))

    assert judge(plant) == []
    recompute.recompute()
    assert len(judge(plant)) == 1


def test_a_correction_gives_another_version_beside_the_first(
    plant: Plant, row: PilotMetric
) -> None:
    made = promise(plant, row)
    judge(plant)
    correct(plant, row, to=97)

    [second] = judge(plant)

    assert [one.word for one in standing(made).versions] == ["met", "missed"]
    assert second.number == 2
    assert Notification.objects.filter(dedup_key=f"commitment:{second.pk}").count() == 2


def test_the_job_judges(plant: Plant, row: PilotMetric) -> None:
    promise(plant, row)
    current_app.loader.import_default_modules()
    job = current_app.tasks["metrics.judge_commitments"]
    job.push_request(headers={HEADER: plant.cast.acme}, **{HEADER: plant.cast.acme})
    try:
        job()
    finally:
        job.pop_request()

    assert CommitmentFinding.objects.count() == 1


def test_terms_change_until_the_four_weeks_are_over_and_the_trail_says_what(
    plant: Plant, row: PilotMetric
) -> None:
    made = promise(plant, row, due_date=monday(-1) + timedelta(days=2))  # a Wednesday

    moved = change(plant, made, target=0.9)
    with pytest.raises(Refused, match="four weeks that judge it are over"):
        change(plant, moved, target=0.8, now=plant.now + (monday(-1) - today()))
    with pytest.raises(Changed):
        change(plant, made, target=0.8, version=1)

    event = AuditEvent.objects.get(action="COMMITMENT_CHANGED")
    assert event.payload["changed"] == {"target": [0.94, 0.9]}


def test_what_is_judged_keeps_its_terms(plant: Plant, row: PilotMetric) -> None:
    made = promise(plant, row)
    judge(plant)

    with pytest.raises(Refused, match="judged or decided already"):
        change(plant, made, target=0.1, now=plant.now - timedelta(weeks=5))
    with pytest.raises(IntegrityError) as refused, transaction.atomic():
        VendorCommitment.objects.update(target=0.1)
    assert constraint_of(refused.value) == "metrics_vendorcommitment_held"


@pytest.mark.parametrize(
    ("terms", "words"),
    [
        ({"comparison": "lt"}, "higher is better"),
        ({"target": 1.4}, "lies between"),
        ({"due_date": date(1026, 1, 1)}, "between 2000 and 2100"),
    ],
)
def test_terms_that_nobody_could_mean_are_refused(
    plant: Plant, row: PilotMetric, terms: dict[str, Any], words: str
) -> None:
    with pytest.raises(Refused, match=words):
        promise(plant, row, **terms)


def test_without_vendor_with_a_retired_metric_or_archived_nothing_is_written(
    plant: Plant, row: PilotMetric
) -> None:
    made = promise(plant, row)
    Pilot.objects.update(vendor=None)
    with pytest.raises(Refused, match="no vendor"):
        promise(plant, row)
    Pilot.objects.update(vendor=plant.vendor)
    row.retired_at = plant.now
    with pytest.raises(Refused, match="retired"):
        promise(plant, row)

    portfolio.archive_pilot(pilot=row.pilot, by=plant.cast.admin, now=plant.now)

    acts = (lambda: promise(plant, row), lambda: decide(plant, made, "waived"))
    for act in (*acts, lambda: change(plant, made)):
        with pytest.raises(Refused, match="archived"):
            act()
    assert judge(plant) == []


def test_a_waived_commitment_is_judged_and_changed_no_more(plant: Plant, row: PilotMetric) -> None:
    made = promise(plant, row, due_date=SUNDAY)
    decide(plant, made, "waived")

    assert judge(plant, weeks=3) == []
    with pytest.raises(Refused, match="waived already"):
        decide(plant, made, "waived")
    with pytest.raises(Refused, match="judged or decided already"):
        change(plant, made, target=0.1)
    assert standing(made).state == "waived"


def test_where_figures_cannot_tell_a_person_decides_and_later_figures_go_before(
    plant: Plant, row: PilotMetric
) -> None:
    made = promise(plant, row, due_date=EARLY)
    with pytest.raises(Refused, match="not judged yet"):
        decide(plant, made, "missed")
    judge(plant)
    with pytest.raises(Changed):
        decide(plant, made, "missed", version=1)
    decide(plant, made, "missed")
    decided = standing(made).state
    with pytest.raises(Refused, match="judged already: missed"):
        decide(plant, made, "met")

    plant.send(row.metric, weeks=2, until=31)
    correct(plant, row, to=99, weeks=range(29, 33))
    judge(plant)

    assert (decided, standing(made).state) == ("missed", "met")


@pytest.mark.parametrize("reason", ["", " "])
def test_nothing_is_decided_without_a_reason(plant: Plant, row: PilotMetric, reason: str) -> None:
    made = promise(plant, row)

    with pytest.raises(Refused, match="Say why"):
        decide(plant, made, "waived", reason=reason)


def test_another_company_neither_sees_nor_judges_it(plant: Plant, row: PilotMetric) -> None:
    made = promise(plant, row)

    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('app.tenant_id', %s, true)", [str(plant.cast.borealis)])
        assert stored.list_due(plant.now) == []
        assert stored.freeze(made.pk, as_of=plant.now) is None
        cursor.execute("SELECT set_config('app.tenant_id', '', true)")
        with pytest.raises(DatabaseError, match="outside a tenant"), transaction.atomic():
            cursor.execute("SELECT freeze_commitment(%s, now())", [made.pk])


@pytest.mark.parametrize(
    "statement",
    [
        "INSERT INTO metrics_commitmentfinding SELECT * FROM metrics_commitmentfinding",
        "UPDATE metrics_commitmentfinding SET word = 'met'",
        "DELETE FROM metrics_commitmentfinding",
        "UPDATE metrics_commitmentdecision SET reason = 'x'",
        "DELETE FROM metrics_commitmentdecision",
        "DELETE FROM metrics_vendorcommitment",
    ],
)
def test_the_application_writes_no_finding_and_takes_nothing_back(
    plant: Plant, statement: str
) -> None:
    with pytest.raises(DatabaseError, match="permission denied"):
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)


@pytest.mark.parametrize(
    ("values", "constraint"),
    [
        ({"comparison": "eq"}, "metrics_vendorcommitment_side"),
        ({"remedy": ""}, "metrics_vendorcommitment_whole"),
        ({"source": ""}, "metrics_vendorcommitment_whole"),
        ({"target_row_id": NOWHERE}, "metrics_vendorcommitment_target_fk"),
        ({"vendor_id": NOWHERE}, "metrics_vendorcommitment_vendor_fk"),
        ({"written_by_id": NOWHERE}, "metrics_vendorcommitment_by_fk"),
    ],
)
def test_the_database_refuses_half_a_commitment(
    plant: Plant, row: PilotMetric, values: dict[str, Any], constraint: str
) -> None:
    promise(plant, row)

    with pytest.raises(IntegrityError) as refused, transaction.atomic():
        VendorCommitment.objects.update(**values)

    assert constraint_of(refused.value) == constraint


@pytest.mark.parametrize(
    ("values", "constraint"),
    [
        ({"word": "maybe"}, "metrics_commitmentdecision_word"),
        ({"finding": None}, "metrics_commitmentdecision_word"),
        ({"reason": ""}, "metrics_commitmentdecision_reason"),
        ({}, "metrics_commitmentdecision_once"),
        ({"word": "waived"}, "metrics_commitmentdecision_waived_once"),
        ({"member_id": NOWHERE}, "metrics_commitmentdecision_member_fk"),
        ({"commitment_id": NOWHERE, "finding": None}, "metrics_commitmentdecision_commitment_fk"),
        # Its key, metrics_commitmentfinding_of_key, refuses no row that the primary key would take.
        ({"commitment": "other", "word": "waived"}, "metrics_commitmentdecision_finding_fk"),
    ],
)
def test_the_database_refuses_half_a_decision(
    plant: Plant, row: PilotMetric, values: dict[str, Any], constraint: str
) -> None:
    made, other = promise(plant, row, due_date=EARLY), promise(plant, row)
    judge(plant)
    first = decide(plant, made, "missed")
    decide(plant, made, "waived")
    given = {
        "commitment": made,
        "finding": first.finding,
        "word": "met",
        "reason": REASON,
        "member_id": plant.cast.coo.pk,
        "at": NOW,
    } | values
    if "member_id" in values or "commitment_id" in values:
        given |= {"word": "waived", "commitment": other, "finding": None}
    if "commitment_id" in values:
        del given["commitment"]
    if given.get("commitment") == "other":
        given["commitment"] = other

    with pytest.raises(IntegrityError) as refused, transaction.atomic():
        CommitmentDecision.objects.create(**given)

    assert constraint_of(refused.value) == constraint


FINDING = "(%(tenant)s, %(key)s, 1, now(), now(), '{}', '', 1, 'met')"
INSERT = (
    "INSERT INTO metrics_commitmentfinding (tenant_id, commitment_id, number, due_at, as_of,"
    " inputs, digest, value, word) VALUES "
)
SAME = "INSERT INTO metrics_commitmentfinding SELECT * FROM metrics_commitmentfinding"


@pytest.mark.parametrize(
    ("constraint", "rows"),
    [
        ("metrics_commitmentfinding_commitment_fk", FINDING),
        ("metrics_commitmentfinding_once", f"{FINDING}, {FINDING}"),
        (
            "metrics_commitmentfinding_not_early",
            FINDING.replace("now(), now()", "now(), now() - interval '1 day'"),
        ),
        ("metrics_commitmentfinding_word", FINDING.replace("'met'", "'maybe'")),
        ("metrics_commitmentfinding_word", FINDING.replace("'met'", "'unknown'")),
    ],
)
def test_no_role_can_write_a_finding_that_contradicts_itself(
    cast: Cast, database_name: str, constraint: str, rows: str
) -> None:
    values = {"tenant": cast.acme, "key": NOWHERE}
    with psycopg.connect(os.environ["DATABASE_ADMIN_URL"], dbname=database_name) as admin:
        with pytest.raises(psycopg.errors.IntegrityError, match=constraint):
            admin.execute(INSERT + rows, values)
        admin.rollback()


KEPT = {
    "metrics_commitmentfinding": INSERT + FINDING,
    "metrics_commitmentdecision": (
        "INSERT INTO metrics_commitmentdecision (tenant_id, commitment_id, word, reason, member_id,"
        " at) VALUES (%(tenant)s, %(key)s, 'waived', 'Paid.', %(key)s, now())"
    ),
    "metrics_vendorcommitment": (
        "INSERT INTO metrics_vendorcommitment (tenant_id, target_row_id, vendor_id, comparison,"
        " target, due_date, remedy, source, written_by_id, written_at, version) VALUES (%(tenant)s,"
        " %(key)s, %(key)s, 'ge', 1, now(), 'Half', 'Clause', %(key)s, now(), 1)"
    ),
}


@pytest.mark.parametrize("table", KEPT)
@pytest.mark.parametrize(
    "statement", ["UPDATE {} SET created_at = now()", "DELETE FROM {}", "TRUNCATE {} CASCADE"]
)
def test_no_role_at_all_changes_what_is_kept(
    cast: Cast, database_name: str, table: str, statement: str
) -> None:
    if table == "metrics_vendorcommitment" and statement.startswith("UPDATE"):
        return  # its terms change until it is judged
    values = {"tenant": cast.acme, "key": NOWHERE}
    with psycopg.connect(os.environ["DATABASE_ADMIN_URL"], dbname=database_name) as admin:
        admin.execute("SET LOCAL session_replication_role = replica")  # only for the row itself
        admin.execute(KEPT[table], values)
        admin.execute("SET LOCAL session_replication_role = origin")
        with pytest.raises(psycopg.errors.InsufficientPrivilege, match="append-only"):
            admin.execute(statement.format(table))
        admin.rollback()
