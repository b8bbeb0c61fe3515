"""Rows of the board: what was read, put together for one line and one card each."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache
from typing import TypeVar

from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import get_language

from common import charts, formats
from gates.queries.strips import Shown, not_started
from metrics.queries import sentences, watching
from metrics.queries.board import Series, TargetRow
from portfolio import rules
from portfolio.queries import PartyRow, PilotRow
from portfolio.rules import Gap, Missing
from portfolio.rules.budget import Lacking, list_lacking
from tenants.queries import Member
from tenants.rules import Parts, Permission, Role, can

from . import watches, words

T = TypeVar("T", PartyRow, TargetRow)

PHASES = tuple(charts.Phase(*phase) for phase in rules.PHASES)
MOST_WEEKS = 25
# What is closed by agreeing, or by agreeing again.
AGREEMENTS = frozenset({Gap.NOT_AGREED, Gap.REWORDED})
# Who may close which gap.
CLOSES: dict[Gap, Permission] = {
    Gap.NO_LEAD: Permission.EDIT_PILOT,
    Gap.NO_SPONSOR: Permission.EDIT_PILOT,
    Gap.NO_METRIC: Permission.EDIT_PILOT,
    Gap.NO_TARGET: Permission.EDIT_PILOT,
    Gap.NOT_AGREED: Permission.AGREE_TARGET,
    Gap.REWORDED: Permission.AGREE_TARGET,
    Gap.NOT_LOCKED: Permission.LOCK_BASELINE,
    Gap.NO_DATA: Permission.SYNC_MEASUREMENTS,
    Gap.STOPPED: Permission.SYNC_MEASUREMENTS,
    Gap.CHANGED: Permission.ACKNOWLEDGE_VERDICT,
    Gap.UNTOLD: Permission.DECIDE_COMMITMENT,
    Gap.UNDECIDED: Permission.DECIDE_PILOT,
}


# What an executive or the sponsor decides, never the lead.
DECISIONS = frozenset({Gap.CHANGED, Gap.UNTOLD, Gap.UNDECIDED, *AGREEMENTS})
# What the sponsor answers for; the rest is the lead's.
SPONSORS = frozenset({Gap.NO_LEAD, *DECISIONS})


@dataclass(frozen=True, slots=True)
class KeyMetric:
    """The first primary metric of a pilot, ready to draw."""

    code: str
    name: str
    figure: words.Figure
    target: str
    has_target: bool
    line: str
    watch: watches.Watch | None = None


@dataclass(frozen=True, slots=True)
class Monitored:
    """A metric of a pilot and its stored weeks."""

    target: TargetRow
    series: Series | None

    @property
    def known_until(self) -> datetime | None:
        return self.series.known_until if self.series else None

    @property
    def last_day(self) -> date | None:
        """Return the day of the newest figure, on the metric's own clock."""
        return self.series.last_day(self.target.zone) if self.series else None

    def stopped(self, now: datetime) -> bool:
        """Say whether its newest figure is older than its source allows."""
        line = self.series
        if line is None or line.stale_after_hours is None:
            return False
        return rules.is_stopped(
            known_until=line.known_until, stale_after_hours=line.stale_after_hours, now=now
        )

    def late(self, now: datetime) -> bool:
        """Say whether its figures still arrive, and later than its source allows."""
        line = self.series
        return line is not None and line.late_since is not None and not self.stopped(now)


@dataclass(frozen=True, slots=True)
class Action:
    """The next thing to do for a pilot: words, who, when; look: is-late, is-soon or empty."""

    words: str
    url: str
    who: str
    when: str
    look: str


@dataclass(frozen=True, slots=True)
class Money:
    """What a pilot's key metric is worth, by what its people assume.

    at_stake: a year, None while no baseline is locked.
    """

    value_per_unit: Decimal
    units_per_week: Decimal
    at_stake: Decimal | None


