"""The base of every API view: the token opens the tenant, the permission decides."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db import transaction
from django.http import HttpResponse
from rest_framework import exceptions
from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from common.tenancy.context import current_tenant_id

from . import actions, queries
from .rules import Permission, can


class TokenAuthentication(BaseAuthentication):
    """`Authorization: Bearer pfm_<prefix>_<secret>`; the view has opened the tenant already."""

    def authenticate(self, request: Request) -> tuple[None, queries.Client] | None:
        client = getattr(request._request, "client", None)
        return (None, client) if client else None

    def authenticate_header(self, request: Request) -> str:
        return 'Bearer realm="Week Twelve"'


class TenantView(APIView):
    """An API view inside the tenant of its token.

    needs: the permission by method. Every answer names the tenant in `X-Tenant`.
    """

    authentication_classes = (TokenAuthentication,)
    needs: ClassVar[dict[str, Permission]] = {}

    def dispatch(self, request: Any, *args: Any, **kwargs: Any) -> HttpResponse:
        """Open the token's tenant around the view; anything refused is rolled back."""
        prefix, digest = _read_token(request)
        with queries.open_token(prefix=prefix, digest=digest) as client:
            request.client = client
            response = super().dispatch(request, *args, **kwargs)
            if client is not None:
                response["X-Tenant"] = client.tenant.slug
                if response.status_code < 400:
                    actions.touch_token(client=client, now=request.now)
            if response.status_code >= 400 and current_tenant_id() is not None:
                transaction.set_rollback(True)
        return response  # type: ignore[return-value]  # rendered by the handler above

    def check_permissions(self, request: Request) -> None:
        client = request.auth
        if client is None:
            raise exceptions.NotAuthenticated(
                "Send a live token: Authorization: Bearer pfm_..."
            )
        decision = can(client.actor, self.needs[request.method or ""])
        if not decision:
            raise exceptions.PermissionDenied(decision.reason)
        super().check_permissions(request)

    def finalize_response(
        self, request: Request, response: Response, *args: Any, **kwargs: Any
    ) -> Response:
        """Render inside the tenant: a lazy answer would find it closed."""
        response = super().finalize_response(request, response, *args, **kwargs)
        response["Cache-Control"] = "no-store"
        return response


def _read_token(request: Any) -> tuple[str, bytes]:
    """Return prefix and digest of the bearer token; empty ones find nothing."""
    scheme, _, text = get_authorization_header(request).decode("latin-1").partition(" ")
    parts = text.strip().split("_", 2)
    if scheme.lower() != "bearer" or len(parts) != 3 or parts[0] != "pfm":
        return "", b""
    return parts[1], actions.token_digest(text.strip())
