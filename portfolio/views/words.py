"""Whole sentences about pilots: what they lack, what comes next, and the board's headline."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop as _noop

from common import charts, formats
from metrics.queries.board import Headline, TargetRow
from metrics.queries.history import Wording
from portfolio import rules
from portfolio.rules import Gap, Step
from portfolio.rules.budget import Lacking


def headline(*, pilots: int, mine: int, found: Headline, to_come: int) -> str:
    """Return the board's finding: what was read out, and how many pilots wait for the reader.

    pilots: those that are not archived. to_come: primary metrics that will be read out.
    """
    said = finding(pilots=pilots, found=found, to_come=to_come)
    if found.read_out == 0 and pilots == 0:
        return said
    if mine == 0:
        return f"{said} " + _("Nothing waits for you.")
    waits = ngettext("%(n)s needs you.", "%(n)s need you.", mine) % {"n": mine}
    return f"{said} {waits}"


def finding(*, pilots: int, found: Headline, to_come: int) -> str:
    """Return what was read out, the same to every reader; arguments as of `headline`."""
    if found.read_out:
        return _read_out(found, to_come)
    if pilots == 0:
        return _("No pilots yet.")
    return ngettext(
        "Your %(n)s pilot has no verdict yet.",
        "None of %(n)s pilots has a verdict yet.",
        pilots,
    ) % {"n": pilots}


def _read_out(found: Headline, to_come: int) -> str:
    said = ngettext(
        "%(n)s of %(of)s metric read out improved",
        "%(n)s of %(of)s metrics read out improved",
        found.read_out,
    ) % {"n": found.improved, "of": found.read_out}
    if found.improved and found.read_out > 1:
        said += ngettext(
            " (%(n)s holds after correction)", " (%(n)s hold after correction)", found.holding
        ) % {"n": found.holding}
    others = [(VERDICTS["worse"], found.worse), (VERDICTS["not_enough"], found.not_enough)]
    done = ", ".join([said, *(_(text) % {"n": n} for text, n in others if n)])
    return f"{done}; " + _("%(n)s still to come.") % {"n": to_come} if to_come else f"{done}."


def decisions(asked: int) -> str:
    """Return how many pilots wait for somebody's decision, as a sentence."""
    if asked == 0:
        return _("Nothing waits for a decision.")
    return ngettext(
        "%(n)s pilot waits for a decision.", "%(n)s pilots wait for a decision.", asked
    ) % {"n": asked}


def short_week(number: int) -> str:
    """Return a pilot's week for a narrow column, empty before week 1."""
    if number < 1:
        return ""
    beyond = number - rules.WEEKS
    return str(number) if beyond <= 0 else f"{rules.WEEKS} + {beyond}"


LACKING = {
    Lacking.TARGET: _noop("agreed target"),
    Lacking.BASELINE: _noop("locked baseline"),
    Lacking.OPERATOR: _noop("named operator"),
    Lacking.BUDGET: _noop("funded production budget"),
}


def no_path(lacking: Sequence[Lacking]) -> str:
    """Return what a pilot lacks for a path to production, in words; empty when it has one."""
    if not lacking:
        return ""
    said = ", ".join(_("no %(what)s") % {"what": _(LACKING[one])} for one in lacking)
    return _("No path: %(said)s") % {"said": said}


def without_path(*, pilots: int, of: int, spent: str) -> str:
    """Return how many pilots have no path to production, and what was spent on them.

    of: how many run. spent: in words, empty for nothing.
    """
    said = ngettext(
        "%(n)s of %(of)s pilot has no path to production",
        "%(n)s of %(of)s pilots have no path to production",
        of,
    ) % {"n": pilots, "of": of}
    if not spent:
        return _("%(said)s; nothing is written down as spent on them.") % {"said": said}
    return _("%(said)s; %(spent)s was spent on them.") % {"said": said, "spent": spent}


ACTIONS = {
    Gap.NO_LEAD: _noop("Name a lead"),
    Gap.NO_SPONSOR: _noop("Name a sponsor"),
    Gap.NO_METRIC: _noop("Choose the primary metric"),
    Gap.NO_TARGET: _noop("Set a target for %(metric)s"),
    Gap.NOT_AGREED: _noop("Agree the target of %(metric)s"),
    Gap.REWORDED: _noop("Agree again to the target of %(metric)s"),
    Gap.NOT_LOCKED: _noop("Lock the baseline of %(metric)s"),
    Gap.NO_DATA: _noop("Send first figures of %(metric)s"),
    Gap.STOPPED: _noop("Find out why %(metric)s stopped"),
    Gap.CHANGED: _noop("Take note of the changed read-out"),
    Gap.UNTOLD: _noop("Say whether the vendor kept its word"),
    Gap.UNDECIDED: _noop("Graduate, extend or stop it"),
}


