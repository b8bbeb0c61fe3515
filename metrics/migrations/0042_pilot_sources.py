"""What the decision of a pilot needs to know, and where that stands."""

import common.tenancy.constraints
import django.db.models.deletion
import django.db.models.functions.datetime
import tenants.models
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('metrics', '0041_feed_turns_kept'),
        ('portfolio', '0006_brief_mail'),
        ('tenants', '0012_monthly_brief'),
    ]

    operations = [
        migrations.CreateModel(
            name='PilotSource',
            fields=[
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
                ('id', models.UUIDField(db_default=tenants.models.uuidv7(), editable=False, primary_key=True, serialize=False)),
                ('name', models.CharField(max_length=200)),
                ('kind', models.CharField(choices=[('erp', 'ERP'), ('mes', 'MES'), ('cmms', 'CMMS'), ('wms', 'WMS'), ('spreadsheet', 'Spreadsheet'), ('paper', 'Paper'), ('vendor', 'AI vendor'), ('other', 'Other')], max_length=12)),
                ('gives', models.CharField(max_length=300)),
                ('by_hand', models.BooleanField(default=False)),
                ('updated_on', models.DateField(blank=True, null=True)),
                ('limit_days', models.PositiveIntegerField(default=31)),
                ('faults', models.TextField(blank=True)),
                ('ended_at', models.DateTimeField(blank=True, null=True)),
                ('version', models.PositiveIntegerField(default=1)),
                ('maintainer', models.ForeignKey(blank=True, db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='tenants.person')),
                ('pilot', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='portfolio.pilot')),
                ('source', models.ForeignKey(blank=True, db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='metrics.source')),
                ('tenant', models.ForeignKey(db_index=False, editable=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='tenants.tenant')),
            ],
            options={
                'abstract': False,
                'base_manager_name': 'objects',
                'constraints': [common.tenancy.constraints.TenantIsolation(column='tenant_id', grants='SELECT, INSERT, UPDATE', lookup=False, name='metrics_pilotsource_iso', recompute=None), models.UniqueConstraint(fields=('tenant', 'id'), name='metrics_pilotsource_tenant_key'), common.tenancy.constraints.TenantFK(columns=('pilot_id',), name='metrics_pilotsource_pilot_fk', to='portfolio_pilot', to_columns=('id',)), common.tenancy.constraints.TenantFK(columns=('source_id',), name='metrics_pilotsource_source_fk', to='metrics_source', to_columns=('id',)), common.tenancy.constraints.TenantFK(columns=('maintainer_id',), name='metrics_pilotsource_maintainer_fk', to='tenants_person', to_columns=('id',)), models.UniqueConstraint(condition=models.Q(('ended_at__isnull', True)), fields=('tenant', 'pilot', 'name'), name='metrics_pilotsource_name_once'), models.CheckConstraint(condition=models.Q(('kind__in', ['erp', 'mes', 'cmms', 'wms', 'spreadsheet', 'paper', 'vendor', 'other'])), name='metrics_pilotsource_kind'), models.CheckConstraint(condition=models.Q(models.Q(('name', ''), _negated=True), models.Q(('gives', ''), _negated=True)), name='metrics_pilotsource_said'), models.CheckConstraint(condition=models.Q(('limit_days__gte', 1)), name='metrics_pilotsource_limit'), models.CheckConstraint(condition=models.Q(models.Q(('kind', 'paper'), _negated=True), ('source__isnull', True), _connector='OR'), name='metrics_pilotsource_paper_alone')],
            },
        ),
    ]
