"""Ways in which a pilot may fail, and drills; drills are only added and taken back."""

import common.tenancy.constraints
import django.contrib.postgres.indexes
import django.db.models.deletion
import django.db.models.functions.datetime
import tenants.models
from django.db import migrations, models

DRILL = """
CREATE TRIGGER gates_drill_fixed BEFORE UPDATE ON gates_drill
    FOR EACH ROW EXECUTE FUNCTION gates_taken_back_once();
CREATE TRIGGER gates_drill_kept BEFORE DELETE ON gates_drill
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER gates_drill_no_truncate BEFORE TRUNCATE ON gates_drill
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE FUNCTION gates_drill_by_today() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    -- What counts from a day to come would count for longer than a drill does.
    IF NEW.at > now() + interval '1 day' OR NOT EXISTS (
        SELECT FROM gates_failuremode m
        JOIN portfolio_pilot p ON p.tenant_id = m.tenant_id AND p.id = m.pilot_id
        JOIN portfolio_site s ON s.tenant_id = p.tenant_id AND s.id = p.site_id
        WHERE m.tenant_id = NEW.tenant_id AND m.id = NEW.mode_id
          AND NEW.ran_on <= (NEW.at AT TIME ZONE s.zone)::date)
    THEN
        RAISE EXCEPTION 'drill % is of a day to come', NEW.id
            USING ERRCODE = '23514', CONSTRAINT = 'gates_drill_by_today', TABLE = 'gates_drill';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER gates_drill_by_today AFTER INSERT ON gates_drill
    FOR EACH ROW EXECUTE FUNCTION gates_drill_by_today();
"""


def create(apps, schema_editor):
    schema_editor.execute(DRILL, params=None)


def drop(apps, schema_editor):
    for name in ("fixed", "kept", "no_truncate", "by_today"):
        schema_editor.execute(f"DROP TRIGGER gates_drill_{name} ON gates_drill")
    schema_editor.execute("DROP FUNCTION gates_drill_by_today()")


