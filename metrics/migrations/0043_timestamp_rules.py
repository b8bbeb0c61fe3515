"""What the two times of a metric from a source are read from."""

import common.tenancy.constraints
import django.db.models.deletion
import django.db.models.functions.datetime
import tenants.models
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('metrics', '0042_pilot_sources'),
        ('tenants', '0012_monthly_brief'),
    ]

    operations = [
        migrations.CreateModel(
            name='TimestampRule',
            fields=[
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
                ('id', models.UUIDField(db_default=tenants.models.uuidv7(), editable=False, primary_key=True, serialize=False)),
                ('transaction', models.CharField(max_length=120)),
                ('event_field', models.CharField(max_length=200)),
                ('entry_field', models.CharField(blank=True, max_length=200)),
                ('without', models.CharField(blank=True, max_length=300)),
                ('limit_hours', models.PositiveIntegerField(default=24)),
                ('ended_at', models.DateTimeField(blank=True, null=True)),
                ('version', models.PositiveIntegerField(default=1)),
                ('metric', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='metrics.metric')),
                ('source', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='metrics.source')),
                ('tenant', models.ForeignKey(db_index=False, editable=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='tenants.tenant')),
            ],
            options={
                'abstract': False,
                'base_manager_name': 'objects',
                'constraints': [common.tenancy.constraints.TenantIsolation(column='tenant_id', grants='SELECT, INSERT, UPDATE', lookup=False, name='metrics_timestamprule_iso', recompute=None), models.UniqueConstraint(fields=('tenant', 'id'), name='metrics_timestamprule_tenant_key'), common.tenancy.constraints.TenantFK(columns=('metric_id',), name='metrics_timestamprule_metric_fk', to='metrics_metric', to_columns=('id',)), common.tenancy.constraints.TenantFK(columns=('source_id',), name='metrics_timestamprule_source_fk', to='metrics_source', to_columns=('id',)), models.UniqueConstraint(fields=('tenant', 'metric', 'source'), name='metrics_timestamprule_once'), models.CheckConstraint(condition=models.Q(models.Q(('transaction', ''), _negated=True), models.Q(('event_field', ''), _negated=True)), name='metrics_timestamprule_said'), models.CheckConstraint(condition=models.Q(('limit_hours__gte', 1)), name='metrics_timestamprule_limit')],
            },
        ),
    ]
