"""`/api/v1/baselines/`: what each metric of a pilot was before it, and what was agreed."""

from __future__ import annotations

from datetime import date, datetime
from functools import partial
from typing import Annotated, ClassVar, Literal
from uuid import UUID

from django.http import Http404, HttpResponse
from msgspec import Meta, Struct
from rest_framework.request import Request

from common import paging
from common.openapi import described
from tenants.api import TenantView
from tenants.rules import Permission

from ..models import Baseline
from ..queries import records
from ..rules.weeks import monday
from .filters import PilotMetricQuery, metric_of, pilot_of


class BaselineWeekShape(Struct):
    """One week or day that a baseline was made of."""

    week: Annotated[date, Meta(description="Its Monday; with daily grain the day itself.")]
    numerator: Annotated[float | None, Meta(description="Null for a median.")]
    denominator: float
    value: float


class SeasonShape(Struct):
    """How far a usual year swings, as a named person stated it."""

    swing: Annotated[float, Meta(description="Peak to trough, in the metric's unit.")]
    by: str
    at: datetime


class LockShape(Struct):
    """Who locked a baseline, and when."""

    by: str
    at: datetime
    late_week: Annotated[
        int | None, Meta(description="The pilot's week when that was after week 3.")
    ]


class ReplacedShape(Struct):
    """Who replaced a locked baseline, when and why."""

    by: str
    at: datetime
    reason: str


class BaselineShape(Struct):
    """The baseline of one metric in one pilot. What is fixed by the lock is null in a draft."""

    id: UUID
    pilot: Annotated[str, Meta(description="Code of the pilot.", examples=["P-01"])]
    metric: Annotated[str, Meta(description="Code of the metric.", examples=["lead-time"])]
    number: Annotated[int, Meta(description="1 for the first; one more each time it is replaced.")]
    state: Annotated[str, Meta(description="draft, locked or superseded", examples=["locked"])]
    level: Annotated[
        str | None,
        Meta(
            description="A: against a comparison line; B: own history; C: plain before and after.",
            examples=["B"],
        ),
    ]
    grain: Annotated[str, Meta(description="week or day: what is compared.", examples=["week"])]
    unit: Annotated[str, Meta(description="Of all values here.", examples=["days"])]
    value: Annotated[
        float | None, Meta(description="All weeks or days used, pooled.", examples=[4.5])
    ]
    weeks_used: Annotated[int | None, Meta(description="Null with daily grain.")]
    days_used: Annotated[int | None, Meta(description="Null unless with daily grain.")]
    first_week: Annotated[date | None, Meta(description="Monday of the first week used.")]
    last_week: Annotated[date | None, Meta(description="Monday of the last week used.")]
    target: float | None
    side: Annotated[
        str | None, Meta(description="Side of the target: lt, le, gt, ge", examples=["lt"])
    ]
    matters: Annotated[float, Meta(description="The smallest change that matters, above 0.")]
    season: SeasonShape | None
    comparison: Annotated[str | None, Meta(description="Code of the metric compared with.")]
    maturity_days: Annotated[int, Meta(description="From the end of a week to its read-out.")]
    locked: LockShape | None
    superseded: ReplacedShape | None


class BaselineAnswer(Struct):
    """One baseline, with the weeks or days it was made of, oldest first; a draft has none yet."""

    tenant: str
    baseline: BaselineShape
    weeks: list[BaselineWeekShape]


class BaselineList(Struct):
    """A page of baselines, oldest first."""

    tenant: str
    baselines: list[BaselineShape]
    next_cursor: str | None


class BaselineQuery(PilotMetricQuery, kw_only=True):
    """Which baselines."""

    state: (
        Annotated[
            Literal["draft", "locked", "superseded"],
            Meta(description="Only those that are a draft, in force, or replaced."),
        ]
        | None
    ) = None


class Baselines(TenantView):
    """The baselines of the tenant."""

    needs: ClassVar[dict[str, Permission]] = {"GET": Permission.READ_METRICS}

    @described(summary="List baselines", tag="Verdicts", query=BaselineQuery, answer=BaselineList)
    def get(self, request: Request) -> HttpResponse:
        """Every baseline there ever was, drafts and replaced ones too."""
        sent = self.query(BaselineQuery)
        find = partial(
            records.page_baselines, pilot=pilot_of(sent), metric=metric_of(sent), state=sent.state
        )
        filters = (sent.pilot, sent.metric, sent.state)
        rows, following = paging.page_by_key(self, sent, filters, find)
        return self.answer(
            BaselineList(
                tenant=self.client.tenant.slug,
                baselines=[_shape(one) for one in rows],
                next_cursor=following,
            )
        )


class OneBaseline(TenantView):
    """One baseline by its id."""

    needs: ClassVar[dict[str, Permission]] = {"GET": Permission.READ_METRICS}

    @described(
        summary="Read a baseline", tag="Verdicts", answer=BaselineAnswer, key="The baseline's id."
    )
    def get(self, request: Request, key: UUID) -> HttpResponse:
        """With the weeks or days it was made of, as they were locked."""
        found = records.find_baseline(key)
        if found is None:
            raise Http404
        body = BaselineAnswer(
            tenant=self.client.tenant.slug, baseline=_shape(found), weeks=_weeks(found)
        )
        return self.answer(body)


def _weeks(found: Baseline) -> list[BaselineWeekShape]:
    rows = found.weeks or []
    return [BaselineWeekShape(date.fromisoformat(day), *rest) for day, *rest in sorted(rows)]


def _shape(found: Baseline) -> BaselineShape:
    """Return a baseline as the API shows it. Loaded: metric, pilot, comparison and people."""
    row, weeks = found.target_row, _weeks(found)
    used, daily = len(weeks) or None, found.grain == Baseline.Grain.DAY
    return BaselineShape(
        id=found.pk,
        pilot=row.pilot.code,
        metric=row.metric.code,
        number=found.number,
        state=found.state,
        level=found.level or None,
        grain=found.grain,
        unit=row.metric.unit,
        value=found.value,
        weeks_used=None if daily else used,
        days_used=used if daily else None,
        first_week=monday(weeks[0].week) if weeks else None,
        last_week=monday(weeks[-1].week) if weeks else None,
        target=found.target,
        side=found.side or None,
        matters=found.matters,
        season=_season(found),
        comparison=found.comparison.code if found.comparison else None,
        maturity_days=found.maturity_days,
        locked=_locked(found),
        superseded=_superseded(found),
    )


def _season(found: Baseline) -> SeasonShape | None:
    by, at, swing = found.season_by, found.season_at, found.season_swing
    if by is None or at is None or swing is None:
        return None
    return SeasonShape(swing, by.person.name, at)


def _locked(found: Baseline) -> LockShape | None:
    by, at = found.locked_by, found.locked_at
    return LockShape(by.person.name, at, found.late_week) if by and at else None


def _superseded(found: Baseline) -> ReplacedShape | None:
    by, at = found.superseded_by, found.superseded_at
    return ReplacedShape(by.person.name, at, found.superseded_reason) if by and at else None