class Migration(migrations.Migration):

    dependencies = [
        ('gates', '0004_error_classes'),
        ('portfolio', '0006_brief_mail'),
        ('tenants', '0012_monthly_brief'),
    ]

    operations = [
        migrations.CreateModel(
            name='FailureMode',
            fields=[
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
                ('id', models.UUIDField(db_default=tenants.models.uuidv7(), editable=False, primary_key=True, serialize=False)),
                ('kind', models.CharField(choices=[('wrong', 'Wrong: it decides wrongly'), ('unsure', 'Unsure: it cannot tell'), ('late', 'Late: it answers too late'), ('silent', 'Silent: it does not answer'), ('other', 'Other')], max_length=10)),
                ('name', models.CharField(max_length=200)),
                ('noticed', models.CharField(blank=True, max_length=300)),
                ('threshold', models.CharField(blank=True, max_length=200)),
                ('fallback', models.CharField(blank=True, max_length=500)),
                ('archived_at', models.DateTimeField(blank=True, null=True)),
                ('version', models.PositiveIntegerField(default=1)),
                ('pilot', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='failure_modes', to='portfolio.pilot')),
                ('receiver', models.ForeignKey(blank=True, db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='tenants.membership')),
                ('tenant', models.ForeignKey(db_index=False, editable=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='tenants.tenant')),
            ],
            options={
                'abstract': False,
                'base_manager_name': 'objects',
            },
        ),
        migrations.CreateModel(
            name='Drill',
            fields=[
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
                ('id', models.UUIDField(db_default=tenants.models.uuidv7(), editable=False, primary_key=True, serialize=False)),
                ('ran_on', models.DateField()),
                ('held', models.BooleanField()),
                ('seen', models.CharField(max_length=600)),
                ('next_step', models.CharField(blank=True, max_length=300)),
                ('at', models.DateTimeField()),
                ('withdrawn_at', models.DateTimeField(null=True)),
                ('withdrawn_reason', models.CharField(blank=True, max_length=300)),
                ('member', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='tenants.membership')),
                ('tenant', models.ForeignKey(db_index=False, editable=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='tenants.tenant')),
                ('withdrawn_by', models.ForeignKey(db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='tenants.membership')),
                ('mode', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='drills', to='gates.failuremode')),
            ],
            options={
                'abstract': False,
                'base_manager_name': 'objects',
            },
        ),
        migrations.AddIndex(
            model_name='failuremode',
            index=django.contrib.postgres.indexes.HashIndex(fields=['tenant'], name='gates_failuremode_few'),
        ),
        migrations.AddConstraint(
            model_name='failuremode',
            constraint=common.tenancy.constraints.TenantIsolation(column='tenant_id', grants='SELECT, INSERT, UPDATE (kind, name, noticed, threshold, fallback, receiver_id, archived_at, version)', lookup=False, name='gates_failuremode_iso', recompute=None),
        ),
        migrations.AddConstraint(
            model_name='failuremode',
            constraint=models.UniqueConstraint(fields=('tenant', 'id'), name='gates_failuremode_tenant_key'),
        ),
        migrations.AddConstraint(
            model_name='failuremode',
            constraint=common.tenancy.constraints.TenantFK(columns=('pilot_id',), name='gates_failuremode_pilot_fk', to='portfolio_pilot', to_columns=('id',)),
        ),
        migrations.AddConstraint(
            model_name='failuremode',
            constraint=common.tenancy.constraints.TenantFK(columns=('receiver_id',), name='gates_failuremode_receiver_fk', to='tenants_membership', to_columns=('id',)),
        ),
        migrations.AddConstraint(
            model_name='failuremode',
            constraint=models.CheckConstraint(condition=models.Q(('kind__in', ['wrong', 'unsure', 'late', 'silent', 'other'])), name='gates_failuremode_kind'),
        ),
        migrations.AddConstraint(
            model_name='failuremode',
            constraint=models.CheckConstraint(condition=models.Q(('name', ''), _negated=True), name='gates_failuremode_name'),
        ),
        migrations.AddIndex(
            model_name='drill',
            index=django.contrib.postgres.indexes.HashIndex(fields=['tenant'], name='gates_drill_few'),
        ),
        migrations.AddConstraint(
            model_name='drill',
            constraint=common.tenancy.constraints.TenantIsolation(column='tenant_id', grants='SELECT, INSERT, UPDATE (withdrawn_at, withdrawn_by_id, withdrawn_reason)', lookup=False, name='gates_drill_iso', recompute=None),
        ),
        migrations.AddConstraint(
            model_name='drill',
            constraint=models.UniqueConstraint(fields=('tenant', 'id'), name='gates_drill_tenant_key'),
        ),
        migrations.AddConstraint(
            model_name='drill',
            constraint=common.tenancy.constraints.TenantFK(columns=('mode_id',), name='gates_drill_mode_fk', to='gates_failuremode', to_columns=('id',)),
        ),
        migrations.AddConstraint(
            model_name='drill',
            constraint=common.tenancy.constraints.TenantFK(columns=('member_id',), name='gates_drill_member_fk', to='tenants_membership', to_columns=('id',)),
        ),
        migrations.AddConstraint(
            model_name='drill',
            constraint=common.tenancy.constraints.TenantFK(columns=('withdrawn_by_id',), name='gates_drill_withdrawn_fk', to='tenants_membership', to_columns=('id',)),
        ),
        migrations.AddConstraint(
            model_name='drill',
            constraint=models.CheckConstraint(condition=models.Q(('seen', ''), _negated=True), name='gates_drill_seen'),
        ),
        migrations.AddConstraint(
            model_name='drill',
            constraint=models.CheckConstraint(condition=models.Q(('held', True), models.Q(('next_step', ''), _negated=True), _connector='OR'), name='gates_drill_next_step'),
        ),
        migrations.AddConstraint(
            model_name='drill',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('withdrawn_at__isnull', True), ('withdrawn_by__isnull', True), ('withdrawn_reason', '')), models.Q(('withdrawn_at__isnull', False), ('withdrawn_by__isnull', False), models.Q(('withdrawn_reason', ''), _negated=True)), _connector='OR'), name='gates_drill_withdrawn_whole'),
        ),
        migrations.RunPython(create, drop),
    ]
