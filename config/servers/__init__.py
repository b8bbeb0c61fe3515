"""PostgreSQL and Redis for this folder: where they are, how they start, how they end.

This module stays light, because the settings import it; `embedded` starts servers, `bootstrap` makes
roles and database, `supervise` is `make run`.
"""

import fcntl
import json
import os
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parent.parent.parent


class CannotStart(Exception):
    """A server or process cannot start; carries one sentence for the person at the terminal."""


def data_folder() -> Path:
    """Return the folder that `make run` keeps its data in: WEEKTWELVE_DATA, or .data of this checkout."""
    return Path(os.environ.get("WEEKTWELVE_DATA") or CHECKOUT / ".data").absolute()


def find_addresses(folder: Path | None = None) -> dict[str, str] | None:
    """Return the addresses of the servers that run for a folder now, by the settings' names.

    None when nothing runs there, or when the addresses are another person's.
    """
    folder = folder or data_folder()
    try:
        with (folder / "lock").open() as lock:
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:  # held: servers are running
        try:
            found: dict[str, str] = json.loads((folder / "addresses.json").read_text())
        except (OSError, ValueError):
            return None
        return found
    except OSError:
        return None
    return None
