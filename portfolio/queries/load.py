"""Reads of what else runs at a site, and of what was decided about it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import Q
from django.shortcuts import get_object_or_404

from common.tenancy.context import require_tenant_id
from tenants.models import Membership, Notification
from tenants.rules import Role

from .. import rules as path
from ..models import LoadDecision, Part, Pilot, PilotParty, Programme, Site
from ..rules.load import asks
from . import who_led

# How the keys of the lines begin that ask for a decision; the key of the pilot follows.
LINE = "load:"

# Each pilot with its weeks, from the Monday of week 1 to the Sunday of week 12, or of the week until which
# it was extended last. ended: whether it was graduated or stopped.
PATHS = """
SELECT l.tenant_id, l.id, l.site_id, f.first,
    f.first + 7 * GREATEST(12, COALESCE(o.until_week, 12)) - 1 AS last,
    COALESCE(o.word, 'extend') <> 'extend' AS ended
FROM portfolio_pilot l
CROSS JOIN LATERAL (
    SELECT l.start_date + (8 - extract(isodow FROM l.start_date)::int) %% 7 AS first) f
LEFT JOIN LATERAL (SELECT t.word, t.until_week FROM metrics_pilotoutcome t
    WHERE t.tenant_id = l.tenant_id AND t.pilot_id = l.id ORDER BY t.number DESC LIMIT 1) o ON true
"""
# What else runs at the site of `me` in its weeks: programmes, then pilots on theirs that have not ended.
RUNS = f"""
SELECT 'programme:' || g.id AS key, NULL AS code, g.name, g.kind, g.starts_on, g.ends_on,
    g.roles::text[] AS roles
FROM portfolio_programme g
WHERE g.tenant_id = me.tenant_id AND g.site_id = me.site_id AND g.archived_at IS NULL
  AND g.starts_on <= me.last AND (g.ends_on IS NULL OR g.ends_on >= me.first)
UNION ALL
SELECT 'pilot:' || p.id, p.code, p.name, 'pilot', w.first, w.last, ARRAY(
    SELECT i.title FROM portfolio_planitem i
    WHERE i.tenant_id = p.tenant_id AND i.pilot_id = p.id AND i.kind = 'role'
      AND i.archived_at IS NULL)::text[]
FROM portfolio_pilot p
JOIN ({PATHS}) w ON w.tenant_id = p.tenant_id AND w.id = p.id
WHERE p.tenant_id = me.tenant_id AND p.site_id = me.site_id AND p.id <> me.id
  AND p.archived_at IS NULL AND w.first <= me.last AND w.last >= me.first AND NOT w.ended
"""  # noqa: S608  # constants alone
# The order in which both say it.
ORDER = "ORDER BY 5, 3, 2 NULLS FIRST"
BESIDE = f"""
SELECT b.* FROM ({PATHS}) me CROSS JOIN LATERAL ({RUNS}) b
WHERE me.tenant_id = %(tenant)s AND me.id = %(pilot)s {ORDER}
"""  # noqa: S608  # constants alone
# The same of a pilot that is not started yet: no key is its own.
AHEAD = f"""
SELECT b.* FROM (SELECT %(tenant)s::bigint AS tenant_id, %(nobody)s::uuid AS id,
    %(site)s::uuid AS site_id, %(first)s::date AS first, %(last)s::date AS last) me
CROSS JOIN LATERAL ({RUNS}) b {ORDER}
"""  # noqa: S608  # constants alone
# Each pilot of a site, archived and ended ones too, with what runs beside it and what ran when it was
# decided about last, NULL for never.
AT_SITE = f"""
SELECT me.id, ARRAY(SELECT b.key FROM ({RUNS}) b),
    (SELECT d.things::text[] FROM portfolio_loaddecision d
    WHERE d.tenant_id = me.tenant_id AND d.pilot_id = me.id ORDER BY d.number DESC LIMIT 1)