@dataclass(frozen=True, slots=True)
class Line:
    """What one pilot prints on the board; equal lines print the same."""

    pilot: PilotRow
    url: str
    week: int
    phase: str
    sponsor: str
    key: KeyMetric | None
    action: Action
    money: Money | None
    chip: str
    chip_reason: str
    watch: watches.Watch | None
    gates: tuple[Shown, ...]
    lacking: tuple[Lacking, ...]

    @property
    def no_path(self) -> str:
        """Return in words what it lacks for a path to production; empty when it has one."""
        return words.no_path(self.lacking)

    @property
    def passed(self) -> int:
        """Return how many of its gates are passed or waived."""
        return sum(gate.open for gate in self.gates)

    @property
    def late(self) -> bool:
        """Say whether something about the pilot is overdue, for the week strip."""
        return self.action.look == "is-late"


@dataclass(frozen=True, slots=True)
class Printed:
    """A pilot as a row of the table, and as a card for narrow screens."""

    row: str
    card: str


@dataclass(frozen=True, slots=True)
class Row:
    """One pilot on the board: what it prints, and what filters, facts and requests read."""

    line: Line
    lead: str
    parts: Parts
    metrics: list[Monitored]
    missing: list[Missing]
    attention: bool
    mine: bool

    @property
    def pilot(self) -> PilotRow:
        return self.line.pilot

    @property
    def week(self) -> int:
        return self.line.week

    @property
    def sponsor(self) -> str:
        return self.line.sponsor

    @property
    def late(self) -> bool:
        return self.line.late

    @property
    def over(self) -> bool:
        return self.pilot.over

    @property
    def past(self) -> bool:
        return self.week > rules.WEEKS

    @property
    def targets(self) -> list[TargetRow]:
        """Return what the pilot has metrics for, the primary ones first."""
        return [metric.target for metric in self.metrics]

    @property
    def primaries(self) -> list[TargetRow]:
        return [target for target in self.targets if target.role == "primary"]

    @property
    def unread(self) -> list[TargetRow]:
        """Return the primary metrics whose read-out of week 12 is to come.

        A pilot that was stopped before is still read out where its baseline is locked.
        """
        unread = [one for one in self.primaries if not one.read_out]
        return [one for one in unread if not self.over or one.baseline is not None]

    @property
    def unagreed(self) -> list[Missing]:
        """Return the targets of its other metrics to agree to, anew too; gaps have the primary."""
        due = rules.week_ends(start_date=self.pilot.start_date, number=rules.AGREED_BY_WEEK)
        return [
            Missing(Gap.NOT_AGREED if target.agreed_at is None else Gap.REWORDED, due, position)
            for position, target in enumerate(self.targets)
            if target.role != "primary"
            and target.target is not None
            and (target.agreed_at is None or (target.agree_again and not self._holds(target)))
        ]

    def _holds(self, target: TargetRow) -> bool:
        """Say whether a locked baseline holds a guard, so that nobody can agree to it anew."""
        return target.role == "guard" and any(one.baseline is not None for one in self.primaries)

    @property
    def agreed(self) -> bool:
        """Say whether there is a primary metric and each has an agreed target."""
        return bool(self.primaries) and all(t.agreed_at is not None for t in self.primaries)

    @property
    def at_stake(self) -> Decimal | None:
        return self.line.money.at_stake if self.line.money else None

    @property
    def locked(self) -> bool:
        """Say whether there is a primary metric and each has a locked baseline."""
        return bool(self.primaries) and all(t.baseline is not None for t in self.primaries)

    @property
    def in_production(self) -> bool:
        return rules.PRODUCTION_FROM <= self.week <= rules.WEEKS


@dataclass(frozen=True, slots=True)
class Ask:
    """One thing that only the reader, or few others, can do."""

    title: str
    text: str
    button: str
    url: str


@dataclass(frozen=True, slots=True)
class Read:
    """Everything the board read, by what it belongs to.

    read_out: every metric that was read out for week 12, also of those that no row shows.
    waiting_since: when the oldest measurement that no figure shows yet was received.
    """

    pilots: Sequence[PilotRow]
    parties: Mapping[object, Sequence[PartyRow]]
    targets: Mapping[object, Sequence[TargetRow]]
    read_out: Sequence[TargetRow]
    series: Mapping[int, Series]
    waiting_since: datetime | None
    gates: Mapping[object, tuple[Shown, ...]]


