"""What goes wrong on a strange machine, in one sentence each."""

import errno
import shutil
from pathlib import Path

from config.servers import CannotStart

NEEDED_BYTES = 200 * 1024 * 1024


def explained(problem: OSError, folder: Path) -> CannotStart:
    """Turn a refusal of the operating system about a folder into a sentence that says what to do."""
    if problem.errno in {errno.EACCES, errno.EPERM}:
        return CannotStart(
            f"No permission to write in {folder}: give this account the right to, "
            "or choose another folder with WEEKTWELVE_DATA."
        )
    if problem.errno == errno.EROFS:
        return CannotStart(
            f"{folder} is on a read-only disk: choose another folder with WEEKTWELVE_DATA."
        )
    if problem.errno in {errno.ENOSPC, errno.EDQUOT}:
        return disk_full(folder)
    return CannotStart(f"{folder} cannot be used: {problem.strerror or problem}.")


def disk_full(folder: Path) -> CannotStart:
    return CannotStart(
        f"The disk that holds {folder} is full: free at least {NEEDED_BYTES // 1024 // 1024} MB, "
        "or choose another folder with WEEKTWELVE_DATA."
    )


def refuse_full_disk(folder: Path, *, needed: int = NEEDED_BYTES) -> None:
    """Raise before a server starts on a disk where it would soon stop."""
    if shutil.disk_usage(folder).free < needed:
        raise disk_full(folder)


def from_log(name: str, log: str, folder: Path, log_file: Path) -> CannotStart:
    """Turn the last words of a server that did not start into one sentence.

    log: what it wrote since this start; the sentence quotes its last complaint when none is known.
    """
    if "No space left on device" in log or "Disk quota exceeded" in log:
        return disk_full(folder)
    if "could not access directory" in log or "Permission denied" in log:
        return CannotStart(
            f"{name} may not use its own folder {folder}: its owner or mode was changed by hand."
        )
    complaints = [
        line.split(":", 1)[1].strip()
        for line in log.splitlines()
        if any(word in line for word in ("FATAL:", "PANIC:", "error:"))
    ]
    last = complaints[-1].removesuffix(".") if complaints else "it gave no reason"
    return CannotStart(f"{name} did not start: {last} (more in {log_file}).")
