"""Reads of the portfolio."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import cache
from uuid import UUID
from zoneinfo import available_timezones

from django.db import connection
from django.db.models import Exists, OuterRef, Prefetch, QuerySet
from django.shortcuts import get_object_or_404

from common import codes
from common.tenancy.context import require_tenant_id
from tenants import queries as tenants
from tenants.models import Membership, Person
from tenants.rules import Parts, Role, has_left

from .. import rules
from ..models import BriefMail, Part, Pilot, PilotParty, PilotReview, Site, Vendor

REGIONS = frozenset(
    {
        "Africa",
        "America",
        "Antarctica",
        "Arctic",
        "Asia",
        "Atlantic",
        "Australia",
        "Europe",
        "Indian",
        "Pacific",
        "UTC",
    }
)


@dataclass(frozen=True, slots=True)
class PilotRow:
    """A pilot as a row of the board, with its site and vendor.

    spent: the actual money of its budget. funded: whether its production budget is.
    outcome: what was decided about it last; None before the first time.
    """

    id: UUID
    code: str
    name: str
    use_case: str
    start_date: date
    go_live_date: date | None
    archived_at: datetime | None
    site_code: str
    site_name: str
    zone: str
    vendor_name: str | None
    spent: Decimal
    funded: bool
    outcome: rules.Outcome | None

    @property
    def over(self) -> bool:
        """Say whether the pilot was graduated or stopped."""
        return self.outcome is not None and self.outcome.ends


@dataclass(frozen=True, slots=True)
class PartyRow:
    """One person's active part in one pilot.

    removed: whether the person was a member and is none any more; then nobody answers by this part.
    leaves_on: the person's last day; None while nobody said one.
    """

    pilot_id: UUID
    part: str
    person_id: UUID
    name: str
    job_title: str
    hours_per_week: int | None
    removed: bool
    leaves_on: date | None

    def left(self, day: date) -> bool:
        """Say whether nobody answers by this part on a day: removed, or the last day is over."""
        return self.removed or has_left(self.leaves_on, day)

    @property
    def words(self) -> str:
        """Return the part as pages call it."""
        return str(Part(self.part).label)


# In SQL because the board is the most opened page, and building this query took longer than it runs.
BOARD_ROWS = """
SELECT p.id, p.code, p.name, p.use_case, p.start_date, p.go_live_date, p.archived_at,
    s.code, s.name, s.zone, v.name, COALESCE(b.spent, 0), COALESCE(b.funded, false),
    o.word, o.until_week, o.at
FROM portfolio_pilot p
JOIN portfolio_site s ON s.tenant_id = p.tenant_id AND s.id = p.site_id
LEFT JOIN portfolio_vendor v ON v.tenant_id = p.tenant_id AND v.id = p.vendor_id
LEFT JOIN LATERAL (
    SELECT n.word, n.until_week, n.at FROM metrics_pilotoutcome n
    WHERE n.tenant_id = p.tenant_id AND n.pilot_id = p.id ORDER BY n.number DESC LIMIT 1
) o ON TRUE
LEFT JOIN (
    SELECT l.pilot_id, sum(l.actual_money) AS spent, bool_and(l.funded_at IS NOT NULL)
        FILTER (WHERE l.phase_class <> 'poc' AND l.planned_money > 0) AS funded
    FROM portfolio_budgetline l
    WHERE l.tenant_id = %(tenant)s AND l.archived_at IS NULL GROUP BY l.pilot_id
) b ON b.pilot_id = p.id
WHERE p.tenant_id = %(tenant)s
ORDER BY p.code, p.id
"""


def list_board_rows() -> list[PilotRow]:
    """Return every pilot, archived ones too, as rows of the board by code."""
    with connection.cursor() as cursor:
        cursor.execute(BOARD_ROWS, {"tenant": require_tenant_id()})
        return [
            PilotRow(*(*row, rules.Outcome(word, until_week, at) if word else None))
            for *row, word, until_week, at in cursor.fetchall()
        ]


def find_ended_at(pilot: Pilot) -> datetime | None:
    """Return when a pilot was graduated or stopped; None while it runs."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT word, until_week, at FROM metrics_pilotoutcome"
            " WHERE tenant_id = %s AND pilot_id = %s ORDER BY number DESC LIMIT 1",
            [require_tenant_id(), pilot.pk],
        )
        found = cursor.fetchone()
    outcome = rules.Outcome(*found) if found else None
    return outcome.at if outcome and outcome.ends else None


