"""Databases made as the product makes its own; one of them is migrated once a run, to be copied."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg
from django.core.management import call_command
from django.db import connections

from config.servers.bootstrap import bootstrap
from tests.once import once_a_run

NAMES = ("DATABASE_URL", "DATABASE_OWNER_URL", "DATABASE_PLATFORM_URL")
MIGRATED = f"test_{Path(os.environ['TEST_RUN_FOLDER']).name}"


def of_database(url: str, name: str) -> str:
    """Return the same address for another database."""
    return urlunsplit(urlsplit(url)._replace(path=f"/{name}"))


def administrator(name: str = "postgres") -> psycopg.Connection:
    """Connect as the administrator; each statement stands by itself."""
    return psycopg.connect(os.environ["DATABASE_ADMIN_URL"], dbname=name, autocommit=True)


def drop(name: str) -> None:
    """Drop a database, if there is one, whoever is connected to it."""
    with administrator() as admin:
        admin.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


@contextmanager
def made(name: str, *, like: str = "") -> Iterator[str]:
    """Make a database, empty or a copy of one that nobody is connected to; drop it afterwards."""
    _make(name, like)
    yield name
    drop(name)


def _make(name: str, like: str) -> None:
    drop(name)
    if like:
        with administrator() as admin:
            admin.execute(f'CREATE DATABASE "{name}" TEMPLATE "{like}"')
    # Rights on the database itself are not copied.
    app, owner, platform = (of_database(os.environ[setting], name) for setting in NAMES)
    bootstrap(os.environ["DATABASE_ADMIN_URL"], app_url=app, owner_url=owner, platform_url=platform)


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


def migrated() -> str:
    """Return the name of the database with every migration; it is for copying alone."""
    once_a_run("migrated-database", _migrate)
    return MIGRATED


def _migrate(folder: Path) -> None:
    folder.mkdir()
    _make(MIGRATED, "")
    with connected_to(MIGRATED):
        call_command("migrate", verbosity=0)


def drop_migrated() -> None:
    """Drop what `migrated` made in this run, if anything."""
    if (Path(os.environ["TEST_RUN_FOLDER"]) / "migrated-database").exists():
        drop(MIGRATED)
