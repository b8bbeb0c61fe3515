"""Errors of the API as problem details (RFC 9457)."""

import sys
from http import HTTPStatus
from typing import Any

import django.db
import psycopg
from django.core.exceptions import PermissionDenied, RequestDataTooBig
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse, UnreadablePostError
from django.template.loader import render_to_string
from django.views import defaults
from django.views.decorators.csrf import csrf_exempt
from rest_framework import exceptions, status
from rest_framework.response import Response
from rest_framework.views import set_rollback

from .errors import Changed, Refused, StorageAway

TYPE = "application/problem+json"
# Names that HTTP has changed since Python 3.11 learned them.
TITLES = {413: "Content Too Large", 422: "Unprocessable Content"}

RETRY_AFTER_SECONDS = 5
AWAY = (
    django.db.OperationalError,
    django.db.InterfaceError,
    psycopg.OperationalError,
    psycopg.InterfaceError,
)
# What a server says that cannot be talked to: connection lost, shut down, starting, full.
AWAY_STATES = ("08", "57P01", "57P02", "57P03", "53300")
# What it says to one of two that waited for each other, and to who waited too long for another.
# All of it was rolled back, so doing it again is safe.
DEADLOCK, LOCK_TIMEOUT, STATEMENT_TIMEOUT = "40P01", "55P03", "57014"
BUSY_RETRY_AFTER_SECONDS = 1
STORAGE_WORDS = "The storage of files cannot be reached at the moment"
AWAY_WORDS = "The database cannot be reached at the moment"
HELD_WORDS = "Somebody else is writing the same at the moment, and nothing of this was stored"
SLOW_WORDS = "The database took too long for this, and nothing of it was stored"
BUSY_WORDS = {DEADLOCK: HELD_WORDS, LOCK_TIMEOUT: HELD_WORDS, STATEMENT_TIMEOUT: SLOW_WORDS}


class Invalid(exceptions.APIException):
    """The request cannot be read; each error names a field, a code and words."""

    status_code: int = status.HTTP_400_BAD_REQUEST

    def __init__(
        self, detail: str, *, code: str = "invalid", errors: list[dict[str, Any]] | None = None
    ) -> None:
        super().__init__(detail, code)
        self.errors = errors


class Unprocessable(Invalid):
    """The request is read and cannot be done as it stands."""

    status_code = status.HTTP_422_UNPROCESSABLE_ENTITY


class PreconditionFailed(Invalid):
    """The object is not what the client thinks it is."""

    status_code = status.HTTP_412_PRECONDITION_FAILED


class PreconditionRequired(Invalid):
    """The client must say which version it changes."""

    status_code = status.HTTP_428_PRECONDITION_REQUIRED


class TooMany(exceptions.APIException):
    """Too many requests; the headers say when to come back."""

    status_code = status.HTTP_429_TOO_MANY_REQUESTS

    def __init__(self, detail: str, headers: dict[str, str]) -> None:
        super().__init__(detail, "too_many_requests")
        self.headers = headers


def problem(
    status: int,
    detail: str,
    *,
    errors: list[dict[str, Any]] | None = None,
    headers: dict[str, str] | None = None,
    code: str = "",
) -> Response:
    """Return one problem: status, title, detail, and a list of errors with field or index, code, words."""
    body = _body(status, detail)
    if code:
        body["code"] = code
    if errors:
        body["errors"] = errors
    return Response(body, status=status, headers=headers, content_type=TYPE)


