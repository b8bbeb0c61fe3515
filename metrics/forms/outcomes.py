"""Shape of a decision about a pilot."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from django import forms

from common import formats
from common.forms import EditForm

from ..models import PilotOutcome


class OutcomeForm(EditForm):
    """Graduate, extend or stop, with a reason."""

    word = forms.ChoiceField(
        label="What becomes of it",
        choices=PilotOutcome.Word.choices,
        widget=forms.RadioSelect,
        help_text="Graduate: it goes on as part of the plant. Extend: it goes on as a pilot and is"
        " read out anew. Stop: it ends, and what was learned stays here. Stopping is as good a"
        " result as any.",
    )
    until_week = forms.TypedChoiceField(
        label="Read out anew after",
        required=False,
        coerce=int,
        empty_value=None,
        help_text="Only of an extension: its new week 12.",
    )
    reason = forms.CharField(
        label="Why",
        max_length=600,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text="What decided it, in words that somebody understands in a year.",
    )

    seen = forms.CharField(widget=forms.HiddenInput, required=False)

    def __init__(self, *args: Any, looks: Mapping[int, date], **kwargs: Any) -> None:
        """Offer the later weeks there are, each with its last measured day."""
        super().__init__(*args, **kwargs)
        weeks = [
            (week, f"week {week}, measured until {formats.day(day)}") for week, day in looks.items()
        ]
        field = self.fields["until_week"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [("", "—"), *weeks]

    def clean(self) -> dict[str, Any]:
        """Refuse a week that belongs to no extension, so that nobody means what is not kept."""
        given = super().clean() or self.cleaned_data
        if given.get("until_week") and given.get("word") in {"graduate", "stop"}:
            self.add_error("until_week", "Only an extension is read out anew.")
        return given
