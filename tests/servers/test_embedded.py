"""Our own PostgreSQL and Redis: what they allow, what they leave behind, how they come back."""

import contextlib
import os
import signal
import stat
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest
import redis

from config.servers import CannotStart, find_addresses
from config.servers.embedded import Addresses, running
from config.servers.machine import copy_programs, find_binaries
from tests.servers.conftest import (
    as_ordinary_user,
    copy_started,
    new_folder,
    processes_of,
    wait_until,
)

pytestmark = pytest.mark.slow
started_before = pytest.mark.usefixtures("started_before")
SERVING = "http://127.0.0.1:8012"


def ask(url: str, question: str) -> object:
    with psycopg.connect(url) as connection:
        row = connection.execute(question).fetchone()
        return row[0] if row else None


def listening(pid: int) -> list[str]:
    """Return the TCP listeners of a process, as the kernel numbers them."""
    sockets = set()
    # A backend may end while its files are listed; the servers themselves stay.
    with contextlib.suppress(FileNotFoundError):
        for link in Path(f"/proc/{pid}/fd").iterdir():
            with contextlib.suppress(OSError):
                sockets.add(str(link.readlink()))
    lines = [
        line.split()
        for table in ("tcp", "tcp6")
        for line in Path(f"/proc/net/{table}").read_text().splitlines()[1:]
    ]
    return [f[1] for f in lines if f[3] == "0A" and f"socket:[{f[9]}]" in sockets]


@dataclass(frozen=True)
class Running:
    folder: Path
    addresses: Addresses


@pytest.fixture(scope="module")
def servers() -> Iterator[Running]:
    """Test servers for tests that only look at them."""
    with new_folder() as folder:
        copy_started(folder)
        with running(folder, durable=False, serving=SERVING) as addresses:
            yield Running(folder, addresses)


def test_a_fresh_folder_gets_both_servers_and_nothing_outside_it_changes(folder):
    programs = find_binaries(None)
    watched = [
        *(Path("/etc/passwd"), Path("/etc/group"), folder.parent, programs.postgres),
        *(programs.postgres / "postgres", programs.redis / "redis-server"),
    ]
    before = [(p.stat().st_mode, p.stat().st_uid, p.stat().st_gid) for p in watched]
    accounts = Path("/etc/passwd").read_bytes()

    with running(folder, durable=False) as addresses:
        found = find_addresses(folder)
        role = ask(addresses.database_url, "SELECT current_user")
        version = ask(addresses.database_url, "SHOW server_version_num")
        answers = redis.Redis.from_url(addresses.redis_url).ping()

    assert role == "w12_app"
    assert int(str(version)) >= 180000
    assert answers
    assert sorted(addresses.environ()) == [
        "DATABASE_ADMIN_URL",
        "DATABASE_OWNER_URL",
        "DATABASE_PLATFORM_URL",
        "DATABASE_URL",
        "REDIS_URL",
    ]
    assert found == addresses.environ()
    assert find_addresses(folder) is None
    assert [(p.stat().st_mode, p.stat().st_uid, p.stat().st_gid) for p in watched] == before
    assert Path("/etc/passwd").read_bytes() == accounts


def test_nothing_listens_on_the_network(servers):
    pids = processes_of(servers.folder)

    listeners = [address for pid in pids for address in listening(pid)]

    assert len(pids) >= 2
    assert listeners == []


def test_no_role_enters_without_its_password(servers):
    sockets = servers.addresses.database_url.partition("host=")[2]
    rules = (servers.folder / "postgres" / "pg_hba.conf").read_text()

    for role in ("w12_app", "w12_owner", "w12_platform", "w12_admin", "postgres"):
        with pytest.raises(psycopg.OperationalError):
            psycopg.connect(f"postgresql://{role}:guess@/weektwelve?host={sockets}")

    methods = {line.split()[-1] for line in rules.splitlines() if line and line[0] != "#"}
    assert methods == {"scram-sha-256"}


@started_before
def test_data_meant_to_last_waits_for_the_disk_and_test_data_does_not(servers, folder):
    settings = ("fsync", "synchronous_commit", "full_page_writes", "data_checksums")

    with running(folder) as addresses:
        lasting = [ask(addresses.database_admin_url, f"SHOW {name}") for name in settings]
    test = servers.addresses
    throwaway = [ask(test.database_admin_url, f"SHOW {name}") for name in settings]

    assert lasting == ["on", "on", "on", "on"]
    assert throwaway == ["off", "off", "off", "on"]


def test_text_is_ordered_by_rules_that_no_system_upgrade_changes(servers):
    rules = ask(
        servers.addresses.database_admin_url,
        "SELECT format('%s %s %s', datlocprovider, datlocale, pg_encoding_to_char(encoding))"
        " FROM pg_database WHERE datname = 'weektwelve'",
    )

    assert rules == "b C.UTF-8 UTF8"


