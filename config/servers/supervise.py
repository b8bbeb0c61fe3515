"""`make run`: servers, web, worker and beat under one supervisor that starts and ends them together."""

import contextlib
import http.client
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from types import FrameType

from config.servers import CHECKOUT, CannotStart, data_folder
from config.servers.embedded import Servers
from config.servers.place import log_file, only_one
from config.servers.ports import refuse_taken_port
from config.servers.postgres_server import PostgresServer
from config.servers.processes import end, end_leftovers, spawn
from config.servers.redis_server import RedisServer
from config.servers.versions import refuse_old_postgres, refuse_old_redis

HOST = "127.0.0.1"
DATABASE_SETTINGS = ("DATABASE_URL", "DATABASE_OWNER_URL", "DATABASE_PLATFORM_URL")
PRIVILEGED = {"DATABASE_ADMIN_URL", "DATABASE_OWNER_URL"}
LONGEST_PAUSE = 8.0  # seconds between two starts of something that keeps dying; 30 s is the promise
SETTLED = 60.0  # seconds of life after which a death counts as the first


class Stopped(Exception):
    """Somebody asked us to stop while we were starting."""


def say(words: str) -> None:
    """Print a line; a closed terminal is no reason to fail."""
    with contextlib.suppress(OSError, ValueError):
        print(words, flush=True)


class Command:
    """One of our own processes: web, worker or beat."""

    def __init__(self, name: str, arguments: list[str], folder: Path, env: dict[str, str]) -> None:
        self.name = name
        self.arguments = arguments
        self.folder = folder
        self.env = env
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        self.process = spawn(
            [sys.executable, *self.arguments],
            folder=self.folder,
            log=log_file(self.folder, self.name),
            when_we_die=signal.SIGTERM,
            env={**self.env, "WEEKTWELVE_PROCESS": self.name},
            cwd=CHECKOUT,
        )

    def ask_to_stop(self) -> None:
        """Let it finish what it is doing; `stop` waits for it."""
        if self.process and self.process.poll() is None:
            self.process.terminate()

    def stop(self) -> None:
        """End it with all its children, by force after a few seconds."""
        if self.process:
            end(self.process, signal.SIGTERM, seconds=8)
            self.process = None


class Watched:
    """A process or server that is started again when it dies, less and less eagerly."""

    def __init__(self, what: Command | PostgresServer | RedisServer) -> None:
        self.what = what
        self.started_at = time.monotonic()
        self.deaths = 0
        self.next_start_at: float | None = None

    def look(self) -> None:
        """Notice a death, or start again when the pause is over."""
        now = time.monotonic()
        if self.next_start_at is not None:
            if now >= self.next_start_at:
                self._start_again()
            return
        process = self.what.process
        if process is None or process.poll() is None:
            return
        self.deaths = 1 if now - self.started_at > SETTLED else self.deaths + 1
        pause = min(0.25 * 2 ** (self.deaths - 1), LONGEST_PAUSE)
        say(f"{self.what.name} ended ({_how(process.returncode)}); starting it again.")
        self.what.stop()  # whatever of its session is left
        self.next_start_at = now + pause

    def _start_again(self) -> None:
        try:
            self.what.start()
        except CannotStart as problem:
            self.deaths += 1
            say(str(problem))
            self.next_start_at = time.monotonic() + min(0.25 * 2**self.deaths, LONGEST_PAUSE)
        else:
            self.started_at = time.monotonic()
            self.next_start_at = None


def _how(code: int) -> str:
    return f"signal {signal.Signals(-code).name}" if code < 0 else f"exit code {code}"