def by_pilot(rows: Iterable[T]) -> dict[object, list[T]]:
    """Group rows by their pilot, keeping their order."""
    found: dict[object, list[T]] = {}
    for row in rows:
        found.setdefault(row.pilot_id, []).append(row)
    return found


def key_metrics(targets: Mapping[object, Sequence[TargetRow]]) -> list[int]:
    """Return the metric of each pilot whose weeks the board draws: its first primary one."""
    firsts = (next((one for one in of if one.role == "primary"), None) for of in targets.values())
    return [first.metric_id for first in firsts if first]


def weighed_metrics(targets: Mapping[object, Sequence[TargetRow]]) -> list[int]:
    """Return those of the metrics the board draws whose limits need each week's denominator."""
    drawn = (one for of in targets.values() for one in of if one.locked_weeks is not None)
    return [one.metric_id for one in drawn if watching.varies(one)]


def own_parts(parties: Iterable[PartyRow], member: Member) -> Parts:
    """Return the parts the member has in a pilot, for `can`."""
    held = {party.part for party in parties if party.person_id == member.person_id}
    return Parts(of=frozenset(Role(part) for part in held & {"lead", "sponsor"}))


def watched(targets: Sequence[TargetRow], series: Mapping[int, Series]) -> list[rules.Watched]:
    """Return what the rule of gaps reads of a pilot's primary metrics."""
    found = []
    for target in targets:
        line = series.get(target.metric_id)
        found.append(
            rules.Watched(
                has_target=target.target is not None,
                agreed=target.agreed_at is not None,
                locked=target.baseline is not None,
                known_until=line.known_until if line else None,
                stale_after_hours=line.stale_after_hours if line else None,
                reworded=target.agree_again,
                read_at=target.read_at,
                changed_at=target.changed_at,
            )
        )
    return found


def chip_of(primaries: Sequence[TargetRow]) -> tuple[str, str]:
    """Return the chip of a pilot and why; its first primary metric decides."""
    result = primaries[0].result if primaries else None
    if result is not None:
        told = sentences.tell(result, primaries[0])
        return told.chip, " ".join(filter(None, [told.sentence, told.remedy]))
    code = rules.chip_code(baseline_locked=bool(primaries) and primaries[0].baseline is not None)
    return code, words.chip_reason(code)


def money(primaries: Sequence[TargetRow]) -> Money | None:
    """Return what a pilot's first primary metric is worth; None when nobody said."""
    return money_of(primaries[0]) if primaries else None


def money_of(target: TargetRow) -> Money | None:
    """Return what a metric is worth to its pilot; None when nobody said."""
    units, value = target.units_per_week, target.value_per_unit
    if units is None or value is None:
        return None
    at_stake = rules.at_stake(
        baseline=target.baseline,
        target=target.target,
        units_per_week=units,
        value_per_unit=value,
    )
    return Money(value, units, at_stake)


