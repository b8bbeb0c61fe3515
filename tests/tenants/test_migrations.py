"""Migrations as they run on a database with data in it: a scratch one, as the owner."""

import os
import subprocess
import sys
from collections.abc import Iterator
from io import StringIO
from typing import Any

import psycopg
import pytest
from django.core.management import CommandError, call_command
from django.core.management.sql import emit_post_migrate_signal, emit_pre_migrate_signal
from django.db import IntegrityError, connections, transaction
from django.db.migrations.executor import MigrationExecutor

from common.tenancy import hooks
from tests.databases import NAMES, administrator, connected_to, made, migrated

FORCED = "SELECT count(*) FILTER (WHERE NOT relforcerowsecurity), count(*) FROM pg_class WHERE relrowsecurity"
# What a database holds, but for the table of Django in which migrations are noted.
LEFT = """
SELECT format('%s %s', kind, name) FROM (
    SELECT 'relation', oid::regclass::text FROM pg_class WHERE relnamespace = 'public'::regnamespace
    UNION ALL
    SELECT 'function', oid::regprocedure::text FROM pg_proc WHERE pronamespace = 'public'::regnamespace
    UNION ALL
    SELECT 'type', oid::regtype::text FROM pg_type WHERE typnamespace = 'public'::regnamespace
) AS found (kind, name)
WHERE name !~ '^_?django_migrations' ORDER BY 1
"""


def name_for(purpose: str) -> str:
    return f"test_migrations_{os.getpid()}_{purpose}"


@pytest.fixture(scope="module")
def before_data(django_db_blocker: Any) -> Iterator[str]:
    """A database to copy, as it was before the migrations that change rows."""
    with made(name_for("before")) as name:
        with django_db_blocker.unblock(), connected_to(name):
            migrate("metrics", "0012")
        yield name


@pytest.fixture(scope="module")
def newest(django_db_blocker: Any) -> str:
    """A database to copy, with every migration."""
    with django_db_blocker.unblock():
        return migrated()


@pytest.fixture
def scratch(request: pytest.FixtureRequest, django_db_blocker: Any) -> Iterator[str]:
    """The copy of a database that one test works in; its name."""
    like = request.getfixturevalue(request.param)
    with (
        made(name_for("scratch"), like=like) as name,
        django_db_blocker.unblock(),
        connected_to(name),
    ):
        yield name


def beginning(stage: str) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("scratch", [stage], indirect=True)


def migrate(*arguments: str) -> None:
    call_command("migrate", *arguments, verbosity=0)


def test_migrate_on_the_application_role_is_refused_in_a_sentence() -> None:
    with pytest.raises(CommandError, match="run as the owner of the tables"):
        call_command("migrate", database="default", stdout=StringIO())


def ask(question: str) -> list[tuple[Any, ...]]:
    with connections["owner"].cursor() as cursor:
        cursor.execute(question)
        return cursor.fetchall()


def count_recomputed() -> int | None:
    """Return what the recompute took of an empty tenant; None where there is no such function yet."""
    with transaction.atomic(), connections["default"].cursor() as cursor:
        cursor.execute("SELECT to_regprocedure('recompute_tenant(integer)') IS NOT NULL")
        if not cursor.fetchone()[0]:
            return None
        cursor.execute("SELECT set_config('app.tenant_id', '1', true)")
        cursor.execute("SELECT marks FROM recompute_tenant(10)")
        return cursor.fetchone()[0]


def migrate_one_by_one() -> dict[str, int | None]:
    """Take every migration as a `migrate` to it alone; return what the recompute took after each."""
    executor = MigrationExecutor(connections["owner"])
    state = executor.loader.project_state([])
    recomputed = {}
    for migration, _ in executor.migration_plan(executor.loader.graph.leaf_nodes()):
        # Not by the command, which reads them all again each time.
        plan = [(migration, False)]
        emit_pre_migrate_signal(0, False, "owner", apps=state.apps, plan=plan)
        state = executor.migrate(None, plan=plan, state=state)
        emit_post_migrate_signal(0, False, "owner", apps=state.apps, plan=plan)
        recomputed[str(migration)] = count_recomputed()
    return recomputed


