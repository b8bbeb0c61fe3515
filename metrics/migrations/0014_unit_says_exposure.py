"""A rate's unit says what it is counted per; where both disagree, the unit follows.

The figures that stand were divided by the exposure, so only their name was wrong. A measured
metric may not change: its trigger sleeps for this one statement, under the lock of the migration.
"""

from django.db import migrations, models
from django.db.models import Q

MEND = """
ALTER TABLE metrics_metric DISABLE TRIGGER metrics_metric_measured_fixed;
UPDATE metrics_metric SET unit = 'per_' || exposure, version = version + 1
WHERE (unit, exposure) IN (('per_day', 'week'), ('per_week', 'day'));
ALTER TABLE metrics_metric ENABLE TRIGGER metrics_metric_measured_fixed;
"""


class Migration(migrations.Migration):
    dependencies = [("metrics", "0013_rates_due")]
    operations = [
        migrations.RunSQL(MEND, migrations.RunSQL.noop),
        migrations.AddConstraint(
            model_name="metric",
            constraint=models.CheckConstraint(
                condition=~Q(unit="per_day", exposure="week")
                & ~Q(unit="per_week", exposure="day"),
                name="metrics_metric_unit_says_exposure",
            ),
        ),
    ]
