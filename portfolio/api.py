"""Pilots and sites under `/api/v1/`."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, ClassVar

from django.http import Http404, HttpResponse
from msgspec import Meta, Struct
from rest_framework.request import Request

from common import paging
from common.openapi import described
from common.paging import ArchivedQuery
from metrics.queries import lists as metrics
from tenants.api import TenantView
from tenants.rules import Permission

from . import queries
from .models import Pilot


class PartyShape(Struct):
    """Who has which part in a pilot."""

    part: str
    name: str


class TargetShape(Struct):
    """A metric in a pilot and its target."""

    metric: Annotated[str, Meta(description="Code of the metric.")]
    role: Annotated[str, Meta(description="primary, guard or health")]
    comparison: Annotated[str, Meta(description="lt, le, gt, ge; empty without a target")]
    target: float | None
    agreed_at: datetime | None


class PilotShape(Struct):
    """One pilot."""

    code: str
    name: str
    use_case: str
    goal: str
    site: Annotated[str, Meta(description="Code of the site.")]
    vendor: Annotated[str | None, Meta(description="Code of the vendor.")]
    start_date: date
    go_live_date: date | None
    archived_at: datetime | None
    created_at: datetime
    version: int
    parties: list[PartyShape]
    metrics: list[TargetShape]


class PilotAnswer(Struct):
    """One pilot of a tenant."""

    tenant: str
    pilot: PilotShape


class PilotList(Struct):
    """A page of pilots, by code."""

    tenant: str
    pilots: list[PilotShape]
    next_cursor: str | None


class SiteShape(Struct):
    """One site; its zone cuts the weeks of its metrics."""

    code: str
    name: str
    zone: str
    archived_at: datetime | None
    version: int


class SiteList(Struct):
    """A page of sites, by code."""

    tenant: str
    sites: list[SiteShape]
    next_cursor: str | None


def shape(pilot: Pilot, targets: dict[object, list[metrics.Target]]) -> PilotShape:
    """Return a pilot as the API shows it. Loaded: site, vendor, parties with person."""
    return PilotShape(
        code=pilot.code,
        name=pilot.name,
        use_case=pilot.use_case,
        goal=pilot.goal,
        site=pilot.site.code,
        vendor=pilot.vendor.code if pilot.vendor else None,
        start_date=pilot.start_date,
        go_live_date=pilot.go_live_date,
        archived_at=pilot.archived_at,
        created_at=pilot.created_at,
        version=pilot.version,
        parties=[PartyShape(one.part, one.person.name) for one in pilot.parties.all()],
        metrics=[
            TargetShape(one.metric, one.role, one.comparison, one.target, one.agreed_at)
            for one in targets.get(pilot.id, [])
        ],
    )


class Pilots(TenantView):
    """The pilots of the tenant."""

    needs: ClassVar[dict[str, Permission]] = {"GET": Permission.BROWSE}

    @described(summary="List pilots", tag="Pilots", query=ArchivedQuery, answer=PilotList)
    def get(self, request: Request) -> HttpResponse:
        """By code; those in work only, unless `archived` is true."""
        sent = self.query(ArchivedQuery)
        place = self.place(sent.cursor, 1, sent.archived)
        found = queries.page_pilots(
            after=place[0] if place else "", archived=sent.archived, limit=sent.limit + 1
        )
        rows = found[: sent.limit]
        targets = metrics.list_targets([pilot.id for pilot in rows])
        return self.answer(
            PilotList(
                tenant=self.client.tenant.slug,
                pilots=[shape(pilot, targets) for pilot in rows],
                next_cursor=paging.write(self.scope(sent.archived), [rows[-1].code])
                if len(found) > sent.limit
                else None,
            )
        )


class OnePilot(TenantView):
    """One pilot by its code."""

    needs: ClassVar[dict[str, Permission]] = {"GET": Permission.BROWSE}

    @described(
        summary="Read a pilot", tag="Pilots", answer=PilotAnswer, path={"code": "The pilot's code."}
    )
    def get(self, request: Request, code: str) -> HttpResponse:
        """With its parties, metrics and targets; the ETag is what `If-Match` takes."""
        return self.show(code)

    def show(self, code: str, status: int = 200, location: str = "") -> HttpResponse:
        """Answer with the pilot as it stands."""
        pilot = queries.find_pilot(code)
        if pilot is None:
            raise Http404
        body = PilotAnswer(
            tenant=self.client.tenant.slug,
            pilot=shape(pilot, metrics.list_targets([pilot.id])),
        )
        return self.answer(body, status=status, version=pilot.version, location=location)


class Sites(TenantView):
    """The sites of the tenant."""

    needs: ClassVar[dict[str, Permission]] = {"GET": Permission.BROWSE}

    @described(summary="List sites", tag="Sites and sources", query=ArchivedQuery, answer=SiteList)
    def get(self, request: Request) -> HttpResponse:
        """By code, with the time zone of each."""
        sent = self.query(ArchivedQuery)
        place = self.place(sent.cursor, 1, sent.archived)
        found = queries.page_sites(
            after=place[0] if place else "", archived=sent.archived, limit=sent.limit + 1
        )
        rows = found[: sent.limit]
        return self.answer(
            SiteList(
                tenant=self.client.tenant.slug,
                sites=[
                    SiteShape(one.code, one.name, one.zone, one.archived_at, one.version)
                    for one in rows
                ],
                next_cursor=paging.write(self.scope(sent.archived), [rows[-1].code])
                if len(found) > sent.limit
                else None,
            )
        )
