"""Classes of error of a pilot and what readings found of each; readings are only added and taken back."""

import common.tenancy.constraints
import django.contrib.postgres.indexes
import django.db.models.deletion
import django.db.models.functions.datetime
import django.db.models.functions.text
import tenants.models
from django.db import migrations, models

READING = """
CREATE FUNCTION gates_taken_back_once() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF OLD.withdrawn_at IS NOT NULL
        OR (to_jsonb(NEW) - ARRAY['withdrawn_at', 'withdrawn_by_id', 'withdrawn_reason'])
            <> (to_jsonb(OLD) - ARRAY['withdrawn_at', 'withdrawn_by_id', 'withdrawn_reason'])
    THEN
        RAISE EXCEPTION '% % is taken back once, and never changed', TG_TABLE_NAME, OLD.id
            USING ERRCODE = '23514', CONSTRAINT = TG_TABLE_NAME || '_fixed', TABLE = TG_TABLE_NAME;
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER gates_accuracyreading_fixed BEFORE UPDATE ON gates_accuracyreading
    FOR EACH ROW EXECUTE FUNCTION gates_taken_back_once();
CREATE TRIGGER gates_accuracyreading_kept BEFORE DELETE ON gates_accuracyreading
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER gates_accuracyreading_no_truncate BEFORE TRUNCATE ON gates_accuracyreading
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE FUNCTION gates_accuracyreading_by_today() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    -- What counts from a day to come would count for longer than a reading does.
    IF NEW.at > now() + interval '1 day' OR NOT EXISTS (
        SELECT FROM portfolio_pilot p JOIN portfolio_site s
          ON s.tenant_id = p.tenant_id AND s.id = p.site_id
        WHERE p.tenant_id = NEW.tenant_id AND p.id = NEW.pilot_id
          AND NEW.last_day <= (NEW.at AT TIME ZONE s.zone)::date)
    THEN
        RAISE EXCEPTION 'reading % is of a day to come', NEW.id
            USING ERRCODE = '23514', CONSTRAINT = 'gates_accuracyreading_by_today',
                TABLE = 'gates_accuracyreading';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER gates_accuracyreading_by_today AFTER INSERT ON gates_accuracyreading
    FOR EACH ROW EXECUTE FUNCTION gates_accuracyreading_by_today();
"""
COUNT = """
CREATE FUNCTION gates_errorcount_fits() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    most bigint;
BEGIN
    -- Whoever adds another count to the same reading waits.
    SELECT r.decisions INTO most FROM gates_accuracyreading r
    WHERE r.tenant_id = NEW.tenant_id AND r.id = NEW.reading_id FOR NO KEY UPDATE;
    IF most < (SELECT sum(c.errors) FROM gates_errorcount c
        WHERE c.tenant_id = NEW.tenant_id AND c.reading_id = NEW.reading_id)
    THEN
        RAISE EXCEPTION 'reading % has more errors than decisions', NEW.reading_id
            USING ERRCODE = '23514', CONSTRAINT = 'gates_errorcount_fits',
                TABLE = 'gates_errorcount';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER gates_errorcount_fits AFTER INSERT ON gates_errorcount
    FOR EACH ROW EXECUTE FUNCTION gates_errorcount_fits();
CREATE TRIGGER gates_errorcount_append_only BEFORE UPDATE OR DELETE ON gates_errorcount
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER gates_errorcount_no_truncate BEFORE TRUNCATE ON gates_errorcount
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
"""
TRIGGERS = {
    "gates_accuracyreading": ("fixed", "kept", "no_truncate", "by_today"),
    "gates_errorcount": ("fits", "append_only", "no_truncate"),
}
FUNCTIONS = ("gates_taken_back_once", "gates_accuracyreading_by_today", "gates_errorcount_fits")


def create(apps, schema_editor):
    for text in (READING, COUNT):
        schema_editor.execute(text, params=None)


def drop(apps, schema_editor):
    for table, names in TRIGGERS.items():
        for name in names:
            schema_editor.execute(f"DROP TRIGGER {table}_{name} ON {table}")
    for function in FUNCTIONS:
        schema_editor.execute(f"DROP FUNCTION {function}()")


