"""The first wording of a metric holds from the beginning, so the day it was typed on is free."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("metrics", "0023_recompute_aside")]

    operations = [
        migrations.RemoveConstraint("metricdefinition", "metrics_metricdefinition_one_a_day"),
        migrations.AddConstraint(
            "metricdefinition",
            models.UniqueConstraint(
                fields=["tenant", "metric", "valid_from"],
                condition=models.Q(number__gt=1),
                name="metrics_metricdefinition_one_a_day",
            ),
        ),
    ]