def list_parties(
    *, pilot_id: UUID | None = None, parts: Iterable[str] | None = None
) -> list[PartyRow]:
    """Return the parts people have now, of one pilot or of all, in the order of naming."""
    parties = PilotParty.objects.filter(ended_at=None)
    if pilot_id is not None:
        parties = parties.filter(pilot_id=pilot_id)
    if parts is not None:
        parties = parties.filter(part__in=list(parts))
    rows = parties.order_by("created_at", "id").values_list(
        "pilot_id",
        "part",
        "person_id",
        "person__name",
        "person__job_title",
        "hours_per_week",
        was_removed(),
        "person__leaves_on",
    )
    return [PartyRow(*row) for row in rows]


def is_removed(person: Person) -> bool:
    """Return whether a person was a member and is none any more."""
    return Membership.objects.filter(person=person, removed_at__isnull=False).exists()


def was_removed(person: str = "person_id") -> Exists:
    """Return the condition that a person was a member and is none any more. person: its column."""
    return Exists(Membership.objects.filter(person_id=OuterRef(person), removed_at__isnull=False))


# Read apart and joined in memory: joined in place, PostgreSQL searches the parts once a person.
BOARD_PARTIES = """
WITH parts AS MATERIALIZED (
    SELECT pilot_id, part, person_id, hours_per_week, created_at, id FROM portfolio_pilotparty
    WHERE tenant_id = %(tenant)s AND ended_at IS NULL
), people AS MATERIALIZED (
    SELECT id, name, job_title, leaves_on FROM tenants_person WHERE tenant_id = %(tenant)s
), removed AS MATERIALIZED (
    SELECT person_id FROM tenants_membership
    WHERE tenant_id = %(tenant)s AND removed_at IS NOT NULL
)
SELECT parts.pilot_id, parts.part, people.id, people.name, people.job_title, parts.hours_per_week,
    removed.person_id IS NOT NULL, people.leaves_on
FROM parts JOIN people ON people.id = parts.person_id
LEFT JOIN removed ON removed.person_id = parts.person_id
WHERE parts.part IN ('lead', 'sponsor', 'operator') OR parts.person_id = %(person)s
ORDER BY parts.created_at, parts.id
"""


def list_board_parties(person_id: UUID) -> list[PartyRow]:
    """Return who leads, sponsors and operates each pilot, and where a person takes part."""
    with connection.cursor() as cursor:
        cursor.execute(BOARD_PARTIES, {"tenant": require_tenant_id(), "person": person_id})
        return [PartyRow(*row) for row in cursor.fetchall()]


def get_pilot(code: str) -> Pilot:
    """Return one pilot with site and vendor, archived or not; 404 when there is none."""
    pilot: Pilot = get_object_or_404(Pilot.objects.select_related("site", "vendor"), code=code)
    return pilot


def parts_of(person_id: UUID, pilot: Pilot) -> Parts:
    """Return which of the parts that grant rights (lead, sponsor) a person has in a pilot now.

    And whether they ever led it: neither handing it over nor another start makes anybody impartial.
    """
    found = PilotParty.objects.filter(
        pilot_id=pilot.pk, person_id=person_id, part__in=[Part.LEAD, Part.SPONSOR]
    ).values_list("part", "ended_at")
    return Parts(
        of=frozenset(Role(part) for part, ended in found if ended is None),
        led=any(part == Part.LEAD for part, _ in found),
    )