def action(gap: Gap, metric: str) -> str:
    """Return what to do about a gap, for the row of its pilot."""
    return _(ACTIONS[gap]) % {"metric": metric}


REQUESTS = {
    Gap.NO_LEAD: _noop("Name a lead for %(pilot)s"),
    Gap.NO_SPONSOR: _noop("Name a sponsor for %(pilot)s"),
    Gap.NO_METRIC: _noop("Choose the primary metric of %(pilot)s"),
    Gap.NO_TARGET: _noop("Set a target for %(pilot)s"),
    Gap.NOT_AGREED: _noop("Agree the target of %(pilot)s"),
    Gap.REWORDED: _noop("Agree again to the target of %(pilot)s"),
    Gap.NOT_LOCKED: _noop("Lock the baseline of %(pilot)s"),
    Gap.NO_DATA: _noop("Send first figures for %(pilot)s"),
    Gap.STOPPED: _noop("Find out why figures of %(pilot)s stopped"),
    Gap.CHANGED: _noop("Take note of the changed read-out of %(pilot)s"),
    Gap.UNTOLD: _noop("Say whether the vendor of %(pilot)s kept its word"),
    Gap.UNDECIDED: _noop("Graduate, extend or stop %(pilot)s"),
}


def request(gap: Gap, *, pilot: str, metric: str) -> str:
    """Return what to do about a gap, for the person who is asked to."""
    return _(REQUESTS[gap]) % {"pilot": pilot, "metric": metric}


BUTTONS = {
    Gap.NO_LEAD: _noop("Name a lead"),
    Gap.NO_SPONSOR: _noop("Name a sponsor"),
    Gap.NO_METRIC: _noop("Choose a metric"),
    Gap.NO_TARGET: _noop("Set a target"),
    Gap.NOT_AGREED: _noop("Agree the target"),
    Gap.REWORDED: _noop("Agree again"),
    Gap.NOT_LOCKED: _noop("See the baseline"),
    Gap.NO_DATA: _noop("See the metric"),
    Gap.STOPPED: _noop("See the metric"),
    Gap.CHANGED: _noop("See the read-out"),
    Gap.UNTOLD: _noop("See the commitment"),
    Gap.UNDECIDED: _noop("Decide"),
}


def button(gap: Gap) -> str:
    """Return the verb on the button of a request."""
    return _(BUTTONS[gap])


CONSEQUENCES = {
    Gap.NO_LEAD: _noop("Nobody answers for its metrics and dates."),
    Gap.NO_SPONSOR: _noop("Without one an executive must decide at week 12."),
    Gap.NO_METRIC: _noop("Without one, week 12 has nothing to read."),
    Gap.NO_TARGET: _noop("%(metric)s has no target; one set after week 2 may be made to fit."),
    Gap.NOT_AGREED: _noop("A target is proposed for %(metric)s and nobody agreed to it."),
    Gap.REWORDED: _noop("%(metric)s was worded anew after its target was agreed to."),
    Gap.NOT_LOCKED: _noop(
        "Nobody locked what %(metric)s was before; a lock after week 3 is marked as late."
    ),
    Gap.NO_DATA: _noop("No figure of %(metric)s has arrived."),
    Gap.STOPPED: _noop("The newest figure of %(metric)s is older than its source allows."),
    Gap.CHANGED: _noop(
        "Corrected figures or another baseline change what %(metric)s was read out as after week"
        " %(changed)s; until somebody takes note, the earlier version stands."
    ),
    Gap.UNTOLD: _noop(
        "The day is over, and the figures cannot tell whether it met its commitment."
    ),
    Gap.UNDECIDED: _noop("It is read out, and nobody has decided what becomes of it."),
}


def consequence(gap: Gap, metric: str, changed: int | None = None) -> str:
    """Return why a gap matters. changed: after which week the read-out was that is another now."""
    return _(CONSEQUENCES[gap]) % {"metric": metric, "changed": changed}


def due(state: str, gap: Gap, day: str) -> str:
    """Return when a gap is or was due."""
    if gap is Gap.STOPPED:
        return _("too old since %(day)s") % {"day": day}
    if state == "late":
        return _("due %(day)s") % {"day": day}
    return _("by %(day)s") % {"day": day}


