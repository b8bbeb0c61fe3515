"""Shape of what people send about a pilot's cost at full volume."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django import forms

from common.forms import EditForm, NumberField, WholeField, typed

from ..models.costs import LABELLED, MOST
from ..queries.costs import Priced
from ..rules.unit_cost import Basis, Counted

BASES = [
    ("", "Choose"),
    (Basis.MEASURED.value, "Measured"),
    (Basis.ESTIMATED.value, "Estimated"),
    (Basis.ASSUMED.value, "Assumed"),
]


def amount(name: str, label: str, help_text: str, *, places: int = 2) -> NumberField:
    """Return the field of a number that is not below zero. name: of the model's field."""
    return NumberField(
        label=label,
        help_text=help_text,
        min_value=Decimal(0),
        max_value=MOST[name],
        max_digits=20,
        decimal_places=places,
    )


def basis(label: str) -> forms.ChoiceField:
    """Return the field that says how well a figure is known."""
    return forms.ChoiceField(label=label, choices=BASES)


class CostForm(EditForm):
    """What a pilot costs at full volume; version is the number of the one that was seen, 0 for none."""

    next_step = "Your answers are kept below; save again to write them as the version after it."

    version = WholeField(widget=forms.HiddenInput, min_value=0)
    items_per_day = amount(
        "items_per_day",
        "Items a working day, at full volume",
        "Orders, invoices, parts: what the AI is asked about. Not the volume of the pilot.",
    )
    counted = forms.ChoiceField(
        label="Counted",
        choices=[
            ("", "Choose"),
            (Counted.TOGETHER.value, "All sites together"),
            (Counted.EACH.value, "At each site"),
        ],
        help_text="The same number at each of three sites is three times the volume.",
    )
    sites = WholeField(label="Sites", min_value=1, max_value=1000)
    days_per_year = WholeField(label="Working days a year", min_value=1, max_value=366)
    calls_per_item = amount(
        "calls_per_item",
        "Calls an item",
        "With retries and second opinions: 1.4 where four of ten items are asked twice.",
        places=4,
    )
    cost_per_call = amount(
        "cost_per_call",
        "Cost of one call",
        "What one answer of the AI costs, all that is metered.",
        places=8,
    )
    cost_per_call_basis = basis("How well the cost of a call is known")
    overhead = amount(
        "overhead",
        "Overhead a year",
        "What it costs whatever the volume: licences, monitoring, retraining, the operator's hours.",
    )
    overhead_basis = basis("How well the overhead is known")
    labour_minutes = amount(
        "labour_minutes",
        "Labour replaced an item, in minutes",
        "Minutes of work that an item no longer needs. What people go on checking is not replaced.",
        places=4,
    )
    labour_minutes_basis = basis("How well the minutes are known")
    hourly_rate = amount(
        "hourly_rate", "Cost of an hour of that labour", "With all that is paid on top of wages."
    )
    hourly_rate_basis = basis("How well the hour is known")
    errors_before = amount(
        "errors_before",
        "Errors of today cost, per 1,000 items",
        "Of people as they work now; 0 where none are known.",
    )
    errors_before_basis = basis("How well that is known")
    errors_after = amount(
        "errors_after",
        "Errors of the AI cost, per 1,000 items",
        "Those that nobody catches before they cost something.",
    )
    errors_after_basis = basis("How well the cost of its errors is known")
    note = forms.CharField(
        label="What changed",
        max_length=400,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
    )

    def __init__(self, *args: Any, currency: str, earlier: Priced | None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("cost_per_call", "overhead", "hourly_rate", "errors_before", "errors_after"):
            self.fields[name].label = f"{self.fields[name].label}, in {currency}"
        if earlier is None:
            del self.fields["note"]
        else:
            self.fields["note"].help_text = (
                f"Why version {earlier.number} is not right any more. It stays to be seen, and Finance"
                " signs the new one."
            )

    def clean(self) -> dict[str, Any]:
        """Return the answers, without a note where none is asked."""
        given = super().clean() or self.cleaned_data
        given.setdefault("note", "")
        return given

    def pairs(self) -> list[list[forms.BoundField]]:
        """Return the visible fields as they stand beside each other, a figure with its basis."""
        counts = [["items_per_day", "counted"], ["sites", "days_per_year"], ["calls_per_item"]]
        return [
            [self[name] for name in names]
            for names in [*counts, *([name, f"{name}_basis"] for name in LABELLED)]
        ]


class SignCostForm(EditForm):
    """Finance signs a version; a reason where it does not pay at three times the unit cost."""

    next_step = "Read the version that is there by now; then decide again."

    version = WholeField(widget=forms.HiddenInput, min_value=0)
    reason = forms.CharField(
        label="Why it may go on although it does not pay at three times the unit cost",
        max_length=600,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text="Your name and this reason stand on the page and in the gate.",
    )

    def __init__(self, *args: Any, current: Priced, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if current.worst.pays:
            del self.fields["reason"]


def cost_values(current: Priced | None) -> dict[str, Any]:
    """Return a version as the initial values of its form; without one the version is 0."""
    if current is None:
        return {"version": 0}
    values = {
        name: typed(value) if isinstance(value, Decimal) else value
        for name, value in current.values.items()
    }
    return {"version": current.number, **values}