class Supervisor:
    """Starts everything in order, watches it, and ends it in the opposite order."""

    def __init__(self, folder: Path, port: int) -> None:
        self.folder = folder
        self.port = port
        self.url = f"http://{HOST}:{port}"
        self.stopping = False
        self.servers: Servers | None = None
        self.commands: list[Command] = []

    def run(self) -> None:
        """Serve until a signal asks to stop. Raises CannotStart with words for the terminal."""
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._ask_to_stop)
        with only_one(self.folder, serving=self.url):
            try:
                self._start()
                self._watch()
            except Stopped:
                pass
            finally:
                self._stop()

    def _ask_to_stop(self, number: int, frame: FrameType | None) -> None:
        self.stopping = True

    def _check(self) -> None:
        if self.stopping:
            raise Stopped

    def _start(self) -> None:
        if end_leftovers(self.folder):
            say("Ended what a killed run had left behind.")
        refuse_taken_port(HOST, self.port)
        env = {**os.environ, **self._start_servers()}
        env.setdefault("PUBLIC_URL", self.url)
        env["WEB_BIND"] = f"{HOST}:{self.port}"
        if not env.get("PRODUCTION"):
            env.setdefault("DEMO_MODE", "1")
            env.setdefault("PLAIN_STATIC", "1")
        self._check()
        people = self._prepare(env).rstrip()
        self._start_commands(env)
        say(f"Week Twelve is running at {self.url} (Ctrl-C stops it; logs in {self.folder}/log)")
        if people:
            say(people)

    def _start_servers(self) -> dict[str, str]:
        """Start what the environment names no server for; return the addresses of those started."""
        own_postgres, own_redis = setting("DATABASE_URL"), setting("REDIS_URL")
        if own_postgres:
            missing = [name for name in DATABASE_SETTINGS if not setting(name)]
            if missing:
                raise CannotStart(f"With DATABASE_URL set, {missing[0]} must be set too.")
            for name in DATABASE_SETTINGS:
                refuse_old_postgres(setting(name))
        if own_redis:
            refuse_old_redis(own_redis)
        if own_postgres and own_redis:
            return {}
        self.servers = Servers(self.folder, postgres=not own_postgres, redis=not own_redis)
        self.servers.start()
        return self.servers.addresses.environ()

    def _prepare(self, env: dict[str, str]) -> str:
        """Migrate and load the demo in a process of its own; return what it says of the demo."""
        with subprocess.Popen(
            [sys.executable, "-m", "config.servers.prepare"],
            cwd=CHECKOUT,
            env=env,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        ) as process:
            while True:
                try:
                    printed, _ = process.communicate(timeout=0.05)
                    break
                except subprocess.TimeoutExpired:
                    if self.stopping:
                        process.terminate()
                        process.communicate()
                        raise Stopped from None
        if process.returncode != 0:
            raise CannotStart(f"{printed}\nThe database could not be prepared, see above.")
        return printed

    def _start_commands(self, env: dict[str, str]) -> None:
        if self.servers and self.servers.postgres:  # web and jobs need no more than their own role
            env = {name: value for name, value in env.items() if name not in PRIVILEGED}
        celery = ["-m", "celery", "-A", "config"]
        schedule = self.folder / "beat-schedule"
        # A schedule that a kill left half-written would stop beat; it is only a cache of the settings.
        for stale in self.folder.glob("beat-schedule*"):
            stale.unlink()
        for name, arguments in {
            "web": ["-m", "gunicorn", "-c", "config/gunicorn.py"],
            # There is no other worker to look for, which would take each start a second.
            "worker": [
                *(*celery, "worker", "--concurrency=2", "--loglevel=WARNING"),
                *("--without-mingle", "--without-gossip"),
            ],
            "beat": [*celery, "beat", f"--schedule={schedule}", "--pidfile=", "--loglevel=WARNING"],
        }.items():
            command = Command(name, arguments, self.folder, env)
            self.commands.append(command)
            command.start()
            if name == "web":  # alone on the processors, it answers sooner
                self._wait_for_web()

    def _wait_for_web(self, seconds: float = 120) -> None:
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            self._check()
            for command in self.commands:
                if command.process and command.process.poll() is not None:
                    raise CannotStart(self._last_words(command))
            if is_alive(self.port):
                return
            time.sleep(0.05)
        raise CannotStart(self._last_words(self.commands[0]))

    def _last_words(self, command: Command) -> str:
        log = log_file(self.folder, command.name)
        words = "\n".join(log.read_text(errors="replace").splitlines()[-20:])
        return (
            f"{words}\nThe {command.name} process did not start: its last words are above ({log})."
        )

    def _watch(self) -> None:
        servers = self.servers.running() if self.servers else []
        watched = [Watched(what) for what in [*servers, *self.commands]]
        while not self.stopping:
            for one in watched:
                one.look()
            time.sleep(0.1)

    def _stop(self) -> None:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)
        if self.commands:
            say("Stopping ...")
        for command in reversed(self.commands):
            command.ask_to_stop()
        for command in reversed(self.commands):
            command.stop()
        if self.servers:
            self.servers.stop()
        end_leftovers(self.folder)
        if self.commands:
            say("Stopped.")


def setting(name: str) -> str:
    """Return a setting from the environment, or from the file that NAME_FILE names."""
    file = os.environ.get(f"{name}_FILE")
    return Path(file).read_text().strip() if file else os.environ.get(name, "")


def is_alive(port: int) -> bool:
    """Return whether our web process answers on a port."""
    connection = http.client.HTTPConnection(HOST, port, timeout=5)
    try:
        connection.request("GET", "/healthz")
        return connection.getresponse().status == http.HTTPStatus.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def _read_port() -> int:
    said = os.environ.get("WEB_PORT") or "8012"
    if not said.isdecimal() or not 0 < int(said) < 65536:
        raise CannotStart(f"WEB_PORT must be a number from 1 to 65535, not '{said}'.")
    return int(said)


def main() -> int:
    """Run until asked to stop; return the exit code."""
    try:
        Supervisor(data_folder(), _read_port()).run()
    except CannotStart as problem:
        print(problem, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
