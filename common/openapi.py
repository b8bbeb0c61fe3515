"""The API's schema: written from the same msgspec types that decode and encode the bodies.

drf-spectacular collects the addresses; what goes in and out comes from the types, so that schema
and behaviour cannot part.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Annotated, Any, TypeVar

import msgspec
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema

REF = "#/components/schemas/{name}"
PROBLEM = "application/problem+json"
F = TypeVar("F", bound=Callable[..., Any])

_types: dict[str, type[msgspec.Struct]] = {}


class ProblemLine(msgspec.Struct, omit_defaults=True):
    """One reason: the field or the item it belongs to, a stable code, words for people."""

    code: str
    detail: str
    field: str = ""
    index: (
        Annotated[
            int,
            msgspec.Meta(
                description="Of the item in the body, from 0. In NDJSON and CSV empty lines and the"
                " header are no items and do not count."
            ),
        ]
        | None
    ) = None


class Problem(msgspec.Struct, omit_defaults=True):
    """What went wrong (RFC 9457). `code` and the lines of `errors` are stable, words may change."""

    type: str
    title: str
    status: int
    detail: str = ""
    tenant: str = ""
    code: str = ""
    errors: list[ProblemLine] = []


def ref(kind: type[msgspec.Struct]) -> dict[str, str]:
    """Return a reference to a type's schema, and see that the schema holds it."""
    _types[kind.__name__] = kind
    return {"$ref": REF.format(name=kind.__name__)}


def described(
    *,
    summary: str,
    tag: str,
    answer: type[msgspec.Struct],
    status: int = 200,
    query: type[msgspec.Struct] | None = None,
    body: Mapping[str, type[msgspec.Struct] | dict[str, Any]] | None = None,
    problems: Mapping[int, str | tuple[str, type[msgspec.Struct]]] | None = None,
    headers: list[OpenApiParameter] | None = None,
    path: Mapping[str, str] | None = None,
    key: str = "",
) -> Callable[[F], F]:
    """Describe one operation.

    query: the type its parameters are decoded into. body: its types by content type.
    problems: refusals of its own, by status, in words; those of every operation are added.
    path: words for the placeholders of the address. key: words for the placeholder `key`, a UUID.
    """
    responses: dict[Any, Any] = {status: OpenApiResponse(ref(answer), "Done.")}
    for code, words in (problems or {}).items():
        text, kind = words if isinstance(words, tuple) else (words, Problem)
        responses[code, PROBLEM] = OpenApiResponse(ref(kind), text)
    parameters = [*(_query(query) if query else []), *(headers or [])]
    for name, words in (path or {}).items():
        parameters.append(
            OpenApiParameter(name, CODE_SCHEMA, OpenApiParameter.PATH, description=words)
        )
    if key:
        parameters.append(
            OpenApiParameter("key", KEY_SCHEMA, OpenApiParameter.PATH, description=key)
        )
    bodies = {
        media: kind if isinstance(kind, dict) else ref(kind) for media, kind in (body or {}).items()
    }
    return extend_schema(
        operation_id=summary.lower().replace(" ", "_"),
        summary=summary,
        tags=[tag],
        parameters=parameters,
        request=bodies or None,
        responses=responses,
    )


CODE_SCHEMA = {"type": "string", "pattern": "^[-a-zA-Z0-9_]+$", "minLength": 1}
KEY_SCHEMA = {"type": "string", "format": "uuid"}


def _query(kind: type[msgspec.Struct]) -> list[OpenApiParameter]:
    schema = msgspec.json.schema_components([kind])[1][kind.__name__]
    found = []
    for name, described_as in schema["properties"].items():
        part = dict(described_as)
        words = part.pop("description", "")
        part.pop("default", None)
        if "anyOf" in part:  # a parameter is given or not; it is never null
            given = [one for one in part.pop("anyOf") if one != {"type": "null"}]
            part |= given[0]
            words = part.pop("description", "") or words
        found.append(
            OpenApiParameter(
                name,
                part,
                OpenApiParameter.QUERY,
                required=name in schema.get("required", []),
                description=words,
            )
        )
    return found


IF_MATCH = OpenApiParameter(
    "If-Match",
    {"type": "string"},
    OpenApiParameter.HEADER,
    required=True,
    description='The ETag of the object as you know it, such as `"3"`.',
)
IDEMPOTENCY_KEY = OpenApiParameter(
    "Idempotency-Key",
    {"type": "string", "pattern": "^[!-~]{1,200}$"},
    OpenApiParameter.HEADER,
    description="Your own name of this request; sent again within 24 hours, it gets the same"
    " answer and does nothing twice.",
)
COMMON = {
    "400": "The request cannot be read.",
    "401": "The token is missing, ended or unknown.",
    "403": "The token lacks the scope.",
    "404": "There is nothing at this address for this tenant.",
    "406": "The answer is JSON only.",
    "429": "Too many requests; `Retry-After` says how many seconds to wait.",
    "503": "The database is away; `Retry-After` says how many seconds to wait.",
}
TENANT_HEADER = {"X-Tenant": {"schema": {"type": "string"}, "description": "The token's tenant."}}
ETAG_HEADER = {
    "ETag": {"schema": {"type": "string"}, "description": "Send it as `If-None-Match` next time."}
}


def complete(result: dict[str, Any], generator: Any, request: Any, public: bool) -> dict[str, Any]:
    """Add to the collected schema: the types, and what every operation may answer."""
    ref(Problem)
    _, components = msgspec.json.schema_components(list(_types.values()), ref_template=REF)
    result.setdefault("components", {}).setdefault("schemas", {}).update(components)
    for path in result["paths"].values():
        for method, operation in path.items():
            _complete(method, operation)
    return result


def _complete(method: str, operation: dict[str, Any]) -> None:
    if "requestBody" in operation:
        operation["requestBody"]["required"] = True
    answers = operation["responses"]
    for answer in answers.values():
        answer.setdefault("headers", {}).update(TENANT_HEADER)
        if method == "get":
            answer["headers"].update(ETAG_HEADER)
    if method == "get":
        answers["304"] = {"description": "Unchanged since the ETag you sent."}
    if any(one["name"] == "Idempotency-Key" for one in operation.get("parameters", [])):
        answers.setdefault("422", _problem("The Idempotency-Key was used for another request."))
    more = {"413": "The body is too large.", "415": "The content type is not taken here."}
    for status, words in (COMMON | (more if "requestBody" in operation else {})).items():
        answers.setdefault(status, _problem(words))
    operation["responses"] = dict(sorted(answers.items()))


def _problem(words: str) -> dict[str, Any]:
    return {
        "description": words,
        "content": {PROBLEM: {"schema": {"$ref": REF.format(name="Problem")}}},
    }
