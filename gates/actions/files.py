"""A look at the storage: what is gone from it, and what nobody has."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction

from common import files, jobs
from portfolio.models import Pilot

from .. import queries
from ..models import GateDecision
from ..queries.files import gone_words, list_gone, list_kept_keys
from ..rules.states import Code, State
from .gates import open_gate
from .steps import reopen

# A file whose row is still being written is younger than this.
WAIT = timedelta(days=1)


def sweep_files(*, now: datetime) -> None:
    """Delete files that no evidence has, left by a request that broke off; look at all others.

    After commit: gates.check_pilot_files, a job for each pilot with a gate that is passed or waived.
    """
    files.drop_others(list_kept_keys(), older_than=now - WAIT)
    for pilot in queries.list_settled_pilots():
        jobs.enqueue("gates.check_pilot_files", pilot_id=str(pilot.pk))


@transaction.atomic
def check_files(*, pilot: Pilot, now: datetime) -> list[GateDecision]:
    """Reopen each passed gate of a pilot that rests on a file which the storage has no more.

    Returns the steps. Running it again changes nothing. Audit: GATE_REOPENED, one line each.
    """
    return [
        found
        for seen in queries.list_seen(pilot, now=now)
        if seen.state is State.PASSED and list_gone(seen)
        if (found := _reopen(pilot, seen.code, now)) is not None
    ]


def _reopen(pilot: Pilot, code: Code, now: datetime) -> GateDecision | None:
    """Reopen a gate unless somebody did something meanwhile."""
    open_gate(pilot=pilot, code=code, now=now)
    seen = queries.get_seen(pilot, code, now=now)
    gone = list_gone(seen)
    if seen.state is not State.PASSED or not gone:
        return None
    return reopen(seen, pilot, reason=gone_words(gone), now=now)
