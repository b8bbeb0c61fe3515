"""Shape of what people send about candidates for a pilot."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from django import forms

from common.forms import EditForm, NewForm, NumberField, RowField, RuledForm, typed

from ..models import Area, Candidate, Site
from ..models.candidates import MOST
from ..rules.candidates import FIGURES, Gate, Outlook

GATES = (
    (Gate.DATA, "Data"),
    (Gate.ACCURACY, "Accuracy"),
    (Gate.FAILURE, "Failure handling"),
    (Gate.INTEGRATION, "Integration"),
    (Gate.COST, "Cost"),
    (Gate.OWNERSHIP, "Ownership"),
)
OUTLOOKS = (
    (Outlook.OPEN, "Nobody looked yet"),
    (Outlook.CLEAR, "Looks clear"),
    (Outlook.WORK, "Takes work"),
    (Outlook.STOPS, "Stops it as things are"),
)


def _amount(name: str, label: str, help_text: str, *, places: int = 2) -> NumberField:
    return NumberField(
        label=label,
        help_text=help_text,
        required=False,
        min_value=Decimal(0),
        max_value=MOST[name],
        max_digits=22,
        decimal_places=places,
    )


class CandidateFields(RuledForm):
    """What a candidate would take and bring."""

    name = forms.CharField(
        max_length=200, help_text="The workflow, as people call it: “Late supplier orders”."
    )
    site = RowField(label="Site")
    use_case = forms.CharField(
        label="What it would do",
        max_length=2_000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    items_per_year = _amount(
        "items_per_year",
        "Items a year, at full volume",
        "Orders, invoices, parts: 40000 a working day on 250 days are 10000000.",
    )
    benefit = _amount(
        "benefit", "What it brings a year", "At full volume, before what the AI itself costs."
    )
    proof = _amount("proof", "Proof of concept", "Money and people's time until it works once.")
    production = _amount(
        "production",
        "From there to production",
        "Hardening, integration and the first 90 days of monitoring; as a rule two to four times"
        " the proof.",
    )
    item_cost = _amount(
        "item_cost", "Cost of the AI for one item", "All calls and retries.", places=8
    )
    overhead = _amount(
        "overhead",
        "Overhead a year",
        "Whatever the volume: licences, monitoring, retraining, the operator's hours.",
    )
    consulted = forms.MultipleChoiceField(
        label="Functions that were asked",
        choices=Area.choices,
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    advice = forms.CharField(
        label="What they said",
        max_length=2_000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
    )

    def __init__(self, *args: Any, sites: Iterable[Site], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["site"]
        field.offer(sites, key="code", label=lambda one: one.name)
        for gate, words in GATES:
            self.fields[f"gate_{gate.value}"] = forms.ChoiceField(
                label=f"Gate {words}",
                choices=[(one.value, said) for one, said in OUTLOOKS],
                initial=Outlook.OPEN.value,
            )
        last = ("consulted", "advice")
        self.order_fields([*(name for name in self.fields if name not in last), *last])

    def clean(self) -> dict[str, Any]:
        """Return the answers as the action takes them: figures by name, gates in their order."""
        answers = super().clean() or self.cleaned_data
        values = {name: value for name, value in answers.items() if name not in FIGURES}
        looks = [values.pop(f"gate_{gate.value}", Outlook.OPEN.value) for gate in Gate]
        figures = {name: answers.get(name) for name in FIGURES}
        return {**values, "figures": figures, "outlook": [Outlook(one) for one in looks]}


class NewCandidateForm(NewForm, CandidateFields):
    """A candidate to add."""


class CandidateForm(EditForm, CandidateFields):
    """A candidate to change."""


def candidate_values(row: Candidate) -> dict[str, Any]:
    """Return a candidate as the initial values of its form."""
    names = ("version", "name", "use_case", "consulted", "advice")
    amounts = {name: getattr(row, name) for name in FIGURES}
    return {
        **{name: getattr(row, name) for name in names},
        "site": row.site.code,
        **{name: None if one is None else typed(one) for name, one in amounts.items()},
        **{f"gate_{gate.value}": one for gate, one in zip(Gate, row.outlook, strict=True)},
    }
