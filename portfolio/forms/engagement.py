"""Shape of what people send about functions in a pilot, and about what they require."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.validators import URLValidator

from common.forms import DayField, EditForm, NewForm, RowField, RuledForm, TableField, WholeField
from tenants.models import Membership

from ..models import Area, Engagement, Requirement
from ..rules import WEEKS
from ..rules.engagement import MAX_LEAD_WEEKS, PLANNED_BY_WEEK


class EngagementForm(EditForm):
    """How a function takes part in a pilot; version 0 while nobody said anything of it."""

    version = WholeField(widget=forms.HiddenInput, min_value=0)
    member = RowField(
        label="Who stands for it",
        none="nobody yet",
        required=False,
        help_text="A member, who finds it in the inbox.",
    )
    due_week = WholeField(
        label="Takes part by the end of week",
        min_value=1,
        max_value=WEEKS,
        help_text="Of the twelve. Functions take part while the pilot is planned: by week 2.",
    )
    lead_weeks = WholeField(
        label="Weeks its review takes",
        required=False,
        min_value=0,
        max_value=MAX_LEAD_WEEKS,
        help_text="So many weeks before go-live it has to start. Empty while nobody knows.",
    )
    engaged_on = DayField(
        label="Takes part since", required=False, help_text="Empty while it does not."
    )
    outcome = forms.ChoiceField(
        label="What it said",
        required=False,
        choices=[("", "nothing yet"), *Engagement.Outcome.choices],
    )
    note = forms.CharField(
        label="In words",
        max_length=600,
        required=False,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text="Its conditions, what it objects to, or why this pilot does not need it.",
    )
    field_order = (
        "version",
        "member",
        "due_week",
        "lead_weeks",
        "engaged_on",
        "outcome",
        "note",
    )

    def __init__(self, *args: Any, members: list[Membership], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["member"]
        field.offer(members, key="pk", label=lambda one: one.person.name)


def engagement_values(found: Engagement | None, *, usual_lead: int | None) -> dict[str, Any]:
    """Return what was said of a function as the initial values of its form.

    usual_lead: weeks its review took elsewhere, proposed where nothing was said yet.
    """
    if found is None:
        return {"version": 0, "due_week": PLANNED_BY_WEEK, "lead_weeks": usual_lead}
    names = ("version", "due_week", "lead_weeks", "engaged_on", "outcome", "note")
    values = {name: getattr(found, name) for name in names}
    return values | {"member": str(found.member_id) if found.member_id else ""}


class RequirementFields(RuledForm):
    """Something a function asks of a pilot."""

    area = forms.ChoiceField(label="Function", choices=[("", "Choose"), *Area.choices])
    text = forms.CharField(
        label="Requirement",
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text="What has to be so, in a sentence that somebody else can check.",
    )
    found_on = DayField(
        label="Found on", help_text="The phase it was found in is read from this day."
    )
    blocking = forms.BooleanField(
        label="Blocking",
        required=False,
        help_text="The pilot must not go live while it is open.",
    )
    state = forms.ChoiceField(choices=Requirement.State.choices, initial=Requirement.State.OPEN)
    evidence = forms.CharField(
        max_length=600,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="What shows that it is met, or why it was accepted or dropped.",
    )
    url = forms.URLField(
        label="Link",
        max_length=500,
        required=False,
        assume_scheme="https",
        validators=[URLValidator(schemes=["http", "https"])],
        error_messages={"invalid": "This is no address: https://docs.plant.example/review"},
        widget=forms.TextInput(attrs={"inputmode": "url"}),
    )


class NewRequirementForm(NewForm, RequirementFields):
    """A requirement to write down."""

    field_order = ("key", "area", "text", "found_on", "blocking", "state", "evidence", "url")


class RequirementForm(EditForm, RequirementFields):
    """A requirement to change."""

    field_order = ("version", "area", "text", "found_on", "blocking", "state", "evidence", "url")


def requirement_values(found: Requirement) -> dict[str, Any]:
    """Return a requirement as the initial values of its form."""
    names = ("version", "area", "text", "found_on", "blocking", "state", "evidence", "url")
    return {name: getattr(found, name) for name in names}


class RequirementFileForm(RuledForm):
    """A spreadsheet of requirements."""

    file = TableField()
    found_on = DayField(
        label="Found on, where a row names no day",
        help_text="Rows with a day of their own keep it.",
    )
