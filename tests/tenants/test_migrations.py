"""Migrations as they run on a database with data in it: a scratch one, as the owner."""

import os
import subprocess
import sys
from collections.abc import Iterator
from io import StringIO
from urllib.parse import urlsplit, urlunsplit

import psycopg
import pytest
from django.core.management import CommandError, call_command

from config.servers.bootstrap import bootstrap

NAMES = ("DATABASE_URL", "DATABASE_OWNER_URL", "DATABASE_PLATFORM_URL")
FORCED = "SELECT count(*) FILTER (WHERE NOT relforcerowsecurity), count(*) FROM pg_class WHERE relrowsecurity"


def at(url: str, name: str) -> str:
    return urlunsplit(urlsplit(url)._replace(path=f"/{name}"))


@pytest.fixture
def scratch() -> Iterator[dict[str, str]]:
    """An empty database of one test, made as the product makes its own; its addresses."""
    name, admin_url = f"test_migrations_{os.getpid()}", os.environ["DATABASE_ADMIN_URL"]
    addresses = {name_: at(os.environ[name_], name) for name_ in NAMES}
    drop = f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)'
    with psycopg.connect(admin_url, autocommit=True) as admin:
        admin.execute(drop)
    app, owner, platform = addresses.values()
    bootstrap(admin_url, app_url=app, owner_url=owner, platform_url=platform)
    yield addresses
    with psycopg.connect(admin_url, autocommit=True) as admin:
        admin.execute(drop)


def manage(
    scratch: dict[str, str], *arguments: str, code: str = ""
) -> subprocess.CompletedProcess[str]:
    command = ["-c", code] if code else ["manage.py", *arguments]
    return subprocess.run(
        [sys.executable, "-W", "ignore", *command],
        env={**os.environ, **scratch},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


def test_migrate_on_the_application_role_is_refused_in_a_sentence() -> None:
    with pytest.raises(CommandError, match="run as the owner of the tables"):
        call_command("migrate", database="default", stdout=StringIO())


@pytest.mark.slow
def test_all_the_way_forwards_back_and_forwards_again(scratch: dict[str, str]) -> None:
    for arguments in (["migrate"], ["migrate", "metrics", "zero"], ["migrate"]):
        done = manage(scratch, *arguments)
        assert done.returncode == 0, done.stderr[-2000:]
    for app in ("metrics", "portfolio", "tenants", "audit"):
        done = manage(scratch, "migrate", app, "zero")
        assert done.returncode == 0, (app, done.stderr[-2000:])

    done = manage(scratch, "migrate")

    assert done.returncode == 0, done.stderr[-2000:]
    with psycopg.connect(scratch["DATABASE_OWNER_URL"]) as owner:
        open_tables, tables = owner.execute(FORCED).fetchone() or (1, 0)
    assert open_tables == 0
    assert tables > 30


# Each migration by itself, and the recompute at every stage at which there is one.
STEPS = """
import os
os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"
import django; django.setup()
from django.core.management import call_command
from django.db import connections, transaction
from django.db.migrations.executor import MigrationExecutor
executor = MigrationExecutor(connections["owner"])
for migration, _ in executor.migration_plan(executor.loader.graph.leaf_nodes()):
    call_command("migrate", migration.app_label, migration.name, verbosity=0)
    with transaction.atomic(), connections["default"].cursor() as cursor:
        cursor.execute("SELECT to_regprocedure('recompute_tenant(integer)') IS NOT NULL")
        if cursor.fetchone()[0]:
            cursor.execute("SELECT set_config('app.tenant_id', '1', true)")
            cursor.execute("SELECT marks FROM recompute_tenant(10)")
            print(migration, cursor.fetchone()[0])
"""


@pytest.mark.slow
def test_each_migration_stands_on_those_before_it_alone(scratch: dict[str, str]) -> None:
    done = manage(scratch, code=STEPS)

    assert done.returncode == 0, done.stderr[-2000:]
    assert "metrics.0008_recompute 0" in done.stdout


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
def test_weeks_of_rates_that_stand_are_due_after_the_upgrade(scratch: dict[str, str]) -> None:
    assert manage(scratch, "migrate", "metrics", "0012").returncode == 0
    admin_url = at(os.environ["DATABASE_ADMIN_URL"], urlsplit(scratch["DATABASE_URL"]).path[1:])

    with psycopg.connect(admin_url, autocommit=True) as admin:
        admin.execute(MEASURED)
        migrated = manage(scratch, "migrate", "metrics", "0013")
        marks = admin.execute(
            "SELECT tenant_id, metric_id, week::text FROM metrics_mark ORDER BY tenant_id"
        ).fetchall()

    assert migrated.returncode == 0, migrated.stderr[-2000:]
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
def test_the_unit_of_a_rate_follows_what_it_was_divided_by_and_stays_fixed_afterwards(
    scratch: dict[str, str],
) -> None:
    assert manage(scratch, "migrate", "metrics", "0013").returncode == 0
    admin_url = at(os.environ["DATABASE_ADMIN_URL"], urlsplit(scratch["DATABASE_URL"]).path[1:])

    with psycopg.connect(admin_url, autocommit=True) as admin:
        admin.execute(SAID_AND_COUNTED)
        migrated = manage(scratch, "migrate", "metrics", "0014")
        found = admin.execute(
            "SELECT unit, exposure, version FROM metrics_metric ORDER BY id"
        ).fetchall()
        with pytest.raises(psycopg.errors.CheckViolation) as refused:
            admin.execute("UPDATE metrics_metric SET unit = 'kg' WHERE id = 1")

    assert migrated.returncode == 0, migrated.stderr[-2000:]
    assert found == [
        ("per_day", "day", 2),
        ("per_week", "week", 2),
        ("per_week", "week", 1),
        ("lines", "day", 1),
        ("per_week", "", 1),
    ]
    assert refused.value.diag.constraint_name == "metrics_metric_measured_fixed"


# What a data migration or a new key would do, run between the hooks as `migrate` runs it.
WITHIN = '''
import os
os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"
import django; django.setup()
from django.db import connections
from common.tenancy import hooks
if {lifted}: hooks.lift_force(None, "owner")
with connections["owner"].cursor() as cursor:
    cursor.execute("SET row_security = on")
    cursor.execute("""{statement}""")
    print(cursor.rowcount)
'''
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
def test_a_key_that_rows_violate_fails_in_a_migration_and_row_security_comes_back(
    scratch: dict[str, str],
) -> None:
    assert manage(scratch, "migrate").returncode == 0
    admin_url = at(os.environ["DATABASE_ADMIN_URL"], urlsplit(scratch["DATABASE_URL"]).path[1:])
    with psycopg.connect(admin_url, autocommit=True) as admin:
        admin.execute(LOOSE)

    added = manage(scratch, code=WITHIN.format(lifted=True, statement=ADD_KEY))
    changed = manage(
        scratch, code=WITHIN.format(lifted=True, statement="UPDATE portfolio_pilot SET goal = 'g'")
    )

    assert "violates foreign key constraint" in added.stderr
    assert changed.stdout == "1\n"
    failed = manage(scratch, "migrate", "portfolio", "9999")
    assert failed.returncode != 0
    with psycopg.connect(scratch["DATABASE_OWNER_URL"]) as owner:
        assert (owner.execute(FORCED).fetchone() or (1,))[0] == 0


@pytest.mark.slow
def test_makemigrations_needs_no_server_and_says_nothing_of_it(scratch: dict[str, str]) -> None:
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
