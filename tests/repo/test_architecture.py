"""What the layers, the names and the SQL of this project promise, checked on its own source."""

# ruff: noqa: PERF401  # findings are appended where they are found

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from celery import current_app
from django.apps import apps
from django.db import models

from common.tenancy.constraints import TenantFK, TenantIsolation
from common.tenancy.managers import TenantManager

ROOT = Path(__file__).resolve().parent.parent.parent
APPS = ["common", "audit", "tenants", "portfolio", "metrics", "gates", "decisions", "demo"]
HERE = [app for app in APPS if (ROOT / app).is_dir()]
SOURCES = [
    path
    for app in [*HERE, "config"]
    for path in sorted((ROOT / app).rglob("*.py"))
    if "migrations" not in path.parts
]
PAGES = ("views", "api")


def name_of(path: Path) -> str:
    return str(path.relative_to(ROOT))


@cache
def parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text(), filename=name_of(path))


def imports(path: Path) -> Iterator[str]:
    """Yield the full names of what a file imports, at any depth of its text."""
    package = path.relative_to(ROOT).parent.parts
    for node in ast.walk(parsed(path)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else ()
            module = ".".join([*base, *filter(None, [node.module])])
            yield from (f"{module}.{alias.name}" for alias in node.names)


def is_page(path: Path) -> bool:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return len(parts) > 1 and parts[1] in PAGES


def test_an_app_imports_only_apps_above_it() -> None:
    wrong = []
    for path in SOURCES:
        own = path.relative_to(ROOT).parts[0]
        if own == "config":
            continue
        for name in imports(path):
            other = name.split(".")[0]
            if other == "config" and own != "demo" and "management" not in path.parts:
                wrong.append(f"{name_of(path)} imports {name}")
            if other in APPS and APPS.index(other) > APPS.index(own):
                sideways = is_page(path) and ".queries" in name
                if not sideways:
                    wrong.append(f"{name_of(path)} imports {name}")
    assert wrong == []


def test_a_foreign_key_points_only_to_apps_above() -> None:
    wrong = []
    for model in apps.get_models():
        own = model._meta.app_label
        for field in model._meta.get_fields():
            other = getattr(getattr(field.related_model, "_meta", None), "app_label", own)
            known = field.concrete and own in APPS and other in APPS
            if known and APPS.index(other) > APPS.index(own):
                wrong.append(f"{model.__name__}.{field.name} -> {other}")
    assert wrong == []


def test_a_model_is_named_by_class_and_not_by_text() -> None:
    # A string would hide a dependency from the import contracts.
    wrong = []
    for path in SOURCES:
        for node in ast.walk(parsed(path)):
            if (
                isinstance(node, ast.Call)
                and getattr(node.func, "attr", "") in {"ForeignKey", "OneToOneField", "get_model"}
                and node.args
                and isinstance(node.args[0], ast.Constant)
                and "." in str(node.args[0].value)
            ):
                wrong.append(f"{name_of(path)}:{node.lineno}")
    assert wrong == []


@pytest.mark.parametrize(
    ("layer", "forbidden"),
    [
        ("rules", ("models", "queries", "actions", "tasks", "forms", "views", "api")),
        ("models", ("queries", "actions", "tasks", "forms", "views", "api")),
        ("queries", ("actions", "tasks", "forms", "views", "api")),
        ("actions", ("tasks", "forms", "views", "api")),
        ("tasks", ("forms", "views", "api")),
    ],
)
def test_a_layer_of_an_app_imports_only_what_is_below(
    layer: str, forbidden: tuple[str, ...]
) -> None:
    wrong = []
    for path in SOURCES:
        parts = path.relative_to(ROOT).with_suffix("").parts
        if parts[0] in HERE and len(parts) > 1 and parts[1] == layer and parts[0] != "demo":
            for name in imports(path):
                words = name.split(".")
                if words[0] in HERE and len(words) > 1 and words[1] in forbidden:
                    wrong.append(f"{name_of(path)} imports {name}")
    assert wrong == []


def test_rules_import_no_framework() -> None:
    wrong = [
        f"{name_of(path)} imports {name}"
        for path in SOURCES
        if path.relative_to(ROOT).with_suffix("").parts[1] == "rules"
        for name in imports(path)
        if name.split(".")[0] in {"django", "rest_framework", "celery", "psycopg", "redis"}
    ]
    assert wrong == []


def sent_names() -> Iterator[tuple[str, str]]:
    """Yield where a job is sent, and its name."""
    for path in SOURCES:
        for node in ast.walk(parsed(path)):
            if isinstance(node, ast.Call):
                called = getattr(node.func, "attr", getattr(node.func, "id", ""))
                if called in {"enqueue", "send_for_tenant", "send_task"} and node.args:
                    first = node.args[0]
                    if isinstance(first, ast.Constant):
                        yield f"{name_of(path)}:{node.lineno}", str(first.value)


def test_no_form_reads_a_number_otherwise_than_the_fields_of_ours() -> None:
    """Django's own fields take 2.000 for two; to who writes it, it is two thousand."""
    numbers = {"IntegerField", "DecimalField", "FloatField"}
    wrong = [
        f"{name_of(path)}:{node.lineno} {node.attr}"
        for path in SOURCES
        if name_of(path) != "common/forms.py"
        for node in ast.walk(parsed(path))
        if isinstance(node, ast.Attribute) and node.attr in numbers
        if isinstance(node.value, ast.Name) and node.value.id == "forms"
    ]

    assert not wrong, wrong


def test_every_job_that_is_sent_is_a_task() -> None:
    current_app.loader.import_default_modules()
    names = list(sent_names())

    assert names
    assert [(where, name) for where, name in names if name not in current_app.tasks] == []


def test_every_periodic_job_is_a_task() -> None:
    current_app.loader.import_default_modules()

    for entry in current_app.conf.beat_schedule.values():
        assert entry["task"] in current_app.tasks


# Statements that are put together from parts of our own, each with the reason it is safe.
BUILT_SQL = {
    "common/tenancy/constraints.py": "names of our models, quoted",
    "common/tenancy/context.py": "the query is our own text, its values are parameters",
    "common/tenancy/erase.py": "names come quoted from the catalogue",
    "common/tenancy/roles.py": "the name of a role of ours, quoted",
    "common/tenancy/operations.py": "names that migrations give, and a role of ours, quoted",
    "common/tenancy/hooks.py": "names come quoted from the catalogue",
    "common/tenancy/catalogue.py": "constants of the same file, values are parameters",
    "config/servers/bootstrap.py": "psycopg.sql composes identifiers and literals",
}
RUNS_SQL = {"execute", "executemany", "raw", "extra", "RawSQL"}


def built(node: ast.AST) -> bool:
    """Whether a text is put together at run time; joining two constants of the module is not."""
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        sides = (node.left, node.right)
        return not all(isinstance(side, ast.Name) and side.id.isupper() for side in sides)
    return (
        isinstance(node, ast.JoinedStr)
        or (isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mod))
        or (isinstance(node, ast.Call) and getattr(node.func, "attr", "") in {"format", "join"})
    )