def who_led(pilot: Pilot) -> set[UUID]:
    """Return the persons who lead a pilot or ever led it."""
    rows = PilotParty.objects.filter(pilot_id=pilot.pk, part=Part.LEAD)
    return set(rows.values_list("person_id", flat=True))


def page_pilots(*, after: str, archived: bool, limit: int) -> list[Pilot]:
    """Return pilots by code behind a code, for the API; archived ones where asked for.

    Loads site, vendor and the parties' persons.
    """
    rows = Pilot.objects.filter(code__gt=after)
    if not archived:
        rows = rows.filter(archived_at=None)
    return list(_with_parties(rows).order_by("code")[:limit])


def find_pilot(code: str) -> Pilot | None:
    """Return a pilot by code, archived ones too; None for an unknown code.

    Loads site, vendor and the parties' persons.
    """
    return _with_parties(Pilot.objects.filter(code=code)).first()


def _with_parties(rows: QuerySet[Pilot]) -> QuerySet[Pilot]:
    parties = PilotParty.objects.filter(ended_at=None).select_related("person")
    return rows.select_related("site", "vendor").prefetch_related(
        Prefetch("parties", parties.order_by("part", "id"))
    )


def page_sites(*, after: str, archived: bool, limit: int) -> list[Site]:
    """Return sites by code behind a code; archived ones where asked for."""
    rows = Site.objects.filter(code__gt=after)
    if not archived:
        rows = rows.filter(archived_at=None)
    return list(rows.order_by("code")[:limit])


def next_pilot_code() -> str:
    """Return the code proposed for the next pilot: P-04 after P-03."""
    return codes.next_number("P-", set(Pilot.objects.values_list("code", flat=True)))


def list_pilots_at(site: Site) -> list[Pilot]:
    """Return the pilots of a site that are not archived, by code."""
    return list(Pilot.objects.filter(site=site, archived_at=None).order_by("code", "id"))


def list_pilots_of(vendor: Vendor) -> list[Pilot]:
    """Return the pilots of a vendor that are not archived, by code."""
    return list(Pilot.objects.filter(vendor=vendor, archived_at=None).order_by("code", "id"))


def list_archived_pilots() -> list[Pilot]:
    """Return the archived pilots, by code, with their site."""
    return list(
        Pilot.objects.exclude(archived_at=None).select_related("site").order_by("code", "id")
    )


def list_sites(*, archived: bool = False) -> list[Site]:
    """Return the sites in use, or the archived ones, by name."""
    return list(Site.objects.filter(archived_at__isnull=not archived).order_by("name", "code"))


def list_vendors(*, archived: bool = False) -> list[Vendor]:
    """Return the vendors in use, or the archived ones, by name."""
    return list(Vendor.objects.filter(archived_at__isnull=not archived).order_by("name", "code"))


def get_site(code: str) -> Site:
    """Return one site, archived or not; 404 when there is none."""
    return get_object_or_404(Site, code=code)


def get_vendor(code: str) -> Vendor:
    """Return one vendor, archived or not; 404 when there is none."""
    return get_object_or_404(Vendor, code=code)


def get_party(pilot: Pilot, key: UUID) -> PilotParty:
    """Return one part in a pilot with its person, ended or not; 404 when there is none."""
    party: PilotParty = get_object_or_404(
        PilotParty.objects.select_related("person", "pilot"), pilot=pilot, pk=key
    )
    return party


def list_history_of_parties(pilot: Pilot) -> list[PilotParty]:
    """Return every part people have or had in a pilot, with the person, by part, newest first.

    Each says in `removed` whether the person is no member any more.
    """
    return list(
        PilotParty.objects.filter(pilot=pilot)
        .select_related("person")
        .annotate(removed=was_removed())
        .order_by("part", "-created_at", "id")
    )


def list_parts_of_person(person: Person) -> list[PilotParty]:
    """Return the active parts of a person in pilots that are not archived, by pilot."""
    return list(
        PilotParty.objects.filter(person=person, ended_at=None, pilot__archived_at=None)
        .select_related("pilot")
        .order_by("pilot__code", "id")
    )


