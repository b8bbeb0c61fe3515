"""Shape of what people send about retraining triggers and their firings."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django import forms

from common.formats import unit_of
from common.forms import EditForm, NewForm, NumberField, RowField, RuledForm, WholeField, typed
from metrics.models import Metric
from tenants.models import Membership

from ..models import RetrainingTrigger
from ..rules import retraining as rules


class TriggerFields(RuledForm):
    """From where on a figure calls for training, and who is then told."""

    side = forms.ChoiceField(
        label="It calls for training when it is",
        choices=[("", "Choose"), *RetrainingTrigger.When.choices],
    )
    threshold = NumberField(
        label="This number",
        max_digits=20,
        decimal_places=9,
        help_text="In the unit of the metric: 5 for a share of 5 %.",
    )
    weeks = WholeField(
        label="For how many weeks running",
        min_value=1,
        max_value=rules.MOST_WEEKS,
        initial=2,
        help_text="One week may be chance. A week without a figure breaks the row.",
    )
    rest_weeks = WholeField(
        label="Weeks until it may fire again",
        min_value=1,
        max_value=rules.MOST_REST_WEEKS,
        initial=4,
        help_text="As long as training and a first look at the new model take.",
    )
    receiver = RowField(
        label="Who is told",
        help_text="One member, who answers what was done. When they leave, the gate opens again.",
    )
    task = forms.CharField(
        label="What they do then",
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="Such as “Train on the last six months, let QA compare both on 200 cases”.",
    )

    figure: Metric | None = None

    def __init__(self, *args: Any, members: list[Membership], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        receiver = self.fields["receiver"]
        assert isinstance(receiver, RowField)
        receiver.offer(members, key="pk", label=lambda one: one.person.name)

    def clean(self) -> dict[str, Any]:
        """Return the values with the number as it is stored: 5 of a share becomes 0.05."""
        values = super().clean() or self.cleaned_data
        metric, number = values.get("metric", self.figure), values.get("threshold")
        if metric is not None and number is not None:
            values["threshold"] = float(Decimal(number) / unit_of(metric.unit).factor)
        return values


def _named(metric: Metric) -> str:
    suffix = unit_of(metric.unit).suffix.strip()
    return f"{metric.code} {metric.name} ({suffix})" if suffix else f"{metric.code} {metric.name}"


class NewTriggerForm(NewForm, TriggerFields):
    """A trigger to write down."""

    metric = RowField(
        label="Figure",
        help_text="A metric that shows the model's work: a rate of errors, exceptions or overrides.",
    )
    field_order = ("metric",)

    def __init__(self, *args: Any, metrics: list[Metric], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        metric = self.fields["metric"]
        assert isinstance(metric, RowField)
        metric.offer(metrics, key="pk", label=_named)


class TriggerForm(EditForm, TriggerFields):
    """A trigger to change; its figure stays."""

    def __init__(self, *args: Any, figure: Metric, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.figure = figure


def trigger_values(row: RetrainingTrigger) -> dict[str, Any]:
    """Return a trigger as the initial values of its form, the number as it is typed."""
    factor = unit_of(row.metric.unit).factor
    names = ("version", "side", "weeks", "rest_weeks", "task")
    return {name: getattr(row, name) for name in names} | {
        "receiver": str(row.receiver_id),
        "threshold": typed(Decimal(repr(row.threshold)) * factor),
    }


class AnswerForm(NewForm):
    """What was done about a firing."""

    answer = forms.CharField(
        label="What was done",
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text="Trained anew on which data and from when on; or why that was not needed.",
    )
