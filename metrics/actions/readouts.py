"""Reading pilots out; for jobs only, because it needs numpy and scipy."""

from __future__ import annotations

import json
import logging
from datetime import datetime

from django.db import transaction
from django.urls import reverse

from audit import actions as audit
from common import jobs
from portfolio.models import Part
from tenants.queries import System, current_slug

from ..models import Baseline, ReadOut
from ..queries import verdicts as stored
from ..rules.verdict import frozen
from ..rules.verdict.engine import VERSION
from .targets import tell

BY = System("metrics.read_out")
# Engines before this one, whose read-outs stay as they are.
EARLIER: frozenset[str] = frozenset()
log = logging.getLogger(__name__)


def send_due(*, now: datetime) -> int:
    """Send a job for each locked baseline that has something to read out; return how many.

    After commit: metrics.read_out_baseline.
    """
    due = stored.list_due_baselines(now)
    for baseline in due:
        jobs.enqueue("metrics.read_out_baseline", baseline_id=str(baseline.pk))
    return len(due)


@transaction.atomic
def read_out(*, baseline: Baseline, now: datetime) -> int:
    """Read out one locked baseline after each week whose time has come; return how many are new.

    Figures that are as they were give the version that stands already, so running it again changes
    nothing. Figures that are about to be computed anew are waited for. Audit: READ_OUT_FROZEN, one
    line a version. Lead and sponsors find a line in their inbox.
    """
    return sum(_freeze(baseline, due, now) for due in stored.list_due(baseline, now))


def _freeze(baseline: Baseline, due: stored.Due, now: datetime) -> bool:
    """Compute and keep one read-out; return whether it is new."""
    result = json.dumps(frozen.answer(frozen.read(due.inputs)), allow_nan=False)
    key = stored.freeze(
        baseline, due.week, as_of=now, digest=frozen.digest(due.inputs), result=result
    )
    if key is None:  # another worker was first, or figures moved meanwhile
        return False
    _tell(baseline, stored.get_read_out(key))
    return True


def _tell(baseline: Baseline, found: ReadOut) -> None:
    row = baseline.target_row
    words = (
        f"{row.metric.name}: corrected figures change the read-out of week {found.week}"
        if found.waits
        else f"{row.metric.name} in {row.pilot.name} is read out for week {found.week}"
    )
    path = reverse("read_out", args=[current_slug(), row.pilot.code, row.pk, found.week])
    tell(row.pilot, Part.SPONSOR, Part.LEAD, title=words, path=path, key=f"read_out:{found.pk}")
    audit.record(
        actor=BY.audit_name,
        action="READ_OUT_FROZEN",
        object=f"pilot:{row.pilot.code}",
        payload={
            "metric": row.metric.code,
            "week": found.week,
            "version": found.number,
            "word": found.word,
            "digest": found.digest.hex(),
        },
    )


def check_kept() -> list[ReadOut]:
    """Compute all kept versions again; return those whose kept result is another one.

    Those of an earlier engine are left as they are; of an engine that never was, none can be right.
    Each is an error in the log. Audit: READ_OUT_DIFFERS.
    """
    differing = [one for one in stored.list_kept() if not _is_right(one)]
    for one in differing:
        log.error("The kept read-out %s differs from what its inputs give.", one.pk)
        audit.record(
            actor=BY.audit_name,
            action="READ_OUT_DIFFERS",
            object=f"pilot:{one.baseline.target_row.pilot.code}",
            payload={
                "metric": one.baseline.target_row.metric.code,
                "week": one.week,
                "version": one.number,
            },
        )
    return differing


def _is_right(found: ReadOut) -> bool:
    return found.engine in EARLIER or (found.engine == VERSION and replay(found))


def replay(found: ReadOut) -> bool:
    """Return whether the kept inputs still give the kept result."""
    return frozen.are_same(frozen.answer(frozen.read(found.inputs)), found.result)
