"""Writes of sites and vendors."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.urls import reverse

from audit import actions as audit
from common import codes
from common.characters import likeness
from common.errors import Blocker, Refused
from common.writing import change, explained, lock, refuse_equal_name, told
from tenants.queries import Doer, current_slug

from .. import queries
from ..models import Pilot, Site, Vendor

# The database says the same: working_days is never empty and holds 1 (Monday) to 7 (Sunday).
EVERY_DAY = range(1, 8)


def code_taken(what: str, table: str) -> dict[str, Refused]:
    """Return the words for a code that another row has, in the same letters or in others."""
    words = {
        f"{table}_code_once": f"Another {what} has this code, perhaps an archived one.",
        f"{table}_code_alike": f"Another {what}, perhaps an archived one, has this code in small or"
        " capital letters, and nobody could tell the two apart.",
    }
    return {
        name: Refused(f"{why} Choose another.", code="code_taken", field="code")
        for name, why in words.items()
    }


def checked_code(code: str) -> str:
    """Return a code given by a person; Refused when its shape is wrong."""
    words = codes.refusal(code)
    if words:
        raise Refused(words, code="code_shape", field="code")
    return code


def refuse_in_use(name: str, uses: Sequence[Blocker]) -> None:
    """Raise Refused with what to do about every use, unless nothing uses the row."""
    if uses:
        raise Refused(f"{name} is still used.", code="in_use", blockers=uses)


def blocking_pilots(pilots: Iterable[Pilot], words: str) -> list[Blocker]:
    """Return what to do about each of some pilots, on its page. words: with %s for the pilot."""
    slug = current_slug()
    return [
        Blocker(words % f"{pilot.code} {pilot.name}", reverse("pilot", args=[slug, pilot.code]))
        for pilot in pilots
    ]


def _zone_held(baselines: Sequence[Blocker]) -> dict[str, Refused]:
    """Return the words for a zone that locked baselines hold; which ones, the database knows."""
    return {
        "portfolio_site_zone_held": Refused(
            "A pilot here has a locked baseline, and the time zone says when a week is over. An"
            " administrator replaces that baseline first, with a reason; then the zone can change.",
            code="baseline_locked",
            field="zone",
            blockers=baselines,
        )
    }


def _site_values(
    name: str, zone: str, working_days: Iterable[int], holidays: Iterable[date]
) -> dict[str, Any]:
    days = sorted(set(working_days))
    if not days or not set(days) <= set(EVERY_DAY):
        raise Refused("Choose at least one working day.", code="no_day", field="working_days")
    if zone not in queries.list_zones():
        raise Refused(
            f"{zone} is no time zone of the list. Examples: Europe/Berlin, America/Chicago.",
            code="zone_unknown",
            field="zone",
        )
    return {
        "name": name,
        "zone": zone,
        "working_days": days,
        "holidays": sorted(set(holidays)),
    }


@transaction.atomic
def add_site(
    *,
    name: str,
    zone: str,
    by: Doer,
    code: str = "",
    working_days: Iterable[int] = (1, 2, 3, 4, 5),
    holidays: Iterable[date] = (),
) -> Site:
    """Add a plant with its time zone and calendar.

    code: empty for one made of the name. Raises Refused for a code in use, the name of another
    site, an unknown zone or no working day. Audit: SITE_ADDED.
    """
    values = _site_values(name, zone, working_days, holidays)
    code = checked_code(code) if code else _propose(Site, name, "site")
    _refuse_equal_site(name)
    with explained(code_taken("site", "portfolio_site")):
        site: Site = Site.objects.create(code=code, **values)
    audit.record(
        actor=by.audit_name,
        action="SITE_ADDED",
        object=f"site:{site.code}",
        payload={"name": name, "zone": zone},
    )
    return site


@transaction.atomic
def change_site(
    *,
    site: Site,
    version: int,
    name: str,
    zone: str,
    working_days: Iterable[int],
    holidays: Iterable[date],
    by: Doer,
    held_by: Callable[[Site], Sequence[Blocker]] = lambda _: (),
) -> Site:
    """Change a plant. Holidays move due dates, never week numbers.

    held_by: finds the locked baselines there, for the words; asked when the zone changes.
    Raises Changed for an old version; Refused for the name of another site, and when metrics count
    their weeks in the zone that would change, or a pilot there has a locked baseline: the
    database's key over site and zone and a trigger hold it. Audit: SITE_CHANGED.
    """
    if zone != site.zone:
        _hold_pilots(site)
    site = lock(site, version=version)
    values = _site_values(name, zone, working_days, holidays)
    zone_in_use = Refused(
        f"Metrics of {site.name} count their weeks in {site.zone}, so its zone stays."
        " Add another site for another zone.",
        code="zone_in_use",
        field="zone",
    )
    if likeness(name) != likeness(site.name):
        _refuse_equal_site(name)
    held = held_by(site) if zone != site.zone else ()
    with explained({"metrics_metric_site_zone_fk": zone_in_use} | _zone_held(held)):
        moved = change(site, values)
    if moved:
        audit.record(
            actor=by.audit_name,
            action="SITE_CHANGED",
            object=f"site:{site.code}",
            payload=told(moved),
        )
    return site


@transaction.atomic
def archive_site(
    *, site: Site, used_by: Callable[[Site], Sequence[Blocker]], by: Doer, now: datetime
) -> Site:
    """Take a plant out of every list to choose from; what belongs to it stays.

    used_by: finds where other apps use it, and is asked once the site is locked; its pilots are
    found here.
    Raises Refused while something uses it. Audit: SITE_ARCHIVED.
    """
    site = lock(site)
    if site.archived_at is None:
        words = "Move pilot %s to another site, or archive it first"
        uses = blocking_pilots(queries.list_pilots_at(site), words)
        refuse_in_use(site.name, [*uses, *used_by(site)])
        change(site, {"archived_at": now})
        audit.record(actor=by.audit_name, action="SITE_ARCHIVED", object=f"site:{site.code}")
    return site


@transaction.atomic
def restore_site(*, site: Site, by: Doer) -> Site:
    """Bring a plant back from the archive.

    Raises Refused while another one has its name. Audit: SITE_RESTORED.
    """
    site = lock(site)
    if site.archived_at is not None:
        _refuse_equal_site(site.name)
    if change(site, {"archived_at": None}):
        audit.record(actor=by.audit_name, action="SITE_RESTORED", object=f"site:{site.code}")
    return site


@transaction.atomic
def add_vendor(*, name: str, by: Doer, code: str = "", contact: str = "") -> Vendor:
    """Add a supplier of AI. code: empty for one made of the name.

    Raises Refused for a code in use or the name of another vendor. Audit: VENDOR_ADDED.
    """
    code = checked_code(code) if code else _propose(Vendor, name, "vendor")
    _refuse_equal_vendor(name)
    with explained(code_taken("vendor", "portfolio_vendor")):
        vendor: Vendor = Vendor.objects.create(code=code, name=name, contact=contact)
    audit.record(
        actor=by.audit_name,
        action="VENDOR_ADDED",
        object=f"vendor:{vendor.code}",
        payload={"name": name},
    )
    return vendor


@transaction.atomic
def change_vendor(*, vendor: Vendor, version: int, name: str, contact: str, by: Doer) -> Vendor:
    """Change a vendor.

    Raises Changed for an old version; Refused for the name of another one. Audit: VENDOR_CHANGED.
    The contact may be a person's name: the trail keeps which fields changed, not their content.
    """
    vendor = lock(vendor, version=version)
    if likeness(name) != likeness(vendor.name):
        _refuse_equal_vendor(name)
    moved = change(vendor, {"name": name, "contact": contact})
    if moved:
        audit.record(
            actor=by.audit_name,
            action="VENDOR_CHANGED",
            object=f"vendor:{vendor.code}",
            payload={"changed": sorted(moved)},
        )
    return vendor


@transaction.atomic
def archive_vendor(*, vendor: Vendor, by: Doer, now: datetime) -> Vendor:
    """Take a vendor out of the lists. Raises Refused while a pilot has it. Audit: VENDOR_ARCHIVED."""
    vendor = lock(vendor)
    if vendor.archived_at is None:
        words = "Give pilot %s another vendor, or archive it first"
        refuse_in_use(vendor.name, blocking_pilots(queries.list_pilots_of(vendor), words))
        change(vendor, {"archived_at": now})
        audit.record(actor=by.audit_name, action="VENDOR_ARCHIVED", object=f"vendor:{vendor.code}")
    return vendor


@transaction.atomic
def restore_vendor(*, vendor: Vendor, by: Doer) -> Vendor:
    """Bring a vendor back from the archive.

    Raises Refused while another one has its name. Audit: VENDOR_RESTORED.
    """
    vendor = lock(vendor)
    if vendor.archived_at is not None:
        _refuse_equal_vendor(vendor.name)
    if change(vendor, {"archived_at": None}):
        audit.record(actor=by.audit_name, action="VENDOR_RESTORED", object=f"vendor:{vendor.code}")
    return vendor


def _hold_pilots(site: Site) -> None:
    """Lock the pilots of a site before the site, as whoever edits a pilot does.

    The trigger that looks for their locked baselines would lock them after it.
    """
    list(Pilot.objects.select_for_update(no_key=True).filter(site=site).order_by("pk"))


def _refuse_equal_site(name: str) -> None:
    refuse_equal_name(name, what="site", others=Site.objects.filter(archived_at=None))


def _refuse_equal_vendor(name: str) -> None:
    refuse_equal_name(name, what="vendor", others=Vendor.objects.filter(archived_at=None))


def _propose(model: type[Site | Vendor], name: str, otherwise: str) -> str:
    taken = set(model.objects.values_list("code", flat=True))
    return codes.propose(name, taken, longest=20, otherwise=otherwise)
