"""Shape of what people send about baselines."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django import forms

from common.formats import unit_of
from common.forms import EditForm, NewForm, NumberField, RowField, RuledForm, WholeField, typed

from ..models import Baseline, Metric


class BaselineFields(RuledForm):
    """The draft of a baseline, in the unit people read: 2 points of a share are 0.02 stored."""

    matters = NumberField(
        label="Smallest change that matters",
        max_digits=20,
        decimal_places=9,
        help_text="A smaller one would change nothing for the plant. If the pilot moved the metric"
        " by less, the verdict is “no change”.",
    )
    season_swing = NumberField(
        label="How far the season moves it",
        required=False,
        max_digits=20,
        decimal_places=9,
        help_text="From the lowest to the highest month of a usual year; 0 where it has no season."
        " Your name stands beside it. With less than 66 weeks of history there is no verdict"
        " without it.",
    )
    comparison = RowField(
        label="Comparison line",
        required=False,
        none="None",
        help_text="The same metric where the pilot does not reach, such as another line or plant."
        " It is chosen before week 3.",
    )
    grain = forms.ChoiceField(
        label="What is compared",
        choices=[("week", "Weeks"), ("day", "Days")],
        initial="week",
        widget=forms.RadioSelect,
        help_text="A verdict by weeks needs 8 of them before week 3. Where there are fewer and figures"
        " come daily, 14 to 28 days are enough and show about as much as 8 to 14 weeks; each weekday"
        " is compared with its like. Once 8 weeks are usable, weeks are compared.",
    )
    maturity_days = WholeField(
        label="Days until figures are complete",
        min_value=0,
        max_value=180,
        initial=7,
        help_text="The read-out waits so long after week 12. Longer where returns or invoices come"
        " in late.",
    )

    def __init__(
        self, *args: Any, metric: Metric, lines: list[Metric], daily: bool, **kwargs: Any
    ) -> None:
        """Build the form. daily: whether days may be compared instead of weeks."""
        super().__init__(*args, **kwargs)
        self.metric = metric
        if not daily:
            del self.fields["grain"]
        comparison = self.fields["comparison"]
        assert isinstance(comparison, RowField)
        comparison.offer(lines, key="code")

    @property
    def unit(self) -> str:
        """Return the unit in which a change is typed."""
        kind = unit_of(self.metric.unit)
        return (kind.difference or kind.suffix).strip()

    def clean_matters(self) -> float:
        """Return the change as it is stored."""
        return self._stored(self.cleaned_data["matters"])

    def clean_season_swing(self) -> float | None:
        """Return the swing as it is stored; None where nobody stated one."""
        given = self.cleaned_data["season_swing"]
        return None if given is None else self._stored(given)

    def _stored(self, given: Decimal) -> float:
        return float(Decimal(given) / unit_of(self.metric.unit).factor)


class NewBaselineForm(NewForm, BaselineFields):
    """The first draft of a baseline."""


class BaselineForm(EditForm, BaselineFields):
    """A draft to change."""


class SeenForm(EditForm):
    """Which version of a row a button was pressed under."""


class ReasonForm(EditForm):
    """A reason for something about a baseline that was seen in a version."""

    reason = forms.CharField(label="Why", max_length=300, widget=forms.Textarea(attrs={"rows": 3}))


def typed_change(value: float | None, metric: Metric) -> str:
    """Return a stored change as a person types it, without the digits that only binary ones have."""
    if value is None:
        return ""
    return typed(Decimal(f"{value:.9f}") * unit_of(metric.unit).factor)


def proposed_change(value: float | None, metric: Metric) -> str:
    """Return a change as it is proposed: with the metric's decimals, and at least two digits."""
    if not value:
        return ""
    shown = Decimal(repr(value)) * unit_of(metric.unit).factor
    rounded = round(shown, min(max(metric.decimals, 1 - shown.adjusted()), 9))
    return f"{rounded.normalize():f}"


def baseline_values(baseline: Baseline) -> dict[str, Any]:
    """Return a draft as its form has it."""
    metric = baseline.target_row.metric
    return {
        "matters": typed_change(baseline.matters, metric),
        "season_swing": typed_change(baseline.season_swing, metric),
        "comparison": baseline.comparison.code if baseline.comparison else "",
        "grain": baseline.grain,
        "maturity_days": baseline.maturity_days,
        "version": baseline.version,
    }
