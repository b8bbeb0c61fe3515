"""Writes of what is measured: sources, metrics and the wording of a metric over time."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.db import models, transaction
from django.urls import reverse

from audit import actions as audit
from common import codes, formats
from common.characters import likeness
from common.errors import Blocker, Refused
from common.writing import change, explained, lock, lock_alone, refuse_equal_name, told
from portfolio.actions.places import blocking_pilots, checked_code, code_taken, refuse_in_use
from portfolio.models import Site
from tenants.models import Membership, Person
from tenants.queries import Doer, Member, current_slug, current_zone

from .. import queries
from ..models import Metric, MetricDefinition, Source
from ..queries import Changer
from ..rules import units
from ..rules import wordings as rules
from ..rules.kinds import KINDS
from . import wordings

# Held by a trigger, so that no code path can move them once figures stand on them.
FIXED = ("kind", "unit", "direction", "exposure", "zone")
# What a target means: another of these is another promise under the same number.
MEANT = ("kind", "unit", "direction", "exposure")
MEASURED_FIXED = {
    "metrics_metric_measured_fixed": Refused(
        "This metric has measurements: its kind, unit, direction and time zone stay as they are."
        " Another number is another metric: add a new one and archive this.",
        code="measured",
    )
}
WORDING = {
    "metrics_metricdefinition_one_a_day": Refused(
        "Another wording begins on this day.", code="wording_day_taken", field="valid_from"
    )
}


@transaction.atomic
def add_source(
    *,
    name: str,
    kind: str,
    by: Doer,
    code: str = "",
    maintainer: Person | None = None,
    stale_after_hours: int = 192,
    interval: str = Source.Interval.CONTINUOUS,
    lag_limit_minutes: int | None = None,
) -> Source:
    """Add a system of record that will send measurements.

    code: empty for one made of the name; clients send it. stale_after_hours: silence it may keep.
    interval: how often it says that it sends. lag_limit_minutes: None for what that allows.
    Raises Refused for a code in use, the name of another source or an archived maintainer.
    Audit: SOURCE_ADDED.
    """
    code = checked_code(code) if code else _propose(Source, name, 40, "source")
    _refuse_archived_person(maintainer)
    _refuse_equal_source(name)
    with explained(code_taken("source", "metrics_source")):
        source: Source = Source.objects.create(
            code=code,
            name=name,
            kind=kind,
            maintainer=maintainer,
            stale_after_hours=stale_after_hours,
            interval=interval,
            lag_limit_minutes=lag_limit_minutes,
        )
    audit.record(
        actor=by.audit_name,
        action="SOURCE_ADDED",
        object=f"source:{source.code}",
        payload={"name": name, "kind": kind},
    )
    return source


@transaction.atomic
def change_source(
    *,
    source: Source,
    version: int,
    name: str,
    kind: str,
    maintainer: Person | None,
    stale_after_hours: int,
    interval: str,
    lag_limit_minutes: int | None,
    by: Doer,
) -> Source:
    """Change a source.

    Raises Changed for an old version; Refused for the name of another one. Audit: SOURCE_CHANGED.
    """
    source = lock(source, version=version)
    if maintainer != source.maintainer:
        _refuse_archived_person(maintainer)
    if likeness(name) != likeness(source.name):
        _refuse_equal_source(name)
    moved = change(
        source,
        {
            "name": name,
            "kind": kind,
            "maintainer": maintainer,
            "stale_after_hours": stale_after_hours,
            "interval": interval,
            "lag_limit_minutes": lag_limit_minutes,
        },
    )
    if moved:
        audit.record(
            actor=by.audit_name,
            action="SOURCE_CHANGED",
            object=f"source:{source.code}",
            payload=told(moved),
        )
    return source


@transaction.atomic
def archive_source(*, source: Source, by: Doer, now: datetime) -> Source:
    """Stop a source: what it sends from now on is refused, what it sent stays.

    Raises Refused while it sent the newest figure of a metric in use. Audit: SOURCE_ARCHIVED.
    """
    source = lock(source)
    if source.archived_at is None:
        slug = current_slug()
        uses = [
            Blocker(
                f"Archive metric {metric.name}, or let another source send its next figures first",
                reverse("metric_edit", args=[slug, metric.code]),
            )
            for metric in queries.list_metrics_fed_by(source)
        ]
        refuse_in_use(source.name, uses)
        change(source, {"archived_at": now})
        audit.record(actor=by.audit_name, action="SOURCE_ARCHIVED", object=f"source:{source.code}")
    return source


@transaction.atomic
def restore_source(*, source: Source, by: Doer) -> Source:
    """Bring a source back from the archive.

    Raises Refused while another one has its name. Audit: SOURCE_RESTORED.
    """
    source = lock(source)
    if source.archived_at is not None:
        _refuse_equal_source(source.name)
    if change(source, {"archived_at": None}):
        audit.record(actor=by.audit_name, action="SOURCE_RESTORED", object=f"source:{source.code}")
    return source


@transaction.atomic
def add_metric(
    *,
    name: str,
    kind: str,
    unit: str,
    direction: str,
    numerator: str,
    by: Member | Membership,
    now: datetime,
    denominator: str = "",
    code: str = "",
    exposure: str = "",
    decimals: int = 1,
    site: Site | None = None,
    attribution: str = "",
) -> Metric:
    """Add a metric with the first version of its wording, which holds from the beginning.

    Its weeks are cut in the zone of its site, or in the tenant's. code: empty for one made of the
    name; clients send it.
    exposure: what a rate is counted per, empty for what its unit says. Raises Refused for a code in
    use, the name of another metric of the site, an archived site, a share without a denominator or
    a rate without exposure or with another one than its unit says. Audit: METRIC_ADDED.
    """
    code = checked_code(code) if code else _propose(Metric, name, 60, "metric")
    zone = _zone_of(site)
    exposure = _checked_exposure(kind, unit, exposure)
    _refuse_half_wording(kind, denominator)
    _refuse_equal_metric(name, site)
    with explained(code_taken("metric", "metrics_metric")):
        metric: Metric = Metric.objects.create(
            code=code,
            name=name,
            kind=kind,
            unit=unit,
            direction=direction,
            exposure=exposure,
            decimals=decimals,
            site=site,
            zone=zone,
            attribution=attribution,
        )
    MetricDefinition.objects.create(
        metric=metric,
        number=1,
        valid_from=now.astimezone(ZoneInfo(zone)).date(),
        numerator=numerator,
        denominator=denominator,
        created_by_id=by.id,
    )
    audit.record(
        actor=by.audit_name,
        action="METRIC_ADDED",
        object=f"metric:{metric.code}",
        payload={"name": name, "kind": kind, "unit": unit, "direction": direction, "zone": zone},
    )
    return metric


@transaction.atomic
def change_metric(
    *,
    metric: Metric,
    version: int,
    name: str,
    kind: str,
    unit: str,
    direction: str,
    exposure: str,
    decimals: int,
    site: Site | None,
    by: Changer,
) -> Metric:
    """Change a metric. Kind, unit, direction, exposure and zone only while nothing was measured.

    All but the zone only while no pilot has a target for it, either: whoever agreed the target
    agreed to this number. Raises Changed for an old version, Refused for what may not change, for
    who does not manage every pilot that uses it and for the name of another metric of the site.
    Audit: METRIC_CHANGED. Of another name the leads of its pilots, and who agreed to its targets,
    find a line in their inbox.
    """
    metric = lock(metric, version=version)
    _refuse_others(metric, by)
    zone = metric.zone if site == metric.site else _zone_of(site)
    exposure = _checked_exposure(kind, unit, exposure)
    if kind != metric.kind and KINDS[kind].both_halves:
        _refuse_half_wording(kind, queries.latest_definition(metric).denominator)
    values = {
        "name": name,
        "kind": kind,
        "unit": unit,
        "direction": direction,
        "exposure": exposure,
        "decimals": decimals,
        "site": site,
        "zone": zone,
    }
    _refuse_other_meaning(metric, [name for name in MEANT if getattr(metric, name) != values[name]])
    if any(getattr(metric, field) != values[field] for field in FIXED):
        # A sync that has read the metric may store its first measurement yet: wait for it.
        lock_alone(metric)
    if (likeness(name), site) != (likeness(metric.name), metric.site):
        _refuse_equal_metric(name, site)
    with explained(MEASURED_FIXED):
        moved = change(metric, values)
    if moved:
        audit.record(
            actor=by.audit_name,
            action="METRIC_CHANGED",
            object=f"metric:{metric.code}",
            payload=told(moved),
        )
    if "name" in moved:
        wordings.tell_renamed(metric, before=moved["name"][0], by=by)
    return metric


@transaction.atomic
def archive_metric(*, metric: Metric, by: Changer, now: datetime) -> Metric:
    """Stop a metric: new measurements are refused, its figures stay.

    Raises Refused while a pilot that is not archived has it. Audit: METRIC_ARCHIVED.
    """
    metric = lock(metric)
    _refuse_others(metric, by)
    if metric.archived_at is None:
        words = "Take it out of pilot %s first"
        refuse_in_use(metric.name, blocking_pilots(queries.list_pilots_with(metric), words))
        change(metric, {"archived_at": now})
        audit.record(actor=by.audit_name, action="METRIC_ARCHIVED", object=f"metric:{metric.code}")
    return metric


@transaction.atomic
def restore_metric(*, metric: Metric, by: Doer) -> Metric:
    """Bring a metric back.

    Raises Refused while its site is archived or another metric of the site has its name.
    Audit: METRIC_RESTORED.
    """
    metric = lock(metric)
    _zone_of(metric.site)
    if metric.archived_at is not None:
        _refuse_equal_metric(metric.name, metric.site)
    if change(metric, {"archived_at": None}):
        audit.record(actor=by.audit_name, action="METRIC_RESTORED", object=f"metric:{metric.code}")
    return metric


@transaction.atomic
def add_definition(
    *,
    metric: Metric,
    numerator: str,
    denominator: str,
    valid_from: date,
    reason: str,
    by: Member | Membership,
    known_weeks: int = 0,
) -> MetricDefinition:
    """Word a metric anew from a day on; the wordings before stay as they were.

    valid_from: any day from 1990 to 2100, later than the first day of each wording before it but
    the first.
    known_weeks: how many weeks, counted already, the person knows to be worded anew.
    Raises Refused for a day in no plausible year, without a reason, for the same words again, a day
    that is too early or lies in a locked baseline, and for who does not manage every pilot that
    uses the metric; Unconfirmed where another number of weeks is counted already.
    Audit: METRIC_REWORDED. The leads of these pilots, and who agreed to their targets, find a line
    in their inbox.
    """
    _refuse_implausible(valid_from)
    metric = lock(metric)
    _refuse_others(metric, by)
    last = queries.latest_definition(metric)
    if not reason.strip():
        raise Refused("Say why the wording changes.", code="reason_missing", field="reason")
    if (numerator, denominator) == (last.numerator, last.denominator):
        raise Refused(
            "These are the words that hold already. Nothing was changed.",
            code="wording_same",
            field="numerator",
        )
    if last.begins is not None and valid_from <= last.begins:
        raise Refused(
            f"Version {last.number} holds from {formats.day(last.begins)}."
            " The new wording begins later.",
            code="wording_too_early",
            field="valid_from",
        )
    _refuse_half_wording(metric.kind, denominator)
    wordings.refuse_locked(metric, valid_from)
    wordings.refuse_unknown(metric, valid_from, known_weeks)
    with explained(WORDING):
        definition: MetricDefinition = MetricDefinition.objects.create(
            metric=metric,
            number=last.number + 1,
            valid_from=valid_from,
            numerator=numerator,
            denominator=denominator,
            reason=reason,
            created_by_id=by.id,
        )
    audit.record(
        actor=by.audit_name,
        action="METRIC_REWORDED",
        object=f"metric:{metric.code}",
        payload={"number": definition.number, "valid_from": valid_from.isoformat()},
    )
    wordings.tell_reworded(metric, definition, by=by)
    return definition


def _refuse_implausible(valid_from: date) -> None:
    words = rules.day_refusal(valid_from)
    if words:
        raise Refused(words, code="implausible_date", field="valid_from")


def _refuse_others(metric: Metric, by: Changer) -> None:
    """Refuse who does not manage every pilot that uses the metric, which is locked: none is added."""
    words = queries.change_refusal(metric, by)
    if words:
        raise Refused(words, code="used_elsewhere")


def _refuse_other_meaning(metric: Metric, moved: list[str]) -> None:
    """Refuse to change what a target stands for; the metric is locked, so that none is set now."""
    pilots = queries.list_pilots_aiming(metric) if moved else []
    if pilots:
        names = " and ".join(pilot.name for pilot in pilots)
        raise Refused(
            f"{metric.name} has a target in {names}, set for the number as it is now."
            " Take the target away there first, or add a new metric.",
            code="has_target",
            field=moved[0],
        )


def _zone_of(site: Site | None) -> str:
    """Return the zone in which weeks are cut; Refused for an archived site."""
    if site is None:
        return current_zone()
    site = lock(site)
    if site.archived_at is not None:
        raise Refused(
            f"{site.name} is archived. Choose another site or bring it back first.",
            code="site_archived",
            field="site",
        )
    return str(site.zone)


def _checked_exposure(kind: str, unit: str, exposure: str) -> str:
    """Return what the metric is counted per; Refused where kind or unit say otherwise."""
    if KINDS[kind].per_time:
        exposure = units.exposure_of(unit=unit, exposure=exposure)
        words = units.exposure_refusal(unit=unit, exposure=exposure)
    else:
        words = "Only a rate counts events per day or per week." if exposure else ""
    if words:
        raise Refused(words, code="exposure", field="exposure")
    return exposure


def _refuse_half_wording(kind: str, denominator: str) -> None:
    if KINDS[kind].both_halves and not denominator.strip():
        raise Refused(
            "Say what is counted below the line: a share or ratio needs both halves.",
            code="denominator_missing",
            field="denominator",
        )


def _refuse_archived_person(person: Person | None) -> None:
    if person is not None and lock(person).archived_at is not None:
        raise Refused(
            f"{person.name} is archived. Name somebody else.",
            code="person_archived",
            field="maintainer",
        )


def _refuse_equal_source(name: str) -> None:
    refuse_equal_name(name, what="source", others=Source.objects.filter(archived_at=None))


def _refuse_equal_metric(name: str, site: Site | None) -> None:
    """Raise Refused when another metric of the site has the name; each site may have its own."""
    others = Metric.objects.filter(archived_at=None, site=site)
    refuse_equal_name(name, what="metric", others=others)


def _propose(model: type[models.Model], name: str, longest: int, otherwise: str) -> str:
    manager: Any = model._default_manager
    taken = set(manager.values_list("code", flat=True))
    return codes.propose(name, taken, longest=longest, otherwise=otherwise)
