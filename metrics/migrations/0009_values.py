"""Which value of a source stands for which, and what arrived that nobody mapped."""

import common.tenancy.constraints
import django.contrib.postgres.indexes
import django.db.models.deletion
import django.db.models.functions.datetime
import tenants.models
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("metrics", "0008_settled_by_nobody_who_led"),
        ("portfolio", "0003_change_plan"),
        ("tenants", "0002_tenant_doors"),
    ]

    operations = [
        migrations.CreateModel(
            name="MappedValue",
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
                (
                    "what",
                    models.CharField(
                        choices=[("location", "Location"), ("unit", "Unit"), ("field", "Field")],
                        max_length=8,
                    ),
                ),
                ("value", models.CharField(max_length=120)),
                ("agreed", models.CharField(blank=True, max_length=120)),
                (
                    "factor",
                    models.DecimalField(blank=True, decimal_places=9, max_digits=20, null=True),
                ),
                ("ended_at", models.DateTimeField(blank=True, null=True)),
                ("version", models.PositiveIntegerField(default=1)),
                (
                    "field",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
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
                        db_constraint=False,
                        db_index=False,
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
                "indexes": [
                    django.contrib.postgres.indexes.HashIndex(
                        fields=["tenant"], name="metrics_mappedvalue_few"
                    )
                ],
                "constraints": [
                    common.tenancy.constraints.TenantIsolation(
                        column="tenant_id",
                        grants="SELECT, INSERT, UPDATE (source_id, what, field_id, value, site_id, agreed, factor, ended_at, version)",
                        lookup=False,
                        name="metrics_mappedvalue_iso",
                        recompute=None,
                    ),
                    models.UniqueConstraint(
                        fields=("tenant", "id"), name="metrics_mappedvalue_tenant_key"
                    ),
                    common.tenancy.constraints.TenantFK(
                        columns=("source_id",),
                        name="metrics_mappedvalue_source_fk",
                        to="metrics_source",
                        to_columns=("id",),
                    ),
                    common.tenancy.constraints.TenantFK(
                        columns=("field_id",),
                        name="metrics_mappedvalue_field_fk",
                        to="metrics_fielddefinition",
                        to_columns=("id",),
                    ),
                    common.tenancy.constraints.TenantFK(
                        columns=("site_id",),
                        name="metrics_mappedvalue_site_fk",
                        to="portfolio_site",
                        to_columns=("id",),
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("ended_at__isnull", True)),
                        fields=("tenant", "source", "what", "field", "value"),
                        name="metrics_mappedvalue_once",
                        nulls_distinct=False,
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("agreed", ""),
                                ("factor__isnull", True),
                                ("field__isnull", True),
                                ("site__isnull", False),
                                ("what", "location"),
                            ),
                            models.Q(
                                ("factor__isnull", False),
                                ("field__isnull", True),
                                ("site__isnull", True),
                                ("what", "unit"),
                                models.Q(("agreed", ""), _negated=True),
                            ),
                            models.Q(
                                ("factor__isnull", True),
                                ("field__isnull", False),
                                ("site__isnull", True),
                                ("what", "field"),
                                models.Q(("agreed", ""), _negated=True),
                            ),
                            _connector="OR",
                        ),
                        name="metrics_mappedvalue_to",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("factor__isnull", True),
                            models.Q(("factor__gt", 0), ("factor__lte", 10000000000)),
                            _connector="OR",
                        ),
                        name="metrics_mappedvalue_factor",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("value", ""), _negated=True),
                        name="metrics_mappedvalue_said",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="UnmappedValue",
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
                ("day", models.DateField()),
                (
                    "what",
                    models.CharField(
                        choices=[("location", "Location"), ("unit", "Unit"), ("field", "Field")],
                        max_length=8,
                    ),
                ),
                ("value", models.CharField(blank=True, max_length=120)),
                ("times", models.PositiveBigIntegerField()),
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
                "indexes": [
                    django.contrib.postgres.indexes.HashIndex(
                        fields=["tenant"], name="metrics_unmappedvalue_few"
                    )
                ],
                "constraints": [
                    common.tenancy.constraints.TenantIsolation(
                        column="tenant_id",
                        grants="SELECT, INSERT, UPDATE (times), DELETE",
                        lookup=False,
                        name="metrics_unmappedvalue_iso",
                        recompute=None,
                    ),
                    models.UniqueConstraint(
                        fields=("tenant", "id"), name="metrics_unmappedvalue_tenant_key"
                    ),
                    common.tenancy.constraints.TenantFK(
                        columns=("source_id",),
                        name="metrics_unmappedvalue_source_fk",
                        to="metrics_source",
                        to_columns=("id",),
                    ),
                    models.UniqueConstraint(
                        fields=("tenant", "source", "what", "day", "value"),
                        name="metrics_unmappedvalue_once",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("what__in", ["location", "unit"])),
                        name="metrics_unmappedvalue_what",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("times__gte", 1)), name="metrics_unmappedvalue_times"
                    ),
                ],
            },
        ),
    ]
