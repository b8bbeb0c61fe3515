"""Finds Chromium, and on Debian or Ubuntu as root installs it.

`python -m tests.browser.chromium` prints its path, or one sentence that says what to do.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

USUAL = (
    "/usr/bin/chromium",
    "/usr/bin/chromium-browser",
    "google-chrome",
    "google-chrome-stable",
)
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


class NoChromium(Exception):
    """There is no browser; carries one sentence for the person who ran the tests."""


def find() -> str | None:
    """Return the path of Chromium from CHROMIUM or the usual places; None when there is none."""
    wanted = (os.environ["CHROMIUM"],) if os.environ.get("CHROMIUM") else USUAL
    return next((path for name in wanted if (path := shutil.which(name))), None)


def ensure() -> str:
    """Return the path of Chromium, installing it where apt-get may be used."""
    if path := find():
        return path
    if os.environ.get("CHROMIUM"):
        raise NoChromium(f"CHROMIUM names {os.environ['CHROMIUM']}, which cannot be run.")
    if os.geteuid() == 0 and Path("/etc/debian_version").exists() and shutil.which("apt-get"):
        quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        for arguments in (["update", "-q"], ["install", "-yq", "chromium"]):
            subprocess.run(["apt-get", *arguments], env=quiet, stdout=sys.stderr, check=False)
        if path := find():
            return path
    raise NoChromium(
        "The browser tests need Chromium: install it with your system's packages "
        "(Debian and Ubuntu: sudo apt-get install chromium) or set CHROMIUM to its path."
    )


if __name__ == "__main__":
    try:
        print(ensure())
    except NoChromium as missing:
        sys.exit(str(missing))
