"""Shape of what people send about classes of error and readings."""

from __future__ import annotations

from decimal import Decimal
from typing import Any
from uuid import UUID

from django import forms

from common.forms import DayField, EditForm, NewForm, NumberField, RuledForm, WholeField, typed

from ..models import AccuracyReading, ErrorClass
from ..rules.errors import MOST


class ErrorClassFields(RuledForm):
    """A class of error; the tolerated rate in per cent, as people read it."""

    name = forms.CharField(
        label="What goes wrong",
        max_length=120,
        help_text="One kind of wrong decision, such as “Defect missed” or “Good part held back”.",
    )
    consequence = forms.ChoiceField(
        label="What it leads to",
        choices=[("", "Choose"), *ErrorClass.Consequence.choices],
        help_text="The gravest that may happen. Safety, recall and what a customer notices make a class"
        " costly: then a person has to check each case.",
    )
    cost = NumberField(
        max_digits=14,
        decimal_places=2,
        min_value=0,
        help_text="Of an error that nobody catches, on average.",
    )
    cost_basis = forms.ChoiceField(
        label="This cost is", choices=[("", "Choose"), *ErrorClass.Basis.choices]
    )
    tolerated = NumberField(
        label="Tolerated, in % of decisions",
        max_digits=9,
        decimal_places=6,
        help_text="At most; this rate itself is still tolerated. Zero can never be shown: 1 % takes 299"
        " decisions without an error, 0.1 % takes 2,995.",
    )
    checked_by = forms.CharField(
        label="Who checks each case before it takes effect",
        max_length=200,
        required=False,
        help_text="And where it is written down: “Shift inspector, procedure QP-114”. Empty where nobody"
        " does.",
    )

    def __init__(self, *args: Any, currency: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["cost"].label = f"What one error costs, in {currency}"

    def clean(self) -> dict[str, Any]:
        """Return the values with the rate as a share."""
        values = super().clean() or self.cleaned_data
        if values.get("tolerated") is not None:
            values["tolerated"] = Decimal(values["tolerated"]) / 100
        return values


class NewErrorClassForm(NewForm, ErrorClassFields):
    """A class of error to write down."""


class ErrorClassForm(EditForm, ErrorClassFields):
    """A class of error to change."""


def error_class_values(row: ErrorClass) -> dict[str, Any]:
    """Return a class of error as the initial values of its form."""
    names = ("version", "name", "consequence", "cost_basis", "checked_by")
    return {name: getattr(row, name) for name in names} | {
        "cost": typed(row.cost),
        "tolerated": typed(row.tolerated * 100),
    }


class ReadingForm(NewForm):
    """What was found in a number of decisions, class by class."""

    dataset = forms.ChoiceField(
        label="What was read",
        choices=[
            (AccuracyReading.Dataset.LIVE, "Live: what production brought, as it came"),
            (AccuracyReading.Dataset.CURATED, "Curated: cases that somebody prepared"),
        ],
        widget=forms.RadioSelect,
    )
    first_day = DayField(label="From", help_text="The first day that the decisions are of.")
    last_day = DayField(label="To", help_text="The last one. The reading counts from this day on.")
    decisions = WholeField(
        label="Decisions read",
        min_value=1,
        max_value=MOST,
        help_text="All that were looked at, right and wrong.",
    )
    source = forms.CharField(
        label="Where the right answers come from",
        max_length=300,
        help_text="Such as “Escape log and end-of-line test, weeks 45 and 46”.",
    )

    def __init__(self, *args: Any, classes: list[ErrorClass], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.keys: dict[str, UUID] = {f"errors_{row.pk}": row.pk for row in classes}
        for row in classes:
            self.fields[f"errors_{row.pk}"] = WholeField(
                label=f"Errors: {row.name}",
                required=False,
                min_value=0,
                max_value=MOST,
                help_text="0 where you looked and found none; empty where nobody looked.",
            )

    def clean(self) -> dict[str, Any]:
        """Return the counts by key of their class, without those that nobody counted."""
        values = super().clean() or self.cleaned_data
        counts = {key: values.pop(name, None) for name, key in self.keys.items()}
        values["errors"] = {key: count for key, count in counts.items() if count is not None}
        return values