def newest_of(metrics: Sequence[str], source: str, day: str) -> str:
    """Return until when metrics of a source are known."""
    return ngettext(
        "The newest figure of %(metrics)s from %(source)s is of %(day)s.",
        "The newest figures of %(metrics)s from %(source)s are of %(day)s.",
        len(metrics),
    ) % {"metrics": ", ".join(metrics), "source": source, "day": day}


def stale(pilots: Sequence[str]) -> str:
    """Return what old figures mean for the pilots that show them."""
    return ngettext(
        "%(pilots)s shows figures up to then. What did not arrive counts in no verdict.",
        "%(pilots)s show figures up to then. What did not arrive counts in no verdict.",
        len(pilots),
    ) % {"pilots": ", ".join(pilots)}


def late_of(metrics: Sequence[str], source: str) -> str:
    """Return which metrics arrive later than their source allows."""
    return ngettext(
        "Figures of %(metrics)s from %(source)s arrive late.",
        "Figures of %(metrics)s from %(source)s arrive late.",
        len(metrics),
    ) % {"metrics": ", ".join(metrics), "source": source}


def late_for(pilots: Sequence[str]) -> str:
    """Return what late figures mean for the pilots that show them."""
    return ngettext(
        "What %(pilots)s shows is stale: the newest figures may be missing.",
        "What %(pilots)s show is stale: the newest figures may be missing.",
        len(pilots),
    ) % {"pilots": ", ".join(pilots)}


STEPS = {
    Step.BEGINS: _noop("Week 1 begins"),
    Step.OWNERSHIP: _noop("Ownership begins"),
    Step.DEPLOY: _noop("Deploy begins"),
    Step.PRODUCTION: _noop("Production begins"),
    Step.MEASURE: _noop("Week 12 begins"),
    Step.ENDS: _noop("Week 12 ends"),
    Step.PAST: _noop("Week 12 is over; read out once its figures are complete"),
}


def step(step: Step) -> str:
    """Return the next step of a pilot that lacks nothing."""
    return _(STEPS[step])


OUTCOMES = {
    "graduate": _noop("Graduated"),
    "extend": _noop("Extended, read out anew after week %(week)s"),
    "stop": _noop("Stopped"),
}


def outcome(word: str, until_week: int | None) -> str:
    """Return what was decided about a pilot."""
    return _(OUTCOMES[word]) % {"week": until_week}


def phase(number: int) -> str:
    """Return the phases of a week in words, empty before and after the path."""
    return _(" and ").join(rules.phase_names(number)).capitalize()


CHIP_REASONS = {
    "no_baseline": _noop("No baseline is locked, so nothing could be read out."),
    "too_early": _noop(
        "The baseline is locked. The verdict is read out after week 12, once its figures are"
        " complete."
    ),
}


def chip_reason(chip: str) -> str:
    """Return why a pilot has no verdict."""
    return _(CHIP_REASONS[chip])


VERDICTS = {
    "proven": _noop("%(n)s proven"),
    "improved": _noop("%(n)s improved"),
    "no_change": _noop("%(n)s without a change"),
    "worse": _noop("%(n)s worse"),
    "not_enough": _noop("%(n)s without enough evidence"),
}


def verdicts(chips: Sequence[str]) -> str:
    """Return how many pilots were read out as what; empty before the first read-out."""
    counted = [(text, chips.count(code)) for code, text in VERDICTS.items()]
    return ", ".join(_(text) % {"n": n} for text, n in counted if n)


def holds(held: bool) -> str:
    """Return whether a claimed change holds after correction."""
    if held:
        return _("Holds after correction for all metrics read out in that quarter.")
    return _("Does not hold after correction for all metrics read out in that quarter.")


@dataclass(frozen=True, slots=True)
class Figure:
    """A metric's newest figure in words; `value` and `so_far` are empty where there is none.

    week: which week the value belongs to, or that no figure has arrived.
    so_far: the value of the week that is not over, beside the one of the last that is.
    over: whether the week of the value is.
    """

    value: str
    week: str
    so_far: str
    over: bool = True