FROM ({PATHS}) me WHERE me.tenant_id = %(tenant)s AND me.site_id = %(site)s ORDER BY me.id
"""  # noqa: S608  # constants alone
OVER = f"""
SELECT me.ended FROM ({PATHS}) me WHERE me.tenant_id = %(tenant)s AND me.id = %(pilot)s
"""  # noqa: S608  # constants alone


@dataclass(frozen=True, slots=True)
class Beside:
    """Another programme or pilot at a site. code: of a pilot, None for a programme."""

    key: str
    code: str | None
    name: str
    kind: str
    starts_on: date
    ends_on: date | None
    roles: list[str]


def list_beside(pilot: Pilot) -> list[Beside]:
    """Return what else runs at a pilot's site in its weeks, by the day it starts."""
    with connection.cursor() as cursor:
        cursor.execute(BESIDE, {"tenant": require_tenant_id(), "pilot": pilot.pk})
        return [Beside(*row) for row in cursor.fetchall()]


def list_ahead(site: Site, start_date: date) -> list[Beside]:
    """Return what would run beside a pilot that starts at a site on a day, by the day it starts."""
    first = path.first_monday(start_date)
    given: dict[str, Any] = {
        "tenant": require_tenant_id(),
        "nobody": UUID(int=0),
        "site": site.pk,
        "first": first,
        "last": first + timedelta(weeks=path.WEEKS, days=-1),
    }
    with connection.cursor() as cursor:
        cursor.execute(AHEAD, given)
        return [Beside(*row) for row in cursor.fetchall()]


def list_load_deciders(pilot: Pilot) -> list[Membership]:
    """Return who may decide about a pilot's load: executives and its sponsor, never who led it."""
    pays = PilotParty.objects.filter(pilot=pilot, part=Part.SPONSOR, ended_at=None)
    rows = Membership.objects.filter(
        Q(roles__contains=[Role.EXECUTIVE.value]) | Q(person__in=pays.values("person")),
        removed_at=None,
    )
    return list(rows.exclude(person__in=who_led(pilot)).order_by("pk"))


def list_asked_in_vain(site: Site) -> list[UUID]:
    """Return the pilots of a site of which a line still asks for a decision, and nothing else does."""
    lines = Notification.objects.filter(dedup_key__startswith=LINE, body="")
    asked = {UUID(key.split(":")[1]) for key in lines.values_list("dedup_key", flat=True)}
    if not asked:
        return []
    with connection.cursor() as cursor:
        cursor.execute(AT_SITE, {"tenant": require_tenant_id(), "site": site.pk})
        return [
            key
            for key, beside, decided in cursor.fetchall()
            if key in asked and not asks(beside=beside, decided=decided)
        ]


def seen_of(beside: Iterable[Beside]) -> str:
    """Return what runs beside a pilot as a form keeps what its page said."""
    return ",".join(sorted(one.key for one in beside))


def is_over(pilot: Pilot) -> bool:
    """Say whether a pilot was graduated or stopped."""
    with connection.cursor() as cursor:
        cursor.execute(OVER, {"tenant": require_tenant_id(), "pilot": pilot.pk})
        return bool(cursor.fetchone()[0])


def list_load_decisions(pilot: Pilot) -> list[LoadDecision]:
    """Return what was decided about a pilot's load, newest first, with persons."""
    rows = LoadDecision.objects.filter(pilot=pilot).select_related("member__person")
    return list(rows.order_by("-number"))


def list_programmes() -> list[Programme]:
    """Return every programme, archived ones too, by site and start; loads the site."""
    rows = Programme.objects.select_related("site")
    return list(rows.order_by("site__name", "starts_on", "name", "id"))


def get_programme(key: UUID) -> Programme:
    """Return one programme with its site, archived or not; 404 when there is none."""
    found: Programme = get_object_or_404(Programme.objects.select_related("site"), pk=key)
    return found
