"""How functions take part in pilots, of one and of all, and what they still ask for."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from django.db.models import Count, QuerySet
from django.shortcuts import get_object_or_404

from tenants.models import Membership

from .. import rules as path
from ..models import Area, Engagement, Pilot, Requirement, RequirementFile
from ..rules import engagement as rules
from ..rules.engagement import Standing, State
from . import PilotRow, list_board_rows, list_parties
from .around import Around

# What presses: shown first, and counted as late.
PRESSING = (State.LATE, State.OBJECTED, State.DUE)


@dataclass(frozen=True, slots=True)
class Seat:
    """How one function takes part in one pilot.

    row: None before anything was said of it; then it is due as every function is. team: who has
    this part in the pilot.
    """

    area: Area
    row: Engagement | None
    standing: Standing
    team: tuple[str, ...] = ()

    @property
    def named(self) -> bool:
        """Say whether somebody stands for the function, or it is not needed."""
        if self.standing.state is State.NOT_NEEDED or self.team:
            return True
        member = self.row.member if self.row else None
        return member is not None and member.removed_at is None


@dataclass(frozen=True, slots=True)
class Cell:
    """How one function stands in one pilot, as the whole portfolio is read.

    member_id: who stands for it, None for nobody.
    """

    area: Area
    standing: Standing
    member_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Register:
    """How many requirements a pilot has; those that were dropped are none.

    late: found after deploy started. blocking: of those that are open.
    """

    total: int = 0
    open: int = 0
    blocking: int = 0
    late: int = 0

    def __add__(self, other: Register) -> Register:
        return Register(
            self.total + other.total,
            self.open + other.open,
            self.blocking + other.blocking,
            self.late + other.late,
        )


def list_seats(pilot: Pilot, *, day: date) -> list[Seat]:
    """Return every function of a pilot in order, in two queries; with persons. day: at its site."""
    rows = Engagement.objects.filter(pilot=pilot).select_related(
        "member__person", "said_by__person"
    )
    found = {row.area: row for row in rows}
    team: dict[str, list[str]] = defaultdict(list)
    for party in list_parties(pilot_id=pilot.pk, parts=list(Area.values)):
        if not party.removed:
            team[party.part].append(party.name)
    return [
        Seat(area, row, _stand(pilot, row, day), tuple(team[area]))
        for area in Area
        for row in [found.get(area)]
    ]


def _stand(pilot: Pilot | PilotRow, row: Engagement | None, day: date) -> Standing:
    return rules.stand(
        start_date=pilot.start_date,
        go_live_date=pilot.go_live_date,
        due_week=row.due_week if row else rules.PLANNED_BY_WEEK,
        lead_weeks=row.lead_weeks if row else None,
        engaged_on=row.engaged_on if row else None,
        outcome=row.outcome if row else "",
        day=day,
    )


def find_engagement(pilot: Pilot, area: Area) -> Engagement | None:
    """Return what was said of a function in a pilot, with persons; None before anything was."""
    rows = Engagement.objects.filter(pilot=pilot, area=area)
    return rows.select_related("member__person", "said_by__person").first()


def find_usual_lead(area: Area) -> int | None:
    """Return the lead time that was said of a function's review last, in whichever pilot."""
    rows = Engagement.objects.filter(area=area, lead_weeks__isnull=False)
    found: int | None = rows.order_by("-id").values_list("lead_weeks", flat=True).first()
    return found


def list_running() -> list[PilotRow]:
    """Return the pilots in use that are neither graduated nor stopped, by code."""
    return [one for one in list_board_rows() if one.archived_at is None and not one.over]


def map_cells(pilots: Iterable[PilotRow], *, now: datetime) -> dict[UUID, list[Cell]]:
    """Return how each function stands in each pilot, in order, in one query at any size."""
    rows: dict[tuple[UUID, str], Engagement] = {
        (row.pilot_id, row.area): row for row in Engagement.objects.order_by("id")
    }
    found = {}
    for pilot in pilots:
        day = path.local_day(now, pilot.zone)
        found[pilot.id] = [
            Cell(area, _stand(pilot, row, day), row.member_id if row else None)
            for area in Area
            for row in [rows.get((pilot.id, area))]
        ]
    return found


@dataclass(frozen=True, slots=True)
class Early:
    """What the board says of functions and requirements.

    starts: reviews that end after go-live because they start late. late: requirements found after
    deploy started.
    """

    starts: tuple[tuple[PilotRow, Area], ...]
    late: int