def figure(
    newest: charts.Newest | None,
    unit: str,
    decimals: int,
    *,
    today: date,
    arrived: bool = False,
    target: float | None = None,
) -> Figure:
    """Return a metric's newest figure as every page says it, never rounded across its target.

    arrived: whether any week has figures; without a value they are said to have none.
    """
    if newest is None:
        return Figure("", no_value() if arrived else no_figures(), "")
    locale = get_language()
    digits = formats.apart(newest.value, [target], unit, decimals)
    value = formats.measure(newest.value, unit, digits, locale)
    day = formats.day(newest.week, locale, today=today)
    if not newest.over:
        return Figure(value, _("week from %(day)s, not over") % {"day": day}, "", over=False)
    week = _("week from %(day)s") % {"day": day}
    if newest.so_far is None:
        return Figure(value, week, "")
    digits = formats.apart(newest.so_far, [target], unit, decimals)
    running = formats.measure(newest.so_far, unit, digits, locale)
    return Figure(value, week, _("this week so far %(value)s, not over") % {"value": running})


def beside_target(value: float | None, target: TargetRow) -> str:
    """Return a figure of a metric as it stands beside its target, never rounded across it."""
    digits = formats.apart(value, [target.target], target.unit, target.decimals)
    return formats.measure(value, target.unit, digits, get_language())


def aside(figure: Figure) -> str:
    """Return what a sentence about the figure adds on the running week; empty without one."""
    return f" {figure.so_far[0].upper()}{figure.so_far[1:]}." if figure.so_far else ""


def line(metric: str, weeks: int, figure: Figure, target: str = "") -> str:
    """Return what a metric's line or chart says to people who cannot see it."""
    if not figure.value:
        return f"{metric}: {figure.week}"
    said = ngettext(
        "%(metric)s over %(n)s week: %(value)s in the %(week)s",
        "%(metric)s over %(n)s weeks: %(value)s in the %(week)s",
        weeks,
    ) % {"metric": metric, "n": weeks, "value": figure.value, "week": figure.week}
    aimed = f"{said}, {target}" if target else said
    return f"{aimed}; {figure.so_far}" if figure.so_far else aimed


def band(*, locked: int, of: int) -> str:
    """Return what the grey band of a page's charts is, when so many of them have a locked baseline."""
    if locked == 0:
        return _("usual range before the start")
    if locked == of:
        return _("usual range around the locked baseline")
    return _("usual range around the locked baseline, else before the start")


def before(*, locked: int, of: int) -> str:
    """Return the heading over what metrics were before, when so many have a locked baseline."""
    if locked == 0:
        return _("Usual before the start")
    return _("Locked baseline") if locked == of else _("Before the start")


def nobody() -> str:
    return _("nobody named")


def no_member() -> str:
    return _("no member any more")


def left(leaves_on: date | None) -> str:
    return _("last day was %(day)s") % {"day": formats.day(leaves_on)}


def you() -> str:
    return _("You")


def no_figures() -> str:
    return _("no figures yet")


def no_value() -> str:
    return _("no value yet")


def not_over(day: str) -> str:
    """Return why the only week that has figures has no value yet."""
    return _("The week from %(day)s is not over.") % {"day": day}


def without_value(weeks: int, newest: str) -> str:
    """Return how many weeks of figures have no value, and which is the newest of them."""
    return ngettext(
        "The week from %(day)s has no value.",
        "%(n)s weeks have no value, the newest from %(day)s.",
        weeks,
    ) % {"n": weeks, "day": newest}


def role(role: str) -> str:
    """Return what a metric is for in a pilot."""
    return {"primary": _("Primary"), "guard": _("Guard"), "health": _("Health")}[role]


def wording(wordings: Sequence[Wording], today: date) -> str:
    """Return what a metric counts today, in words; empty without a definition."""
    current = next((one for one in wordings if not one.begins or one.begins <= today), None)
    if current is None:
        return ""
    if not current.denominator:
        return current.numerator
    return _("%(top)s / %(bottom)s") % {"top": current.numerator, "bottom": current.denominator}


