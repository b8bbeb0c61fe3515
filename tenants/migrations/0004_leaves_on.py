"""A person may have a last day on which they are there."""

import datetime

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("tenants", "0003_digests")]

    operations = [
        migrations.AddField(
            model_name="person",
            name="leaves_on",
            field=models.DateField(blank=True, null=True),
        ),
        migrations.AddConstraint(
            model_name="person",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("leaves_on__isnull", True),
                    (
                        "leaves_on__range",
                        (datetime.date(2000, 1, 1), datetime.date(2100, 12, 31)),
                    ),
                    _connector="OR",
                ),
                name="tenants_person_leaves_plausible",
            ),
        ),
    ]
