"""Who has a port of this machine, told before a server tries to take it."""

import contextlib
import os
import socket
import time
from pathlib import Path

from config.servers import CannotStart
from config.servers.processes import MARK

LISTENING = "0A"


def refuse_taken_port(host: str, port: int, *, seconds: float = 2) -> None:
    """Raise, naming who has the port as far as we may see it and how to choose another.

    seconds: how long to wait for it; a process that was killed lets go of it a moment later.
    """
    deadline = time.monotonic() + seconds
    while not _is_free(host, port):
        if time.monotonic() > deadline:
            owner = find_checkout(port)
            raise CannotStart(
                f"Port {port} is in use by "
                f"{f'Week Twelve in {owner}' if owner else 'another program'}: choose another, "
                f"for example WEB_PORT={find_free_port(host, port)} make run."
            )
        time.sleep(0.05)


def _is_free(host: str, port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except PermissionError:
            raise CannotStart(
                f"This account may not listen on port {port}: choose one above 1023, "
                "for example WEB_PORT=8012 make run."
            ) from None
        except OSError:
            return False
    return True


def find_free_port(host: str, after: int) -> int:
    """Return the next port above that nobody listens on."""
    for port in range(after + 1, min(after + 200, 65536)):
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind((host, port))
            return port
    return after + 1


def find_checkout(port: int) -> str:
    """Return the folder of the Week Twelve that listens on a port; empty when it is not one of ours.

    Also empty when the listener belongs to another account, which we may not look at.
    """
    sockets = set()
    for line in Path("/proc/net/tcp").read_text().splitlines()[1:]:
        fields = line.split()
        if fields[3] == LISTENING and int(fields[1].rpartition(":")[2], 16) == port:
            sockets.add(f"socket:[{fields[9]}]")
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        with contextlib.suppress(OSError):
            if any(str(link.readlink()) in sockets for link in (entry / "fd").iterdir()):
                for variable in (entry / "environ").read_bytes().split(b"\0"):
                    if variable.startswith(f"{MARK}=".encode()):
                        folder = Path(os.fsdecode(variable).partition("=")[2])
                        return str(folder.parent if folder.name == ".data" else folder)
    return ""
