"""What lies in the repository: documents, templates, dependencies, patches."""

from __future__ import annotations

import re
import subprocess
import tomllib
from pathlib import Path

import pytest
from django.apps import apps
from django.template import engines
from django.template.loader import get_template

from tests.mutations import run as mutations

ROOT = Path(__file__).resolve().parent.parent.parent
TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))


def tracked() -> list[str]:
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        check=True,
    ).stdout.decode()
    return [name for name in listed.split("\0") if name and (ROOT / name).is_file()]


def texts() -> list[tuple[str, str]]:
    found = []
    for name in tracked():
        try:
            found.append((name, (ROOT / name).read_text(encoding="utf-8")))
        except UnicodeDecodeError:
            continue
    return found


@pytest.mark.parametrize("name", ["README.md", "CHANGELOG.md", "LICENSE", "docs/architecture.md"])
def test_the_papers_a_newcomer_looks_for_are_there(name: str) -> None:
    assert len((ROOT / name).read_text()) > 200


def test_every_link_between_documents_leads_somewhere() -> None:
    wrong = []
    for name, text in texts():
        if not name.endswith(".md"):
            continue
        for target in re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", text):
            is_ours = not target.startswith(("http://", "https://", "mailto:"))
            if is_ours and not ((ROOT / name).parent / target).exists():
                wrong.append(f"{name} -> {target}")
    assert wrong == []


def test_every_document_that_code_or_a_document_names_is_there() -> None:
    # Such paths stand in docstrings and comments as the reason of something.
    wrong = {
        f"{name} -> {target}"
        for name, text in texts()
        if name.endswith((".py", ".md", ".html", ".toml"))
        for target in re.findall(r"\bdocs/[\w./-]+\.md\b", text)
        if not (ROOT / target).exists()
    }
    assert wrong == set()


def test_every_test_that_a_document_names_is_there() -> None:
    wrong = {
        f"{name} -> {target}"
        for name, text in texts()
        if name.endswith(".md")
        for target in re.findall(r"\btests/[\w/]+(?:\.py|/)", text)
        if not (ROOT / target).exists()
    }
    assert wrong == set()


def test_no_path_or_name_of_a_machine_stands_in_the_tree() -> None:
    pattern = re.compile(r"/" + r"home/\w+|/" + r"Users/\w+|/" + r"root/|/" + r"work/\w+")
    wrong = [
        f"{name}: {found[0]}"
        for name, text in texts()
        if not name.startswith("static/vendor")
        for found in [pattern.search(text)]
        if found
    ]
    assert wrong == []


@pytest.mark.parametrize("name", ["run.txt", "dev.txt", "embedded.txt"])
def test_a_lock_has_hashes_and_names_no_host(name: str) -> None:
    text = (ROOT / "requirements" / name).read_text()
    pins = re.findall(r"^[a-z0-9][\w.\[\],-]*==", text, re.M | re.I)

    assert pins
    assert text.count("--hash=sha256:") >= len(pins)
    assert not re.search(r"https?://|--(extra-)?index-url|--find-links", text)


def test_every_dependency_says_what_it_is_for() -> None:
    lines = (ROOT / "pyproject.toml").read_text().splitlines()
    project = tomllib.loads("\n".join(lines))
    wanted = [*project["project"]["dependencies"]]
    for group in project["dependency-groups"].values():
        wanted += [name for name in group if isinstance(name, str)]

    silent = [w for w in wanted if not any(f'"{w}"' in n and "# " in n for n in lines)]

    assert silent == []


def test_no_template_carries_script_or_style_of_its_own() -> None:
    # The content policy forbids them, and the browser would drop them without a word.
    pattern = re.compile(
        r"<style\b|\sstyle\s*=|<script(?![^>]*\bsrc=)|\son[a-z]+\s*=\s*[\"']|javascript:|hx-on",
        re.I,
    )
    wrong = [
        f"{path.relative_to(ROOT)}: {found[0].strip()}"
        for path in TEMPLATES
        if path.parent.name
        != "email"  # no policy stands over a mail, and no style sheet reaches it
        for found in [pattern.search(path.read_text())]
        if found
    ]
    assert wrong == []


def test_every_colour_is_written_so_that_the_contrast_check_can_read_it() -> None:
    # Of a computed colour such as `color(srgb …)` it makes an error, and judges no other either.
    styles = (ROOT / "static/css/app.css").read_text()

    assert re.findall(r"(?:color-mix|\bcolor|ok\w+|\blab|\blch)\(|\(from ", styles) == []


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda p: str(p.relative_to(ROOT / "templates")))
def test_every_template_and_each_of_its_parts_can_be_loaded(path: Path) -> None:
    name, text = str(path.relative_to(ROOT / "templates")), path.read_text()
    parts = re.findall(r"{%\s*partialdef\s+([\w-]+)", text)

    get_template(name)
    for part in parts:
        get_template(f"{name}#{part}")

    assert len(parts) == len(set(parts)), "a second part of the same name replaces the first"


def test_every_template_that_code_or_a_template_names_is_there() -> None:
    engine = engines["django"].engine
    named = {
        (name, target)
        for name, text in texts()
        if name.endswith((".py", ".html")) and not name.startswith(("tests/", "bench/"))
        for target in re.findall(r"[\"']([a-z_]+(?:/[\w-]+)+\.html(?:#[\w-]+)?)[\"']", text)
    }
    wrong = []
    for name, target in sorted(named):
        try:
            engine.get_template(target)
        except Exception as error:  # noqa: BLE001  # any reason is a finding
            wrong.append(f"{name} -> {target}: {error}")
    assert wrong == []


def test_each_constraint_of_a_table_is_named_in_a_test() -> None:
    """Tests that walk `Meta.constraints` by themselves count for their whole app."""
    tests = "".join(text for name, text in texts() if name.startswith("tests/"))
    missing = []
    for model in apps.get_models():
        if not (ROOT / model._meta.app_label).is_dir():
            continue
        for constraint in model._meta.constraints:
            kind = type(constraint).__name__
            # Isolation and its key are tested for every table at once.
            if kind in {"TenantIsolation"} or constraint.name.endswith("_tenant_key"):
                continue
            if constraint.name not in tests:
                missing.append(constraint.name)
    assert missing == []


@pytest.mark.parametrize("mutation", mutations.list_mutations(), ids=lambda m: m.path.stem)
def test_each_mutation_fits_the_code_and_names_a_test(mutation: mutations.Mutation) -> None:
    file, _, function = mutation.test.partition("::")

    assert mutations.apply(ROOT, mutation, "--check") == ""
    assert f"def {function.partition('[')[0]}(" in (ROOT / file).read_text()
    assert mutation.words
