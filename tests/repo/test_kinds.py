"""A kind of metric stands in one table; what else knows kinds by name is named in the docs."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import MISSING, fields, replace
from math import inf
from pathlib import Path

import pytest

from common import formats
from metrics.forms.editing import UNIT_WORDS
from metrics.models import Metric
from metrics.rules import units
from metrics.rules.kinds import KINDS, TABLE, Kind
from metrics.rules.units import OTHER
from metrics.rules.verdict import words
from tests.repo.test_answers import KIND, linked
from tests.repo.test_architecture import parsed

ROOT = Path(__file__).resolve().parents[2]
APPS = ("audit", "common", "config", "demo", "metrics", "portfolio", "tenants")
# The only modules that tell kinds apart by name: what the database checks, and the verdict.
DECIDE = {
    "metrics/models/definitions.py",
    "metrics/rules/verdict/decision.py",
}
# Where a new kind is written down. The docs' answer on a new kind names these and the ones above.
LISTS = {"metrics/rules/kinds.py", "metrics/rules/verdict/words.py"}
LOOKUPS = {"Q", "filter", "exclude", "get"}
NAMES = "|".join(KINDS)
IN_TEXT = re.compile(rf"\bkind\s*(=|<>|!=|IN\b)[^;]*'({NAMES})'")
ON_PAGES = re.compile(rf"kind\s*(==|!=|in)\s*[\"']({NAMES})\b")


def test_the_table_has_every_kind_that_a_metric_or_a_verdict_may_have() -> None:
    assert len(KINDS) == len(TABLE)
    assert set(KINDS) == set(Metric.Kind.values) == {kind.value for kind in words.Kind}


@pytest.mark.parametrize("code", KINDS)
def test_a_kind_says_everything_in_words_that_exist(code: str) -> None:
    kind = KINDS[code]

    assert all([kind.word, kind.example, kind.above, kind.below])
    assert kind.direction in Metric.Direction.values
    assert kind.units[0] != OTHER
    assert set(kind.units) <= set(UNIT_WORDS)
    assert set(kind.units) - {OTHER} <= set(formats.UNITS)


def test_every_unit_of_the_list_is_written_and_none_counts_or_lasts_below_nothing() -> None:
    assert set(units.LISTED) == set(formats.UNITS) - {""}
    assert {units.lowest(unit) for unit in units.LISTED} == {0.0}
    assert units.lowest("degrees") is None


def test_a_kind_without_a_natural_end_goes_on_without_one() -> None:
    share = KINDS["proportion"]

    assert share.natural_ends == (0.0, 1.0)
    assert replace(share, highest=None).natural_ends == (0.0, inf)
    assert replace(share, lowest=None).natural_ends == (-inf, 1.0)


def product() -> Iterator[Path]:
    """Yield the modules of the product; migrations are history."""
    for app in APPS:
        yield from (path for path in ROOT.glob(f"{app}/**/*.py") if "migrations" not in path.parts)


def decides_by_name(node: ast.AST) -> bool:
    """Say whether a node tells a kind from others: by Kind.RATE or by "rate" itself."""
    match node:
        case ast.Attribute(value=parent, attr=name):
            return name_of(parent) == "Kind" and name.lower() in KINDS
        case ast.Compare(left=left, comparators=others):
            return any(map(names_kind, [left, *others]))
        case ast.MatchValue(value=value):
            return names_kind(value)
        case ast.Dict(keys=keys):  # a second table
            return sum(names_kind(key) for key in keys) > 1
        case ast.Call(func=func, keywords=keywords) if name_of(func) in LOOKUPS:
            return any(one.arg in {"kind", "kind__in"} for one in keywords if names_kind(one.value))
        case ast.Constant(value=str(text)):
            return bool(IN_TEXT.search(text))
    return False


def name_of(node: ast.AST) -> str:
    return str(getattr(node, "attr", getattr(node, "id", "")))


def names_kind(node: ast.AST | None) -> bool:
    """Say whether an expression is the name of a kind, or a collection with one."""
    parts = getattr(node, "elts", [node])
    return any(isinstance(part, ast.Constant) and part.value in KINDS for part in parts)


def test_nothing_else_of_the_product_decides_by_the_name_of_a_kind() -> None:
    found = {
        path.relative_to(ROOT).as_posix()
        for path in product()
        if any(decides_by_name(node) for node in ast.walk(parsed(path)))
    }
    pages = {
        path.relative_to(ROOT).as_posix()
        for path in ROOT.glob("templates/**/*.html")
        if ON_PAGES.search(path.read_text())
    }

    assert found == DECIDE
    assert pages == set()


@pytest.mark.parametrize(
    "code",
    [
        'kind == "rate"',
        '"rate" != metric.kind',
        'kind in {"rate", "ratio"}',
        "kind is Kind.RATE",
        "Metric.Kind.MEDIAN",
        'Metric.objects.filter(kind="rate")',
        '{"rate": 1, "ratio": 2}[kind]',
        "SQL = \"SELECT 1 FROM m WHERE kind = 'rate'\"",
        'match kind:\n    case "rate":\n        pass',
    ],
)
def test_a_decision_by_name_is_seen(code: str) -> None:
    assert any(decides_by_name(node) for node in ast.walk(ast.parse(code)))


def test_the_answer_on_a_new_kind_links_every_place_that_reads_what_a_kind_is() -> None:
    assert linked(KIND) >= DECIDE | LISTS | read_marks()


def read_marks() -> set[str]:
    """Return the modules that do one thing or another by a mark or a natural end of a kind."""
    marks = {one.name for one in fields(Kind) if one.default is not MISSING} | {"natural_ends"}
    return {
        path.relative_to(ROOT).as_posix()
        for path in product()
        if any(
            isinstance(node, ast.Attribute) and node.attr in marks
            for node in ast.walk(parsed(path))
        )
    }
