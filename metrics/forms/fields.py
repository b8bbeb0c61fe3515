"""Shape of what people send about fields, what sites mean by them, and which pilots need them."""

from __future__ import annotations

from typing import Any

from django import forms

from common.forms import EditForm, NewForm, NumberField, RowField, RuledForm, typed
from portfolio.models import Site
from tenants.models import Membership

from ..models import FieldDefinition, FieldNeed, FieldSettlement, FieldVariant, Source

LINES = {"rows": 3}


class FieldFields(RuledForm):
    """A field and what it is agreed to mean."""

    name = forms.CharField(max_length=120, help_text="As people say it: lead time.")
    meaning = forms.CharField(
        label="Agreed meaning",
        max_length=500,
        widget=forms.Textarea(attrs=LINES),
        help_text="In one sentence, with where it begins and ends: calendar days from the order to"
        " the goods receipt.",
    )
    unit = forms.CharField(
        required=False,
        max_length=40,
        widget=forms.TextInput(attrs={"class": "short"}),
        help_text="Such as days. Empty for a field without a unit.",
    )
    owner = RowField(
        label="Who owns it",
        help_text="One member, who answers for its meaning and settles conflicts.",
    )

    def __init__(self, *args: Any, members: list[Membership], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        owner = self.fields["owner"]
        assert isinstance(owner, RowField)
        owner.offer(members, key="pk", label=lambda one: one.person.name)


class NewFieldForm(NewForm, FieldFields):
    """A field to add."""


class FieldForm(EditForm, FieldFields):
    """A field to change."""


def field_values(row: FieldDefinition) -> dict[str, Any]:
    """Return a field as the initial values of its form."""
    names = ("version", "name", "meaning", "unit")
    return {name: getattr(row, name) for name in names} | {"owner": str(row.owner_id)}


class Conversion(RuledForm):
    """How a value is converted into the agreed meaning."""

    factor = NumberField(
        label="Times",
        required=False,
        max_digits=20,
        decimal_places=9,
        help_text="For what is converted: 1.4 makes calendar days of working days.",
    )
    plus = NumberField(
        label="Plus",
        required=False,
        max_digits=20,
        decimal_places=9,
        help_text="Added after that, 0 for nothing.",
    )


class VariantFields(Conversion):
    """What a site or a source means by a field."""

    site = RowField(none="At every site", required=False)
    source = RowField(none="In every source", required=False)
    meaning = forms.CharField(
        label="What it means there",
        max_length=500,
        widget=forms.Textarea(attrs=LINES),
        help_text="In one sentence: working days from the order's release.",
    )
    stand = forms.ChoiceField(
        label="Compared with what was agreed",
        choices=FieldVariant.Stand.choices,
        widget=forms.RadioSelect,
    )
    cannot = forms.CharField(
        label="Why it cannot be converted",
        required=False,
        max_length=500,
        widget=forms.Textarea(attrs=LINES),
        help_text="Only where it cannot. It is then a conflict until it is settled.",
    )
    said_by = forms.CharField(
        label="Who said so", max_length=200, help_text="Name and role of somebody there."
    )
    field_order = ("site", "source", "meaning", "stand", "factor", "plus", "cannot", "said_by")

    def __init__(self, *args: Any, sites: list[Site], sources: list[Source], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, rows in (("site", sites), ("source", sources)):
            field = self.fields[name]
            assert isinstance(field, RowField)
            field.offer(rows, key="code")


class NewVariantForm(NewForm, VariantFields):
    """What is meant somewhere, to write down."""


class VariantForm(EditForm, VariantFields):
    """What is meant somewhere, to change."""


def variant_values(row: FieldVariant) -> dict[str, Any]:
    """Return what is meant somewhere as the initial values of its form."""
    names = ("version", "meaning", "stand", "cannot", "said_by")
    return {name: getattr(row, name) for name in names} | {
        "site": row.site.code if row.site else "",
        "source": row.source.code if row.source else "",
        "factor": "" if row.factor is None else typed(row.factor),
        "plus": "" if row.plus is None else typed(row.plus),
    }


class SettleForm(EditForm, Conversion):
    """How a conflict is settled."""

    outcome = forms.ChoiceField(
        label="How it is settled",
        choices=FieldSettlement.Outcome.choices,
        widget=forms.RadioSelect,
    )
    reason = forms.CharField(
        label="Why",
        max_length=500,
        widget=forms.Textarea(attrs=LINES),
        help_text="It is kept with your name and the day, and shown to who decides the gate.",
    )
    field_order = ("outcome", "factor", "plus", "reason")
    next_step = "Look at what it means there by now; send again to settle that."


class NeedFields(RuledForm):
    """What a pilot needs a field for."""

    used_for = forms.CharField(
        label="What the decision needs it for",
        max_length=300,
        help_text="Such as when an order counts as late.",
    )


class NewNeedForm(NewForm, NeedFields):
    """A field to put on a pilot's list."""

    field = RowField(label="Field")
    field_order = ("field", "used_for")

    def __init__(self, *args: Any, offered: list[FieldDefinition], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["field"]
        assert isinstance(field, RowField)
        field.offer(offered, key="pk", label=lambda row: row.name)


class NeedForm(EditForm, NeedFields):
    """A field of a pilot's list to change."""


def need_values(row: FieldNeed) -> dict[str, Any]:
    """Return a field of a pilot's list as the initial values of its form."""
    return {"version": row.version, "used_for": row.used_for}
