"""Errors of the API as problem details (RFC 9457)."""

from http import HTTPStatus
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404, JsonResponse
from rest_framework import exceptions
from rest_framework.response import Response
from rest_framework.views import set_rollback

from .errors import Refused

TYPE = "application/problem+json"


def problem(
    status: int,
    detail: str,
    *,
    errors: list[dict[str, Any]] | None = None,
    headers: dict[str, str] | None = None,
    code: str = "",
) -> Response:
    """Return one problem: status, title, detail, and a list of errors with field or index, code, words."""
    body: dict[str, Any] = {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": detail,
    }
    if code:
        body["code"] = code
    if errors:
        body["errors"] = errors
    return Response(body, status=status, headers=headers, content_type=TYPE)


def handle(error: Exception, context: dict[str, Any]) -> Response | None:
    """Turn an exception of a view into a problem; anything unknown rises as the bug it is."""
    set_rollback()
    if isinstance(error, Refused):
        errors = [{"field": error.field, "code": error.code, "detail": str(error)}]
        return problem(
            409, str(error), errors=errors if error.field else None, code=error.code
        )
    if isinstance(error, Http404):
        return problem(404, "There is nothing at this address.")
    if isinstance(error, PermissionDenied):
        return problem(403, str(error) or "This token may not do that.")
    if isinstance(error, exceptions.ValidationError):
        return problem(
            400, "The request has errors.", errors=_flatten(error.get_full_details())
        )
    if isinstance(error, exceptions.APIException):
        headers: dict[str, str] = {}
        if isinstance(error, exceptions.Throttled) and error.wait is not None:
            headers["Retry-After"] = str(max(1, round(error.wait)))
        if auth := getattr(error, "auth_header", None):
            headers["WWW-Authenticate"] = auth
        return problem(error.status_code, str(error.detail), headers=headers or None)
    return None


def server_error(request: Any) -> JsonResponse:
    """Return the 500 answer of the API; it says nothing of the inside."""
    return JsonResponse(
        {"type": "about:blank", "title": "Internal Server Error", "status": 500},
        status=500,
        content_type=TYPE,
    )


def _flatten(details: Any, field: str = "") -> list[dict[str, Any]]:
    """Return DRF's nested details as a flat list of field, code and words."""
    if isinstance(details, dict) and "message" in details:
        return [
            {"field": field, "code": details["code"], "detail": str(details["message"])}
        ]
    if isinstance(details, dict):
        pairs = [
            (f"{field}.{key}".lstrip("."), value) for key, value in details.items()
        ]
    else:
        pairs = [(field, value) for value in details]
    return [line for key, value in pairs for line in _flatten(value, key)]
