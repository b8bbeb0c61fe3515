"""The gates of pilots under `/api/v1/`, and entering production."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Annotated, ClassVar

from django.http import Http404, HttpResponse
from msgspec import Meta, Struct
from rest_framework.request import Request

from common import paging
from common.openapi import IDEMPOTENCY_KEY, described
from common.paging import ArchivedQuery
from portfolio import queries as portfolio
from tenants.api import TenantView
from tenants.rules import Permission

from . import actions, queries
from .rules.states import Code


class GateShape(Struct):
    """How one gate of a pilot stands."""

    gate: Annotated[
        str,
        Meta(
            description="data, accuracy, failure, integration, cost, ownership", examples=["data"]
        ),
    ]
    state: Annotated[
        str,
        Meta(
            description="not_started, in_progress, submitted, changes_requested, passed, waived,"
            " reopened"
        ),
    ]
    until: Annotated[
        date | None, Meta(description="Last day on which a pass or a waiver holds; null: no end.")
    ]


class PilotGates(Struct):
    """The six gates of a pilot, in their order."""

    pilot: Annotated[str, Meta(description="Code of the pilot.", examples=["P-01"])]
    in_production_since: date | None
    gates: list[GateShape]


class GateList(Struct):
    """A page of pilots with their gates, by code."""

    tenant: str
    pilots: list[PilotGates]
    next_cursor: str | None


class ProductionAnswer(Struct):
    """A pilot that is in production."""

    tenant: str
    pilot: PilotGates


class Gates(TenantView):
    """How the gates of every pilot stand."""

    needs: ClassVar[dict[str, Permission]] = {"GET": Permission.BROWSE}

    @described(summary="List gates", tag="Gates", query=ArchivedQuery, answer=GateList)
    def get(self, request: Request) -> HttpResponse:
        """By the pilot's code; of pilots in work only, unless `archived` is true."""
        sent = self.query(ArchivedQuery)
        rows, following = paging.page_by_code(self, sent, portfolio.page_pilots)
        states, entered = queries.map_states(), queries.map_production()
        return self.answer(
            GateList(
                tenant=self.client.tenant.slug,
                pilots=[
                    _shape(one.code, states.get(one.pk, {}), entered.get(one.pk)) for one in rows
                ],
                next_cursor=following,
            )
        )


class EnterProduction(TenantView):
    """Puts a pilot into production."""

    needs: ClassVar[dict[str, Permission]] = {"POST": Permission.ENTER_PRODUCTION}

    @described(
        summary="Put a pilot into production",
        tag="Gates",
        answer=ProductionAnswer,
        problems={
            409: "A gate is neither passed nor waived, or the pilot is archived. `errors` lists"
            " each such gate."
        },
        headers=[IDEMPOTENCY_KEY],
        path={"code": "The pilot's code."},
    )
    def post(self, request: Request, code: str) -> HttpResponse:
        """Refused while any of its six gates is neither passed nor waived; again changes nothing."""
        pilot = portfolio.find_pilot(code)
        if pilot is None:
            raise Http404
        found = actions.enter_production(pilot=pilot, by=self.client, now=self.now)
        states = queries.map_states(pilot).get(pilot.pk, {})
        body = ProductionAnswer(
            tenant=self.client.tenant.slug, pilot=_shape(code, states, found.entered_on)
        )
        return self.answer(body)


def _shape(
    code: str, states: Mapping[Code, queries.Standpoint], entered_on: date | None
) -> PilotGates:
    return PilotGates(
        pilot=code,
        in_production_since=entered_on,
        gates=[
            GateShape(gate=one.code, state=one.state, until=one.until)
            for one in queries.all_six(states)
        ],
    )
