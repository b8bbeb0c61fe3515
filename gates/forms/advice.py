"""Shape of what people send about the advisers of a gate and their advice."""

from __future__ import annotations

from typing import Any

from django import forms

from common.forms import NewForm, RowField
from tenants.models import Membership

from ..rules.advice import Stance
from .gates import StepForm


class AdviserForm(NewForm):
    """Who advises on a gate."""

    adviser = RowField(
        label="Who advises",
        help_text="Anybody of the company who neither decides this gate nor leads or led the pilot.",
    )

    def __init__(self, *args: Any, members: list[Membership], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["adviser"]
        assert isinstance(field, RowField)
        field.offer(members, key="pk", label=lambda one: one.person.name)


class AdviceForm(StepForm):
    """What an adviser says of a gate; version is the number of the step as it was seen."""

    next_step = "Read how the gate stands by now."

    stance = forms.ChoiceField(
        label="You advise",
        choices=[
            (Stance.FOR.value, "For passing it"),
            (Stance.AGAINST.value, "Against passing it"),
            (Stance.REMARK.value, "Neither: a remark"),
        ],
        widget=forms.RadioSelect,
    )
    reason = forms.CharField(
        label="Why",
        max_length=600,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text="Your newest word stands until the gate is decided; what you said before stays in its"
        " history.",
    )

    def clean_stance(self) -> Stance:
        return Stance(self.cleaned_data["stance"])
