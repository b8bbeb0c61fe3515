"""One Redis server in a folder of its own, reachable by its socket alone; it keeps nothing on disk."""

import signal
import socket
import subprocess
import time
from pathlib import Path

from config.servers.errors import explained, from_log
from config.servers.place import Place
from config.servers.processes import end, end_leftovers, spawn

START_SECONDS = 15


class RedisServer:
    """Start, watch and stop Redis."""

    name = "Redis"

    def __init__(self, place: Place, binaries: Path) -> None:
        self.place = place
        self.binaries = binaries
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"unix://{self.place.socket}"

    def start(self) -> None:
        """Return when the server answers; raises CannotStart with the reason otherwise."""
        folder = self.place.redis
        try:
            folder.mkdir(exist_ok=True, mode=0o700)
            self.place.give(folder)
        except OSError as problem:
            raise explained(problem, self.place.servers) from problem
        end_leftovers(None, server_folders=[folder])
        log = self.place.log("redis")
        start = log.stat().st_size if log.exists() else 0
        self.process = spawn(
            [
                *(self.binaries / "redis-server", "--port", "0", "--daemonize", "no"),
                *("--unixsocket", self.place.socket, "--unixsocketperm", "700"),
                *("--dir", folder, "--save", "", "--appendonly", "no"),
            ],
            folder=self.place.folder,
            log=log,
            when_we_die=signal.SIGTERM,
            account=self.place.account,
            cwd=folder,
        )
        if not self._answers(self.process):
            self.stop()
            with log.open("rb") as file:
                file.seek(start)
                raise from_log(self.name, file.read().decode(errors="replace"), folder, log)

    def stop(self) -> None:
        """Stop; what it held was only on its way (the database holds the truth)."""
        if self.process:
            end(self.process, signal.SIGTERM, seconds=5)
            self.process = None

    def _answers(self, process: subprocess.Popen[bytes]) -> bool:
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline and process.poll() is None:
            try:
                with socket.socket(socket.AF_UNIX) as client:
                    client.settimeout(2)
                    client.connect(str(self.place.socket))
                    client.sendall(b"PING\r\n")
                    if client.recv(16).startswith(b"+PONG"):
                        return True
            except OSError:
                pass
            time.sleep(0.02)
        return False
