"""Pilots, sites and vendors under `/api/v1/`."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any, ClassVar

from django.http import Http404, HttpResponse
from django.urls import reverse
from msgspec import UNSET, Meta, Struct, UnsetType
from rest_framework.request import Request

from common import characters, paging
from common.errors import Refused
from common.openapi import IDEMPOTENCY_KEY, IF_MATCH, described
from common.paging import ArchivedQuery
from common.problems import Invalid
from metrics.queries import lists as metrics
from tenants.api import TenantView
from tenants.rules import Permission

from . import actions, queries
from .models import CODE, Pilot, Site, Vendor


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


Code = Annotated[str, Meta(pattern=CODE, max_length=20)]
Name = Annotated[
    str,
    Meta(
        pattern=r"^[^\u0000]*[^\s\u0000][^\u0000]*$",
        max_length=200,
        description="One line, without control and invisible characters.",
    ),
]
Text = Annotated[
    str,
    Meta(
        pattern=r"^[^\u0000]*$",
        max_length=5_000,
        description="Without control and invisible characters; line breaks and tabs are fine.",
    ),
]
# Texts of a pilot, and whether they have several lines.
TEXTS = {"name": False, "use_case": True, "goal": True}
SiteCode = Annotated[Code, Meta(description="Code of the site.")]
VendorCode = Annotated[Code, Meta(description="Code of the vendor.")]


class PilotBody(Struct, forbid_unknown_fields=True, omit_defaults=True):
    """A new pilot."""

    name: Name
    site: SiteCode
    start_date: date
    code: Annotated[Code, Meta(description="Empty for the next number.")] | None = None
    use_case: Text = ""
    goal: Text = ""
    vendor: VendorCode | None = None
    go_live_date: date | None = None


class PilotPatch(Struct, forbid_unknown_fields=True, omit_defaults=True):
    """What changes of a pilot; a field left out stays as it is."""

    name: Name | UnsetType = UNSET
    site: SiteCode | UnsetType = UNSET
    start_date: date | UnsetType = UNSET
    use_case: Text | UnsetType = UNSET
    goal: Text | UnsetType = UNSET
    vendor: VendorCode | UnsetType | None = UNSET
    go_live_date: date | UnsetType | None = UNSET


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


class VendorShape(Struct):
    """One vendor of AI."""

    code: str
    name: str
    archived_at: datetime | None
    version: int


class VendorList(Struct):
    """A page of vendors, by code."""

    tenant: str
    vendors: list[VendorShape]
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


class PilotView(TenantView):
    """Answers with one pilot."""

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


class Pilots(PilotView):
    """The pilots of the tenant."""

    needs: ClassVar[dict[str, Permission]] = {
        "GET": Permission.BROWSE,
        "POST": Permission.CREATE_PILOT,
    }

    @described(summary="List pilots", tag="Pilots", query=ArchivedQuery, answer=PilotList)
    def get(self, request: Request) -> HttpResponse:
        """By code; those in work only, unless `archived` is true."""
        sent = self.query(ArchivedQuery)
        rows, following = paging.page_by_code(self, sent, queries.page_pilots)
        targets = metrics.list_targets([pilot.id for pilot in rows])
        return self.answer(
            PilotList(
                tenant=self.client.tenant.slug,
                pilots=[shape(pilot, targets) for pilot in rows],
                next_cursor=following,
            )
        )

    @described(
        summary="Create a pilot",
        tag="Pilots",
        body={"application/json": PilotBody},
        answer=PilotAnswer,
        status=201,
        problems={409: "A rule says no: the code is taken, the site unknown; see `code`."},
        headers=[IDEMPOTENCY_KEY],
    )
    def post(self, request: Request) -> HttpResponse:
        """Its people, metrics and targets are set on its page; `Location` is its address."""
        sent = self.body(PilotBody)
        _check_texts(sent)
        pilot = actions.add_pilot(
            code=sent.code or "",
            name=sent.name.strip(),
            use_case=sent.use_case,
            goal=sent.goal,
            site=_site(sent.site),
            vendor=_vendor(sent.vendor),
            start_date=sent.start_date,
            go_live_date=sent.go_live_date,
            by=self.client,
            now=self.now,
        )
        return self.show(pilot.code, status=201, location=reverse("api:pilot", args=[pilot.code]))


class OnePilot(PilotView):
    """One pilot by its code."""

    needs: ClassVar[dict[str, Permission]] = {
        "GET": Permission.BROWSE,
        "PATCH": Permission.EDIT_PILOT,
    }

    @described(
        summary="Read a pilot", tag="Pilots", answer=PilotAnswer, path={"code": "The pilot's code."}
    )
    def get(self, request: Request, code: str) -> HttpResponse:
        """With its parties, metrics and targets; the ETag is what `If-Match` takes."""
        return self.show(code)

    @described(
        summary="Change a pilot",
        tag="Pilots",
        body={"application/json": PilotPatch, "application/merge-patch+json": PilotPatch},
        answer=PilotAnswer,
        problems={
            409: "A rule says no: the pilot is archived, the site unknown; see `code`.",
            412: "Somebody changed the pilot since you read it.",
            428: "If-Match is missing.",
        },
        headers=[IF_MATCH, IDEMPOTENCY_KEY],
        path={"code": "The pilot's code."},
    )
    def patch(self, request: Request, code: str) -> HttpResponse:
        """Fields left out stay; `null` empties the vendor and the go-live date."""
        version = self.expect_version()
        sent = self.body(PilotPatch)
        _check_texts(sent)
        pilot = queries.find_pilot(code)
        if pilot is None:
            raise Http404
        actions.change_pilot(
            pilot=pilot,
            version=version,
            name=_or(sent.name, pilot.name).strip(),
            use_case=_or(sent.use_case, pilot.use_case),
            goal=_or(sent.goal, pilot.goal),
            site=pilot.site if sent.site is UNSET else _site(sent.site),
            vendor=pilot.vendor if sent.vendor is UNSET else _vendor(sent.vendor),
            start_date=_or(sent.start_date, pilot.start_date),
            go_live_date=_or(sent.go_live_date, pilot.go_live_date),
            by=self.client,
        )
        return self.show(code)


def _or(sent: Any, standing: Any) -> Any:
    """Return what was sent, or what stands when it was left out."""
    return standing if sent is UNSET else sent


def _check_texts(sent: PilotBody | PilotPatch) -> None:
    """Raise a 400 that names every text with a character that nobody can see."""
    found = {
        field: characters.refusal(_or(getattr(sent, field), ""), lines=lines)
        for field, lines in TEXTS.items()
    }
    errors = [
        {"field": field, "code": "wrong_value", "detail": words}
        for field, words in found.items()
        if words
    ]
    if errors:
        raise Invalid("The body has errors.", code="bad_body", errors=errors)


def _site(code: str) -> Site:
    found = queries.find_site(code)
    if found is None:
        raise Refused(f"There is no site '{code}'.", code="unknown_site", field="site")
    return found


def _vendor(code: str | None) -> Vendor | None:
    if code is None:
        return None
    found = queries.find_vendor(code)
    if found is None:
        raise Refused(f"There is no vendor '{code}'.", code="unknown_vendor", field="vendor")
    return found


class Sites(TenantView):
    """The sites of the tenant."""

    needs: ClassVar[dict[str, Permission]] = {"GET": Permission.BROWSE}

    @described(summary="List sites", tag="Sites and sources", query=ArchivedQuery, answer=SiteList)
    def get(self, request: Request) -> HttpResponse:
        """By code, with the time zone of each."""
        sent = self.query(ArchivedQuery)
        rows, following = paging.page_by_code(self, sent, queries.page_sites)
        return self.answer(
            SiteList(
                tenant=self.client.tenant.slug,
                sites=[
                    SiteShape(one.code, one.name, one.zone, one.archived_at, one.version)
                    for one in rows
                ],
                next_cursor=following,
            )
        )


class Vendors(TenantView):
    """The vendors of the tenant."""

    needs: ClassVar[dict[str, Permission]] = {"GET": Permission.BROWSE}

    @described(
        summary="List vendors", tag="Sites and sources", query=ArchivedQuery, answer=VendorList
    )
    def get(self, request: Request) -> HttpResponse:
        """By code."""
        sent = self.query(ArchivedQuery)
        rows, following = paging.page_by_code(self, sent, queries.page_vendors)
        return self.answer(
            VendorList(
                tenant=self.client.tenant.slug,
                vendors=[
                    VendorShape(one.code, one.name, one.archived_at, one.version) for one in rows
                ],
                next_cursor=following,
            )
        )
