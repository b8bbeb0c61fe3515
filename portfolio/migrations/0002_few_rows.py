"""Indexes for tables that a page reads whole for a tenant."""

import django.contrib.postgres.indexes
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('portfolio', '0001_initial'),
    ]

    operations = [
        migrations.AddIndex(
            model_name='pilotparty',
            index=models.Index(condition=models.Q(('ended_at__isnull', True)), fields=['tenant'], name='portfolio_pilotparty_now'),
        ),
        migrations.AddIndex(
            model_name='site',
            index=django.contrib.postgres.indexes.HashIndex(fields=['tenant'], name='portfolio_site_few'),
        ),
        migrations.AddIndex(
            model_name='vendor',
            index=django.contrib.postgres.indexes.HashIndex(fields=['tenant'], name='portfolio_vendor_few'),
        ),
    ]
