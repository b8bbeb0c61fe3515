"""`/api/v1/verdicts/`: what the board says of each primary metric."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, ClassVar
from uuid import UUID

from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import override
from msgspec import Meta, Struct
from rest_framework.request import Request

from common import paging
from common.openapi import described
from portfolio import queries as portfolio
from portfolio import rules as path
from portfolio.queries import PilotRow
from portfolio.views.rows import chip_of
from tenants.api import TenantView
from tenants.rules import Permission

from ..queries import board, records
from ..queries.board import TargetRow
from .filters import PilotQuery, pilot_of

# The words of the API for chips that pages call otherwise.
WORDS = {"not_enough": "not_enough_evidence"}


class VerdictShape(Struct):
    """What the board says of one primary metric of a pilot."""

    pilot: Annotated[str, Meta(description="Code of the pilot.", examples=["P-01"])]
    pilot_name: str
    week: Annotated[
        int,
        Meta(
            description="The pilot's week now: 1 to 12 on its path, 0 and less before, 13 on after.",
            examples=[15],
        ),
    ]
    metric: Annotated[str, Meta(description="Code of the metric.", examples=["lead-time"])]
    metric_name: str
    slot: Annotated[
        int, Meta(description="1 for the pilot's first primary metric, whose verdict is its own.")
    ]
    verdict: Annotated[
        str,
        Meta(
            description="proven, improved, no_change, worse or not_enough_evidence; before the"
            " read-out of week 12 too_early, and no_baseline while none is locked.",
            examples=["improved"],
        ),
    ]
    sentence: Annotated[
        str,
        Meta(
            description="The same in words, in English.",
            examples=["Late orders on time rose by 8 points."],
        ),
    ]
    read_out: Annotated[
        str | None,
        Meta(description="Address of the read-out of week 12 that stands; null before it."),
    ]


class VerdictList(Struct):
    """A page of verdicts, by pilot and the order of its metrics."""

    tenant: str
    verdicts: list[VerdictShape]
    next_cursor: str | None


class Verdicts(TenantView):
    """What the board says."""

    needs: ClassVar[dict[str, Permission]] = {"GET": Permission.BROWSE}

    @described(summary="List verdicts", tag="Verdicts", query=PilotQuery, answer=VerdictList)
    def get(self, request: Request) -> HttpResponse:
        """One line for each primary metric of each pilot that is not archived."""
        sent = self.query(PilotQuery)
        pilot = pilot_of(sent)
        place = self.place(sent.cursor, 2, sent.pilot)
        lines = [
            (row, target)
            for row, target in _lines()
            if (pilot is None or row.id == pilot.pk)
            and (place is None or _place(row, target) > place)
        ]
        shown, more = lines[: sent.limit], len(lines) > sent.limit
        standing = records.find_standing([target.id for _, target in shown], path.WEEKS)
        with override("en"):
            found = [
                _shape(row, target, read_out=standing.get(target.id), now=self.now)
                for row, target in shown
            ]
        following = paging.write(self.scope(sent.pilot), _place(*shown[-1])) if more else None
        return self.answer(
            VerdictList(tenant=self.client.tenant.slug, verdicts=found, next_cursor=following)
        )


def _lines() -> list[tuple[PilotRow, TargetRow]]:
    """Read the primary metrics of all pilots in use, by pilot and slot."""
    pilots = {row.id: row for row in portfolio.list_board_rows() if row.archived_at is None}
    found = [
        (pilots[target.pilot_id], target)
        for target in board.read_targets().in_use
        if target.role == "primary" and target.pilot_id in pilots
    ]
    return sorted(found, key=lambda line: _place(*line))


def _place(pilot: PilotRow, target: TargetRow) -> list[str | int]:
    return [pilot.code, target.slot or 0]


def _shape(
    pilot: PilotRow, target: TargetRow, *, read_out: UUID | None, now: datetime
) -> VerdictShape:
    chip, sentence = chip_of([target])
    today = path.local_day(now, pilot.zone)
    return VerdictShape(
        pilot=pilot.code,
        pilot_name=pilot.name,
        week=path.week_number(start_date=pilot.start_date, day=today),
        metric=target.code,
        metric_name=target.name,
        slot=target.slot or 0,
        verdict=WORDS.get(chip, chip),
        sentence=sentence,
        read_out=reverse("api:read_out", args=[read_out]) if read_out else None,
    )
