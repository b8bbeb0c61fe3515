"""What the business says about a pilot's twelve weeks. Source: docs/rules/pilot-path.md."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Literal
from zoneinfo import ZoneInfo

# A pilot's dates outside these are slips of the keyboard.
EARLIEST, LATEST = date(2000, 1, 1), date(2100, 12, 31)
WEEKS = 12
WEEKS_A_YEAR = 52
SATURDAY = 5  # as of date.weekday
# Metrics and targets are agreed while the audit runs: the baseline ends with week 2.
AGREED_BY_WEEK = 2
# A baseline is locked once it has ended, in the week after.
LOCKED_BY_WEEK = 3
PRODUCTION_FROM = 8
SOON = timedelta(days=7)
# By then somebody has taken note of a read-out that corrected figures changed, and decided.
NOTED_WITHIN = timedelta(days=6)
DECIDED_WITHIN = timedelta(days=6)

# The brief is mailed from this hour of the first working day of a month; what could not be mailed
# then, for a week.
BRIEF_FROM = time(6)
BRIEF_FOR = timedelta(days=7)
# How long a brief waits after each try to mail it; after the last nobody tries again.
BRIEF_WAITS = tuple(timedelta(hours=hours) for hours in (1, 2, 4, 8, 16, 24))

# Key, name, first and last week; phases touch or overlap.
PHASES: tuple[tuple[str, str, int, int], ...] = (
    ("audit", "Audit", 1, 2),
    ("ownership", "Ownership", 2, 4),
    ("deploy", "Deploy", 4, 8),
    ("production", "Production", 8, 12),
    ("measure", "Measure", 12, 12),
)


def first_monday(start_date: date) -> date:
    """Return the Monday on which week 1 begins: the first one on or after the start date."""
    return start_date + timedelta(days=-start_date.weekday() % 7)


def local_day(now: datetime, zone: str) -> date:
    """Return the day it is at a site."""
    return now.astimezone(ZoneInfo(zone)).date()


def brief_month(*, now: datetime, zone: str) -> date | None:
    """Return the first day of the month whose brief is mailed now; None when none is.

    By the company's own clock: from 06:00 of the month's first day from Monday to Friday, for a
    week. Source: docs/how-to/read-the-board.md, "The brief by mail".
    """
    local = now.astimezone(ZoneInfo(zone))
    first = local.date().replace(day=1)
    until_monday = timedelta(days=7 - first.weekday() if first.weekday() >= SATURDAY else 0)
    begins = datetime.combine(first + until_monday, BRIEF_FROM, tzinfo=local.tzinfo)
    return first if begins <= local < begins + BRIEF_FOR else None


def brief_since(*, month: date, zone: str) -> datetime:
    """Return since when the mail of a month tells what changed: the month before's first minute.

    month: its first day. A mail that was missed so costs no reader what happened in its days.
    """
    first = (month - timedelta(days=1)).replace(day=1)
    return datetime.combine(first, time.min, tzinfo=ZoneInfo(zone))


def is_brief_given_up(*, tries: int, due_at: datetime, month: date, zone: str) -> bool:
    """Say whether nobody tries to mail a brief again. due_at: when it would be tried next."""
    return tries >= len(BRIEF_WAITS) or brief_month(now=due_at, zone=zone) != month


def week_number(*, start_date: date, day: date) -> int:
    """Return the pilot's week of a day: 1 to 12 on its path, 0 and less before, 13 on after it."""
    return (day - first_monday(start_date)).days // 7 + 1


def week_of(start_date: date, at: datetime, zone: str) -> int:
    """Return the pilot's week of a moment, by the clock of its site."""
    return week_number(start_date=start_date, day=local_day(at, zone))


def week_starts(*, start_date: date, number: int) -> date:
    """Return the Monday of a pilot's week."""
    return first_monday(start_date) + timedelta(weeks=number - 1)


def week_ends(*, start_date: date, number: int) -> date:
    """Return the Sunday of a pilot's week."""
    return week_starts(start_date=start_date, number=number) + timedelta(days=6)


def review_weeks(number: int, *, ended: int | None = None) -> list[int]:
    """Return the weeks whose review may be written in a pilot's week: this one, and the last.

    ended: the week in which it was graduated or stopped, None while it runs; none after it is.
    Source: docs/how-to/run-a-pilot.md, "Write the week's review".
    """
    return [week for week in (number, number - 1) if week >= 1 and (ended is None or week <= ended)]


