"""A real PostgreSQL 18 and a real Redis from the installed packages, started by ourselves."""

import contextlib
import json
import shutil
import tempfile
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from config.servers.bootstrap import bootstrap
from config.servers.machine import find_account, find_binaries
from config.servers.place import (
    Place,
    choose_place,
    load_passwords,
    only_one,
    prepare_folder,
    write_private,
)
from config.servers.postgres_server import ADMIN, PostgresServer
from config.servers.processes import end_leftovers
from config.servers.redis_server import RedisServer

DATABASE = "weektwelve"
APP, OWNER, PLATFORM = "w12_app", "w12_owner", "w12_platform"


@dataclass(frozen=True)
class Addresses:
    """Where running servers are reached; empty for one that was not started."""

    database_url: str = ""
    database_owner_url: str = ""
    database_platform_url: str = ""
    database_admin_url: str = ""
    redis_url: str = ""

    def environ(self) -> dict[str, str]:
        """Return the addresses by the names that the settings read."""
        return {name.upper(): value for name, value in asdict(self).items() if value}


class Servers:
    """The servers of one data folder. The caller holds the folder's lock (`only_one`)."""

    def __init__(
        self,
        folder: Path,
        *,
        durable: bool = True,
        postgres: bool = True,
        redis: bool = True,
    ) -> None:
        self.durable = durable
        account = find_account()
        binaries = find_binaries(account)
        self.place: Place = choose_place(folder, account)
        self.postgres: PostgresServer | None = None
        self.redis: RedisServer | None = None
        passwords = load_passwords(folder, (ADMIN, OWNER, APP, PLATFORM))
        if postgres:
            self.postgres = PostgresServer(
                self.place, binaries.postgres, passwords[ADMIN], durable=durable
            )
        if redis:
            self.redis = RedisServer(self.place, binaries.redis)

        def url(role: str) -> str:
            where = f"{DATABASE}?host={self.place.sockets}"
            return f"postgresql://{role}:{passwords[role]}@/{where}" if postgres else ""

        self.addresses = Addresses(
            database_url=url(APP),
            database_owner_url=url(OWNER),
            database_platform_url=url(PLATFORM),
            database_admin_url=self.postgres.admin_url if self.postgres else "",
            redis_url=self.redis.url if self.redis else "",
        )

    def running(self) -> list[PostgresServer | RedisServer]:
        """Return the servers that this folder has, PostgreSQL first."""
        return [server for server in (self.postgres, self.redis) if server]

    def start(self) -> None:
        """Start both, with roles and database in place, and leave the addresses for other commands."""
        end_leftovers(self.place.folder, server_folders=[self.place.postgres, self.place.redis])
        for server in self.running():
            server.start()
        if self.postgres:
            bootstrap(
                self.addresses.database_admin_url,
                app_url=self.addresses.database_url,
                owner_url=self.addresses.database_owner_url,
                platform_url=self.addresses.database_platform_url,
            )
        write_private(
            self.place.folder / "addresses.json",
            json.dumps(self.addresses.environ(), indent=1),
        )

    def stop(self) -> None:
        """Stop both; Redis last, as the database's clients may still say good-bye to it."""
        for server in self.running():
            server.stop()
        if not self.durable:
            self.place.remove_outside()


@contextlib.contextmanager
def running(
    folder: Path,
    *,
    durable: bool = True,
    postgres: bool = True,
    redis: bool = True,
    serving: str = "",
) -> Iterator[Addresses]:
    """Run the servers of a folder for as long as the context lasts.

    durable: False is for tests only: nothing waits for the disk.
    Raises CannotStart with one sentence for the person at the terminal. Call from the main thread.
    """
    folder = folder.absolute()
    with only_one(folder, serving=serving):
        servers = Servers(folder, durable=durable, postgres=postgres, redis=redis)
        try:
            servers.start()
            yield servers.addresses
        finally:
            servers.stop()


@contextlib.contextmanager
def throwaway() -> Iterator[Addresses]:
    """Run servers in a new folder that is deleted afterwards, for tests and benchmarks."""
    _sweep_throwaways()
    folder = Path(tempfile.mkdtemp(prefix="w12-throwaway-"))
    try:
        with running(folder, durable=False) as addresses:
            yield addresses
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _sweep_throwaways() -> None:
    """Delete what killed test runs left behind an hour ago or earlier."""
    for folder in Path(tempfile.gettempdir()).glob("w12-throwaway-*"):
        with contextlib.suppress(OSError):
            if time.time() - folder.stat().st_mtime > 3600 and not _is_held(folder):
                shutil.rmtree(folder, ignore_errors=True)


def _is_held(folder: Path) -> bool:
    try:
        prepare_folder(folder)
        with only_one(folder):
            return False
    except Exception:  # noqa: BLE001  # whatever it is, leave that folder alone
        return True
