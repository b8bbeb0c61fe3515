"""What else runs at a site beside its pilots, and what was decided about the load."""

import common.tenancy.constraints
import django.contrib.postgres.fields
import django.contrib.postgres.indexes
import django.db.models.deletion
import django.db.models.functions.datetime
import tenants.models
from django.db import migrations, models

from common.tenancy.operations import Guard, Kept

# Who pays decides, never who leads or led the pilot.
DECIDED = """
CREATE FUNCTION portfolio_loaddecision_follows() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    may boolean;
BEGIN
    SELECT m.removed_at IS NULL AND ('executive' = ANY (m.roles)
            OR 'sponsor' = ANY (m.roles) AND EXISTS (SELECT FROM portfolio_pilotparty p
                WHERE p.tenant_id = NEW.tenant_id AND p.pilot_id = NEW.pilot_id
                  AND p.part = 'sponsor' AND p.ended_at IS NULL AND p.person_id = m.person_id))
        AND NOT EXISTS (SELECT FROM portfolio_pilotparty p
            JOIN portfolio_pilot t ON t.tenant_id = NEW.tenant_id AND t.id = p.pilot_id
            WHERE p.tenant_id = NEW.tenant_id AND p.pilot_id = NEW.pilot_id AND p.part = 'lead'
              AND (p.ended_at IS NULL OR (p.ended_at AT TIME ZONE 'UTC')::date >= t.start_date)
              AND p.person_id = m.person_id)
    INTO may FROM tenants_membership m
    WHERE m.tenant_id = NEW.tenant_id AND m.id = NEW.member_id;
    -- Without a member it is refused by portfolio_loaddecision_member_fk.
    IF may IS FALSE THEN
        RAISE EXCEPTION 'load of pilot % is not decided so', NEW.pilot_id
            USING ERRCODE = '23514', CONSTRAINT = 'portfolio_loaddecision_by_who_may',
                TABLE = 'portfolio_loaddecision';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER portfolio_loaddecision_follows BEFORE INSERT ON portfolio_loaddecision
    FOR EACH ROW EXECUTE FUNCTION portfolio_loaddecision_follows();
"""


class Migration(migrations.Migration):
    dependencies = [
        ("portfolio", "0003_change_plan"),
        ("tenants", "0002_tenant_doors"),
    ]

    operations = [
        migrations.CreateModel(
            name="LoadDecision",
            fields=[
                (
                    "tenant",
                    models.ForeignKey(
                        db_index=False,
                        editable=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="tenants.tenant",
                    ),
                ),
                (
                    "created_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(), editable=False
                    ),
                ),
                (
                    "id",
                    models.UUIDField(
                        db_default=tenants.models.uuidv7(),
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("number", models.PositiveIntegerField()),
                ("word", models.CharField(choices=[("go", "go"), ("wait", "wait")], max_length=10)),
                ("beside", models.PositiveIntegerField()),
                ("reason", models.CharField(max_length=600)),
                ("at", models.DateTimeField()),
                (
                    "member",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="tenants.membership",
                    ),
                ),
                (
                    "pilot",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="load_decisions",
                        to="portfolio.pilot",
                    ),
                ),
            ],
            options={
                "abstract": False,
                "base_manager_name": "objects",
                "constraints": [
                    common.tenancy.constraints.TenantIsolation(
                        column="tenant_id",
                        grants="SELECT, INSERT",
                        lookup=False,
                        name="portfolio_loaddecision_iso",
                        recompute=None,
                    ),
                    models.UniqueConstraint(
                        fields=("tenant", "id"), name="portfolio_loaddecision_tenant_key"
                    ),
                    common.tenancy.constraints.TenantFK(
                        columns=("pilot_id",),
                        name="portfolio_loaddecision_pilot_fk",
                        to="portfolio_pilot",
                        to_columns=("id",),
                    ),
                    common.tenancy.constraints.TenantFK(
                        columns=("member_id",),
                        name="portfolio_loaddecision_member_fk",
                        to="tenants_membership",
                        to_columns=("id",),
                    ),
                    models.UniqueConstraint(
                        fields=("tenant", "pilot", "number"),
                        name="portfolio_loaddecision_number_once",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("number__gte", 1), ("word__in", ["go", "wait"])),
                        name="portfolio_loaddecision_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("reason", ""), _negated=True),
                        name="portfolio_loaddecision_reason",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Programme",
            fields=[
                (
                    "tenant",
                    models.ForeignKey(
                        db_index=False,
                        editable=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="tenants.tenant",
                    ),
                ),
                (
                    "created_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(), editable=False
                    ),
                ),
                (
                    "id",
                    models.UUIDField(
                        db_default=tenants.models.uuidv7(),
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("name", models.CharField(max_length=200)),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("erp", "erp"),
                            ("wms", "wms"),
                            ("mes", "mes"),
                            ("lean", "lean"),
                            ("bi", "bi"),
                            ("other", "other"),
                        ],
                        max_length=10,
                    ),
                ),
                (
                    "roles",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=100), size=None
                    ),
                ),
                ("starts_on", models.DateField()),
                ("ends_on", models.DateField(blank=True, null=True)),
                ("archived_at", models.DateTimeField(blank=True, null=True)),
                ("version", models.PositiveIntegerField(default=1)),
                (
                    "site",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="portfolio.site",
                    ),
                ),
            ],
            options={
                "abstract": False,
                "base_manager_name": "objects",
                "indexes": [
                    django.contrib.postgres.indexes.HashIndex(
                        fields=["tenant"], name="portfolio_programme_few"
                    )
                ],
                "constraints": [
                    common.tenancy.constraints.TenantIsolation(
                        column="tenant_id",
                        grants="SELECT, INSERT, UPDATE",
                        lookup=False,
                        name="portfolio_programme_iso",
                        recompute=None,
                    ),
                    models.UniqueConstraint(
                        fields=("tenant", "id"), name="portfolio_programme_tenant_key"
                    ),
                    common.tenancy.constraints.TenantFK(
                        columns=("site_id",),
                        name="portfolio_programme_site_fk",
                        to="portfolio_site",
                        to_columns=("id",),
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("name", ""), _negated=True),
                        name="portfolio_programme_name",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("kind__in", ["erp", "wms", "mes", "lean", "bi", "other"])
                        ),
                        name="portfolio_programme_kind",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("roles__len__range", (1, 20)),
                            models.Q(("roles__contains", [""]), _negated=True),
                        ),
                        name="portfolio_programme_roles",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("ends_on__isnull", True),
                            ("ends_on__gte", models.F("starts_on")),
                            _connector="OR",
                        ),
                        name="portfolio_programme_ends_after",
                    ),
                ],
            },
        ),
        Guard("portfolio_loaddecision_follows", DECIDED),
        Kept("portfolio_loaddecision"),
    ]
