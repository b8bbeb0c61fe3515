"""What the architecture page answers is held against the code where that goes stale unseen."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import pytest

from common.tenancy.classification import GLOBAL_TABLES

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "architecture.md"
KPI, TENANT, KIND = (
    "Where is a KPI computed?",
    "Where is a tenant enforced?",
    "What changes to add a metric kind?",
)
WEEK_FIGURES, RECOMPUTE = "week_figures", "recompute_tenant"


def answer(question: str) -> str:
    """Return the page's answer to a question."""
    return re.split(r"\n\*\*|\n## ", PAGE.read_text().split(f"**{question}**")[1])[0]


def linked(question: str) -> set[str]:
    """Return what the page's answer to a question links, as paths in the project."""
    return {
        (PAGE.parent / target).resolve().relative_to(ROOT).as_posix()
        for target in re.findall(r"\]\(([^)#\s]+)\)", answer(question))
    }


@cache
def makers(function: str) -> list[str]:
    """Return the migrations that make a function, the newest one last."""
    makes = re.compile(rf"CREATE (OR REPLACE )?FUNCTION {function}\(")
    paths = sorted(ROOT.glob("*/migrations/0*.py"))
    return [path.relative_to(ROOT).as_posix() for path in paths if makes.search(path.read_text())]


@pytest.mark.parametrize("question", [KPI, TENANT, KIND])
def test_an_answer_links_what_is_there(question: str) -> None:
    assert [name for name in linked(question) if not (ROOT / name).exists()] == []


@pytest.mark.parametrize(
    ("question", "function"), [(KPI, WEEK_FIGURES), (KPI, RECOMPUTE), (KIND, WEEK_FIGURES)]
)
def test_an_answer_links_the_newest_body_of_a_function(question: str, function: str) -> None:
    newest = makers(function)[-1]
    others = {*makers(WEEK_FIGURES), *makers(RECOMPUTE)}
    others -= {makers(WEEK_FIGURES)[-1], makers(RECOMPUTE)[-1]}

    assert newest in linked(question)
    assert linked(question) & others == set()


def test_the_page_on_weekly_values_names_the_newest_body() -> None:
    named = re.findall(
        r"metrics/migrations/\w+\.py", (ROOT / "docs/rules/weekly-values.md").read_text()
    )

    assert named == [makers(WEEK_FIGURES)[-1]]


def test_a_mutation_of_a_function_edits_its_newest_body() -> None:
    """A body that a later migration replaces protects nothing, so nothing would go red."""
    edited = [
        (path.name, file, function)
        for path in sorted(ROOT.glob("tests/mutations/patches/*.patch"))
        for file, line in hunks(path.read_text())
        if (function := function_at(file, line))
    ]

    assert len(edited) > 20
    assert [one for one in edited if makers(one[2])[-1] != one[1]] == []


def hunks(patch: str) -> list[tuple[str, int]]:
    """Return file and first changed line of each hunk of a patch."""
    found, file = [], ""
    for text in patch.splitlines():
        if text.startswith("+++ b/"):
            file = text[6:]
        elif begins := re.match(r"@@ -(\d+)", text):
            found.append((file, int(begins[1]) + 3))
    return found


def function_at(file: str, line: int) -> str:
    """Return the database function whose body a line of a migration stands in; empty for none."""
    if "/migrations/" not in file:
        return ""
    above = "\n".join((ROOT / file).read_text().splitlines()[:line])
    begun = list(re.finditer(r"CREATE (?:OR REPLACE )?FUNCTION (\w+)\(", above))
    within = begun and "$$;" not in above[begun[-1].end() :]
    return begun[-1][1] if within else ""


def test_the_answer_on_figures_links_every_module_that_marks_weeks() -> None:
    marking = {
        path.relative_to(ROOT).as_posix()
        for path in ROOT.glob("*/**/*.py")
        if path.relative_to(ROOT).parts[0] not in {"bench", "tests"}
        and "INSERT INTO metrics_mark" in path.read_text()
    }

    assert marking <= linked(KPI)
    assert len(marking) == 3


def test_the_answer_on_tenants_names_every_table_that_has_none() -> None:
    named = set(re.findall(r"`(\w+)`", answer(TENANT)))

    assert {name for name, rights in GLOBAL_TABLES.items() if rights} <= named


def test_the_answer_on_tenants_links_every_module_that_sets_one() -> None:
    setting = {
        path.relative_to(ROOT).as_posix()
        for path in ROOT.glob("*/**/*.py")
        if path.relative_to(ROOT).parts[0] not in {"bench", "tests"}
        and "set_config('app.tenant_id'" in path.read_text()
    }

    assert setting <= linked(TENANT)
    assert len(setting) > 3