def find_early(
    pilots: Iterable[PilotRow], around: Mapping[UUID, Around], *, now: datetime
) -> Early:
    """Return what comes too late in pilots. around: what stands around each."""
    starts, late = [], 0
    for pilot in pilots:
        found = around[pilot.id]
        late += sum(
            many
            for day, many in found.requirements
            if rules.is_found_late(
                start_date=pilot.start_date, go_live_date=pilot.go_live_date, found_on=day
            )
        )
        for review in found.reviews:
            standing = rules.stand(
                start_date=pilot.start_date,
                go_live_date=pilot.go_live_date,
                due_week=review.due_week,
                lead_weeks=review.lead_weeks,
                engaged_on=review.engaged_on,
                outcome="",
                day=path.local_day(now, pilot.zone),
            )
            if standing.starts_late:
                starts.append((pilot, Area(review.area)))
    return Early(tuple(starts), late)


def map_registers(pilots: Iterable[PilotRow]) -> dict[UUID, Register]:
    """Return how many requirements each pilot has, in one query at any size."""
    counted = _counted(Requirement.objects.all())
    return {pilot.id: _register(pilot, counted[pilot.id]) for pilot in pilots}


def count_register(pilot: Pilot) -> Register:
    """Return how many requirements a pilot has, in one query."""
    return _register(pilot, _counted(Requirement.objects.filter(pilot=pilot))[pilot.pk])


def _counted(
    rows: QuerySet[Requirement],
) -> defaultdict[UUID, list[tuple[date, str, bool, int]]]:
    """Count requirements that were not dropped by pilot, day, state and whether they block."""
    found: defaultdict[UUID, list[tuple[date, str, bool, int]]] = defaultdict(list)
    groups = (
        rows.exclude(state=Requirement.State.DROPPED)
        .order_by("pilot_id")
        .values_list("pilot_id", "found_on", "state", "blocking")
        .annotate(Count("id"))
    )
    for pilot_id, found_on, state, blocking, count in groups:
        found[pilot_id].append((found_on, state, blocking, count))
    return found


def _register(pilot: Pilot | PilotRow, counted: Iterable[tuple[date, str, bool, int]]) -> Register:
    found = Register()
    for found_on, state, blocking, count in counted:
        is_open = state == Requirement.State.OPEN
        late = rules.is_found_late(
            start_date=pilot.start_date, go_live_date=pilot.go_live_date, found_on=found_on
        )
        found += Register(count, count * is_open, count * (is_open and blocking), count * late)
    return found


def list_requirements(pilot: Pilot) -> list[Requirement]:
    """Return the requirements of a pilot by number, with who settled them."""
    return list(_requirements().filter(pilot=pilot).order_by("number"))


def get_requirement(pilot: Pilot, number: int) -> Requirement:
    """Return one requirement of a pilot; 404 when there is none."""
    found: Requirement = get_object_or_404(_requirements(), pilot=pilot, number=number)
    return found


def _requirements() -> QuerySet[Requirement]:
    return Requirement.objects.select_related("settled_by__person")


def list_open_requirements(
    areas: Collection[str], pilots: Collection[UUID], *, limit: int
) -> list[Requirement]:
    """Return the open requirements of functions in pilots, blocking and oldest first."""
    rows = Requirement.objects.filter(
        state=Requirement.State.OPEN, area__in=list(areas), pilot_id__in=list(pilots)
    ).select_related("pilot")
    return list(rows.order_by("-blocking", "found_on", "id")[:limit])


def find_file(pilot: Pilot, key: UUID, member_id: UUID, now: datetime) -> RequirementFile | None:
    """Return a member's file of requirements that is still kept; None for any other."""
    rows = RequirementFile.objects.filter(
        pk=key, pilot=pilot, member_id=member_id, expires_at__gt=now
    )
    return rows.first()


def list_functions_of(member_id: UUID) -> list[str]:
    """Return the functions that a member reviews for."""
    found: list[str] | None = (
        Membership.objects.filter(pk=member_id).values_list("functions", flat=True).first()
    )
    return found or []


def areas_of(functions: Collection[str]) -> list[Area]:
    """Return the functions and reviews that somebody of these functions answers for."""
    return [area for area in Area if rules.answering(area) in functions]


def count_states(cells: Mapping[UUID, Sequence[Cell]]) -> Counter[State]:
    """Return how often each state stands in a heat map."""
    return Counter(cell.standing.state for row in cells.values() for cell in row)
