"""Forms of the import page."""

from __future__ import annotations

from typing import Any

from django import forms

from common.forms import PlainForm, TableField

from ..actions.imports import Choices
from ..rules.cells import FIELDS, Order

NOT_IN_FILE = ("", "not in this file")
# Without these columns no row can be read, whatever else is said of the file.
ALWAYS = {"event_at"}


class UploadForm(PlainForm):
    """One file."""

    file = TableField()


class ColumnsForm(PlainForm):
    """Which column is what, and what the file does not say."""

    default_metric = forms.ChoiceField(
        label="Metric of rows that name none",
        required=False,
        help_text="For a file about one metric.",
    )
    default_source = forms.ChoiceField(
        label="Source of rows that name none",
        required=False,
        help_text="The system the figures come from.",
    )
    order = forms.ChoiceField(
        label="Dates like 03/04/2026",
        required=False,
        choices=[
            (Order.ASK, "read what the column itself proves"),
            (Order.DAY_FIRST, "day first: 3 April"),
            (Order.MONTH_FIRST, "month first: 4 March"),
        ],
    )
    decimal = forms.ChoiceField(
        label="Decimal mark of numbers like 1.234 or 1,234",
        required=False,
        choices=[
            ("", "read what the other numbers of the file prove"),
            ("point", "point: 1.234 is one and a fraction, 1,234 a thousand and more"),
            ("comma", "comma: 1,234 is one and a fraction, 1.234 a thousand and more"),
        ],
    )

    def __init__(
        self,
        *args: Any,
        header: list[str],
        metrics: list[tuple[str, str]],
        sources: list[tuple[str, str]],
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        columns = [(str(place), name or f"column {place + 1}") for place, name in enumerate(header)]
        defaults = self.fields
        self.fields = {
            f"col_{name}": forms.ChoiceField(
                label=label, required=name in ALWAYS, choices=[NOT_IN_FILE, *columns]
            )
            for name, label in FIELDS.items()
        } | defaults
        for name, choices in (("default_metric", metrics), ("default_source", sources)):
            field: Any = self.fields[name]
            field.choices = [("", "none"), *choices]

    def choices(self) -> Choices:
        """Return what was chosen."""
        sent = self.cleaned_data
        return Choices(
            columns={name: int(sent[f"col_{name}"]) for name in FIELDS if sent[f"col_{name}"]},
            metric=sent["default_metric"],
            source=sent["default_source"],
            order=sent["order"],
            decimal=sent["decimal"],
        )

    @staticmethod
    def initial_of(choices: Choices) -> dict[str, str]:
        """Return what was chosen before, as the form's start."""
        return {f"col_{name}": str(place) for name, place in choices.columns.items()} | {
            "default_metric": choices.metric,
            "default_source": choices.source,
            "order": choices.order,
            "decimal": choices.decimal,
        }
