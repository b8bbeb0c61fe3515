"""Indexes for tables that a page reads whole for a tenant."""

import django.contrib.postgres.indexes
from django.db import migrations


class Migration(migrations.Migration):

    dependencies = [
        ('metrics', '0008_recompute'),
    ]

    operations = [
        migrations.AddIndex(
            model_name='source',
            index=django.contrib.postgres.indexes.HashIndex(fields=['tenant'], name='metrics_source_few'),
        ),
    ]