def row(pilot: PilotRow, read: Read, *, member: Member, now: datetime) -> Row:
    """Return one pilot's row; everything was read before."""
    today = rules.local_day(now, pilot.zone)
    number = rules.week_number(start_date=pilot.start_date, day=today)
    parties = read.parties.get(pilot.id, ())
    targets = list(read.targets.get(pilot.id, ()))
    primaries = [target for target in targets if target.role == "primary"]
    named = {party.part: party for party in parties if not party.left(today)}
    parts = own_parts(parties, member)
    outcome = pilot.outcome
    missing = rules.list_missing(
        start_date=pilot.start_date,
        zone=pilot.zone,
        now=now,
        has_lead="lead" in named,
        has_sponsor="sponsor" in named,
        primaries=watched(primaries, read.series),
        untold_at=min(filter(None, (target.untold_at for target in targets)), default=None),
        outcome=outcome,
    )
    url = reverse("pilot", args=[member.tenant.slug, pilot.code])
    chip, chip_reason = chip_of(primaries)
    key = _key_metric(primaries, read.series, pilot, now)
    line = Line(
        pilot=pilot,
        url=url,
        week=number,
        phase=words.phase(number),
        sponsor=named["sponsor"].name if "sponsor" in named else "",
        key=key,
        action=decided(outcome, url)
        if outcome is not None and not missing
        else next_action(pilot, missing, primaries, named, member, today, number, url),
        money=money(primaries),
        chip=chip,
        chip_reason=chip_reason,
        watch=key.watch
        if key and chip == "too_early" and not _stopped(primaries, read, now)
        else None,
        gates=read.gates.get(pilot.id) or not_started(),
        lacking=()
        if pilot.over or pilot.archived_at
        else lacking_of(primaries, operator="operator" in named, funded=pilot.funded),
    )
    return Row(
        line=line,
        lead=named["lead"].name if "lead" in named else "",
        parts=parts,
        metrics=[Monitored(target, read.series.get(target.metric_id)) for target in targets],
        missing=missing,
        attention=any(gap.state(today) != "open" for gap in missing),
        mine=any(party.person_id == member.person_id for party in parties),
    )


def lacking_of(
    primaries: Sequence[TargetRow], *, operator: bool, funded: bool
) -> tuple[Lacking, ...]:
    """Return what a pilot that runs lacks for a path to production.

    primaries: its primary metrics. operator: whether one is named who is a member still.
    """
    return list_lacking(
        agreed=bool(primaries) and all(one.agreed_at is not None for one in primaries),
        locked=bool(primaries) and all(one.baseline is not None for one in primaries),
        operator=operator,
        funded=funded,
    )


def _stopped(primaries: Sequence[TargetRow], read: Read, now: datetime) -> bool:
    first = primaries[0]
    return Monitored(first, read.series.get(first.metric_id)).stopped(now)


@lru_cache(maxsize=1024)
def printed(line: Line, currency: str, language: str) -> Printed:
    """Return a line as HTML, kept because boards are opened far oftener than they change.

    Everything printed is in the arguments, so what is kept can be nobody else's.
    language: of the words, which are those of the request.
    """
    context = {
        "row": line,
        "currency": currency,
        "phases": PHASES,
    }
    return Printed(
        row=render_to_string("portfolio/board.html#pilot-row", context),
        card=render_to_string("portfolio/board.html#pilot-card", context),
    )


def next_action(
    pilot: PilotRow,
    missing: Sequence[Missing],
    primaries: Sequence[TargetRow],
    named: Mapping[str, PartyRow],
    member: Member,
    today: date,
    number: int,
    url: str,
) -> Action:
    """Return the most pressing gap of a pilot, or the next step of its path."""
    if not missing:
        step, day = rules.next_step(start_date=pilot.start_date, number=number)
        if step is rules.Step.PAST:  # the figures are waited for, and nobody is asked
            return Action(words.step(step), url, "", "", "")
        lead = _who(named.get("lead"), member)
        return Action(words.step(step), url, lead, formats.day(day, today=today), "")
    states = {"late": 0, "soon": 1, "open": 2}
    gap = min(missing, key=lambda found: states[found.state(today)])
    state = gap.state(today)
    answering = "sponsor" if gap.gap in SPONSORS else "lead"
    return Action(
        words=words.action(gap.gap, metric_name(gap, primaries)),
        url=look_url(gap, primaries, slug=member.tenant.slug, code=pilot.code, url=url),
        who=_who(named.get(answering), member),
        when=words.due(state, gap.gap, formats.day(gap.due_date, today=today)),
        look={"late": "is-late", "soon": "is-soon", "open": ""}[state],
    )


def decided(outcome: rules.Outcome, url: str) -> Action:
    """Return what was decided about a pilot, in the place of what comes next."""
    return Action(
        words.outcome(outcome.word, outcome.until_week), url, "", formats.day(outcome.at), ""
    )


