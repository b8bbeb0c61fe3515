"""Shape of what people send about the two times of a metric from a source."""

from __future__ import annotations

from typing import Any

from django import forms

from common.forms import EditForm, WholeField

from ..models import TimestampRule


class TimestampRuleForm(EditForm):
    """What `event_at` and `recorded_at` are read from."""

    transaction_type = forms.CharField(
        label="What happens", max_length=120, help_text="The transaction: goods receipt, stop."
    )
    event_field = forms.CharField(
        label="When it happened is read from",
        max_length=200,
        help_text="The field of the source that is sent as event_at.",
    )
    entry_field = forms.CharField(
        label="When it was entered is read from",
        required=False,
        max_length=200,
        help_text="The field that is sent as recorded_at. Empty where the source knows no such time.",
    )
    without = forms.CharField(
        label="Where the time it happened is missing",
        required=False,
        max_length=300,
        help_text="What is sent then: left out, or the time of entry less six hours.",
    )
    limit_hours = WholeField(
        label="Entered within, hours",
        min_value=1,
        max_value=24 * 366,
        initial=24,
        help_text="Of 100 figures 95 are to be. The gate Data asks for it. Only an admin raises it.",
    )


def rule_values(row: TimestampRule | None, *, none_yet: int) -> dict[str, Any]:
    """Return a rule as the initial values of its form; without one, what a new one begins with."""
    if row is None:
        return {"version": none_yet, "limit_hours": 24}
    names = ("version", "event_field", "entry_field", "without", "limit_hours")
    return {name: getattr(row, name) for name in names} | {"transaction_type": row.transaction}