# What the trail's actions say on a page; a new one prints as its own words until it stands here.
DONE = {
    "PILOT_CREATED": _noop("created the pilot"),
    "PILOT_CHANGED": _noop("changed the pilot"),
    "PILOT_ARCHIVED": _noop("archived the pilot"),
    "PILOT_RESTORED": _noop("brought the pilot back"),
    "ENGAGEMENT_CHANGED": _noop("changed how %(part)s takes part"),
    "REQUIREMENT_ADDED": _noop("wrote down a requirement of %(part)s"),
    "REQUIREMENT_CHANGED": _noop("changed a requirement"),
    "REQUIREMENTS_IMPORTED": _noop("imported requirements"),
    "PARTY_NAMED": _noop("named %(person)s as %(part)s"),
    "PARTY_ENDED": _noop("ended the part of %(person)s as %(part)s"),
    "TARGET_ADDED": _noop("added %(metric)s"),
    "TARGET_CHANGED": _noop("changed the target of %(metric)s"),
    "TARGET_AGREED": _noop("agreed the target of %(metric)s"),
    "TARGET_RETIRED": _noop("took %(metric)s away"),
    "METRIC_RENAMED": _noop("gave %(metric)s its name"),
    "METRIC_REWORDED": _noop("worded %(metric)s anew"),
    "BASELINE_DRAFTED": _noop("drafted the baseline of %(metric)s"),
    "BASELINE_LOCKED": _noop("locked the baseline of %(metric)s"),
    "BASELINE_SUPERSEDED": _noop("replaced the baseline of %(metric)s"),
    "READ_OUT_FROZEN": _noop("read out %(metric)s"),
    "READ_OUT_DIFFERS": _noop("found a kept read-out of %(metric)s that its inputs do not give"),
    "COMMITMENT_ADDED": _noop("wrote down what the vendor committed to on %(metric)s"),
    "COMMITMENT_CHANGED": _noop("changed the vendor's commitment on %(metric)s"),
    "COMMITMENT_DECIDED": _noop("decided about the vendor's commitment on %(metric)s"),
    "COMMITMENT_JUDGED": _noop("judged the vendor's commitment on %(metric)s"),
    "COMMITMENT_WAIVED": _noop("waived the vendor's commitment on %(metric)s"),
    "VERDICT_ACKNOWLEDGED": _noop("took note of the changed read-out of %(metric)s"),
    "PILOT_GRADUATED": _noop("graduated the pilot"),
    "PILOT_EXTENDED": _noop("extended the pilot"),
    "PILOT_STOPPED": _noop("stopped the pilot"),
    "PILOT_REVIEWED": _noop("wrote the week's review"),
    "LOAD_DECIDED": _noop("decided about the load"),
    "PLAN_ITEM_ADDED": _noop("added to the change plan"),
    "PLAN_ITEM_CHANGED": _noop("changed the change plan"),
    "PLAN_ITEM_ARCHIVED": _noop("archived something of the change plan"),
    "PLAN_ITEM_RESTORED": _noop("brought something back into the change plan"),
    "PHASE_CLOSED": _noop("closed a phase"),
    "PHASE_EXCEPTED": _noop("closed a phase by exception"),
    "PHASE_TAKEN_BACK": _noop("opened a phase again"),
    "BUDGET_LINE_ADDED": _noop("added a line to the budget"),
    "BUDGET_LINE_CHANGED": _noop("changed a line of the budget"),
    "BUDGET_LINE_ARCHIVED": _noop("archived a line of the budget"),
    "BUDGET_LINE_RESTORED": _noop("brought back a line of the budget"),
    "BUDGET_LINE_FUNDED": _noop("confirmed a line of the budget as funded"),
    "BUDGET_LINE_UNFUNDED": _noop("took back that a line of the budget is funded"),
    "COST_MODEL_WRITTEN": _noop("wrote down what it costs at full volume"),
    "COST_MODEL_SIGNED": _noop("signed its cost for Finance"),
    "PLAN_ACCEPTED": _noop("accepted the plan for the baseline of %(metric)s"),
    "PLAN_WITHDRAWN": _noop("found that the plan of %(metric)s sees less, so it is accepted anew"),
}


def done(action: str, *, part: str, person: str, metric: str) -> str:
    """Return what somebody did, for a line of the trail.

    part, person, metric: what it was about, in words; empty where the line is about none. part: a
    part in the pilot, or a function.
    """
    known = DONE.get(action)
    if known is None:
        return action.replace("_", " ").lower()
    return _(known) % {
        "part": part.replace("_", " "),
        "person": person or _("somebody"),
        "metric": metric or _("a metric"),
    }


def initials(name: str) -> str:
    """Return up to two letters for the round mark beside a name."""
    return "".join(word[0] for word in name.split()[:2]).upper()


def place(job_title: str, hours_per_week: int | None, leaves_on: date | None) -> str:
    """Return what stands under a person's name in a pilot. leaves_on: a last day to come."""
    parts = [job_title]
    if hours_per_week is not None:
        hours = ngettext("%(n)s h a week", "%(n)s h a week", hours_per_week)
        parts.append(hours % {"n": hours_per_week})
    if leaves_on is not None:
        parts.append(_("last day %(day)s") % {"day": formats.day(leaves_on)})
    return ", ".join(filter(None, parts))
