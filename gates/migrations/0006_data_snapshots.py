"""Snapshots of the data that a pilot was tried on; only added and taken back."""

import common.tenancy.constraints
import django.contrib.postgres.indexes
import django.db.models.deletion
import django.db.models.functions.datetime
import tenants.models
from django.db import migrations, models

SNAPSHOT = """
CREATE TRIGGER gates_datasnapshot_fixed BEFORE UPDATE ON gates_datasnapshot
    FOR EACH ROW EXECUTE FUNCTION gates_taken_back_once();
CREATE TRIGGER gates_datasnapshot_kept BEFORE DELETE ON gates_datasnapshot
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER gates_datasnapshot_no_truncate BEFORE TRUNCATE ON gates_datasnapshot
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE FUNCTION gates_datasnapshot_by_today() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    -- What counts from a day to come would count for longer than a snapshot does.
    IF NEW.at > now() + interval '1 day' OR NOT EXISTS (
        SELECT FROM portfolio_pilot p JOIN portfolio_site s
          ON s.tenant_id = p.tenant_id AND s.id = p.site_id
        WHERE p.tenant_id = NEW.tenant_id AND p.id = NEW.pilot_id
          AND NEW.taken_on <= (NEW.at AT TIME ZONE s.zone)::date)
    THEN
        RAISE EXCEPTION 'snapshot % is of a day to come', NEW.id
            USING ERRCODE = '23514', CONSTRAINT = 'gates_datasnapshot_by_today',
                TABLE = 'gates_datasnapshot';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER gates_datasnapshot_by_today AFTER INSERT ON gates_datasnapshot
    FOR EACH ROW EXECUTE FUNCTION gates_datasnapshot_by_today();
"""


def create(apps, schema_editor):
    schema_editor.execute(SNAPSHOT, params=None)


def drop(apps, schema_editor):
    for name in ("fixed", "kept", "no_truncate", "by_today"):
        schema_editor.execute(f"DROP TRIGGER gates_datasnapshot_{name} ON gates_datasnapshot")
    schema_editor.execute("DROP FUNCTION gates_datasnapshot_by_today()")


class Migration(migrations.Migration):

    dependencies = [
        ('gates', '0005_failure_modes'),
        ('portfolio', '0006_brief_mail'),
        ('tenants', '0012_monthly_brief'),
    ]

    operations = [
        migrations.CreateModel(
            name='DataSnapshot',
            fields=[
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
                ('id', models.UUIDField(db_default=tenants.models.uuidv7(), editable=False, primary_key=True, serialize=False)),
                ('source', models.CharField(max_length=200)),
                ('taken_on', models.DateField()),
                ('row_count', models.PositiveBigIntegerField()),
                ('first_day', models.DateField()),
                ('last_day', models.DateField()),
                ('cycle_weeks', models.PositiveSmallIntegerField()),
                ('issues', models.CharField(max_length=1000)),
                ('lacks', models.CharField(blank=True, max_length=600)),
                ('at', models.DateTimeField()),
                ('withdrawn_at', models.DateTimeField(null=True)),
                ('withdrawn_reason', models.CharField(blank=True, max_length=300)),
                ('member', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='tenants.membership')),
                ('pilot', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='snapshots', to='portfolio.pilot')),
                ('tenant', models.ForeignKey(db_index=False, editable=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='tenants.tenant')),
                ('withdrawn_by', models.ForeignKey(db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='tenants.membership')),
            ],
            options={
                'abstract': False,
                'base_manager_name': 'objects',
                'indexes': [django.contrib.postgres.indexes.HashIndex(fields=['tenant'], name='gates_datasnapshot_few')],
                'constraints': [common.tenancy.constraints.TenantIsolation(column='tenant_id', grants='SELECT, INSERT, UPDATE (withdrawn_at, withdrawn_by_id, withdrawn_reason)', lookup=False, name='gates_datasnapshot_iso', recompute=None), models.UniqueConstraint(fields=('tenant', 'id'), name='gates_datasnapshot_tenant_key'), common.tenancy.constraints.TenantFK(columns=('pilot_id',), name='gates_datasnapshot_pilot_fk', to='portfolio_pilot', to_columns=('id',)), common.tenancy.constraints.TenantFK(columns=('member_id',), name='gates_datasnapshot_member_fk', to='tenants_membership', to_columns=('id',)), common.tenancy.constraints.TenantFK(columns=('withdrawn_by_id',), name='gates_datasnapshot_withdrawn_fk', to='tenants_membership', to_columns=('id',)), models.CheckConstraint(condition=models.Q(models.Q(('source', ''), _negated=True), models.Q(('issues', ''), _negated=True)), name='gates_datasnapshot_told'), models.CheckConstraint(condition=models.Q(('last_day__gte', models.F('first_day')), ('taken_on__gte', models.F('last_day'))), name='gates_datasnapshot_days'), models.CheckConstraint(condition=models.Q(('row_count__gte', 1)), name='gates_datasnapshot_rows'), models.CheckConstraint(condition=models.Q(('cycle_weeks__gte', 1), ('cycle_weeks__lte', 520)), name='gates_datasnapshot_cycle'), models.CheckConstraint(condition=models.Q(models.Q(('withdrawn_at__isnull', True), ('withdrawn_by__isnull', True), ('withdrawn_reason', '')), models.Q(('withdrawn_at__isnull', False), ('withdrawn_by__isnull', False), models.Q(('withdrawn_reason', ''), _negated=True)), _connector='OR'), name='gates_datasnapshot_withdrawn_whole')],
            },
        ),
        migrations.RunPython(create, drop),
    ]
