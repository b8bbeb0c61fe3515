"""Migrations as they run on a database with data in it: a scratch one, as the owner."""

import os
import subprocess
import sys
from collections.abc import Iterator
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.core.management.sql import emit_post_migrate_signal, emit_pre_migrate_signal
from django.db import IntegrityError, connections, transaction
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.loader import MigrationLoader

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

    assert recomputed["metrics.0001_initial"] is None
    assert recomputed["metrics.0002_weekly_values"] == 0
    ((open_tables, tables),) = ask(FORCED)
    assert open_tables == 0
    assert tables > 30


@pytest.mark.slow
@beginning("newest")
def test_a_database_that_ran_what_the_migrations_replace_is_taken_as_it_is(scratch: str) -> None:
    replacing = MigrationLoader(None).replacements
    old = {one for migration in replacing.values() for one in migration.replaces}
    noted = "SELECT app, name FROM django_migrations"
    with administrator(scratch) as admin:
        before = set(admin.execute(noted).fetchall())
        admin.cursor().executemany(
            "DELETE FROM django_migrations WHERE app = %s AND name = %s", replacing
        )

    ran = StringIO()
    call_command("migrate", stdout=ran)

    assert len(old) > 50
    assert "No migrations to apply." in ran.getvalue()
    assert before == set(ask(noted)) >= old | set(replacing)


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


TRIED = """
SET session_replication_role = replica;
WITH m AS (
    INSERT INTO gates_failuremode (id, tenant_id, pilot_id, kind, name, noticed, threshold,
        fallback, version)
    VALUES (uuidv7(), 7, uuidv7(), 'late', 'L', 'The list is old', 'An hour', 'Paper', 1)
    RETURNING id
)
INSERT INTO gates_drill (id, tenant_id, mode_id, ran_on, held, seen, next_step, member_id, at,
    withdrawn_reason)
SELECT uuidv7(), 7, id, '2026-11-01', true, 'S', '', uuidv7(), now(), '' FROM m;
"""


@pytest.mark.slow
@beginning("newest")
def test_a_drill_from_before_keeps_what_is_written_down_and_is_fixed_again(scratch: str) -> None:
    migrate("gates", "0003")
    with administrator(scratch) as admin:
        admin.execute(TRIED)

    migrate("gates")

    with administrator(scratch) as admin:
        rows = admin.execute("SELECT noticed, threshold, fallback FROM gates_drill").fetchall()
    assert rows == [("The list is old", "An hour", "Paper")]
    assert ask("SELECT tgenabled::text FROM pg_trigger WHERE tgname = 'gates_drill_fixed'") == [
        ("O",)
    ]
