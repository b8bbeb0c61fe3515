"""One PostgreSQL server in a folder of its own, reachable by its socket alone."""

import os
import shutil
import signal
import subprocess
import time
from pathlib import Path

import psycopg

from config.servers import CannotStart
from config.servers.errors import explained, from_log
from config.servers.place import Place
from config.servers.processes import end, end_leftovers, spawn

MAJOR = "18"
ADMIN = "w12_admin"
START_SECONDS = 90  # replaying the log after a crash takes its time
HBA = """\
# Written by Week Twelve at each start; changes are lost.
# There is no TCP address, and every role proves its password.
local   all   all   scram-sha-256
"""


class PostgresServer:
    """Start, watch and stop PostgreSQL; start after a crash recovers by itself."""

    name = "PostgreSQL"

    def __init__(self, place: Place, binaries: Path, password: str, *, durable: bool) -> None:
        self.place = place
        self.binaries = binaries
        self.password = password
        self.durable = durable
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def admin_url(self) -> str:
        return f"postgresql://{ADMIN}:{self.password}@/postgres?host={self.place.sockets}"

    def start(self) -> None:
        """Return when the server answers; raises CannotStart with the reason otherwise."""
        try:
            self._prepare()
        except OSError as problem:
            raise explained(problem, self.place.servers) from problem
        for attempt in range(2):
            end_leftovers(None, server_folders=[self.place.postgres])
            log_start = self._launch()
            if self._answers():
                return
            log = self._log_since(log_start)
            self.stop()
            self._forget_owner()
            if attempt or not any(sign in log for sign in ("is still in use", "already exists")):
                raise from_log(self.name, log, self.place.postgres, self.place.log("postgres"))

    def stop(self) -> None:
        """Stop at once but cleanly (fast shutdown); a throwaway server does not even tidy up."""
        if self.process:
            how = signal.SIGINT if self.durable else signal.SIGQUIT
            end(self.process, how, seconds=20)
            self.process = None

    def _forget_owner(self) -> None:
        """Remove the notes of a killed server whose number another program has by now.

        Safe because we hold the folder's lock and no process of this folder is left.
        """
        (self.place.postgres / "postmaster.pid").unlink(missing_ok=True)
        (self.place.sockets / ".s.PGSQL.5432.lock").unlink(missing_ok=True)

    def _prepare(self) -> None:
        """Make the cluster when there is none; a half-made one is thrown away."""
        data = self.place.postgres
        if (data / "PG_VERSION").exists():
            made_by = (data / "PG_VERSION").read_text().strip()
            if made_by != MAJOR:
                raise CannotStart(
                    f"{data} was made by PostgreSQL {made_by} and this is {MAJOR}: "
                    "export it with the older one, or move the folder away."
                )
        else:
            half = data.with_name("postgres.half")
            shutil.rmtree(half, ignore_errors=True)
            self._initialise(half)
            half.rename(data)
        hba = data / "pg_hba.conf"
        if hba.read_text() != HBA:
            hba.write_text(HBA)

    def _initialise(self, folder: Path) -> None:
        folder.mkdir(mode=0o700)
        self.place.give(folder)
        secret = folder.with_name("postgres.password")
        secret.unlink(missing_ok=True)
        descriptor = os.open(secret, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(self.password)
        self.place.give(secret)
        log = self.place.log("postgres")
        log_start = log.stat().st_size if log.exists() else 0
        command: list[str | Path] = [
            *(
                self.binaries / "initdb",
                "-D",
                folder,
                "-U",
                ADMIN,
                f"--pwfile={secret}",
            ),
            *("--auth=scram-sha-256", "--encoding=UTF8", "--data-checksums"),
            *("--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C"),
        ]
        if not self.durable:
            command.append("--no-sync")
        try:
            made = spawn(
                command,
                folder=self.place.folder,
                log=log,
                when_we_die=signal.SIGKILL,
                account=self.place.account,
                cwd=self.place.servers,
            )
            if made.wait() != 0:
                shutil.rmtree(folder, ignore_errors=True)
                raise from_log(self.name, self._log_since(log_start), folder, log)
        finally:
            secret.unlink(missing_ok=True)

    def _launch(self) -> int:
        """Start the process; return where in its log this start begins."""
        log = self.place.log("postgres")
        start = log.stat().st_size if log.exists() else 0
        settings = [
            "listen_addresses=",
            f"unix_socket_directories={self.place.sockets}",
            "unix_socket_permissions=0700",
        ]
        if not self.durable:
            settings += ["fsync=off", "synchronous_commit=off", "full_page_writes=off"]
        command: list[str | Path] = [
            self.binaries / "postgres",
            "-D",
            self.place.postgres,
        ]
        for setting in settings:
            command += ["-c", setting]
        self.process = spawn(
            command,
            folder=self.place.folder,
            log=log,
            when_we_die=signal.SIGINT if self.durable else signal.SIGQUIT,
            account=self.place.account,
            cwd=self.place.postgres,
        )
        return start

    def _answers(self) -> bool:
        """Wait for the server; return False when its process ended instead."""
        assert self.process
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline and self.process.poll() is None:
            try:
                psycopg.connect(self.admin_url, connect_timeout=5).close()
            except psycopg.OperationalError as problem:
                if "password authentication failed" in str(problem):
                    raise CannotStart(
                        f"{self.place.folder / 'passwords.json'} does not fit {self.place.postgres}: "
                        "restore the file, or move both away to begin anew."
                    ) from problem
                time.sleep(0.03)
            else:
                return True
        return False

    def _log_since(self, start: int) -> str:
        with self.place.log("postgres").open("rb") as log:
            log.seek(start)
            return log.read().decode(errors="replace")
