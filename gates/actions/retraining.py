"""Writing down what calls for training a model anew, trying it, and answering it."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.urls import reverse

from common.errors import Refused
from common.writing import change, lock, told
from metrics.models import Metric
from portfolio import rules as path
from portfolio.actions import refuse_archived_pilot
from portfolio.models import Part, Pilot
from portfolio.queries import list_parties, parts_of
from tenants import actions as tenants
from tenants.models import Membership
from tenants.queries import Member, System, current_slug

from ..models import RetrainingTrigger, TriggerFiring
from ..queries import retraining as queries
from ..rules import retraining as rules
from ..rules.retraining import Word
from .brought import record

BY = System("gates.judge_triggers")


@transaction.atomic
def add_trigger(
    *,
    pilot: Pilot,
    metric: Metric,
    side: str,
    threshold: float,
    weeks: int,
    rest_weeks: int,
    receiver: Membership,
    task: str,
    by: Member | Membership,
) -> RetrainingTrigger:
    """Write down which figure calls for training, from where on, and who is then told.

    threshold: as the metric's values are stored. Raises Refused for a metric that is archived, a
    receiver who left, numbers out of range, and an archived pilot. Audit: RETRAINING_TRIGGER_ADDED.
    """
    refuse_archived_pilot(lock(pilot))
    if metric.archived_at is not None:
        raise Refused(f"{metric.name} is archived.", code="metric_archived", field="metric")
    values = _terms(side, threshold, weeks, rest_weeks, receiver, task)
    made: RetrainingTrigger = RetrainingTrigger.objects.create(pilot=pilot, metric=metric, **values)
    plain = {"metric": metric.code} | {field: str(value) for field, value in values.items()}
    record(pilot, by, "RETRAINING_TRIGGER_ADDED", {"trigger": str(made.pk), **plain})
    return made


@transaction.atomic
def change_trigger(
    *,
    row: RetrainingTrigger,
    version: int,
    side: str,
    threshold: float,
    weeks: int,
    rest_weeks: int,
    receiver: Membership,
    task: str,
    by: Member | Membership,
) -> RetrainingTrigger:
    """Change a trigger; it is then to be tried anew, and a gate passed on it opens again.

    Its figure stays: what fired says of which one, and another one is another trigger.

    Raises Changed for an old version, and Refused as `add_trigger` does.
    Audit: RETRAINING_TRIGGER_CHANGED.
    """
    refuse_archived_pilot(lock(row.pilot))
    row = lock(row, version=version)
    values = _terms(side, threshold, weeks, rest_weeks, receiver, task)
    moved = change(row, values)
    if moved:
        payload = {"trigger": str(row.pk), **told(moved)}
        record(row.pilot, by, "RETRAINING_TRIGGER_CHANGED", payload)
    return row


def _terms(
    side: str,
    threshold: float,
    weeks: int,
    rest_weeks: int,
    receiver: Membership,
    task: str,
) -> dict[str, Any]:
    if not -rules.MOST <= threshold <= rules.MOST:
        raise Refused("This number is too large.", code="threshold", field="threshold")
    if not 1 <= weeks <= rules.MOST_WEEKS:
        raise Refused(f"1 to {rules.MOST_WEEKS} weeks.", code="weeks", field="weeks")
    if not 1 <= rest_weeks <= rules.MOST_REST_WEEKS:
        raise Refused(f"1 to {rules.MOST_REST_WEEKS} weeks.", code="rest_weeks", field="rest_weeks")
    if receiver.removed_at is not None:
        raise Refused(
            f"{receiver.person.name} is no member any more: name somebody else.",
            code="receiver_left",
            field="receiver",
        )
    if not task.strip():
        raise Refused("Say what is then done.", code="task", field="task")
    return {
        "side": side,
        "threshold": threshold,
        "weeks": weeks,
        "rest_weeks": rest_weeks,
        "receiver_id": receiver.pk,
        "task": task.strip(),
    }


@transaction.atomic
def archive_trigger(
    *, row: RetrainingTrigger, by: Member | Membership, now: datetime
) -> RetrainingTrigger:
    """Put a trigger aside; it fires no more, what it did stays. Doing it again changes nothing.

    Raises Refused for an archived pilot. Audit: RETRAINING_TRIGGER_ARCHIVED.
    """
    return _set_aside(row, now, by, "RETRAINING_TRIGGER_ARCHIVED")


@transaction.atomic
def restore_trigger(*, row: RetrainingTrigger, by: Member | Membership) -> RetrainingTrigger:
    """Bring a trigger back. Doing it again changes nothing.

    Raises Refused for an archived pilot. Audit: RETRAINING_TRIGGER_RESTORED.
    """
    return _set_aside(row, None, by, "RETRAINING_TRIGGER_RESTORED")


def _set_aside(
    row: RetrainingTrigger, at: datetime | None, by: Member | Membership, action: str
) -> RetrainingTrigger:
    refuse_archived_pilot(lock(row.pilot))
    row = lock(row)
    if (row.archived_at is None) == (at is None):
        return row
    change(row, {"archived_at": at})
    record(row.pilot, by, action, {"trigger": str(row.pk)})
    return row


@transaction.atomic
def try_trigger(*, row: RetrainingTrigger, by: Member | Membership, now: datetime) -> TriggerFiring:
    """Fire a trigger as a trial: its receiver is told and asked to answer, as when it is meant.

    While a trial of it waits for an answer no other is made, and that one returned.
    Raises Refused for one that is archived, a receiver who left, and an archived pilot.
    Audit: RETRAINING_TRIED.
    """
    refuse_archived_pilot(lock(row.pilot))
    row = lock(row)
    if row.archived_at is not None:
        raise Refused("This trigger is archived. Bring it back first.", code="trigger_archived")
    if row.receiver.removed_at is not None:
        raise Refused(
            f"{row.receiver.person.name} is no member any more: name somebody else.",
            code="receiver_left",
        )
    waits: TriggerFiring | None = TriggerFiring.objects.filter(
        trigger=row, trigger_version=row.version, member__isnull=False, answered_at=None
    ).first()
    if waits is not None:
        return waits
    made = _fire(row, now=now, member_id=by.id)
    record(row.pilot, by, "RETRAINING_TRIED", {"trigger": str(row.pk), "firing": str(made.pk)})
    return made


@transaction.atomic
def answer_firing(
    *, row: TriggerFiring, answer: str, by: Member | Membership, now: datetime
) -> TriggerFiring:
    """Say what was done about a firing, or that a trial arrived; it is answered once.

    Raises Refused for somebody who was not told and does not lead the pilot, without an answer, and
    for one that was answered already.
    Audit: RETRAINING_ANSWERED.
    """
    pilot = row.trigger.pilot
    refuse_archived_pilot(lock(pilot))
    row = lock(row)
    if row.answered_at is not None:
        raise Refused("This was answered already.", code="answered")
    if not queries.may_answer(row, by.id, parts_of(by.person_id, pilot)):
        raise Refused("Who was told answers, or the pilot's lead.", code="not_told")
    if not answer.strip():
        raise Refused("Say what was done.", code="answer", field="answer")
    row.answered_at, row.answered_by_id, row.answer = now, by.id, answer.strip()
    row.save(update_fields=["answered_at", "answered_by", "answer"])
    payload = {"trigger": str(row.trigger_id), "firing": str(row.pk), "answer": row.answer}
    record(pilot, by, "RETRAINING_ANSWERED", payload)
    tenants.settle(dedup_prefix=f"retraining:{row.pk}", words="Answered.")
    return row


def judge_triggers(*, now: datetime) -> list[TriggerFiring]:
    """Let every trigger of the tenant look at its last weeks; return what fired.

    Doing it again changes nothing: a week fires a trigger once. Audit: RETRAINING_FIRED.
    """
    armed = [
        (row, fired, queries.last_week_over(path.local_day(now, row.metric.zone)))
        for row, fired in queries.list_armed()
    ]
    wanted = {
        (row.metric_id, rules.asked_weeks(last, row.weeks)[0], last) for row, _fired, last in armed
    }
    figures = queries.map_figures(wanted)
    found = []
    for row, fired, last in armed:
        known = figures.get(row.metric_id, {})
        if rules.judge(queries.terms_of(row), known, last=last, fired=fired) is Word.FIRES:
            found.append(_fire_once(row, last, known, now))
    return [one for one in found if one is not None]


@transaction.atomic
def _fire_once(
    row: RetrainingTrigger, last: date, figures: dict[date, float], now: datetime
) -> TriggerFiring | None:
    """Fire a trigger for a week, unless somebody changed it or it fired meanwhile."""
    version = row.version
    row = lock(row)
    if row.version != version or row.firings.filter(last_week__gte=last).exists():
        return None
    weeks = rules.asked_weeks(last, row.weeks)
    made = _fire(row, now=now, last_week=last, readings=rules.readings(figures, weeks))
    payload = {"trigger": str(row.pk), "firing": str(made.pk), "readings": made.readings}
    record(row.pilot, BY, "RETRAINING_FIRED", payload)
    return made


def _fire(row: RetrainingTrigger, *, now: datetime, **values: Any) -> TriggerFiring:
    """Keep a firing of a trigger and tell its receiver."""
    made: TriggerFiring = TriggerFiring.objects.create(
        trigger=row,
        trigger_version=row.version,
        at=now,
        side=row.side,
        threshold=row.threshold,
        receiver_id=row.receiver_id,
        **values,
    )
    name = row.pilot.name
    title = (
        f"Trial of {name}: answer as if its model were to be trained anew"
        if made.tried
        else f"The model of {name} is to be trained anew"
    )
    for person_id in _told(row, now):
        tenants.notify_person(
            person_id=person_id,
            topic="retraining",
            title=title,
            path=reverse("firing_answer", args=[current_slug(), row.pilot.code, made.pk]),
            dedup_key=f"retraining:{made.pk}:{person_id}",
        )
    return made


def _told(row: RetrainingTrigger, now: datetime) -> set[UUID]:
    """Return the persons who are told: the receiver; where that one left, the pilot's leads.

    Its sponsors where no lead is there either. Nobody who left is told anything.
    """
    day = path.local_day(now, row.pilot.site.zone)
    if not row.receiver.left(day):
        return {row.receiver.person_id}
    for part in (Part.LEAD, Part.SPONSOR):
        named = [one.person_id for one in list_parties(pilot_id=row.pilot_id, parts=[part])]
        rows = Membership.objects.filter(person_id__in=named).select_related("person")
        if found := {one.person_id for one in rows.order_by("id") if not one.left(day)}:
            return found
    return set()
