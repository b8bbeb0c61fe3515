"""`/api/v1/read-outs/`: every version of every read-out, and what it was computed from."""

from __future__ import annotations

from datetime import datetime
from functools import partial
from typing import Annotated, Any, ClassVar, Literal
from uuid import UUID

from django.http import Http404, HttpResponse
from msgspec import Meta, Struct
from rest_framework.request import Request

from common import paging
from common.openapi import described
from tenants.api import TenantView
from tenants.rules import Permission

from ..models import ReadOut
from ..queries import records
from ..rules.verdict.words import Grain
from .filters import PilotMetricQuery, metric_of, pilot_of

Number = Annotated[float | None, Meta(description="In the metric's unit; null where unknown.")]
Names = Annotated[list[str], Meta(description="Names of guards.")]


class NoteShape(Struct):
    """Who took note of a changed read-out, when and why it changed."""

    by: str
    at: datetime
    reason: str


class ReadOutShape(Struct):
    """One version of the read-out of one metric after a week of its pilot. It never changes."""

    id: UUID
    pilot: Annotated[str, Meta(description="Code of the pilot.", examples=["P-01"])]
    metric: Annotated[str, Meta(description="Code of the metric.", examples=["lead-time"])]
    baseline: Annotated[UUID, Meta(description="Id of the baseline it rests on.")]
    baseline_number: int
    week: Annotated[int, Meta(description="12, or a later look: 16, 24", examples=[12])]
    number: Annotated[int, Meta(description="1, then one more for every correction.")]
    due_at: datetime
    as_of: Annotated[datetime, Meta(description="When its figures were read.")]
    word: Annotated[
        str,
        Meta(
            description="improved, worse, no_change_detected or not_enough_evidence",
            examples=["improved"],
        ),
    ]
    reasons: Annotated[
        list[str],
        Meta(
            description="Why the word is not improved or worse, in codes.",
            examples=[["interval_too_wide"]],
        ),
    ]
    refused: Annotated[
        str | None, Meta(description="Why the engine could not take the figures, in a sentence.")
    ]
    unit: str
    effect: Number
    interval: Annotated[
        Annotated[list[float], Meta(min_length=2, max_length=2)] | None,
        Meta(description="The effect lies in it, 95 % sure.", examples=[[-2.5, -0.5]]),
    ]
    level: Annotated[
        str,
        Meta(
            description="A: against a comparison line; B: own history; C: plain before and after.",
            examples=["B"],
        ),
    ]
    grain: Annotated[str, Meta(description="week or day: what was compared.", examples=["week"])]
    target: Annotated[
        str | None, Meta(description="met, on_target_not_sure, not_met; null without a reading")
    ]
    flags: Annotated[list[str], Meta(description="What else a reader should know, in codes.")]
    guards: Names
    guards_missed: Annotated[list[str], Meta(description="A measured week was on the wrong side.")]
    guards_unknown: Annotated[list[str], Meta(description="Too few measured weeks have figures.")]
    guards_open: Annotated[list[str], Meta(description="Nobody agreed to the target.")]
    before: Annotated[float | None, Meta(description="Raw value of the baseline's weeks.")]
    after: Annotated[float | None, Meta(description="Raw value of the measured weeks.")]
    first_week: Annotated[int, Meta(description="The pilot's first measured week.", examples=[9])]
    last_week: Annotated[int, Meta(description="The pilot's last measured week.", examples=[12])]
    waits: Annotated[
        bool,
        Meta(description="Word or side are another than before, and nobody took note of it."),
    ]
    acknowledged: NoteShape | None
    stands: Annotated[
        bool,
        Meta(
            description="Of the versions of a metric in a pilot and a week, over all baselines, the"
            " newest that waits for nobody."
        ),
    ]
    engine: Annotated[str, Meta(description="Version of the engine that computed it.")]
    digest: Annotated[str, Meta(description="SHA-256 of the inputs, as hex.")]


