"""Shape of what people send about sources, metrics and targets."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django import forms

from common.errors import Refused, Unconfirmed
from common.formats import unit_of
from common.forms import (
    DayField,
    EditForm,
    NewForm,
    NumberField,
    RowField,
    RuledForm,
    WholeField,
    typed,
)
from portfolio.forms import code_field, offer_people
from portfolio.queries import list_sites

from ..models import Metric, MetricDefinition, PilotMetric, Source
from ..rules.kinds import KINDS
from ..rules.units import COUNTED_PER, NAMED, OTHER

MONEY = ("units_per_week", "value_per_unit")
UNIT_WORDS = NAMED | {OTHER: "another unit"}


class SourceFields(RuledForm):
    """A system of record."""

    name = forms.CharField(max_length=200, help_text="As people say it: SAP, MES line 2.")
    kind = forms.ChoiceField(choices=Source.Kind.choices)
    maintainer = RowField(
        none="Nobody yet",
        required=False,
        help_text="Who is asked when its figures stop arriving.",
    )
    stale_after_hours = WholeField(
        label="Stale after, hours",
        min_value=1,
        max_value=8760,
        initial=192,
        help_text="Silence it may keep. 192 hours are eight days: right for a weekly file.",
    )
    interval = forms.ChoiceField(
        label="It sends",
        choices=Source.Interval.choices,
        initial=Source.Interval.CONTINUOUS,
        help_text="As it is meant to: a file that is made at night sends every day.",
    )
    lag_limit_minutes = WholeField(
        label="Late after, minutes",
        required=False,
        min_value=1,
        max_value=60 * 24 * 35,
        help_text="From when it learns of something until that arrives here. Empty for what follows"
        " from how often it sends: 15 minutes, 2 hours, 2 days or 14 days.",
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offer_people(self.fields["maintainer"])


class NewSourceForm(NewForm, SourceFields):
    """A source to add."""

    code = code_field(40)
    field_order = ("name", "code", "kind", "maintainer", "stale_after_hours", "interval")


class SourceForm(EditForm, SourceFields):
    """A source to change."""


class MetricFields(RuledForm):
    """A metric of one kind."""

    name = forms.CharField(max_length=200, help_text="Short: On-time lines.")
    direction = forms.ChoiceField(
        label="Which way is good", choices=Metric.Direction.choices, widget=forms.RadioSelect
    )
    unit = forms.ChoiceField()
    other_unit = forms.CharField(
        label="Another unit",
        required=False,
        max_length=40,
        widget=forms.TextInput(attrs={"class": "short"}),
        help_text="Only when the list above has it not: kg, EUR per unit.",
    )
    exposure = forms.ChoiceField(
        label="Counted",
        choices=[("", "As the unit says"), *Metric.Exposure.choices],
        initial="",
        required=False,
        help_text="Another unit needs it said here."
        " A week without events is a zero only where its feed says that it reported.",
    )
    decimals = WholeField(min_value=0, max_value=6, initial=1, help_text="On pages.")
    site = RowField(
        none="All sites",
        required=False,
        help_text="Weeks are cut in the site's time zone; for all sites, in the company's.",
    )

    def __init__(self, *args: Any, kind: str, metric: Metric | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.kind = KINDS[kind]
        unit, site = self.fields["unit"], self.fields["site"]
        assert isinstance(unit, forms.ChoiceField)
        assert isinstance(site, RowField)
        unit.choices = [(code, UNIT_WORDS[code]) for code in self.kind.units]
        if OTHER not in self.kind.units:
            del self.fields["other_unit"]
        if not self.kind.per_time:
            del self.fields["exposure"]
        sites = list_sites()
        if metric is not None and metric.site is not None and metric.site not in sites:
            sites = [metric.site, *sites]
        site.offer(sites, key="code")

    def clean(self) -> dict[str, Any]:
        """Return the values with the unit as it is stored, the kind and the exposure."""
        values = super().clean() or self.cleaned_data
        other = values.pop("other_unit", "").strip()
        if values.get("unit") == OTHER:
            if not other:
                self.add_error("other_unit", "Write the unit.")
            values["unit"] = self._listed(other)
        return {**values, "kind": self.kind.code, "exposure": values.get("exposure", "")}

    def _listed(self, typed: str) -> str:
        """Return the unit of the list that was typed by its name, “per week”; else what was typed."""
        named = {UNIT_WORDS[code]: code for code in self.kind.units if code != OTHER}
        named |= {code.replace("_", " "): code for code in named.values()}
        return named.get(typed.lower().replace("_", " "), typed)


class NewMetricForm(NewForm, MetricFields):
    """A metric to add, with its first wording."""

    code = code_field(60)
    numerator = forms.CharField(max_length=300)
    denominator = forms.CharField(max_length=300, required=False)
    field_order = (
        "name",
        "numerator",
        "denominator",
        "direction",
        "unit",
        "other_unit",
        "exposure",
        "site",
        "decimals",
        "code",
    )

    def __init__(self, *args: Any, kind: str, **kwargs: Any) -> None:
        super().__init__(*args, kind=kind, **kwargs)
        word_counted(self, kind)


class MetricForm(EditForm, MetricFields):
    """A metric to change; what its figures stand on is shown, not asked, once it is measured."""

    FIXED = ("unit", "other_unit", "direction", "exposure")

    def __init__(self, *args: Any, metric: Metric, measured: bool, **kwargs: Any) -> None:
        super().__init__(*args, kind=metric.kind, metric=metric, **kwargs)
        self.measured = measured
        for name in self.FIXED:
            if measured and name in self.fields:
                del self.fields[name]
        self.kept = {name: getattr(metric, name) for name in ("unit", "direction", "exposure")}

    def clean(self) -> dict[str, Any]:
        """Return the values, with those that are fixed as they are."""
        values = super().clean()
        return {**values, **self.kept} if self.measured else values


def word_counted(form: forms.Form, kind: str) -> None:
    """Name numerator and denominator as a kind has them."""
    form.fields["numerator"].label = KINDS[kind].above
    form.fields["denominator"].label = KINDS[kind].below
    form.fields["denominator"].required = KINDS[kind].both_halves


class DefinitionForm(NewForm):
    """A new wording of a metric.

    known_weeks: how many weeks, counted already, the person was told it re-words.
    """

    numerator = forms.CharField(max_length=300)
    denominator = forms.CharField(max_length=300, required=False)
    valid_from = DayField(
        label="Holds from", help_text="May lie in the future. Figures before it keep the old words."
    )
    reason = forms.CharField(
        label="Why it changes",
        max_length=300,
        help_text="Whoever compares the weeks before and after reads this.",
    )
    known_weeks = WholeField(widget=forms.HiddenInput, required=False, min_value=0, initial=0)

    def __init__(self, *args: Any, kind: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        word_counted(self, kind)

    def clean_known_weeks(self) -> int:
        """Return 0 where nothing was sent."""
        return self.cleaned_data["known_weeks"] or 0

    def refuse(self, refused: Refused) -> None:
        """Show the words; what a rule asks is answered by sending the form once more."""
        super().refuse(refused)
        if isinstance(refused, Unconfirmed):
            posted: Any = self.data
            data = posted.copy()
            data["known_weeks"] = str(refused.answer)
            self.data = data


class TargetFields(RuledForm):
    """A metric in a pilot."""

    role = forms.ChoiceField(
        choices=[
            (PilotMetric.Role.PRIMARY, "Primary: the pilot is judged by it (at most three)"),
            (PilotMetric.Role.GUARD, "Guard: must not get worse meanwhile"),
            (PilotMetric.Role.HEALTH, "Health: shows whether the AI itself works"),
        ],
        widget=forms.RadioSelect,
        initial=PilotMetric.Role.PRIMARY,
    )
    comparison = forms.ChoiceField(label="The target is", required=False)
    target = NumberField(label="Target", required=False, max_digits=20, decimal_places=9)
    units_per_week = NumberField(
        label="Units a week, assumed",
        required=False,
        max_digits=16,
        decimal_places=4,
        help_text="How many cases a week the number stands for.",
    )
    value_per_unit = NumberField(
        label="Value of one unit, assumed",
        required=False,
        max_digits=16,
        decimal_places=4,
        help_text="What moving one case is worth.",
    )

    def __init__(self, *args: Any, metric: Metric, currency: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.metric, self.currency = metric, currency
        comparison = self.fields["comparison"]
        assert isinstance(comparison, forms.ChoiceField)
        comparison.choices = [("", "No target yet"), *sides(metric)]
        comparison.help_text = "“Above” and “below” are strict: the number itself does not count."

    @property
    def unit(self) -> str:
        """Return the unit in which the target is typed."""
        return unit_of(self.metric.unit).suffix.strip()

    def clean_target(self) -> float | None:
        """Return the target as it is stored: 94 of a share becomes 0.94."""
        given = self.cleaned_data["target"]
        if given is None:
            return None
        return float(Decimal(given) / unit_of(self.metric.unit).factor)

    def clean(self) -> dict[str, Any]:
        """Return the values; a side without a number, or the other way, is an error at once."""
        values = super().clean() or self.cleaned_data
        if (
            values.get("comparison")
            and values.get("target") is None
            and "target" not in self.errors
        ):
            self.add_error("target", "Say the number as well.")
        if values.get("target") is not None and not self.data.get("comparison"):
            self.add_error("comparison", "Say which side of the number is good.")
        self._check_money(values)
        return values

    def _check_money(self, values: dict[str, Any]) -> None:
        """Say at each money field what it lacks: both are given and above zero, or neither."""
        given = {name: values.get(name) for name in MONEY if name not in self.errors}
        for name, value in given.items():
            if value is not None and value <= 0:
                self.add_error(name, "This is above zero.")
            elif value is None and any(self.data.get(other) for other in MONEY if other != name):
                self.add_error(name, "Give both, units a week and value of a unit, or neither.")


class NewTargetForm(NewForm, TargetFields):
    """A metric to judge a pilot by."""


class TargetForm(EditForm, TargetFields):
    """A metric of a pilot to change."""


class AgreeForm(EditForm):
    """A yes to a target as it was shown: its version and that of the wording, nothing else."""

    wording = WholeField(widget=forms.HiddenInput, min_value=1)
    next_step = "Target and wording stand on this page as they are by now: read them again."


def sides(metric: Metric) -> list[tuple[str, str]]:
    """Return the sides a target may have: those that are good for the metric."""
    good = ("gt", "ge") if metric.direction == Metric.Direction.UP else ("lt", "le")
    words = dict(PilotMetric.Comparison.choices)
    return [(side, str(words[side])) for side in good]


def source_values(source: Source) -> dict[str, Any]:
    """Return a source as the initial values of its form."""
    return {
        "version": source.version,
        "name": source.name,
        "kind": source.kind,
        "maintainer": str(source.maintainer.pk) if source.maintainer else "",
        "stale_after_hours": source.stale_after_hours,
        "interval": source.interval,
        "lag_limit_minutes": source.lag_limit_minutes,
    }


def metric_values(metric: Metric) -> dict[str, Any]:
    """Return a metric as the initial values of its form."""
    names = ("version", "name", "direction", "decimals")
    known = metric.unit in KINDS[metric.kind].units
    return {name: getattr(metric, name) for name in names} | {
        "unit": metric.unit if known else OTHER,
        "other_unit": "" if known else metric.unit,
        "exposure": "" if metric.unit in COUNTED_PER else metric.exposure,
        "site": metric.site.code if metric.site else "",
    }


def definition_values(definition: MetricDefinition) -> dict[str, Any]:
    """Return a wording as the first answers of the next one."""
    return {"numerator": definition.numerator, "denominator": definition.denominator}


def target_values(row: PilotMetric) -> dict[str, Any]:
    """Return a pilot's metric as the initial values of its form, the target as it is typed."""
    names = ("version", "role", "comparison", "units_per_week", "value_per_unit")
    return {name: getattr(row, name) for name in names} | {"target": typed_target(row)}


def typed_target(row: PilotMetric) -> str:
    """Return the target as a person types it: 0.94 of a share is 94."""
    if row.target is None:
        return ""
    return typed(Decimal(repr(row.target)) * unit_of(row.metric.unit).factor)
