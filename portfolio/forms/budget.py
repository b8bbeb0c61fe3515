"""Shape of what people send about a pilot's budget."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django import forms

from common.forms import EditForm, NewForm, NumberField, RuledForm, typed

from ..models import BudgetLine
from ..models.budget import MOST
from ..rules.budget import PhaseClass

PHASES = [
    (PhaseClass.CONCEPT.value, "Proof of concept"),
    (PhaseClass.HARDENING.value, "Hardening"),
    (PhaseClass.INTEGRATION.value, "Integration"),
    (PhaseClass.MONITORING.value, "Monitoring"),
    (PhaseClass.RUN.value, "Run"),
]
NAMES = ("phase_class", "title", *MOST)


def _amount(name: str, label: str, help_text: str = "", *, places: int = 2) -> NumberField:
    return NumberField(
        label=label,
        help_text=help_text,
        required=False,
        min_value=Decimal(0),
        max_value=MOST[name],
        max_digits=20,
        decimal_places=places,
    )


class LineFields(RuledForm):
    """One line of a pilot's budget; an amount left empty is none."""

    phase_class = forms.ChoiceField(
        label="What it is for",
        choices=[("", "Choose"), *PHASES],
        help_text="Monitoring: the first 90 days in production. Run: every year after.",
    )
    title = forms.CharField(
        label="In words", max_length=200, help_text="“Interface to the ERP”, “Licences of year 1”."
    )
    planned_money = _amount(
        "planned_money",
        "Planned money",
        "Another amount is to be confirmed anew by who pays.",
    )
    actual_money = _amount("actual_money", "Money spent so far")
    planned_hours = _amount("planned_hours", "Planned hours", places=1)
    actual_hours = _amount("actual_hours", "Hours worked so far", places=1)

    def __init__(self, *args: Any, currency: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("planned_money", "actual_money"):
            self.fields[name].label = f"{self.fields[name].label}, in {currency}"

    def clean(self) -> dict[str, Any]:
        """Return the answers; an amount that was left empty is 0."""
        given = super().clean() or self.cleaned_data
        return given | {name: given[name] or Decimal(0) for name in MOST if name in given}

    def pairs(self) -> list[list[forms.BoundField]]:
        """Return the visible fields as they stand beside each other."""
        return [
            [self[first], self[second]]
            for first, second in zip(NAMES[::2], NAMES[1::2], strict=True)
        ]


class NewLineForm(NewForm, LineFields):
    """A line to add."""


class LineForm(EditForm, LineFields):
    """A line to change."""


def line_values(line: BudgetLine) -> dict[str, Any]:
    """Return a line as the initial values of its form."""
    amounts = {name: typed(getattr(line, name)) for name in MOST}
    return {
        "version": line.version,
        "phase_class": line.phase_class,
        "title": line.title,
        **amounts,
    }
