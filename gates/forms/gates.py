"""Shape of what people send about a gate, its evidence and its steps."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.validators import URLValidator

from common.forms import DayField, EditForm, NewForm, NumberField, RowField
from tenants.models import Membership

from ..models import Evidence
from ..rules.criteria import Asked, Check, must_be
from ..rules.files import ENDINGS, MAX_BYTES, NAMES, TOO_LARGE

WEB_ONLY = "Give an address of the web: it begins with https:// or http://."


class DeciderForm(EditForm):
    """Who decides a gate, and by when."""

    decider = RowField(
        label="Who decides",
        help_text="One person, with the role of a gate reviewer. Others advise.",
    )
    due_date = DayField(label="By", required=False)

    def __init__(self, *args: Any, members: list[Membership], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["decider"]
        assert isinstance(field, RowField)
        field.offer(members, key="pk", label=lambda one: one.person.name)


class EvidenceForm(NewForm):
    """A file, a link, a note or a number for one criterion."""

    kind = forms.ChoiceField(
        label="What you bring",
        choices=[("file", "A file"), ("link", "A link"), ("note", "A note")],
        widget=forms.RadioSelect,
        initial="file",
    )
    file = forms.FileField(
        label="File",
        required=False,
        help_text=f"{NAMES}, up to 10 MB. It is kept as you bring it, with its digest.",
        widget=forms.FileInput(attrs={"accept": ",".join(ENDINGS)}),
    )
    value = NumberField(label="The number", max_digits=20, decimal_places=9)
    title = forms.CharField(
        label="What it is",
        max_length=200,
        help_text="As a reader will look for it: “Escape log of 2 to 15 November”.",
    )
    url = forms.URLField(
        label="Link",
        required=False,
        max_length=500,
        assume_scheme="https",
        validators=[URLValidator(schemes=["http", "https"])],
        error_messages={"invalid": WEB_ONLY},
        widget=forms.TextInput(attrs={"inputmode": "url"}),
        help_text="To the document where your company keeps it.",
    )
    text = forms.CharField(
        label="Note",
        required=False,
        max_length=5_000,
        widget=forms.Textarea(attrs={"rows": 5}),
    )
    captured_on = DayField(label="It tells of", help_text="The last day that it tells of.")
    expires_on = DayField(
        label="It counts until",
        required=False,
        help_text="Never longer than the criterion says; empty for as long as that. A gate passed on it opens"
        " again then.",
    )

    def __init__(self, *args: Any, asked: Asked, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.asked = asked
        if asked.check is Check.NUMBER:
            del self.fields["kind"], self.fields["file"]
            unit = f" in {asked.unit}" if asked.unit else ""
            self.fields["value"].label = f"The number{unit}"
            self.fields["value"].help_text = f"Must be {must_be(asked)}."
        else:
            del self.fields["value"]

    def clean_file(self) -> Any:
        """Refuse what is too large before it is read."""
        file = self.cleaned_data.get("file")
        if file is not None and file.size > MAX_BYTES:
            raise forms.ValidationError(TOO_LARGE)
        return file

    def clean(self) -> dict[str, Any]:
        """Ask for what the kind needs, and name the field where it is missing."""
        given = super().clean() or self.cleaned_data
        kind = given.setdefault("kind", Evidence.Kind.NUMBER.value)
        if kind == Evidence.Kind.FILE and not given.get("file") and "file" not in self.errors:
            self.add_error("file", "Choose the file.")
        if kind != Evidence.Kind.FILE and given.get("file"):
            self.add_error("file", "Choose “A file” above, or leave it out.")
        if kind == Evidence.Kind.FILE and given.get("url"):
            self.add_error("url", "A file has no link: bring the link as evidence of its own.")
        if kind == Evidence.Kind.LINK and not given.get("url") and "url" not in self.errors:
            self.add_error("url", "Give the address of the document.")
        if kind == Evidence.Kind.NOTE and not given.get("text") and "text" not in self.errors:
            self.add_error("text", "Write the note.")
        if kind == Evidence.Kind.NOTE and given.get("url"):
            self.add_error("url", "A note has no link: choose “A link” instead.")
        if given.get("value") is not None:
            given["value"] = float(given["value"])
        return given


class WithdrawForm(NewForm):
    """Why evidence is taken back."""

    reason = forms.CharField(
        label="Why",
        max_length=300,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="It stays to be seen, struck out, with your name and this reason.",
    )


class StepForm(EditForm):
    """A step that needs no words; version is the number of the step as it was seen."""

    next_step = "Read how the gate stands by now; then decide again."


class SendBackForm(StepForm):
    """Why a gate is sent back."""

    reason = forms.CharField(
        label="What is missing or wrong",
        max_length=600,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text="So that the lead knows what to do next.",
    )


class SignForm(StepForm):
    """A step that signs what the page shows; seen: `Seen.digest` of it."""

    seen = forms.CharField(widget=forms.HiddenInput, required=False, max_length=64)


class WaiveForm(SignForm):
    """Why a gate is waived, and until when."""

    reason = forms.CharField(
        label="Why it may go on without",
        max_length=600,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text="Your name, this reason and its last day stand on the gate's page and on the portfolio.",
    )
    until = DayField(
        label="Until", help_text="At most a year. The day after, the gate is open again."
    )
