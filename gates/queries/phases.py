"""Every read of a pilot's phases: what each lacks, and what was done with it, in words too."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db import connection
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop as _noop

from common.tenancy.context import require_tenant_id
from portfolio import rules as path
from portfolio.models import Pilot
from portfolio.queries import around

from ..models import PhaseStep
from ..rules.phases import OUTPUTS, Output, Phase, Verb

NAMES = {Phase(key): name for key, name, _first, _last in path.PHASES}
WEEKS = {Phase(key): (first, last) for key, _name, first, last in path.PHASES}
WORDS = {
    Output.TARGET: _noop("an agreed target of each primary metric"),
    Output.BASELINE: _noop("a locked baseline of each primary metric"),
    Output.OPERATOR: _noop("a named operator with hours for it"),
    Output.DEPUTY: _noop("a deputy of the operator"),
    Output.DATA: _noop("the gate Data passed or waived"),
    Output.ACCURACY: _noop("the gate Accuracy passed or waived"),
    Output.FAILURE: _noop("the gate Failure handling passed or waived"),
    Output.ENTERED: _noop("the pilot put into production"),
    Output.READ_OUT: _noop("a read-out of each primary metric after week 12"),
    Output.DECISION: _noop("a decision: graduate, extend or stop"),
}
# The page on which an output is brought about, below the pilot's.
PAGES = {
    Output.TARGET: "pilot",
    Output.BASELINE: "pilot",
    Output.OPERATOR: "party_set",
    Output.DEPUTY: "party_set",
    Output.ENTERED: "gate_list",
    Output.READ_OUT: "pilot",
    Output.DECISION: "pilot_decide",
}


@dataclass(frozen=True, slots=True)
class Standing:
    """One phase of a pilot. lacking: the outputs that are missing now. steps: newest first."""

    phase: Phase
    lacking: tuple[Output, ...]
    steps: tuple[PhaseStep, ...]

    @property
    def name(self) -> str:
        return _(NAMES[self.phase])

    @property
    def last(self) -> PhaseStep | None:
        return self.steps[0] if self.steps else None

    @property
    def closed(self) -> bool:
        return self.last is not None and self.last.verb != Verb.TAKE_BACK

    @property
    def excepted(self) -> bool:
        return self.last is not None and self.last.verb == Verb.EXCEPT

    @property
    def next_number(self) -> int:
        return self.last.number + 1 if self.last else 1

    @property
    def seen(self) -> str:
        """Return the outputs that are missing now, as a form keeps what its page said."""
        return ",".join(self.lacking)

    @property
    def gone(self) -> tuple[Output, ...]:
        """Return what a closed phase lacks now and did not lack when it was closed."""
        if self.last is None or not self.closed:
            return ()
        return tuple(one for one in self.lacking if one.value not in self.last.lacking)

    @property
    def outputs(self) -> list[tuple[Output, str, bool]]:
        """Return each output with its words and whether it is there."""
        return [(one, words(one), one not in self.lacking) for one in OUTPUTS[self.phase]]


@dataclass(frozen=True, slots=True)
class Excepted:
    """A phase that is closed by exception, ready to print."""

    words: str
    why: str
    url: str


def words(output: Output) -> str:
    """Return what a phase leaves behind, as part of a sentence."""
    return _(WORDS[output])


def listed(outputs: list[str] | tuple[Output, ...]) -> str:
    """Return several outputs as part of a sentence."""
    return ", ".join(words(Output(one)) for one in outputs)


def page_of(output: Output, slug: str, code: str) -> str:
    """Return the address of the page on which an output is brought about."""
    if output in PAGES:
        return reverse(PAGES[output], args=[slug, code])
    return reverse("gate", args=[slug, code, output.value])


def find_lacking(pilot: Pilot) -> dict[Phase, tuple[Output, ...]]:
    """Return what each phase of a pilot lacks, as the database finds it, in one query."""
    found: dict[Phase, list[Output]] = {phase: [] for phase in Phase}
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT phase, output FROM gates_phase_lacks(%s, %s)", [require_tenant_id(), pilot.pk]
        )
        for phase, output in cursor.fetchall():
            found[Phase(phase)].append(Output(output))
    return {phase: tuple(outputs) for phase, outputs in found.items()}


def list_standings(pilot: Pilot) -> list[Standing]:
    """Return the five phases of a pilot in order, in two queries; steps with persons."""
    lacking = find_lacking(pilot)
    steps: dict[str, list[PhaseStep]] = {phase: [] for phase in Phase}
    rows = PhaseStep.objects.filter(pilot=pilot).select_related("member__person")
    for row in rows.order_by("-number", "id"):
        steps[row.phase].append(row)
    return [Standing(phase, lacking[phase], tuple(steps[phase])) for phase in Phase]


def find_standing(pilot: Pilot, phase: Phase) -> Standing:
    """Return one phase of a pilot, in two queries."""
    return next(one for one in list_standings(pilot) if one.phase is phase)


def excepted(step: around.Excepted, *, slug: str, code: str, of: str = "") -> Excepted:
    """Return an exception in words. of: the pilot's name, where the page is about several."""
    name = _(NAMES[Phase(step.phase)])
    return Excepted(
        words=f"{name}, {of}" if of else name,
        why=_("Closed without %(lacking)s. %(who)s: “%(reason)s”")
        % {"lacking": listed(step.lacking), "who": step.who, "reason": step.reason},
        url=reverse("phase_list", args=[slug, code]),
    )


def in_order(steps: Iterable[around.Excepted]) -> list[around.Excepted]:
    """Return exceptions in the order of the path."""
    order = list(Phase)
    return sorted(steps, key=lambda one: order.index(Phase(one.phase)))


def of_pilot(pilot: Pilot, *, slug: str, week: int, over: bool) -> dict[str, Any]:
    """Return what a pilot's page prints of its phases, in two queries.

    week: of the pilot now. over: whether it was graduated or stopped; then no phase is asked for.
    """
    standings = list_standings(pilot)
    closed = sum(one.closed for one in standings)
    open_late = [one for one in standings if not one.closed and WEEKS[one.phase][1] < week]
    said = (
        _("%(n)s of 5 phases closed.") % {"n": closed} if closed else _("No phase is closed yet.")
    )
    late = ""
    if open_late and not over and pilot.archived_at is None:
        late = _("Over by the calendar and not closed: %(names)s.") % {
            "names": ", ".join(one.name for one in open_late)
        }
    return {
        "phases_words": said,
        "phases_late": late,
        "phases_excepted": [
            excepted(_told(one.steps[0]), slug=slug, code=pilot.code)
            for one in standings
            if one.excepted
        ],
    }


def _told(step: PhaseStep) -> around.Excepted:
    return around.Excepted(step.phase, step.lacking, step.reason, step.member.person.name)
