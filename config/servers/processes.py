"""Start, watch and end processes so that none of ours outlives its folder."""

import contextlib
import ctypes
import os
import signal
import subprocess
import time
import warnings
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from config.servers.machine import Account

MARK = "WEEKTWELVE_STARTED_FOR"  # in the environment of each process we start: the data folder
_PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None, use_errno=True)


def spawn(
    command: Sequence[str | Path],
    *,
    folder: Path,
    log: Path,
    when_we_die: signal.Signals,
    account: Account | None = None,
    env: Mapping[str, str] | None = None,
    cwd: Path,
) -> subprocess.Popen[bytes]:
    """Start a process in a session of its own; the kernel ends it when we die without a word.

    folder: the data folder it works for; written into its environment, so that a later start knows it.
    Call from the main thread: the kernel watches the thread that started the child.
    """
    parent = os.getpid()

    def die_with_parent() -> None:  # runs after the change of account, which would clear it
        _libc.prctl(_PR_SET_PDEATHSIG, int(when_we_die), 0, 0, 0)
        if os.getppid() != parent:
            os.kill(os.getpid(), signal.SIGKILL)

    with log.open("ab") as output, warnings.catch_warnings():
        # Newer Pythons warn of threads that hold locks while we fork; the child takes none.
        warnings.simplefilter("ignore", DeprecationWarning)
        return subprocess.Popen(
            [str(part) for part in command],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            cwd=cwd,
            env={**(os.environ if env is None else env), MARK: str(folder)},
            start_new_session=True,
            user=account.uid if account else None,
            group=account.gid if account else None,
            extra_groups=[] if account else None,
            preexec_fn=die_with_parent,  # noqa: PLW1509  # two system calls, nothing that locks
        )


def end(process: subprocess.Popen[bytes], first: signal.Signals, *, seconds: float) -> None:
    """Ask a process to end, wait, and then end its whole session by force."""
    if process.poll() is None:
        process.send_signal(first)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(seconds)
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def end_leftovers(folder: Path | None, *, server_folders: Sequence[Path] = ()) -> int:
    """End what a killed supervisor left behind for this folder; return how many there were.

    folder: the data folder; None to look for servers only.
    server_folders: where its PostgreSQL and Redis work; a database server is asked to stop first.
    Call only while holding the folder's lock: then nobody else's process can be meant.
    """
    found = list(_find(folder, server_folders))
    if not found:
        return 0
    for pid in found:
        _send(pid, signal.SIGINT if _is_postmaster(pid) else signal.SIGTERM)
    deadline = time.monotonic() + 5
    while time.monotonic() < deadline and list(_find(folder, server_folders)):
        time.sleep(0.05)
    for pid in _find(folder, server_folders):
        _send(pid, signal.SIGKILL)
    deadline = time.monotonic() + 5
    while time.monotonic() < deadline and list(_find(folder, server_folders)):
        time.sleep(0.05)
    return len(found)


def _find(folder: Path | None, server_folders: Sequence[Path]) -> Iterator[int]:
    """Yield the processes of a folder, known by the mark in their environment or by where they work.

    PostgreSQL's processes write their title over their environment, so they are known by their folder.
    """
    mark = b"\0" + os.fsencode(f"{MARK}={folder or ''}") + b"\0"
    works_in = {str(path) for path in server_folders}
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit() or int(entry.name) == os.getpid():
            continue
        with contextlib.suppress(OSError):  # gone meanwhile, or another person's
            if (entry / "stat").read_text().rpartition(")")[2].split()[0] == "Z":
                continue
            name = (entry / "comm").read_text().strip()
            is_server = name in {"postgres", "redis-server"}
            if (is_server and str((entry / "cwd").readlink()) in works_in) or (
                folder and mark in b"\0" + (entry / "environ").read_bytes()
            ):
                yield int(entry.name)


def _is_postmaster(pid: int) -> bool:
    try:
        return b"\0-D\0" in Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return False


def _send(pid: int, wanted: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.kill(pid, wanted)
