"""Shape of what people send about a vendor's commitment."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django import forms

from common.formats import unit_of
from common.forms import DayField, EditForm, NewForm, NumberField, RowField, RuledForm, typed

from ..models import CommitmentDecision, PilotMetric, VendorCommitment


class CommitmentFields(RuledForm):
    """What a vendor committed to; the number in the unit that people read."""

    row = RowField(
        label="Metric",
        help_text="One that the pilot has. It is judged by the same weekly figures as week 12.",
    )
    comparison = forms.ChoiceField(
        label="The vendor promised",
        choices=[("", "Choose"), *PilotMetric.Comparison.choices],
        help_text="“Above” and “below” are strict: the number itself does not count.",
    )
    target = NumberField(
        label="Number",
        max_digits=20,
        decimal_places=9,
        help_text="In the unit of the metric: 94 for a share of 94 %.",
    )
    due_date = DayField(
        label="By the end of",
        help_text="The last day that counts. The last four whole weeks up to it are judged together,"
        " about a week later, when late figures are in.",
    )
    remedy = forms.CharField(
        label="What the vendor owes if it is missed",
        max_length=300,
        help_text="As it was agreed, such as “50 % of the licence fee back”.",
    )
    source = forms.CharField(
        label="Where it stands",
        max_length=300,
        help_text="Contract and clause, or the letter and its day: what you would show the vendor.",
    )

    def __init__(self, *args: Any, rows: list[PilotMetric], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["row"]
        assert isinstance(field, RowField)
        field.offer(rows, key="pk", label=_named)

    def clean(self) -> dict[str, Any]:
        """Return the values with the number as it is stored: 94 of a share becomes 0.94."""
        values = super().clean() or self.cleaned_data
        row, number = values.get("row"), values.get("target")
        if row is not None and number is not None:
            values["target"] = float(Decimal(number) / unit_of(row.metric.unit).factor)
        return values


class NewCommitmentForm(NewForm, CommitmentFields):
    """A commitment to write down."""


class CommitmentForm(EditForm, CommitmentFields):
    """A commitment to change."""


class WaiveForm(EditForm):
    """Why a commitment is waived."""

    reason = forms.CharField(
        label="Why",
        max_length=300,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="What you got for it, or why it no longer holds. It cannot be taken back.",
    )


class DecideForm(EditForm):
    """Met or missed, where the figures cannot tell."""

    word = forms.ChoiceField(
        label="The commitment is",
        choices=[
            (CommitmentDecision.Word.MET, "Met"),
            (CommitmentDecision.Word.MISSED, "Missed: the vendor owes what was agreed"),
        ],
        widget=forms.RadioSelect,
    )
    reason = forms.CharField(
        label="Why",
        max_length=300,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="What shows it, since the weekly figures do not.",
    )


def commitment_values(commitment: VendorCommitment) -> dict[str, Any]:
    """Return a commitment as the initial values of its form, the number as it is typed."""
    factor = unit_of(commitment.target_row.metric.unit).factor
    names = ("version", "comparison", "due_date", "remedy", "source")
    return {name: getattr(commitment, name) for name in names} | {
        "row": str(commitment.target_row_id),
        "target": typed(Decimal(repr(commitment.target)) * factor),
    }


def _named(row: PilotMetric) -> str:
    unit = unit_of(row.metric.unit).suffix.strip()
    better = row.metric.get_direction_display().lower()
    return f"{row.metric.name}, in {unit}: {better}" if unit else f"{row.metric.name}: {better}"
