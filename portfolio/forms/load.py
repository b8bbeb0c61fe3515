"""Shape of what people send about other programmes, and about a pilot that stacks on them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django import forms

from common.forms import DayField, EditForm, NewForm, RowField, RuledForm

from ..models import Programme, Site
from ..rules.load import Kind, Word

KINDS = (
    (Kind.ERP, "ERP"),
    (Kind.WMS, "WMS"),
    (Kind.MES, "MES"),
    (Kind.LEAN, "Lean"),
    (Kind.BI, "BI"),
    (Kind.OTHER, "Other"),
)


class RolesField(forms.CharField):
    """Roles, one on a line; each at most 100 characters."""

    widget = forms.Textarea(attrs={"rows": 4})

    def prepare_value(self, value: Any) -> Any:
        """Return roles as lines; what was typed stays as it was typed."""
        return "\n".join(value) if isinstance(value, list) else value

    def clean(self, value: Any) -> Any:
        """Return the roles; ValidationError for one that is too long."""
        lines = [line.strip() for line in super().clean(value).splitlines() if line.strip()]
        if any(len(line) > 100 for line in lines):
            raise forms.ValidationError("A role has at most 100 characters.")
        return lines


class ProgrammeFields(RuledForm):
    """Another programme at a site."""

    name = forms.CharField(max_length=200, help_text="As people call it: “SAP roll-out 2”.")
    kind = forms.ChoiceField(choices=[("", "Choose"), *((k.value, w) for k, w in KINDS)])
    site = RowField(label="Site")
    roles = RolesField(
        label="Whose work it takes",
        max_length=2_000,
        help_text="One role on a line: Planners, Shift leads. In the same words as elsewhere.",
    )
    starts_on = DayField(label="Starts on")
    ends_on = DayField(label="Ends on", required=False, help_text="Empty while nobody knows.")

    def __init__(self, *args: Any, sites: Iterable[Site], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["site"]
        field.offer(sites, key="code", label=lambda one: one.name)


class NewProgrammeForm(NewForm, ProgrammeFields):
    """A programme to add."""


class ProgrammeForm(EditForm, ProgrammeFields):
    """A programme to change."""


class LoadForm(EditForm):
    """Whether a pilot that stacks on much else goes ahead; seen: what the page said runs beside it."""

    seen = forms.CharField(required=False, max_length=20_000, widget=forms.HiddenInput)
    word = forms.ChoiceField(
        label="Decision",
        choices=[(Word.GO.value, "It goes ahead"), (Word.WAIT.value, "It waits")],
        widget=forms.RadioSelect,
    )
    reason = forms.CharField(label="Why", max_length=600, widget=forms.Textarea(attrs={"rows": 4}))


def programme_values(row: Programme) -> dict[str, Any]:
    """Return a programme as the initial values of its form."""
    names = ("version", "name", "kind", "roles", "starts_on", "ends_on")
    return {name: getattr(row, name) for name in names} | {"site": row.site.code}
