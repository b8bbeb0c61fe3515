"""What goes to members by mail once a day: one mail a member and day, and each line in one alone."""

import common.tenancy.constraints
import django.db.models.deletion
import django.db.models.functions.datetime
import tenants.models
from django.db import migrations, models

from common.tenancy.operations import Guard

LINE = """
CREATE FUNCTION tenants_mailline_placed() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    broken text;
BEGIN
    broken := CASE
        WHEN TG_OP = 'UPDATE' AND NEW.digest_id IS DISTINCT FROM OLD.digest_id
          AND EXISTS (SELECT FROM tenants_digestmail d WHERE d.tenant_id = OLD.tenant_id
              AND d.id = OLD.digest_id AND d.sent_at IS NOT NULL)
            THEN 'tenants_mailline_sent_stays'
        WHEN EXISTS (SELECT FROM tenants_digestmail d WHERE d.tenant_id = NEW.tenant_id
            AND d.id = NEW.digest_id AND d.member_id <> NEW.member_id)
            THEN 'tenants_mailline_own'
        END;
    IF broken IS NOT NULL THEN
        RAISE EXCEPTION 'line % goes into no such digest', NEW.id
            USING ERRCODE = '23514', CONSTRAINT = broken, TABLE = 'tenants_mailline';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER tenants_mailline_placed BEFORE INSERT OR UPDATE ON tenants_mailline
    FOR EACH ROW EXECUTE FUNCTION tenants_mailline_placed();
"""


class Migration(migrations.Migration):
    dependencies = [
        ("tenants", "0002_tenant_doors"),
    ]

    operations = [
        migrations.AddField(
            model_name="membership",
            name="daily_digest",
            field=models.BooleanField(db_default=True, default=True),
        ),
        migrations.CreateModel(
            name="DigestMail",
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
                ("due_at", models.DateTimeField()),
                ("tries", models.PositiveSmallIntegerField(default=0)),
                ("sent_at", models.DateTimeField(blank=True, null=True)),
                ("day", models.DateField()),
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
            ],
            options={
                "abstract": False,
                "base_manager_name": "objects",
            },
        ),
        migrations.CreateModel(
            name="MailLine",
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
                ("dedup_key", models.CharField(max_length=200)),
                (
                    "digest",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="lines",
                        to="tenants.digestmail",
                    ),
                ),
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
            ],
            options={
                "abstract": False,
                "base_manager_name": "objects",
            },
        ),
        migrations.AddIndex(
            model_name="digestmail",
            index=models.Index(
                condition=models.Q(("sent_at__isnull", True)),
                fields=["tenant", "day"],
                name="tenants_digestmail_unsent",
            ),
        ),
        migrations.AddConstraint(
            model_name="digestmail",
            constraint=common.tenancy.constraints.TenantIsolation(
                column="tenant_id",
                grants="SELECT, INSERT, UPDATE (due_at, tries, sent_at)",
                lookup=False,
                name="tenants_digestmail_iso",
                recompute=None,
            ),
        ),
        migrations.AddConstraint(
            model_name="digestmail",
            constraint=models.UniqueConstraint(
                fields=("tenant", "id"), name="tenants_digestmail_tenant_key"
            ),
        ),
        migrations.AddConstraint(
            model_name="digestmail",
            constraint=common.tenancy.constraints.TenantFK(
                columns=("member_id",),
                name="tenants_digestmail_member_fk",
                to="tenants_membership",
                to_columns=("id",),
            ),
        ),
        migrations.AddConstraint(
            model_name="digestmail",
            constraint=models.UniqueConstraint(
                fields=("tenant", "member", "day"), name="tenants_digestmail_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="digestmail",
            constraint=models.CheckConstraint(
                condition=models.Q(("sent_at__isnull", True), ("tries__gte", 1), _connector="OR"),
                name="tenants_digestmail_sent_by_a_try",
            ),
        ),
        migrations.AddIndex(
            model_name="mailline",
            index=models.Index(
                condition=models.Q(("digest__isnull", True)),
                fields=["tenant", "member"],
                name="tenants_mailline_waiting",
            ),
        ),
        migrations.AddIndex(
            model_name="mailline",
            index=models.Index(fields=["tenant", "digest"], name="tenants_mailline_digest"),
        ),
        migrations.AddConstraint(
            model_name="mailline",
            constraint=common.tenancy.constraints.TenantIsolation(
                column="tenant_id",
                grants="SELECT, INSERT, UPDATE (digest_id)",
                lookup=False,
                name="tenants_mailline_iso",
                recompute=None,
            ),
        ),
        migrations.AddConstraint(
            model_name="mailline",
            constraint=models.UniqueConstraint(
                fields=("tenant", "id"), name="tenants_mailline_tenant_key"
            ),
        ),
        migrations.AddConstraint(
            model_name="mailline",
            constraint=common.tenancy.constraints.TenantFK(
                columns=("member_id",),
                name="tenants_mailline_member_fk",
                to="tenants_membership",
                to_columns=("id",),
            ),
        ),
        migrations.AddConstraint(
            model_name="mailline",
            constraint=common.tenancy.constraints.TenantFK(
                columns=("digest_id",),
                name="tenants_mailline_digest_fk",
                to="tenants_digestmail",
                to_columns=("id",),
            ),
        ),
        migrations.AddConstraint(
            model_name="mailline",
            constraint=models.UniqueConstraint(
                fields=("tenant", "member", "dedup_key"), name="tenants_mailline_once"
            ),
        ),
        Guard("tenants_mailline_placed", LINE),
    ]
