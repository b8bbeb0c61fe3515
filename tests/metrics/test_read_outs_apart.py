"""When there is nothing to read out yet, what can be told of short history, and what no role writes.

Apart from test_read_outs.py: these begin without its pilot, or lock whole tables themselves.
"""

from __future__ import annotations

import os
import re
from datetime import timedelta

import psycopg
import pytest
from django.db import IntegrityError

from common.tenancy.context import tenant
from common.writing import constraint_of
from metrics.actions import baselines
from metrics.models import PilotMetric
from tests.conftest import Cast, signed_in
from tests.metrics.test_read_outs import (
    NOWHERE,
    address,
    drafted,
    freeze,
    lock,
    locked,
    read_out,
    words,
)
from tests.plant import Plant


@pytest.fixture
def plant(cast: Cast) -> Plant:
    with tenant(cast.acme):
        return Plant(cast)


def test_nothing_is_computed_before_the_figures_of_week_12_are_complete(plant: Plant) -> None:
    with tenant(plant.cast.acme):
        row = PilotMetric.objects.get(pilot=plant.whole(week=13, weeks=40))
        lock(plant, drafted(plant, row))

    assert read_out(plant) == 0
    assert read_out(plant, weeks=2) == 1


def test_a_draft_is_never_read_out(plant: Plant) -> None:
    with tenant(plant.cast.acme):
        row = PilotMetric.objects.get(pilot=plant.whole(week=15, weeks=40))
        drafted(plant, row)

    assert read_out(plant) == 0


def test_of_a_change_that_cannot_be_told_no_size_is_shown(plant: Plant) -> None:
    with tenant(plant.cast.acme):
        baseline = locked(plant, weeks=28, to=98)
    read_out(plant)

    page = words(signed_in(plant.cast.reader).get(address(baseline)))

    assert "nobody has said how far the season moves" in page
    assert re.search(r"Change, judged ?not to be told", page)
    assert "95 % sure" not in page
    assert "Target met" not in page


def test_the_page_names_who_stated_the_season_that_a_verdict_rests_on(plant: Plant) -> None:
    with tenant(plant.cast.acme):
        row = PilotMetric.objects.select_related("metric", "pilot__site").get(
            pilot=plant.whole(week=15, weeks=28)
        )
        draft = baselines.draft_baseline(
            row=row, by=plant.cast.lead, now=plant.now, matters=0.02, season_swing=0.015
        )
        baseline = lock(plant, draft)
    read_out(plant)

    page = words(signed_in(plant.cast.reader).get(address(baseline)))

    who = plant.cast.lead.person.name
    assert f"Season allowed for1.5 pts from peak to trough, assumedstated by {who}, " in page


def test_the_page_names_the_line_that_a_verdict_compares_with(plant: Plant) -> None:
    with tenant(plant.cast.acme):
        row = PilotMetric.objects.select_related("metric", "pilot__site").get(
            pilot=plant.whole(week=15, weeks=60)
        )
        line = plant.metric("On-time lines of Plant Gent")
        plant.send(line, weeks=60)
        draft = baselines.draft_baseline(
            row=row,
            by=plant.cast.lead,
            now=plant.now - timedelta(weeks=14),
            matters=0.02,
            comparison=line,
        )
        baseline = lock(plant, draft)
    read_out(plant)

    page = words(signed_in(plant.cast.reader).get(address(baseline)))

    assert "against a comparison line: On-time lines of Plant Gent" in page


def test_the_database_refuses_a_draft_to_be_read_out(plant: Plant) -> None:
    with tenant(plant.cast.acme):
        row = PilotMetric.objects.get(pilot=plant.whole(week=15, weeks=40))
        draft = drafted(plant, row)
        with pytest.raises(IntegrityError) as refused:
            freeze(draft)

    assert constraint_of(refused.value) == "metrics_readout_of_locked"


ROW = "(%(tenant)s, %(baseline)s, 12, 1, now(), now(), '{}', '', '1', 'improved', 1, false, '{}')"
INSERT = (
    "INSERT INTO metrics_readout (tenant_id, baseline_id, week, number, due_at, as_of, inputs,"
    " digest, engine, word, sign, waits, result) VALUES "
)


@pytest.mark.parametrize(
    ("constraint", "rows"),
    [
        ("metrics_readout_baseline_fk", ROW),
        ("metrics_readout_once", f"{ROW}, {ROW}"),
        ("metrics_readout_week", ROW.replace("12", "13")),
        ("metrics_readout_not_early", ROW.replace("now(), now()", "now(), now() - interval '1 s'")),
    ],
)
def test_no_role_can_write_a_read_out_that_contradicts_itself(
    cast: Cast, database_name: str, constraint: str, rows: str
) -> None:
    values = {"tenant": cast.acme, "baseline": NOWHERE}
    with psycopg.connect(os.environ["DATABASE_ADMIN_URL"], dbname=database_name) as admin:
        with pytest.raises(psycopg.errors.IntegrityError, match=constraint):
            admin.execute(INSERT + rows, values)
        admin.rollback()


KEPT = {
    "metrics_readout": INSERT + ROW,
    "metrics_acknowledgement": (
        "INSERT INTO metrics_acknowledgement (tenant_id, read_out_id, member_id, at, reason)"
        " VALUES (%(tenant)s, %(baseline)s, %(baseline)s, now(), 'Seen.')"
    ),
    "metrics_pilotoutcome": (
        "INSERT INTO metrics_pilotoutcome"
        " (tenant_id, pilot_id, number, word, reason, member_id, at, evidence)"
        " VALUES (%(tenant)s, %(baseline)s, 1, 'stop', 'Enough.', %(baseline)s, now(), '[]')"
    ),
}


@pytest.mark.parametrize("table", KEPT)
@pytest.mark.parametrize(
    "statement",
    ["UPDATE {} SET created_at = now()", "DELETE FROM {}", "TRUNCATE {} CASCADE"],
)
def test_no_role_at_all_changes_what_is_kept(
    cast: Cast, database_name: str, table: str, statement: str
) -> None:
    values = {"tenant": cast.acme, "baseline": NOWHERE}
    with psycopg.connect(os.environ["DATABASE_ADMIN_URL"], dbname=database_name) as admin:
        admin.execute("SET LOCAL session_replication_role = replica")  # only for the row itself
        admin.execute(KEPT[table], values)
        admin.execute("SET LOCAL session_replication_role = origin")
        with pytest.raises(psycopg.errors.InsufficientPrivilege, match="append-only"):
            admin.execute(statement.format(table))
        admin.rollback()