class Migration(migrations.Migration):

    dependencies = [
        ('gates', '0003_rests'),
        ('portfolio', '0006_brief_mail'),
        ('tenants', '0012_monthly_brief'),
    ]

    operations = [
        migrations.CreateModel(
            name='AccuracyReading',
            fields=[
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
                ('id', models.UUIDField(db_default=tenants.models.uuidv7(), editable=False, primary_key=True, serialize=False)),
                ('dataset', models.CharField(choices=[('curated', 'Curated'), ('live', 'Live')], max_length=10)),
                ('first_day', models.DateField()),
                ('last_day', models.DateField()),
                ('decisions', models.PositiveIntegerField()),
                ('source', models.CharField(max_length=300)),
                ('at', models.DateTimeField()),
                ('withdrawn_at', models.DateTimeField(null=True)),
                ('withdrawn_reason', models.CharField(blank=True, max_length=300)),
                ('member', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='tenants.membership')),
                ('pilot', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='readings', to='portfolio.pilot')),
                ('tenant', models.ForeignKey(db_index=False, editable=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='tenants.tenant')),
                ('withdrawn_by', models.ForeignKey(db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='tenants.membership')),
            ],
            options={
                'abstract': False,
                'base_manager_name': 'objects',
            },
        ),
        migrations.CreateModel(
            name='ErrorClass',
            fields=[
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
                ('id', models.UUIDField(db_default=tenants.models.uuidv7(), editable=False, primary_key=True, serialize=False)),
                ('name', models.CharField(max_length=120)),
                ('consequence', models.CharField(choices=[('safety', 'Safety: somebody may be hurt'), ('recall', 'Recall or field action'), ('customer', 'A customer notices'), ('rework', 'Rework, scrap or a stopped line'), ('time', 'Time only')], max_length=10)),
                ('cost', models.DecimalField(decimal_places=2, max_digits=14)),
                ('cost_basis', models.CharField(choices=[('measured', 'Measured'), ('estimated', 'Estimated'), ('assumed', 'Assumed')], max_length=10)),
                ('tolerated', models.DecimalField(decimal_places=8, max_digits=9)),
                ('checked_by', models.CharField(blank=True, max_length=200)),
                ('archived_at', models.DateTimeField(blank=True, null=True)),
                ('version', models.PositiveIntegerField(default=1)),
                ('pilot', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='error_classes', to='portfolio.pilot')),
                ('tenant', models.ForeignKey(db_index=False, editable=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='tenants.tenant')),
            ],
            options={
                'abstract': False,
                'base_manager_name': 'objects',
            },
        ),
        migrations.CreateModel(
            name='ErrorCount',
            fields=[
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
                ('id', models.UUIDField(db_default=tenants.models.uuidv7(), editable=False, primary_key=True, serialize=False)),
                ('errors', models.PositiveIntegerField()),
                ('error_class', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='counts', to='gates.errorclass')),
                ('pilot', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='portfolio.pilot')),
                ('reading', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='counts', to='gates.accuracyreading')),
                ('tenant', models.ForeignKey(db_index=False, editable=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='tenants.tenant')),
            ],
            options={
                'abstract': False,
                'base_manager_name': 'objects',
            },
        ),
        migrations.AddIndex(
            model_name='accuracyreading',
            index=django.contrib.postgres.indexes.HashIndex(fields=['tenant'], name='gates_accuracyreading_few'),
        ),
        migrations.AddConstraint(
            model_name='accuracyreading',
            constraint=common.tenancy.constraints.TenantIsolation(column='tenant_id', grants='SELECT, INSERT, UPDATE (withdrawn_at, withdrawn_by_id, withdrawn_reason)', lookup=False, name='gates_accuracyreading_iso', recompute=None),
        ),
        migrations.AddConstraint(
            model_name='accuracyreading',
            constraint=models.UniqueConstraint(fields=('tenant', 'id'), name='gates_accuracyreading_tenant_key'),
        ),
        migrations.AddConstraint(
            model_name='accuracyreading',
            constraint=common.tenancy.constraints.TenantFK(columns=('pilot_id',), name='gates_accuracyreading_pilot_fk', to='portfolio_pilot', to_columns=('id',)),
        ),
        migrations.AddConstraint(
            model_name='accuracyreading',
            constraint=common.tenancy.constraints.TenantFK(columns=('member_id',), name='gates_accuracyreading_member_fk', to='tenants_membership', to_columns=('id',)),
        ),
        migrations.AddConstraint(
            model_name='accuracyreading',
            constraint=common.tenancy.constraints.TenantFK(columns=('withdrawn_by_id',), name='gates_accuracyreading_withdrawn_fk', to='tenants_membership', to_columns=('id',)),
        ),
        migrations.AddConstraint(
            model_name='accuracyreading',
            constraint=models.UniqueConstraint(fields=('tenant', 'pilot', 'id'), name='gates_accuracyreading_of_pilot'),
        ),
        migrations.AddConstraint(
            model_name='accuracyreading',
            constraint=models.CheckConstraint(condition=models.Q(('dataset__in', ['curated', 'live'])), name='gates_accuracyreading_dataset'),
        ),
        migrations.AddConstraint(
            model_name='accuracyreading',
            constraint=models.CheckConstraint(condition=models.Q(('last_day__gte', models.F('first_day'))), name='gates_accuracyreading_days'),
        ),
        migrations.AddConstraint(
            model_name='accuracyreading',
            constraint=models.CheckConstraint(condition=models.Q(('decisions__gte', 1), ('decisions__lte', 10000000)), name='gates_accuracyreading_decisions'),
        ),
        migrations.AddConstraint(
            model_name='accuracyreading',
            constraint=models.CheckConstraint(condition=models.Q(('source', ''), _negated=True), name='gates_accuracyreading_source'),
        ),
        migrations.AddConstraint(
            model_name='accuracyreading',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('withdrawn_at__isnull', True), ('withdrawn_by__isnull', True), ('withdrawn_reason', '')), models.Q(('withdrawn_at__isnull', False), ('withdrawn_by__isnull', False), models.Q(('withdrawn_reason', ''), _negated=True)), _connector='OR'), name='gates_accuracyreading_withdrawn_whole'),
        ),
        migrations.AddIndex(
            model_name='errorclass',
            index=django.contrib.postgres.indexes.HashIndex(fields=['tenant'], name='gates_errorclass_few'),
        ),
        migrations.AddConstraint(
            model_name='errorclass',
            constraint=common.tenancy.constraints.TenantIsolation(column='tenant_id', grants='SELECT, INSERT, UPDATE (name, consequence, cost, cost_basis, tolerated, checked_by, archived_at, version)', lookup=False, name='gates_errorclass_iso', recompute=None),
        ),
        migrations.AddConstraint(
            model_name='errorclass',
            constraint=models.UniqueConstraint(fields=('tenant', 'id'), name='gates_errorclass_tenant_key'),
        ),
        migrations.AddConstraint(
            model_name='errorclass',
            constraint=common.tenancy.constraints.TenantFK(columns=('pilot_id',), name='gates_errorclass_pilot_fk', to='portfolio_pilot', to_columns=('id',)),
        ),
        migrations.AddConstraint(
            model_name='errorclass',
            constraint=models.UniqueConstraint(fields=('tenant', 'pilot', 'id'), name='gates_errorclass_of_pilot'),
        ),
        migrations.AddConstraint(
            model_name='errorclass',
            constraint=models.UniqueConstraint(models.F('tenant'), models.F('pilot'), django.db.models.functions.text.Lower('name'), condition=models.Q(('archived_at__isnull', True)), name='gates_errorclass_name_once'),
        ),
        migrations.AddConstraint(
            model_name='errorclass',
            constraint=models.CheckConstraint(condition=models.Q(('name', ''), _negated=True), name='gates_errorclass_name'),
        ),
        migrations.AddConstraint(
            model_name='errorclass',
            constraint=models.CheckConstraint(condition=models.Q(('consequence__in', ['safety', 'recall', 'customer', 'rework', 'time'])), name='gates_errorclass_consequence'),
        ),
        migrations.AddConstraint(
            model_name='errorclass',
            constraint=models.CheckConstraint(condition=models.Q(('cost__gte', 0), ('cost_basis__in', ['measured', 'estimated', 'assumed'])), name='gates_errorclass_cost'),
        ),
        migrations.AddConstraint(
            model_name='errorclass',
            constraint=models.CheckConstraint(condition=models.Q(('tolerated__gt', 0), ('tolerated__lt', 1)), name='gates_errorclass_tolerated'),
        ),
        migrations.AddConstraint(
            model_name='errorcount',
            constraint=common.tenancy.constraints.TenantIsolation(column='tenant_id', grants='SELECT, INSERT', lookup=False, name='gates_errorcount_iso', recompute=None),
        ),
        migrations.AddConstraint(
            model_name='errorcount',
            constraint=models.UniqueConstraint(fields=('tenant', 'id'), name='gates_errorcount_tenant_key'),
        ),
        migrations.AddConstraint(
            model_name='errorcount',
            constraint=common.tenancy.constraints.TenantFK(columns=('pilot_id', 'reading_id'), name='gates_errorcount_reading_fk', to='gates_accuracyreading', to_columns=('pilot_id', 'id')),
        ),
        migrations.AddConstraint(
            model_name='errorcount',
            constraint=common.tenancy.constraints.TenantFK(columns=('pilot_id', 'error_class_id'), name='gates_errorcount_class_fk', to='gates_errorclass', to_columns=('pilot_id', 'id')),
        ),
        migrations.AddConstraint(
            model_name='errorcount',
            constraint=models.UniqueConstraint(fields=('tenant', 'reading', 'error_class'), name='gates_errorcount_once'),
        ),
        migrations.RunPython(create, drop),
    ]