@pytest.mark.slow
@beginning("newest")
def test_all_the_way_back_to_nothing_and_up_again_each_migration_on_those_before_it_alone(
    scratch: str,
) -> None:
    for app in ("tenants", "audit", "contenttypes", "sessions"):
        migrate(app, "zero")
    assert ask(LEFT) == []

    recomputed = migrate_one_by_one()

    assert recomputed["metrics.0007_reported_fixed"] is None
    assert recomputed["metrics.0008_recompute"] == 0
    ((open_tables, tables),) = ask(FORCED)
    assert open_tables == 0
    assert tables > 30


# Written as an administrator, past row security and keys.
MEASURED = """
SET session_replication_role = replica;
INSERT INTO metrics_metric (tenant_id, id, code, name, kind, unit, direction, exposure, decimals,
    zone, attribution, version)
SELECT n, n, kind, kind, kind, 'kg', 'down', exposure, 1, 'UTC', '', 1
FROM (VALUES (1, 'rate', 'week'), (2, 'rate', 'day'), (3, 'mean', '')) AS m(n, kind, exposure);
INSERT INTO metrics_snapshot (tenant_id, metric_id, week, n, denominator, days_reported, digest,
    computed_at)
SELECT n, n, '2026-03-02', 1, 1, 1, 1, now() FROM generate_series(1, 3) AS n;
"""


@pytest.mark.slow
@beginning("before_data")
def test_weeks_of_rates_that_stand_are_due_after_the_upgrade(scratch: str) -> None:
    with administrator(scratch) as admin:
        admin.execute(MEASURED)
        migrate("metrics", "0013")
        marks = admin.execute(
            "SELECT tenant_id, metric_id, week::text FROM metrics_mark ORDER BY tenant_id"
        ).fetchall()

    assert marks == [(1, 1, "2026-03-02"), (2, 2, "2026-03-02")]


# Metrics of which two say one thing and were divided by the other, one of them measured.
SAID_AND_COUNTED = """
SET session_replication_role = replica;
INSERT INTO metrics_metric (tenant_id, id, code, name, kind, unit, direction, exposure, decimals,
    zone, attribution, version)
SELECT n, n, n::text, 'x', kind, unit, 'down', exposure, 1, 'UTC', '', 1
FROM (VALUES (1, 'rate', 'per_week', 'day'), (2, 'rate', 'per_day', 'week'),
    (3, 'rate', 'per_week', 'week'), (4, 'rate', 'lines', 'day'), (5, 'mean', 'per_week', ''))
    AS m(n, kind, unit, exposure);
INSERT INTO metrics_measurement (tenant_id, metric_id, key, source_id, external_id, revision,
    event_at, numerator, denominator, batch_id)
VALUES (1, 1, '\\x00', 1, 'a', 0, now(), 1, 0, uuidv7());
SET session_replication_role = origin;
"""


@pytest.mark.slow
@beginning("before_data")
def test_the_unit_of_a_rate_follows_what_it_was_divided_by_and_stays_fixed_afterwards(
    scratch: str,
) -> None:
    migrate("metrics", "0013")

    with administrator(scratch) as admin:
        admin.execute(SAID_AND_COUNTED)
        migrate("metrics", "0014")
        found = admin.execute(
            "SELECT unit, exposure, version FROM metrics_metric ORDER BY id"
        ).fetchall()
        with pytest.raises(psycopg.errors.CheckViolation) as refused:
            admin.execute("UPDATE metrics_metric SET unit = 'kg' WHERE id = 1")

    assert found == [
        ("per_day", "day", 2),
        ("per_week", "week", 2),
        ("per_week", "week", 1),
        ("lines", "day", 1),
        ("per_week", "", 1),
    ]
    assert refused.value.diag.constraint_name == "metrics_metric_measured_fixed"


