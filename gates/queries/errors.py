"""Every read of classes of error and of readings, and what they say in words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from uuid import UUID

from django.db.models import Prefetch
from django.shortcuts import get_object_or_404

from common import formats
from portfolio.models import Pilot

from ..models import AccuracyReading, ErrorClass, ErrorCount
from ..rules import errors as rules
from ..rules.errors import Count, Dataset, Word


@dataclass(frozen=True, slots=True)
class Line:
    """One class of error in use, with the newest count on each set of data; None where none is."""

    row: ErrorClass
    live: Count | None
    curated: Count | None
    day: date

    @property
    def word(self) -> Word:
        """Return what the newest live count shows today."""
        return rules.judge(self.live, self.row.tolerated, day=self.day)

    @property
    def live_cost(self) -> Decimal | None:
        """Return the money that it costs in 1 000 live decisions; None before it was read."""
        return rules.cost_per_thousand(self.live, self.row.cost) if self.live else None

    @property
    def curated_cost(self) -> Decimal | None:
        return rules.cost_per_thousand(self.curated, self.row.cost) if self.curated else None

    @property
    def drop(self) -> float | None:
        """Return by how much errors of it are more on live data, as a share; None without both."""
        return self.live.rate - self.curated.rate if self.live and self.curated else None


@dataclass(frozen=True, slots=True)
class Total:
    """All classes of a pilot together.

    accuracy: share of right decisions; cost: in 1 000 decisions, money. Both None until every class
    was counted. drop: curated accuracy less live accuracy, share.
    """

    live_accuracy: float | None
    curated_accuracy: float | None
    live_cost: Decimal | None
    curated_cost: Decimal | None

    @property
    def drop(self) -> float | None:
        if self.live_accuracy is None or self.curated_accuracy is None:
            return None
        return self.curated_accuracy - self.live_accuracy


def list_lines(pilot: Pilot, *, day: date) -> list[Line]:
    """Return the classes of a pilot in use, the gravest first, each with its newest counts.

    The newest reading that counted a class counts alone: an older and better one does not. Two
    queries.
    """
    rows = list(ErrorClass.objects.filter(pilot=pilot, archived_at=None))
    gravest = list(rules.Consequence)
    rows.sort(key=lambda row: (gravest.index(rules.Consequence(row.consequence)), row.name.lower()))
    newest = _newest(pilot)
    return [
        Line(
            row,
            newest.get((row.pk, Dataset.LIVE.value)),
            newest.get((row.pk, Dataset.CURATED.value)),
            day,
        )
        for row in rows
    ]


def _newest(pilot: Pilot) -> dict[tuple[UUID, str], Count]:
    """Return the newest count of each class on each set of data, by class and set."""
    rows = (
        ErrorCount.objects.filter(reading__pilot=pilot, reading__withdrawn_at=None)
        .order_by("error_class_id", "reading__dataset", "-reading__last_day", "-reading__at", "-id")
        .distinct("error_class_id", "reading__dataset")
        .values_list(
            "error_class_id",
            "reading__dataset",
            "errors",
            "reading__decisions",
            "reading__last_day",
        )
    )
    return {(key, dataset): Count(*found) for key, dataset, *found in rows}


def total(lines: Sequence[Line]) -> Total:
    """Return what all classes together come to."""
    live = [one.live for one in lines if one.live]
    curated = [one.curated for one in lines if one.curated]
    has_live, has_curated = (bool(lines) and len(one) == len(lines) for one in (live, curated))
    return Total(
        live_accuracy=rules.accuracy(live) if has_live else None,
        curated_accuracy=rules.accuracy(curated) if has_curated else None,
        live_cost=sum((one.live_cost or Decimal() for one in lines), Decimal())
        if has_live
        else None,
        curated_cost=sum((one.curated_cost or Decimal() for one in lines), Decimal())
        if has_curated
        else None,
    )


def tell(line: Line) -> str:
    """Return in one sentence what the newest live reading shows of a class."""
    row, count = line.row, line.live
    accepted = f"tolerated {rate(row.tolerated)}"
    if count is None:
        return f"{row.name}: not counted on live data yet."
    found = f"{row.name}: {counted(count)}"
    if line.word is Word.ABOVE:
        return f"{found}, {rate(count.rate)}; {accepted}."
    if line.word is Word.TOO_OLD:
        last = formats.day(count.last_day)
        return f"{found}, but of {last}: a reading counts for {rules.LIVE_DAYS} days."
    bound = f"{found}: at most {rate(count.high)}, {accepted}"
    return f"{bound}." if line.word is Word.WITHIN else f"{bound}. Too few to show it."


def counted(count: Count) -> str:
    """Return a count in words: "3 in 980"."""
    return f"{count.errors:,} in {count.decisions:,}"


def rate(share: float | Decimal) -> str:
    """Write a rate with as many decimals as it needs: "12.5 %", "0.10 %", "0.0030 %"."""
    percent = float(share) * 100
    decimals = next((d for d, least in ((1, 1), (2, 0.1), (3, 0.01)) if percent >= least), 4)
    return formats.measure(share, "share", decimals if percent else 1)


def list_archived_classes(pilot: Pilot) -> list[ErrorClass]:
    """Return the classes of a pilot that were put aside, by name."""
    rows = ErrorClass.objects.filter(pilot=pilot, archived_at__isnull=False)
    return list(rows.order_by("name", "id"))


def list_readings(pilot: Pilot) -> list[AccuracyReading]:
    """Return the readings of a pilot, newest first, with counts, classes and persons."""
    counts = ErrorCount.objects.select_related("error_class").order_by("error_class__name", "id")
    rows = AccuracyReading.objects.filter(pilot=pilot).select_related(
        "member__person", "withdrawn_by__person"
    )
    found = rows.prefetch_related(Prefetch("counts", queryset=counts))
    return list(found.order_by("-last_day", "-at", "-id"))


def get_error_class(pilot: Pilot, key: UUID) -> ErrorClass:
    """Return one class of error of a pilot, archived or not; 404 when there is none."""
    found: ErrorClass = get_object_or_404(
        ErrorClass.objects.select_related("pilot__site"), pilot=pilot, pk=key
    )
    return found


def get_reading(pilot: Pilot, key: UUID) -> AccuracyReading:
    """Return one reading of a pilot; 404 when there is none."""
    found: AccuracyReading = get_object_or_404(
        AccuracyReading.objects.select_related("pilot__site"), pilot=pilot, pk=key
    )
    return found
