"""The story of the gates, played through the product's own actions in the order of its days."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from functools import partial
from zoneinfo import ZoneInfo

from django.utils import timezone

from gates import actions
from gates.actions import errors, failures, retraining, snapshots
from gates.models import ErrorClass, FailureMode, GateDecision
from gates.rules.advice import Stance
from gates.rules.criteria import Check
from gates.rules.first import FIRST
from gates.rules.states import Code
from metrics.actions import sources
from metrics.models import Metric, Source
from portfolio.models import Pilot
from portfolio.rules import local_day

from ..rules import WEEK, PilotPlan
from ..rules.gates import (
    INVENTED,
    AdvicePlan,
    CostPlan,
    DrillPlan,
    GatePlan,
    GateStory,
    ReadingPlan,
    StepPlan,
    on,
)
from ..table import datasets
from . import fields, functions
from .run import Cast, Load

DAY = timedelta(days=1)
# When people act, and when the product looks in the week of loading: once the week before has come.
WORK_AT, LOOKS_AT = time(10), time(6, 30)
# A year of seasons.
CYCLE_WEEKS = 52
# What is brought for a criterion, by its code: title and text.
BROUGHT = {
    "production_data": (
        "A usual week as the plant wrote it",
        "Every row of the week as it came, with empty fields and free text; nothing was cleaned.",
    ),
    "costly_missed": ("Costly errors that nobody caught, last 14 days", "From the log of checks."),
    "monitored": (
        "Who is told when figures stop",
        "Lead and IT manager by mail; tried by holding a file back.",
    ),
    "retraining": (
        "When it is trained anew, and by whom",
        "Two readings in a row above what is tolerated: the vendor trains, the lead reads anew.",
    ),
}
Does = Callable[[datetime], None]


@dataclass(frozen=True, slots=True)
class Event:
    """Something of the story. at: when, should that not be to come when the demo is loaded."""

    at: datetime
    does: Does


def tell(load: Load, cast: Cast) -> None:
    """Play what the story tells of gates, functions and requirements, the earliest first.

    What would be to come is done at the moment of loading. Left out when that moment itself is to
    come: the database takes no decision of a later day than its own.
    Raises Refused as the actions do. Audit: theirs.
    """
    if is_to_come(load):
        return
    plans = {plan.code: plan for plan in load.plan.pilots}
    events = [
        event
        for story in load.plan.gates
        for event in _Telling(load, cast, plans[story.pilot], story).events()
    ]
    events.sort(key=lambda one: one.at)
    fields.write(load, cast, at=min(events[0].at, load.now))
    for event in events:
        event.does(min(event.at, load.now))


def is_to_come(load: Load) -> bool:
    """Say whether the demo is loaded as of a later day, of which the database takes no step."""
    return load.now > timezone.now() + DAY


class _Telling:
    """The events of one pilot's story."""

    def __init__(self, load: Load, cast: Cast, plan: PilotPlan, story: GateStory) -> None:
        self.load, self.cast, self.plan, self.story = load, cast, plan, story
        self.pilot = Pilot.objects.select_related("site").get(code=plan.code)
        self.zone = ZoneInfo(self.pilot.site.zone)
        self.lead = cast.members[plan.lead]
        self.classes: list[ErrorClass] = []
        self.modes: dict[str, FailureMode] = {}
        self.cost = 0

    def events(self) -> Iterator[Event]:
        """Yield every event of the pilot; of those of a moment the first comes first."""
        story = self.story
        yield self._event(on(self.plan.week_now), self._look, LOOKS_AT)
        yield self._event(story.listed, self._list)
        for reading in story.readings:
            yield self._event(reading.day, partial(self._read, reading))
        for drill in story.drills:
            yield self._event(drill.day, partial(self._drill, drill))
        for number, cost in enumerate(story.costs, start=1):
            yield self._event(cost.day, partial(self._price, cost))
            if cost.signed is not None:
                yield self._event(cost.signed, partial(self._sign, cost, number))
        for gate in story.gates:
            yield self._event(gate.begun, partial(self._begin, gate))
            for asked in gate.advice:
                yield self._event(gate.begun, partial(self._ask_advice, gate, asked))
                if asked.day is not None:
                    yield self._event(asked.day, partial(self._advise, gate, asked))
            for step in gate.steps:
                yield self._event(step.day, partial(self._step, gate, step))
        for part in story.functions:
            does = partial(functions.take_part, self.pilot, self.cast, part)
            yield self._event(part.day or 0, partial(does, on=self._day(part.day or 0)))
        for required in story.requirements:
            does = partial(functions.ask, self.pilot, self.lead, required)
            late = required.day if required.settled is None else required.settled
            yield self._event(late, partial(does, on=self._day(required.day)))
        if story.production is not None and self._is_today():
            yield self._event(story.production, self._enter_production)

    def _event(self, day: int, does: Does, at: time = WORK_AT) -> Event:
        return Event(datetime.combine(self._day(day), at, self.zone), does)

    def _day(self, day: int) -> date:
        found: date = self.pilot.start_date + day * DAY
        return found

    def _is_today(self) -> bool:
        """Say whether the demo is loaded as of now: a pass counts by the database's clock too."""
        return timezone.now() - self.load.now < DAY

    def _loaded_on(self) -> date:
        return local_day(self.load.now, self.pilot.site.zone)

    def _list(self, now: datetime) -> None:
        """Write down the sources, what of them is known, and in which ways it may go wrong."""
        today = local_day(now, self.pilot.site.zone)
        for need in self.story.needs:
            updated = None if need.updated is None else today - need.updated * DAY
            sources.add_pilot_source(
                pilot=self.pilot,
                name=need.name,
                kind=need.kind,
                gives=need.gives,
                source=Source.objects.get(code=need.dataset) if need.dataset else None,
                by_hand=need.by_hand,
                maintainer=self.cast.people[need.maintainer] if need.maintainer else None,
                updated_on=updated,
                limit_days=need.limit_days,
                faults=need.faults,
                by=self.lead,
                now=now,
            )
        fields.need(self.load, self.pilot, lead=self.lead)
        self._snapshot(now)
        for one in self.story.errors:
            made = errors.add_error_class(
                pilot=self.pilot,
                name=one.name,
                consequence=one.consequence,
                cost=Decimal(one.cost),
                cost_basis=ErrorClass.Basis.ASSUMED.value,
                tolerated=Decimal(one.tolerated),
                checked_by=one.checked_by,
                by=self.lead,
            )
            self.classes.append(made)
        for mode in self.story.modes:
            self.modes[mode.kind] = failures.add_failure_mode(
                pilot=self.pilot,
                kind=mode.kind,
                name=mode.name,
                noticed=mode.noticed,
                threshold=mode.threshold,
                fallback=mode.fallback,
                receiver=self.cast.members[mode.receiver] if mode.receiver else None,
                by=self.lead,
            )

    def _snapshot(self, now: datetime) -> None:
        """Write down what of the public data the pilot had by then: its real rows and weeks."""
        today = local_day(now, self.pilot.site.zone)
        metric = self.plan.metrics[0]
        moved = self.plan.weeks_moved(self.pilot.start_date) * WEEK
        known = [
            one
            for one in self.load.figures
            if one.metric == metric.code
            and self.plan.covers(one.week, metric)
            and one.week + moved + WEEK <= today
        ]
        dataset = datasets()[metric.dataset]
        snapshots.add_snapshot(
            pilot=self.pilot,
            source=f"{dataset.title} (public data)",
            taken_on=today,
            row_count=sum(one.count for one in known),
            first_day=known[0].week + moved,
            last_day=known[-1].week + moved + WEEK - DAY,
            cycle_weeks=CYCLE_WEEKS,
            issues=dataset.faults,
            lacks=self.story.rows_lack,
            by=self.lead,
            now=now,
        )

    def _read(self, reading: ReadingPlan, now: datetime) -> None:
        last_day = local_day(now, self.pilot.site.zone) - DAY
        found = {row.pk: count for row, count in zip(self.classes, reading.errors, strict=True)}
        errors.add_reading(
            pilot=self.pilot,
            dataset=reading.dataset,
            first_day=last_day - 6 * DAY,
            last_day=last_day,
            decisions=reading.decisions,
            source=INVENTED,
            errors=found,
            by=self.lead,
            now=now,
        )

    def _drill(self, drill: DrillPlan, now: datetime) -> None:
        failures.add_drill(
            row=self.modes[drill.kind],
            ran_on=local_day(now, self.pilot.site.zone),
            held=drill.held,
            seen=drill.seen,
            next_step=drill.next_step,
            by=self.lead,
            now=now,
        )

    def _price(self, cost: CostPlan, now: datetime) -> None:
        basis = ErrorClass.Basis.ASSUMED.value
        made = actions.write_cost(
            pilot=self.pilot,
            version=self.cost,
            note=cost.note,
            items_per_day=Decimal(cost.items_per_day),
            counted="together",
            sites=1,
            days_per_year=250,
            calls_per_item=Decimal(1),
            cost_per_call=Decimal(cost.cost_per_call),
            cost_per_call_basis=basis,
            overhead=Decimal(cost.overhead),
            overhead_basis=basis,
            labour_minutes=Decimal(cost.labour_minutes),
            labour_minutes_basis=basis,
            hourly_rate=Decimal(cost.hourly_rate),
            hourly_rate_basis=basis,
            errors_before=Decimal(cost.errors_before),
            errors_before_basis=basis,
            errors_after=Decimal(cost.errors_after),
            errors_after_basis=basis,
            by=self.lead,
            now=now,
        )
        self.cost = made.number

    def _sign(self, cost: CostPlan, number: int, now: datetime) -> None:
        by = self.cast.members[self.load.plan.signs]
        actions.sign_cost(pilot=self.pilot, version=number, reason=cost.accepted, by=by, now=now)

    def _begin(self, gate: GatePlan, now: datetime) -> None:
        """Name who decides a gate, and bring what it asks for but for what it lacks."""
        code = Code(gate.code)
        today = local_day(now, self.pilot.site.zone)
        actions.name_decider(
            pilot=self.pilot,
            code=code,
            decider=self.cast.members[gate.decider],
            due_date=today + WEEK,
            version=0,
            by=self.lead,
            now=now,
        )
        if code is Code.OWNERSHIP and "retraining" not in gate.lacks:
            self._name_trigger(now)
        for asked in FIRST[code]:
            if asked.check is Check.FACT or asked.code in gate.lacks:
                continue
            title, text = BROUGHT[asked.code]
            number = asked.check is Check.NUMBER
            ends = gate.ends.get(asked.code)
            actions.add_evidence(
                pilot=self.pilot,
                code=code,
                criterion=asked.code,
                kind="number" if number else "note",
                title=title,
                text=f"{text} {INVENTED}",
                value=gate.numbers.get(asked.code, 0) if number else None,
                captured_on=today,
                expires_on=None if ends is None else self._loaded_on() + ends * DAY,
                by=self.lead,
                now=now,
            )

    def _ask_advice(self, gate: GatePlan, asked: AdvicePlan, now: datetime) -> None:
        adviser = self.cast.members[asked.by]
        code = Code(gate.code)
        actions.name_adviser(pilot=self.pilot, code=code, adviser=adviser, by=self.lead, now=now)

    def _advise(self, gate: GatePlan, asked: AdvicePlan, now: datetime) -> None:
        code = Code(gate.code)
        actions.advise(
            pilot=self.pilot,
            code=code,
            step=self._next(code),
            stance=Stance(asked.stance),
            reason=f"{asked.reason} {INVENTED}",
            by=self.cast.members[asked.by],
            now=now,
        )

    def _name_trigger(self, now: datetime) -> None:
        """Name the pilot's first figure as what calls for training, have it tried and answered.

        It calls from a quarter beyond the worst week of the data on, so that no week of the demo does.
        """
        plan = self.plan.metrics[0]
        figures = [one for one in self.load.figures if one.metric == plan.code]
        values = [
            one.value if one.value is not None else (one.numerator or 0) / (one.denominator or 1)
            for one in figures
        ]
        fewer_is_better = plan.direction == "down"
        worst = max(values) * 1.25 if fewer_is_better else min(values) * 0.75
        told = self.cast.members.get(self.plan.operator, self.lead)
        row = retraining.add_trigger(
            pilot=self.pilot,
            metric=Metric.objects.get(code=plan.code),
            side="gt" if fewer_is_better else "lt",
            threshold=float(f"{worst:.1g}"),
            weeks=2,
            rest_weeks=4,
            receiver=told,
            task="The vendor trains on the last twelve months; the lead reads 200 cases of both anew.",
            by=self.lead,
        )
        trial = retraining.try_trigger(row=row, by=self.lead, now=now)
        retraining.answer_firing(row=trial, answer=f"It arrived. {INVENTED}", by=told, now=now)

    def _step(self, gate: GatePlan, step: StepPlan, now: datetime) -> None:
        code = Code(gate.code)
        decider = self.cast.members[gate.decider]
        seen = {"pilot": self.pilot, "code": code, "step": self._next(code), "now": now}
        if step.verb == "submit":
            actions.submit_gate(by=self.lead, **seen)
        elif step.verb == "pass":
            actions.pass_gate(by=decider, **seen)
        elif step.verb == "send_back":
            actions.send_back(reason=step.reason, by=decider, **seen)
        else:
            until = self._loaded_on() + step.lasts * DAY
            by = self.cast.members[step.by]
            actions.waive_gate(reason=step.reason, until=until, by=by, **seen)

    def _next(self, code: Code) -> int:
        """Return the number of a gate's next step."""
        return GateDecision.objects.filter(gate__pilot=self.pilot, gate__code=code).count() + 1

    def _look(self, now: datetime) -> None:
        """Let the product look at the pilot's gates, as its job does every ten minutes."""
        actions.reopen_due(pilot=self.pilot, now=now)

    def _enter_production(self, now: datetime) -> None:
        actions.enter_production(pilot=self.pilot, by=self.lead, now=now)