def read_out_url(target: TargetRow, *, slug: str, code: str, week: int | None = rules.WEEKS) -> str:
    """Return the page of a metric's read-out after a week. code: of the pilot."""
    return reverse("read_out", args=[slug, code, target.id, week])


def _who(party: PartyRow | None, member: Member) -> str:
    if party is None:
        return words.nobody()
    return words.you() if party.person_id == member.person_id else party.name


def metric_name(gap: Missing, targets: Sequence[TargetRow]) -> str:
    """Return the name of the metric a gap is about, empty when it is about the pilot."""
    return "" if gap.metric is None else targets[gap.metric].name


def look_url(
    gap: Missing, primaries: Sequence[TargetRow], *, slug: str, code: str, url: str
) -> str:
    """Return where anybody sees a gap: a page of the metric's, or its place on the pilot's.

    code, url: of the pilot.
    """
    if gap.metric is not None and gap.gap in {Gap.NO_DATA, Gap.STOPPED}:
        return reverse("metric", args=[slug, primaries[gap.metric].code])
    if gap.metric is not None and gap.gap is Gap.NOT_LOCKED:
        return reverse("baseline", args=[slug, code, primaries[gap.metric].id])
    if gap.metric is not None and gap.gap is Gap.CHANGED:
        changed = primaries[gap.metric]
        return read_out_url(changed, slug=slug, code=code, week=changed.changed_week)
    if gap.gap is Gap.UNTOLD:
        return f"{url}#commitments"
    return f"{url}#people" if gap.gap in {Gap.NO_LEAD, Gap.NO_SPONSOR} else f"{url}#metrics"


def close_url(gap: Missing, line: Row, *, slug: str) -> str:
    """Return where somebody who may closes a gap."""
    code = line.pilot.code
    if gap.gap in {Gap.NO_LEAD, Gap.NO_SPONSOR}:
        part = "lead" if gap.gap is Gap.NO_LEAD else "sponsor"
        return f"{reverse('party_set', args=[slug, code])}?part={part}"
    if gap.gap is Gap.UNDECIDED:
        return reverse("pilot_decide", args=[slug, code])
    if gap.gap is Gap.UNTOLD:
        return f"{line.line.url}#commitments"
    if gap.metric is None:
        return reverse("target_new", args=[slug, code])
    target = line.targets[gap.metric]
    if gap.gap in {Gap.NO_DATA, Gap.STOPPED}:
        return reverse("metric", args=[slug, target.code])
    if gap.gap is Gap.CHANGED:
        return read_out_url(target, slug=slug, code=code, week=target.changed_week)
    pages = {**dict.fromkeys(AGREEMENTS, "target_agree"), Gap.NOT_LOCKED: "baseline"}
    return reverse(pages.get(gap.gap, "target_edit"), args=[slug, code, target.id])


def waiting(rows: Iterable[Row], *, member: Member, now: datetime) -> list[tuple[Row, Missing]]:
    """Return what waits for the reader, one gap a pilot, as `pressing` orders it.

    A gap is theirs when they may close it and the pilot concerns them: they take part in it, or
    their role is about all pilots.
    """
    return pressing(rows, now=now, wanted=lambda gap, line: is_theirs(gap, line, member))


def to_decide(rows: Iterable[Row], *, now: datetime) -> list[tuple[Row, Missing]]:
    """Return what waits for a sponsor or executive, whoever reads it, as `pressing` orders it."""
    return pressing(rows, now=now, wanted=lambda gap, line: gap in DECISIONS)


def pressing(
    rows: Iterable[Row], *, now: datetime, wanted: Callable[[Gap, Row], bool]
) -> list[tuple[Row, Missing]]:
    """Return one wanted gap a pilot: late first, then nearest to week 12.

    What is not due yet can wait, but for an agreement: somebody proposed a target, or worded it
    anew, and told the sponsor that it waits.
    """
    found = []
    for line in rows:
        today = rules.local_day(now, line.pilot.zone)
        asked = [
            gap
            for gap in [*line.missing, *line.unagreed]
            if (gap.state(today) != "open" or gap.gap in AGREEMENTS) and wanted(gap.gap, line)
        ]
        if asked:
            gap = min(asked, key=lambda gap: gap.state(today) == "open")
            found.append((gap.state(today) != "late", -line.week, line.pilot.code, line, gap))
    return [(line, gap) for *_, line, gap in sorted(found, key=lambda entry: entry[:3])]


