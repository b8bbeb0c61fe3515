"""The base of every API view: the token opens the tenant, the permission decides."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from datetime import datetime
from typing import Any, ClassVar, TypeVar

import msgspec
from django.conf import settings
from django.db import transaction
from django.http import HttpResponse
from django.utils.http import parse_etags
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework import exceptions
from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from common import paging, problems, throttle
from common.tenancy.context import current_tenant_id, tenant
from common.web import client_address

from . import actions, queries
from .rules import Permission, can

S = TypeVar("S", bound=msgspec.Struct)
WRITES = {"POST", "PUT", "PATCH", "DELETE"}
# Answers that a repeated request gets again; a request that was not understood may be mended.
REPEATABLE = {409, 412, 422}
JSON = {"application/json", "application/merge-patch+json"}
KEY = re.compile(r"[!-~]{1,200}")
VERSION = re.compile(r'^"(\d{1,9})(?:-[0-9a-f]+)?"$')


class TokenAuthentication(BaseAuthentication):
    """`Authorization: Bearer pfm_<prefix>_<secret>`; the view has opened the tenant already."""

    def authenticate(self, request: Request) -> tuple[None, queries.Client] | None:
        client = getattr(request._request, "client", None)
        return (None, client) if client else None

    def authenticate_header(self, request: Request) -> str:
        return 'Bearer realm="Week Twelve"'


class TokenScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]  # untyped base
    """How the schema names the token."""

    target_class = TokenAuthentication
    name = "token"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {
            "type": "http",
            "scheme": "bearer",
            "bearerFormat": "pfm_<prefix>_<secret>",
            "description": "A token of one tenant, made in Settings, Tokens.",
        }


class _KeyTaken(Exception):
    """Another request with the same Idempotency-Key committed first."""


class TenantView(APIView):
    """An API view inside the tenant of its token.

    needs: the permission by method. Every answer names the tenant in `X-Tenant` and in its body.
    after_refusal: what a view that refused all leaves to be written once that was taken back, in a
    transaction of its own.
    """

    authentication_classes = (TokenAuthentication,)
    renderer_classes = (JSONRenderer,)
    parser_classes = ()
    needs: ClassVar[dict[str, Permission]] = {}
    after_refusal: Callable[[], None] | None = None

    def dispatch(self, request: Any, *args: Any, **kwargs: Any) -> HttpResponse:
        """Open the token's tenant around the view; anything refused is rolled back.

        A request that lost a race for a lock is tried once more: nothing of it was stored.
        """
        response = self._tried(request, *args, **kwargs)
        if self.after_refusal is not None:
            with tenant(request.client.tenant.id):
                self.after_refusal()
        return response

    def _tried(self, request: Any, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            return self._dispatch(request, *args, **kwargs)
        except _KeyTaken:  # now its answer is there to be repeated
            pass
        except problems.AWAY as error:
            if not problems.lost_a_race(error):
                raise
        self.after_refusal = None
        return self._dispatch(request, *args, **kwargs)

    def _dispatch(self, request: Any, *args: Any, **kwargs: Any) -> HttpResponse:
        prefix, digest = _read_token(request)
        self.quota: throttle.Quota | None = None
        with queries.open_token(prefix=prefix, digest=digest) as client:
            request.client = client
            key = request.headers.get("Idempotency-Key") if request.method in WRITES else None
            if client is None or key is None:
                response: Any = super().dispatch(request, *args, **kwargs)
                if response.status_code >= 400 and current_tenant_id() is not None:
                    transaction.set_rollback(True)
            else:
                response = self._once(request, client, key, *args, **kwargs)
            if client is not None:
                response["X-Tenant"] = client.tenant.slug
                if response.status_code < 400:
                    actions.touch_token(client=client, now=request.now)
        if request.method == "HEAD":
            _empty(response)
        return response  # type: ignore[no-any-return]  # Django's own types say Any here

    def _once(
        self, request: Any, client: queries.Client, key: str, *args: Any, **kwargs: Any
    ) -> Any:
        """Answer a write that carries a key: as before when it was seen, else do and keep it."""
        with transaction.atomic():
            self.key, self.replayed = key, False
            response: Any = super().dispatch(request, *args, **kwargs)
            if response.status_code >= 400:
                transaction.set_rollback(True)
        keeps = response.status_code < 300 or response.status_code in REPEATABLE
        if self.replayed or not keeps:
            return response
        if isinstance(response, Response):
            response.render()
        kept = actions.remember_answer(
            client=client.prefix,
            key=key,
            request_hash=_request_hash(request),
            status=response.status_code,
            body=_pack(response),
            now=request.now,
        )
        if not kept:
            raise _KeyTaken
        return response

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Count the request, then decide on the token; a repeated write ends here."""
        self._count(request._request)
        super().initial(request, *args, **kwargs)
        key = getattr(self, "key", None)
        if key is not None:
            self._replay(request, key)

    def _count(self, request: Any) -> None:
        client = request.client
        if client is None:
            where = f"address:{client_address(request)}"
            limits = [throttle.limit("refused", where, settings.API_RATE_UNKNOWN)]
        else:
            where = f"tenant:{client.tenant.id}"
            limits = [
                throttle.limit(f"token:{client.prefix}", where, settings.API_RATE_TOKEN),
                throttle.limit("all", where, settings.API_RATE_TENANT),
            ]
        self.quota = throttle.take(*limits)
        if self.quota is not None and self.quota.exceeded:
            raise problems.TooMany(
                f"Too many requests; come back in {self.quota.reset_seconds} seconds.",
                self.quota.headers(),
            )

    def _replay(self, request: Any, key: str) -> None:
        if not KEY.fullmatch(key):
            raise problems.Invalid(
                "An Idempotency-Key is 1 to 200 visible ASCII characters.", code="idempotency_key"
            )
        before = queries.find_repeatable(client=request.auth.prefix, key=key, now=self.now)
        if before is None:
            return
        self.replayed = True
        if before.request_hash != _request_hash(request._request):
            raise problems.Unprocessable(
                "This Idempotency-Key was used for another request.", code="idempotency_key_reused"
            )
        raise _Answered(_unpack(before.status, before.body))

    @property
    def now(self) -> datetime:
        """When the request came in."""
        return self._http.now  # type: ignore[no-any-return]  # set by RequestClock

    @property
    def _http(self) -> Any:
        """Django's own request, with `client` and `now`."""
        return self.request._request

    @property
    def client(self) -> queries.Client:
        """The API client at work; only for views whose permission was checked."""
        found: Any = self.request.auth
        return found  # type: ignore[no-any-return]

    def check_permissions(self, request: Request) -> None:
        client: Any = request.auth
        if client is None:
            raise exceptions.NotAuthenticated("Send a live token: Authorization: Bearer pfm_...")
        if not client.may_call_from(client_address(request._request)):
            raise exceptions.PermissionDenied("This token may not be used from this address.")
        method = request.method or ""
        if method not in self.allowed_methods:
            raise exceptions.MethodNotAllowed(method)
        if method != "OPTIONS":
            decision = can(client.actor, self.needs["GET" if method == "HEAD" else method])
            if not decision:
                raise exceptions.PermissionDenied(decision.reason)
        super().check_permissions(request)

    def handle_exception(self, exc: Exception) -> Any:
        if isinstance(exc, _Answered):
            return exc.response
        return super().handle_exception(exc)

    def options(self, request: Any, *args: Any, **kwargs: Any) -> Any:
        """Say which methods the address takes."""
        return HttpResponse(status=204, headers={"Allow": ", ".join(self.allowed_methods)})

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Any:
        """Name the tenant in problems, and say what is left of the quota."""
        client = self._http.client
        data: Any = getattr(response, "data", None)
        if client is not None and isinstance(data, dict):
            data["tenant"] = client.tenant.slug
        response = super().finalize_response(request, response, *args, **kwargs)
        if self.quota is not None:
            for name, value in self.quota.headers().items():
                response[name] = value
        return response

    def answer(
        self,
        body: msgspec.Struct,
        *,
        status: int = 200,
        version: int | None = None,
        location: str = "",
    ) -> HttpResponse:
        """Return a body with its ETag; 304 without one where the client has it already.

        version: of the one object in the body; `If-Match` takes the ETag or the version alone.
        """
        content = msgspec.json.encode(body)
        response = HttpResponse(content, status=status, content_type="application/json")
        if self.request.method in {"GET", "HEAD"} or version is not None:
            digest = hashlib.blake2b(content, digest_size=8).hexdigest()
            etag = f'"{digest}"' if version is None else f'"{version}-{digest}"'
            if self.request.method in {"GET", "HEAD"} and self._has(etag):
                response = HttpResponse(status=304)
            response["ETag"] = etag
        if location:
            response["Location"] = location
        return response

    def _has(self, etag: str) -> bool:
        known = parse_etags(self.request.headers.get("If-None-Match", ""))
        return known == ["*"] or etag in [one.removeprefix("W/") for one in known]

    def expect_version(self) -> int:
        """Return the version that `If-Match` names. Raises 428 without one, 412 for nonsense."""
        sent = self.request.headers.get("If-Match")
        if sent is None:
            raise problems.PreconditionRequired(
                "Read the object first and send its ETag as If-Match.", code="if_match_missing"
            )
        found = VERSION.match(sent.strip())
        if found is None:
            raise problems.PreconditionFailed(
                "If-Match does not name a version of this object.", code="version_differs"
            )
        return int(found[1])

    def query(self, kind: type[S]) -> S:
        """Decode the query's parameters. Raises a 400 that names the parameter."""
        sent = self.request._request.GET
        twice = [name for name in sent if len(sent.getlist(name)) > 1]
        if twice:
            errors = [{"field": n, "code": "twice", "detail": "Send it once."} for n in twice]
            raise problems.Invalid("A parameter stands twice.", code="bad_query", errors=errors)
        try:
            found = msgspec.convert(sent.dict(), kind, strict=False)
        except msgspec.ValidationError as error:
            raise _invalid(error, "The query cannot be read.", "bad_query") from None
        # Read as text, "null" is nothing: it would pass for a filter that was left out.
        fields = zip(kind.__struct_encode_fields__, kind.__struct_fields__, strict=True)
        nulls = [name for name, field in fields if name in sent and getattr(found, field) is None]
        if nulls:
            errors = [
                {"field": name, "code": "wrong_value", "detail": "null is no value: leave it out."}
                for name in nulls
            ]
            raise problems.Invalid("The query cannot be read.", code="bad_query", errors=errors)
        return found

    def body(self, kind: type[S]) -> S:
        """Decode a JSON body. Raises 415 for another type, a 400 that names the field."""
        request = self.request._request
        if request.content_type not in JSON:
            raise exceptions.UnsupportedMediaType(
                request.content_type or "none", "Send application/json."
            )
        try:
            return msgspec.json.decode(request.body, type=kind)
        except msgspec.ValidationError as error:
            raise _invalid(error, "The body has errors.", "bad_body") from None
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise problems.Invalid(
                f"The body is not valid JSON: {error}.", code="malformed"
            ) from None

    def place(self, cursor: str | None, length: int, *filters: Any) -> list[Any] | None:
        """Return the sort key behind a cursor, None for the first page. Raises a 400."""
        if cursor is None:
            return None
        try:
            return paging.read(self.scope(*filters), cursor, length)
        except paging.BadCursor:
            raise problems.Invalid(
                "This cursor does not belong to this list and these filters; start from the top.",
                code="bad_cursor",
            ) from None

    def scope(self, *filters: Any) -> str:
        """Return what a cursor of this list is bound to: tenant, list and filters."""
        return f"{self.client.tenant.id}:{type(self).__name__}:{filters!r}"


