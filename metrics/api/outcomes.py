"""`/api/v1/outcomes/`: what was decided about each pilot, by whom, and on what."""

from __future__ import annotations

from datetime import datetime
from functools import partial
from typing import Annotated, Any, ClassVar
from uuid import UUID

from django.http import HttpResponse
from msgspec import Meta, Struct
from rest_framework.request import Request

from common import paging
from common.openapi import described
from tenants.api import TenantView
from tenants.rules import Permission

from ..models import PilotOutcome
from ..queries import records
from .filters import PilotQuery, pilot_of


class EvidenceShape(Struct):
    """A read-out that stood when somebody decided."""

    id: Annotated[UUID, Meta(description="Of the read-out.")]
    metric: Annotated[str, Meta(description="Code of the metric.")]
    week: int
    number: Annotated[int, Meta(description="Of the version.")]
    word: str
    digest: Annotated[str, Meta(description="SHA-256 of its inputs, as hex.")]


class OutcomeShape(Struct):
    """One decision about a pilot. It never changes; a later one follows it."""

    id: UUID
    pilot: Annotated[str, Meta(description="Code of the pilot.", examples=["P-01"])]
    number: Annotated[int, Meta(description="1 for the pilot's first.")]
    word: Annotated[str, Meta(description="graduate, extend or stop", examples=["graduate"])]
    until_week: Annotated[
        int | None, Meta(description="Of an extension: read out anew after this week.")
    ]
    reason: str
    by: str
    at: datetime
    evidence: list[EvidenceShape]


class OutcomeList(Struct):
    """A page of decisions about pilots, oldest first."""

    tenant: str
    outcomes: list[OutcomeShape]
    next_cursor: str | None


class Outcomes(TenantView):
    """The decisions about pilots."""

    needs: ClassVar[dict[str, Permission]] = {"GET": Permission.BROWSE}

    @described(summary="List outcomes", tag="Verdicts", query=PilotQuery, answer=OutcomeList)
    def get(self, request: Request) -> HttpResponse:
        """Every decision; of a pilot the last one counts."""
        sent = self.query(PilotQuery)
        find = partial(records.page_outcomes, pilot=pilot_of(sent))
        rows, following = paging.page_by_key(self, sent, (sent.pilot,), find)
        return self.answer(
            OutcomeList(
                tenant=self.client.tenant.slug,
                outcomes=[_shape(one) for one in rows],
                next_cursor=following,
            )
        )


def _shape(found: PilotOutcome) -> OutcomeShape:
    """Return a decision as the API shows it. Loaded: pilot and who decided."""
    return OutcomeShape(
        id=found.pk,
        pilot=found.pilot.code,
        number=found.number,
        word=found.word,
        until_week=found.until_week,
        reason=found.reason,
        by=found.member.person.name,
        at=found.at,
        evidence=[_kept(**one) for one in found.evidence],
    )


def _kept(version: int, **rest: Any) -> EvidenceShape:
    return EvidenceShape(number=version, **rest)
