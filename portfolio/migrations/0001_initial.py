"""Pilots, where they run, who takes part, and what they cost."""

import common.tenancy.constraints
import django.contrib.postgres.fields
import django.contrib.postgres.indexes
import django.db.models.deletion
import django.db.models.functions.datetime
import django.db.models.functions.text
import portfolio.models.pilots
import tenants.models
from decimal import Decimal
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("tenants", "0001_initial"),
    ]

    operations = [
        migrations.CreateModel(
            name="Site",
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
                ("code", models.CharField(max_length=20)),
                ("name", models.CharField(max_length=200)),
                ("zone", models.CharField(max_length=64)),
                (
                    "working_days",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.PositiveSmallIntegerField(),
                        default=portfolio.models.pilots._weekdays,
                        size=None,
                    ),
                ),
                (
                    "holidays",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.DateField(), blank=True, default=list, size=None
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
                        fields=["tenant"], name="portfolio_site_few"
                    )
                ],
                "constraints": [
                    common.tenancy.constraints.TenantIsolation(
                        column="tenant_id",
                        grants="SELECT, INSERT, UPDATE",
                        lookup=False,
                        name="portfolio_site_iso",
                        recompute="SELECT",
                    ),
                    models.UniqueConstraint(
                        fields=("tenant", "id"), name="portfolio_site_tenant_key"
                    ),
                    models.UniqueConstraint(
                        fields=("tenant", "code"), name="portfolio_site_code_once"
                    ),
                    models.UniqueConstraint(
                        models.F("tenant"),
                        django.db.models.functions.text.Lower("code"),
                        name="portfolio_site_code_alike",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("code__regex", "^[A-Za-z0-9][A-Za-z0-9_-]*$")),
                        name="portfolio_site_code_shape",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("name", ""), _negated=True),
                        name="portfolio_site_name_given",
                    ),
                    models.UniqueConstraint(
                        fields=("tenant", "id", "zone"), name="portfolio_site_zone_key"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("working_days__contained_by", [1, 2, 3, 4, 5, 6, 7]),
                            ("working_days__len__gt", 0),
                        ),
                        name="portfolio_site_working_days",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Vendor",
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
                ("code", models.CharField(max_length=20)),
                ("name", models.CharField(max_length=200)),
                ("contact", models.CharField(blank=True, max_length=200)),
                ("archived_at", models.DateTimeField(blank=True, null=True)),
                ("version", models.PositiveIntegerField(default=1)),
            ],
            options={
                "abstract": False,
                "base_manager_name": "objects",
                "indexes": [
                    django.contrib.postgres.indexes.HashIndex(
                        fields=["tenant"], name="portfolio_vendor_few"
                    )
                ],
                "constraints": [
                    common.tenancy.constraints.TenantIsolation(
                        column="tenant_id",
                        grants="SELECT, INSERT, UPDATE",
                        lookup=False,
                        name="portfolio_vendor_iso",
                        recompute=None,
                    ),
                    models.UniqueConstraint(
                        fields=("tenant", "id"), name="portfolio_vendor_tenant_key"
                    ),
                    models.UniqueConstraint(
                        fields=("tenant", "code"), name="portfolio_vendor_code_once"
                    ),
                    models.UniqueConstraint(
                        models.F("tenant"),
                        django.db.models.functions.text.Lower("code"),
                        name="portfolio_vendor_code_alike",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("code__regex", "^[A-Za-z0-9][A-Za-z0-9_-]*$")),
                        name="portfolio_vendor_code_shape",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("name", ""), _negated=True),
                        name="portfolio_vendor_name_given",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Pilot",
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
                ("code", models.CharField(max_length=20)),
                ("name", models.CharField(max_length=200)),
                ("use_case", models.TextField(blank=True)),
                ("goal", models.TextField(blank=True)),
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
                (
                    "vendor",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="portfolio.vendor",
                    ),
                ),
                ("start_date", models.DateField()),
                ("go_live_date", models.DateField(blank=True, null=True)),
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
                        name="portfolio_pilot_iso",
                        recompute="SELECT",
                    ),
                    models.UniqueConstraint(
                        fields=("tenant", "id"), name="portfolio_pilot_tenant_key"
                    ),
                    models.UniqueConstraint(
                        fields=("tenant", "code"), name="portfolio_pilot_code_once"
                    ),
                    models.UniqueConstraint(
                        models.F("tenant"),
                        django.db.models.functions.text.Lower("code"),
                        name="portfolio_pilot_code_alike",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("code__regex", "^[A-Za-z0-9][A-Za-z0-9_-]*$")),
                        name="portfolio_pilot_code_shape",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("name", ""), _negated=True),
                        name="portfolio_pilot_name_given",
                    ),
                    common.tenancy.constraints.TenantFK(
                        columns=("site_id",),
                        name="portfolio_pilot_site_fk",
                        to="portfolio_site",
                        to_columns=("id",),
                    ),
                    common.tenancy.constraints.TenantFK(
                        columns=("vendor_id",),
                        name="portfolio_pilot_vendor_fk",
                        to="portfolio_vendor",
                        to_columns=("id",),
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("go_live_date__isnull", True),
                            ("go_live_date__gte", models.F("start_date")),
                            _connector="OR",
                        ),
                        name="portfolio_pilot_live_after_start",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="PilotParty",
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
                        related_name="parties",
                        to="portfolio.pilot",
                    ),
                ),
                (
                    "person",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="tenants.person",
                    ),
                ),
                (
                    "part",
                    models.CharField(
                        choices=[
                            ("sponsor", "Sponsor"),
                            ("lead", "Lead"),
                            ("operator", "Operator"),
                            ("deputy_operator", "Deputy operator"),
                            ("vendor_contact", "Vendor contact"),
                            ("it_contact", "IT contact"),
                            ("technology", "Technology"),
                            ("security", "Security"),
                            ("legal", "Legal"),
                            ("finance", "Finance"),
                            ("sales", "Sales"),
                            ("customer_service", "Customer service"),
                        ],
                        max_length=20,
                    ),
                ),
                ("hours_per_week", models.PositiveSmallIntegerField(blank=True, null=True)),
                ("ended_at", models.DateTimeField(blank=True, null=True)),
            ],
            options={
                "abstract": False,
                "base_manager_name": "objects",
                "indexes": [
                    models.Index(
                        condition=models.Q(("ended_at__isnull", True)),
                        fields=["tenant"],
                        name="portfolio_pilotparty_now",
                    )
                ],
                "constraints": [
                    common.tenancy.constraints.TenantIsolation(
                        column="tenant_id",
                        grants="SELECT, INSERT, UPDATE",
                        lookup=False,
                        name="portfolio_pilotparty_iso",
                        recompute=None,
                    ),
                    models.UniqueConstraint(
                        fields=("tenant", "id"), name="portfolio_pilotparty_tenant_key"
                    ),
                    common.tenancy.constraints.TenantFK(
                        columns=("pilot_id",),
                        name="portfolio_pilotparty_pilot_fk",
                        to="portfolio_pilot",
                        to_columns=("id",),
                    ),
                    common.tenancy.constraints.TenantFK(
                        columns=("person_id",),
                        name="portfolio_pilotparty_person_fk",
                        to="tenants_person",
                        to_columns=("id",),
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(
                            ("ended_at__isnull", True),
                            ("part__in", ["sponsor", "lead", "operator"]),
                        ),
                        fields=("tenant", "pilot", "part"),
                        name="portfolio_pilotparty_one_active",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("ended_at__isnull", True)),
                        fields=("tenant", "pilot", "part", "person"),
                        name="portfolio_pilotparty_once",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("hours_per_week__isnull", True),
                            ("hours_per_week__range", (1, 80)),
                            _connector="OR",
                        ),
                        name="portfolio_pilotparty_hours",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="PilotReview",
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
                        related_name="reviews",
                        to="portfolio.pilot",
                    ),
                ),
                ("week", models.PositiveSmallIntegerField()),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("on_track", "On track"),
                            ("at_risk", "At risk"),
                            ("off_track", "Off track"),
                        ],
                        max_length=10,
                    ),
                ),
                ("sentence", models.CharField(max_length=240)),
                ("next_decision", models.CharField(blank=True, max_length=240)),
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
                ("written_at", models.DateTimeField()),
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
                        name="portfolio_pilotreview_iso",
                        recompute=None,
                    ),
                    models.UniqueConstraint(
                        fields=("tenant", "id"), name="portfolio_pilotreview_tenant_key"
                    ),
                    common.tenancy.constraints.TenantFK(
                        columns=("pilot_id",),
                        name="portfolio_pilotreview_pilot_fk",
                        to="portfolio_pilot",
                        to_columns=("id",),
                    ),
                    common.tenancy.constraints.TenantFK(
                        columns=("member_id",),
                        name="portfolio_pilotreview_member_fk",
                        to="tenants_membership",
                        to_columns=("id",),
                    ),
                    models.UniqueConstraint(
                        fields=("tenant", "pilot", "week"), name="portfolio_pilotreview_once"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("week__gte", 1)),
                        name="portfolio_pilotreview_week_counts",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("status__in", ["on_track", "at_risk", "off_track"])),
                        name="portfolio_pilotreview_status_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("sentence", ""), _negated=True),
                        name="portfolio_pilotreview_sentence_given",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="BriefMail",
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
                ("month", models.DateField()),
                ("due_at", models.DateTimeField()),
                ("tries", models.PositiveSmallIntegerField(default=0)),
                ("sent_at", models.DateTimeField(blank=True, null=True)),
            ],
            options={
                "abstract": False,
                "base_manager_name": "objects",
                "constraints": [
                    common.tenancy.constraints.TenantIsolation(
                        column="tenant_id",
                        grants="SELECT, INSERT, UPDATE",
                        lookup=False,
                        name="portfolio_briefmail_iso",
                        recompute=None,
                    ),
                    models.UniqueConstraint(
                        fields=("tenant", "id"), name="portfolio_briefmail_tenant_key"
                    ),
                    common.tenancy.constraints.TenantFK(
                        columns=("member_id",),
                        name="portfolio_briefmail_member_fk",
                        to="tenants_membership",
                        to_columns=("id",),
                    ),
                    models.UniqueConstraint(
                        fields=("tenant", "member", "month"), name="portfolio_briefmail_once"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("month__day", 1)),
                        name="portfolio_briefmail_month_begins",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("sent_at__isnull", True), ("tries__gte", 1), _connector="OR"
                        ),
                        name="portfolio_briefmail_sent_by_a_try",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="BudgetLine",
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
                        related_name="budget_lines",
                        to="portfolio.pilot",
                    ),
                ),
                ("phase_class", models.CharField(max_length=12)),
                ("title", models.CharField(max_length=200)),
                (
                    "planned_money",
                    models.DecimalField(decimal_places=2, default=Decimal("0"), max_digits=16),
                ),
                (
                    "actual_money",
                    models.DecimalField(decimal_places=2, default=Decimal("0"), max_digits=16),
                ),
                (
                    "planned_hours",
                    models.DecimalField(decimal_places=1, default=Decimal("0"), max_digits=10),
                ),
                (
                    "actual_hours",
                    models.DecimalField(decimal_places=1, default=Decimal("0"), max_digits=10),
                ),
                (
                    "funded_by",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="tenants.membership",
                    ),
                ),
                ("funded_at", models.DateTimeField(null=True)),
                ("archived_at", models.DateTimeField(null=True)),
                ("version", models.PositiveIntegerField(default=1)),
            ],
            options={
                "abstract": False,
                "base_manager_name": "objects",
                "indexes": [
                    django.contrib.postgres.indexes.HashIndex(
                        fields=["tenant"], name="portfolio_budgetline_few"
                    )
                ],
                "constraints": [
                    common.tenancy.constraints.TenantIsolation(
                        column="tenant_id",
                        grants="SELECT, INSERT, UPDATE",
                        lookup=False,
                        name="portfolio_budgetline_iso",
                        recompute=None,
                    ),
                    models.UniqueConstraint(
                        fields=("tenant", "id"), name="portfolio_budgetline_tenant_key"
                    ),
                    common.tenancy.constraints.TenantFK(
                        columns=("pilot_id",),
                        name="portfolio_budgetline_pilot_fk",
                        to="portfolio_pilot",
                        to_columns=("id",),
                    ),
                    common.tenancy.constraints.TenantFK(
                        columns=("funded_by_id",),
                        name="portfolio_budgetline_funded_fk",
                        to="tenants_membership",
                        to_columns=("id",),
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "phase_class__in",
                                ["poc", "hardening", "integration", "monitoring", "run"],
                            )
                        ),
                        name="portfolio_budgetline_phase",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("title", ""), _negated=True),
                        name="portfolio_budgetline_title",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("actual_hours__range", (Decimal("0"), Decimal("10000000"))),
                            ("actual_money__range", (Decimal("0"), Decimal("1000000000000"))),
                            ("planned_hours__range", (Decimal("0"), Decimal("10000000"))),
                            ("planned_money__range", (Decimal("0"), Decimal("1000000000000"))),
                        ),
                        name="portfolio_budgetline_amounts",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("funded_at__isnull", True), ("funded_by__isnull", True)),
                            models.Q(
                                ("funded_at__isnull", False),
                                ("funded_by__isnull", False),
                                ("planned_money__gt", 0),
                            ),
                            _connector="OR",
                        ),
                        name="portfolio_budgetline_funded_whole",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("archived_at__isnull", True),
                            models.Q(("actual_hours", 0), ("actual_money", 0)),
                            _connector="OR",
                        ),
                        name="portfolio_budgetline_spent_stays",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Engagement",
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
                        related_name="engagements",
                        to="portfolio.pilot",
                    ),
                ),
                (
                    "area",
                    models.CharField(
                        choices=[
                            ("security", "Security"),
                            ("legal", "Legal"),
                            ("compliance", "Compliance"),
                            ("finance", "Finance"),
                            ("data_governance", "Data governance"),
                            ("operations", "Operations"),
                            ("technology", "Technology (IT)"),
                            ("sales", "Sales"),
                            ("customer_service", "Customer service"),
                            ("privacy", "Privacy"),
                            ("retention", "Retention"),
                            ("cross_boundary", "Cross-boundary data"),
                        ],
                        max_length=20,
                    ),
                ),
                ("due_week", models.PositiveSmallIntegerField()),
                ("lead_weeks", models.PositiveSmallIntegerField(blank=True, null=True)),
                (
                    "member",
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
                ("engaged_on", models.DateField(blank=True, null=True)),
                (
                    "outcome",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("no_objection", "No objection"),
                            ("conditions", "With conditions"),
                            ("objected", "Objected"),
                            ("not_needed", "Not needed"),
                        ],
                        max_length=12,
                    ),
                ),
                ("note", models.CharField(blank=True, max_length=600)),
                (
                    "said_by",
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
                ("said_at", models.DateTimeField(blank=True, null=True)),
                ("version", models.PositiveIntegerField(default=1)),
            ],
            options={
                "abstract": False,
                "base_manager_name": "objects",
                "indexes": [
                    django.contrib.postgres.indexes.HashIndex(
                        fields=["tenant"], name="portfolio_engagement_few"
                    )
                ],
                "constraints": [
                    common.tenancy.constraints.TenantIsolation(
                        column="tenant_id",
                        grants="SELECT, INSERT, UPDATE",
                        lookup=False,
                        name="portfolio_engagement_iso",
                        recompute=None,
                    ),
                    models.UniqueConstraint(
                        fields=("tenant", "id"), name="portfolio_engagement_tenant_key"
                    ),
                    common.tenancy.constraints.TenantFK(
                        columns=("pilot_id",),
                        name="portfolio_engagement_pilot_fk",
                        to="portfolio_pilot",
                        to_columns=("id",),
                    ),
                    common.tenancy.constraints.TenantFK(
                        columns=("member_id",),
                        name="portfolio_engagement_member_fk",
                        to="tenants_membership",
                        to_columns=("id",),
                    ),
                    common.tenancy.constraints.TenantFK(
                        columns=("said_by_id",),
                        name="portfolio_engagement_said_by_fk",
                        to="tenants_membership",
                        to_columns=("id",),
                    ),
                    models.UniqueConstraint(
                        fields=("tenant", "pilot", "area"), name="portfolio_engagement_once"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "area__in",
                                [
                                    "security",
                                    "legal",
                                    "compliance",
                                    "finance",
                                    "data_governance",
                                    "operations",
                                    "technology",
                                    "sales",
                                    "customer_service",
                                    "privacy",
                                    "retention",
                                    "cross_boundary",
                                ],
                            )
                        ),
                        name="portfolio_engagement_area_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("due_week__range", (1, 12))),
                        name="portfolio_engagement_week",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("lead_weeks__isnull", True), ("lead_weeks__lte", 104), _connector="OR"
                        ),
                        name="portfolio_engagement_lead",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "outcome__in",
                                ["", "no_objection", "conditions", "objected", "not_needed"],
                            )
                        ),
                        name="portfolio_engagement_outcome_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("engaged_on__isnull", True), ("member__isnull", False), _connector="OR"
                        ),
                        name="portfolio_engagement_named",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("outcome__in", ["", "not_needed"]),
                            ("engaged_on__isnull", False),
                            _connector="OR",
                        ),
                        name="portfolio_engagement_engaged",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("outcome__in", ["", "no_objection"]),
                            models.Q(("note", ""), _negated=True),
                            _connector="OR",
                        ),
                        name="portfolio_engagement_explained",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("outcome", ""),
                                ("said_at__isnull", True),
                                ("said_by__isnull", True),
                            ),
                            models.Q(
                                models.Q(("outcome", ""), _negated=True),
                                ("said_at__isnull", False),
                                ("said_by__isnull", False),
                            ),
                            _connector="OR",
                        ),
                        name="portfolio_engagement_said_whole",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Requirement",
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
                        related_name="requirements",
                        to="portfolio.pilot",
                    ),
                ),
                ("number", models.PositiveIntegerField()),
                (
                    "area",
                    models.CharField(
                        choices=[
                            ("security", "Security"),
                            ("legal", "Legal"),
                            ("compliance", "Compliance"),
                            ("finance", "Finance"),
                            ("data_governance", "Data governance"),
                            ("operations", "Operations"),
                            ("technology", "Technology (IT)"),
                            ("sales", "Sales"),
                            ("customer_service", "Customer service"),
                            ("privacy", "Privacy"),
                            ("retention", "Retention"),
                            ("cross_boundary", "Cross-boundary data"),
                        ],
                        max_length=20,
                    ),
                ),
                ("text", models.CharField(max_length=1000)),
                ("alike", models.CharField(max_length=64)),
                ("found_on", models.DateField()),
                ("blocking", models.BooleanField(default=False)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("open", "Open"),
                            ("met", "Met"),
                            ("accepted", "Accepted risk"),
                            ("dropped", "Dropped"),
                        ],
                        default="open",
                        max_length=10,
                    ),
                ),
                ("evidence", models.CharField(blank=True, max_length=600)),
                ("url", models.URLField(blank=True, max_length=500)),
                (
                    "settled_by",
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
                ("settled_at", models.DateTimeField(blank=True, null=True)),
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
                        name="portfolio_requirement_iso",
                        recompute=None,
                    ),
                    models.UniqueConstraint(
                        fields=("tenant", "id"), name="portfolio_requirement_tenant_key"
                    ),
                    common.tenancy.constraints.TenantFK(
                        columns=("pilot_id",),
                        name="portfolio_requirement_pilot_fk",
                        to="portfolio_pilot",
                        to_columns=("id",),
                    ),
                    common.tenancy.constraints.TenantFK(
                        columns=("settled_by_id",),
                        name="portfolio_requirement_settled_fk",
                        to="tenants_membership",
                        to_columns=("id",),
                    ),
                    models.UniqueConstraint(
                        fields=("tenant", "pilot", "number"), name="portfolio_requirement_number"
                    ),
                    models.UniqueConstraint(
                        fields=("tenant", "pilot", "area", "alike"),
                        name="portfolio_requirement_once",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "area__in",
                                [
                                    "security",
                                    "legal",
                                    "compliance",
                                    "finance",
                                    "data_governance",
                                    "operations",
                                    "technology",
                                    "sales",
                                    "customer_service",
                                    "privacy",
                                    "retention",
                                    "cross_boundary",
                                ],
                            )
                        ),
                        name="portfolio_requirement_area_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("text", ""), _negated=True),
                        name="portfolio_requirement_text",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("state__in", ["open", "met", "accepted", "dropped"])),
                        name="portfolio_requirement_state_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("url", ""), ("url__regex", "^https?://\\S+$"), _connector="OR"
                        ),
                        name="portfolio_requirement_url",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("settled_at__isnull", True),
                                ("settled_by__isnull", True),
                                ("state", "open"),
                            ),
                            models.Q(
                                models.Q(("state", "open"), _negated=True),
                                ("settled_at__isnull", False),
                                ("settled_by__isnull", False),
                                models.Q(("evidence", ""), ("url", ""), _negated=True),
                            ),
                            _connector="OR",
                        ),
                        name="portfolio_requirement_settled_whole",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="RequirementFile",
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
                ("rows", models.JSONField()),
                ("taken", models.PositiveIntegerField(null=True)),
                ("done_at", models.DateTimeField(null=True)),
                ("expires_at", models.DateTimeField()),
            ],
            options={
                "abstract": False,
                "base_manager_name": "objects",
                "indexes": [
                    django.contrib.postgres.indexes.HashIndex(
                        fields=["tenant"], name="portfolio_requirementfile_few"
                    )
                ],
                "constraints": [
                    common.tenancy.constraints.TenantIsolation(
                        column="tenant_id",
                        grants="SELECT, INSERT, UPDATE, DELETE",
                        lookup=False,
                        name="portfolio_requirementfile_iso",
                        recompute=None,
                    ),
                    models.UniqueConstraint(
                        fields=("tenant", "id"), name="portfolio_requirementfile_tenant_key"
                    ),
                    common.tenancy.constraints.TenantFK(
                        columns=("pilot_id",),
                        name="portfolio_requirementfile_pilot_fk",
                        to="portfolio_pilot",
                        to_columns=("id",),
                    ),
                    common.tenancy.constraints.TenantFK(
                        columns=("member_id",),
                        name="portfolio_requirementfile_member_fk",
                        to="tenants_membership",
                        to_columns=("id",),
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("done_at__isnull", True), ("taken__isnull", True)),
                            models.Q(("done_at__isnull", False), ("taken__isnull", False)),
                            _connector="OR",
                        ),
                        name="portfolio_requirementfile_done_whole",
                    ),
                ],
            },
        ),
    ]
