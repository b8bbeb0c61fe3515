"""Roles, rights and the database, made by an administrator; the same for embedded and own servers.

What each role may do and why: docs/adr on roles, and the threat model.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from urllib.parse import parse_qsl, unquote, urlsplit, urlunsplit

import psycopg
from psycopg import sql

from config.servers import CannotStart
from config.servers.versions import refuse_old_postgres

LOOKUP, RECOMPUTE, BACKUP = "w12_lookup", "w12_recompute", "w12_backup"
_LOCK = 0x7712  # one bootstrap of a server at a time
_TIMEOUTS = {
    "statement_timeout": "30s",
    "lock_timeout": "5s",
    "idle_in_transaction_session_timeout": "60s",
}


@dataclass(frozen=True)
class Login:
    """The role, password and database that an address names."""

    role: str
    password: str
    database: str


def read_login(url: str, name: str) -> Login:
    """Take a role and its database from an address; raises, naming the setting, when one is missing."""
    parts = urlsplit(url)
    query = dict(parse_qsl(parts.query))
    role = unquote(parts.username or "") or query.get("user", "")
    database = unquote(parts.path.lstrip("/")) or query.get("dbname", "")
    if parts.scheme not in {"postgres", "postgresql"} or not role or not database:
        raise CannotStart(
            f"{name} must read postgresql://ROLE:PASSWORD@HOST:PORT/DATABASE, with role and database."
        )
    return Login(role, unquote(parts.password or "") or query.get("password", ""), database)


def bootstrap(admin_url: str, *, app_url: str, owner_url: str, platform_url: str) -> None:
    """Make or repair the roles, their passwords and rights, and the database. Safe to repeat.

    admin_url: of a superuser, or of a role that may create roles and databases.
    Raises CannotStart with one sentence for the operator.
    """
    app = read_login(app_url, "DATABASE_URL")
    owner = read_login(owner_url, "DATABASE_OWNER_URL")
    platform = read_login(platform_url, "DATABASE_PLATFORM_URL")
    if len({app.role, owner.role, platform.role}) < 3:
        raise CannotStart(
            "DATABASE_URL, DATABASE_OWNER_URL and DATABASE_PLATFORM_URL must name three different roles."
        )
    if len({app.database, owner.database, platform.database}) > 1:
        raise CannotStart(
            "DATABASE_URL, DATABASE_OWNER_URL and DATABASE_PLATFORM_URL must name one database."
        )
    refuse_old_postgres(admin_url)
    with _administrator(admin_url) as connection:
        connection.execute("SELECT pg_advisory_lock(%s)", [_LOCK])
        if read_login_role(connection) in {app.role, owner.role, platform.role}:
            raise CannotStart("The administrator must be a role of its own, used for nothing else.")
        with connection.transaction():
            _make_roles(connection, app, owner, platform)
        _make_database(connection, app.database)
    with _administrator(_of_database(admin_url, app.database)) as connection:
        connection.execute("SELECT pg_advisory_lock(%s)", [_LOCK])
        with connection.transaction():
            _grant(connection, app, owner, platform)


def read_login_role(connection: psycopg.Connection) -> str:
    """Return the role that a connection is logged in as."""
    row = connection.execute("SELECT session_user").fetchone()
    return str(row[0]) if row else ""


@contextmanager
def _administrator(url: str) -> Iterator[psycopg.Connection]:
    try:
        with psycopg.connect(url, autocommit=True, connect_timeout=10) as connection:
            yield connection
    except psycopg.errors.InsufficientPrivilege as problem:
        raise CannotStart(
            f"The administrator's role may not do this: {str(problem).splitlines()[0]}."
        ) from problem
    except psycopg.OperationalError as problem:
        raise CannotStart(
            f"PostgreSQL does not let the administrator in: {str(problem).splitlines()[0]}."
        ) from problem


def _of_database(url: str, database: str) -> str:
    """Return the same address for another database."""
    parts = urlsplit(url)
    # An address without host has an empty authority, which urlunsplit would drop with its slashes.
    rest = urlunsplit(("", "", f"/{database}", parts.query, ""))
    return f"{parts.scheme}://{parts.netloc}{rest}"


def _make_roles(connection: psycopg.Connection, app: Login, owner: Login, platform: Login) -> None:
    for login in (app, owner, platform):
        _make_role(connection, login.role, "LOGIN NOBYPASSRLS")
        if login.password:
            _set_password(connection, login)
    for role in (LOOKUP, RECOMPUTE):
        _make_role(connection, role, "NOLOGIN NOBYPASSRLS")
    _make_role(connection, BACKUP, "NOLOGIN BYPASSRLS")
    for login in (app, platform):
        _end_memberships(connection, login.role)
        for setting, value in _TIMEOUTS.items():
            _run(
                connection,
                "ALTER ROLE {} SET {} = {}",
                login.role,
                setting,
                sql.Literal(value),
            )
    # Hot statements are prepared; planning each anew would cost more than running it.
    _run(connection, "ALTER ROLE {} SET plan_cache_mode = force_generic_plan", app.role)
    # A plan made while a table was small is kept while it grows: let none read whole tables.
    _run(connection, "ALTER ROLE {} SET enable_seqscan = off", app.role)
    # A query of the owner that row security would filter fails instead of finding nothing.
    _run(connection, "ALTER ROLE {} SET row_security = off", owner.role)
    for role in (LOOKUP, RECOMPUTE):
        _run(connection, "GRANT {} TO {} WITH INHERIT FALSE, SET TRUE", role, owner.role)


def _make_role(connection: psycopg.Connection, role: str, rights: str) -> None:
    """Create a role or correct one; an attribute that needs no change is not named.

    Only a superuser may name SUPERUSER or BYPASSRLS at all, and a hosted administrator is none.
    """
    row = connection.execute(
        "SELECT rolsuper, rolbypassrls, rolcreaterole OR rolcreatedb OR rolreplication"
        " FROM pg_roles WHERE rolname = %s",
        [role],
    ).fetchone()
    if row is None:
        _run(connection, "CREATE ROLE {} " + rights.replace("NOBYPASSRLS", ""), role)
        return
    is_super, bypasses, is_powerful = row
    wanted = ["LOGIN" if rights.startswith("LOGIN") else "NOLOGIN"]
    if is_super:
        wanted.append("NOSUPERUSER")
    if bypasses != ("NOBYPASSRLS" not in rights):
        wanted.append(rights.split()[1])
    if is_powerful:
        wanted.append("NOCREATEROLE NOCREATEDB NOREPLICATION")
    _run(connection, "ALTER ROLE {} " + " ".join(wanted), role)


def _set_password(connection: psycopg.Connection, login: Login) -> None:
    """Store the password already hashed, so that no log of statements shows it."""
    hashed = connection.pgconn.encrypt_password(
        login.password.encode(), login.role.encode(), b"scram-sha-256"
    )
    _run(
        connection,
        "ALTER ROLE {} PASSWORD {}",
        login.role,
        sql.Literal(hashed.decode()),
    )


def _end_memberships(connection: psycopg.Connection, role: str) -> None:
    """Take a role out of every other: it may only do what is granted to it by name."""
    rows = connection.execute(
        "SELECT g.rolname, by.rolname FROM pg_auth_members m"
        " JOIN pg_roles g ON g.oid = m.roleid JOIN pg_roles u ON u.oid = m.member"
        " JOIN pg_roles by ON by.oid = m.grantor WHERE u.rolname = %s",
        [role],
    ).fetchall()
    for group, grantor in rows:
        _run(connection, "REVOKE {} FROM {} GRANTED BY {}", group, role, grantor)


def _make_database(connection: psycopg.Connection, name: str) -> None:
    """Create the database with a collation that no upgrade of the system changes."""
    row = connection.execute(
        "SELECT pg_encoding_to_char(encoding) FROM pg_database WHERE datname = %s",
        [name],
    ).fetchone()
    if row is None:
        _run(
            connection,
            "CREATE DATABASE {} TEMPLATE template0 ENCODING 'UTF8' LOCALE 'C'"
            " LOCALE_PROVIDER builtin BUILTIN_LOCALE 'C.UTF-8'",
            name,
        )
    elif row[0] != "UTF8":
        raise CannotStart(f"The database {name} has the encoding {row[0]}: it must be UTF8.")


def _grant(connection: psycopg.Connection, app: Login, owner: Login, platform: Login) -> None:
    database = app.database
    _run(connection, "REVOKE ALL ON DATABASE {} FROM PUBLIC", database)
    _run(connection, "REVOKE ALL ON SCHEMA public FROM PUBLIC")
    for role in (app.role, owner.role, platform.role, BACKUP):
        _run(connection, "GRANT CONNECT ON DATABASE {} TO {}", database, role)
        _run(connection, "GRANT USAGE ON SCHEMA public TO {}", role)
    # A role can be given a function only where it may create one; these two cannot log in.
    for role in (owner.role, LOOKUP, RECOMPUTE):
        _run(connection, "GRANT CREATE, USAGE ON SCHEMA public TO {}", role)


def _run(connection: psycopg.Connection, statement: str, *names: str | sql.Literal) -> None:
    """Run one statement with names quoted as identifiers and values as literals."""
    parts = [name if isinstance(name, sql.Literal) else sql.Identifier(name) for name in names]
    connection.execute(sql.SQL(statement).format(*parts))
