"""The rival's endpoint."""

from __future__ import annotations

from typing import ClassVar

from rest_framework.parsers import JSONParser
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from tenants.api import TenantView
from tenants.rules import Permission

from .serializers import MeasurementSerializer


class Measurements(TenantView):
    """Store measurements by serializer."""

    needs: ClassVar[dict[str, Permission]] = {"POST": Permission.SYNC_MEASUREMENTS}
    parser_classes = (JSONParser,)
    renderer_classes = (JSONRenderer,)

    def post(self, request: Request) -> Response:
        """Take a batch whole or not at all."""
        serializer = MeasurementSerializer(
            data=request.data["measurements"],
            many=True,
            context={"actor": request.auth.audit_name},
        )
        serializer.is_valid(raise_exception=True)
        return Response({"created": len(serializer.save())})
