"""What a pilot costs at full volume, version by version, and Finance's signature."""

import common.tenancy.constraints
import django.contrib.postgres.indexes
import django.db.models.deletion
import django.db.models.functions.datetime
import tenants.models
from decimal import Decimal
from django.db import migrations, models


# The rows of a pilot's cost wait for each other on the pilot.
MODEL = """
CREATE FUNCTION gates_costmodel_follows() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    archived timestamptz;
    last integer;
    broken text;
BEGIN
    SELECT p.archived_at INTO archived FROM portfolio_pilot p
    WHERE p.tenant_id = NEW.tenant_id AND p.id = NEW.pilot_id FOR NO KEY UPDATE;
    SELECT COALESCE(max(m.number), 0) INTO last FROM gates_costmodel m
    WHERE m.tenant_id = NEW.tenant_id AND m.pilot_id = NEW.pilot_id AND m.id <> NEW.id;
    broken := CASE
        WHEN archived IS NOT NULL THEN 'gates_costmodel_in_use'
        WHEN NEW.number <> last + 1 THEN 'gates_costmodel_in_order'
        END;
    IF broken IS NOT NULL THEN
        RAISE EXCEPTION 'version % of the cost of pilot % does not follow', NEW.number, NEW.pilot_id
            USING ERRCODE = '23514', CONSTRAINT = broken, TABLE = 'gates_costmodel';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER gates_costmodel_follows AFTER INSERT ON gates_costmodel
    FOR EACH ROW EXECUTE FUNCTION gates_costmodel_follows();
"""
# What is left at three times the unit cost is that of gates/rules/unit_cost.py, in sixtieths.
SIGNATURE = """
CREATE FUNCTION gates_costsignature_may() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    signed gates_costmodel;
    archived timestamptz;
    pays boolean;
    broken text;
BEGIN
    SELECT m.* INTO signed FROM gates_costmodel m
    WHERE m.tenant_id = NEW.tenant_id AND m.id = NEW.cost_model_id;
    SELECT p.archived_at INTO archived FROM portfolio_pilot p
    WHERE p.tenant_id = NEW.tenant_id AND p.id = signed.pilot_id FOR NO KEY UPDATE;
    pays := signed.items_per_day * CASE signed.counted WHEN 'each' THEN signed.sites ELSE 1 END
        * signed.days_per_year * (signed.labour_minutes * signed.hourly_rate
            + (signed.errors_before - signed.errors_after) * 0.06
            - signed.calls_per_item * signed.cost_per_call * 3 * 60)
        - signed.overhead * 60 > 0;
    broken := CASE
        WHEN archived IS NOT NULL THEN 'gates_costsignature_in_use'
        WHEN NOT EXISTS (SELECT FROM tenants_membership m
            WHERE m.tenant_id = NEW.tenant_id AND m.id = NEW.member_id AND m.removed_at IS NULL
              AND 'reviewer' = ANY (m.roles) AND 'finance' = ANY (m.functions))
            THEN 'gates_costsignature_by_finance'
        WHEN EXISTS (SELECT FROM portfolio_pilotparty p
            JOIN tenants_membership m ON m.tenant_id = NEW.tenant_id AND m.person_id = p.person_id
            WHERE p.tenant_id = NEW.tenant_id AND p.pilot_id = signed.pilot_id AND p.part = 'lead'
              AND p.ended_at IS NULL AND m.id = NEW.member_id) THEN 'gates_costsignature_not_by_lead'
        WHEN signed.member_id = NEW.member_id THEN 'gates_costsignature_not_by_author'
        WHEN EXISTS (SELECT FROM gates_costmodel m
            WHERE m.tenant_id = NEW.tenant_id AND m.pilot_id = signed.pilot_id
              AND m.number > signed.number) THEN 'gates_costsignature_newest'
        WHEN NEW.reason = '' AND pays IS NOT TRUE THEN 'gates_costsignature_accepted'
        END;
    IF broken IS NOT NULL THEN
        RAISE EXCEPTION 'cost % is not signed by %', NEW.cost_model_id, NEW.member_id
            USING ERRCODE = '23514', CONSTRAINT = broken, TABLE = 'gates_costsignature';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER gates_costsignature_may AFTER INSERT ON gates_costsignature
    FOR EACH ROW EXECUTE FUNCTION gates_costsignature_may();
"""
FUNCTIONS = {
    "gates_costmodel": "gates_costmodel_follows",
    "gates_costsignature": "gates_costsignature_may",
}


