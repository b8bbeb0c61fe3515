"""Bringing evidence, and taking it back."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from hashlib import sha256
from typing import Any
from uuid import UUID

from django.db import transaction

from common import files, formats
from common.errors import Refused
from common.writing import lock
from portfolio import rules as path
from portfolio.models import Pilot
from tenants.models import Membership
from tenants.queries import Member

from .. import queries
from ..models import Criterion, Evidence, Gate
from ..rules import files as rules
from ..rules.criteria import Asked, Check
from ..rules.states import Code, State
from .brought import record, take_back
from .gates import open_gate
from .steps import reopen


@dataclass(frozen=True, slots=True)
class Sent:
    """A file as somebody sent it."""

    name: str
    content: bytes


@transaction.atomic
def add_evidence(
    *,
    pilot: Pilot,
    code: Code,
    criterion: str,
    kind: str,
    title: str,
    captured_on: date,
    by: Member | Membership,
    now: datetime,
    text: str = "",
    url: str = "",
    file: Sent | None = None,
    value: float | None = None,
    expires_on: date | None = None,
) -> Evidence:
    """Add a file, a link, a note or a number to a criterion of a gate.

    criterion: its code. captured_on: the day the evidence tells of. expires_on: the last day on
    which it counts, never later than the criterion says; without it as late as that. value: in the
    criterion's unit. file: of the kind `file`; kept before its row is written, gone if that fails.
    Raises Refused for a criterion that takes none of this kind, for days that cannot be meant, and
    for an archived pilot. Audit: GATE_EVIDENCE_ADDED.
    """
    gate = open_gate(pilot=pilot, code=code, now=now)
    row = _criterion(gate, criterion)
    _refuse_kind(row.asked, kind, value)
    kept = _checked(kind, file)
    day = path.local_day(now, pilot.site.zone)
    if captured_on > day:
        raise Refused("Evidence is of today or earlier.", code="captured_on", field="captured_on")
    if row.valid_days is not None:
        expires_on = _expiry(captured_on, row.valid_days, expires_on)
    if expires_on is not None and expires_on < day:
        raise Refused(
            "It has expired already. Bring newer evidence, or say until when this one counts.",
            code="expired",
            field="expires_on",
        )
    with _keeping(kept) as columns:
        made: Evidence = Evidence.objects.create(
            gate=gate,
            criterion=row,
            kind=kind,
            title=title.strip(),
            text=text.strip(),
            url=url.strip(),
            value=value,
            captured_on=captured_on,
            expires_on=expires_on,
            member_id=by.id,
            at=now,
            **columns,
        )
        payload = {"criterion": row.code, "title": made.title}
        payload |= {"sha256": made.file_digest} if made.file_digest else {}
        _record(made, gate, by, "GATE_EVIDENCE_ADDED", payload)
    return made


def _checked(kind: str, file: Sent | None) -> Sent | None:
    """Return the file as it is kept, under a name that can be read. Raises Refused."""
    if kind != Evidence.Kind.FILE:
        return None
    if file is None:
        raise Refused("Choose the file.", code="file", field="file")
    named = Sent(rules.plain_name(file.name), file.content)
    if words := rules.file_refusal(name=named.name, content=named.content):
        raise Refused(words, code="file", field="file")
    return named


@contextmanager
def _keeping(file: Sent | None) -> Iterator[dict[str, Any]]:
    """Keep a file and give the columns that tell of it; take it away when the row cannot be."""
    if file is None:
        yield {}
        return
    found = rules.kind_of(file.name)
    assert found is not None
    try:
        key = files.keep(file.content)
    except OSError as problem:
        raise Refused(
            "The file cannot be kept now: its storage is full or away. Nothing was saved; try again"
            " later, or bring a link.",
            code="storage",
            field="file",
        ) from problem
    try:
        yield {
            "file_key": key,
            "file_name": file.name,
            "file_type": found.mime,
            "file_size": len(file.content),
            "file_digest": sha256(file.content).hexdigest(),
        }
    except BaseException:
        # Where even that fails, the sweep of files takes it away later.
        with suppress(OSError):
            files.drop(key)
        raise


def _expiry(captured_on: date, valid_days: int, said: date | None) -> date:
    """Return the last day on which evidence counts, which is never later than its criterion says."""
    longest = captured_on + timedelta(days=valid_days)
    if said is not None and said > longest:
        days = f"{valid_days} days from the day that it tells of"
        raise Refused(
            f"It counts for {days}: until {formats.day(longest)} at the latest.",
            code="too_long",
            field="expires_on",
        )
    return said or longest


def _criterion(gate: Gate, code: str) -> Criterion:
    found: Criterion | None = Criterion.objects.filter(
        template_id=gate.template_id, code=code
    ).first()
    if found is None:
        raise Refused("This gate does not ask that.", code="criterion", field="criterion")
    return found


def _refuse_kind(asked: Asked, kind: str, value: float | None) -> None:
    if asked.check is Check.FACT:
        raise Refused(
            "The product answers this itself: there is nothing to bring.", code="fact", field="kind"
        )
    if asked.check is Check.NUMBER and kind != Evidence.Kind.NUMBER:
        raise Refused(
            "This criterion is met by a number. Give the number, and where it stands.",
            code="number",
            field="value",
        )
    if asked.check is Check.EVIDENCE and kind == Evidence.Kind.NUMBER:
        raise Refused("This criterion takes a file, a link or a note.", code="kind", field="kind")
    if kind == Evidence.Kind.NUMBER and value is None:
        raise Refused("Give the number.", code="value", field="value")


@transaction.atomic
def withdraw_evidence(
    *, pilot: Pilot, code: Code, key: UUID, reason: str, by: Member | Membership, now: datetime
) -> Evidence:
    """Take a piece of evidence back, with a reason; it stays visible and counts no more.

    A gate that was passed on it alone is reopened, whatever was brought since. Withdrawing again
    changes nothing. Raises Refused without a reason and for an archived pilot. Audit:
    GATE_EVIDENCE_WITHDRAWN.
    """
    gate = open_gate(pilot=pilot, code=code, now=now)
    found = queries.find_evidence(pilot, code, key)
    if found is None:
        raise Refused("This evidence is of another gate.", code="other_gate")
    found = lock(found)
    if not take_back(found, reason=reason, by=by, now=now):
        return found
    _record(found, gate, by, "GATE_EVIDENCE_WITHDRAWN", {"title": found.title, "reason": reason})
    seen = queries.get_seen(pilot, code, now=now)
    if seen.state is State.PASSED and (seen.missing or seen.taken_back):
        reopen(
            seen, pilot, reason=f"{found.title} was withdrawn: {found.withdrawn_reason}", now=now
        )
    return found


def _record(
    found: Evidence, gate: Gate, by: Member | Membership, action: str, payload: dict[str, Any]
) -> None:
    record(gate.pilot, by, action, {"gate": gate.code, "evidence": str(found.pk), **payload})
