"""Migrations that were published: a data folder somewhere has run them as they were."""

from __future__ import annotations

import hashlib
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
LIST = HERE / "migrations.sha256"
RULE = "a migration that was published is never edited; add a new one"


def digests() -> dict[str, str]:
    files = sorted(ROOT.glob("*/migrations/0*.py"))
    return {
        path.relative_to(ROOT).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in files
    }


def published() -> dict[str, str]:
    lines = [line.split() for line in LIST.read_text().splitlines()]
    return {name: digest for digest, name in lines}


def test_a_published_migration_is_as_it_was() -> None:
    now = digests()

    edited = [name for name, digest in published().items() if now.get(name) != digest]

    assert edited == [], RULE


def test_every_migration_is_listed_as_published() -> None:
    missing = [f"{digest}  {name}" for name, digest in digests().items() if name not in published()]

    assert missing == [], f"add these lines to {LIST.name}; afterwards {RULE}"
