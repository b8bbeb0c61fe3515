"""Where one pair of servers lives: folders, sockets, passwords, and the lock that keeps it single."""

import contextlib
import fcntl
import hashlib
import json
import os
import secrets
import shutil
import stat
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from config.servers import CannotStart
from config.servers.errors import explained, refuse_full_disk
from config.servers.machine import Account, can_reach, state_folder

SOCKET_LIMIT = 107  # bytes in the address of a socket, on Linux
LONGEST_NAME = len("/.s.PGSQL.5432.lock")
LOG_LIMIT = 5 * 1024 * 1024


@dataclass(frozen=True)
class Place:
    """The folders of one pair of servers.

    folder: lock, passwords, addresses and logs; ours.
    servers: what the servers write; below `folder`, or in a system folder that their account can reach.
    sockets: where they listen; below `servers`, or a short folder when that path is too long.
    """

    folder: Path
    servers: Path
    sockets: Path
    account: Account | None

    @property
    def postgres(self) -> Path:
        return self.servers / "postgres"

    @property
    def redis(self) -> Path:
        return self.servers / "redis"

    @property
    def socket(self) -> Path:
        return self.sockets / "redis.sock"

    def log(self, name: str) -> Path:
        return log_file(self.folder, name)

    def give(self, path: Path) -> None:
        """Hand one of our folders or files to the servers' account."""
        if self.account:
            os.chown(path, self.account.uid, self.account.gid)

    def remove_outside(self) -> None:
        """Delete what lies outside the data folder; only for throwaway servers that have ended."""
        for path in {self.sockets, self.servers} - {self.folder, self.folder / "run"}:
            shutil.rmtree(path, ignore_errors=True)


def log_file(folder: Path, name: str) -> Path:
    """Return the log file of one process; an overlong one is put aside first."""
    path = folder / "log" / f"{name}.log"
    path.parent.mkdir(exist_ok=True)
    if path.exists() and path.stat().st_size > LOG_LIMIT:
        path.replace(path.with_suffix(".log.1"))
    return path


def prepare_folder(folder: Path) -> None:
    """Make the data folder, open for its owner alone (root lets the servers' account pass through)."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if folder.stat().st_uid == os.geteuid() and not any(folder.iterdir()):
            folder.chmod(0o711 if os.geteuid() == 0 else 0o700)
        probe = folder / "lock"
        probe.touch(mode=0o600)
        if not os.access(probe, os.W_OK):
            raise PermissionError(13, "Permission denied")
        refuse_full_disk(folder)
    except OSError as problem:
        raise explained(problem, folder) from problem


def choose_place(folder: Path, account: Account | None) -> Place:
    """Return where the servers of a data folder live, with the folders made."""
    servers = folder if can_reach(account, folder) else state_folder(folder)
    sockets = servers / "run"
    if len(os.fsencode(sockets)) + LONGEST_NAME > SOCKET_LIMIT:
        short = hashlib.sha256(os.fsencode(folder)).hexdigest()[:12]
        sockets = Path("/tmp") / f"w12-{os.geteuid()}-{short}"  # noqa: S108  # owner checked below
    place = Place(folder, servers, sockets, account)
    try:
        if servers != folder:
            servers.mkdir(parents=True, exist_ok=True, mode=0o711)
        sockets.mkdir(exist_ok=True, mode=0o700)
        found = sockets.lstat()
        if not stat.S_ISDIR(found.st_mode) or found.st_uid not in {
            os.geteuid(),
            account.uid if account else os.geteuid(),
        }:
            raise CannotStart(f"{sockets} belongs to somebody else: remove it and start again.")
        place.give(sockets)
    except OSError as problem:
        raise explained(problem, servers) from problem
    return place


@contextlib.contextmanager
def only_one(folder: Path, *, serving: str = "") -> Iterator[None]:
    """Hold the folder's lock; raise, naming where the other one serves, when it is taken.

    serving: the address to name to whoever comes second, empty when there is none.
    """
    prepare_folder(folder)
    with (folder / "lock").open("r+") as lock:
        _take(lock, folder)
        lock.truncate(0)
        lock.write(serving)
        lock.flush()
        try:
            yield
        finally:
            (folder / "addresses.json").unlink(missing_ok=True)
            lock.truncate(0)


def _take(lock: IO[str], folder: Path) -> None:
    deadline = time.monotonic() + 0.5  # somebody who only looks holds it for an instant
    while True:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() < deadline:
                time.sleep(0.02)
                continue
            where = lock.read().strip()
            raise CannotStart(
                f"Week Twelve is already running {f'at {where}' if where else f'in {folder}'}."
            ) from None
        return


def write_private(path: Path, content: str) -> None:
    """Write a file that only its owner may read, whole or not at all."""
    half = path.with_name(f"{path.name}.half")
    half.unlink(missing_ok=True)
    with os.fdopen(os.open(half, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    half.replace(path)


def load_passwords(folder: Path, roles: tuple[str, ...]) -> Mapping[str, str]:
    """Return each role's password, made at random on the first start."""
    path = folder / "passwords.json"
    known: dict[str, str] = json.loads(path.read_text()) if path.exists() else {}
    missing = [role for role in roles if role not in known]
    if missing:
        known |= {role: secrets.token_urlsafe(24) for role in missing}
        write_private(path, json.dumps(known))
    return known
