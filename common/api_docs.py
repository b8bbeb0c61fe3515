"""The API's schema and its readable page. Neither needs a token."""

from __future__ import annotations

import hashlib
from functools import lru_cache
from typing import Any

import msgspec
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.http import parse_etags
from django.views.decorators.csrf import csrf_exempt
from drf_spectacular.generators import SchemaGenerator

from . import problems

METHODS = ("get", "post", "put", "patch", "delete")
SAFE = "GET, HEAD, OPTIONS"


@lru_cache(maxsize=1)
def load_schema() -> dict[str, Any]:
    generator: Any = SchemaGenerator(api_version="1")  # type: ignore[no-untyped-call]  # untyped
    found: dict[str, Any] = generator.get_schema(request=None, public=True)
    return found


@lru_cache(maxsize=1)
def _content() -> tuple[bytes, str]:
    content = msgspec.json.format(msgspec.json.encode(load_schema()), indent=1)
    return content, f'"{hashlib.blake2b(content, digest_size=8).hexdigest()}"'


@csrf_exempt
def schema(request: HttpRequest) -> HttpResponse:
    """Show the OpenAPI 3.1 schema as JSON."""
    if refused := _only_safe(request):
        return refused
    content, etag = _content()
    headers = {"ETag": etag, "Cache-Control": "public, max-age=300"}
    if etag in parse_etags(request.headers.get("If-None-Match", "")):
        return HttpResponse(status=304, headers=headers)
    return HttpResponse(content, content_type="application/json", headers=headers)


@csrf_exempt
def docs(request: HttpRequest) -> HttpResponse:
    """Show the schema as a page that needs no script."""
    if refused := _only_safe(request):
        return refused
    return render(request, "api/docs.html", {"schema": load_schema(), "groups": list_groups()})


def _only_safe(request: HttpRequest) -> HttpResponse | None:
    if request.method in {"GET", "HEAD"}:
        return None
    if request.method == "OPTIONS":
        return HttpResponse(status=204, headers={"Allow": SAFE})
    answer = problems.plain(405, "This address is only read.", "method_not_allowed")
    answer["Allow"] = SAFE
    return answer


@lru_cache(maxsize=1)
def list_groups() -> list[dict[str, Any]]:
    """Return the operations for the page, by tag in the order of the schema."""
    groups: dict[str, list[dict[str, Any]]] = {}
    for path, operations in load_schema()["paths"].items():
        for method in METHODS:
            if operation := operations.get(method):
                tag = operation.get("tags", ["other"])[0]
                groups.setdefault(tag, []).append(_operation(path, method, operation))
    return [{"name": name, "operations": found} for name, found in groups.items()]


def _operation(path: str, method: str, operation: dict[str, Any]) -> dict[str, Any]:
    return {
        "id": operation["operationId"],
        "method": method.upper(),
        "path": path,
        "summary": operation.get("summary", ""),
        "description": operation.get("description", ""),
        "parameters": [
            {
                "name": one["name"],
                "where": one["in"],
                "required": one.get("required", False),
                "kind": kind_words(one["schema"]),
                "description": one.get("description", ""),
            }
            for one in operation.get("parameters", [])
        ],
        "bodies": [
            {
                "media": media,
                "label": f"{operation['summary']}: {media}",
                "fields": _fields(part["schema"]),
                "kind": kind_words(part["schema"]),
            }
            for media, part in operation.get("requestBody", {}).get("content", {}).items()
        ],
        "answers": [
            {
                "status": status,
                "label": f"{operation['summary']}: answer {status}",
                "description": answer["description"],
                "fields": [
                    field
                    for media, part in answer.get("content", {}).items()
                    if not media.endswith("problem+json")
                    for field in _fields(part["schema"])
                ],
            }
            for status, answer in operation["responses"].items()
        ],
    }


def _resolve(part: dict[str, Any]) -> dict[str, Any]:
    if "$ref" not in part:
        return part
    found: dict[str, Any] = load_schema()["components"]["schemas"][part["$ref"].rsplit("/", 1)[1]]
    return found


def _fields(part: dict[str, Any], before: str = "", depth: int = 0) -> list[dict[str, Any]]:
    """Return the fields of an object, those of its lists and objects behind them."""
    part = _resolve(part)
    found = []
    for name, field in part.get("properties", {}).items():
        found.append(
            {
                "name": before + name,
                "kind": kind_words(field),
                "required": name in part.get("required", []),
                "description": field.get("description", ""),
            }
        )
        inner = field.get("items", field)
        if "$ref" in inner and depth < 2:
            mark = "[]." if "items" in field else "."
            found += _fields(inner, f"{before}{name}{mark}", depth + 1)
    return found


def kind_words(part: dict[str, Any]) -> str:
    """Return a type in words: `whole number, 1 to 1000`, `list of text`."""
    if "anyOf" in part:
        return " or ".join(kind_words(one) for one in part["anyOf"])
    if "enum" in part:
        return " or ".join(str(one) for one in part["enum"])
    if "$ref" in part:
        target = _resolve(part)
        return "object" if "properties" in target else kind_words(target)
    if part.get("type") == "array":
        return f"list of {kind_words(part.get('items', {}))}"
    names = {"string": "text", "integer": "whole number", "null": "null"}
    words = part.get("format") or names.get(part.get("type", ""), part.get("type", "anything"))
    if "minimum" in part and "maximum" in part:
        words += f", {part['minimum']} to {part['maximum']}"
    if "maxLength" in part:
        words += f", at most {part['maxLength']} characters"
    return str(words)