def handle(error: Exception, context: dict[str, Any]) -> Response | None:
    """Turn an exception of a view into a problem; anything unknown rises as the bug it is."""
    set_rollback()
    if isinstance(error, Changed):
        return problem(412, "Somebody changed this since you read it.", code="version_differs")
    if isinstance(error, Refused):
        errors = [{"code": error.code, "detail": one.words} for one in error.blockers]
        if error.field:
            errors.append({"field": error.field, "code": error.code, "detail": str(error)})
        return problem(409, str(error), errors=errors, code=error.code)
    if isinstance(error, Http404):
        return problem(404, "There is nothing at this address.", code="not_found")
    if isinstance(error, PermissionDenied):
        return problem(403, str(error) or "This token may not do that.", code="permission_denied")
    if isinstance(error, RequestDataTooBig):
        return problem(413, "The body is too large; send less at once.", code="too_large")
    if isinstance(error, UnreadablePostError):
        return problem(400, "The body ended too early.", code="malformed")
    if isinstance(error, exceptions.ValidationError):
        return problem(400, "The request has errors.", errors=_flatten(error.get_full_details()))
    if isinstance(error, exceptions.APIException):
        headers: dict[str, str] = dict(getattr(error, "headers", {}))
        if auth := getattr(error, "auth_header", None):
            headers["WWW-Authenticate"] = auth
        return problem(
            error.status_code,
            str(error.detail),
            code=str(getattr(error.detail, "code", "")),
            errors=getattr(error, "errors", None),
            headers=headers or None,
        )
    return None


@csrf_exempt
def nowhere(request: HttpRequest) -> HttpResponse:
    """Answer an address of the API that does not exist."""
    detail = "There is nothing at this address."
    if not request.path.endswith("/"):
        detail += " Addresses of the API end with a slash."
    return plain(404, detail, "not_found")


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer 400: a problem below /api/, a page elsewhere."""
    if not _is_api(request):
        return defaults.bad_request(request, exception)
    return plain(400, "The request cannot be read.", "malformed")


def server_error(request: HttpRequest) -> HttpResponse:
    """Answer 500: a problem below /api/, a page elsewhere; neither says anything of the inside.

    While the database or the storage of files is away, or others' writes wait for too long, it is a
    503 that says when to come back, whichever layer noticed.
    """
    error = sys.exc_info()[1]
    if isinstance(error, AWAY):
        state = _state(error)
        if not state or state.startswith(AWAY_STATES):
            return _unavailable(request, AWAY_WORDS, RETRY_AFTER_SECONDS)
        if state in BUSY_WORDS:
            return _unavailable(request, BUSY_WORDS[state], BUSY_RETRY_AFTER_SECONDS)
    if isinstance(error, StorageAway):
        return _unavailable(request, STORAGE_WORDS, RETRY_AFTER_SECONDS)
    if not _is_api(request):
        return defaults.server_error(request)
    return plain(500, "Something failed on our side; send the request again later.", "internal")


def lost_a_race(error: BaseException) -> bool:
    """Tell whether a transaction ended because another held what it needed: worth another try."""
    return isinstance(error, AWAY) and _state(error) in {DEADLOCK, LOCK_TIMEOUT}


def _unavailable(request: HttpRequest, words: str, seconds: int) -> HttpResponse:
    headers = {"Retry-After": str(seconds), "Cache-Control": "no-store"}
    if _is_api(request):
        detail = f"{words}; send the request again later."
        response: HttpResponse = plain(503, detail, "unavailable")
    else:
        response = HttpResponse(render_to_string("503.html", {"words": words}), status=503)
    for name, value in headers.items():
        response[name] = value
    return response


def _state(error: BaseException) -> str:
    """Return the five characters by which the server names an error; empty when none answered."""
    return getattr(error, "sqlstate", None) or getattr(error.__cause__, "sqlstate", None) or ""


def _is_api(request: HttpRequest) -> bool:
    return request.path_info.startswith("/api/")


def plain(status: int, detail: str, code: str) -> JsonResponse:
    """Return a problem outside DRF's views."""
    return JsonResponse(_body(status, detail) | {"code": code}, status=status, content_type=TYPE)


def _body(status: int, detail: str) -> dict[str, Any]:
    return {
        "type": "about:blank",
        "title": TITLES.get(status) or HTTPStatus(status).phrase,
        "status": status,
        "detail": detail,
    }


def _flatten(details: Any, field: str = "") -> list[dict[str, Any]]:
    """Return DRF's nested details as a flat list of field, code and words."""
    if isinstance(details, dict) and "message" in details:
        return [{"field": field, "code": details["code"], "detail": str(details["message"])}]
    if isinstance(details, dict):
        pairs = [(f"{field}.{key}".lstrip("."), value) for key, value in details.items()]
    else:
        pairs = [(field, value) for value in details]
    return [line for key, value in pairs for line in _flatten(value, key)]
