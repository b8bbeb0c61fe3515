"""Measurements and what is computed of them, baselines, read-outs and commitments."""

import common.tenancy.constraints
import django.contrib.postgres.fields
import django.contrib.postgres.indexes
import django.db.models.deletion
import django.db.models.expressions
import django.db.models.functions.datetime
import django.db.models.functions.text
import django.db.models.lookups
import tenants.models
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("portfolio", "0001_initial"),
        ("tenants", "0001_initial"),
    ]

    operations = [
        migrations.CreateModel(
            name="Source",
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
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("code", models.CharField(max_length=40)),
                ("name", models.CharField(max_length=200)),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("erp", "ERP"),
                            ("mes", "MES"),
                            ("wms", "WMS"),
                            ("cmms", "CMMS"),
                            ("spreadsheet", "Spreadsheet"),
                            ("vendor", "AI vendor"),
                            ("other", "Other"),
                        ],
                        default="other",
                        max_length=12,
                    ),
                ),
                (
                    "maintainer",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="tenants.person",
                    ),
                ),
                ("stale_after_hours", models.PositiveIntegerField(default=192)),
                (
                    "interval",
                    models.CharField(
                        choices=[
                            ("continuous", "Continuously"),
                            ("hour", "Every hour"),
                            ("day", "Every day"),
                            ("week", "Every week"),
                        ],
                        default="continuous",
                        max_length=10,
                    ),
                ),
                ("lag_limit_minutes", models.PositiveIntegerField(blank=True, null=True)),
                ("archived_at", models.DateTimeField(blank=True, null=True)),
                ("version", models.PositiveIntegerField(default=1)),
            ],
            options={
                "abstract": False,
                "base_manager_name": "objects",
                "indexes": [
                    django.contrib.postgres.indexes.HashIndex(
                        fields=["tenant"], name="metrics_source_few"
                    )
                ],
                "constraints": [
                    common.tenancy.constraints.TenantIsolation(
                        column="tenant_id",
                        grants="SELECT, INSERT, UPDATE",
                        lookup=False,
                        name="metrics_source_iso",
                        recompute=None,
                    ),
                    models.UniqueConstraint(
                        fields=("tenant", "id"), name="metrics_source_tenant_key"
                    ),
                    models.UniqueConstraint(
                        fields=("tenant", "code"), name="metrics_source_code_once"
                    ),
                    models.UniqueConstraint(
                        models.F("tenant"),
                        django.db.models.functions.text.Lower("code"),
                        name="metrics_source_code_alike",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("code__regex", "^[A-Za-z0-9][A-Za-z0-9_-]*$")),
                        name="metrics_source_code_shape",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("name", ""), _negated=True),
                        name="metrics_source_name_given",
                    ),
                    common.tenancy.constraints.TenantFK(
                        columns=("maintainer_id",),
                        name="metrics_source_maintainer_fk",
                        to="tenants_person",
                        to_columns=("id",),
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("interval__in", ["continuous", "hour", "day", "week"])),
                        name="metrics_source_interval",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("lag_limit_minutes__isnull", True),
                            ("lag_limit_minutes__gte", 1),
                            _connector="OR",
                        ),
                        name="metrics_source_lag_limit",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Metric",
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
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("code", models.CharField(max_length=60)),
                ("name", models.CharField(max_length=200)),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("mean", "Mean"),
                            ("median", "Median"),
                            ("proportion", "Proportion"),
                            ("ratio", "Ratio"),
                            ("rate", "Rate"),
                        ],
                        max_length=10,
                    ),
                ),
                ("unit", models.CharField(max_length=40)),
                (
                    "direction",
                    models.CharField(
                        choices=[("up", "Higher is better"), ("down", "Lower is better")],
                        max_length=4,
                    ),
                ),
                (
                    "exposure",
                    models.CharField(
                        blank=True, choices=[("day", "per day"), ("week", "per week")], max_length=4
                    ),
                ),
                ("decimals", models.PositiveSmallIntegerField(default=1)),
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
                ("zone", models.CharField(max_length=64)),
                ("attribution", models.TextField(blank=True)),
                ("archived_at", models.DateTimeField(blank=True, null=True)),
                ("version", models.PositiveIntegerField(default=1)),
            ],
            options={
                "abstract": False,
                "base_manager_name": "objects",
                "constraints": [
                    common.tenancy.constraints.TenantIsolation(
                        column="tenant_id",
                        grants="SELECT, INSERT, UPDATE",
                        lookup=False,
                        name="metrics_metric_iso",
                        recompute="SELECT",
                    ),
                    models.UniqueConstraint(
                        fields=("tenant", "id"), name="metrics_metric_tenant_key"
                    ),
                    models.UniqueConstraint(
                        fields=("tenant", "code"), name="metrics_metric_code_once"
                    ),
                    models.UniqueConstraint(
                        models.F("tenant"),
                        django.db.models.functions.text.Lower("code"),
                        name="metrics_metric_code_alike",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("code__regex", "^[A-Za-z0-9][A-Za-z0-9_-]*$")),
                        name="metrics_metric_code_shape",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("name", ""), _negated=True),
                        name="metrics_metric_name_given",
                    ),
                    common.tenancy.constraints.TenantFK(
                        columns=("site_id", "zone"),
                        name="metrics_metric_site_zone_fk",
                        to="portfolio_site",
                        to_columns=("id", "zone"),
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("kind__in", ["mean", "median", "proportion", "ratio", "rate"])
                        ),
                        name="metrics_metric_kind_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("direction__in", ["up", "down"])),
                        name="metrics_metric_direction_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("kind", "rate"), ("exposure__in", ["day", "week"])),
                            models.Q(models.Q(("kind", "rate"), _negated=True), ("exposure", "")),
                            _connector="OR",
                        ),
                        name="metrics_metric_rate_has_exposure",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("exposure", "week"), ("unit", "per_day"), _negated=True),
                            models.Q(("exposure", "day"), ("unit", "per_week"), _negated=True),
                        ),
                        name="metrics_metric_unit_says_exposure",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("decimals__lte", 6)), name="metrics_metric_decimals"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="MetricDefinition",
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
                    "metric",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="definitions",
                        to="metrics.metric",
                    ),
                ),
                ("number", models.PositiveIntegerField()),
                ("valid_from", models.DateField()),
                ("numerator", models.CharField(max_length=300)),
                ("denominator", models.CharField(blank=True, max_length=300)),
                ("reason", models.CharField(blank=True, max_length=300)),
                (
                    "created_by",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="tenants.membership",
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
                        name="metrics_metricdefinition_iso",
                        recompute="SELECT",
                    ),
                    models.UniqueConstraint(
                        fields=("tenant", "id"), name="metrics_metricdefinition_tenant_key"
                    ),
                    common.tenancy.constraints.TenantFK(
                        columns=("metric_id",),
                        name="metrics_metricdefinition_metric_fk",
                        to="metrics_metric",
                        to_columns=("id",),
                    ),
                    common.tenancy.constraints.TenantFK(
                        columns=("created_by_id",),
                        name="metrics_metricdefinition_by_fk",
                        to="tenants_membership",
                        to_columns=("id",),
                    ),
                    models.UniqueConstraint(
                        fields=("tenant", "metric", "number"), name="metrics_metricdefinition_once"
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("number__gt", 1)),
                        fields=("tenant", "metric", "valid_from"),
                        name="metrics_metricdefinition_one_a_day",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("number", 1), models.Q(("reason", ""), _negated=True), _connector="OR"
                        ),
                        name="metrics_metricdefinition_reason",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="PilotMetric",
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
                        related_name="metrics",
                        to="portfolio.pilot",
                    ),
                ),
                (
                    "metric",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="pilots",
                        to="metrics.metric",
                    ),
                ),
                (
                    "role",
                    models.CharField(
                        choices=[("primary", "Primary"), ("guard", "Guard"), ("health", "Health")],
                        max_length=8,
                    ),
                ),
                ("slot", models.PositiveSmallIntegerField(blank=True, null=True)),
                (
                    "comparison",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("lt", "below"),
                            ("le", "at most"),
                            ("gt", "above"),
                            ("ge", "at least"),
                        ],
                        max_length=2,
                    ),
                ),
                ("target", models.FloatField(blank=True, null=True)),
                (
                    "agreed_by",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="tenants.membership",
                    ),
                ),
                ("agreed_at", models.DateTimeField(blank=True, null=True)),
                (
                    "units_per_week",
                    models.DecimalField(blank=True, decimal_places=4, max_digits=16, null=True),
                ),
                (
                    "value_per_unit",
                    models.DecimalField(blank=True, decimal_places=4, max_digits=16, null=True),
                ),
                ("retired_at", models.DateTimeField(blank=True, null=True)),
                ("version", models.PositiveIntegerField(default=1)),
            ],
            options={
                "abstract": False,
                "base_manager_name": "objects",
                "indexes": [
                    models.Index(fields=["tenant", "metric"], name="metrics_pilotmetric_metric")
                ],
                "constraints": [
                    common.tenancy.constraints.TenantIsolation(
                        column="tenant_id",
                        grants="SELECT, INSERT, UPDATE",
                        lookup=False,
                        name="metrics_pilotmetric_iso",
                        recompute="SELECT",
                    ),
                    models.UniqueConstraint(
                        fields=("tenant", "id"), name="metrics_pilotmetric_tenant_key"
                    ),
                    common.tenancy.constraints.TenantFK(
                        columns=("pilot_id",),
                        name="metrics_pilotmetric_pilot_fk",
                        to="portfolio_pilot",
                        to_columns=("id",),
                    ),
                    common.tenancy.constraints.TenantFK(
                        columns=("metric_id",),
                        name="metrics_pilotmetric_metric_fk",
                        to="metrics_metric",
                        to_columns=("id",),
                    ),
                    common.tenancy.constraints.TenantFK(
                        columns=("agreed_by_id",),
                        name="metrics_pilotmetric_agreed_fk",
                        to="tenants_membership",
                        to_columns=("id",),
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("retired_at__isnull", True)),
                        fields=("tenant", "pilot", "metric"),
                        name="metrics_pilotmetric_once",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("retired_at__isnull", True), ("slot__isnull", False)),
                        fields=("tenant", "pilot", "slot"),
                        name="metrics_pilotmetric_slot_once",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("role", "primary"),
                                ("slot__isnull", False),
                                ("slot__range", (1, 3)),
                            ),
                            models.Q(("role__in", ["guard", "health"]), ("slot__isnull", True)),
                            _connector="OR",
                        ),
                        name="metrics_pilotmetric_three_primary",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("target__isnull", True), ("comparison", "")),
                            models.Q(
                                ("target__isnull", False),
                                ("comparison__in", ["lt", "le", "gt", "ge"]),
                            ),
                            _connector="OR",
                        ),
                        name="metrics_pilotmetric_target_whole",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("agreed_by__isnull", True), ("agreed_at__isnull", True)),
                            models.Q(
                                ("agreed_by__isnull", False),
                                ("agreed_at__isnull", False),
                                ("target__isnull", False),
                            ),
                            _connector="OR",
                        ),
                        name="metrics_pilotmetric_agreement_whole",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("units_per_week__isnull", True), ("value_per_unit__isnull", True)
                            ),
                            models.Q(
                                ("units_per_week__isnull", False),
                                ("value_per_unit__isnull", False),
                                ("units_per_week__gt", 0),
                                ("value_per_unit__gt", 0),
                            ),
                            _connector="OR",
                        ),
                        name="metrics_pilotmetric_money_whole",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="VendorCommitment",
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
                    "target_row",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="commitments",
                        to="metrics.pilotmetric",
                    ),
                ),
                (
                    "vendor",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="portfolio.vendor",
                    ),
                ),
                (
                    "comparison",
                    models.CharField(
                        choices=[
                            ("lt", "below"),
                            ("le", "at most"),
                            ("gt", "above"),
                            ("ge", "at least"),
                        ],
                        max_length=2,
                    ),
                ),
                ("target", models.FloatField()),
                ("due_date", models.DateField()),
                ("remedy", models.CharField(max_length=300)),
                ("source", models.CharField(max_length=300)),
                (
                    "written_by",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="tenants.membership",
                    ),
                ),
                ("written_at", models.DateTimeField()),
                ("version", models.PositiveIntegerField(default=1)),
            ],
            options={
                "abstract": False,
                "base_manager_name": "objects",
                "indexes": [
                    models.Index(
                        fields=["tenant", "target_row"], name="metrics_vendorcommitment_row"
                    )
                ],
                "constraints": [
                    common.tenancy.constraints.TenantIsolation(
                        column="tenant_id",
                        grants="SELECT, INSERT, UPDATE",
                        lookup=False,
                        name="metrics_vendorcommitment_iso",
                        recompute="SELECT",
                    ),
                    models.UniqueConstraint(
                        fields=("tenant", "id"), name="metrics_vendorcommitment_tenant_key"
                    ),
                    common.tenancy.constraints.TenantFK(
                        columns=("target_row_id",),
                        name="metrics_vendorcommitment_target_fk",
                        to="metrics_pilotmetric",
                        to_columns=("id",),
                    ),
                    common.tenancy.constraints.TenantFK(
                        columns=("vendor_id",),
                        name="metrics_vendorcommitment_vendor_fk",
                        to="portfolio_vendor",
                        to_columns=("id",),
                    ),
                    common.tenancy.constraints.TenantFK(
                        columns=("written_by_id",),
                        name="metrics_vendorcommitment_by_fk",
                        to="tenants_membership",
                        to_columns=("id",),
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("comparison__in", ["lt", "le", "gt", "ge"])),
                        name="metrics_vendorcommitment_side",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("remedy", ""), _negated=True),
                            models.Q(("source", ""), _negated=True),
                        ),
                        name="metrics_vendorcommitment_whole",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="CommitmentFinding",
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
                    "commitment",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="findings",
                        to="metrics.vendorcommitment",
                    ),
                ),
                ("number", models.PositiveIntegerField()),
                ("due_at", models.DateTimeField()),
                ("as_of", models.DateTimeField()),
                ("inputs", models.TextField()),
                ("digest", models.BinaryField(max_length=32)),
                ("value", models.FloatField(null=True)),
                (
                    "word",
                    models.CharField(
                        choices=[
                            ("met", "Met"),
                            ("missed", "Missed"),
                            ("unknown", "Not to be told"),
                        ],
                        max_length=10,
                    ),
                ),
            ],
            options={
                "abstract": False,
                "base_manager_name": "objects",
                "constraints": [
                    common.tenancy.constraints.TenantIsolation(
                        column="tenant_id",
                        grants="SELECT",
                        lookup=False,
                        name="metrics_commitmentfinding_iso",
                        recompute="SELECT, INSERT",
                    ),
                    models.UniqueConstraint(
                        fields=("tenant", "id"), name="metrics_commitmentfinding_tenant_key"
                    ),
                    common.tenancy.constraints.TenantFK(
                        columns=("commitment_id",),
                        name="metrics_commitmentfinding_commitment_fk",
                        to="metrics_vendorcommitment",
                        to_columns=("id",),
                    ),
                    models.UniqueConstraint(
                        fields=("tenant", "commitment", "number"),
                        name="metrics_commitmentfinding_once",
                    ),
                    models.UniqueConstraint(
                        fields=("tenant", "commitment", "id"),
                        name="metrics_commitmentfinding_of_key",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("as_of__gte", models.F("due_at"))),
                        name="metrics_commitmentfinding_not_early",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("value__isnull", False), ("word__in", ["met", "missed"])),
                            models.Q(("value__isnull", True), ("word", "unknown")),
                            _connector="OR",
                        ),
                        name="metrics_commitmentfinding_word",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="CommitmentDecision",
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
                    "commitment",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="decisions",
                        to="metrics.vendorcommitment",
                    ),
                ),
                (
                    "finding",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="metrics.commitmentfinding",
                    ),
                ),
                (
                    "word",
                    models.CharField(
                        choices=[("met", "Met"), ("missed", "Missed"), ("waived", "Waived")],
                        max_length=10,
                    ),
                ),
                ("reason", models.CharField(max_length=300)),
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
                ("at", models.DateTimeField()),
            ],
            options={
                "abstract": False,
                "base_manager_name": "objects",
                "constraints": [
                    common.tenancy.constraints.TenantIsolation(
                        column="tenant_id",
                        grants="SELECT, INSERT",
                        lookup=False,
                        name="metrics_commitmentdecision_iso",
                        recompute="SELECT",
                    ),
                    models.UniqueConstraint(
                        fields=("tenant", "id"), name="metrics_commitmentdecision_tenant_key"
                    ),
                    common.tenancy.constraints.TenantFK(
                        columns=("commitment_id",),
                        name="metrics_commitmentdecision_commitment_fk",
                        to="metrics_vendorcommitment",
                        to_columns=("id",),
                    ),
                    common.tenancy.constraints.TenantFK(
                        columns=("commitment_id", "finding_id"),
                        name="metrics_commitmentdecision_finding_fk",
                        to="metrics_commitmentfinding",
                        to_columns=("commitment_id", "id"),
                    ),
                    common.tenancy.constraints.TenantFK(
                        columns=("member_id",),
                        name="metrics_commitmentdecision_member_fk",
                        to="tenants_membership",
                        to_columns=("id",),
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("word", "waived"), _negated=True),
                        fields=("tenant", "finding"),
                        name="metrics_commitmentdecision_once",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("word", "waived")),
                        fields=("tenant", "commitment"),
                        name="metrics_commitmentdecision_waived_once",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("word", "waived"),
                            models.Q(("finding__isnull", False), ("word__in", ["met", "missed"])),
                            _connector="OR",
                        ),
                        name="metrics_commitmentdecision_word",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("reason", ""), _negated=True),
                        name="metrics_commitmentdecision_reason",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="FeedTurn",
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
                    "source",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="metrics.source",
                    ),
                ),
                ("number", models.PositiveIntegerField()),
                ("follows", models.PositiveIntegerField(null=True)),
                ("at", models.DateTimeField()),
                ("minutes", models.FloatField()),
                ("limit_minutes", models.PositiveIntegerField()),
                ("counted", models.PositiveIntegerField()),
            ],
            options={
                "abstract": False,
                "base_manager_name": "objects",
                "constraints": [
                    common.tenancy.constraints.TenantIsolation(
                        column="tenant_id",
                        grants="SELECT, INSERT",
                        lookup=False,
                        name="metrics_feedturn_iso",
                        recompute=None,
                    ),
                    models.UniqueConstraint(
                        fields=("tenant", "id"), name="metrics_feedturn_tenant_key"
                    ),
                    common.tenancy.constraints.TenantFK(
                        columns=("metric_id",),
                        name="metrics_feedturn_metric_fk",
                        to="metrics_metric",
                        to_columns=("id",),
                    ),
                    common.tenancy.constraints.TenantFK(
                        columns=("source_id",),
                        name="metrics_feedturn_source_fk",
                        to="metrics_source",
                        to_columns=("id",),
                    ),
                    models.UniqueConstraint(
                        fields=("tenant", "metric", "source", "number"),
                        name="metrics_feedturn_once",
                    ),
                    common.tenancy.constraints.TenantFK(
                        columns=("metric_id", "source_id", "follows"),
                        name="metrics_feedturn_follows_fk",
                        to="metrics_feedturn",
                        to_columns=("metric_id", "source_id", "number"),
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("follows__isnull", True), ("number", 1)),
                            models.Q(
                                (
                                    "follows",
                                    django.db.models.expressions.CombinedExpression(
                                        models.F("number"), "-", models.Value(1)
                                    ),
                                ),
                                ("follows__isnull", False),
                                ("number__gt", 1),
                            ),
                            _connector="OR",
                        ),
                        name="metrics_feedturn_in_order",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("counted__gte", 1), ("limit_minutes__gte", 1), ("minutes__gte", 0)
                        ),
                        name="metrics_feedturn_measured",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="TimestampRule",
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
                    "source",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="metrics.source",
                    ),
                ),
                ("transaction", models.CharField(max_length=120)),
                ("event_field", models.CharField(max_length=200)),
                ("entry_field", models.CharField(blank=True, max_length=200)),
                ("without", models.CharField(blank=True, max_length=300)),
                ("limit_hours", models.PositiveIntegerField(default=24)),
                ("ended_at", models.DateTimeField(blank=True, null=True)),
                ("version", models.PositiveIntegerField(default=1)),
            ],
            options={
                "abstract": False,
                "base_manager_name": "objects",
                "constraints": [
                    common.tenancy.constraints.TenantIsolation(
                        column="tenant_id",
                        grants="SELECT, INSERT, UPDATE",
                        lookup=False,
                        name="metrics_timestamprule_iso",
                        recompute=None,
                    ),
                    models.UniqueConstraint(
                        fields=("tenant", "id"), name="metrics_timestamprule_tenant_key"
                    ),
                    common.tenancy.constraints.TenantFK(
                        columns=("metric_id",),
                        name="metrics_timestamprule_metric_fk",
                        to="metrics_metric",
                        to_columns=("id",),
                    ),
                    common.tenancy.constraints.TenantFK(
                        columns=("source_id",),
                        name="metrics_timestamprule_source_fk",
                        to="metrics_source",
                        to_columns=("id",),
                    ),
                    models.UniqueConstraint(
                        fields=("tenant", "metric", "source"), name="metrics_timestamprule_once"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("transaction", ""), _negated=True),
                            models.Q(("event_field", ""), _negated=True),
                        ),
                        name="metrics_timestamprule_said",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("limit_hours__gte", 1)),
                        name="metrics_timestamprule_limit",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="ImportFile",
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
                    "member",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="tenants.membership",
                    ),
                ),
                ("name", models.CharField(max_length=200)),
                ("content", models.BinaryField()),
                ("choices", models.JSONField(default=dict)),
                ("outcome", models.JSONField(null=True)),
                ("refused", models.BinaryField(null=True)),
                ("done_at", models.DateTimeField(null=True)),
                ("expires_at", models.DateTimeField()),
            ],
            options={
                "abstract": False,
                "base_manager_name": "objects",
                "indexes": [
                    models.Index(
                        fields=["tenant", "member", "-created_at"], name="metrics_importfile_list"
                    )
                ],
                "constraints": [
                    common.tenancy.constraints.TenantIsolation(
                        column="tenant_id",
                        grants="SELECT, INSERT, UPDATE, DELETE",
                        lookup=False,
                        name="metrics_importfile_iso",
                        recompute=None,
                    ),
                    models.UniqueConstraint(
                        fields=("tenant", "id"), name="metrics_importfile_tenant_key"
                    ),
                    common.tenancy.constraints.TenantFK(
                        columns=("member_id",),
                        name="metrics_importfile_member_fk",
                        to="tenants_membership",
                        to_columns=("id",),
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("done_at__isnull", True), ("outcome__isnull", True)),
                            models.Q(("done_at__isnull", False), ("outcome__isnull", False)),
                            _connector="OR",
                        ),
                        name="metrics_importfile_done_whole",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="SyncBatch",
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
                ("actor", models.CharField(max_length=80)),
                ("channel", models.CharField(max_length=12)),
                ("created", models.PositiveIntegerField()),
                ("superseded", models.PositiveIntegerField()),
                ("unchanged", models.PositiveIntegerField()),
                ("rejected", models.PositiveIntegerField()),
                ("content_hash", models.BinaryField(max_length=32)),
            ],
            options={
                "abstract": False,
                "base_manager_name": "objects",
                "indexes": [
                    models.Index(fields=["tenant", "-created_at"], name="metrics_syncbatch_list")
                ],
                "constraints": [
                    common.tenancy.constraints.TenantIsolation(
                        column="tenant_id",
                        grants="SELECT, INSERT",
                        lookup=False,
                        name="metrics_syncbatch_iso",
                        recompute=None,
                    ),
                    models.UniqueConstraint(
                        fields=("tenant", "id"), name="metrics_syncbatch_tenant_key"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Measurement",
            fields=[
                ("tenant_id", models.BigIntegerField()),
                ("metric_id", models.BigIntegerField()),
                ("key", models.BinaryField(max_length=16)),
                ("source_id", models.BigIntegerField()),
                ("external_id", models.TextField(db_collation="C")),
                ("revision", models.IntegerField()),
                ("event_at", models.DateTimeField()),
                ("recorded_at", models.DateTimeField(null=True)),
                ("numerator", models.FloatField()),
                ("denominator", models.FloatField()),
                ("site_id", models.UUIDField(null=True)),
                ("batch_id", models.UUIDField()),
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "tenant_id",
                        "metric_id",
                        "key",
                        blank=True,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
            ],
            options={
                "abstract": False,
                "base_manager_name": "objects",
                "indexes": [
                    models.Index(
                        fields=["tenant_id", "metric_id", "event_at"],
                        include=("numerator", "denominator"),
                        name="metrics_measurement_week",
                    )
                ],
                "constraints": [
                    common.tenancy.constraints.TenantIsolation(
                        column="tenant_id",
                        grants="SELECT, INSERT, UPDATE",
                        lookup=False,
                        name="metrics_measurement_iso",
                        recompute="SELECT",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="MeasurementRevision",
            fields=[
                ("tenant_id", models.BigIntegerField()),
                ("metric_id", models.BigIntegerField()),
                ("key", models.BinaryField(max_length=16)),
                ("source_id", models.BigIntegerField()),
                ("external_id", models.TextField(db_collation="C")),
                ("revision", models.IntegerField()),
                ("event_at", models.DateTimeField()),
                ("recorded_at", models.DateTimeField(null=True)),
                ("numerator", models.FloatField()),
                ("denominator", models.FloatField()),
                ("site_id", models.UUIDField(null=True)),
                ("batch_id", models.UUIDField()),
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "tenant_id",
                        "metric_id",
                        "key",
                        "revision",
                        blank=True,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                (
                    "replaced_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now()),
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
                        name="metrics_measurementrevision_iso",
                        recompute=None,
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Mark",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("tenant_id", models.BigIntegerField()),
                ("metric_id", models.BigIntegerField()),
                ("week", models.DateField()),
                (
                    "made_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now()),
                ),
                ("aside_until", models.DateTimeField(null=True)),
            ],
            options={
                "base_manager_name": "objects",
                "indexes": [
                    models.Index(fields=["tenant_id", "made_at"], name="metrics_mark_oldest"),
                    models.Index(
                        condition=models.Q(("aside_until__isnull", False)),
                        fields=["tenant_id", "metric_id", "week"],
                        name="metrics_mark_aside",
                    ),
                ],
                "constraints": [
                    common.tenancy.constraints.TenantIsolation(
                        column="tenant_id",
                        grants="SELECT, INSERT",
                        lookup=True,
                        name="metrics_mark_iso",
                        recompute="SELECT, DELETE",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Coverage",
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
                    "source",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="metrics.source",
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
                ("from_date", models.DateField()),
                ("through_date", models.DateField()),
                ("actor", models.CharField(max_length=80)),
            ],
            options={
                "abstract": False,
                "base_manager_name": "objects",
                "constraints": [
                    common.tenancy.constraints.TenantIsolation(
                        column="tenant_id",
                        grants="SELECT, INSERT, DELETE",
                        lookup=False,
                        name="metrics_coverage_iso",
                        recompute="SELECT",
                    ),
                    models.UniqueConstraint(
                        fields=("tenant", "id"), name="metrics_coverage_tenant_key"
                    ),
                    common.tenancy.constraints.TenantFK(
                        columns=("source_id",),
                        name="metrics_coverage_source_fk",
                        to="metrics_source",
                        to_columns=("id",),
                    ),
                    common.tenancy.constraints.TenantFK(
                        columns=("metric_id",),
                        name="metrics_coverage_metric_fk",
                        to="metrics_metric",
                        to_columns=("id",),
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("through_date__gte", models.F("from_date"))),
                        name="metrics_coverage_span",
                    ),
                    models.UniqueConstraint(
                        fields=("tenant", "metric", "source", "from_date", "through_date"),
                        name="metrics_coverage_once",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="PilotOutcome",
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
                        related_name="outcomes",
                        to="portfolio.pilot",
                    ),
                ),
                ("number", models.PositiveIntegerField()),
                (
                    "word",
                    models.CharField(
                        choices=[("graduate", "Graduate"), ("extend", "Extend"), ("stop", "Stop")],
                        max_length=10,
                    ),
                ),
                ("until_week", models.PositiveSmallIntegerField(blank=True, null=True)),
                ("reason", models.CharField(max_length=600)),
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
                ("at", models.DateTimeField()),
                ("evidence", models.JSONField()),
            ],
            options={
                "abstract": False,
                "base_manager_name": "objects",
                "constraints": [
                    common.tenancy.constraints.TenantIsolation(
                        column="tenant_id",
                        grants="SELECT, INSERT",
                        lookup=False,
                        name="metrics_pilotoutcome_iso",
                        recompute="SELECT",
                    ),
                    models.UniqueConstraint(
                        fields=("tenant", "id"), name="metrics_pilotoutcome_tenant_key"
                    ),
                    common.tenancy.constraints.TenantFK(
                        columns=("pilot_id",),
                        name="metrics_pilotoutcome_pilot_fk",
                        to="portfolio_pilot",
                        to_columns=("id",),
                    ),
                    common.tenancy.constraints.TenantFK(
                        columns=("member_id",),
                        name="metrics_pilotoutcome_member_fk",
                        to="tenants_membership",
                        to_columns=("id",),
                    ),
                    models.UniqueConstraint(
                        fields=("tenant", "pilot", "number"),
                        name="metrics_pilotoutcome_number_once",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("word__in", ["graduate", "extend", "stop"])),
                        name="metrics_pilotoutcome_word",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("until_week__in", [16, 24]),
                                ("until_week__isnull", False),
                                ("word", "extend"),
                            ),
                            models.Q(
                                models.Q(("word", "extend"), _negated=True),
                                ("until_week__isnull", True),
                            ),
                            _connector="OR",
                        ),
                        name="metrics_pilotoutcome_until",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("reason", ""), _negated=True),
                        name="metrics_pilotoutcome_reason",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Snapshot",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "tenant_id",
                        "metric_id",
                        "week",
                        blank=True,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("tenant_id", models.BigIntegerField()),
                ("metric_id", models.BigIntegerField()),
                ("week", models.DateField()),
                ("n", models.IntegerField()),
                ("numerator", models.FloatField(null=True)),
                ("denominator", models.FloatField()),
                ("value", models.FloatField(null=True)),
                ("low", models.FloatField(null=True)),
                ("high", models.FloatField(null=True)),
                ("p50", models.FloatField(null=True)),
                ("p95", models.FloatField(null=True)),
                ("days_reported", models.SmallIntegerField()),
                ("digest", models.BigIntegerField()),
                ("computed_at", models.DateTimeField()),
            ],
            options={
                "base_manager_name": "objects",
                "constraints": [
                    common.tenancy.constraints.TenantIsolation(
                        column="tenant_id",
                        grants="SELECT",
                        lookup=False,
                        name="metrics_snapshot_iso",
                        recompute="SELECT, INSERT, UPDATE, DELETE",
                    ),
                    common.tenancy.constraints.TenantFK(
                        columns=("metric_id",),
                        name="metrics_snapshot_metric_fk",
                        to="metrics_metric",
                        to_columns=("id",),
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Summary",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "tenant_id",
                        "metric_id",
                        blank=True,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("tenant_id", models.BigIntegerField()),
                ("metric_id", models.BigIntegerField()),
                (
                    "weeks",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.DateField(), size=None
                    ),
                ),
                (
                    "values",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.FloatField(), size=None
                    ),
                ),
                ("snapshots", models.IntegerField()),
                ("last_event_at", models.DateTimeField(null=True)),
                ("last_source_id", models.BigIntegerField(null=True)),
                ("computed_at", models.DateTimeField()),
            ],
            options={
                "base_manager_name": "objects",
                "constraints": [
                    common.tenancy.constraints.TenantIsolation(
                        column="tenant_id",
                        grants="SELECT",
                        lookup=False,
                        name="metrics_summary_iso",
                        recompute="SELECT, INSERT, UPDATE, DELETE",
                    ),
                    common.tenancy.constraints.TenantFK(
                        columns=("metric_id",),
                        name="metrics_summary_metric_fk",
                        to="metrics_metric",
                        to_columns=("id",),
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="PilotSource",
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
                        related_name="+",
                        to="portfolio.pilot",
                    ),
                ),
                ("name", models.CharField(max_length=200)),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("erp", "ERP"),
                            ("mes", "MES"),
                            ("cmms", "CMMS"),
                            ("wms", "WMS"),
                            ("spreadsheet", "Spreadsheet"),
                            ("paper", "Paper"),
                            ("vendor", "AI vendor"),
                            ("other", "Other"),
                        ],
                        max_length=12,
                    ),
                ),
                ("gives", models.CharField(max_length=300)),
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
                ("by_hand", models.BooleanField(default=False)),
                (
                    "maintainer",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="tenants.person",
                    ),
                ),
                ("updated_on", models.DateField(blank=True, null=True)),
                ("limit_days", models.PositiveIntegerField(default=31)),
                ("faults", models.TextField(blank=True)),
                ("ended_at", models.DateTimeField(blank=True, null=True)),
                ("version", models.PositiveIntegerField(default=1)),
            ],
            options={
                "abstract": False,
                "base_manager_name": "objects",
                "constraints": [
                    common.tenancy.constraints.TenantIsolation(
                        column="tenant_id",
                        grants="SELECT, INSERT, UPDATE",
                        lookup=False,
                        name="metrics_pilotsource_iso",
                        recompute=None,
                    ),
                    models.UniqueConstraint(
                        fields=("tenant", "id"), name="metrics_pilotsource_tenant_key"
                    ),
                    common.tenancy.constraints.TenantFK(
                        columns=("pilot_id",),
                        name="metrics_pilotsource_pilot_fk",
                        to="portfolio_pilot",
                        to_columns=("id",),
                    ),
                    common.tenancy.constraints.TenantFK(
                        columns=("source_id",),
                        name="metrics_pilotsource_source_fk",
                        to="metrics_source",
                        to_columns=("id",),
                    ),
                    common.tenancy.constraints.TenantFK(
                        columns=("maintainer_id",),
                        name="metrics_pilotsource_maintainer_fk",
                        to="tenants_person",
                        to_columns=("id",),
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("ended_at__isnull", True)),
                        fields=("tenant", "pilot", "name"),
                        name="metrics_pilotsource_name_once",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "kind__in",
                                [
                                    "erp",
                                    "mes",
                                    "cmms",
                                    "wms",
                                    "spreadsheet",
                                    "paper",
                                    "vendor",
                                    "other",
                                ],
                            )
                        ),
                        name="metrics_pilotsource_kind",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("name", ""), _negated=True),
                            models.Q(("gives", ""), _negated=True),
                        ),
                        name="metrics_pilotsource_said",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("limit_days__gte", 1)), name="metrics_pilotsource_limit"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("kind", "paper"), _negated=True),
                            ("source__isnull", True),
                            _connector="OR",
                        ),
                        name="metrics_pilotsource_paper_alone",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Baseline",
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
                    "target_row",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="baselines",
                        to="metrics.pilotmetric",
                    ),
                ),
                ("number", models.PositiveIntegerField()),
                ("matters", models.FloatField()),
                ("season_swing", models.FloatField(blank=True, null=True)),
                (
                    "season_by",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="tenants.membership",
                    ),
                ),
                ("season_at", models.DateTimeField(blank=True, null=True)),
                (
                    "comparison",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="metrics.metric",
                    ),
                ),
                (
                    "grain",
                    models.CharField(
                        choices=[("week", "week by week"), ("day", "day by day")],
                        default="week",
                        max_length=4,
                    ),
                ),
                ("log_scale", models.BooleanField(default=False)),
                ("maturity_days", models.PositiveSmallIntegerField(default=7)),
                ("plan", models.JSONField(blank=True, null=True)),
                ("planned_version", models.PositiveIntegerField(blank=True, null=True)),
                (
                    "accepted_by",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="tenants.membership",
                    ),
                ),
                ("accepted_at", models.DateTimeField(blank=True, null=True)),
                ("accepted_reason", models.CharField(blank=True, max_length=300)),
                (
                    "locked_by",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="tenants.membership",
                    ),
                ),
                ("locked_at", models.DateTimeField(blank=True, null=True)),
                (
                    "level",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("A", "against a comparison line"),
                            ("B", "against own history"),
                            ("C", "plain before and after"),
                        ],
                        max_length=1,
                    ),
                ),
                ("weeks", models.JSONField(blank=True, null=True)),
                ("value", models.FloatField(blank=True, null=True)),
                ("definition", models.PositiveIntegerField(blank=True, null=True)),
                ("side", models.CharField(blank=True, max_length=2)),
                ("target", models.FloatField(blank=True, null=True)),
                ("late_week", models.PositiveIntegerField(blank=True, null=True)),
                (
                    "superseded_by",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="tenants.membership",
                    ),
                ),
                ("superseded_at", models.DateTimeField(blank=True, null=True)),
                ("superseded_reason", models.CharField(blank=True, max_length=300)),
                ("version", models.PositiveIntegerField(default=1)),
            ],
            options={
                "abstract": False,
                "base_manager_name": "objects",
                "indexes": [
                    django.contrib.postgres.indexes.HashIndex(
                        fields=["tenant"], name="metrics_baseline_few"
                    )
                ],
                "constraints": [
                    common.tenancy.constraints.TenantIsolation(
                        column="tenant_id",
                        grants="SELECT, INSERT, UPDATE",
                        lookup=False,
                        name="metrics_baseline_iso",
                        recompute="SELECT",
                    ),
                    models.UniqueConstraint(
                        fields=("tenant", "id"), name="metrics_baseline_tenant_key"
                    ),
                    common.tenancy.constraints.TenantFK(
                        columns=("target_row_id",),
                        name="metrics_baseline_target_fk",
                        to="metrics_pilotmetric",
                        to_columns=("id",),
                    ),
                    common.tenancy.constraints.TenantFK(
                        columns=("comparison_id",),
                        name="metrics_baseline_comparison_fk",
                        to="metrics_metric",
                        to_columns=("id",),
                    ),
                    common.tenancy.constraints.TenantFK(
                        columns=("season_by_id",),
                        name="metrics_baseline_season_fk",
                        to="tenants_membership",
                        to_columns=("id",),
                    ),
                    common.tenancy.constraints.TenantFK(
                        columns=("accepted_by_id",),
                        name="metrics_baseline_accepted_fk",
                        to="tenants_membership",
                        to_columns=("id",),
                    ),
                    common.tenancy.constraints.TenantFK(
                        columns=("locked_by_id",),
                        name="metrics_baseline_locked_fk",
                        to="tenants_membership",
                        to_columns=("id",),
                    ),
                    common.tenancy.constraints.TenantFK(
                        columns=("superseded_by_id",),
                        name="metrics_baseline_superseded_fk",
                        to="tenants_membership",
                        to_columns=("id",),
                    ),
                    models.UniqueConstraint(
                        fields=("tenant", "target_row", "number"),
                        name="metrics_baseline_number_once",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("superseded_at__isnull", True)),
                        fields=("tenant", "target_row"),
                        name="metrics_baseline_one_current",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("matters__gt", 0)), name="metrics_baseline_matters"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("season_swing__isnull", True),
                            ("season_swing__gte", 0),
                            _connector="OR",
                        ),
                        name="metrics_baseline_swing",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("maturity_days__lte", 180)),
                        name="metrics_baseline_maturity",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("grain__in", ["week", "day"])),
                        name="metrics_baseline_grain_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("grain", "week"),
                            models.Q(("comparison__isnull", True), ("level__in", ["", "C"])),
                            _connector="OR",
                        ),
                        name="metrics_baseline_daily_plain",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("grain", "week"),
                            ("weeks__isnull", True),
                            django.db.models.lookups.GreaterThanOrEqual(
                                models.Func(
                                    models.F("weeks"),
                                    function="jsonb_array_length",
                                    output_field=models.IntegerField(),
                                ),
                                14,
                            ),
                            _connector="OR",
                        ),
                        name="metrics_baseline_daily_enough",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("season_at__isnull", True),
                                ("season_by__isnull", True),
                                ("season_swing__isnull", True),
                            ),
                            models.Q(
                                ("season_at__isnull", False),
                                ("season_by__isnull", False),
                                ("season_swing__isnull", False),
                            ),
                            _connector="OR",
                        ),
                        name="metrics_baseline_season_whole",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("accepted_at__isnull", True),
                                ("accepted_by__isnull", True),
                                ("accepted_reason", ""),
                            ),
                            models.Q(
                                ("accepted_at__isnull", False),
                                ("accepted_by__isnull", False),
                                models.Q(("accepted_reason", ""), _negated=True),
                            ),
                            _connector="OR",
                        ),
                        name="metrics_baseline_accepted_whole",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("definition__isnull", True),
                                ("level", ""),
                                ("locked_at__isnull", True),
                                ("locked_by__isnull", True),
                                ("side", ""),
                                ("target__isnull", True),
                                ("value__isnull", True),
                                ("weeks__isnull", True),
                            ),
                            models.Q(
                                ("definition__isnull", False),
                                ("locked_at__isnull", False),
                                ("locked_by__isnull", False),
                                ("target__isnull", False),
                                ("value__isnull", False),
                                ("weeks__isnull", False),
                                models.Q(("level", ""), _negated=True),
                                models.Q(("side", ""), _negated=True),
                            ),
                            _connector="OR",
                        ),
                        name="metrics_baseline_locked_whole",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("definition__isnull", True), ("definition__gte", 1), _connector="OR"
                        ),
                        name="metrics_baseline_definition",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("superseded_at__isnull", True),
                                ("superseded_by__isnull", True),
                                ("superseded_reason", ""),
                            ),
                            models.Q(
                                ("superseded_at__isnull", False),
                                ("superseded_by__isnull", False),
                                models.Q(("superseded_reason", ""), _negated=True),
                            ),
                            _connector="OR",
                        ),
                        name="metrics_baseline_superseded_whole",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("superseded_at__isnull", True),
                            ("locked_at__isnull", False),
                            _connector="OR",
                        ),
                        name="metrics_baseline_superseded_locked",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("planned_version__isnull", True),
                            ("planned_version__lte", models.F("version")),
                            _connector="OR",
                        ),
                        name="metrics_baseline_planned",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="ReadOut",
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
                    "baseline",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="read_outs",
                        to="metrics.baseline",
                    ),
                ),
                ("week", models.PositiveSmallIntegerField()),
                ("number", models.PositiveIntegerField()),
                ("due_at", models.DateTimeField()),
                ("as_of", models.DateTimeField()),
                ("inputs", models.TextField()),
                ("digest", models.BinaryField(max_length=32)),
                ("engine", models.CharField(max_length=20)),
                ("word", models.CharField(max_length=30)),
                ("sign", models.SmallIntegerField()),
                ("waits", models.BooleanField()),
                ("result", models.JSONField()),
            ],
            options={
                "abstract": False,
                "base_manager_name": "objects",
                "constraints": [
                    common.tenancy.constraints.TenantIsolation(
                        column="tenant_id",
                        grants="SELECT",
                        lookup=False,
                        name="metrics_readout_iso",
                        recompute="SELECT, INSERT",
                    ),
                    models.UniqueConstraint(
                        fields=("tenant", "id"), name="metrics_readout_tenant_key"
                    ),
                    common.tenancy.constraints.TenantFK(
                        columns=("baseline_id",),
                        name="metrics_readout_baseline_fk",
                        to="metrics_baseline",
                        to_columns=("id",),
                    ),
                    models.UniqueConstraint(
                        fields=("tenant", "baseline", "week", "number"), name="metrics_readout_once"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("week__in", [12, 16, 24])), name="metrics_readout_week"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("as_of__gte", models.F("due_at"))),
                        name="metrics_readout_not_early",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "word__in",
                                ["improved", "worse", "no_change_detected", "not_enough_evidence"],
                            )
                        ),
                        name="metrics_readout_word",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Acknowledgement",
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
                    "read_out",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="acknowledgements",
                        to="metrics.readout",
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
                ("at", models.DateTimeField()),
                ("reason", models.CharField(max_length=300)),
            ],
            options={
                "abstract": False,
                "base_manager_name": "objects",
                "constraints": [
                    common.tenancy.constraints.TenantIsolation(
                        column="tenant_id",
                        grants="SELECT, INSERT",
                        lookup=False,
                        name="metrics_acknowledgement_iso",
                        recompute="SELECT",
                    ),
                    models.UniqueConstraint(
                        fields=("tenant", "id"), name="metrics_acknowledgement_tenant_key"
                    ),
                    common.tenancy.constraints.TenantFK(
                        columns=("read_out_id",),
                        name="metrics_acknowledgement_read_out_fk",
                        to="metrics_readout",
                        to_columns=("id",),
                    ),
                    common.tenancy.constraints.TenantFK(
                        columns=("member_id",),
                        name="metrics_acknowledgement_member_fk",
                        to="tenants_membership",
                        to_columns=("id",),
                    ),
                    models.UniqueConstraint(
                        fields=("tenant", "read_out"), name="metrics_acknowledgement_once"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("reason", ""), _negated=True),
                        name="metrics_acknowledgement_reason",
                    ),
                ],
            },
        ),
    ]
