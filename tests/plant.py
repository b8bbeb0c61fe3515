"""Pilots with people, metrics and weeks of figures, written through the product's own actions.

Figures are counted back from today: the pages read the clock themselves.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from metrics import wire
from metrics.actions import baselines, definitions, plans, recompute, sync, targets
from metrics.models import Baseline, Metric, PilotMetric, Source
from portfolio import actions as portfolio
from portfolio.actions.parties import PartyDraft
from portfolio.models import Part, Pilot, PilotParty, Site, Vendor
from tenants.models import Membership
from tests.conftest import Cast

ZONE = "Europe/Berlin"
STALE_AFTER = timedelta(hours=400)


def day_of(at: datetime) -> date:
    """Return the day it is at the plant at a moment: near midnight it is not the day in UTC."""
    return at.astimezone(ZoneInfo(ZONE)).date()


def today() -> date:
    """Return the day it is at the plant."""
    return day_of(datetime.now(UTC))


def monday(weeks_ago: int = 0) -> date:
    """Return the Monday of this week or of an earlier one."""
    return today() - timedelta(days=today().weekday(), weeks=weeks_ago)


def let_lead(member: Membership, *, site: Site) -> Pilot:
    """Return a new pilot that a member leads, judged by the first three metrics there are."""
    pilot: Pilot = Pilot.objects.create(
        code="P-LED", name="Led", site=site, start_date=date(2026, 1, 5)
    )
    PilotParty.objects.create(pilot=pilot, person_id=member.person_id, part=Part.LEAD)
    for slot, metric in enumerate(Metric.objects.order_by("id")[:3], 1):
        PilotMetric.objects.create(pilot=pilot, metric=metric, role="primary", slot=slot)
    return pilot


class Plant:
    """Builds what a page shows; use it inside the tenant."""

    def __init__(self, cast: Cast) -> None:
        self.cast = cast
        self.now = datetime.now(UTC)
        self.site: Site = portfolio.add_site(name="Plant Lyon", zone=ZONE, by=cast.admin)
        self.vendor: Vendor = portfolio.add_vendor(name="Kestrel", by=cast.admin)
        self.source: Source = definitions.add_source(
            name="ERP",
            kind="erp",
            code="erp",
            stale_after_hours=int(STALE_AFTER.total_seconds() // 3600),
            by=cast.admin,
        )

    @property
    def today(self) -> date:
        """The day it is at the plant."""
        return day_of(self.now)

    def pilot(
        self,
        name: str = "Late orders",
        *,
        week: int = 5,
        lead: Membership | None = None,
        sponsor: Membership | None = None,
        site: Site | None = None,
    ) -> Pilot:
        """Add a pilot that is in a week now, with a lead and a sponsor where given."""
        parties = [
            PartyDraft(part=part, person=member.person)
            for part, member in ((Part.LEAD, lead), (Part.SPONSOR, sponsor))
            if member is not None
        ]
        return portfolio.add_pilot(
            name=name,
            site=site or self.site,
            vendor=self.vendor,
            start_date=monday(week - 1),
            by=self.cast.admin,
            now=self.now,
            parties=parties,
        )

    def whole(
        self,
        name: str = "Late orders",
        *,
        week: int = 5,
        weeks: int = 20,
        locked: bool = False,
        money: tuple[int, int] | None = None,
    ) -> Pilot:
        """Add a pilot that has people, a metric with figures and an agreed target.

        locked: with a locked baseline too, so that it lacks nothing. money: as of `aim`.
        """
        pilot = self.pilot(name, week=week, lead=self.cast.lead, sponsor=self.cast.sponsor)
        metric = self.metric(f"{name} on time")
        self.send(metric, weeks=weeks)
        row = self.aim(pilot, metric, money=money)
        if locked:
            self.lock_baseline(row)
        return pilot

    def metric(self, name: str = "On-time lines", *, code: str = "") -> Metric:
        """Define a share."""
        return definitions.add_metric(
            name=name,
            kind="proportion",
            unit="share",
            direction="up",
            numerator="Lines delivered on time",
            denominator="All lines",
            code=code,
            site=self.site,
            by=self.cast.admin,
            now=self.now,
        )

    def aim(
        self,
        pilot: Pilot,
        metric: Metric,
        *,
        agreed: bool = True,
        role: str = "primary",
        money: tuple[int, int] | None = None,
    ) -> PilotMetric:
        """Give a pilot a metric with a target, agreed by who pays unless told otherwise.

        money: units a week and the value of one.
        """
        units, value = (Decimal(one) for one in money) if money else (None, None)
        row = targets.add_target(
            pilot=pilot,
            metric=metric,
            role=role,
            comparison="gt",
            target=0.94,
            units_per_week=units,
            value_per_unit=value,
            by=self.cast.admin,
        )
        if agreed:
            paid = PilotParty.objects.filter(
                pilot=pilot, part=Part.SPONSOR, person=self.cast.sponsor.person, ended_at=None
            ).exists()
            by = self.cast.sponsor if paid else self.cast.coo
            row = targets.agree_target(row=row, version=row.version, by=by, now=self.now)
        return row

    def lock_baseline(self, row: PilotMetric) -> Baseline:
        """Lock the baseline of a metric as its lead does once the plan is known; week 2 is over."""
        draft = baselines.draft_baseline(row=row, by=self.cast.lead, now=self.now, matters=0.5)
        plans.plan_baseline(baseline_id=draft.pk, now=self.now)
        return baselines.lock_baseline(
            baseline=draft, version=draft.version, by=self.cast.lead, now=self.now
        )

    def send(self, metric: Metric, *, weeks: int = 20, until: int = 1) -> None:
        """Send one item a week, the newest `until` weeks ago, and compute the weeks."""
        self.deliver(
            {
                "metric": metric.code,
                "event_at": monday(ago).isoformat(),
                "source": "erp",
                "external_id": f"{metric.code} {ago}",
                "numerator": 85 + ago % 7,
                "denominator": 100,
            }
            for ago in range(until, until + weeks)
        )

    def deliver(self, items: Iterable[dict[str, object]], *, by: Membership | None = None) -> None:
        """Send items as a member does, and compute the weeks they touch."""
        self.acknowledge(items, by=by)
        recompute.recompute()

    def acknowledge(
        self, items: Iterable[dict[str, object]], *, by: Membership | None = None
    ) -> None:
        """Send items as a member does; the weeks they touch are computed later."""
        body = json.dumps({"mode": "all_or_nothing", "measurements": list(items)}).encode()
        outcome = sync.record_measurements(
            wire.decode_json(body),
            actor=(by or self.cast.admin).audit_name,
            channel="api",
            now=self.now,
            default_zone=ZONE,
        )
        assert not outcome.rejected, outcome.rejected