class ReadOutAnswer(Struct):
    """One version with what it was computed from and what that gave.

    `inputs`, `digest` and `result` are what `python manage.py replay FILE.json` computes again;
    this answer, saved as it is, is such a file.
    """

    tenant: str
    read_out: ReadOutShape
    inputs: Annotated[str, Meta(description="The exact text that the digest is of: JSON.")]
    digest: str
    result: dict[str, Any]


class ReadOutList(Struct):
    """A page of versions of read-outs, oldest first."""

    tenant: str
    read_outs: list[ReadOutShape]
    next_cursor: str | None


class ReadOutQuery(PilotMetricQuery, kw_only=True):
    """Which versions."""

    week: Annotated[Literal[12, 16, 24], Meta(description="After which week.")] | None = None
    stands: (
        Annotated[bool, Meta(description="true: only those that stand; false: only the others.")]
        | None
    ) = None


class ReadOuts(TenantView):
    """The read-outs of the tenant."""

    needs: ClassVar[dict[str, Permission]] = {"GET": Permission.READ_METRICS}

    @described(summary="List read-outs", tag="Verdicts", query=ReadOutQuery, answer=ReadOutList)
    def get(self, request: Request) -> HttpResponse:
        """Every version, also those that corrected figures or another baseline followed."""
        sent = self.query(ReadOutQuery)
        find = partial(
            records.page_read_outs,
            pilot=pilot_of(sent),
            metric=metric_of(sent),
            week=sent.week,
            stands=sent.stands,
        )
        filters = (sent.pilot, sent.metric, sent.week, sent.stands)
        rows, following = paging.page_by_key(self, sent, filters, find)
        return self.answer(
            ReadOutList(
                tenant=self.client.tenant.slug,
                read_outs=[_shape(one) for one in rows],
                next_cursor=following,
            )
        )


class OneReadOut(TenantView):
    """One version of a read-out by its id."""

    needs: ClassVar[dict[str, Permission]] = {"GET": Permission.READ_METRICS}

    @described(
        summary="Read a read-out", tag="Verdicts", answer=ReadOutAnswer, key="The version's id."
    )
    def get(self, request: Request, key: UUID) -> HttpResponse:
        """With its exact inputs and results, to be computed again anywhere."""
        found = records.find_read_out(key)
        if found is None:
            raise Http404
        shape = _shape(found)
        body = ReadOutAnswer(
            tenant=self.client.tenant.slug,
            read_out=shape,
            inputs=found.inputs,
            digest=shape.digest,
            result=found.result,
        )
        return self.answer(body)


# What stands in a result under the same name.
TOLD = (
    "reasons",
    "effect",
    "interval",
    "level",
    "target",
    "flags",
    "guards",
    "guards_missed",
    "guards_unknown",
    "guards_open",
    "before",
    "after",
    "first_week",
    "last_week",
)


def _shape(found: Any) -> ReadOutShape:
    """Return a version as the API shows it, from a row as `records.find_read_out` has it."""
    read_out: ReadOut = found
    row, result = read_out.baseline.target_row, read_out.result
    [note] = found.taken_note or [None]
    return ReadOutShape(
        id=read_out.pk,
        pilot=row.pilot.code,
        metric=row.metric.code,
        baseline=read_out.baseline_id,
        baseline_number=read_out.baseline.number,
        week=read_out.week,
        number=read_out.number,
        due_at=read_out.due_at,
        as_of=read_out.as_of,
        word=read_out.word,
        refused=result.get("refused"),
        grain=result.get("grain", Grain.WEEK),
        unit=row.metric.unit,
        waits=read_out.waits and note is None,
        acknowledged=NoteShape(note.member.person.name, note.at, note.reason) if note else None,
        stands=found.stands,
        engine=read_out.engine,
        digest=bytes(read_out.digest).hex(),
        **{name: result[name] for name in TOLD},
    )
