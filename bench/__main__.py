"""`python -m bench [section ...]`: the hot paths, each beside its rival and its target.

Everything runs in one go on servers of its own in a throwaway folder, with PostgreSQL's own
defaults (fsync on). Read the ratios: milliseconds depend on the machine and on who else works.
"""

from __future__ import annotations

import argparse
import importlib
import os
import secrets
import shutil
import sys
import tempfile
import time
from pathlib import Path

from config.servers.embedded import Addresses, running

from .processes import LOG
from .stage import Stage
from .tables import Report, say

SECTIONS = {
    "machine": "bench.machine",
    "sync": "bench.sync",
    "recompute": "bench.recompute",
    "visible": "bench.visible",
    "board": "bench.board",
    "requests": "bench.requests",
    "verdict": "bench.verdict",
    "growth": "bench.growth",
}
WITH_PAGES = {"board", "requests", "growth"}


def main() -> int:
    """Run the sections asked for, or all; return 1 when a floor was missed."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("sections", nargs="*", help=f"any of {', '.join(SECTIONS)}; all without")
    parser.add_argument("--rounds", type=int, default=5, help="rounds of each comparison")
    parser.add_argument("--quick", action="store_true", help="small sizes, to try the bench itself")
    options = parser.parse_args()
    if unknown := [name for name in options.sections if name not in SECTIONS]:
        parser.error(f"no section {', '.join(unknown)}; there are {', '.join(SECTIONS)}")
    report, began = Report(), time.monotonic()
    folder = Path(tempfile.mkdtemp(prefix="w12-bench-"))
    try:
        with running(folder, durable=True) as addresses:
            stage = _set(folder, addresses, quick=options.quick, rounds=options.rounds)
            asked = options.sections or list(SECTIONS)
            if WITH_PAGES.intersection(asked):
                _collect_static()
            for name in asked:
                start = time.monotonic()
                importlib.import_module(SECTIONS[name]).run(stage, report)
                say(f"   ({name} took {time.monotonic() - start:.0f} s)")
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    LOG.unlink(missing_ok=True)  # nothing failed, so nobody needs it
    missed = report.close()
    load = ", ".join(f"{figure:.1f}" for figure in os.getloadavg())
    say(f"\n{time.monotonic() - began:.0f} s in all; load of the machine {load} (1, 5, 15 min).")
    return 1 if missed else 0


def _set(folder: Path, addresses: Addresses, *, quick: bool, rounds: int) -> Stage:
    """Point Django at the servers and migrate."""
    os.environ.update(addresses.environ())
    os.environ.pop("PLAIN_STATIC", None)
    os.environ.update(
        DJANGO_SETTINGS_MODULE="config.settings",
        SECRET_KEY=secrets.token_urlsafe(40),
        STATIC_ROOT=str(folder / "static"),
        LOG_LEVEL="ERROR",
    )
    import django
    from django.core.management import call_command

    django.setup()
    call_command("migrate", database="owner", verbosity=0)
    return Stage(folder, addresses.environ(), quick=quick, rounds=rounds)


def _collect_static() -> None:
    """Put the static files in place as an installation does, with hashes in their names."""
    from django.core.management import call_command

    call_command("collectstatic", interactive=False, verbosity=0)


if __name__ == "__main__":
    sys.exit(main())
