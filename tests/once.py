"""What is made once for all processes of a test run."""

import fcntl
import os
import shutil
from collections.abc import Callable
from pathlib import Path


def once_a_run(name: str, make: Callable[[Path], None]) -> Path:
    """Return a folder that the first process of this test run to need it makes, for all of them."""
    made = Path(os.environ["TEST_RUN_FOLDER"]) / name
    with made.with_name(f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not made.exists():
            half = made.with_name(f"{name}.half")
            shutil.rmtree(half, ignore_errors=True)
            make(half)
            half.rename(made)
    return made
