"""Take each protection away in turn and see that its test notices: `python -m tests.mutations`.

Each file of `patches/` is one unified diff that removes one protection. Its first lines say in
words what it removes, and which test must go red. The patch is applied alone to a copy of the
tree; a patch that no longer applies, a test that stays green and a test that cannot even be
set up all fail the run. Names as arguments choose patches: `python -m tests.mutations session with`.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
PATCHES = Path(__file__).resolve().parent / "patches"


@dataclass(frozen=True)
class Mutation:
    """One protection to take away. test: the node id that must go red."""

    path: Path
    words: str
    test: str


def list_mutations() -> list[Mutation]:
    """Return every mutation by file name. Raises ValueError for a patch without its two lines."""
    found = []
    for path in sorted(PATCHES.glob("*.patch")):
        first, second, *_ = path.read_text().splitlines()
        if not first.startswith("Removes: ") or not second.startswith("Red: "):
            raise ValueError(f"{path.name} does not begin with 'Removes: ' and 'Red: '.")
        found.append(Mutation(path, first[9:], second[5:]))
    return found


def copy_tree(target: Path) -> None:
    """Copy what git knows of, as it stands now, without history."""
    names = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        check=True,
    ).stdout.decode()
    for name in filter(None, names.split("\0")):
        if (ROOT / name).is_file():
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, target / name)


def apply(tree: Path, mutation: Mutation, *options: str) -> str:
    """Apply a patch to the tree; return why it could not be, empty when it was."""
    done = subprocess.run(
        ["git", "apply", "--unidiff-zero", "-p1", *options, str(mutation.path)],
        cwd=tree,
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "GIT_CEILING_DIRECTORIES": str(tree.parent)},
    )
    return "" if done.returncode == 0 else done.stderr.strip().splitlines()[0]


def run_tests(tree: Path, tests: Sequence[str], environ: Mapping[str, str]) -> str:
    """Run tests in the tree; return `green`, `red`, or words for anything else.

    The names of those that failed are kept in the tree's `failed.txt`.
    """
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", "--tb=no", *tests],
        cwd=tree,
        env={**environ, "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        check=False,
        timeout=600,
    )
    failed = [line for line in done.stdout.splitlines() if line.startswith(("FAILED", "ERROR"))]
    (tree / "failed.txt").write_text("\n".join(failed))
    last = (done.stdout.strip().splitlines() or ["no output"])[-1]
    if done.returncode == 0 and re.search(r"\d+ passed", last):
        return "green"
    if done.returncode == 1 and re.search(r"\d+ failed", last):
        return "red"
    return f"neither red nor green: {last[:90]}"


@contextmanager
def servers() -> Iterator[dict[str, str]]:
    """Give an environment with the addresses of servers: the given ones, or some for this run."""
    if os.environ.get("DATABASE_ADMIN_URL"):
        yield dict(os.environ)
        return
    from config.servers.embedded import throwaway

    with throwaway() as addresses:
        yield {**os.environ, **addresses.environ()}


def main(chosen: Sequence[str]) -> int:
    """Run the chosen mutations, all without a choice; return the number of escapes."""
    mutations = [m for m in list_mutations() if not chosen or any(c in m.path.name for c in chosen)]
    escaped = 0
    with tempfile.TemporaryDirectory(prefix="w12-mutations-") as folder, servers() as environ:
        tree = Path(folder) / "tree"
        copy_tree(tree)
        tests = sorted({mutation.test for mutation in mutations})
        print(f"{len(tests)} tests without a mutation: ", end="", flush=True)
        print(whole := run_tests(tree, tests, environ), flush=True)
        if whole != "green":
            print((tree / "failed.txt").read_text())
            return 1
        for mutation in mutations:
            started = time.monotonic()
            result = apply(tree, mutation) or run_tests(tree, [mutation.test], environ)
            if not result.startswith("error"):
                apply(tree, mutation, "--reverse")
            escaped += result != "red"
            seconds = time.monotonic() - started
            mark = "caught " if result == "red" else "ESCAPED"
            print(f"{mark} {seconds:5.1f} s  {mutation.path.stem}: {mutation.words}", flush=True)
            if result != "red":
                print(f"        {result}: {mutation.test}", flush=True)
    print(f"{len(mutations) - escaped} of {len(mutations)} mutations were caught.")
    return escaped
