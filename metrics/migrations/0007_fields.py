"""What fields mean: agreed, told by sites and sources, needed by pilots, and conflicts settled."""

import common.tenancy.constraints
import django.contrib.postgres.indexes
import django.db.models.deletion
import django.db.models.functions.datetime
import django.db.models.functions.text
import tenants.models
from django.db import migrations, models

from common.tenancy.operations import Guard, Kept

# Another meaning or unit is another wording, by which what was compared with the old one is told.
WORDED = """
CREATE FUNCTION metrics_fielddefinition_worded() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF NEW.wording <> OLD.wording
        + ((NEW.meaning, NEW.unit) IS DISTINCT FROM (OLD.meaning, OLD.unit))::int
    THEN
        RAISE EXCEPTION 'field % is worded anew without saying so', OLD.id
            USING ERRCODE = '23514', CONSTRAINT = 'metrics_fielddefinition_worded',
                TABLE = 'metrics_fielddefinition';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER metrics_fielddefinition_worded BEFORE UPDATE ON metrics_fielddefinition
    FOR EACH ROW EXECUTE FUNCTION metrics_fielddefinition_worded();
"""
# A conflict ends by a settlement of exactly what stands there, and by nothing else.
SETTLED = """
CREATE FUNCTION metrics_fieldvariant_settled() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    agreed int := (SELECT f.wording FROM metrics_fielddefinition f
        WHERE f.tenant_id = NEW.tenant_id AND f.id = NEW.field_id);
    fine boolean;
BEGIN
    IF TG_OP = 'INSERT' THEN
        -- A field that is not there is refused by its key.
        fine := NEW.version = 1 AND NEW.settled IS NULL AND NEW.wording = COALESCE(agreed, NEW.wording);
    ELSIF NEW.settled IS NOT NULL AND NEW.settled IS DISTINCT FROM OLD.settled THEN
        fine := NEW.version = OLD.version + 1 AND NEW.settled = OLD.version
            AND NEW.wording = agreed AND EXISTS (
                SELECT FROM metrics_fieldsettlement s
                WHERE s.tenant_id = NEW.tenant_id AND s.variant_id = NEW.id
                  AND s.variant_version = OLD.version AND s.wording = agreed
                  AND s.meaning = OLD.meaning
                  AND (NEW.site_id, NEW.source_id) IS NOT DISTINCT FROM (OLD.site_id, OLD.source_id)
                  AND NEW.stand = CASE s.outcome WHEN 'adopted' THEN 'same'
                      WHEN 'converted' THEN 'convert' WHEN 'accepted' THEN 'differs'
                      ELSE OLD.stand END
                  AND (s.outcome <> 'converted' OR (NEW.factor, NEW.plus) = (s.factor, s.plus))
                  AND (s.outcome = 'gone') = (NEW.ended_at IS NOT NULL));
    ELSE
        fine := NEW.version = OLD.version + 1 AND NEW.wording = OLD.wording
            AND (NEW.settled IS NULL
                OR (NEW.meaning, NEW.site_id, NEW.source_id, NEW.stand, NEW.factor, NEW.plus, NEW.cannot)
                    IS NOT DISTINCT FROM (OLD.meaning, OLD.site_id, OLD.source_id, OLD.stand,
                        OLD.factor, OLD.plus, OLD.cannot))
            AND NOT (OLD.stand = 'differs' AND NEW.stand <> 'differs')
            AND NOT (OLD.ended_at IS NULL AND NEW.ended_at IS NOT NULL
                AND (OLD.stand = 'differs' OR OLD.wording <> agreed))
            AND NOT (OLD.ended_at IS NOT NULL AND NEW.ended_at IS NULL AND NEW.settled IS NOT NULL);
    END IF;
    IF NOT fine THEN
        RAISE EXCEPTION 'what is meant by field % is settled by nobody', NEW.field_id
            USING ERRCODE = '23514', CONSTRAINT = 'metrics_fieldvariant_settled',
                TABLE = 'metrics_fieldvariant';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER metrics_fieldvariant_settled BEFORE INSERT OR UPDATE ON metrics_fieldvariant
    FOR EACH ROW EXECUTE FUNCTION metrics_fieldvariant_settled();
"""
# Who settles owns the field or is an admin, and leads no pilot that needs it.
SETTLER = """
CREATE FUNCTION metrics_fieldsettlement_by_owner() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF NEW.at > now() + interval '1 day' OR NOT EXISTS (
        SELECT FROM metrics_fieldvariant v
        JOIN metrics_fielddefinition f ON f.tenant_id = v.tenant_id AND f.id = v.field_id
        JOIN tenants_membership m ON m.tenant_id = v.tenant_id AND m.id = NEW.member_id
        WHERE v.tenant_id = NEW.tenant_id AND v.id = NEW.variant_id
          AND v.version = NEW.variant_version AND f.wording = NEW.wording
          AND m.removed_at IS NULL AND (m.id = f.owner_id OR 'admin' = ANY (m.roles))
          AND NOT EXISTS (
              SELECT FROM metrics_fieldneed n
              JOIN portfolio_pilot p ON p.tenant_id = n.tenant_id AND p.id = n.pilot_id
              JOIN portfolio_pilotparty y ON y.tenant_id = p.tenant_id AND y.pilot_id = p.id
              WHERE n.tenant_id = v.tenant_id AND n.field_id = v.field_id AND n.ended_at IS NULL
                AND p.archived_at IS NULL AND y.person_id = m.person_id AND y.part = 'lead'
                AND COALESCE(y.ended_at::date >= p.start_date, true)))
    THEN
        RAISE EXCEPTION 'variant % is settled by somebody who may not', NEW.variant_id
            USING ERRCODE = '23514', CONSTRAINT = 'metrics_fieldsettlement_by_owner',
                TABLE = 'metrics_fieldsettlement';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER metrics_fieldsettlement_by_owner AFTER INSERT ON metrics_fieldsettlement
    FOR EACH ROW EXECUTE FUNCTION metrics_fieldsettlement_by_owner();
"""


