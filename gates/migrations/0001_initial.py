"""Templates, gates and what they are passed on."""

import common.tenancy.constraints
import django.contrib.postgres.indexes
import django.db.models.deletion
import django.db.models.functions.comparison
import django.db.models.functions.datetime
import django.db.models.functions.text
import tenants.models
from decimal import Decimal
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("portfolio", "0001_initial"),
        ("tenants", "0001_initial"),
    ]

    operations = [
        migrations.CreateModel(
            name="CostModel",
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
                        related_name="cost_models",
                        to="portfolio.pilot",
                    ),
                ),
                ("number", models.PositiveIntegerField()),
                ("items_per_day", models.DecimalField(decimal_places=2, max_digits=14)),
                ("counted", models.CharField(max_length=10)),
                ("sites", models.PositiveSmallIntegerField()),
                ("days_per_year", models.PositiveSmallIntegerField()),
                ("calls_per_item", models.DecimalField(decimal_places=4, max_digits=12)),
                ("cost_per_call", models.DecimalField(decimal_places=8, max_digits=16)),
                ("cost_per_call_basis", models.CharField(max_length=10)),
                ("overhead", models.DecimalField(decimal_places=2, max_digits=16)),
                ("overhead_basis", models.CharField(max_length=10)),
                ("labour_minutes", models.DecimalField(decimal_places=4, max_digits=10)),
                ("labour_minutes_basis", models.CharField(max_length=10)),
                ("hourly_rate", models.DecimalField(decimal_places=2, max_digits=16)),
                ("hourly_rate_basis", models.CharField(max_length=10)),
                ("errors_before", models.DecimalField(decimal_places=2, max_digits=16)),
                ("errors_before_basis", models.CharField(max_length=10)),
                ("errors_after", models.DecimalField(decimal_places=2, max_digits=16)),
                ("errors_after_basis", models.CharField(max_length=10)),
                ("note", models.CharField(blank=True, max_length=400)),
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
                "indexes": [
                    django.contrib.postgres.indexes.HashIndex(
                        fields=["tenant"], name="gates_costmodel_few"
                    )
                ],
                "constraints": [
                    common.tenancy.constraints.TenantIsolation(
                        column="tenant_id",
                        grants="SELECT, INSERT",
                        lookup=False,
                        name="gates_costmodel_iso",
                        recompute=None,
                    ),
                    models.UniqueConstraint(
                        fields=("tenant", "id"), name="gates_costmodel_tenant_key"
                    ),
                    common.tenancy.constraints.TenantFK(
                        columns=("pilot_id",),
                        name="gates_costmodel_pilot_fk",
                        to="portfolio_pilot",
                        to_columns=("id",),
                    ),
                    common.tenancy.constraints.TenantFK(
                        columns=("member_id",),
                        name="gates_costmodel_member_fk",
                        to="tenants_membership",
                        to_columns=("id",),
                    ),
                    models.UniqueConstraint(
                        fields=("tenant", "pilot", "number"), name="gates_costmodel_number_once"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("calls_per_item__range", (Decimal("0"), Decimal("10000"))),
                            ("cost_per_call__range", (Decimal("0"), Decimal("1000000"))),
                            ("errors_after__range", (Decimal("0"), Decimal("1000000000"))),
                            ("errors_before__range", (Decimal("0"), Decimal("1000000000"))),
                            ("hourly_rate__range", (Decimal("0"), Decimal("100000"))),
                            ("items_per_day__range", (Decimal("0"), Decimal("1000000000"))),
                            ("labour_minutes__range", (Decimal("0"), Decimal("100000"))),
                            ("overhead__range", (Decimal("0"), Decimal("1000000000000"))),
                        ),
                        name="gates_costmodel_amounts",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("cost_per_call_basis__in", ["measured", "estimated", "assumed"]),
                            ("errors_after_basis__in", ["measured", "estimated", "assumed"]),
                            ("errors_before_basis__in", ["measured", "estimated", "assumed"]),
                            ("hourly_rate_basis__in", ["measured", "estimated", "assumed"]),
                            ("labour_minutes_basis__in", ["measured", "estimated", "assumed"]),
                            ("overhead_basis__in", ["measured", "estimated", "assumed"]),
                        ),
                        name="gates_costmodel_labelled",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("counted__in", ["together", "each"]),
                            ("days_per_year__range", (1, 366)),
                            ("sites__range", (1, 1000)),
                        ),
                        name="gates_costmodel_counted",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("number", 1),
                            models.Q(("number__gt", 1), models.Q(("note", ""), _negated=True)),
                            _connector="OR",
                        ),
                        name="gates_costmodel_note",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="CostSignature",
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
                    "cost_model",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="signatures",
                        to="gates.costmodel",
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
                ("reason", models.CharField(blank=True, max_length=600)),
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
                        name="gates_costsignature_iso",
                        recompute=None,
                    ),
                    models.UniqueConstraint(
                        fields=("tenant", "id"), name="gates_costsignature_tenant_key"
                    ),
                    common.tenancy.constraints.TenantFK(
                        columns=("cost_model_id",),
                        name="gates_costsignature_model_fk",
                        to="gates_costmodel",
                        to_columns=("id",),
                    ),
                    common.tenancy.constraints.TenantFK(
                        columns=("member_id",),
                        name="gates_costsignature_member_fk",
                        to="tenants_membership",
                        to_columns=("id",),
                    ),
                    models.UniqueConstraint(
                        fields=("tenant", "cost_model"), name="gates_costsignature_once"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Template",
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
                ("gate", models.CharField(max_length=20)),
                ("number", models.PositiveIntegerField()),
                ("reason", models.CharField(blank=True, max_length=300)),
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
                        name="gates_template_iso",
                        recompute=None,
                    ),
                    models.UniqueConstraint(
                        fields=("tenant", "id"), name="gates_template_tenant_key"
                    ),
                    common.tenancy.constraints.TenantFK(
                        columns=("member_id",),
                        name="gates_template_member_fk",
                        to="tenants_membership",
                        to_columns=("id",),
                    ),
                    models.UniqueConstraint(
                        fields=("tenant", "gate", "number"), name="gates_template_number_once"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "gate__in",
                                ["data", "accuracy", "failure", "integration", "cost", "ownership"],
                            )
                        ),
                        name="gates_template_gate",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("number", 1),
                            models.Q(
                                ("member__isnull", False), models.Q(("reason", ""), _negated=True)
                            ),
                            _connector="OR",
                        ),
                        name="gates_template_written",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Criterion",
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
                    "template",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="criteria",
                        to="gates.template",
                    ),
                ),
                ("code", models.CharField(max_length=40)),
                ("position", models.PositiveSmallIntegerField()),
                ("text", models.CharField(max_length=200)),
                ("why", models.CharField(blank=True, max_length=400)),
                ("check_kind", models.CharField(max_length=10)),
                ("side", models.CharField(blank=True, max_length=2)),
                ("limit", models.FloatField(null=True)),
                ("unit", models.CharField(blank=True, max_length=20)),
                ("fact", models.CharField(blank=True, max_length=40)),
                ("mandatory", models.BooleanField(default=True)),
                ("valid_days", models.PositiveSmallIntegerField(null=True)),
            ],
            options={
                "abstract": False,
                "base_manager_name": "objects",
                "constraints": [
                    common.tenancy.constraints.TenantIsolation(
                        column="tenant_id",
                        grants="SELECT, INSERT",
                        lookup=False,
                        name="gates_criterion_iso",
                        recompute=None,
                    ),
                    models.UniqueConstraint(
                        fields=("tenant", "id"), name="gates_criterion_tenant_key"
                    ),
                    common.tenancy.constraints.TenantFK(
                        columns=("template_id",),
                        name="gates_criterion_template_fk",
                        to="gates_template",
                        to_columns=("id",),
                    ),
                    models.UniqueConstraint(
                        fields=("tenant", "template", "code"), name="gates_criterion_code_once"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("check_kind", "evidence"),
                                ("fact", ""),
                                ("limit__isnull", True),
                                ("side", ""),
                            ),
                            models.Q(
                                ("check_kind", "number"),
                                ("fact", ""),
                                ("limit__isnull", False),
                                models.Q(("side", ""), _negated=True),
                            ),
                            models.Q(
                                ("check_kind", "fact"),
                                ("limit__isnull", True),
                                ("side", ""),
                                models.Q(("fact", ""), _negated=True),
                            ),
                            _connector="OR",
                        ),
                        name="gates_criterion_check",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("side__in", ["", "lt", "le", "ge", "gt"])),
                        name="gates_criterion_side",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("text", ""), _negated=True), name="gates_criterion_text"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Gate",
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
                        related_name="gates",
                        to="portfolio.pilot",
                    ),
                ),
                ("code", models.CharField(max_length=20)),
                (
                    "template",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="gates.template",
                    ),
                ),
                (
                    "decider",
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
                ("due_date", models.DateField(blank=True, null=True)),
                ("version", models.PositiveIntegerField(default=1)),
            ],
            options={
                "abstract": False,
                "base_manager_name": "objects",
                "indexes": [
                    django.contrib.postgres.indexes.HashIndex(
                        fields=["tenant"], name="gates_gate_few"
                    )
                ],
                "constraints": [
                    common.tenancy.constraints.TenantIsolation(
                        column="tenant_id",
                        grants="SELECT, INSERT, UPDATE",
                        lookup=False,
                        name="gates_gate_iso",
                        recompute=None,
                    ),
                    models.UniqueConstraint(fields=("tenant", "id"), name="gates_gate_tenant_key"),
                    common.tenancy.constraints.TenantFK(
                        columns=("pilot_id",),
                        name="gates_gate_pilot_fk",
                        to="portfolio_pilot",
                        to_columns=("id",),
                    ),
                    common.tenancy.constraints.TenantFK(
                        columns=("template_id",),
                        name="gates_gate_template_fk",
                        to="gates_template",
                        to_columns=("id",),
                    ),
                    common.tenancy.constraints.TenantFK(
                        columns=("decider_id",),
                        name="gates_gate_decider_fk",
                        to="tenants_membership",
                        to_columns=("id",),
                    ),
                    models.UniqueConstraint(
                        fields=("tenant", "pilot", "code"), name="gates_gate_once"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "code__in",
                                ["data", "accuracy", "failure", "integration", "cost", "ownership"],
                            )
                        ),
                        name="gates_gate_code",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="GateDecision",
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
                    "gate",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="decisions",
                        to="gates.gate",
                    ),
                ),
                ("number", models.PositiveIntegerField()),
                (
                    "verb",
                    models.CharField(
                        choices=[
                            ("submit", "submit"),
                            ("pass", "pass"),
                            ("send_back", "send_back"),
                            ("waive", "waive"),
                            ("reopen", "reopen"),
                        ],
                        max_length=10,
                    ),
                ),
                ("state", models.CharField(max_length=20)),
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
                ("reason", models.CharField(blank=True, max_length=600)),
                ("until", models.DateField(null=True)),
                ("facts", models.JSONField()),
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
                        name="gates_gatedecision_iso",
                        recompute=None,
                    ),
                    models.UniqueConstraint(
                        fields=("tenant", "id"), name="gates_gatedecision_tenant_key"
                    ),
                    common.tenancy.constraints.TenantFK(
                        columns=("gate_id",),
                        name="gates_gatedecision_gate_fk",
                        to="gates_gate",
                        to_columns=("id",),
                    ),
                    common.tenancy.constraints.TenantFK(
                        columns=("member_id",),
                        name="gates_gatedecision_member_fk",
                        to="tenants_membership",
                        to_columns=("id",),
                    ),
                    models.UniqueConstraint(
                        fields=("tenant", "gate", "number"), name="gates_gatedecision_number_once"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("state", "submitted"), ("verb", "submit")),
                            models.Q(("state", "passed"), ("verb", "pass")),
                            models.Q(("state", "changes_requested"), ("verb", "send_back")),
                            models.Q(("state", "waived"), ("verb", "waive")),
                            models.Q(("state", "reopened"), ("verb", "reopen")),
                            _connector="OR",
                        ),
                        name="gates_gatedecision_leads_to",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("number__gte", 1)), name="gates_gatedecision_number"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("member__isnull", False), ("verb", "reopen"), _connector="OR"
                        ),
                        name="gates_gatedecision_by_a_person",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("verb__in", ["submit", "pass"]),
                            models.Q(("reason", ""), _negated=True),
                            _connector="OR",
                        ),
                        name="gates_gatedecision_reason",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("verb", "waive"), _negated=True),
                            ("until__isnull", False),
                            _connector="OR",
                        ),
                        name="gates_gatedecision_waiver_ends",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Production",
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
                        related_name="production",
                        to="portfolio.pilot",
                    ),
                ),
                ("entered_on", models.DateField()),
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
                ("by", models.CharField(max_length=200)),
                ("gates", models.JSONField()),
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
                        name="gates_production_iso",
                        recompute=None,
                    ),
                    models.UniqueConstraint(
                        fields=("tenant", "id"), name="gates_production_tenant_key"
                    ),
                    common.tenancy.constraints.TenantFK(
                        columns=("pilot_id",),
                        name="gates_production_pilot_fk",
                        to="portfolio_pilot",
                        to_columns=("id",),
                    ),
                    common.tenancy.constraints.TenantFK(
                        columns=("member_id",),
                        name="gates_production_member_fk",
                        to="tenants_membership",
                        to_columns=("id",),
                    ),
                    models.UniqueConstraint(
                        fields=("tenant", "pilot"), name="gates_production_once"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("by", ""), _negated=True), name="gates_production_by"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="ErrorClass",
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
                        related_name="error_classes",
                        to="portfolio.pilot",
                    ),
                ),
                ("name", models.CharField(max_length=120)),
                (
                    "consequence",
                    models.CharField(
                        choices=[
                            ("safety", "Safety: somebody may be hurt"),
                            ("recall", "Recall or field action"),
                            ("customer", "A customer notices"),
                            ("rework", "Rework, scrap or a stopped line"),
                            ("time", "Time only"),
                        ],
                        max_length=10,
                    ),
                ),
                ("cost", models.DecimalField(decimal_places=2, max_digits=14)),
                (
                    "cost_basis",
                    models.CharField(
                        choices=[
                            ("measured", "Measured"),
                            ("estimated", "Estimated"),
                            ("assumed", "Assumed"),
                        ],
                        max_length=10,
                    ),
                ),
                ("tolerated", models.DecimalField(decimal_places=8, max_digits=9)),
                ("checked_by", models.CharField(blank=True, max_length=200)),
                ("archived_at", models.DateTimeField(blank=True, null=True)),
                ("version", models.PositiveIntegerField(default=1)),
            ],
            options={
                "abstract": False,
                "base_manager_name": "objects",
                "indexes": [
                    django.contrib.postgres.indexes.HashIndex(
                        fields=["tenant"], name="gates_errorclass_few"
                    )
                ],
                "constraints": [
                    common.tenancy.constraints.TenantIsolation(
                        column="tenant_id",
                        grants="SELECT, INSERT, UPDATE (name, consequence, cost, cost_basis, tolerated, checked_by, archived_at, version)",
                        lookup=False,
                        name="gates_errorclass_iso",
                        recompute=None,
                    ),
                    models.UniqueConstraint(
                        fields=("tenant", "id"), name="gates_errorclass_tenant_key"
                    ),
                    common.tenancy.constraints.TenantFK(
                        columns=("pilot_id",),
                        name="gates_errorclass_pilot_fk",
                        to="portfolio_pilot",
                        to_columns=("id",),
                    ),
                    models.UniqueConstraint(
                        fields=("tenant", "pilot", "id"), name="gates_errorclass_of_pilot"
                    ),
                    models.UniqueConstraint(
                        models.F("tenant"),
                        models.F("pilot"),
                        django.db.models.functions.text.Lower("name"),
                        condition=models.Q(("archived_at__isnull", True)),
                        name="gates_errorclass_name_once",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("name", ""), _negated=True),
                        name="gates_errorclass_name",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("consequence__in", ["safety", "recall", "customer", "rework", "time"])
                        ),
                        name="gates_errorclass_consequence",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("cost__gte", 0),
                            ("cost_basis__in", ["measured", "estimated", "assumed"]),
                        ),
                        name="gates_errorclass_cost",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("tolerated__gt", 0), ("tolerated__lt", 1)),
                        name="gates_errorclass_tolerated",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="AccuracyReading",
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
                ("at", models.DateTimeField()),
                ("withdrawn_at", models.DateTimeField(null=True)),
                (
                    "withdrawn_by",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="tenants.membership",
                    ),
                ),
                ("withdrawn_reason", models.CharField(blank=True, max_length=300)),
                (
                    "pilot",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="readings",
                        to="portfolio.pilot",
                    ),
                ),
                (
                    "dataset",
                    models.CharField(
                        choices=[("curated", "Curated"), ("live", "Live")], max_length=10
                    ),
                ),
                ("first_day", models.DateField()),
                ("last_day", models.DateField()),
                ("decisions", models.PositiveIntegerField()),
                ("source", models.CharField(max_length=300)),
            ],
            options={
                "abstract": False,
                "base_manager_name": "objects",
                "indexes": [
                    django.contrib.postgres.indexes.HashIndex(
                        fields=["tenant"], name="gates_accuracyreading_few"
                    )
                ],
                "constraints": [
                    common.tenancy.constraints.TenantIsolation(
                        column="tenant_id",
                        grants="SELECT, INSERT, UPDATE (withdrawn_at, withdrawn_by_id, withdrawn_reason)",
                        lookup=False,
                        name="gates_accuracyreading_iso",
                        recompute=None,
                    ),
                    models.UniqueConstraint(
                        fields=("tenant", "id"), name="gates_accuracyreading_tenant_key"
                    ),
                    common.tenancy.constraints.TenantFK(
                        columns=("member_id",),
                        name="gates_accuracyreading_member_fk",
                        to="tenants_membership",
                        to_columns=("id",),
                    ),
                    common.tenancy.constraints.TenantFK(
                        columns=("withdrawn_by_id",),
                        name="gates_accuracyreading_withdrawn_fk",
                        to="tenants_membership",
                        to_columns=("id",),
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("withdrawn_at__isnull", True),
                                ("withdrawn_by__isnull", True),
                                ("withdrawn_reason", ""),
                            ),
                            models.Q(
                                ("withdrawn_at__isnull", False),
                                ("withdrawn_by__isnull", False),
                                models.Q(("withdrawn_reason", ""), _negated=True),
                            ),
                            _connector="OR",
                        ),
                        name="gates_accuracyreading_withdrawn_whole",
                    ),
                    common.tenancy.constraints.TenantFK(
                        columns=("pilot_id",),
                        name="gates_accuracyreading_pilot_fk",
                        to="portfolio_pilot",
                        to_columns=("id",),
                    ),
                    models.UniqueConstraint(
                        fields=("tenant", "pilot", "id"), name="gates_accuracyreading_of_pilot"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("dataset__in", ["curated", "live"])),
                        name="gates_accuracyreading_dataset",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("last_day__gte", models.F("first_day"))),
                        name="gates_accuracyreading_days",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("decisions__gte", 1), ("decisions__lte", 10000000)),
                        name="gates_accuracyreading_decisions",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("source", ""), _negated=True),
                        name="gates_accuracyreading_source",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="ErrorCount",
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
                (
                    "reading",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="counts",
                        to="gates.accuracyreading",
                    ),
                ),
                (
                    "error_class",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="counts",
                        to="gates.errorclass",
                    ),
                ),
                ("errors", models.PositiveIntegerField()),
            ],
            options={
                "abstract": False,
                "base_manager_name": "objects",
                "constraints": [
                    common.tenancy.constraints.TenantIsolation(
                        column="tenant_id",
                        grants="SELECT, INSERT",
                        lookup=False,
                        name="gates_errorcount_iso",
                        recompute=None,
                    ),
                    models.UniqueConstraint(
                        fields=("tenant", "id"), name="gates_errorcount_tenant_key"
                    ),
                    common.tenancy.constraints.TenantFK(
                        columns=("pilot_id", "reading_id"),
                        name="gates_errorcount_reading_fk",
                        to="gates_accuracyreading",
                        to_columns=("pilot_id", "id"),
                    ),
                    common.tenancy.constraints.TenantFK(
                        columns=("pilot_id", "error_class_id"),
                        name="gates_errorcount_class_fk",
                        to="gates_errorclass",
                        to_columns=("pilot_id", "id"),
                    ),
                    models.UniqueConstraint(
                        fields=("tenant", "reading", "error_class"), name="gates_errorcount_once"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Evidence",
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
                ("at", models.DateTimeField()),
                ("withdrawn_at", models.DateTimeField(null=True)),
                (
                    "withdrawn_by",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="tenants.membership",
                    ),
                ),
                ("withdrawn_reason", models.CharField(blank=True, max_length=300)),
                (
                    "gate",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="evidence",
                        to="gates.gate",
                    ),
                ),
                (
                    "criterion",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="gates.criterion",
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("file", "File"),
                            ("link", "Link"),
                            ("note", "Note"),
                            ("number", "Number"),
                        ],
                        max_length=10,
                    ),
                ),
                ("title", models.CharField(max_length=200)),
                ("text", models.TextField(blank=True)),
                ("url", models.URLField(blank=True, max_length=500)),
                ("file_key", models.CharField(blank=True, max_length=100)),
                ("file_name", models.CharField(blank=True, max_length=120)),
                ("file_type", models.CharField(blank=True, max_length=100)),
                ("file_size", models.PositiveIntegerField(null=True)),
                ("file_digest", models.CharField(blank=True, max_length=64)),
                ("value", models.FloatField(null=True)),
                ("captured_on", models.DateField()),
                ("expires_on", models.DateField(null=True)),
            ],
            options={
                "abstract": False,
                "base_manager_name": "objects",
                "indexes": [
                    django.contrib.postgres.indexes.HashIndex(
                        fields=["tenant"], name="gates_evidence_few"
                    )
                ],
                "constraints": [
                    common.tenancy.constraints.TenantIsolation(
                        column="tenant_id",
                        grants="SELECT, INSERT, UPDATE (withdrawn_at, withdrawn_by_id, withdrawn_reason)",
                        lookup=False,
                        name="gates_evidence_iso",
                        recompute=None,
                    ),
                    models.UniqueConstraint(
                        fields=("tenant", "id"), name="gates_evidence_tenant_key"
                    ),
                    common.tenancy.constraints.TenantFK(
                        columns=("member_id",),
                        name="gates_evidence_member_fk",
                        to="tenants_membership",
                        to_columns=("id",),
                    ),
                    common.tenancy.constraints.TenantFK(
                        columns=("withdrawn_by_id",),
                        name="gates_evidence_withdrawn_fk",
                        to="tenants_membership",
                        to_columns=("id",),
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("withdrawn_at__isnull", True),
                                ("withdrawn_by__isnull", True),
                                ("withdrawn_reason", ""),
                            ),
                            models.Q(
                                ("withdrawn_at__isnull", False),
                                ("withdrawn_by__isnull", False),
                                models.Q(("withdrawn_reason", ""), _negated=True),
                            ),
                            _connector="OR",
                        ),
                        name="gates_evidence_withdrawn_whole",
                    ),
                    common.tenancy.constraints.TenantFK(
                        columns=("gate_id",),
                        name="gates_evidence_gate_fk",
                        to="gates_gate",
                        to_columns=("id",),
                    ),
                    common.tenancy.constraints.TenantFK(
                        columns=("criterion_id",),
                        name="gates_evidence_criterion_fk",
                        to="gates_criterion",
                        to_columns=("id",),
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("title", ""), _negated=True),
                        name="gates_evidence_title",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("kind", "link"),
                                ("value__isnull", True),
                                models.Q(("url", ""), _negated=True),
                            ),
                            models.Q(
                                ("kind", "note"),
                                ("url", ""),
                                ("value__isnull", True),
                                models.Q(("text", ""), _negated=True),
                            ),
                            models.Q(("kind", "number"), ("value__isnull", False)),
                            models.Q(("kind", "file"), ("url", ""), ("value__isnull", True)),
                            _connector="OR",
                        ),
                        name="gates_evidence_kind",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("file_digest__regex", "^[0-9a-f]{64}$"),
                                (
                                    "file_key__startswith",
                                    django.db.models.functions.text.Concat(
                                        models.Value("tenant-"),
                                        django.db.models.functions.comparison.Cast(
                                            "tenant_id", models.CharField()
                                        ),
                                        models.Value("/"),
                                    ),
                                ),
                                ("file_size__gte", 1),
                                ("file_size__isnull", False),
                                ("kind", "file"),
                                models.Q(("file_name", ""), _negated=True),
                                models.Q(("file_type", ""), _negated=True),
                            ),
                            models.Q(
                                ("file_digest", ""),
                                ("file_key", ""),
                                ("file_name", ""),
                                ("file_type", ""),
                                ("file_size__isnull", True),
                                models.Q(("kind", "file"), _negated=True),
                            ),
                            _connector="OR",
                        ),
                        name="gates_evidence_file_whole",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("file_key", ""), _negated=True),
                        fields=("tenant", "file_key"),
                        name="gates_evidence_file_once",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("url", ""), ("url__regex", "^https?://\\S+$"), _connector="OR"
                        ),
                        name="gates_evidence_url",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("expires_on__isnull", True),
                            ("expires_on__gte", models.F("captured_on")),
                            _connector="OR",
                        ),
                        name="gates_evidence_expires",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="FailureMode",
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
                        related_name="failure_modes",
                        to="portfolio.pilot",
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("wrong", "Wrong: it decides wrongly"),
                            ("unsure", "Unsure: it cannot tell"),
                            ("late", "Late: it answers too late"),
                            ("silent", "Silent: it does not answer"),
                            ("other", "Other"),
                        ],
                        max_length=10,
                    ),
                ),
                ("name", models.CharField(max_length=200)),
                ("noticed", models.CharField(blank=True, max_length=300)),
                ("threshold", models.CharField(blank=True, max_length=200)),
                ("fallback", models.CharField(blank=True, max_length=500)),
                (
                    "receiver",
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
                ("archived_at", models.DateTimeField(blank=True, null=True)),
                ("version", models.PositiveIntegerField(default=1)),
            ],
            options={
                "abstract": False,
                "base_manager_name": "objects",
                "indexes": [
                    django.contrib.postgres.indexes.HashIndex(
                        fields=["tenant"], name="gates_failuremode_few"
                    )
                ],
                "constraints": [
                    common.tenancy.constraints.TenantIsolation(
                        column="tenant_id",
                        grants="SELECT, INSERT, UPDATE (kind, name, noticed, threshold, fallback, receiver_id, archived_at, version)",
                        lookup=False,
                        name="gates_failuremode_iso",
                        recompute=None,
                    ),
                    models.UniqueConstraint(
                        fields=("tenant", "id"), name="gates_failuremode_tenant_key"
                    ),
                    common.tenancy.constraints.TenantFK(
                        columns=("pilot_id",),
                        name="gates_failuremode_pilot_fk",
                        to="portfolio_pilot",
                        to_columns=("id",),
                    ),
                    common.tenancy.constraints.TenantFK(
                        columns=("receiver_id",),
                        name="gates_failuremode_receiver_fk",
                        to="tenants_membership",
                        to_columns=("id",),
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("kind__in", ["wrong", "unsure", "late", "silent", "other"])
                        ),
                        name="gates_failuremode_kind",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("name", ""), _negated=True),
                        name="gates_failuremode_name",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Drill",
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
                ("at", models.DateTimeField()),
                ("withdrawn_at", models.DateTimeField(null=True)),
                (
                    "withdrawn_by",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="tenants.membership",
                    ),
                ),
                ("withdrawn_reason", models.CharField(blank=True, max_length=300)),
                (
                    "mode",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="drills",
                        to="gates.failuremode",
                    ),
                ),
                ("ran_on", models.DateField()),
                ("held", models.BooleanField()),
                ("seen", models.CharField(max_length=600)),
                ("next_step", models.CharField(blank=True, max_length=300)),
            ],
            options={
                "abstract": False,
                "base_manager_name": "objects",
                "indexes": [
                    django.contrib.postgres.indexes.HashIndex(
                        fields=["tenant"], name="gates_drill_few"
                    )
                ],
                "constraints": [
                    common.tenancy.constraints.TenantIsolation(
                        column="tenant_id",
                        grants="SELECT, INSERT, UPDATE (withdrawn_at, withdrawn_by_id, withdrawn_reason)",
                        lookup=False,
                        name="gates_drill_iso",
                        recompute=None,
                    ),
                    models.UniqueConstraint(fields=("tenant", "id"), name="gates_drill_tenant_key"),
                    common.tenancy.constraints.TenantFK(
                        columns=("member_id",),
                        name="gates_drill_member_fk",
                        to="tenants_membership",
                        to_columns=("id",),
                    ),
                    common.tenancy.constraints.TenantFK(
                        columns=("withdrawn_by_id",),
                        name="gates_drill_withdrawn_fk",
                        to="tenants_membership",
                        to_columns=("id",),
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("withdrawn_at__isnull", True),
                                ("withdrawn_by__isnull", True),
                                ("withdrawn_reason", ""),
                            ),
                            models.Q(
                                ("withdrawn_at__isnull", False),
                                ("withdrawn_by__isnull", False),
                                models.Q(("withdrawn_reason", ""), _negated=True),
                            ),
                            _connector="OR",
                        ),
                        name="gates_drill_withdrawn_whole",
                    ),
                    common.tenancy.constraints.TenantFK(
                        columns=("mode_id",),
                        name="gates_drill_mode_fk",
                        to="gates_failuremode",
                        to_columns=("id",),
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("seen", ""), _negated=True), name="gates_drill_seen"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("held", True),
                            models.Q(("next_step", ""), _negated=True),
                            _connector="OR",
                        ),
                        name="gates_drill_next_step",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="DataSnapshot",
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
                ("at", models.DateTimeField()),
                ("withdrawn_at", models.DateTimeField(null=True)),
                (
                    "withdrawn_by",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="tenants.membership",
                    ),
                ),
                ("withdrawn_reason", models.CharField(blank=True, max_length=300)),
                (
                    "pilot",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="snapshots",
                        to="portfolio.pilot",
                    ),
                ),
                ("source", models.CharField(max_length=200)),
                ("taken_on", models.DateField()),
                ("row_count", models.PositiveBigIntegerField()),
                ("first_day", models.DateField()),
                ("last_day", models.DateField()),
                ("cycle_weeks", models.PositiveSmallIntegerField()),
                ("issues", models.CharField(max_length=1000)),
                ("lacks", models.CharField(blank=True, max_length=600)),
            ],
            options={
                "abstract": False,
                "base_manager_name": "objects",
                "indexes": [
                    django.contrib.postgres.indexes.HashIndex(
                        fields=["tenant"], name="gates_datasnapshot_few"
                    )
                ],
                "constraints": [
                    common.tenancy.constraints.TenantIsolation(
                        column="tenant_id",
                        grants="SELECT, INSERT, UPDATE (withdrawn_at, withdrawn_by_id, withdrawn_reason)",
                        lookup=False,
                        name="gates_datasnapshot_iso",
                        recompute=None,
                    ),
                    models.UniqueConstraint(
                        fields=("tenant", "id"), name="gates_datasnapshot_tenant_key"
                    ),
                    common.tenancy.constraints.TenantFK(
                        columns=("member_id",),
                        name="gates_datasnapshot_member_fk",
                        to="tenants_membership",
                        to_columns=("id",),
                    ),
                    common.tenancy.constraints.TenantFK(
                        columns=("withdrawn_by_id",),
                        name="gates_datasnapshot_withdrawn_fk",
                        to="tenants_membership",
                        to_columns=("id",),
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("withdrawn_at__isnull", True),
                                ("withdrawn_by__isnull", True),
                                ("withdrawn_reason", ""),
                            ),
                            models.Q(
                                ("withdrawn_at__isnull", False),
                                ("withdrawn_by__isnull", False),
                                models.Q(("withdrawn_reason", ""), _negated=True),
                            ),
                            _connector="OR",
                        ),
                        name="gates_datasnapshot_withdrawn_whole",
                    ),
                    common.tenancy.constraints.TenantFK(
                        columns=("pilot_id",),
                        name="gates_datasnapshot_pilot_fk",
                        to="portfolio_pilot",
                        to_columns=("id",),
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("source", ""), _negated=True),
                            models.Q(("issues", ""), _negated=True),
                        ),
                        name="gates_datasnapshot_told",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("last_day__gte", models.F("first_day")),
                            ("taken_on__gte", models.F("last_day")),
                        ),
                        name="gates_datasnapshot_days",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("row_count__gte", 1)), name="gates_datasnapshot_rows"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("cycle_weeks__gte", 1), ("cycle_weeks__lte", 520)),
                        name="gates_datasnapshot_cycle",
                    ),
                ],
            },
        ),
    ]
