"""The index by which the board reads a tenant's baselines."""

import django.contrib.postgres.indexes
from django.db import migrations


class Migration(migrations.Migration):

    dependencies = [
        ('metrics', '0014_unit_says_exposure'),
    ]

    operations = [
        migrations.AddIndex(
            model_name='baseline',
            index=django.contrib.postgres.indexes.HashIndex(fields=['tenant'], name='metrics_baseline_few'),
        ),
    ]
