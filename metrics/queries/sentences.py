"""A read-out in whole sentences, made from its stored codes. Patterns: docs/methods/readout.md."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Protocol

from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop as _noop

from common import formats

from ..rules.verdict import money
from ..rules.verdict.words import DIRECTIONS

FELL = {
    "A": _noop(
        "%(metric)s fell by %(effect)s (95 %% sure: between %(low)s and %(high)s) against the"
        " comparison line."
    ),
    "B": _noop(
        "%(metric)s fell by %(effect)s (95 %% sure: between %(low)s and %(high)s) beyond what its"
        " own history would have led us to expect."
    ),
    "C": _noop(
        "%(metric)s fell by %(effect)s (95 %% sure: between %(low)s and %(high)s) against the weeks"
        " before, the season allowed for."
    ),
}
ROSE = {
    "A": _noop(
        "%(metric)s rose by %(effect)s (95 %% sure: between %(low)s and %(high)s) against the"
        " comparison line."
    ),
    "B": _noop(
        "%(metric)s rose by %(effect)s (95 %% sure: between %(low)s and %(high)s) beyond what its"
        " own history would have led us to expect."
    ),
    "C": _noop(
        "%(metric)s rose by %(effect)s (95 %% sure: between %(low)s and %(high)s) against the weeks"
        " before, the season allowed for."
    ),
}
NO_CHANGE = _noop("If %(metric)s moved, it moved by less than the %(matters)s that would matter.")
# Why there is no answer, and the cheapest remedy.
REASONS: dict[str, tuple[str, str]] = {
    "definition_changed": (
        _noop("We cannot say yet: what is counted changed between baseline and measured weeks."),
        _noop("Send earlier weeks counted by the new wording, and replace the baseline."),
    ),
    "baseline_too_short": (
        _noop("We cannot say yet: the baseline has only %(weeks)s weeks."),
        _noop("More history from the system of record is the cheapest remedy."),
    ),
    "baseline_gaps": (
        _noop("We cannot say yet: too many weeks of the baseline have no figures."),
        _noop("Send the missing weeks, and replace the baseline."),
    ),
    "measurement_incomplete": (
        _noop("We cannot say yet: only %(measured)s of the four measured weeks have figures."),
        _noop("Send the missing weeks."),
    ),
    "too_few_events": (
        _noop("We cannot say yet: four weeks hold too few events."),
        _noop("Judge it by a metric that counts more events."),
    ),
    "season_unknown": (
        _noop("We cannot say yet: nobody has said how far the season moves %(metric)s."),
        _noop("With 66 weeks of history the figures tell the season by themselves."),
    ),
    "no_variation": (
        _noop("We cannot say: the figures are such that nothing tells how sure a change would be."),
        _noop("Check what the source sends."),
    ),
    "rests_on_one_week": (
        _noop("We cannot say yet: one week alone carries the change."),
        _noop("Look at that week, and again at a later read-out."),
    ),
    "rests_on_trend": (
        _noop(
            "We cannot say yet: the change rests on carrying the trend forward, and the raw figures"
            " do not show it or that line goes where %(metric)s cannot."
        ),
        _noop("Look at what moved the trend; more history tells it better."),
    ),
    "improvement_ruled_out": (
        _noop("An improvement of %(matters)s or more is ruled out; a worsening is not."),
        _noop("Nothing more will show an improvement that matters."),
    ),
    "interval_too_wide": (
        _noop(
            "We cannot say yet: with these figures the change lies anywhere between %(low)s and"
            " %(high)s."
        ),
        _noop("More history, and a baseline replaced by it, narrows that."),
    ),
}
# The same of days.
DAILY_REASONS: dict[str, tuple[str, str]] = {
    "baseline_too_short": (
        _noop("We cannot say yet: the baseline has only %(days)s days."),
        _noop("More history from the system of record is the cheapest remedy."),
    ),
    "baseline_gaps": (
        _noop("We cannot say yet: too many days of the baseline have no figures."),
        _noop("Send the missing days, and replace the baseline."),
    ),
    "measurement_incomplete": (
        _noop("We cannot say yet: only %(measured)s of the four measured weeks have enough days."),
        _noop("Send the missing days."),
    ),
}
# Where the baseline is about as long as one can be, more history is no remedy.
LONG_WEEKS = 100
LONG: dict[str, str] = {
    "interval_too_wide": _noop(
        "The baseline is about as long as one can be: only a larger change, or a metric that varies"
        " less from week to week, would show."
    ),
    "rests_on_trend": _noop("Look at what moved the trend."),
}
# Of these a later read-out is the remedy; after the last one something else is.
LATER = {"rests_on_one_week"}
LAST_LOOK = 24
NO_LATER = _noop("No later read-out follows. More history, or another pilot, would tell.")
REFUSED = _noop("We cannot say: %(why)s")
TARGETS: dict[str, str] = {
    "met": _noop("Target met"),
    "on_target_not_sure": _noop("On target, not yet sure"),
    "not_met": _noop("Target not met"),
}
FLAGS: dict[str, str] = {
    "pre_trend": _noop("The weeks before already had a trend."),
    "variance_changed": _noop("The figures vary otherwise than before."),
    "suspicious": _noop("A change of more than half: check the data first."),
    "comparison_moved": _noop("The comparison line moved as well."),
}
LEVELS: dict[str, str] = {
    "A": _noop("against a comparison line"),
    "B": _noop("against own history, with trend and season taken out"),
    "C": _noop("plain before and after"),
}
CHIPS = {
    "worse": "worse",
    "no_change_detected": "no_change",
    "not_enough_evidence": "not_enough",
}


COUNTED = {"improved", "worse"}


class Named(Protocol):
    """What a sentence needs of a metric: its name, and how its figures are written."""

    @property
    def name(self) -> str: ...
    @property
    def unit(self) -> str: ...
    @property
    def decimals(self) -> int: ...


class Measured(Protocol):
    """A metric that goes a way."""

    @property
    def direction(self) -> str: ...


class Priced(Protocol):
    """A metric in a pilot, with what somebody assumes a unit of it to be worth."""

    @property
    def metric(self) -> Measured: ...
    @property
    def units_per_week(self) -> Decimal | None: ...
    @property
    def value_per_unit(self) -> Decimal | None: ...


@dataclass(frozen=True, slots=True)
class Told:
    """A read-out in words. doubts: every further reason; remedy: empty for a plain answer."""

    chip: str
    sentence: str
    remedy: str
    doubts: list[str]
    target: str
    flags: list[str]
    level: str


def tell(result: Mapping[str, Any], metric: Named) -> Told:
    """Return a stored result in the language of the request."""
    values = _values(result, metric)
    patterns = REASONS | DAILY_REASONS if "baseline_days" in result else REASONS
    reasons = [patterns[code] for code in result["reasons"]]
    sentence, remedy = _(_pattern(result)) % values, ""
    if result.get("refused"):
        sentence, remedy = _(REFUSED) % {"why": result["refused"]}, ""
    elif reasons:
        sentence, remedy = (_(part) % values for part in reasons[0])
        if result["reasons"][0] in LATER and result["last_week"] >= LAST_LOOK:
            remedy = _(NO_LATER)
        elif result["reasons"][0] in LONG and result.get("baseline_weeks", 0) >= LONG_WEEKS:
            remedy = _(LONG[result["reasons"][0]])
    return Told(
        chip=chip_of(result),
        sentence=sentence,
        remedy=remedy,
        doubts=[_(words) % values for words, _remedy in reasons[1:]],
        target=_(TARGETS[result["target"]]) if result["target"] else "",
        flags=[
            *(_("Guard missed: %(name)s.") % {"name": name} for name in result["guards_missed"]),
            *(
                _("Guard not known: %(name)s lacks usable figures of a measured week.")
                % {"name": name}
                for name in result["guards_unknown"]
            ),
            *(
                _("Guard not agreed: nobody agreed to the target of %(name)s.") % {"name": name}
                for name in result["guards_open"]
            ),
            *(_(FLAGS[flag]) for flag in result["flags"]),
        ],
        level=_(LEVELS[result["level"]]),
    )


def chip_of(result: Mapping[str, Any]) -> str:
    """Return the chip of a result: proven joins improvement, a target met and every guard kept."""
    if result["word"] == "improved":
        doubtful = result["guards_missed"] or result["guards_unknown"] or result["guards_open"]
        kept = result["target"] == "met" and not doubtful
        return "proven" if kept else "improved"
    return CHIPS[result["word"]]


def worth(result: Mapping[str, Any], row: Priced, currency: str) -> str:
    """Return what the judged change is worth a year, in words; empty where nobody gave money.

    Counted of a claimed change alone; estimated, from assumed units a week and value of a unit.
    """
    units, value = row.units_per_week, row.value_per_unit
    if units is None or value is None:
        return ""
    found = worth_of(
        result, direction=row.metric.direction, units_per_week=units, value_per_unit=value
    )
    return _("not counted: no change is claimed") if found is None else say_worth(found, currency)


def worth_of(
    result: Mapping[str, Any],
    *,
    direction: str,
    units_per_week: Decimal,
    value_per_unit: Decimal,
) -> money.Worth | None:
    """Return what a judged change is worth a year with its range; None where none is claimed."""
    if result["word"] not in COUNTED:
        return None
    low, high = result["interval"]
    value = float(value_per_unit)
    return money.value_effect(
        effect=result["effect"],
        lower=low,
        upper=high,
        direction=DIRECTIONS[direction],
        price=money.Price(value, value, value, float(units_per_week)),
    )


def say_worth(found: money.Worth, currency: str) -> str:
    """Return what one change is worth, in words with its range."""
    return _("estimated %(amount)s (95 %% sure: %(low)s to %(high)s)") % _amounts(found, currency)


def total_worth(found: Iterable[money.Worth], currency: str) -> tuple[str, str]:
    """Return what changes are worth together, and from where to where their ends add up.

    Source: docs/methods/money.md.
    """
    said = _amounts(money.total(found), currency)
    return said["amount"], _("%(low)s to %(high)s") % said


def _amounts(found: money.Worth, currency: str) -> dict[str, str]:
    """Return money and its range for a table."""
    amounts = {"amount": found.value, "low": found.lower, "high": found.upper}
    language = get_language()
    return {key: formats.money_short(one, currency, language) for key, one in amounts.items()}


def _pattern(result: Mapping[str, Any]) -> str:
    if result["word"] == "no_change_detected" or result["sign"] == 0:
        return NO_CHANGE
    return (ROSE if result["sign"] > 0 else FELL)[result["level"]]


def _values(result: Mapping[str, Any], metric: Named) -> dict[str, str]:
    """Return what the patterns name; in a sentence with a direction sizes go without sign."""
    ends: list[float | None] = result["interval"] or [None, None]
    size = change
    if result["sign"]:
        ends, size = sorted(abs(end) for end in result["interval"]), _size
    low, high = ends
    return {
        "metric": metric.name,
        "effect": _size(result["effect"], result, metric),
        "low": size(low, result, metric),
        "high": size(high, result, metric),
        "matters": matters(result, metric),
        "weeks": str(result.get("baseline_weeks")),
        "days": str(result.get("baseline_days")),
        "measured": str(result["measured_weeks"]),
    }


def matters(result: Mapping[str, Any], metric: Named) -> str:
    """Return the change that matters in words, on the side of the interval's ends where it lies."""
    ends = [abs(end) for end in result["interval"] or []]
    digits = formats.apart(result["matters"], ends, metric.unit, metric.decimals)
    words = formats.difference(result["matters"], metric.unit, digits, get_language())
    return words.lstrip("+")


def change(value: float | None, result: Mapping[str, Any], metric: Named) -> str:
    """Return a change in words, with as many digits as show on which side of 0 it lies.

    And on which side of the change that matters, because the word depends on both.
    """
    least = result["matters"]
    limits = [0.0] if least is None else [0.0, least, -least]
    digits = formats.apart(value, limits, metric.unit, metric.decimals)
    return formats.difference(value, metric.unit, digits, get_language())


def _size(value: float | None, result: Mapping[str, Any], metric: Named) -> str:
    return change(None if value is None else abs(value), result, metric).lstrip("+")
