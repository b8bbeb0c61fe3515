"""Shape of what people send about the phases of a pilot."""

from __future__ import annotations

from django import forms

from common.forms import EditForm


class ClosePhaseForm(EditForm):
    """That a phase is closed, as it was seen."""

    next_step = "Look at how the phase stands now."


class PhaseReasonForm(ClosePhaseForm):
    """Why a phase is closed without its outputs, or opened again."""

    reason = forms.CharField(label="Why", max_length=600, widget=forms.Textarea(attrs={"rows": 4}))