def list_answered_for(person: Person) -> list[PilotParty]:
    """Return where a person is lead or sponsor of a pilot that is not archived, by pilot."""
    answers = {Part.LEAD, Part.SPONSOR}
    return [party for party in list_parts_of_person(person) if party.part in answers]


@cache
def list_zones() -> tuple[str, ...]:
    """Return the time zones that both Python and this database know, in the order of the alphabet.

    A zone that only one of them knows would stop the recompute of the whole tenant. Read once for
    a process: both lists are part of the installation.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT name FROM pg_timezone_names")
        known = {name for (name,) in cursor.fetchall()} & available_timezones()
    return tuple(sorted(zone for zone in known if zone.split("/")[0] in REGIONS))


def page_vendors(*, after: str, archived: bool, limit: int) -> list[Vendor]:
    """Return vendors by code behind a code; archived ones where asked for."""
    rows = Vendor.objects.filter(code__gt=after)
    if not archived:
        rows = rows.filter(archived_at=None)
    return list(rows.order_by("code")[:limit])


def find_site(code: str) -> Site | None:
    """Return a site by code, archived ones too; None for an unknown code."""
    return Site.objects.filter(code=code).first()


def find_vendor(code: str) -> Vendor | None:
    """Return a vendor by code, archived ones too; None for an unknown code."""
    return Vendor.objects.filter(code=code).first()


def list_parts_of_people() -> list[PilotParty]:
    """Return the active parts of everybody in pilots that are not archived, with the pilot."""
    return list(
        PilotParty.objects.filter(ended_at=None, pilot__archived_at=None)
        .select_related("pilot")
        .order_by("pilot__code", "part", "id")
    )


def list_reviews(pilot: Pilot) -> list[PilotReview]:
    """Return the weekly reviews of a pilot, newest week first, with who wrote them."""
    return list(
        PilotReview.objects.filter(pilot=pilot)
        .select_related("member__person")
        .order_by("-week", "id")
    )


def has_reviews(pilot: Pilot) -> bool:
    """Return whether anybody wrote a weekly review of a pilot."""
    return PilotReview.objects.filter(pilot=pilot).exists()


def list_newest_reviews() -> dict[UUID, PilotReview]:
    """Return the review of the latest week that each pilot has one of, by pilot."""
    newest = PilotReview.objects.order_by("pilot_id", "-week").distinct("pilot_id")
    return {review.pilot_id: review for review in newest}


def list_reviewed_weeks() -> dict[UUID, set[int]]:
    """Return which weeks have a review, by pilot."""
    found: dict[UUID, set[int]] = {}
    for pilot_id, week in PilotReview.objects.order_by("id").values_list("pilot_id", "week"):
        found.setdefault(pilot_id, set()).add(week)
    return found


def list_brief_readers() -> list[Membership]:
    """Return who gets the brief by mail: executives, and sponsors of pilots that still run.

    By name, with person and user. Nobody in a company that has no pilot but archived ones: there
    is nothing to read.
    """
    active = [pilot for pilot in list_board_rows() if pilot.archived_at is None]
    running = {pilot.id for pilot in active if not pilot.over}
    parties = list_parties(parts=[Part.SPONSOR]) if running else []
    sponsors = {party.person_id for party in parties if party.pilot_id in running}
    leaders = tenants.list_brief_members([Role.EXECUTIVE, Role.SPONSOR]) if active else []
    return [
        member
        for member in leaders
        if Role.EXECUTIVE.value in member.roles or member.person_id in sponsors
    ]


def list_unsent_briefs(month: date) -> list[BriefMail]:
    """Return the mails of a month's brief that were tried in vain, with the person, by name.

    Without those to people who are to get none any more.
    """
    return list(
        BriefMail.objects.filter(
            month=month,
            sent_at=None,
            tries__gt=0,
            member__in=[member.pk for member in list_brief_readers()],
        )
        .select_related("member__person")
        .order_by("member__person__name", "id")
    )
