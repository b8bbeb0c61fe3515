"""What calls for training a model anew, and each time it did: answered once, and kept."""

import common.tenancy.constraints
import django.contrib.postgres.indexes
import django.db.models.deletion
import django.db.models.functions.datetime
import tenants.models
from django.db import migrations, models

from common.tenancy.operations import Guard, Kept

# A firing stays as it was; what was done about it is said once.
ANSWERED = """
CREATE FUNCTION gates_triggerfiring_fixed() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF OLD.answered_at IS NOT NULL
        OR (to_jsonb(NEW) - ARRAY['answered_at', 'answered_by_id', 'answer'])
            <> (to_jsonb(OLD) - ARRAY['answered_at', 'answered_by_id', 'answer'])
    THEN
        RAISE EXCEPTION 'firing % is answered once, and never changed', OLD.id
            USING ERRCODE = '23514', CONSTRAINT = 'gates_triggerfiring_fixed',
                TABLE = 'gates_triggerfiring';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER gates_triggerfiring_fixed BEFORE UPDATE ON gates_triggerfiring
    FOR EACH ROW EXECUTE FUNCTION gates_triggerfiring_fixed();
"""


class Migration(migrations.Migration):
    dependencies = [
        ("gates", "0004_drills_keep_what_was_tried"),
        ("metrics", "0005_commitments"),
        ("portfolio", "0002_confirmed_money"),
        ("tenants", "0002_tenant_doors"),
    ]

    operations = [
        migrations.CreateModel(
            name="RetrainingTrigger",
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
                (
                    "pilot",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="retraining_triggers",
                        to="portfolio.pilot",
                    ),
                ),
                (
                    "metric",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="metrics.metric",
                    ),
                ),
                (
                    "side",
                    models.CharField(
                        choices=[
                            ("lt", "below"),
                            ("le", "at or below"),
                            ("ge", "at or above"),
                            ("gt", "above"),
                        ],
                        max_length=2,
                    ),
                ),
                ("threshold", models.FloatField()),
                ("weeks", models.PositiveSmallIntegerField()),
                ("rest_weeks", models.PositiveSmallIntegerField()),
                (
                    "receiver",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="tenants.membership",
                    ),
                ),
                ("task", models.CharField(max_length=500)),
                ("archived_at", models.DateTimeField(blank=True, null=True)),
                ("version", models.PositiveIntegerField(default=1)),
            ],
            options={
                "abstract": False,
                "base_manager_name": "objects",
                "indexes": [
                    django.contrib.postgres.indexes.HashIndex(
                        fields=["tenant"], name="gates_retrainingtrigger_few"
                    )
                ],
                "constraints": [
                    common.tenancy.constraints.TenantIsolation(
                        column="tenant_id",
                        grants="SELECT, INSERT, UPDATE (side, threshold, weeks, rest_weeks, receiver_id, task, archived_at, version)",
                        lookup=False,
                        name="gates_retrainingtrigger_iso",
                        recompute=None,
                    ),
                    models.UniqueConstraint(
                        fields=("tenant", "id"), name="gates_retrainingtrigger_tenant_key"
                    ),
                    common.tenancy.constraints.TenantFK(
                        columns=("pilot_id",),
                        name="gates_retrainingtrigger_pilot_fk",
                        to="portfolio_pilot",
                        to_columns=("id",),
                    ),
                    common.tenancy.constraints.TenantFK(
                        columns=("metric_id",),
                        name="gates_retrainingtrigger_metric_fk",
                        to="metrics_metric",
                        to_columns=("id",),
                    ),
                    common.tenancy.constraints.TenantFK(
                        columns=("receiver_id",),
                        name="gates_retrainingtrigger_receiver_fk",
                        to="tenants_membership",
                        to_columns=("id",),
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("side__in", ["lt", "le", "ge", "gt"])),
                        name="gates_retrainingtrigger_side",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("weeks__range", (1, 26)),
                            ("rest_weeks__range", (1, 52)),
                            ("threshold__range", (-1000000000000000.0, 1000000000000000.0)),
                            models.Q(("task", ""), _negated=True),
                        ),
                        name="gates_retrainingtrigger_terms",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="TriggerFiring",
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
                (
                    "trigger",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="firings",
                        to="gates.retrainingtrigger",
                    ),
                ),
                ("trigger_version", models.PositiveIntegerField()),
                ("at", models.DateTimeField()),
                ("last_week", models.DateField(null=True)),
                (
                    "side",
                    models.CharField(
                        choices=[
                            ("lt", "below"),
                            ("le", "at or below"),
                            ("ge", "at or above"),
                            ("gt", "above"),
                        ],
                        max_length=2,
                    ),
                ),
                ("threshold", models.FloatField()),
                ("readings", models.JSONField(default=list)),
                (
                    "member",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="tenants.membership",
                    ),
                ),
                (
                    "receiver",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="tenants.membership",
                    ),
                ),
                ("answered_at", models.DateTimeField(null=True)),
                (
                    "answered_by",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="tenants.membership",
                    ),
                ),
                ("answer", models.CharField(blank=True, max_length=500)),
            ],
            options={
                "abstract": False,
                "base_manager_name": "objects",
                "indexes": [
                    django.contrib.postgres.indexes.HashIndex(
                        fields=["tenant"], name="gates_triggerfiring_few"
                    )
                ],
                "constraints": [
                    common.tenancy.constraints.TenantIsolation(
                        column="tenant_id",
                        grants="SELECT, INSERT, UPDATE (answered_at, answered_by_id, answer)",
                        lookup=False,
                        name="gates_triggerfiring_iso",
                        recompute=None,
                    ),
                    models.UniqueConstraint(
                        fields=("tenant", "id"), name="gates_triggerfiring_tenant_key"
                    ),
                    common.tenancy.constraints.TenantFK(
                        columns=("trigger_id",),
                        name="gates_triggerfiring_trigger_fk",
                        to="gates_retrainingtrigger",
                        to_columns=("id",),
                    ),
                    common.tenancy.constraints.TenantFK(
                        columns=("member_id",),
                        name="gates_triggerfiring_member_fk",
                        to="tenants_membership",
                        to_columns=("id",),
                    ),
                    common.tenancy.constraints.TenantFK(
                        columns=("receiver_id",),
                        name="gates_triggerfiring_receiver_fk",
                        to="tenants_membership",
                        to_columns=("id",),
                    ),
                    common.tenancy.constraints.TenantFK(
                        columns=("answered_by_id",),
                        name="gates_triggerfiring_answered_fk",
                        to="tenants_membership",
                        to_columns=("id",),
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("last_week__isnull", False)),
                        fields=("tenant", "trigger", "last_week"),
                        name="gates_triggerfiring_once_a_week",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("last_week__isnull", True), ("member__isnull", False)),
                            models.Q(
                                ("last_week__isnull", False),
                                ("last_week__iso_week_day", 1),
                                ("member__isnull", True),
                            ),
                            _connector="OR",
                        ),
                        name="gates_triggerfiring_tried_or_fired",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("answer", ""),
                                ("answered_at__isnull", True),
                                ("answered_by__isnull", True),
                            ),
                            models.Q(
                                ("answered_at__isnull", False),
                                ("answered_by__isnull", False),
                                models.Q(("answer", ""), _negated=True),
                            ),
                            _connector="OR",
                        ),
                        name="gates_triggerfiring_answered_whole",
                    ),
                ],
            },
        ),
        Guard("gates_triggerfiring_fixed", ANSWERED),
        Kept("gates_triggerfiring", append_only=False),
    ]