def test_secrets_are_for_the_owner_of_the_folder_alone(servers):
    modes = [
        stat.S_IMODE((servers.folder / name).stat().st_mode)
        for name in ("passwords.json", "addresses.json", "lock")
    ]
    data = stat.S_IMODE((servers.folder / "postgres").stat().st_mode)

    assert modes == [0o600, 0o600, 0o600]
    assert data == 0o700


def test_a_second_start_in_one_folder_says_where_the_first_serves(servers):
    with pytest.raises(CannotStart) as refusal, running(servers.folder, durable=False):
        pass

    assert str(refusal.value) == f"Week Twelve is already running at {SERVING}."


@started_before
def test_two_folders_run_at_once_and_do_not_meet(servers, folder):
    # Copies of one: the same passwords fit both, so that only the address tells them apart.
    with running(folder, durable=False) as first:
        with psycopg.connect(first.database_admin_url) as connection:
            connection.execute("CREATE TABLE only_here ()")
        there = ask(servers.addresses.database_admin_url, "SELECT to_regclass('only_here') IS NULL")
        redis.Redis.from_url(first.redis_url).set("key", "1")
        value = redis.Redis.from_url(servers.addresses.redis_url).get("key")

    assert there is True
    assert value is None


@started_before
def test_servers_come_back_after_a_kill_though_their_notes_name_a_living_stranger(servers, folder):
    with running(folder) as addresses:
        with psycopg.connect(addresses.database_admin_url) as connection:
            connection.execute("CREATE TABLE kept (n int)")
            connection.execute("INSERT INTO kept VALUES (7)")
        for pid in processes_of(folder):
            # Once the first is gone, others end by themselves.
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        wait_until(lambda: not processes_of(folder), seconds=5)
    strangers = (servers.folder / "postgres" / "postmaster.pid").read_text().splitlines()
    notes = folder / "postgres" / "postmaster.pid"
    notes.write_text("\n".join([strangers[0], *notes.read_text().split("\n")[1:]]))

    with running(folder) as addresses:
        kept = ask(addresses.database_admin_url, "SELECT n FROM kept")

    assert kept == 7


def test_data_of_another_major_version_is_refused_with_what_to_do(folder):
    (folder / "postgres").mkdir()
    (folder / "postgres" / "PG_VERSION").write_text("17\n")

    with pytest.raises(CannotStart) as refusal, running(folder, durable=False):
        pass

    assert "was made by PostgreSQL 17 and this is 18" in str(refusal.value)


def test_a_half_made_cluster_is_made_anew_also_where_the_path_is_too_long_for_sockets(folder):
    deep = folder / ("a" * 60) / ("b" * 60)
    half = deep / "postgres.half"
    (half / "base").mkdir(parents=True)
    deep.chmod(0o711)

    with running(deep, durable=False) as addresses:
        answer = ask(addresses.database_url, "SELECT 1")
        sockets = addresses.database_url.partition("host=")[2]

    assert answer == 1
    assert not half.exists()
    assert len(sockets) < 60
    assert not Path(sockets).exists()


def test_a_folder_that_the_servers_account_cannot_reach_is_no_obstacle(folder):
    closed = folder / "closed"
    closed.mkdir(mode=0o700)

    with running(closed / "data", durable=False) as addresses:
        answer = ask(addresses.database_url, "SELECT 1")

    assert answer == 1
    assert stat.S_IMODE(closed.stat().st_mode) == 0o700


@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
def test_an_ordinary_user_runs_the_servers_as_themselves(folder):
    programs = folder / "servers"
    site = find_binaries(None).redis.parent.parent
    copy_programs(site, programs)
    folder.chmod(0o755)
    data = folder / "data"
    copy_started(folder / "first")
    with running(folder / "first", durable=False):
        pass  # imports all there is to import: an ordinary user may not reach root's Python

    def work() -> str:
        sys.prefix = str(folder)
        with running(data, durable=False) as addresses:
            owner = (data / "postgres").stat().st_uid
            role = ask(addresses.database_url, "SELECT current_user")
            return f"{role} {owner == os.getuid() != 0}"

    assert as_ordinary_user(work, folder) == "w12_app True"


@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
def test_a_folder_without_write_permission_is_refused_with_what_to_do(folder):
    closed = folder / "closed"
    closed.mkdir(mode=0o755)
    data = closed / "data"
    data.mkdir(mode=0o555)
    folder.chmod(0o755)

    def work() -> str:
        with running(data, durable=False):
            return "started"

    if os.geteuid() != 0:
        closed.chmod(0o555)
    words = as_ordinary_user(work, folder)
    closed.chmod(0o755)

    assert words == (
        f"CannotStart: No permission to write in {data}: give this account the right to, "
        "or choose another folder with WEEKTWELVE_DATA."
    )
