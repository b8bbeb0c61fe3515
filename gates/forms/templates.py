"""Shape of what people send about what a gate asks."""

from __future__ import annotations

from typing import Any

from django import forms

from common.forms import EditForm, NumberField, WholeField

from ..rules.criteria import SIGNS, Asked, Check, Side
from ..rules.templates import LONGEST_DAYS

WHY = forms.CharField(
    label="Why the gates ask otherwise",
    max_length=300,
    widget=forms.Textarea(attrs={"rows": 2}),
    help_text="It stands in the list of versions, with your name.",
)


class RetireForm(EditForm):
    """Why something is asked no more; version is the number of the template as it was seen."""

    next_step = "Read what the gate asks by now; then save again."
    reason = WHY


class CriterionForm(RetireForm):
    """One thing that a company's gates ask."""

    text = forms.CharField(
        label="What is asked", max_length=200, help_text="A sentence that is true once it is met."
    )
    why = forms.CharField(
        label="What a reader should know",
        max_length=400,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
    )
    check = forms.ChoiceField(
        label="What answers it",
        choices=[("evidence", "A file, a link or a note"), ("number", "A number within a limit")],
        widget=forms.RadioSelect,
        initial="evidence",
    )
    side = forms.ChoiceField(
        label="The number must be",
        required=False,
        choices=[("", "Not a number"), *((side.value, SIGNS[side]) for side in Side)],
    )
    limit = NumberField(label="Limit", required=False, max_digits=20, decimal_places=9)
    unit = forms.CharField(label="Unit", max_length=20, required=False)
    valid_days = WholeField(
        label="Evidence counts for, days",
        required=False,
        min_value=1,
        max_value=LONGEST_DAYS,
        help_text="From the day it tells of. Empty: without an end.",
    )
    mandatory = forms.BooleanField(
        label="A gate passes only with it",
        required=False,
        initial=True,
        help_text="Otherwise it is shown and holds up nothing.",
    )
    field_order = (
        *("text", "why", "check", "side", "limit", "unit", "valid_days", "mandatory"),
        *("reason", "version"),
    )

    def clean(self) -> dict[str, Any]:
        """Ask for a limit where a number is asked for, and for none where it is not."""
        given = super().clean() or self.cleaned_data
        number = given.get("check") == Check.NUMBER
        if number and not given.get("side"):
            self.add_error("side", "Say on which side of its limit the number must lie.")
        if number and given.get("limit") is None and "limit" not in self.errors:
            self.add_error("limit", "Give the limit.")
        if not number and (given.get("side") or given.get("limit") is not None):
            self.add_error("check", "Choose “A number within a limit”, or leave the limit out.")
        return given

    def asked(self, values: dict[str, Any]) -> Asked:
        """Return the criterion that the form's values describe; its code is chosen elsewhere."""
        number = values["check"] == Check.NUMBER
        return Asked(
            code="",
            text=values["text"].strip(),
            why=values["why"].strip(),
            check=Check(values["check"]),
            side=Side(values["side"]) if number else None,
            limit=float(values["limit"]) if number else None,
            unit=values["unit"].strip() if number else "",
            mandatory=values["mandatory"],
            valid_days=values["valid_days"],
        )


def criterion_values(asked: Asked) -> dict[str, Any]:
    """Return a criterion as its form starts."""
    return {
        "text": asked.text,
        "why": asked.why,
        "check": asked.check.value,
        "side": asked.side.value if asked.side else "",
        "limit": asked.limit,
        "unit": asked.unit,
        "valid_days": asked.valid_days,
        "mandatory": asked.mandatory,
    }
