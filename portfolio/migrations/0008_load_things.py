"""A decision about a load keeps what ran beside the pilot, so that anything else asks anew."""

import django.contrib.postgres.fields
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("portfolio", "0007_who_ever_led"),
    ]

    operations = [
        migrations.AddField(
            model_name="loaddecision",
            name="things",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.CharField(max_length=60), default=list, size=None
            ),
        ),
    ]
