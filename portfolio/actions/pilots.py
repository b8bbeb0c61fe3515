"""Writes of pilots."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any

from django.db import transaction

from audit import actions as audit
from common import formats, jobs
from common.errors import Refused
from common.writing import change, explained, lock, take_turn, told
from tenants.queries import Doer

from .. import queries, rules
from ..models import Candidate, Pilot, Site, Vendor
from .archived import refuse_archived_pilot
from .candidates import begin_candidate
from .load import ask_about_load, ask_in_vain_no_more, ask_no_more_load
from .parties import PartyDraft, name_party, record_named
from .places import checked_code, code_taken

LIVE_AFTER_START = {
    "portfolio_pilot_live_after_start": Refused(
        "Go-live is on or after the start date.", code="live_before_start", field="go_live_date"
    )
}

# Portfolio knows no baselines; the database does.
START_HELD = {
    "portfolio_pilot_start_held": Refused(
        "A baseline of this pilot is locked, and its weeks are counted from the start date. An"
        " administrator replaces that baseline first, with a reason; then the start can move.",
        code="baseline_locked",
        field="start_date",
    ),
    "portfolio_pilot_line_held": Refused(
        "A comparison line is in the draft of a baseline of this pilot: take it out, move the start,"
        " and choose it again while it is before week 3. Where the draft is of a guard metric, make"
        " it a primary one first, or retire it.",
        code="comparison_chosen",
        field="start_date",
    ),
}
ZONE_HELD = {
    "portfolio_pilot_zone_held": Refused(
        "A baseline of this pilot is locked, and the time zone of its site says when a week is over."
        " Choose a site in the same zone; for another zone an administrator replaces that baseline"
        " first, with a reason.",
        code="baseline_locked",
        field="site",
    )
}

# What a pilot does on each of its days.
DAYS = {"start_date": "starts", "go_live_date": "goes live"}


@transaction.atomic
def add_pilot(
    *,
    name: str,
    site: Site,
    start_date: date,
    by: Doer,
    now: datetime,
    code: str = "",
    use_case: str = "",
    goal: str = "",
    vendor: Vendor | None = None,
    go_live_date: date | None = None,
    attribution: str = "",
    parties: Iterable[PartyDraft] = (),
    candidate: Candidate | None = None,
) -> Pilot:
    """Start a pilot with the people who take part in it.

    code: empty for the next number (P-04 after P-03). attribution: where replayed figures are
    from, for a demo. candidate: what it is started from. Raises Refused for a code in use, an
    archived site, vendor or person, a day in no plausible year, a go-live before the start, or a
    candidate that is archived or was begun. Audit: PILOT_CREATED, then PARTY_NAMED for each person,
    and CANDIDATE_BEGUN.
    Each sponsor, lead and operator finds a line in their inbox, and where the start stacks on much
    else, so does each who may decide about that.
    """
    if not code:
        take_turn("pilot code")  # two pilots started at once get two numbers
    code = checked_code(code) if code else queries.next_pilot_code()
    values = {"site": site, "vendor": vendor}
    _refuse_archived(values)
    _refuse_implausible({"start_date": start_date, "go_live_date": go_live_date})
    with explained(code_taken("pilot", "portfolio_pilot") | LIVE_AFTER_START):
        pilot: Pilot = Pilot.objects.create(
            code=code,
            name=name,
            use_case=use_case,
            goal=goal,
            start_date=start_date,
            go_live_date=go_live_date,
            attribution=attribution,
            **values,
        )
    # People are locked in one order everywhere, so that two forms never wait for each other.
    drafts = sorted(parties, key=lambda draft: (str(draft.person.pk), draft.part))
    named = [name_party(pilot=pilot, draft=draft, now=now) for draft in drafts]
    audit.record(
        actor=by.audit_name,
        action="PILOT_CREATED",
        object=f"pilot:{pilot.code}",
        payload={"name": name, "site": site.code, "start_date": start_date.isoformat()},
    )
    for one in named:
        record_named(pilot=pilot, named=one, by=by)
    if candidate is not None:
        begin_candidate(candidate=candidate, pilot=pilot, by=by)
    ask_about_load(pilot)
    return pilot


@transaction.atomic
def change_pilot(
    *,
    pilot: Pilot,
    version: int,
    name: str,
    use_case: str,
    goal: str,
    site: Site,
    vendor: Vendor | None,
    start_date: date,
    go_live_date: date | None,
    by: Doer,
) -> Pilot:
    """Change a pilot. Another start date moves its weeks and phases, never its measurements.

    Raises Changed for an old version; Refused when it is archived, when it would move to an
    archived site or vendor, for a new day in no plausible year, for a go-live before the start,
    for another start or a site in another zone while one of its baselines is locked, for an
    earlier start while a draft has a comparison line, or for a start that would put its weekly
    reviews into other weeks. Audit: PILOT_CHANGED. Another start or site asks anew about its load.
    """
    pilot = lock(pilot, version=version)
    refuse_archived_pilot(pilot)
    chosen = {"site": site, "vendor": vendor}
    _refuse_archived({k: v for k, v in chosen.items() if v != getattr(pilot, k)})
    days = {"start_date": start_date, "go_live_date": go_live_date}
    _refuse_implausible({k: v for k, v in days.items() if v != getattr(pilot, k)})
    _refuse_moving_reviews(pilot, start_date)
    values = {"name": name, "use_case": use_case, "goal": goal, **days, **chosen}
    before = pilot.site
    with explained(LIVE_AFTER_START | START_HELD | ZONE_HELD):
        moved = change(pilot, values)
    if moved:
        audit.record(
            actor=by.audit_name,
            action="PILOT_CHANGED",
            object=f"pilot:{pilot.code}",
            payload=told(moved),
        )
    if {"start_date", "site"} & set(moved):
        ask_no_more_load(pilot)
        ask_in_vain_no_more(before)
        ask_about_load(pilot)
    return pilot


@transaction.atomic
def archive_pilot(*, pilot: Pilot, by: Doer, now: datetime) -> Pilot:
    """Take a pilot off the board; everything of it stays, nobody is asked. Audit: PILOT_ARCHIVED."""
    pilot = lock(pilot)
    if pilot.archived_at is None:
        change(pilot, {"archived_at": now})
        ask_no_more_load(pilot)
        audit.record(actor=by.audit_name, action="PILOT_ARCHIVED", object=f"pilot:{pilot.code}")
    return pilot


@transaction.atomic
def restore_pilot(*, pilot: Pilot, by: Doer) -> Pilot:
    """Bring a pilot back onto the board.

    Raises Refused while its site or vendor is archived. Audit: PILOT_RESTORED.
    After commit: gates.reopen_pilot, since nobody looked at its gates meanwhile.
    """
    pilot = lock(pilot)
    _refuse_archived({"site": pilot.site, "vendor": pilot.vendor})
    if change(pilot, {"archived_at": None}):
        audit.record(actor=by.audit_name, action="PILOT_RESTORED", object=f"pilot:{pilot.code}")
        ask_about_load(pilot)
        jobs.enqueue("gates.reopen_pilot", pilot_id=str(pilot.pk))
    return pilot


def _refuse_moving_reviews(pilot: Pilot, start_date: date) -> None:
    """Raise Refused for a start with another week 1 than the one that reviews are counted from.

    The pilot is locked, as it is while somebody writes a review.
    """
    begins = rules.first_monday(pilot.start_date)
    if rules.first_monday(start_date) != begins and queries.has_reviews(pilot):
        raise Refused(
            f"This pilot has weekly reviews, and they are counted from {formats.day(begins)}, the"
            " Monday of week 1; with this start they would be about other weeks. Keep the start:"
            " when only the go-live slips, change its day. A pilot that begins anew is a new pilot;"
            " archive this one.",
            code="reviewed",
            field="start_date",
        )


def _refuse_implausible(days: Mapping[str, date | None]) -> None:
    """Raise Refused for a day of a pilot that lies in no plausible year."""
    for field, day in days.items():
        if day is not None and not rules.EARLIEST <= day <= rules.LATEST:
            raise Refused(
                f"A pilot {DAYS[field]} between {rules.EARLIEST.year} and {rules.LATEST.year};"
                f" this day is in {day.year}. Check the year.",
                code="implausible_date",
                field=field,
            )


def _refuse_archived(chosen: dict[str, Any]) -> None:
    """Raise Refused for an archived site or vendor, read under a lock that archiving waits for."""
    for field, row in chosen.items():
        if row is not None and lock(row).archived_at is not None:
            raise Refused(
                f"{row.name} is archived. Choose another {field} or bring it back first.",
                code=f"{field}_archived",
                field=field,
            )