def create(apps, schema_editor):
    for table in FUNCTIONS:
        schema_editor.execute(
            f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE ON {table}"
            " FOR EACH ROW EXECUTE FUNCTION refuse_change()"
        )
        schema_editor.execute(
            f"CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table}"
            " FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
        )
    for text in (MODEL, SIGNATURE):
        schema_editor.execute(text, params=None)


def drop(apps, schema_editor):
    for table, function in FUNCTIONS.items():
        for name in ("append_only", "no_truncate"):
            schema_editor.execute(f"DROP TRIGGER {table}_{name} ON {table}")
        schema_editor.execute(f"DROP TRIGGER {function} ON {table}")
        schema_editor.execute(f"DROP FUNCTION {function}()")


class Migration(migrations.Migration):

    dependencies = [
        ('gates', '0006_data_snapshots'),
        ('portfolio', '0006_brief_mail'),
        ('tenants', '0012_monthly_brief'),
    ]

    operations = [
        migrations.CreateModel(
            name='CostModel',
            fields=[
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
                ('id', models.UUIDField(db_default=tenants.models.uuidv7(), editable=False, primary_key=True, serialize=False)),
                ('number', models.PositiveIntegerField()),
                ('items_per_day', models.DecimalField(decimal_places=2, max_digits=14)),
                ('counted', models.CharField(max_length=10)),
                ('sites', models.PositiveSmallIntegerField()),
                ('days_per_year', models.PositiveSmallIntegerField()),
                ('calls_per_item', models.DecimalField(decimal_places=4, max_digits=12)),
                ('cost_per_call', models.DecimalField(decimal_places=8, max_digits=16)),
                ('cost_per_call_basis', models.CharField(max_length=10)),
                ('overhead', models.DecimalField(decimal_places=2, max_digits=16)),
                ('overhead_basis', models.CharField(max_length=10)),
                ('labour_minutes', models.DecimalField(decimal_places=4, max_digits=10)),
                ('labour_minutes_basis', models.CharField(max_length=10)),
                ('hourly_rate', models.DecimalField(decimal_places=2, max_digits=16)),
                ('hourly_rate_basis', models.CharField(max_length=10)),
                ('errors_before', models.DecimalField(decimal_places=2, max_digits=16)),
                ('errors_before_basis', models.CharField(max_length=10)),
                ('errors_after', models.DecimalField(decimal_places=2, max_digits=16)),
                ('errors_after_basis', models.CharField(max_length=10)),
                ('note', models.CharField(blank=True, max_length=400)),
                ('at', models.DateTimeField()),
                ('member', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='tenants.membership')),
                ('pilot', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='cost_models', to='portfolio.pilot')),
                ('tenant', models.ForeignKey(db_index=False, editable=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='tenants.tenant')),
            ],
            options={
                'abstract': False,
                'base_manager_name': 'objects',
            },
        ),
        migrations.CreateModel(
            name='CostSignature',
            fields=[
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
                ('id', models.UUIDField(db_default=tenants.models.uuidv7(), editable=False, primary_key=True, serialize=False)),
                ('reason', models.CharField(blank=True, max_length=600)),
                ('at', models.DateTimeField()),
                ('cost_model', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='signatures', to='gates.costmodel')),
                ('member', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='tenants.membership')),
                ('tenant', models.ForeignKey(db_index=False, editable=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='tenants.tenant')),
            ],
            options={
                'abstract': False,
                'base_manager_name': 'objects',
            },
        ),
        migrations.AddIndex(
            model_name='costmodel',
            index=django.contrib.postgres.indexes.HashIndex(fields=['tenant'], name='gates_costmodel_few'),
        ),
        migrations.AddConstraint(
            model_name='costmodel',
            constraint=common.tenancy.constraints.TenantIsolation(column='tenant_id', grants='SELECT, INSERT', lookup=False, name='gates_costmodel_iso', recompute=None),
        ),
        migrations.AddConstraint(
            model_name='costmodel',
            constraint=models.UniqueConstraint(fields=('tenant', 'id'), name='gates_costmodel_tenant_key'),
        ),
        migrations.AddConstraint(
            model_name='costmodel',
            constraint=common.tenancy.constraints.TenantFK(columns=('pilot_id',), name='gates_costmodel_pilot_fk', to='portfolio_pilot', to_columns=('id',)),
        ),
        migrations.AddConstraint(
            model_name='costmodel',
            constraint=common.tenancy.constraints.TenantFK(columns=('member_id',), name='gates_costmodel_member_fk', to='tenants_membership', to_columns=('id',)),
        ),
        migrations.AddConstraint(
            model_name='costmodel',
            constraint=models.UniqueConstraint(fields=('tenant', 'pilot', 'number'), name='gates_costmodel_number_once'),
        ),
        migrations.AddConstraint(
            model_name='costmodel',
            constraint=models.CheckConstraint(condition=models.Q(('calls_per_item__range', (Decimal('0'), Decimal('10000'))), ('cost_per_call__range', (Decimal('0'), Decimal('1000000'))), ('errors_after__range', (Decimal('0'), Decimal('1000000000'))), ('errors_before__range', (Decimal('0'), Decimal('1000000000'))), ('hourly_rate__range', (Decimal('0'), Decimal('100000'))), ('items_per_day__range', (Decimal('0'), Decimal('1000000000'))), ('labour_minutes__range', (Decimal('0'), Decimal('100000'))), ('overhead__range', (Decimal('0'), Decimal('1000000000000')))), name='gates_costmodel_amounts'),
        ),
        migrations.AddConstraint(
            model_name='costmodel',
            constraint=models.CheckConstraint(condition=models.Q(('cost_per_call_basis__in', ['measured', 'estimated', 'assumed']), ('errors_after_basis__in', ['measured', 'estimated', 'assumed']), ('errors_before_basis__in', ['measured', 'estimated', 'assumed']), ('hourly_rate_basis__in', ['measured', 'estimated', 'assumed']), ('labour_minutes_basis__in', ['measured', 'estimated', 'assumed']), ('overhead_basis__in', ['measured', 'estimated', 'assumed'])), name='gates_costmodel_labelled'),
        ),
        migrations.AddConstraint(
            model_name='costmodel',
            constraint=models.CheckConstraint(condition=models.Q(('counted__in', ['together', 'each']), ('days_per_year__range', (1, 366)), ('sites__range', (1, 1000))), name='gates_costmodel_counted'),
        ),
        migrations.AddConstraint(
            model_name='costmodel',
            constraint=models.CheckConstraint(condition=models.Q(('number', 1), models.Q(('number__gt', 1), models.Q(('note', ''), _negated=True)), _connector='OR'), name='gates_costmodel_note'),
        ),
        migrations.AddConstraint(
            model_name='costsignature',
            constraint=common.tenancy.constraints.TenantIsolation(column='tenant_id', grants='SELECT, INSERT', lookup=False, name='gates_costsignature_iso', recompute=None),
        ),
        migrations.AddConstraint(
            model_name='costsignature',
            constraint=models.UniqueConstraint(fields=('tenant', 'id'), name='gates_costsignature_tenant_key'),
        ),
        migrations.AddConstraint(
            model_name='costsignature',
            constraint=common.tenancy.constraints.TenantFK(columns=('cost_model_id',), name='gates_costsignature_model_fk', to='gates_costmodel', to_columns=('id',)),
        ),
        migrations.AddConstraint(
            model_name='costsignature',
            constraint=common.tenancy.constraints.TenantFK(columns=('member_id',), name='gates_costsignature_member_fk', to='tenants_membership', to_columns=('id',)),
        ),
        migrations.AddConstraint(
            model_name='costsignature',
            constraint=models.UniqueConstraint(fields=('tenant', 'cost_model'), name='gates_costsignature_once'),
        ),
        migrations.RunPython(create, drop),
    ]