def test_no_statement_is_built_from_text() -> None:
    wrong = {
        f"{name_of(path)}:{node.lineno}"
        for path in SOURCES
        if name_of(path) not in BUILT_SQL
        for node in ast.walk(parsed(path))
        if isinstance(node, ast.Call)
        and getattr(node.func, "attr", getattr(node.func, "id", "")) in RUNS_SQL
        and any(built(argument) for argument in node.args[:1])
    }
    assert wrong == set()


def test_every_listed_exception_is_still_one() -> None:
    assert [name for name in BUILT_SQL if not (ROOT / name).is_file()] == []


def test_nothing_is_set_for_a_whole_session() -> None:
    # Only the pool's check does, to take away what somebody else set.
    wrong = []
    for path in SOURCES:
        for node in ast.walk(parsed(path)):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                text = " ".join(node.value.lower().split())
                session = "set_config(" in text and text.split("set_config(", 1)[1].split(")")[
                    0
                ].rstrip().endswith("false")
                if (session or text.startswith(("set session ", "set app."))) and name_of(
                    path
                ) != "common/tenancy/pooled/base.py":
                    wrong.append(f"{name_of(path)}:{node.lineno}")
    assert wrong == []


def test_tests_patch_nothing_of_ours() -> None:
    wrong = []
    for path in sorted((ROOT / "tests").rglob("*.py")):
        for name in imports(path):
            if name.startswith(("unittest.mock", "mock")):
                wrong.append(f"{name_of(path)} imports {name}")
        for node in ast.walk(parsed(path)):
            if (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Attribute)
                and node.func.attr == "setattr"
                and getattr(node.func.value, "id", "") in {"monkeypatch", "mocker"}
            ):
                wrong.append(f"{name_of(path)}:{node.lineno}")
    assert wrong == []


def tenant_models() -> list[type[models.Model]]:
    return [
        model
        for model in apps.get_models()
        if any(field.attname == "tenant_id" for field in model._meta.concrete_fields)
    ]


def test_every_tenant_model_is_isolated_and_has_the_refusing_manager() -> None:
    for model in tenant_models():
        isolated = [c for c in model._meta.constraints if isinstance(c, TenantIsolation)]
        assert isolated or not model._meta.managed, model
        assert isinstance(model._default_manager, TenantManager), model
        assert isinstance(model._base_manager, TenantManager), model


def test_every_reference_between_tenant_tables_carries_the_tenant() -> None:
    ours = set(tenant_models())
    wrong = []
    for model in ours:
        keys = [c for c in model._meta.constraints if isinstance(c, TenantFK)]
        for field in model._meta.concrete_fields:
            if field.related_model in ours and not any(field.attname in k.columns for k in keys):
                wrong.append(f"{model.__name__}.{field.name}")
    assert wrong == []
