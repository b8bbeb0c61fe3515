"""Shape of what people send about snapshots of data."""

from __future__ import annotations

from django import forms

from common.forms import DayField, NewForm, WholeField

from ..rules.snapshots import LONGEST_CYCLE


class SnapshotForm(NewForm):
    """Which data of a source a pilot was tried on."""

    source = forms.CharField(
        label="Source",
        max_length=200,
        help_text="The system and the table, always in the same words: a newer snapshot of the same"
        " source counts instead of this one.",
    )
    taken_on = DayField(label="Taken on")
    row_count = WholeField(label="Rows", min_value=1, max_value=10**15)
    first_day = DayField(label="Covers from", help_text="The first day that the rows tell of.")
    last_day = DayField(label="To")
    cycle_weeks = WholeField(
        label="Seasonal cycle, in weeks",
        min_value=1,
        max_value=LONGEST_CYCLE,
        initial=52,
        help_text="After how many weeks the plant's year repeats: 52, or 4 where only the month matters.",
    )
    issues = forms.CharField(
        label="What is known to be wrong with it",
        max_length=1_000,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text="Empty fields, free text, postings a day late. Where nothing is known, say who looked.",
    )
    lacks = forms.CharField(
        label="What it knows nothing of",
        max_length=600,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="Where it is shorter than a cycle: which season, and what is done about it.",
    )