LOOSE = """
ALTER TABLE portfolio_pilot DROP CONSTRAINT portfolio_pilot_site_fk;
SET session_replication_role = replica;
INSERT INTO tenants_tenant (slug, name, currency, zone, locale, is_demo) OVERRIDING USER VALUE
    VALUES ('x', 'x', 'EUR', 'UTC', 'en', false);
INSERT INTO portfolio_pilot (id, tenant_id, code, name, use_case, goal, site_id, start_date,
    attribution, version)
SELECT uuidv7(), id, 'P', 'P', '', '', uuidv7(), '2026-01-05', '', 1 FROM tenants_tenant;
"""
ADD_KEY = (
    "ALTER TABLE portfolio_pilot ADD CONSTRAINT portfolio_pilot_site_fk"
    " FOREIGN KEY (tenant_id, site_id) REFERENCES portfolio_site (tenant_id, id)"
)


@pytest.mark.slow
@beginning("newest")
def test_a_key_that_rows_violate_fails_in_a_migration_and_row_security_comes_back(
    scratch: str,
) -> None:
    with administrator(scratch) as admin:
        admin.execute(LOOSE)

    # What a data migration or a new key would do, as `migrate` runs it: with row security lifted.
    hooks.lift_force(None, "owner")
    with connections["owner"].cursor() as cursor:
        cursor.execute("SET row_security = on")
        with pytest.raises(IntegrityError, match="violates foreign key constraint"):
            cursor.execute(ADD_KEY)
        cursor.execute("UPDATE portfolio_pilot SET goal = 'g'")
        changed = cursor.rowcount
    with pytest.raises(CommandError, match="9999"):
        migrate("portfolio", "9999")

    assert changed == 1
    ((open_tables, _),) = ask(FORCED)
    assert open_tables == 0


# Two companies: the codes of one are told apart by more than case, those of the other are not.
ALIKE = """
SET session_replication_role = replica;
INSERT INTO tenants_tenant (slug, name, currency, zone, locale, is_demo)
VALUES ('acme', 'Acme', 'EUR', 'UTC', 'en', false), ('other', 'Other', 'EUR', 'UTC', 'en', false);
INSERT INTO portfolio_vendor (tenant_id, code, name, contact, version)
SELECT t.id, v.code, v.code, '', 1
FROM tenants_tenant t JOIN (VALUES ('acme', 'P-01'), ('acme', 'p-01'), ('other', 'p-01'),
    ('other', 'p-02')) AS v(slug, code) ON v.slug = t.slug;
INSERT INTO metrics_source (tenant_id, code, name, kind, stale_after_hours, version)
SELECT id, code, code, 'other', 192, 1
FROM tenants_tenant, (VALUES ('ERP'), ('erp')) AS s(code) WHERE slug = 'other';
"""
APPLIED = "SELECT app FROM django_migrations WHERE name LIKE '%_code_alike' ORDER BY 1"


@pytest.mark.slow
@beginning("before_data")
def test_codes_that_differ_only_in_case_are_named_before_anything_changes(scratch: str) -> None:
    with administrator(scratch) as admin:
        admin.execute(ALIKE)
        with pytest.raises(CommandError) as first:
            migrate()
        nothing = admin.execute(APPLIED).fetchall()
        admin.execute("UPDATE portfolio_vendor SET code = 'p-01-b' WHERE code = 'p-01'")
        with pytest.raises(CommandError) as second:
            migrate()
        admin.execute("UPDATE metrics_source SET code = 'erp-b' WHERE code = 'erp'")
        migrate()
        everything = admin.execute(APPLIED).fetchall()

    assert "side by side: P-01 and p-01 in portfolio_vendor of acme (" in str(first.value)
    assert "ERP and erp in metrics_source of other (" in str(second.value)
    assert (nothing, everything) == ([], [("metrics",), ("portfolio",)])


@pytest.mark.slow
def test_makemigrations_needs_no_server_and_says_nothing_of_it() -> None:
    away = dict.fromkeys(NAMES, "postgresql://nobody@127.0.0.1:1/nothing")

    done = subprocess.run(
        [sys.executable, "manage.py", "makemigrations", "--check", "--dry-run"],
        env={**os.environ, **away},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )

    assert (done.returncode, done.stderr) == (0, "")