def silent_weeks(*, written: Collection[int], number: int) -> list[tuple[int, int]]:
    """Return the runs of weeks on the path that are over and nobody wrote of, oldest first.

    written: the weeks with a review. number: of the pilot's week now, or of the one in which it
    ended. Each run has its first and
    last week.
    """
    runs: list[tuple[int, int]] = []
    for week in range(1, min(number - 1, WEEKS) + 1):
        if week in written:
            continue
        if runs and runs[-1][1] == week - 1:
            runs[-1] = (runs[-1][0], week)
        else:
            runs.append((week, week))
    return runs


def phase_names(number: int) -> list[str]:
    """Return the phases a week is in: two where they overlap, none before and after the path."""
    return [name for _, name, first, last in PHASES if first <= number <= last]


def chip_code(*, baseline_locked: bool) -> Literal["too_early", "no_baseline"]:
    """Return the chip of a pilot that has no verdict.

    *Too early* is for a pilot that has a locked baseline and waits for its read-out; without one
    nothing can be read out at all, in whatever week it is.
    Source: docs/rules/pilot-path.md, "The chip".
    """
    return "too_early" if baseline_locked else "no_baseline"


def at_stake(
    *,
    baseline: float | None,
    target: float | None,
    units_per_week: Decimal | None,
    value_per_unit: Decimal | None,
) -> Decimal | None:
    """Return |target - baseline| x units a week x value a unit x 52, in the tenant's currency.

    None when any of the four is missing. Source: docs/rules/pilot-path.md, "At stake a year".
    """
    if baseline is None or target is None or units_per_week is None or value_per_unit is None:
        return None
    distance = abs(Decimal(repr(target)) - Decimal(repr(baseline)))
    return distance * units_per_week * value_per_unit * WEEKS_A_YEAR


class Gap(StrEnum):
    """What a pilot lacks, worst first."""

    NO_LEAD = "no_lead"
    STOPPED = "stopped"
    NO_METRIC = "no_metric"
    NO_DATA = "no_data"
    NO_TARGET = "no_target"
    NOT_AGREED = "not_agreed"
    REWORDED = "reworded"
    NOT_LOCKED = "not_locked"
    NO_SPONSOR = "no_sponsor"
    CHANGED = "changed"
    UNTOLD = "untold"
    UNDECIDED = "undecided"


# What is still owed once a pilot is graduated or stopped.
OUTLAST = frozenset({Gap.CHANGED, Gap.UNTOLD})


@dataclass(frozen=True, slots=True)
class Watched:
    """What the rule of gaps reads of one primary metric.

    known_until: newest event or end of the last day reported in full, None when there is none.
    stale_after_hours: silence its source may keep, None when no source ever sent.
    reworded: whether an older wording was agreed to.
    read_at: as of when the read-out was made that the next decision rests on, of week 12 or of the
    week the pilot was extended to; None before it is there. changed_at: since when another version
    of a read-out waits for somebody to take note of it.
    """

    has_target: bool
    agreed: bool
    locked: bool
    known_until: datetime | None = None
    stale_after_hours: int | None = None
    reworded: bool = False
    read_at: datetime | None = None
    changed_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """What was decided about a pilot: graduate, extend or stop; until_week: of an extension."""

    word: str
    until_week: int | None
    at: datetime

    @property
    def ends(self) -> bool:
        """Say whether the pilot is over with it."""
        return self.word != "extend"


@dataclass(frozen=True, slots=True)
class Missing:
    """One thing a pilot lacks, and the last day on which that is in order.

    metric: position in the given primary metrics, None when it concerns the pilot.
    """

    gap: Gap
    due_date: date
    metric: int | None = None

    def state(self, day: date) -> Literal["late", "soon", "open"]:
        """Say how pressing it is on a day."""
        if day > self.due_date:
            return "late"
        return "soon" if self.due_date - day < SOON else "open"


def is_stopped(*, known_until: datetime | None, stale_after_hours: int, now: datetime) -> bool:
    """Say whether what is known of a metric that once arrived is older than its source allows."""
    return known_until is not None and now - known_until > timedelta(hours=stale_after_hours)


