"""What stands around the demo's pilots: other programmes, what changes for people, candidates."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from portfolio.actions import candidates, plan
from portfolio.actions import load as loads
from portfolio.models import Pilot
from portfolio.queries.load import list_beside, seen_of
from portfolio.rules.candidates import FIGURES, Outlook
from portfolio.rules.load import Word
from portfolio.rules.plan import Kind
from tenants.models import Membership

from ..rules import WEEK, monday, today_at
from ..rules.around import PROMISE, PROMISE_TEXT, CandidatePlan, ChangePlan, ProgrammePlan
from .run import Cast, Load

LOOKS = {"c": Outlook.CLEAR, "w": Outlook.WORK, "s": Outlook.STOPS, "-": Outlook.OPEN}
SUNDAY = timedelta(days=6)


def add_around(load: Load, cast: Cast) -> None:
    """Write down what stands around the pilots. Raises Refused as the actions do."""
    leads = {pilot.code: cast.members[pilot.lead] for pilot in load.plan.pilots}
    around = load.plan.around
    first = next(iter(leads.values()))
    for programme in around.programmes:
        _add_programme(load, cast, programme, first)
    for change in around.changes:
        _change(load, change, leads[change.pilot])
    for one in around.loads:
        pilot = Pilot.objects.select_related("site").get(code=one.pilot)
        loads.decide_load(
            pilot=pilot,
            version=1,
            seen=seen_of(list_beside(pilot)),
            word=Word(one.word),
            reason=one.reason,
            by=cast.members[one.by],
            now=load.now,
        )
    for candidate in around.candidates:
        _add_candidate(cast, candidate, first)


def _add_programme(load: Load, cast: Cast, given: ProgrammePlan, by: Membership) -> None:
    site = cast.sites[given.site]
    this = monday(today_at(load.now, site.zone))
    start, end = given.weeks
    loads.add_programme(
        name=f"{given.name} (invented)",
        kind=given.kind,
        site=site,
        roles=given.roles,
        starts_on=this + start * WEEK,
        ends_on=None if end is None else this + end * WEEK + SUNDAY,
        by=by,
    )


def _change(load: Load, given: ChangePlan, lead: Membership) -> None:
    """Write down what changes for people around one pilot, on its own days."""
    pilot: Pilot = Pilot.objects.select_related("site").get(code=given.pilot)
    today = today_at(load.now, pilot.site.zone)

    def on(week: int) -> date:
        return pilot.start_date + (week - 1) * WEEK

    def add(kind: Kind, title: str, **values: Any) -> None:
        plan.add_item(pilot=pilot, kind=kind, title=title, by=lead, now=load.now, **values)

    people = {"people_needed": given.people, "who": given.role}
    add(Kind.PROMISE, PROMISE, text=PROMISE_TEXT)
    add(Kind.ROLE, given.role, people_needed=given.people, text=given.changes)
    add(
        Kind.TRAINING,
        "How to read and override it",
        **people,
        people_done=given.trained,
        due_on=on(5),
    )
    add(
        Kind.CONCERN,
        given.concern,
        who=given.role,
        due_on=on(6),
        text=given.answer,
        done_on=min(on(3), today) if given.answer else None,
    )
    add(
        Kind.MESSAGE,
        "What is tried here and why",
        who=given.role,
        due_on=on(1),
        done_on=min(on(1), today),
    )
    add(Kind.PROCESS, "Work instruction", before=given.before, after=given.after)
    first, weeks = given.foundation
    until = on(first) + weeks * WEEK - timedelta(days=1)
    add(
        Kind.FOUNDATION,
        "Sources connected and checked",
        starts_on=on(first),
        due_on=until,
        done_on=until if until <= today else None,
    )


def _add_candidate(cast: Cast, given: CandidatePlan, by: Membership) -> None:
    amounts = [None if one is None else Decimal(one) for one in given.figures]
    candidates.add_candidate(
        name=given.name,
        site=cast.sites[given.site],
        use_case=given.use_case,
        figures=dict(zip(FIGURES, amounts, strict=True)),
        outlook=[LOOKS[letter] for letter in given.gates],
        consulted=given.consulted,
        advice=given.advice,
        by=by,
    )
