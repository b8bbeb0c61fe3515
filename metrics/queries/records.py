"""Baselines, read-outs and decisions as the API lists them, a page at a time, oldest first."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any
from uuid import UUID

from django.db.models import (
    BooleanField,
    Exists,
    ExpressionWrapper,
    OuterRef,
    Prefetch,
    Q,
    QuerySet,
)

from portfolio.models import Pilot

from ..models import Acknowledgement, Baseline, Metric, PilotOutcome, ReadOut
from .verdicts import WITH_PEOPLE

STATES = {
    "draft": Q(locked_at=None),
    "locked": Q(locked_at__isnull=False, superseded_at=None),
    "superseded": Q(superseded_at__isnull=False),
}


def page_baselines(
    *, pilot: Pilot | None, metric: Metric | None, state: str | None, after: UUID | None, limit: int
) -> list[Baseline]:
    """Return baselines behind a key, with their metric, pilot and people; drafts too."""
    rows = _baselines()
    if pilot is not None:
        rows = rows.filter(target_row__pilot=pilot)
    if metric is not None:
        rows = rows.filter(target_row__metric=metric)
    if state is not None:
        rows = rows.filter(STATES[state])
    return _page(rows, after, limit)


def find_baseline(key: UUID) -> Baseline | None:
    """Return one baseline with its metric, pilot and people; None for an unknown key."""
    found: Baseline | None = _baselines().filter(pk=key).first()
    return found


def _baselines() -> QuerySet[Baseline]:
    return Baseline.objects.select_related(*WITH_PEOPLE, "target_row__metric", "target_row__pilot")


def page_read_outs(
    *,
    pilot: Pilot | None,
    metric: Metric | None,
    week: int | None,
    stands: bool | None,
    after: UUID | None,
    limit: int,
) -> list[ReadOut]:
    """Return versions of read-outs behind a key, as `find_read_out` does, without their inputs."""
    rows = _read_outs().defer("inputs")
    if pilot is not None:
        rows = rows.filter(baseline__target_row__pilot=pilot)
    if metric is not None:
        rows = rows.filter(baseline__target_row__metric=metric)
    if week is not None:
        rows = rows.filter(week=week)
    if stands is not None:
        rows = rows.filter(stands=stands)
    return _page(rows, after, limit)


def find_read_out(key: UUID) -> ReadOut | None:
    """Return one version of a read-out; None for an unknown key.

    With baseline, metric and pilot; `taken_note`: who took note of it, if anybody did; `stands`:
    whether it is the one that counts.
    """
    found: ReadOut | None = _read_outs().filter(pk=key).first()
    return found


def find_standing(targets: Collection[UUID], week: int) -> dict[UUID, UUID]:
    """Return the key of the read-out that stands after a week, by the metric's row in its pilot."""
    rows = _judged().filter(stands=True, week=week, baseline__target_row__in=targets)
    return dict(rows.values_list("baseline__target_row_id", "pk"))


def _read_outs() -> Any:
    notes = Acknowledgement.objects.select_related("member__person")
    return (
        _judged()
        .select_related("baseline__target_row__metric", "baseline__target_row__pilot")
        .prefetch_related(Prefetch("acknowledgements", notes, to_attr="taken_note"))
    )


def _judged() -> Any:
    """Return all versions, each with `stands`.

    Over all baselines of a metric in a pilot, replaced ones too, the newest that waits for nobody.
    """
    taken = Q(waits=False) | Q(acknowledgements__isnull=False)
    newer = Q(baseline__number__gt=OuterRef("baseline__number")) | Q(
        baseline=OuterRef("baseline"), number__gt=OuterRef("number")
    )
    followed = ReadOut.objects.filter(
        taken,
        newer,
        baseline__target_row=OuterRef("baseline__target_row"),
        week=OuterRef("week"),
    )
    stands = ExpressionWrapper(taken & ~Exists(followed), BooleanField())
    return ReadOut.objects.annotate(stands=stands)


def page_outcomes(*, pilot: Pilot | None, after: UUID | None, limit: int) -> list[PilotOutcome]:
    """Return decisions about pilots behind a key, each with its pilot and who decided."""
    rows = PilotOutcome.objects.select_related("pilot", "member__person")
    if pilot is not None:
        rows = rows.filter(pilot=pilot)
    return _page(rows, after, limit)


def _page(rows: QuerySet[Any], after: UUID | None, limit: int) -> list[Any]:
    if after is not None:
        rows = rows.filter(pk__gt=after)
    return list(rows.order_by("pk")[:limit])