def decidable_at(primaries: Sequence[Watched]) -> datetime | None:
    """Return when the last primary metric with a locked baseline was read out.

    None while one of them is to come, and while there is none: then there is nothing to decide.
    """
    read = [metric.read_at for metric in primaries if metric.locked]
    known = [at for at in read if at is not None]
    return max(known, default=None) if len(known) == len(read) else None


def list_missing(
    *,
    start_date: date,
    zone: str,
    now: datetime,
    has_lead: bool,
    has_sponsor: bool,
    primaries: Sequence[Watched],
    untold_at: datetime | None = None,
    outcome: Outcome | None = None,
) -> list[Missing]:
    """Return what a pilot lacks, in the order of Gap; each kind once, for its first metric.

    People are named and measurements arrive by the day week 1 begins; metrics have an agreed
    target by the end of week 2, when the baseline ends; it is locked in week 3, and before that
    nobody could. A changed read-out is taken note of, and a pilot that was read out decided, within
    six days; the note first. Where figures cannot tell whether a vendor kept its word, a person says
    so within six days from `untold_at`. A pilot that is graduated or stopped lacks nothing any more
    but that and the note.
    """
    begins = first_monday(start_date)
    agreed_by = week_ends(start_date=start_date, number=AGREED_BY_WEEK)
    locked_by = week_ends(start_date=start_date, number=LOCKED_BY_WEEK)
    may_lock = local_day(now, zone) > agreed_by
    found: dict[Gap, Missing] = {}

    def lacks(gap: Gap, due_date: date, metric: int | None = None) -> None:
        found.setdefault(gap, Missing(gap, due_date, metric))

    if not has_lead:
        lacks(Gap.NO_LEAD, begins)
    if not has_sponsor:
        lacks(Gap.NO_SPONSOR, begins)
    if not primaries:
        lacks(Gap.NO_METRIC, agreed_by)
    for position, metric in enumerate(primaries):
        if metric.known_until is None:
            lacks(Gap.NO_DATA, begins, position)
        elif metric.stale_after_hours is not None and is_stopped(
            known_until=metric.known_until,
            stale_after_hours=metric.stale_after_hours,
            now=now,
        ):
            silent_from = metric.known_until + timedelta(hours=metric.stale_after_hours)
            # Silence is late from its first hour on, so its due day is the day before.
            lacks(Gap.STOPPED, local_day(silent_from, zone) - timedelta(days=1), position)
        if not metric.has_target:
            lacks(Gap.NO_TARGET, agreed_by, position)
        elif not metric.agreed:
            lacks(Gap.NOT_AGREED, agreed_by, position)
        elif not metric.locked:
            if metric.reworded:
                lacks(Gap.REWORDED, agreed_by, position)
            if may_lock and metric.known_until is not None:
                lacks(Gap.NOT_LOCKED, locked_by, position)
        if metric.changed_at is not None:
            lacks(Gap.CHANGED, local_day(metric.changed_at + NOTED_WITHIN, zone), position)
    if untold_at is not None:
        lacks(Gap.UNTOLD, local_day(untold_at + NOTED_WITHIN, zone))
    read_at = decidable_at(primaries)
    if read_at is not None and Gap.CHANGED not in found:
        lacks(Gap.UNDECIDED, local_day(read_at + DECIDED_WITHIN, zone))
    if outcome is not None and outcome.ends:
        return [missing for missing in found.values() if missing.gap in OUTLAST]
    return sorted(found.values(), key=lambda missing: list(Gap).index(missing.gap))


class Step(StrEnum):
    """The next date on the path of a pilot that lacks nothing."""

    BEGINS = "begins"
    OWNERSHIP = "ownership"
    DEPLOY = "deploy"
    PRODUCTION = "production"
    MEASURE = "measure"
    ENDS = "ends"
    PAST = "past"


def next_step(*, start_date: date, number: int) -> tuple[Step, date]:
    """Return the next step of a pilot in a week and its day; PAST has the day the path ended."""
    if number < 1:
        return Step.BEGINS, first_monday(start_date)
    for key, _, first, _ in PHASES:
        if first > number:
            return Step(key), week_starts(start_date=start_date, number=first)
    ends = week_ends(start_date=start_date, number=WEEKS)
    return (Step.ENDS if number == WEEKS else Step.PAST), ends
