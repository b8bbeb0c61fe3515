"""What pilots' money and hours are planned for, and who confirmed that the money is there."""

import common.tenancy.constraints
import django.contrib.postgres.indexes
import django.db.models.deletion
import django.db.models.functions.datetime
import tenants.models
from decimal import Decimal
from django.db import migrations, models


# A line stays the pilot's; who pays confirms its money, and other money is confirmed anew.
LINE = """
CREATE FUNCTION portfolio_budgetline_confirmed() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    anew boolean := TG_OP = 'INSERT';
    broken text;
BEGIN
    IF TG_OP = 'UPDATE' THEN
        anew := (NEW.funded_at, NEW.funded_by_id) IS DISTINCT FROM (OLD.funded_at, OLD.funded_by_id);
        broken := CASE
            WHEN (NEW.tenant_id, NEW.id, NEW.pilot_id)
                IS DISTINCT FROM (OLD.tenant_id, OLD.id, OLD.pilot_id)
                THEN 'portfolio_budgetline_fixed'
            WHEN NEW.funded_at IS NOT NULL AND NOT anew AND (NEW.planned_money, NEW.phase_class)
                IS DISTINCT FROM (OLD.planned_money, OLD.phase_class)
                THEN 'portfolio_budgetline_anew'
            END;
    END IF;
    IF broken IS NULL AND anew AND NEW.funded_at IS NOT NULL THEN
        broken := CASE
            WHEN NOT EXISTS (SELECT FROM tenants_membership m
                WHERE m.tenant_id = NEW.tenant_id AND m.id = NEW.funded_by_id
                  AND m.removed_at IS NULL AND ('executive' = ANY (m.roles)
                    OR 'sponsor' = ANY (m.roles) AND EXISTS (SELECT FROM portfolio_pilotparty p
                        WHERE p.tenant_id = NEW.tenant_id AND p.pilot_id = NEW.pilot_id
                          AND p.part = 'sponsor' AND p.ended_at IS NULL
                          AND p.person_id = m.person_id)))
                THEN 'portfolio_budgetline_by_who_pays'
            WHEN EXISTS (SELECT FROM portfolio_pilotparty p
                JOIN tenants_membership m
                  ON m.tenant_id = NEW.tenant_id AND m.person_id = p.person_id
                WHERE p.tenant_id = NEW.tenant_id AND p.pilot_id = NEW.pilot_id
                  AND p.part = 'lead' AND p.ended_at IS NULL AND m.id = NEW.funded_by_id)
                THEN 'portfolio_budgetline_not_by_lead'
            END;
    END IF;
    IF broken IS NOT NULL THEN
        RAISE EXCEPTION 'budget line % is not confirmed so', NEW.id
            USING ERRCODE = '23514', CONSTRAINT = broken, TABLE = 'portfolio_budgetline';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER portfolio_budgetline_confirmed AFTER INSERT OR UPDATE ON portfolio_budgetline
    FOR EACH ROW EXECUTE FUNCTION portfolio_budgetline_confirmed();
"""


def create(apps, schema_editor):
    schema_editor.execute(LINE, params=None)


def drop(apps, schema_editor):
    schema_editor.execute("DROP TRIGGER portfolio_budgetline_confirmed ON portfolio_budgetline")
    schema_editor.execute("DROP FUNCTION portfolio_budgetline_confirmed()")


class Migration(migrations.Migration):

    dependencies = [
        ('portfolio', '0006_brief_mail'),
        ('tenants', '0012_monthly_brief'),
    ]

    operations = [
        migrations.CreateModel(
            name='BudgetLine',
            fields=[
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
                ('id', models.UUIDField(db_default=tenants.models.uuidv7(), editable=False, primary_key=True, serialize=False)),
                ('phase_class', models.CharField(max_length=12)),
                ('title', models.CharField(max_length=200)),
                ('planned_money', models.DecimalField(decimal_places=2, default=Decimal('0'), max_digits=16)),
                ('actual_money', models.DecimalField(decimal_places=2, default=Decimal('0'), max_digits=16)),
                ('planned_hours', models.DecimalField(decimal_places=1, default=Decimal('0'), max_digits=10)),
                ('actual_hours', models.DecimalField(decimal_places=1, default=Decimal('0'), max_digits=10)),
                ('funded_at', models.DateTimeField(null=True)),
                ('archived_at', models.DateTimeField(null=True)),
                ('version', models.PositiveIntegerField(default=1)),
                ('funded_by', models.ForeignKey(db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='tenants.membership')),
                ('pilot', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='budget_lines', to='portfolio.pilot')),
                ('tenant', models.ForeignKey(db_index=False, editable=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='tenants.tenant')),
            ],
            options={
                'abstract': False,
                'base_manager_name': 'objects',
                'indexes': [django.contrib.postgres.indexes.HashIndex(fields=['tenant'], name='portfolio_budgetline_few')],
                'constraints': [common.tenancy.constraints.TenantIsolation(column='tenant_id', grants='SELECT, INSERT, UPDATE', lookup=False, name='portfolio_budgetline_iso', recompute=None), models.UniqueConstraint(fields=('tenant', 'id'), name='portfolio_budgetline_tenant_key'), common.tenancy.constraints.TenantFK(columns=('pilot_id',), name='portfolio_budgetline_pilot_fk', to='portfolio_pilot', to_columns=('id',)), common.tenancy.constraints.TenantFK(columns=('funded_by_id',), name='portfolio_budgetline_funded_fk', to='tenants_membership', to_columns=('id',)), models.CheckConstraint(condition=models.Q(('phase_class__in', ['poc', 'hardening', 'integration', 'monitoring', 'run'])), name='portfolio_budgetline_phase'), models.CheckConstraint(condition=models.Q(('title', ''), _negated=True), name='portfolio_budgetline_title'), models.CheckConstraint(condition=models.Q(('actual_hours__range', (Decimal('0'), Decimal('10000000'))), ('actual_money__range', (Decimal('0'), Decimal('1000000000000'))), ('planned_hours__range', (Decimal('0'), Decimal('10000000'))), ('planned_money__range', (Decimal('0'), Decimal('1000000000000')))), name='portfolio_budgetline_amounts'), models.CheckConstraint(condition=models.Q(models.Q(('funded_at__isnull', True), ('funded_by__isnull', True)), models.Q(('funded_at__isnull', False), ('funded_by__isnull', False), ('planned_money__gt', 0)), _connector='OR'), name='portfolio_budgetline_funded_whole'), models.CheckConstraint(condition=models.Q(('archived_at__isnull', True), models.Q(('actual_hours', 0), ('actual_money', 0)), _connector='OR'), name='portfolio_budgetline_spent_stays')],
            },
        ),
        migrations.RunPython(create, drop),
    ]
