"""Servers of one's own: prepared once with an administrator's address, then used by the same code."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator

import psycopg
import pytest

from config.servers import CHECKOUT, CannotStart
from config.servers.bootstrap import bootstrap
from config.servers.embedded import Addresses, running
from tests.servers.conftest import copy_started, new_folder

pytestmark = pytest.mark.slow
DATABASE = "pilots"


def own(addresses: Addresses, role: str, *, database: str = DATABASE) -> str:
    where = addresses.database_admin_url.partition("?")[2]
    return f"postgresql://{role}:secret-{role}@/{database}?{where}"


def own_addresses(addresses: Addresses) -> dict[str, str]:
    """Return addresses with role names of an administrator's choice."""
    return {
        "DATABASE_URL": own(addresses, "acme_web"),
        "DATABASE_OWNER_URL": own(addresses, "acme_owner"),
        "DATABASE_PLATFORM_URL": own(addresses, "acme_console"),
        "REDIS_URL": addresses.redis_url,
    }


@pytest.fixture(scope="module")
def server() -> Iterator[Addresses]:
    """Servers that somebody else runs, for all tests here."""
    with new_folder() as folder:
        copy_started(folder)
        with running(folder, durable=False) as addresses:
            yield addresses


def run(env: dict[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=CHECKOUT,
        env={**os.environ, **env},
        capture_output=True,
        text=True,
        check=False,
    )


def prepare(addresses: Addresses) -> dict[str, str]:
    env = own_addresses(addresses)
    bootstrap(
        addresses.database_admin_url,
        app_url=env["DATABASE_URL"],
        owner_url=env["DATABASE_OWNER_URL"],
        platform_url=env["DATABASE_PLATFORM_URL"],
    )
    return env


def test_the_product_upgrades_and_runs_on_servers_and_role_names_of_ones_own(server, folder, start):
    env = own_addresses(server)
    prepared = run(
        {**env, "DATABASE_ADMIN_URL": server.database_admin_url}, "manage.py", "bootstrap_roles"
    )
    # What comes after it makes functions over tables that are locked by then.
    before = run(env, "manage.py", "migrate", "metrics", "0001", "--verbosity=0")
    product = start(WEEKTWELVE_DATA=str(folder), **env)
    serving = product.wait_until_serving()
    said = product.said()
    product.end(signal.SIGINT)
    with psycopg.connect(env["DATABASE_OWNER_URL"]) as connection:
        tables = connection.execute(
            "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'"
            " AND tableowner = 'acme_owner'"
        ).fetchone()

    assert prepared.returncode == 0, prepared.stderr
    assert before.returncode == 0, before.stderr
    assert serving, said
    assert product.process.returncode == 0
    assert not (folder / "postgres").exists()
    assert not (folder / "redis").exists()
    assert tables is not None
    assert tables[0] > 10


def test_preparing_twice_changes_nothing_and_takes_stray_rights_back(server):
    env = prepare(server)
    with psycopg.connect(server.database_admin_url, autocommit=True) as admin:
        admin.execute("GRANT acme_owner TO acme_web")
        admin.execute("ALTER ROLE acme_web BYPASSRLS CREATEROLE")
    prepare(server)
    with psycopg.connect(server.database_admin_url) as admin:
        roles = admin.execute(
            "SELECT rolname, rolcanlogin, rolsuper, rolbypassrls, rolcreaterole, rolcreatedb"
            " FROM pg_roles WHERE rolname ~ '^(acme|w12_(lookup|recompute|backup))' ORDER BY 1"
        ).fetchall()
        memberships = admin.execute(
            "SELECT roleid::regrole::text, inherit_option, set_option FROM pg_auth_members"
            " WHERE member IN ('acme_web'::regrole, 'acme_console'::regrole,"
            " 'acme_owner'::regrole) ORDER BY 1"
        ).fetchall()
    with psycopg.connect(env["DATABASE_URL"]) as connection:
        may = connection.execute(
            "SELECT has_database_privilege('pilots', 'TEMP'),"
            " has_schema_privilege('public', 'CREATE'), has_schema_privilege('public', 'USAGE'),"
            " current_setting('statement_timeout'), current_setting('lock_timeout'),"
            " current_setting('idle_in_transaction_session_timeout')"
        ).fetchone()

    assert roles == [
        ("acme_console", True, False, False, False, False),
        ("acme_owner", True, False, False, False, False),
        ("acme_web", True, False, False, False, False),
        ("w12_backup", False, False, True, False, False),
        ("w12_lookup", False, False, False, False, False),
        ("w12_recompute", False, False, False, False, False),
    ]
    assert memberships == [("w12_lookup", False, True), ("w12_recompute", False, True)]
    assert may == (False, False, True, "30s", "5s", "1min")


def test_preparing_says_in_one_sentence_what_is_wrong(server):
    admin = server.database_admin_url
    good = own_addresses(server)
    app, owner, platform = (
        good["DATABASE_URL"],
        good["DATABASE_OWNER_URL"],
        good["DATABASE_PLATFORM_URL"],
    )
    cases = [
        ((admin, app, app, platform), "must name three different roles."),
        ((admin, own(server, "acme_web", database="b"), owner, platform), "name one database."),
        ((admin, "redis://x", owner, platform), "DATABASE_URL must read postgresql://"),
        ((own(server, "nobody"), app, owner, platform), "PostgreSQL cannot be reached: "),
        (
            (admin, admin.replace("/postgres?", "/pilots?"), owner, platform),
            "a role of its own",
        ),
        (
            (server.database_url, app, owner, platform),
            "The administrator's role may not do this",
        ),
    ]
    said = []
    for (admin_url, app_url, owner_url, platform_url), _ in cases:
        with pytest.raises(CannotStart) as refusal:
            bootstrap(admin_url, app_url=app_url, owner_url=owner_url, platform_url=platform_url)
        said.append(str(refusal.value))

    for words, (_, expected) in zip(said, cases, strict=True):
        assert expected in words
        assert "\n" not in words


def test_an_old_server_is_not_prepared(old_postgres):
    socket = old_postgres.partition("?")[2]
    urls = [f"postgresql://{role}:x@/pilots?{socket}" for role in ("a", "b", "c")]

    with pytest.raises(CannotStart) as refusal:
        bootstrap(old_postgres, app_url=urls[0], owner_url=urls[1], platform_url=urls[2])

    assert "needs PostgreSQL 18 or newer" in str(refusal.value)