class _Answered(Exception):
    """The answer is known before the view runs."""

    def __init__(self, response: HttpResponse) -> None:
        super().__init__("answered before")
        self.response = response


def _read_token(request: Any) -> tuple[str, bytes]:
    """Return prefix and digest of the bearer token; empty ones find nothing."""
    scheme, _, text = get_authorization_header(request).decode("latin-1").partition(" ")
    parts = text.strip().split("_", 2)
    plain = text.isascii() and text.strip().isprintable()  # the database refuses a NUL
    if scheme.lower() != "bearer" or len(parts) != 3 or parts[0] != "pfm" or not plain:
        return "", b""
    return parts[1], actions.token_digest(text.strip())


def _invalid(error: msgspec.ValidationError, detail: str, code: str) -> problems.Invalid:
    words, _, path = str(error).partition(" - at ")
    field = path.strip("`").removeprefix("$").removeprefix(".")
    if not field and (named := re.search(r"field `([^`]{1,60})`", words)):
        field = named[1]
    errors = [{"field": field, "code": "wrong_value", "detail": words + "."}]
    return problems.Invalid(detail, code=code, errors=errors)


def _request_hash(request: Any) -> bytes:
    parts = (request.method, request.get_full_path(), request.headers.get("Content-Type", ""))
    head = "\n".join([*parts, request.headers.get("If-Match", "")])
    return hashlib.sha256(head.encode() + b"\n" + request.body).digest()


def _pack(response: HttpResponse) -> bytes:
    headers = {name: response[name] for name in ("ETag", "Location") if name in response}
    return msgspec.msgpack.encode([response["Content-Type"], headers, response.content])


def _unpack(status: int, packed: bytes) -> HttpResponse:
    kind, headers, content = msgspec.msgpack.decode(packed, type=tuple[str, dict[str, str], bytes])
    response = HttpResponse(content, status=status, content_type=kind, headers=headers)
    response["Idempotent-Replayed"] = "true"
    return response


def _empty(response: Any) -> None:
    """Leave the head of an answer only, with the length its body would have had."""
    if isinstance(response, Response):
        response.render()
    response["Content-Length"] = str(len(response.content))
    response.content = b""
