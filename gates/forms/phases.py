"""Shape of what people send about the phases of a pilot."""

from __future__ import annotations

from django import forms

from common.forms import EditForm


class ClosePhaseForm(EditForm):
    """That a phase is closed, as it was seen."""

    next_step = "Look at how the phase stands now."


class PhaseReasonForm(ClosePhaseForm):
    """Why something is done with a phase, such as opening it again."""

    reason = forms.CharField(label="Why", max_length=600, widget=forms.Textarea(attrs={"rows": 4}))


class ExceptPhaseForm(PhaseReasonForm):
    """Why a phase is closed without its outputs.

    seen: the outputs that the page said are missing, so that a name is to these and to no others.
    """

    next_step = "Look at what is missing now; your reason is kept below."
    seen = forms.CharField(widget=forms.HiddenInput, required=False)
