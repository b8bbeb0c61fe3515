"""Shape of what people send about values and what they stand for."""

from __future__ import annotations

from typing import Any

from django import forms

from common.forms import (
    EditForm,
    NewForm,
    NumberField,
    RowField,
    RuledForm,
    TableField,
    typed,
)
from portfolio.models import Site

from ..models import FieldDefinition, MappedValue, Source
from ..rules.values import LONGEST, What


class ValueFields(RuledForm):
    """A value of a source, and what it stands for."""

    source = RowField(none="Choose")
    what = forms.ChoiceField(label="What it is")
    value = forms.CharField(
        label="As the source sends it", max_length=LONGEST, help_text="Exactly so: PL01, or HUR."
    )
    site = RowField(
        label="The site it stands for",
        none="None",
        required=False,
        help_text="For the code of a location: figures sent with it count for this site.",
    )
    agreed = forms.CharField(
        label="The agreed value it stands for",
        required=False,
        max_length=LONGEST,
        help_text="For a unit, one of a metric, such as hours; for a value of a field, a word,"
        " such as the one name of a vendor.",
    )
    factor = NumberField(
        label="Times",
        required=False,
        max_digits=20,
        decimal_places=9,
        help_text="For a unit: 60 makes minutes of hours. Empty where it is only called otherwise.",
    )

    def __init__(
        self,
        *args: Any,
        sources: list[Source],
        fields: list[FieldDefinition],
        sites: list[Site],
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        for name, rows in (("source", sources), ("site", sites)):
            field = self.fields[name]
            assert isinstance(field, RowField)
            field.offer(rows, key="code")
        self.named = {str(one.pk): one for one in fields}
        what = self.fields["what"]
        assert isinstance(what, forms.ChoiceField)
        what.choices = [
            (What.LOCATION.value, "The code of a location"),
            (What.UNIT.value, "The unit of a figure"),
            *((key, one.name) for key, one in self.named.items()),
        ]

    def clean(self) -> dict[str, Any]:
        """Tell a field apart from what is none."""
        values = super().clean() or self.cleaned_data
        if chosen := values.get("what"):
            values["field"] = self.named.get(chosen)
            values["what"] = What.FIELD if values["field"] else What(chosen)
        return values


class NewValueForm(NewForm, ValueFields):
    """A value to map."""


class ValueForm(EditForm, ValueFields):
    """A mapped value to change."""


class ValueFileForm(NewForm):
    """A table of values to map."""

    file = TableField()


def value_values(row: MappedValue) -> dict[str, Any]:
    """Return a mapped value as the initial values of its form."""
    return {
        "version": row.version,
        "source": row.source.code,
        "what": str(row.field_id or row.what),
        "value": row.value,
        "site": row.site.code if row.site else "",
        "agreed": row.agreed,
        "factor": "" if row.factor is None else typed(row.factor),
    }
