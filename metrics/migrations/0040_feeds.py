"""How often sources send and how late they may be, and when feeds were late."""

import common.tenancy.constraints
import django.db.models.deletion
import django.db.models.expressions
import django.db.models.functions.datetime
import tenants.models
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('metrics', '0039_days_with_figures'),
        ('tenants', '0012_monthly_brief'),
    ]

    operations = [
        migrations.CreateModel(
            name='FeedTurn',
            fields=[
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
                ('id', models.UUIDField(db_default=tenants.models.uuidv7(), editable=False, primary_key=True, serialize=False)),
                ('number', models.PositiveIntegerField()),
                ('follows', models.PositiveIntegerField(null=True)),
                ('at', models.DateTimeField()),
                ('minutes', models.FloatField()),
                ('limit_minutes', models.PositiveIntegerField()),
                ('counted', models.PositiveIntegerField()),
            ],
            options={
                'abstract': False,
                'base_manager_name': 'objects',
            },
        ),
        migrations.AddField(
            model_name='source',
            name='interval',
            field=models.CharField(choices=[('continuous', 'Continuously'), ('hour', 'Every hour'), ('day', 'Every day'), ('week', 'Every week')], default='continuous', max_length=10),
        ),
        migrations.AddField(
            model_name='source',
            name='lag_limit_minutes',
            field=models.PositiveIntegerField(blank=True, null=True),
        ),
        migrations.AddConstraint(
            model_name='source',
            constraint=models.CheckConstraint(condition=models.Q(('interval__in', ['continuous', 'hour', 'day', 'week'])), name='metrics_source_interval'),
        ),
        migrations.AddConstraint(
            model_name='source',
            constraint=models.CheckConstraint(condition=models.Q(('lag_limit_minutes__isnull', True), ('lag_limit_minutes__gte', 1), _connector='OR'), name='metrics_source_lag_limit'),
        ),
        migrations.AddField(
            model_name='feedturn',
            name='metric',
            field=models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='metrics.metric'),
        ),
        migrations.AddField(
            model_name='feedturn',
            name='source',
            field=models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='metrics.source'),
        ),
        migrations.AddField(
            model_name='feedturn',
            name='tenant',
            field=models.ForeignKey(db_index=False, editable=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='tenants.tenant'),
        ),
        migrations.AddConstraint(
            model_name='feedturn',
            constraint=common.tenancy.constraints.TenantIsolation(column='tenant_id', grants='SELECT, INSERT', lookup=False, name='metrics_feedturn_iso', recompute=None),
        ),
        migrations.AddConstraint(
            model_name='feedturn',
            constraint=models.UniqueConstraint(fields=('tenant', 'id'), name='metrics_feedturn_tenant_key'),
        ),
        migrations.AddConstraint(
            model_name='feedturn',
            constraint=common.tenancy.constraints.TenantFK(columns=('metric_id',), name='metrics_feedturn_metric_fk', to='metrics_metric', to_columns=('id',)),
        ),
        migrations.AddConstraint(
            model_name='feedturn',
            constraint=common.tenancy.constraints.TenantFK(columns=('source_id',), name='metrics_feedturn_source_fk', to='metrics_source', to_columns=('id',)),
        ),
        migrations.AddConstraint(
            model_name='feedturn',
            constraint=models.UniqueConstraint(fields=('tenant', 'metric', 'source', 'number'), name='metrics_feedturn_once'),
        ),
        migrations.AddConstraint(
            model_name='feedturn',
            constraint=common.tenancy.constraints.TenantFK(columns=('metric_id', 'source_id', 'follows'), name='metrics_feedturn_follows_fk', to='metrics_feedturn', to_columns=('metric_id', 'source_id', 'number')),
        ),
        migrations.AddConstraint(
            model_name='feedturn',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('follows__isnull', True), ('number', 1)), models.Q(('follows', django.db.models.expressions.CombinedExpression(models.F('number'), '-', models.Value(1))), ('follows__isnull', False), ('number__gt', 1)), _connector='OR'), name='metrics_feedturn_in_order'),
        ),
        migrations.AddConstraint(
            model_name='feedturn',
            constraint=models.CheckConstraint(condition=models.Q(('counted__gte', 1), ('limit_minutes__gte', 1), ('minutes__gte', 0)), name='metrics_feedturn_measured'),
        ),
    ]
