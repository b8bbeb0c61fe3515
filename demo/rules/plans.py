"""The shape of the demo's story, and how its dates move. Source: docs/demo.md."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from .around import AroundPlan
from .fields import FieldPlan
from .gates import GateStory

WEEK = timedelta(days=7)
HISTORY_WEEKS = 104


@dataclass(frozen=True, kw_only=True)
class SitePlan:
    """A plant of the demo; `why` says where its zone comes from."""

    code: str
    name: str
    zone: str
    why: str


@dataclass(frozen=True, kw_only=True)
class VendorPlan:
    """A supplier of the demo. The data name none: the name says that it is invented."""

    code: str
    name: str


@dataclass(frozen=True, kw_only=True)
class PersonPlan:
    """Somebody of the demo, called by their role.

    key: what pilots refer to, and the first half of the e-mail. roles: values of tenants' roles;
    empty for a person without a sign-in. functions: values of tenants' functions.
    """

    key: str
    name: str
    roles: tuple[str, ...] = ()
    functions: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Wording:
    """What a metric counts from a week of its pilot on; all but the first have a reason."""

    from_week: int
    numerator: str
    denominator: str = ""
    reason: str = ""


@dataclass(frozen=True, kw_only=True)
class MetricPlan:
    """One metric of one pilot.

    code: the series in data/weekly.csv. target: in the metric's unit, shares 0 to 1.
    comparison: the target's good side: lt, le, gt or ge. exposure: a rate's unit of time.
    season: how far the season moves the metric, peak to trough, in its unit; None when nobody
    has stated it. since: Monday of the first week whose figures can be used, where the data set's
    own notes warn of earlier ones.
    """

    code: str
    name: str
    kind: str
    unit: str
    direction: str
    comparison: str
    target: float
    wordings: tuple[Wording, ...]
    dataset: str
    role: str = "primary"
    exposure: str = ""
    decimals: int = 1
    season: float | None = None
    since: date = date.min
    transaction: str
    happened: str
    entered: str = ""
    entered_within_day: bool = False


@dataclass(frozen=True, kw_only=True)
class BudgetPlan:
    """Assumed money for one phase class of a pilot: planned, and what went into it so far."""

    phase_class: str
    title: str
    planned: int
    actual: int


# Phase class, what the line is called, percent of the budget, the weeks from and until its work is done.
SPLIT = (
    ("poc", "Proof of concept (assumed)", 25, 0, 8),
    ("hardening", "Hardening for production (assumed)", 30, 4, 12),
    ("integration", "Integration with the system of record (assumed)", 25, 4, 12),
    ("monitoring", "First 90 days in production (assumed)", 12, 12, 24),
    ("run", "First year of running it (assumed)", 8, 24, 76),
)


@dataclass(frozen=True, kw_only=True)
class PilotPlan:
    """One pilot.

    first_week: Monday, in the data, of its week 1. week_now: the week it is in when the demo is
    loaded. That week is in progress: the figures of the weeks before it are loaded, its own not.
    agreed_after: the days from its start to the day on which its targets were agreed. stopped,
    graduated: why its sponsor did that once it was read out; empty where nobody did. operator,
    deputy: who runs it when the project is over, with assumed hours a week. budget: assumed money
    for all of it, in the tenant's currency; funded: whether the sponsor confirmed it. by_hand:
    whether somebody uploads its figures as a file; else a system sends them.
    """

    code: str
    name: str
    use_case: str
    goal: str
    site: str
    vendor: str
    sponsor: str
    lead: str
    operator: str
    deputy: str
    first_week: date
    week_now: int
    metrics: tuple[MetricPlan, ...]
    budget: int
    funded: bool = True
    agreed_after: timedelta = timedelta(days=10)
    by_hand: bool = False
    stopped: str = ""
    graduated: str = ""

    def start_date(self, today: date) -> date:
        """Return the Monday on which its week 1 begins, so that today lies in `week_now`."""
        return monday(today) - (self.week_now - 1) * WEEK

    def weeks_moved(self, start_date: date) -> int:
        """Return by how many whole weeks its figures move when it starts on a certain Monday."""
        return (start_date - self.first_week).days // 7

    def first_history_week(self, metric: MetricPlan) -> date:
        """Return the Monday, in the data, from which on a metric's figures are loaded."""
        return max(self.first_week - HISTORY_WEEKS * WEEK, metric.since)

    @property
    def budget_lines(self) -> tuple[BudgetPlan, ...]:
        """Return the budget by phase class; what is spent of a line follows the weeks of its work.

        Without a funded budget nothing is spent on what comes after the proof of concept.
        """
        return tuple(
            BudgetPlan(
                phase_class=phase_class,
                title=title,
                planned=self.budget * percent // 100,
                actual=self._spent(self.budget * percent // 100, start, end)
                if self.funded or phase_class == "poc"
                else 0,
            )
            for phase_class, title, percent, start, end in SPLIT
        )

    def _spent(self, planned: int, start: int, end: int) -> int:
        weeks = min(max(self.week_now - 1 - start, 0), end - start)
        return planned * weeks // (end - start)

    @property
    def running_week(self) -> date:
        """Monday, in the data, of the week in progress: only earlier weeks are loaded."""
        return self.first_week + (self.week_now - 1) * WEEK

    def covers(self, week: date, metric: MetricPlan) -> bool:
        """Say whether the figures of a week of the data are loaded."""
        return self.first_history_week(metric) <= week < self.running_week


@dataclass(frozen=True, kw_only=True)
class TenantPlan:
    """One manufacturer of the demo.

    signs: the key of who signs costs for Finance. answers_for_data: of who owns the fields.
    """

    slug: str
    name: str
    currency: str
    zone: str
    locale: str
    domain: str
    sites: tuple[SitePlan, ...]
    vendors: tuple[VendorPlan, ...]
    people: tuple[PersonPlan, ...]
    pilots: tuple[PilotPlan, ...]
    gates: tuple[GateStory, ...]
    signs: str
    fields: tuple[FieldPlan, ...]
    answers_for_data: str
    around: AroundPlan

    def email(self, person: PersonPlan) -> str:
        """Return a person's address; `.example` is reserved, no mail can arrive there."""
        return f"{person.key}@{self.domain}"

    def site(self, code: str) -> SitePlan:
        """Return the site of a code. Raises KeyError when there is none."""
        return {site.code: site for site in self.sites}[code]

    def series(self) -> Iterator[tuple[PilotPlan, MetricPlan]]:
        """Return every pilot with each of its metrics."""
        return ((pilot, metric) for pilot in self.pilots for metric in pilot.metrics)


def monday(day: date) -> date:
    """Return the Monday of a day's week."""
    return day - timedelta(days=day.weekday())


def today_at(now: datetime, zone: str) -> date:
    """Return the local day of an instant."""
    return now.astimezone(ZoneInfo(zone)).date()


def shift(local: datetime, weeks: int, zone: str) -> datetime:
    """Move a local wall-clock time by whole weeks and say which instant that is in a zone.

    local: naive, as a clock on the plant's wall showed it. The wall clock moves, not the instant:
    a clock change on the way cannot push a row into another day or week. An hour that the clock
    skips becomes the same minute one hour later, an hour that it shows twice the first of both.
    """
    if local.tzinfo is not None:
        raise ValueError("a wall-clock time has no offset")
    moved = (local + weeks * WEEK).replace(tzinfo=ZoneInfo(zone))
    return moved.astimezone(UTC).astimezone(ZoneInfo(zone))