def ask(line: Row, gap: Missing, *, slug: str) -> Ask:
    """Return a gap as the request to its reader."""
    metric = metric_name(gap, line.targets)
    changed = None if gap.metric is None else line.targets[gap.metric].changed_week
    return Ask(
        title=words.request(gap.gap, pilot=line.pilot.name, metric=metric),
        text=f"{formats.week(line.week)}. {words.consequence(gap.gap, metric, changed)}",
        button=words.button(gap.gap),
        url=close_url(gap, line, slug=slug),
    )


def is_theirs(gap: Gap, line: Row, member: Member) -> bool:
    """Say whether closing a gap of a pilot is up to the reader."""
    everywhere = member.actor.roles & {Role.EXECUTIVE, Role.ADMIN}
    if not everywhere and not line.mine:
        return False
    return bool(can(member.actor, CLOSES[gap], line.parts))


def _key_metric(
    primaries: Sequence[TargetRow], series: Mapping[int, Series], pilot: PilotRow, now: datetime
) -> KeyMetric | None:
    if not primaries:
        return None
    first = primaries[0]
    today = rules.local_day(now, first.zone)
    return key_metric(
        first, series.get(first.metric_id), pilot.start_date, today, get_language() or ""
    )


@lru_cache(maxsize=2048)
def key_metric(
    target: TargetRow, line: Series | None, start_date: date, today: date, language: str
) -> KeyMetric:
    """Return a pilot's key metric with its stored weeks, gaps filled in.

    Drawn once and kept: everybody who opens the board sees the same line until a week changes.
    today: on the metric's own clock, by which its weeks are cut.
    language: of the words, which are those of the request.
    """
    aim = formats.target(target.target, target.sign, target.unit, target.decimals)
    has_target = target.target is not None
    if line is None or not line.weeks:
        arrived = line is not None and line.snapshots > 0
        figure = words.figure(None, target.unit, target.decimals, today=today, arrived=arrived)
        return KeyMetric(target.code, target.name, figure, aim, has_target, "")
    weeks, values = charts.filled_weeks(line.weeks, line.values, most=MOST_WEEKS)
    newest = charts.newest(weeks, values, today=today)
    figure = words.figure(newest, target.unit, target.decimals, today=today, target=target.target)
    start = bisect_left(weeks, rules.first_monday(start_date))
    over = sum(charts.is_over(week, today) for week in weeks)
    floor, ceiling = target.ends
    locked = target.locked_weeks
    judged = _judged(target, line, today)
    limits: charts.Limits | watching.Judged | None
    if judged:
        limits = judged[-1]
    elif locked:
        limits = locked.limits.cut(floor, ceiling) if locked.limits else None
    else:
        limits = charts.xmr_limits(values[: min(start, over)], floor=floor, ceiling=ceiling)
    drawn = charts.sparkline(
        values,
        label=words.line(target.name, len(weeks), figure, aim),
        start_index=start if start < len(weeks) else None,
        over=over,
        target=target.target,
        band=(limits.lower, limits.upper) if limits else None,
        band_weeks=locked.places(weeks[0]) if locked else None,
    )
    watch = watches.watch(target, judged)
    return KeyMetric(target.code, target.name, figure, aim, has_target, drawn, watch)


def _judged(target: TargetRow, line: Series, today: date) -> list[watching.Judged]:
    """Return the whole weeks of a drawn metric against its locked baseline."""
    over = sum(charts.is_over(week, today) for week in line.weeks)
    weights = line.denominators or [1.0] * len(line.weeks)
    return watching.judge(target, line.weeks[:over], line.values[:over], weights[:over])
