"""Days count where their figures say so: worked weekdays by figures, rates by declared days."""

from importlib import import_module

from django.db import migrations

from common.tenancy import roles

DAILY = import_module("metrics.migrations.0038_daily_grain")
# On a day that nobody declared events make themselves known, and no events do not: the days that
# are left would be those on which something happened. A week of which each day is known stays.
PERIODS = (
    "WHEN u.mask | u.covered = (1 << p_days) - 1 THEN p_days",
    "WHEN p_days > 1 AND u.mask | u.covered = (1 << p_days) - 1 THEN p_days",
)
# Who declares whole weeks as reported declares the Sundays on which nobody works.
WORKED = (
    (
        "SELECT f.*, extract(isodow FROM f.day) AS weekday",
        "SELECT f.day, f.numerator, f.denominator, f.value, f.wording,\n"
        "            (f.value IS NOT NULL AND f.denominator > 0)::integer AS reported,\n"
        "            extract(isodow FROM f.day) AS weekday",
    ),
    (
        "-- A weekday is worked on that was reported in at least half of the weeks.",
        "-- A weekday is worked on that had a figure in at least half of the weeks.",
    ),
)


def replacing(text):
    """Return a body that takes the place of the one there is."""
    return DAILY.edited(text, ("CREATE FUNCTION", "CREATE OR REPLACE FUNCTION"))


def write(schema_editor, *bodies):
    with roles.acting_as(schema_editor, roles.RECOMPUTE):
        for text in bodies:
            schema_editor.execute(replacing(text), params=None)


def create(apps, schema_editor):
    periods = DAILY.edited(DAILY.PERIOD_FIGURES, PERIODS)
    write(schema_editor, periods, DAILY.edited(DAILY.BASELINE_DAYS, *WORKED))


def restore(apps, schema_editor):
    write(schema_editor, DAILY.PERIOD_FIGURES, DAILY.BASELINE_DAYS)


class Migration(migrations.Migration):
    dependencies = [("metrics", "0038_daily_grain")]
    operations = [migrations.RunPython(create, restore)]
