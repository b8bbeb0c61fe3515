"""What the board says around its list of pilots, in one statement: it is the most opened page."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID

from django.db import connection

from common.tenancy.context import require_tenant_id

from . import load

# A pilot's weekly readings are asked for in the weeks that begin within 90 days; the last is missing a
# while after that.
WATCHED = timedelta(days=120)

# Of each pilot in use: when it entered production; the phases that are closed by exception now; the
# figures that call for training, once each, with the weeks of which there is one; reviews that run
# still; when requirements were found; and how much else runs beside it. Phases, production and
# triggers belong to gates, outcomes to metrics: only SQL reads them from here.
AROUND = f"""
SELECT p.id, r.entered_on,
  (SELECT json_agg(json_build_array(x.phase, x.lacking, x.reason, n.name)) FROM (
      SELECT DISTINCT ON (s.phase) s.phase, s.verb, s.lacking, s.reason, s.member_id
      FROM gates_phasestep s WHERE s.tenant_id = p.tenant_id AND s.pilot_id = p.id
      ORDER BY s.phase, s.number DESC) x
    JOIN tenants_membership m ON m.tenant_id = p.tenant_id AND m.id = x.member_id
    JOIN tenants_person n ON n.tenant_id = p.tenant_id AND n.id = m.person_id
    WHERE x.verb = 'except'),
  (SELECT json_agg(json_build_array(c.name, c.zone, ARRAY(
      SELECT s.week FROM metrics_snapshot s WHERE s.tenant_id = p.tenant_id
        AND s.metric_id = t.metric_id AND s.value IS NOT NULL
        AND s.week BETWEEN w.start AND w.start + 97)) ORDER BY t.id)
    FROM (SELECT DISTINCT ON (g.metric_id) g.metric_id, g.id FROM gates_retrainingtrigger g
      WHERE g.tenant_id = p.tenant_id AND g.pilot_id = p.id AND g.archived_at IS NULL
      ORDER BY g.metric_id, g.id) t
    JOIN metrics_metric c ON c.tenant_id = p.tenant_id AND c.id = t.metric_id
    WHERE w.start BETWEEN %(watched)s AND %(today)s),
  (SELECT json_agg(json_build_array(e.area, e.due_week, e.lead_weeks, e.engaged_on) ORDER BY e.area)
    FROM portfolio_engagement e WHERE e.tenant_id = p.tenant_id AND e.pilot_id = p.id
      AND e.lead_weeks IS NOT NULL AND e.outcome = ''),
  (SELECT json_agg(json_build_array(q.found_on, q.many)) FROM (
      SELECT f.found_on, count(*) AS many FROM portfolio_requirement f
      WHERE f.tenant_id = p.tenant_id AND f.pilot_id = p.id AND f.state <> 'dropped'
      GROUP BY f.found_on) q),
  ARRAY(SELECT b.key FROM ({load.RUNS}) b),
  (SELECT d.things::text[] FROM portfolio_loaddecision d
    WHERE d.tenant_id = p.tenant_id AND d.pilot_id = p.id ORDER BY d.number DESC LIMIT 1)
FROM ({load.PATHS}) me
JOIN portfolio_pilot p ON p.tenant_id = me.tenant_id AND p.id = me.id
LEFT JOIN gates_production r ON r.tenant_id = p.tenant_id AND r.pilot_id = p.id
CROSS JOIN LATERAL (SELECT COALESCE(r.entered_on, p.go_live_date) AS start) w
WHERE p.tenant_id = %(tenant)s AND p.archived_at IS NULL
"""  # noqa: S608  # constants alone


@dataclass(frozen=True, slots=True)
class Excepted:
    """A phase that is closed by exception: what it lacked, why, and who said so."""

    phase: str
    lacking: list[str]
    reason: str
    who: str


@dataclass(frozen=True, slots=True)
class Watched:
    """A figure that calls for training. weeks: the Mondays of which there is one, 14 at most."""

    name: str
    zone: str
    weeks: list[date]


@dataclass(frozen=True, slots=True)
class Review:
    """A review that takes weeks and has no outcome yet."""

    area: str
    due_week: int
    lead_weeks: int
    engaged_on: date | None


@dataclass(frozen=True, slots=True)
class Around:
    """What stands around one pilot.

    requirements: the days on which some were found, with how many, those that were dropped left
    out. beside: the keys of what else runs at its site in its weeks; decided: of what ran when it was
    decided about last, None for never.
    """

    entered_on: date | None
    excepted: tuple[Excepted, ...]
    watched: tuple[Watched, ...]
    reviews: tuple[Review, ...]
    requirements: tuple[tuple[date, int], ...]
    beside: list[str]
    decided: list[str] | None


NOTHING = Around(None, (), (), (), (), [], None)


def map_around(*, today: date) -> defaultdict[UUID, Around]:
    """Return what stands around each pilot that is not archived, in one query at any size.

    today: figures of pilots that went live long before, or later, are left out. Nothing stands
    around a pilot that is not known here.
    """
    given: dict[str, int | date] = {
        "tenant": require_tenant_id(),
        "today": today,
        "watched": today - WATCHED,
    }
    with connection.cursor() as cursor:
        cursor.execute(AROUND, given)
        found = {
            key: Around(
                entered_on=entered_on,
                excepted=tuple(Excepted(*one) for one in excepted or ()),
                watched=tuple(
                    Watched(name, zone, [date.fromisoformat(week) for week in weeks])
                    for name, zone, weeks in watched or ()
                ),
                reviews=tuple(
                    Review(area, due, lead, date.fromisoformat(on) if on else None)
                    for area, due, lead, on in reviews or ()
                ),
                requirements=tuple(
                    (date.fromisoformat(day), many) for day, many in requirements or ()
                ),
                beside=beside,
                decided=decided,
            )
            for key, entered_on, excepted, watched, reviews, requirements, beside, decided in (
                cursor.fetchall()
            )
        }
    return defaultdict(lambda: NOTHING, found)
