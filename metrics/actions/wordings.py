"""What other words of a metric may not reach, and what follows from them in its pilots."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from django.urls import reverse

from audit import actions as audit
from common import formats
from common.errors import Refused, Unconfirmed
from tenants import actions as tenants
from tenants.queries import System, current_slug

from .. import queries
from ..models import Metric, MetricDefinition
from ..queries import Changer, verdicts
from ..rules.wordings import Using, first_free_day
from .targets import asks

TOPIC = "metric"


def refuse_locked(metric: Metric, valid_from: date) -> None:
    """Refuse a wording that begins before a locked baseline of the metric or beside it is over."""
    for baseline in verdicts.list_locked_with(metric):
        free = first_free_day(baseline.weeks or [])
        if free is not None and valid_from < free:
            row = baseline.target_row
            beside = f", beside {metric.name}," if baseline.comparison_id == metric.pk else ""
            raise Refused(
                f"The baseline of {row.metric.name} in {row.pilot.name}{beside} is locked, and"
                f" its weeks up to {formats.day(free - timedelta(days=1))} stay as they were worded."
                f" The new wording begins on {formats.day(free)} or later.",
                code="baseline_locked",
                field="valid_from",
            )


def refuse_unknown(metric: Metric, valid_from: date, known_weeks: int) -> None:
    """Ask before weeks are worded anew that are counted already, unless the person knows of them."""
    weeks, first = queries.find_counted(metric, valid_from)
    if first is None or weeks == known_weeks:
        return
    count = "1 week that is" if weeks == 1 else f"{weeks} weeks that are"
    raise Unconfirmed(
        f"The new words would also hold, wholly or in part, for {count} counted already, from"
        f" {formats.day(first)} on. Save once more to word them anew too, or choose a later day.",
        code="weeks_counted",
        field="valid_from",
        answer=weeks,
    )


def tell_renamed(metric: Metric, *, before: str, by: Changer) -> None:
    """Tell the pilots of a metric that it has another name. Audit: METRIC_RENAMED, for each."""
    page = reverse("metric", args=[current_slug(), metric.code])
    for one in queries.list_using(metric):
        title = f"{before} in {one.pilot} is called {metric.name} now"
        key = f"renamed:{metric.pk}:{metric.version}:{one.key}"
        _tell_lead(one, by, title=title, path=page, key=key)
        _tell_agreed(one, by, title=title, path=page, key=key)
        _record(one, "METRIC_RENAMED", metric, by, {"name": [before, metric.name]})


def tell_reworded(metric: Metric, definition: MetricDefinition, *, by: Changer) -> None:
    """Tell the pilots of a metric that it has another wording. Audit: METRIC_REWORDED, for each.

    The line of who agreed to a target leads to where they agree again, and is read once they did.
    """
    slug, day = current_slug(), formats.day(definition.valid_from)
    for one in queries.list_using(metric):
        _tell_lead(
            one,
            by,
            title=f"{metric.name} in {one.pilot} is worded anew from {day}",
            path=reverse("metric", args=[slug, metric.code]),
            key=f"reworded:{definition.pk}:{one.key}",
        )
        _tell_agreed(
            one,
            by,
            title=f"{metric.name} in {one.pilot} is worded anew from {day}, and you agreed before",
            path=reverse("target_agree", args=[slug, one.code, one.key]),
            key=f"{asks(one.key)}wording:{definition.number}",
        )
        payload = {"number": definition.number, "valid_from": definition.valid_from.isoformat()}
        _record(one, "METRIC_REWORDED", metric, by, payload)


def _tell_lead(one: Using, by: Changer, *, title: str, path: str, key: str) -> None:
    own = None if isinstance(by, System) else by.person_id
    if one.lead_id is not None and one.lead_id != own:
        tenants.notify_person(
            person_id=one.lead_id, topic=TOPIC, title=title, path=path, dedup_key=key
        )


def _tell_agreed(one: Using, by: Changer, *, title: str, path: str, key: str) -> None:
    own = None if isinstance(by, System) else by.id
    if one.agreed_by_id is not None and one.agreed_by_id != own:
        tenants.notify(
            member_id=one.agreed_by_id, topic=TOPIC, title=title, path=path, dedup_key=key
        )


def _record(one: Using, action: str, metric: Metric, by: Changer, payload: dict[str, Any]) -> None:
    audit.record(
        actor=by.audit_name,
        action=action,
        object=f"pilot:{one.code}",
        payload={"metric": metric.code, **payload},
    )
