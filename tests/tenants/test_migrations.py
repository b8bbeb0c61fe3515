"""Migrations as they run on a database with data in it: a scratch one, as the owner."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from io import StringIO
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import psycopg
import pytest
from django.core.management import CommandError, call_command
from django.core.management.sql import emit_post_migrate_signal, emit_pre_migrate_signal
from django.db import IntegrityError, connections, transaction
from django.db.migrations.executor import MigrationExecutor

from common.tenancy import hooks
from config.servers.bootstrap import bootstrap

NAMES = ("DATABASE_URL", "DATABASE_OWNER_URL", "DATABASE_PLATFORM_URL")
FORCED = "SELECT count(*) FILTER (WHERE NOT relforcerowsecurity), count(*) FROM pg_class WHERE relrowsecurity"


def at(url: str, name: str) -> str:
    return urlunsplit(urlsplit(url)._replace(path=f"/{name}"))


def administrator(name: str = "postgres") -> psycopg.Connection:
    return psycopg.connect(os.environ["DATABASE_ADMIN_URL"], dbname=name, autocommit=True)


@contextmanager
def made(purpose: str, *, like: str = "") -> Iterator[str]:
    """Make a database as the product makes its own, empty or a copy; return its name, drop it later."""
    name, admin_url = f"test_migrations_{os.getpid()}_{purpose}", os.environ["DATABASE_ADMIN_URL"]
    drop = f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)'
    with administrator() as admin:
        admin.execute(drop)
        if like:
            admin.execute(f'CREATE DATABASE "{name}" TEMPLATE "{like}"')
    app, owner, platform = (at(os.environ[setting], name) for setting in NAMES)
    bootstrap(admin_url, app_url=app, owner_url=owner, platform_url=platform)
    yield name
    with administrator() as admin:
        admin.execute(drop)


@contextmanager
def connected_to(name: str) -> Iterator[None]:
    """Lead the product's three connections to another database for a while."""
    ours = [connections[alias] for alias in ("default", "owner", "platform")]
    before = [connection.settings_dict["NAME"] for connection in ours]
    for connection in ours:
        connection.close()
        connection.settings_dict["NAME"] = name
    try:
        yield
    finally:
        for connection, usual in zip(ours, before, strict=True):
            connection.close()
            connection.settings_dict["NAME"] = usual


@pytest.fixture(scope="module")
def before_data(django_db_blocker: Any) -> Iterator[str]:
    """A database to copy, as it was before the migrations that change rows."""
    with made("before") as name:
        with django_db_blocker.unblock(), connected_to(name):
            migrate("metrics", "0012")
        yield name


@pytest.fixture(scope="module")
def newest(before_data: str, django_db_blocker: Any) -> Iterator[str]:
    """A database to copy, with every migration."""
    with made("newest", like=before_data) as name:
        with django_db_blocker.unblock(), connected_to(name):
            migrate()
        yield name


@pytest.fixture
def scratch(request: pytest.FixtureRequest, django_db_blocker: Any) -> Iterator[str]:
    """The database of one test, by whose parameter it is empty or a copy; its name."""
    like = request.getfixturevalue(request.param) if request.param else ""
    with made("scratch", like=like) as name, django_db_blocker.unblock(), connected_to(name):
        yield name


def beginning(stage: str) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("scratch", [stage], indirect=True, ids=[stage or "empty"])


def migrate(*arguments: str) -> None:
    call_command("migrate", *arguments, verbosity=0)


def test_migrate_on_the_application_role_is_refused_in_a_sentence() -> None:
    with pytest.raises(CommandError, match="run as the owner of the tables"):
        call_command("migrate", database="default", stdout=StringIO())


@pytest.mark.slow
@beginning("newest")
def test_all_the_way_forwards_back_and_forwards_again(scratch: str) -> None:
    migrate("metrics", "zero")
    migrate()
    for app in ("metrics", "portfolio", "tenants", "audit"):
        migrate(app, "zero")
    with connections["owner"].cursor() as cursor:
        cursor.execute(FORCED)
        assert cursor.fetchone() == (0, 0)

    migrate()

    with connections["owner"].cursor() as cursor:
        cursor.execute(FORCED)
        open_tables, tables = cursor.fetchone() or (1, 0)
    assert open_tables == 0
    assert tables > 30


def count_recomputed() -> int | None:
    """Return what the recompute took of an empty tenant; None where there is no such function yet."""
    with transaction.atomic(), connections["default"].cursor() as cursor:
        cursor.execute("SELECT to_regprocedure('recompute_tenant(integer)') IS NOT NULL")
        if not cursor.fetchone()[0]:
            return None
        cursor.execute("SELECT set_config('app.tenant_id', '1', true)")
        cursor.execute("SELECT marks FROM recompute_tenant(10)")
        return cursor.fetchone()[0]


@pytest.mark.slow
@beginning("")
def test_each_migration_stands_on_those_before_it_alone(scratch: str) -> None:
    executor = MigrationExecutor(connections["owner"])
    state = executor.loader.project_state([])
    recomputed = {}

    for migration, _ in executor.migration_plan(executor.loader.graph.leaf_nodes()):
        # As a `migrate` to this one alone, without reading them all again each time.
        emit_pre_migrate_signal(0, False, "owner", apps=state.apps, plan=[(migration, False)])
        state = executor.migrate(None, plan=[(migration, False)], state=state)
        emit_post_migrate_signal(0, False, "owner", apps=state.apps, plan=[(migration, False)])
        recomputed[str(migration)] = count_recomputed()

    assert recomputed["metrics.0007_reported_fixed"] is None
    assert recomputed["metrics.0008_recompute"] == 0


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
    with connections["owner"].cursor() as cursor:
        cursor.execute(FORCED)
        assert cursor.fetchone()[0] == 0


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
@beginning("newest")
def test_codes_that_differ_only_in_case_are_named_before_anything_changes(scratch: str) -> None:
    migrate("metrics", "0020")
    migrate("portfolio", "0002")

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