class Migration(migrations.Migration):
    dependencies = [
        ("metrics", "0006_marks_found_once"),
        ("portfolio", "0002_confirmed_money"),
        ("tenants", "0002_tenant_doors"),
    ]

    operations = [
        migrations.CreateModel(
            name="FieldDefinition",
            fields=[
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
                ("name", models.CharField(max_length=120)),
                ("meaning", models.CharField(max_length=500)),
                ("unit", models.CharField(blank=True, max_length=40)),
                ("wording", models.PositiveIntegerField(default=1)),
                ("archived_at", models.DateTimeField(blank=True, null=True)),
                ("version", models.PositiveIntegerField(default=1)),
                (
                    "owner",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="tenants.membership",
                    ),
                ),
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
            ],
            options={
                "abstract": False,
                "base_manager_name": "objects",
            },
        ),
        migrations.CreateModel(
            name="FieldNeed",
            fields=[
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
                ("used_for", models.CharField(max_length=300)),
                ("ended_at", models.DateTimeField(blank=True, null=True)),
                ("version", models.PositiveIntegerField(default=1)),
                (
                    "field",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="needs",
                        to="metrics.fielddefinition",
                    ),
                ),
                (
                    "pilot",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="portfolio.pilot",
                    ),
                ),
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
            ],
            options={
                "abstract": False,
                "base_manager_name": "objects",
            },
        ),
        migrations.CreateModel(
            name="FieldVariant",
            fields=[
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
                ("meaning", models.CharField(max_length=500)),
                (
                    "stand",
                    models.CharField(
                        choices=[
                            ("same", "The same as agreed"),
                            ("convert", "Something else, and it is converted"),
                            ("differs", "Something else, and it cannot be converted"),
                        ],
                        max_length=8,
                    ),
                ),
                (
                    "factor",
                    models.DecimalField(blank=True, decimal_places=9, max_digits=20, null=True),
                ),
                (
                    "plus",
                    models.DecimalField(blank=True, decimal_places=9, max_digits=20, null=True),
                ),
                ("cannot", models.CharField(blank=True, max_length=500)),
                ("said_by", models.CharField(max_length=200)),
                ("wording", models.PositiveIntegerField()),
                ("settled", models.PositiveIntegerField(blank=True, null=True)),
                ("ended_at", models.DateTimeField(blank=True, null=True)),
                ("version", models.PositiveIntegerField(default=1)),
                (
                    "field",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="variants",
                        to="metrics.fielddefinition",
                    ),
                ),
                (
                    "site",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="portfolio.site",
                    ),
                ),
                (
                    "source",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="metrics.source",
                    ),
                ),
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
            ],
            options={
                "abstract": False,
                "base_manager_name": "objects",
            },
        ),
        migrations.CreateModel(
            name="FieldSettlement",
            fields=[
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
                ("variant_version", models.PositiveIntegerField()),
                ("wording", models.PositiveIntegerField()),
                ("meaning", models.CharField(max_length=500)),
                (
                    "outcome",
                    models.CharField(
                        choices=[
                            ("adopted", "It means the same as agreed"),
                            ("converted", "It is converted"),
                            ("accepted", "The difference may stand"),
                            ("gone", "Nobody uses it there any more"),
                        ],
                        max_length=9,
                    ),
                ),
                ("factor", models.DecimalField(decimal_places=9, max_digits=20, null=True)),
                ("plus", models.DecimalField(decimal_places=9, max_digits=20, null=True)),
                ("reason", models.CharField(max_length=500)),
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
                    "variant",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="settlements",
                        to="metrics.fieldvariant",
                    ),
                ),
            ],
            options={
                "abstract": False,
                "base_manager_name": "objects",
            },
        ),
        migrations.AddIndex(
            model_name="fielddefinition",
            index=django.contrib.postgres.indexes.HashIndex(
                fields=["tenant"], name="metrics_fielddefinition_few"
            ),
        ),
        migrations.AddConstraint(
            model_name="fielddefinition",
            constraint=common.tenancy.constraints.TenantIsolation(
                column="tenant_id",
                grants="SELECT, INSERT, UPDATE (name, meaning, unit, owner_id, wording, archived_at, version)",
                lookup=False,
                name="metrics_fielddefinition_iso",
                recompute=None,
            ),
        ),
        migrations.AddConstraint(
            model_name="fielddefinition",
            constraint=models.UniqueConstraint(
                fields=("tenant", "id"), name="metrics_fielddefinition_tenant_key"
            ),
        ),
        migrations.AddConstraint(
            model_name="fielddefinition",
            constraint=common.tenancy.constraints.TenantFK(
                columns=("owner_id",),
                name="metrics_fielddefinition_owner_fk",
                to="tenants_membership",
                to_columns=("id",),
            ),
        ),
        migrations.AddConstraint(
            model_name="fielddefinition",
            constraint=models.UniqueConstraint(
                models.F("tenant"),
                django.db.models.functions.text.Lower("name"),
                condition=models.Q(("archived_at__isnull", True)),
                name="metrics_fielddefinition_name_once",
            ),
        ),
        migrations.AddConstraint(
            model_name="fielddefinition",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("name", ""), _negated=True), models.Q(("meaning", ""), _negated=True)
                ),
                name="metrics_fielddefinition_said",
            ),
        ),
        migrations.AddIndex(
            model_name="fieldneed",
            index=django.contrib.postgres.indexes.HashIndex(
                fields=["tenant"], name="metrics_fieldneed_few"
            ),
        ),
        migrations.AddConstraint(
            model_name="fieldneed",
            constraint=common.tenancy.constraints.TenantIsolation(
                column="tenant_id",
                grants="SELECT, INSERT, UPDATE (used_for, ended_at, version)",
                lookup=False,
                name="metrics_fieldneed_iso",
                recompute=None,
            ),
        ),
        migrations.AddConstraint(
            model_name="fieldneed",
            constraint=models.UniqueConstraint(
                fields=("tenant", "id"), name="metrics_fieldneed_tenant_key"
            ),
        ),
        migrations.AddConstraint(
            model_name="fieldneed",
            constraint=common.tenancy.constraints.TenantFK(
                columns=("pilot_id",),
                name="metrics_fieldneed_pilot_fk",
                to="portfolio_pilot",
                to_columns=("id",),
            ),
        ),
        migrations.AddConstraint(
            model_name="fieldneed",
            constraint=common.tenancy.constraints.TenantFK(
                columns=("field_id",),
                name="metrics_fieldneed_field_fk",
                to="metrics_fielddefinition",
                to_columns=("id",),
            ),
        ),
        migrations.AddConstraint(
            model_name="fieldneed",
            constraint=models.UniqueConstraint(
                condition=models.Q(("ended_at__isnull", True)),
                fields=("tenant", "pilot", "field"),
                name="metrics_fieldneed_once",
            ),
        ),
        migrations.AddConstraint(
            model_name="fieldneed",
            constraint=models.CheckConstraint(
                condition=models.Q(("used_for", ""), _negated=True), name="metrics_fieldneed_said"
            ),
        ),
        migrations.AddIndex(
            model_name="fieldvariant",
            index=django.contrib.postgres.indexes.HashIndex(
                fields=["tenant"], name="metrics_fieldvariant_few"
            ),
        ),
        migrations.AddConstraint(
            model_name="fieldvariant",
            constraint=common.tenancy.constraints.TenantIsolation(
                column="tenant_id",
                grants="SELECT, INSERT, UPDATE (site_id, source_id, meaning, stand, factor, plus, cannot, said_by, wording, settled, ended_at, version)",
                lookup=False,
                name="metrics_fieldvariant_iso",
                recompute=None,
            ),
        ),
        migrations.AddConstraint(
            model_name="fieldvariant",
            constraint=models.UniqueConstraint(
                fields=("tenant", "id"), name="metrics_fieldvariant_tenant_key"
            ),
        ),
        migrations.AddConstraint(
            model_name="fieldvariant",
            constraint=common.tenancy.constraints.TenantFK(
                columns=("field_id",),
                name="metrics_fieldvariant_field_fk",
                to="metrics_fielddefinition",
                to_columns=("id",),
            ),
        ),
        migrations.AddConstraint(
            model_name="fieldvariant",
            constraint=common.tenancy.constraints.TenantFK(
                columns=("site_id",),
                name="metrics_fieldvariant_site_fk",
                to="portfolio_site",
                to_columns=("id",),
            ),
        ),
        migrations.AddConstraint(
            model_name="fieldvariant",
            constraint=common.tenancy.constraints.TenantFK(
                columns=("source_id",),
                name="metrics_fieldvariant_source_fk",
                to="metrics_source",
                to_columns=("id",),
            ),
        ),
        migrations.AddConstraint(
            model_name="fieldvariant",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("site__isnull", False), ("source__isnull", False), _connector="OR"
                ),
                name="metrics_fieldvariant_somewhere",
            ),
        ),
        migrations.AddConstraint(
            model_name="fieldvariant",
            constraint=models.UniqueConstraint(
                condition=models.Q(("ended_at__isnull", True)),
                fields=("tenant", "field", "site", "source"),
                name="metrics_fieldvariant_place_once",
                nulls_distinct=False,
            ),
        ),
        migrations.AddConstraint(
            model_name="fieldvariant",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("meaning", ""), _negated=True),
                    models.Q(("said_by", ""), _negated=True),
                ),
                name="metrics_fieldvariant_said",
            ),
        ),
        migrations.AddConstraint(
            model_name="fieldvariant",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("cannot", ""),
                        ("factor__isnull", True),
                        ("plus__isnull", True),
                        ("stand", "same"),
                    ),
                    models.Q(
                        ("factor__isnull", True),
                        ("plus__isnull", True),
                        ("stand", "differs"),
                        models.Q(("cannot", ""), _negated=True),
                    ),
                    models.Q(
                        ("cannot", ""),
                        ("factor__isnull", False),
                        ("plus__isnull", False),
                        ("stand", "convert"),
                    ),
                    _connector="OR",
                ),
                name="metrics_fieldvariant_stand",
            ),
        ),
        migrations.AddConstraint(
            model_name="fieldvariant",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("factor__isnull", True),
                        ("factor__range", (-10000000000, 10000000000)),
                        _connector="OR",
                    ),
                    models.Q(("factor", 0), _negated=True),
                    models.Q(
                        ("plus__isnull", True),
                        ("plus__range", (-10000000000, 10000000000)),
                        _connector="OR",
                    ),
                ),
                name="metrics_fieldvariant_numbers",
            ),
        ),
        migrations.AddIndex(
            model_name="fieldsettlement",
            index=django.contrib.postgres.indexes.HashIndex(
                fields=["tenant"], name="metrics_fieldsettlement_few"
            ),
        ),
        migrations.AddConstraint(
            model_name="fieldsettlement",
            constraint=common.tenancy.constraints.TenantIsolation(
                column="tenant_id",
                grants="SELECT, INSERT",
                lookup=False,
                name="metrics_fieldsettlement_iso",
                recompute=None,
            ),
        ),
        migrations.AddConstraint(
            model_name="fieldsettlement",
            constraint=models.UniqueConstraint(
                fields=("tenant", "id"), name="metrics_fieldsettlement_tenant_key"
            ),
        ),
        migrations.AddConstraint(
            model_name="fieldsettlement",
            constraint=common.tenancy.constraints.TenantFK(
                columns=("variant_id",),
                name="metrics_fieldsettlement_variant_fk",
                to="metrics_fieldvariant",
                to_columns=("id",),
            ),
        ),
        migrations.AddConstraint(
            model_name="fieldsettlement",
            constraint=common.tenancy.constraints.TenantFK(
                columns=("member_id",),
                name="metrics_fieldsettlement_member_fk",
                to="tenants_membership",
                to_columns=("id",),
            ),
        ),
        migrations.AddConstraint(
            model_name="fieldsettlement",
            constraint=models.UniqueConstraint(
                fields=("tenant", "variant", "variant_version"), name="metrics_fieldsettlement_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="fieldsettlement",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("factor__isnull", False), ("outcome", "converted"), ("plus__isnull", False)
                    ),
                    models.Q(
                        ("factor__isnull", True),
                        ("outcome__in", ["adopted", "accepted", "gone"]),
                        ("plus__isnull", True),
                    ),
                    _connector="OR",
                ),
                name="metrics_fieldsettlement_outcome",
            ),
        ),
        migrations.AddConstraint(
            model_name="fieldsettlement",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("reason", ""), _negated=True),
                    models.Q(("meaning", ""), _negated=True),
                ),
                name="metrics_fieldsettlement_said",
            ),
        ),
        Guard("metrics_fielddefinition_worded", WORDED),
        Guard("metrics_fieldvariant_settled", SETTLED),
        Guard("metrics_fieldsettlement_by_owner", SETTLER),
        Kept("metrics_fieldsettlement"),
        Kept("metrics_fieldvariant", append_only=False),
    ]
