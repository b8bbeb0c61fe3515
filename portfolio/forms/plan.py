"""Shape of what people send about a pilot's change plan."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django import forms

from common.forms import DayField, EditForm, NewForm, RowField, RuledForm, WholeField
from tenants.models import Person

from ..models import PlanItem
from ..rules.plan import MOST_PEOPLE, NEEDS, USES, Kind

# What a field is called where a kind uses it, and how it is explained.
TITLES: dict[Kind, tuple[str, str]] = {
    Kind.PROMISE: (
        "The promise, in one sentence",
        "“No figure of this pilot is used to judge or rank a person.” Everybody here can read it.",
    ),
    Kind.ROLE: ("Role or team", "“Planners of the late shift”, not a name."),
    Kind.TRAINING: ("What is trained", "“Reading the list of late orders, 2 hours”."),
    Kind.CONCERN: ("What worries people", "In their words: “It will replace us.”"),
    Kind.MESSAGE: ("What is said", "The message and where it is said: shift talk, notice board."),
    Kind.PROCESS: (
        "Process or work instruction",
        "With its number: “QP-7, release of late orders”.",
    ),
    Kind.FOUNDATION: (
        "Source, and what is done with it",
        "“ERP order lines: one meaning of lead time”.",
    ),
}
LABELS: dict[tuple[Kind, str], str] = {
    (Kind.PROMISE, "text"): "In full",
    (Kind.ROLE, "people_needed"): "How many people",
    (Kind.ROLE, "text"): "What changes for them",
    (Kind.TRAINING, "who"): "Who needs it",
    (Kind.CONCERN, "who"): "Which role raised it",
    (Kind.CONCERN, "due_on"): "To be answered by",
    (Kind.CONCERN, "text"): "What was answered",
    (Kind.CONCERN, "done_on"): "Answered on",
    (Kind.MESSAGE, "who"): "To whom",
    (Kind.MESSAGE, "due_on"): "To be said by",
    (Kind.MESSAGE, "done_on"): "Said on",
    (Kind.PROCESS, "who"): "Who works by it",
    (Kind.PROCESS, "done_on"): "In force since",
    (Kind.FOUNDATION, "due_on"): "Ends on",
    (Kind.FOUNDATION, "text"): "In words",
    (Kind.FOUNDATION, "done_on"): "Finished on",
}
NAMES = (
    "title",
    "before",
    "after",
    "who",
    "people_needed",
    "people_done",
    "starts_on",
    "due_on",
    "owner",
    "text",
    "done_on",
)


class PlanFields(RuledForm):
    """One thing of a change plan, with the fields of its kind."""

    title = forms.CharField(max_length=300)
    before = forms.CharField(
        label="Before", max_length=1000, required=False, widget=forms.Textarea(attrs={"rows": 3})
    )
    after = forms.CharField(
        label="After", max_length=1000, required=False, widget=forms.Textarea(attrs={"rows": 3})
    )
    who = forms.CharField(max_length=200, required=False)
    people_needed = WholeField(
        label="How many people need training", required=False, min_value=0, max_value=MOST_PEOPLE
    )
    people_done = WholeField(
        label="How many are trained", required=False, min_value=0, max_value=MOST_PEOPLE
    )
    starts_on = DayField(label="Starts on", required=False)
    due_on = DayField(label="By", required=False)
    owner = RowField(label="Who sees to it", none="nobody yet", required=False)
    text = forms.CharField(
        max_length=1000, required=False, widget=forms.Textarea(attrs={"rows": 4})
    )
    done_on = DayField(required=False)

    def __init__(self, *args: Any, kind: Kind, people: Iterable[Person], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in set(NAMES) - {"title", *USES[kind]}:
            del self.fields[name]
        self.fields["title"].label, self.fields["title"].help_text = TITLES[kind]
        for name in USES[kind]:
            field = self.fields[name]
            field.label = LABELS.get((kind, name), field.label)
            field.required = name in NEEDS[kind]
        if kind is Kind.CONCERN:
            self.fields["who"].help_text = "The role, not the name of who said it."
        owner = self.fields.get("owner")
        if isinstance(owner, RowField):
            owner.offer(people, key="pk", label=_label)


def _label(person: Person) -> str:
    return person.name if person.archived_at is None else f"{person.name} (archived)"


class NewPlanItemForm(NewForm, PlanFields):
    """Something to add to a change plan."""

    field_order = ("key", *NAMES)


class PlanItemForm(EditForm, PlanFields):
    """Something of a change plan to change."""

    field_order = ("version", *NAMES)


def plan_values(item: PlanItem) -> dict[str, Any]:
    """Return an item as the initial values of its form."""
    used = [name for name in USES[Kind(item.kind)] if name != "owner"]
    values = {name: getattr(item, name) for name in ("version", "title", *used)}
    return values | {"owner": str(item.owner_id) if item.owner_id else ""}
