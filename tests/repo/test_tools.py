"""The tools that hold the project together: the lock, the commands, the rule about skipped tests."""

import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
LOCKS = sorted((ROOT / "requirements").glob("*.txt"))


def locked(path: Path) -> dict[str, str]:
    """Return what a lock file pins: name to the lines that belong to it."""
    entries = re.split(r"^(?=[a-z0-9])", path.read_text(), flags=re.MULTILINE)
    return {entry.split("==")[0]: entry for entry in entries if "==" in entry.split("\n")[0]}


@pytest.mark.parametrize("path", LOCKS, ids=lambda path: path.name)
def test_every_locked_package_has_a_version_and_hashes_and_names_no_host(path):
    entries = locked(path)

    assert entries
    assert all("--hash=sha256:" in entry for entry in entries.values())
    assert "://" not in path.read_text()


def test_the_sets_of_the_lock_agree_on_every_version():
    versions: dict[str, set[str]] = {}
    for path in LOCKS:
        for name, entry in locked(path).items():
            versions.setdefault(name, set()).add(entry.split("==")[1].split()[0])

    assert {name: found for name, found in versions.items() if len(found) > 1} == {}


def test_every_dependency_is_locked_and_says_what_it_is_for():
    text = (ROOT / "pyproject.toml").read_text()
    project = tomllib.loads(text)
    groups = [project["project"]["dependencies"], *project["dependency-groups"].values()]
    wanted = {re.split(r"[\[<>=]", line)[0] for group in groups for line in group}
    known = {name for path in LOCKS for name in locked(path)}

    unexplained = [
        name
        for name in wanted
        if not re.search(rf'^\s+"{name}[\["<>=].*#\s*\w', text, re.MULTILINE)
    ]
    assert wanted <= known
    assert unexplained == []


def test_make_alone_lists_every_command():
    listed = subprocess.run(["make"], cwd=ROOT, capture_output=True, text=True, check=True).stdout

    commands = "run test test-browser prove check fix bench bench-verdict lock"
    for command in commands.split():
        assert re.search(rf"^  make {command} +\w", listed, re.MULTILINE), command


def test_make_lets_python_keep_what_it_compiled_even_where_the_shell_forbids_it():
    shell = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1"}
    ask = f"ask: ; @{sys.executable} -c 'import sys; print(sys.dont_write_bytecode)'"

    said = subprocess.run(
        ["make", f"--eval={ask}", "ask"],
        cwd=ROOT,
        env=shell,
        capture_output=True,
        text=True,
        check=True,
    ).stdout

    assert said == "False\n"


def run_pytest(folder: Path, body: str) -> subprocess.CompletedProcess[str]:
    (folder / "test_one.py").write_text(body)
    (folder / "pytest.ini").write_text("[pytest]\n")
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-c", folder / "pytest.ini", "-p", "tests.skips", folder],
        cwd=ROOT,
        env={**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},  # those of others take seconds
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.slow
def test_a_run_fails_on_a_skip_that_nobody_agreed_to(tmp_path):
    run = run_pytest(tmp_path, "import pytest\ndef test_it(): pytest.skip('no moon')\n")

    assert run.returncode == 1
    assert "test_one.py::test_it: no moon" in run.stdout


@pytest.mark.slow
def test_a_run_without_skips_passes(tmp_path):
    assert run_pytest(tmp_path, "def test_it(): pass\n").returncode == 0
