"""Writes of what the two times of a metric from a source are."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import transaction

from audit import actions as audit
from common.errors import Changed, Refused
from common.writing import change, lock, take_turn, told
from tenants.queries import Doer, System, list_names_with
from tenants.rules import GRANTS, Parts, Permission, can

from ..models import Metric, Source, TimestampRule
from ..queries import Changer
from ..queries.timestamps import find_rule

# What a person saw who saw no rule; the first one that is written has the next.
NONE_YET = 1


@transaction.atomic
def write_rule(
    *,
    metric: Metric,
    source: Source,
    version: int,
    transaction_type: str,
    event_field: str,
    entry_field: str,
    without: str,
    limit_hours: int,
    by: Changer,
) -> TimestampRule:
    """Say what the two times are; one that had ended holds again.

    Raises Changed for an old version, Refused for a lead who allows more hours than stand there, or
    stood there when the rule ended, or who empties the field of entry: what came without it would
    be late no more. Audit: TIMESTAMP_RULE_WRITTEN.
    """
    take_turn(f"timestamps {metric.pk}")
    values: dict[str, Any] = {
        "transaction": transaction_type,
        "event_field": event_field,
        "entry_field": entry_field,
        "without": without,
        "limit_hours": limit_hours,
        "ended_at": None,
    }
    row = find_rule(metric, source)
    if row is None:
        if version != NONE_YET:
            raise Changed
        row = TimestampRule.objects.create(
            metric=metric, source=source, version=NONE_YET + 1, **values
        )
        moved = {name: [None, value] for name, value in values.items() if value}
    else:
        row = lock(row, version=version)
        if limit_hours > row.limit_hours:
            _refuse_looser(row, by)
        if row.entry_field and not entry_field:
            _refuse_blind(row, by)
        moved = change(row, values)
    if moved:
        _record("TIMESTAMP_RULE_WRITTEN", row, by, told(moved))
    return row


@transaction.atomic
def end_rule(*, row: TimestampRule, by: Doer, now: datetime) -> TimestampRule:
    """Let a rule hold no more; it can be written again. Audit: TIMESTAMP_RULE_ENDED."""
    row = lock(row)
    if row.ended_at is None:
        change(row, {"ended_at": now})
        _record("TIMESTAMP_RULE_ENDED", row, by, {})
    return row


def _refuse_looser(row: TimestampRule, by: Changer) -> None:
    """Refuse a lead who raises the limit."""
    stands = "1 hour" if row.limit_hours == 1 else f"{row.limit_hours} hours"
    if not _may_loosen(by):
        raise Refused(
            f"The gate Data asks for these {stands}, and who leads a pilot may lower them, not raise"
            f" them.{_who_may()}",
            code="limit_raised",
            field="limit_hours",
        )


def _refuse_blind(row: TimestampRule, by: Changer) -> None:
    """Refuse a lead who says that the source knows no time of entry, where it was known to."""
    if not _may_loosen(by):
        raise Refused(
            f"The gate Data counts what came without {row.entry_field} as not entered yet, and who"
            f" leads a pilot may name another field, not leave it empty.{_who_may()}",
            code="entry_field_emptied",
            field="entry_field",
        )


def _may_loosen(by: Changer) -> bool:
    """Say whether somebody may loosen what a gate of the pilots judged by the metric asks for.

    Not by the pilots of now: a metric is taken from a pilot and given back by its lead alone.
    """
    return isinstance(by, System) or bool(can(by.actor, Permission.CHANGE_METRIC, Parts()))


def _who_may() -> str:
    admins = ", ".join(list_names_with(GRANTS[Permission.CHANGE_METRIC].roles))
    return f" A tenant admin may{': ' + admins if admins else ''}."


def _record(action: str, row: TimestampRule, by: Doer, payload: dict[str, Any]) -> None:
    audit.record(
        actor=by.audit_name,
        action=action,
        object=f"metric:{row.metric.code}",
        payload={"source": row.source.code, **payload},
    )
