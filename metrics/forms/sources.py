"""Shape of what people send about the sources that a pilot's decision needs."""

from __future__ import annotations

from typing import Any

from django import forms

from common.forms import DayField, EditForm, NewForm, RowField, RuledForm, WholeField
from portfolio.forms import offer_people

from ..models import PilotSource, Source


class PilotSourceFields(RuledForm):
    """A source that a decision needs."""

    name = forms.CharField(max_length=200, help_text="As people say it: SAP, dispatch board.")
    kind = forms.ChoiceField(choices=[("", "Choose"), *PilotSource.Kind.choices])
    gives = forms.CharField(
        label="What the decision needs from it",
        max_length=300,
        help_text="Such as promised dates of open orders.",
    )
    source = RowField(
        label="It sends as",
        none="It is not connected",
        required=False,
        help_text="The source by which its figures arrive here.",
    )
    by_hand = forms.BooleanField(
        label="Somebody carries it by hand",
        required=False,
        help_text="Exported, typed or mailed by a person. Spreadsheets and paper always are.",
    )
    maintainer = RowField(
        label="Who maintains it",
        none="Nobody named",
        required=False,
        help_text="Who is asked when it is wrong.",
    )
    updated_on = DayField(
        label="Last brought up to date",
        required=False,
        help_text="As somebody saw it. One that is connected tells it itself.",
    )
    limit_days = WholeField(
        label="It may be so many days old",
        min_value=1,
        max_value=3660,
        initial=31,
    )
    faults = forms.CharField(
        label="Known faults",
        required=False,
        max_length=2_000,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text="Empty fields, duplicates, what is typed late. Empty where nobody knows of any.",
    )

    def __init__(self, *args: Any, sources: list[Source], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["source"]
        assert isinstance(field, RowField)
        field.offer(sources, key="code")
        offer_people(self.fields["maintainer"])


class NewPilotSourceForm(NewForm, PilotSourceFields):
    """A source to put on the list."""


class PilotSourceForm(EditForm, PilotSourceFields):
    """A source of the list to change."""


def pilot_source_values(row: PilotSource) -> dict[str, Any]:
    """Return a source of the list as the initial values of its form."""
    names = ("version", "name", "kind", "gives", "by_hand", "updated_on", "limit_days", "faults")
    return {name: getattr(row, name) for name in names} | {
        "source": row.source.code if row.source else "",
        "maintainer": str(row.maintainer.pk) if row.maintainer else "",
    }
