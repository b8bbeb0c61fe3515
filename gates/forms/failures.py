"""Shape of what people send about ways to fail and drills."""

from __future__ import annotations

from typing import Any

from django import forms

from common.forms import DayField, EditForm, NewForm, RowField, RuledForm
from tenants.models import Membership

from ..models import FailureMode


class FailureModeFields(RuledForm):
    """A way to fail; what is not known yet may be empty, and the gate says what is missing."""

    name = forms.CharField(
        label="What happens",
        max_length=200,
        help_text="Such as “No answer for a whole shift” or “Camera dirty, everything is held”.",
    )
    kind = forms.ChoiceField(label="It is", choices=[("", "Choose"), *FailureMode.Kind.choices])
    noticed = forms.CharField(
        label="How it is noticed",
        max_length=300,
        required=False,
        help_text="By whom or by what, also at night: “The line stops by itself”.",
    )
    threshold = forms.CharField(
        label="Threshold",
        max_length=200,
        required=False,
        help_text="From where on it counts: “Confidence below 0.8”, “No answer in 30 seconds”.",
    )
    fallback = forms.CharField(
        label="Fallback",
        max_length=500,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="What the plant does instead, until it works again.",
    )
    receiver = RowField(
        label="Who is alerted",
        required=False,
        none="Nobody yet",
        help_text="One member. When they leave, the gate opens again.",
    )

    def __init__(self, *args: Any, members: list[Membership], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["receiver"]
        assert isinstance(field, RowField)
        field.offer(members, key="pk", label=lambda one: one.person.name)


class NewFailureModeForm(NewForm, FailureModeFields):
    """A way to fail to write down."""


class FailureModeForm(EditForm, FailureModeFields):
    """A way to fail to change."""


def failure_mode_values(row: FailureMode) -> dict[str, Any]:
    """Return a way to fail as the initial values of its form."""
    names = ("version", "name", "kind", "noticed", "threshold", "fallback")
    receiver = str(row.receiver_id) if row.receiver_id else ""
    return {name: getattr(row, name) for name in names} | {"receiver": receiver}


class DrillForm(NewForm):
    """What was seen when a way to fail was tried."""

    ran_on = DayField(label="Day", help_text="It counts for 90 days from this day.")
    held = forms.ChoiceField(
        label="The fallback",
        choices=[("yes", "held: what should happen happened"), ("no", "did not hold")],
        widget=forms.RadioSelect,
    )
    seen = forms.CharField(
        label="What was seen",
        max_length=600,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text="What was done, who was alerted after how long, and what happened then.",
    )
    next_step = forms.CharField(
        label="What is done next",
        max_length=300,
        required=False,
        help_text="Needed where it did not hold.",
    )

    def clean(self) -> dict[str, Any]:
        """Return the answer as yes or no."""
        values = super().clean() or self.cleaned_data
        if "held" in values:
            values["held"] = values["held"] == "yes"
        return values
