"""Shape of what people send about values and what they stand for."""

from __future__ import annotations

from typing import Any

from django import forms

from common.forms import EditForm, NewForm, RowField, RuledForm, TableField
from portfolio.models import Site

from ..models import FieldDefinition, MappedValue, Source
from ..rules.values import LONGEST


class ValueFields(RuledForm):
    """A value of a source, and what it stands for."""

    source = RowField(none="Choose")
    field = RowField(
        label="What it is",
        none="The code of a location",
        required=False,
        help_text="A field of the list of fields, or the code by which the source calls a site.",
    )
    value = forms.CharField(
        label="As the source sends it", max_length=LONGEST, help_text="Exactly so: PL01."
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
        help_text="For a value of a field, such as the one name of a vendor.",
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
        for name, rows, key in (
            ("source", sources, "code"),
            ("field", fields, "pk"),
            ("site", sites, "code"),
        ):
            field = self.fields[name]
            assert isinstance(field, RowField)
            field.offer(rows, key=key)


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
        "field": str(row.field_id or ""),
        "value": row.value,
        "site": row.site.code if row.site else "",
        "agreed": row.agreed,
    }
